//! Does every format say the same, to whoever reads it by its own rules, whatever DNS said?

pub mod pages;
mod web;

use std::collections::{BTreeMap, BTreeSet};

use cutover::check::{Code, Severity, Status, Verdict, WaiverState};
use cutover::expected::{Cloud, Id, Importance, Origin, Phase, Service};
use cutover::facts::{Outcome, Role};
use cutover::plan::Action;
use cutover::record::RecordType;
use cutover::report::format::Format;
use cutover::report::json::to_json;
use cutover::report::stored;
use cutover::report::view::{ChangeView, DomainReport, ExpectationView, HazardView, ReplyView, WaiverView};
use cutover::report::writer::Run;
use cutover::report::{Report, Sanitized, Style};
use serde_json::Value;

use crate::run::{Workspace, cutover};

/// What somebody else's DNS could say: markup, formulas, commands, quotes, and characters that act.
pub const HOSTILE: &str = "=HYPERLINK(\"http://evil.example\",\"x\") <script>alert(1)</script> ]]> | `](javascript:x)` \
                           ::error::owned %0A ##[section] \" ' \\ & \u{fffd} {{7*7}} @everyone #1 </text></svg>";

/// The same as it is shown: only what would be a command to a build agent is written in another way.
pub fn shown() -> String {
    HOSTILE.replace("##[", "##\\091")
}

/// A report with every status, every importance, every level, and hostile text wherever text can stand.
pub fn everything() -> Report {
    let mut expectations = Vec::new();
    for importance in [Importance::Required, Importance::Recommended, Importance::Optional] {
        for status in Status::ALL {
            expectations.push(expectation(importance, status));
        }
    }
    let hazards = Severity::ALL.map(|level| HazardView {
        code: Code::ServerLame.into(),
        level,
        name: "contoso.com".parse().unwrap(),
        rtype: None,
        message: Sanitized::sentence(&format!("{} {HOSTILE}", level.word())),
        records: Sanitized::records([HOSTILE]),
        due: Some("2026-11-22T06:00:00Z".parse().unwrap()),
        waiver: None,
    });
    let change = ChangeView {
        phase: Phase::Switch,
        action: Action::Replace,
        name: "contoso.com".parse().unwrap(),
        rtype: RecordType::Txt,
        ttl: 3600,
        ttl_before: None,
        before: Sanitized::records([HOSTILE]),
        after: Sanitized::records(["\"v=spf1 -all\""]),
        because: vec![Code::SpfMissing.into()],
        confirm: false,
        cautions: vec![Sanitized::sentence(HOSTILE)],
        importance: Importance::Required,
    };
    let reply = ReplyView {
        server: Sanitized::sentence("192.0.2.1:53"),
        server_name: None,
        role: Role::Authoritative.into(),
        name: "contoso.com".parse().unwrap(),
        rtype: RecordType::Txt,
        outcome: Outcome::Records.into(),
        records: Sanitized::records([HOSTILE]),
        ttl: Some(3600),
        rtt_ms: 1.5,
        errors: Vec::new(),
    };
    let domain = |name: &str, verdict| {
        DomainReport::empty(&name.parse().unwrap(), Phase::Switch, Cloud::Worldwide, verdict)
    };
    let worst = DomainReport {
        expectations,
        hazards: hazards.into(),
        changes: vec![change],
        replies: Some(vec![reply]),
        close_source_after: Some("2026-11-28T06:00:00Z".parse().unwrap()),
        ..domain("contoso.com", Verdict::ChangesNeeded)
    };
    let waiting = DomainReport {
        expectations: vec![expectation(Importance::Required, Status::Waiting)],
        ..domain("fabrikam.com", Verdict::Waiting)
    };
    let domains =
        vec![worst, domain("a.example", Verdict::Ready), waiting, domain("b.example", Verdict::Undetermined)];
    Report::new("2026-11-22T05:23:00Z".parse().unwrap(), Phase::Switch, domains)
}

fn expectation(importance: Importance, status: Status) -> ExpectationView {
    ExpectationView {
        id: Id::Spf.into(),
        service: Service::Exchange.into(),
        importance,
        phase: Phase::Prepare,
        name: "contoso.com".parse().unwrap(),
        rtype: RecordType::Txt,
        status,
        code: match status {
            Status::Met => Code::Met.into(),
            Status::Waiting => Code::CacheStale.into(),
            Status::Unknown => Code::LookupFailed.into(),
            Status::Unmet | Status::Waived => Code::SpfMultiple.into(),
        },
        message: Sanitized::sentence(&format!("{importance} {} {HOSTILE}", status.word())),
        expected: Sanitized::records(["\"v=spf1 include:spf.protection.outlook.com -all\""]),
        origin: Origin::Standard,
        given_by: None,
        observed: Sanitized::records([HOSTILE]),
        ttl: Some(3600),
        until: (status == Status::Waiting).then(|| "2026-11-22T05:46:00Z".parse().unwrap()),
        possible_until: (status == Status::Waiting).then(|| "2026-11-22T06:46:00Z".parse().unwrap()),
        possible_ttl: (status == Status::Waiting).then_some(3600),
        waiver: (status == Status::Waived).then(|| WaiverView {
            state: WaiverState::Active,
            reason: Sanitized::sentence(HOSTILE),
            until: "2027-03-01".parse().unwrap(),
        }),
    }
}

