//! Does every format hold only what may be printed, and can it be read by its own rules?

use cutover::check::{Assessment, Assumptions, CacheExpiry};
use cutover::expected::{Subject, expectations};
use cutover::facts::Facts;
use cutover::plan::emit::{
    DnsHost, Sheet, to_csv, to_dnscontrol, to_nsupdate, to_octodns, to_powershell, to_terraform,
};
use cutover::plan::rollback;
use cutover::plan::{Change, is_changed_again, to_bind};
use cutover::record::{Record, zone};
use cutover::report::format::Format;
use cutover::report::json::{ExpectedView, PlanView, to_json};
use cutover::report::stored::read;
use cutover::report::style::{Color, Detail};
use cutover::report::table;
use cutover::report::writer::Run;
use cutover::report::{DomainReport, Report, Style};

use crate::domain;
use crate::harmless::{assert_json, assert_lines};

/// What is told.
pub(crate) struct Told<'a> {
    pub(crate) subject: &'a Subject,
    pub(crate) facts: &'a Facts,
    pub(crate) assessment: &'a Assessment,
    pub(crate) plan: &'a [Change],
    pub(crate) cache_expiry: &'a CacheExpiry,
}

/// Writes every format of check, plan and expected.
pub(crate) fn all(told: &Told<'_>) {
    checked(told);
    for_people(told);
    planned(told.plan);
    let view = PlanView::new(told.subject, told.plan);
    assert_json("plan", &to_json(&view));
    let list = expectations(told.subject);
    assert_json("expected", &to_json(&ExpectedView::new(told.subject, &list)));
    assert_lines("expected", &table::expected(told.subject, &list, &Style::default()));
}

/// The view of what is told.
fn view(told: &Told<'_>) -> DomainReport {
    let Told { subject, facts, assessment, plan, cache_expiry } = told;
    DomainReport::new(subject, assessment, plan)
        .with_cache_expiry(cache_expiry, Assumptions::default())
        .with_replies(facts)
}

fn checked(told: &Told<'_>) {
    let Told { subject, facts, assessment, .. } = told;
    let report = Report::new(facts.checked_at, subject.phase, vec![view(told)]);
    let run = Run::new(facts.checked_at, subject.phase, Style::default());
    for format in Format::ALL.iter().copied() {
        let text = format.text(&run, &report.domains, assessment.verdict);
        match format {
            Format::Json => {
                assert_eq!(text, to_json(&report));
                assert_json("json", &text);
                read_back(&text, &report);
            }
            Format::Ndjson => {
                assert_eq!(text.lines().count(), 1, "{text}");
                assert_json("ndjson", &text);
            }
            Format::Csv => assert_table("csv", &text),
            Format::Github => {
                for line in text.lines() {
                    let ours = ["::error title=", "::warning title=", "::notice title=", "1 domain: "];
                    assert!(ours.iter().any(|start| line.starts_with(start)), "{line}");
                }
            }
            Format::Junit => {
                roxmltree::Document::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
            }
            Format::Nagios => assert_eq!(text.matches('|').count(), 1, "{text}"),
            Format::Sarif => {
                serde_json::from_str::<serde_json::Value>(&text)
                    .unwrap_or_else(|error| panic!("{error}\n{text}"));
            }
            Format::Table | Format::Html | Format::Markdown | Format::Prometheus => {}
        }
        if !matches!(format, Format::Json | Format::Ndjson | Format::Csv) {
            assert_lines(format.word(), &text);
        }
    }
}

/// A report that is read back is the same.
fn read_back(text: &str, report: &Report) {
    let mut domains = Vec::new();
    read(text.as_bytes(), |domain| domains.push(domain)).unwrap_or_else(|error| panic!("{error}\n{text}"));
    for (domain, original) in domains.iter_mut().zip(&report.domains) {
        // It is computed anew by who reads it.
        domain.unicode = original.unicode.clone();
    }
    assert_eq!(to_json(&domains), to_json(&report.domains));
}

fn for_people(told: &Told<'_>) {
    let report = view(told);
    for (width, detail) in [(40, Detail::Quiet), (80, Detail::Normal), (120, Detail::Verbose)] {
        let style = Style { width, color: Color::Off, detail, ..Style::default() };
        assert_lines("table", &table::domain(&report, None, None, &style));
        assert_lines("plan", &table::plan(&report, &style));
    }
}

fn planned(plan: &[Change]) {
    let zone = domain();
    let back = rollback(plan);
    for changes in [plan, &back] {
        let lines = to_bind(changes);
        let read =
            zone::read(lines.as_bytes(), None, "plan").unwrap_or_else(|error| panic!("{error}\n{lines}"));
        // A set that changes again later is a comment until then.
        let live = changes.iter().enumerate();
        let live = live.filter(|(index, change)| !is_changed_again(change, &changes[index + 1..]));
        let after = live.flat_map(|(_, change)| {
            let ttl = change.after.ttl.min(i32::MAX as u32);
            let record = move |data| (change.name.clone(), ttl, data);
            change.after.data.iter().cloned().map(record)
        });
        let read = read.records.into_iter().map(|Record { name, ttl, data }| (name, ttl, data));
        assert!(read.eq(after), "{lines}");
        let sheet = Sheet { domain: &zone, zone: &zone, changes, options: "" };
        let csv = to_csv(&sheet);
        assert_table("plan as csv", &csv);
        let mut texts = vec![lines, csv, to_nsupdate(&sheet), to_dnscontrol(&sheet)];
        texts.extend([to_octodns(&sheet), to_powershell(&sheet)]);
        texts.extend(DnsHost::ALL.map(|host| to_terraform(&sheet, host)));
        texts.iter().for_each(|text| assert_lines("a plan", text));
    }
}

/// A table with as many columns everywhere, and no cell that a spreadsheet would calculate.
fn assert_table(what: &str, text: &str) {
    assert_lines(what, &text.replace("\r\n", "\n"));
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(false).from_reader(text.as_bytes());
    for row in reader.records() {
        let row = row.unwrap_or_else(|error| panic!("{what}: {error}\n{text}"));
        for cell in &row {
            // The domain itself, as DNS hosts write it.
            assert!(cell == "@" || !cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{what}: {cell:?}");
        }
    }
}
