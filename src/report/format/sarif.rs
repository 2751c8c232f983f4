//! Writes static analysis results (SARIF 2.1.0) for code scanning.
//!
//! The few types are our own: the crate for SARIF generates the whole standard at build time, and a report needs a
//! tenth of it.

mod log;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use crate::check::{Code, Effect, Severity, Status, WaiverState};
use crate::expected::Importance;
use crate::record::RecordType;
use crate::report::ManualUrl;
use crate::report::changed::before;
use crate::report::json::to_json;
use crate::report::since::Known;
use crate::report::view::{DomainReport, Sign, Since, WaiverView};
use crate::report::words::Word;
use crate::report::writer::{Ending, Piece, ReportWriter, Run as ReportRun};

use super::level::{ResultLevel, hazard_level, is_finding, result_level};
use log::{
    ArtifactLocation, Configuration, Driver, Help, Invocation, Location, Log, LogicalLocation, Outcome,
    PhysicalLocation, Region, Rule, Run, Suppression, Text, Tool,
};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
const HOME: &str = env!("CARGO_PKG_NAME");

/// Writes a rule for every outcome, and a result for every finding.
///
/// A waived finding is a result with a suppression. After a comparison with an earlier report, each result has a
/// baseline state, and an earlier finding that is gone is `absent`. As the standard requires, suppressions and baseline
/// states are in all results or in none.
pub(super) struct Sarif;

impl ReportWriter for Sarif {
    fn domain(&self, _: &ReportRun, _: &DomainReport) -> Piece {
        Piece::Whole
    }

    fn finish(&self, run: &ReportRun, end: Ending<'_>, out: &mut dyn Write) -> io::Result<()> {
        let rules = Code::ALL.iter().map(|code| rule(*code, run.manual.as_ref())).collect();
        let driver = Driver { name: HOME, version: env!("CARGO_PKG_VERSION"), rules };
        let start_time_utc = run.checked_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let run = Run {
            tool: Tool { driver },
            invocations: [Invocation { execution_successful: true, start_time_utc }],
            column_kind: "unicodeCodePoints",
            results: results(run, end.domains),
        };
        out.write_all(to_json(&Log { schema: SCHEMA, version: "2.1.0", runs: [run] }).as_bytes())
    }
}

/// Returns the results of all domains.
fn results(run: &ReportRun, domains: &[Arc<DomainReport>]) -> Vec<Outcome> {
    let place = &run.place;
    let mut results = Vec::new();
    let is_compared = domains.iter().any(|domain| baseline(domain).is_some());
    let has_waivers = domains.iter().any(|domain| {
        let expectations = domain.expectations.iter().map(|one| one.waiver.as_ref());
        let waivers = expectations.chain(domain.hazards.iter().map(|one| one.waiver.as_ref())).flatten();
        waivers.into_iter().any(|waiver| waiver.state == WaiverState::Active)
    });
    for (index, domain) in domains.iter().enumerate() {
        let line = place.lines.get(&domain.domain).copied().unwrap_or(index + 1);
        let finding = |code, what: Option<&str>, name: String, rtype: Option<RecordType>| {
            let rtype = rtype.map(|rtype| format!(" {rtype}")).unwrap_or_default();
            let qualified = format!("{name}{rtype}");
            let what = what.map_or_else(|| qualified.clone(), str::to_owned);
            let location = Location {
                physical_location: PhysicalLocation {
                    artifact_location: ArtifactLocation { uri: place.file.clone() },
                    region: Region { start_line: line },
                },
                logical_locations: [LogicalLocation {
                    fully_qualified_name: qualified,
                    name,
                    kind: "resource",
                }],
            };
            Finding { domain, code, what, location }
        };
        let baseline = baseline(domain);
        let state = |known: Option<Known>| is_compared.then(|| state(known.unwrap_or(Known::New)));
        let suppressed = |waiver: Option<&WaiverView>| has_waivers.then(|| suppressions(waiver));
        for one in domain.expectations.iter().filter(|one| is_finding(one)) {
            let result_level = match (one.status, one.importance) {
                (Status::Waived, Importance::Required) => ResultLevel::Error,
                (Status::Waived, _) => ResultLevel::Note,
                _ => result_level(one),
            };
            let outcome = finding(&one.code, Some(one.id.as_str()), one.name.to_string(), Some(one.rtype))
                .outcome(("fail", level(result_level)), &one.message);
            results.extend(outcome.map(|outcome| Outcome {
                baseline_state: state(baseline.and_then(|since| since.knows(one))),
                suppressions: suppressed(one.waiver.as_ref().filter(|_| one.status == Status::Waived)),
                properties: before(domain, one).map(|before| BTreeMap::from([("before", before)])),
                ..outcome
            }));
        }
        for one in &domain.hazards {
            let result_level = match one.level {
                Severity::Error if one.is_waived() => ResultLevel::Error,
                Severity::Error | Severity::Warning | Severity::Info => hazard_level(one),
            };
            let outcome = finding(&one.code, None, one.name.to_string(), one.rtype)
                .outcome(("fail", level(result_level)), &one.message);
            results.extend(outcome.map(|outcome| Outcome {
                baseline_state: state(baseline.and_then(|since| since.knows_hazard(one))),
                suppressions: suppressed(one.waiver.as_ref().filter(|_| one.is_waived())),
                ..outcome
            }));
        }
        let all_gone = baseline.map(|since| since.gone(domain)).unwrap_or_default();
        for gone in &all_gone {
            let Sign { code, name, rtype } = &gone.sign;
            // `pass` shows readers without support for baselines that it no longer fails.
            let outcome = finding(code, gone.id.as_ref().map(Word::as_str), name.to_string(), *rtype)
                .outcome(("pass", "none"), &format!("`{code}` of the earlier report is gone"));
            results.extend(outcome.map(|outcome| Outcome {
                baseline_state: Some("absent"),
                suppressions: suppressed(None),
                ..outcome
            }));
        }
    }
    results
}