/// The report in a format, as a run writes it.
fn written(format: Format, report: &Report) -> String {
    let run = Run::new(report.checked_at, report.phase, Style::default());
    format.text(&run, &report.domains, Verdict::ChangesNeeded)
}

#[test]
fn a_line_of_ndjson_is_a_domain_of_its_own() {
    let text = written(Format::Ndjson, &everything());
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 4);
    for line in &lines {
        assert_eq!(
            (&line["schema_version"], &line["checked_at"]),
            (&1.into(), &"2026-11-22T05:23:00Z".into())
        );
    }
    assert_eq!((&lines[0]["domain"], &lines[1]["verdict"]), (&"contoso.com".into(), &"ready".into()));
    assert!(lines[0]["expectations"][0]["message"].as_str().unwrap().ends_with(&shown()));
}

#[test]
fn a_spreadsheet_gets_rows_and_no_formula() {
    let text = written(Format::Csv, &everything());
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let rows: Vec<::csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    // Fifteen expectations, three hazards, and the one that waits.
    assert_eq!(rows.len(), 19);
    for cell in rows.iter().flatten() {
        assert!(
            cell.lines()
                .all(|line| !line.trim_start().starts_with(['=', '+', '-', '@']) || cell.starts_with('\''))
        );
    }
    let observed = header.iter().position(|name| name == "observed").unwrap();
    assert_eq!(rows[0][observed], format!("'{}", shown()));
    // A later version adds columns behind those that are there.
    let columns: Vec<&str> = header.iter().skip(12).collect();
    let before = ["verdict_before", "status_before", "code_before", "observed_before"];
    assert_eq!(columns, [&["until", "message", "possible_until"][..], &before].concat());
    let waiting = rows.iter().find(|row| &row[5] == "waiting").unwrap();
    assert_eq!((&waiting[12], &waiting[14]), ("2026-11-22T05:46:00Z", "2026-11-22T06:46:00Z"));
}

#[test]
fn a_ci_reads_suites_and_cases() {
    let text = written(Format::Junit, &everything());
    let document = roxmltree::Document::parse(&text).unwrap();
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "testsuites");
    let suites: Vec<_> = root.children().filter(roxmltree::Node::is_element).collect();
    assert_eq!(suites.len(), 4);
    let count = |name: &str| suites[0].descendants().filter(|node| node.has_tag_name(name)).count();
    // One required that is unmet, one that waits, and a hazard; one that is unknown; three that are waived.
    assert_eq!((count("testcase"), count("failure"), count("error"), count("skipped")), (18, 3, 1, 3));
    for (attribute, expected) in [("tests", "18"), ("failures", "3"), ("errors", "1"), ("skipped", "3")] {
        assert_eq!(suites[0].attribute(attribute), Some(expected), "{attribute}");
    }
    let failure = suites[0].descendants().find(|node| node.has_tag_name("failure")).unwrap();
    assert_eq!(failure.attribute("type"), Some("spf-multiple"));
    assert!(failure.attribute("message").unwrap().contains("<script>alert(1)</script>"));
    // The order that the schema of Jenkins wants: properties before cases.
    let first = suites[0].children().find(roxmltree::Node::is_element).unwrap();
    assert_eq!(first.tag_name().name(), "properties");
}

