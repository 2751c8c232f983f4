//! Static analysis results (SARIF 2.1.0), as code scanning reads them.
//!
//! Our own few types: the crate for it generates the whole standard at build time, of which a report needs a tenth.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::check::{Code, Weight};
use crate::report::Report;
use crate::report::view::DomainReport;

use super::{Gravity, domains, gravity, hazard_gravity};

/// Where the domains of a run were named, one a line.
#[derive(Debug, Clone)]
pub struct Place {
    /// The file, as a relative reference.
    pub file: String,
    /// The line of each domain, from 1 on; of a domain without one, its position in the report is shown.
    pub lines: BTreeMap<String, usize>,
}

impl Default for Place {
    /// The command's own list.
    fn default() -> Self {
        Self { file: "cutover-domains".into(), lines: BTreeMap::new() }
    }
}

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
const HOME: &str = env!("CARGO_PKG_NAME");

#[derive(Serialize)]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    invocations: [Invocation; 1],
    column_kind: &'static str,
    results: Vec<Outcome>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    start_time_utc: String,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
struct Driver {
    name: &'static str,
    version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    short_description: Text,
    full_description: Text,
    help: Help,
    default_configuration: Configuration,
    properties: BTreeMap<&'static str, serde_json::Value>,
}

#[derive(Serialize)]
struct Text {
    text: String,
}

#[derive(Serialize)]
struct Help {
    text: String,
    markdown: String,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    kind: &'static str,
    message: Text,
    locations: [Location; 1],
    partial_fingerprints: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: PhysicalLocation,
    logical_locations: [LogicalLocation; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    name: String,
    fully_qualified_name: String,
    kind: &'static str,
}

/// The report in SARIF: a rule for every outcome there is, a result for each that was found and is not simply met.
#[must_use]
pub fn sarif(report: &Report, place: &Place) -> String {
    let mut results = Vec::new();
    for (index, domain) in domains(report) {
        let line = place.lines.get(&domain.domain).copied().unwrap_or(index + 1);
        let here = |name: String, rtype: &str| Location {
            physical_location: PhysicalLocation {
                artifact_location: ArtifactLocation { uri: place.file.clone() },
                region: Region { start_line: line },
            },
            logical_locations: [LogicalLocation {
                fully_qualified_name: format!("{name} {rtype}").trim_end().to_owned(),
                name,
                kind: "resource",
            }],
        };
        for one in domain.expectations.iter().filter(|one| gravity(one) > Gravity::None) {
            let location = here(one.name.to_string(), &one.rtype);
            results.extend(outcome(domain, one.code, one.id, gravity(one), &one.message, location));
        }
        for one in &domain.hazards {
            let location = here(one.name.to_string(), one.rtype.as_deref().unwrap_or_default());
            let what = location.logical_locations[0].fully_qualified_name.clone();
            results.extend(outcome(domain, one.code, &what, hazard_gravity(one), &one.message, location));
        }
    }
    let rules = Code::ALL.iter().map(|code| rule(*code)).collect();
    let driver = Driver { name: HOME, version: env!("CARGO_PKG_VERSION"), rules };
    let start_time_utc = report.checked_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let run = Run {
        tool: Tool { driver },
        invocations: [Invocation { execution_successful: true, start_time_utc }],
        column_kind: "unicodeCodePoints",
        results,
    };
    crate::report::json::to_json(&Log { schema: SCHEMA, version: "2.1.0", runs: [run] })
}

fn outcome(
    domain: &DomainReport,
    code: &'static str,
    what: &str,
    gravity: Gravity,
    message: &str,
    location: Location,
) -> Option<Outcome> {
    let rule_index = Code::ALL.iter().position(|known| known.word() == code)?;
    let level = match gravity {
        Gravity::Error => "error",
        Gravity::Warning => "warning",
        Gravity::Note | Gravity::None => "note",
    };
    // The same finding has the same fingerprint whatever its sentence says.
    let fingerprint = format!("{}:{what}:{code}", domain.domain);
    Some(Outcome {
        rule_id: code,
        rule_index,
        level,
        kind: "fail",
        message: Text { text: format!("{}: {message}", domain.domain) },
        locations: [location],
        partial_fingerprints: BTreeMap::from([("cutover/v1", fingerprint)]),
    })
}

fn rule(code: Code) -> Rule {
    let section = code.section().unwrap_or_default();
    let first = section.split("\n\n").next().unwrap_or_default().replace('\n', " ");
    let first = if first.is_empty() { code.title().to_owned() } else { first };
    let level = match code.weight() {
        Weight::Unmet | Weight::Error => "error",
        Weight::Unknown | Weight::Waiting | Weight::Warning => "warning",
        Weight::Info => "note",
        Weight::Met => "none",
    };
    let topic = serde_json::json!([code.topic().title(), "dns", "mail"]);
    Rule {
        id: code.word(),
        short_description: Text { text: code.title().into() },
        full_description: Text { text: first.clone() },
        help: Help { text: first, markdown: section.into() },
        default_configuration: Configuration { level },
        properties: BTreeMap::from([("tags", topic)]),
    }
}