/// Returns the comparison with an earlier report, if that report is available.
fn baseline(domain: &DomainReport) -> Option<&Since> {
    domain.since.as_ref().filter(|since| since.is_at_hand())
}

fn state(known: Known) -> &'static str {
    match known {
        Known::New => "new",
        Known::Unchanged => "unchanged",
        Known::Updated => "updated",
    }
}

/// Returns the suppressions of a result: its waiver, or an empty list.
fn suppressions(waiver: Option<&WaiverView>) -> Vec<Suppression> {
    let suppression = |waiver: &WaiverView| Suppression {
        kind: "external",
        status: "accepted",
        justification: waiver.reason.to_string(),
    };
    waiver.map(suppression).into_iter().collect()
}

fn level(result_level: ResultLevel) -> &'static str {
    match result_level {
        ResultLevel::Error => "error",
        ResultLevel::Warning => "warning",
        ResultLevel::Note | ResultLevel::None => "note",
    }
}

/// A finding and its location.
struct Finding<'a> {
    domain: &'a DomainReport,
    code: &'a Word<Code>,
    /// The id of the expectation, or the name and type that a hazard is about.
    what: String,
    location: Location,
}

impl Finding<'_> {
    /// Returns the finding as a result; `None` if this version does not know its code.
    fn outcome(self, (kind, level): (&'static str, &'static str), message: &str) -> Option<Outcome> {
        let Self { domain, code, what, location } = self;
        let known = code.known()?;
        let rule_index = Code::ALL.iter().position(|other| *other == known)?;
        // The same finding has the same fingerprint whatever its sentence says.
        let fingerprint = format!("{}:{what}:{code}", domain.domain);
        Some(Outcome {
            rule_id: known.word(),
            rule_index,
            level,
            kind,
            message: Text { text: format!("{}: {message}", domain.domain) },
            locations: [location],
            partial_fingerprints: BTreeMap::from([("cutover/v1", fingerprint)]),
            baseline_state: None,
            suppressions: None,
            properties: None,
        })
    }
}

fn rule(code: Code, manual: Option<&ManualUrl>) -> Rule {
    let section = code.section().unwrap_or_default();
    let first = section.split("\n\n").next().unwrap_or_default().replace('\n', " ");
    let first = if first.is_empty() { code.title().to_owned() } else { first };
    let level = match code.effect() {
        Effect::Expectation(Status::Unmet) | Effect::Hazard(Severity::Error) => "error",
        Effect::Expectation(Status::Unknown | Status::Waiting) | Effect::Hazard(Severity::Warning) => {
            "warning"
        }
        Effect::Hazard(Severity::Info) => "note",
        Effect::Expectation(Status::Met | Status::Waived) => "none",
    };
    let topic = serde_json::json!([code.topic().title(), "dns", "mail"]);
    Rule {
        id: code.word(),
        short_description: Text { text: code.title().into() },
        full_description: Text { text: first.clone() },
        help_uri: manual.map(|url| url.section(code)),
        help: Help { text: first, markdown: section.into() },
        default_configuration: Configuration { level },
        properties: BTreeMap::from([("tags", topic)]),
    }
}