#[test]
fn code_scanning_gets_rules_and_results() {
    let text = written(Format::Sarif, &everything());
    let log: serde_sarif::sarif::Sarif = serde_json::from_str(&text).unwrap();
    let run = &log.runs[0];
    let rules = run.tool.driver.rules.as_ref().unwrap();
    assert_eq!(rules.len(), Code::ALL.len());
    let results = run.results.as_ref().unwrap();
    // All that is not met, and the hazards.
    assert_eq!(results.len(), 3 * 4 + 3 + 1);
    for result in results {
        let index = usize::try_from(result.rule_index.unwrap()).unwrap();
        assert_eq!(Some(&rules[index].id), result.rule_id.as_ref());
        assert_eq!(result.locations.as_ref().unwrap().len(), 1);
        assert!(result.partial_fingerprints.as_ref().unwrap().len() == 1);
    }
    let json: Value = serde_json::from_str(&text).unwrap();
    let levels: Vec<&str> = json["runs"][0]["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["level"].as_str().unwrap())
        .collect();
    assert_eq!(levels.iter().filter(|level| **level == "error").count(), 3, "{levels:?}");
    // What is waived stays, with its reason; the others have an empty list, since all have one or none has.
    let suppressions = json["runs"][0]["results"].as_array().unwrap().iter().map(|one| &one["suppressions"]);
    let suppressions: Vec<&Value> = suppressions.collect();
    let kind = |one: &&&Value| one[0]["kind"] == "external" && one[0]["justification"].is_string();
    assert_eq!(suppressions.iter().filter(kind).count(), 3, "{suppressions:?}");
    assert_eq!(suppressions.iter().filter(|one| **one == &Value::Array(Vec::new())).count(), 13);
    // Nothing was compared with.
    assert!(results.iter().all(|result| result.baseline_state.is_none()));
    for rule in json["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap() {
        let code: Code = rule["id"].as_str().unwrap().parse().unwrap();
        assert_eq!(rule["help"]["markdown"].as_str(), code.section());
    }
    let place = &json["runs"][0]["results"][0]["locations"][0];
    assert_eq!(place["physicalLocation"]["region"]["startLine"], 1);
    assert_eq!(place["logicalLocations"][0]["fullyQualifiedName"], "contoso.com. TXT");
}

#[test]
fn fingerprints_do_not_depend_on_words_or_times() {
    let prints = |report: &Report| -> Vec<Value> {
        let json: Value = serde_json::from_str(&written(Format::Sarif, report)).unwrap();
        json["runs"][0]["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["partialFingerprints"].clone())
            .collect()
    };
    let mut other = everything();
    other.checked_at = "2027-01-01T00:00:00Z".parse().unwrap();
    other
        .domains
        .iter_mut()
        .flat_map(|domain| &mut domain.expectations)
        .for_each(|one| one.message = Sanitized::default());
    assert_eq!(prints(&everything()), prints(&other));
}

#[test]
fn annotations_hold_no_command_of_somebody_else() {
    let text = written(Format::Github, &everything());
    for line in text.lines() {
        let is_ours = line.starts_with("::error title=")
            || line.starts_with("::warning title=")
            || line.starts_with("::notice title=");
        assert!(is_ours || line.starts_with("4 domains: 1 ready"), "{line}");
    }
    let count = |start: &str| text.lines().filter(|line| line.starts_with(start)).count();
    // Required and unmet, and the hazard; required and unknown or waiting in two domains, and the hazard.
    assert_eq!((count("::error"), count("::warning")), (2, 4));
    assert!(text.lines().next().unwrap().starts_with("::error"));
}

#[test]
fn metrics_are_read_and_are_always_in_the_same_order() {
    let text = written(Format::Prometheus, &everything());
    assert_eq!(text, written(Format::Prometheus, &everything()));
    let scrape = prometheus_parse::Scrape::parse(text.lines().map(|line| Ok(line.to_owned()))).unwrap();
    let value = |name: &str, labels: &[(&str, &str)]| {
        let labels: BTreeMap<&str, &str> = labels.iter().copied().collect();
        let fits = |sample: &&prometheus_parse::Sample| {
            sample.metric == name
                && labels.iter().all(|(label, value)| sample.labels.get(label) == Some(value))
        };
        scrape.samples.iter().find(fits).map(|sample| match sample.value {
            prometheus_parse::Value::Gauge(value) => value,
            _ => panic!("{name} is no gauge"),
        })
    };
    let of = |domain: &'static str| ("domain", domain);
    let verdict = |domain, verdict| value("cutover_verdict", &[of(domain), ("verdict", verdict)]);
    assert_eq!(verdict("contoso.com", "changes-needed"), Some(1.0));
    assert_eq!(verdict("contoso.com", "ready"), None);
    let finding = |id, code, status| {
        value("cutover_finding", &[of("contoso.com"), ("id", id), ("code", code), ("status", status)])
    };
    assert_eq!(finding("spf", "spf-multiple", "unmet"), Some(1.0));
    assert_eq!(finding("spf", "met", "met"), None);
    assert_eq!(finding("hazard", "server-lame", "error"), Some(1.0));
    assert_eq!(finding("hazard", "server-lame", "info"), None);
    let until = |domain, id| value("cutover_until_timestamp_seconds", &[of(domain), ("id", id)]);
    assert_eq!(until("fabrikam.com", "spf"), Some(1_795_326_360.0));
    assert_eq!(until("a.example", "spf"), None);
    assert_eq!(value("cutover_checked_timestamp_seconds", &[of("b.example")]), Some(1_795_324_980.0));
    // No series twice, and no others.
    let series: BTreeSet<&str> = text.lines().filter_map(|line| Some(line.rsplit_once(' ')?.0)).collect();
    let samples = text.lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!(series.iter().filter(|line| !line.starts_with('#')).count(), samples);
    let metrics: BTreeSet<&str> = scrape.samples.iter().map(|sample| sample.metric.as_str()).collect();
    let names = ["checked_timestamp_seconds", "finding", "until_timestamp_seconds", "verdict"];
    assert_eq!(metrics, names.map(|name| format!("cutover_{name}")).iter().map(String::as_str).collect());
}

#[test]
fn a_monitor_gets_one_line_with_data() {
    for (verdict, status, word) in [
        (Verdict::Ready, 0, "OK"),
        (Verdict::Waiting, 1, "WARNING"),
        (Verdict::ChangesNeeded, 2, "CRITICAL"),
        (Verdict::Undetermined, 3, "UNKNOWN"),
    ] {
        assert_eq!(Format::Nagios.writer().own_exit_status(verdict), Some(status));
        let report = everything();
        let run = Run::new(report.checked_at, report.phase, Style::default());
        let text = Format::Nagios.text(&run, &report.domains, verdict);
        let first = text.lines().next().unwrap();
        assert!(first.starts_with(&format!("CUTOVER {word} - 4 domains: 1 ready")), "{first}");
        let data = first.split_once(" | ").unwrap().1;
        assert_eq!(data, "domains=4;;;0 ready=1;;;0 waiting=1;;;0 changes_needed=1;;;0 undetermined=1;;;0");
        // A bar begins data wherever it stands.
        assert_eq!(text.matches('|').count(), 1, "{text}");
    }
}

#[test]
fn markdown_has_the_tables_and_no_markup_of_somebody_else() {
    let text = written(Format::Markdown, &everything());
    for bad in ["<script", "](", "`](", "{{7", " @every", " #1", "://evil"] {
        assert!(!text.contains(bad), "{bad}: {text}");
    }
    assert!(text.starts_with("# cutover\n"));
    for line in text.lines().filter(|line| line.starts_with('|')) {
        let bars = line.replace("\\|", "").matches('|').count();
        assert!([5, 6].contains(&bars), "{bars}: {line}");
    }
}

#[test]
fn a_format_is_one_file_with_one_writer() {
    let mut files: Vec<String> = Vec::new();
    for entry in std::fs::read_dir("src/report/format").unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let count = text.matches("impl ReportWriter for ").count();
        assert!(count <= 1, "{}", path.display());
        files.extend((count == 1).then(|| path.file_stem().unwrap().to_string_lossy().into_owned()));
    }
    let mut words: Vec<&str> = Format::ALL.iter().map(|format| format.word()).collect();
    files.sort_unstable();
    words.sort_unstable();
    assert_eq!(files, words);
}

#[test]
fn a_report_that_is_read_back_is_the_same() {
    let report = everything();
    for format in [Format::Json, Format::Ndjson] {
        let mut domains = Vec::new();
        // A line of NDJSON has the time of the run.
        let keep = |domain| domains.push(DomainReport { checked_at: None, ..domain });
        stored::read(written(format, &report).as_bytes(), keep).unwrap();
        let again = Report::new(report.checked_at, report.phase, domains);
        assert_eq!(written(Format::Json, &again), to_json(&report));
    }
    let none = Report::new(report.checked_at, report.phase, Vec::new());
    assert_eq!(written(Format::Json, &none), to_json(&none));
}

#[test]
fn all_formats_come_from_the_command_line_and_mean_the_same() {
    let workspace = Workspace::new();
    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/demo/contoso.com.zone");
    for format in
        ["table", "json", "ndjson", "csv", "markdown", "html", "junit", "sarif", "github", "prometheus"]
    {
        let run = cutover(&format!("check contoso.com --zone {demo} --format {format}"));
        assert_eq!(run.status, 1, "{format}");
        assert!(run.out.contains("mx1.emailsrvr.com") || format == "prometheus", "{format}: {}", run.out);
        let path = workspace.free(format);
        let written = cutover(&format!("check contoso.com --zone {demo} -q --output {format}={path}"));
        assert_eq!(written.status, 1, "{format}");
        let file = std::fs::read_to_string(workspace.path(format)).unwrap();
        assert!(file == run.out || format == "table", "{format}");
    }
    assert_eq!(cutover(&format!("check contoso.com --zone {demo} --format nagios")).status, 2);
    let counts = cutover(&format!("check contoso.com --zone {demo} --format nagios --fail-on waiting"));
    assert_eq!((counts.status, counts.out.starts_with("CUTOVER OK")), (0, true), "{counts:?}");
}

#[test]
fn a_page_is_made_of_the_report() {
    web::holds_everything(&written(Format::Html, &everything()));
}
