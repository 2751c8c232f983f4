//! Writes gauges for the textfile collector of the Prometheus node exporter.
//!
//! Text format 0.0.4. It is not written by a client library, because the registries of those keep no order, and the
//! same facts must give the same bytes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use crate::check::Severity;
use crate::report::view::{DomainReport, Pair};
use crate::report::writer::{Ending, Piece, ReportWriter, Run};

use super::level::is_finding;

/// A gauge: its name without the prefix, its help text, and its samples.
struct Gauge {
    name: &'static str,
    help: &'static str,
    samples: fn(&Run, &DomainReport) -> BTreeMap<Labels, i64>,
}

/// Labels with their values.
type Labels = Vec<(&'static str, String)>;

const GAUGES: [Gauge; 6] = [
    Gauge { name: "verdict", help: "1 for the verdict of the domain.", samples: verdict },
    Gauge {
        name: "finding",
        help: "1 for each expectation that is not met, and for each error and warning (id `hazard`).",
        samples: findings,
    },
    Gauge {
        name: "checked_timestamp_seconds",
        help: "When the check began, in seconds since 1970.",
        samples: checked_at,
    },
    Gauge {
        name: "until_timestamp_seconds",
        help: "When caches and secondaries have caught up, in seconds since 1970; absent where nothing is waited for.",
        samples: until,
    },
    Gauge {
        name: "verdict_before",
        help: "1 for the verdict of the earlier report of `--since`, where it was another.",
        samples: verdict_before,
    },
    Gauge {
        name: "changed",
        help: "1 for each expectation that has changed since the earlier report of `--since`, with its status before and now.",
        samples: changed,
    },
];

/// The number of gauges that every run writes; the others need an earlier report.
const ALWAYS: usize = 4;

/// Writes the metrics. The samples of a gauge are written together, so each gauge is a section of its own.
pub(super) struct Prometheus;

impl ReportWriter for Prometheus {
    fn domain(&self, run: &Run, domain: &DomainReport) -> Piece {
        let section = |Gauge { name, samples, .. }: Gauge| {
            let mut text = String::new();
            for (labels, value) in samples(run, domain) {
                let labels: Vec<String> = labels.iter().map(|(label, text)| quoted(label, text)).collect();
                // Writing into a string cannot fail.
                let _ = writeln!(text, "cutover_{name}{{{}}} {value}", labels.join(","));
            }
            text
        };
        Piece::Later(GAUGES.map(section).into())
    }

    fn finish(&self, _: &Run, end: Ending<'_>, out: &mut dyn Write) -> io::Result<()> {
        for (section, Gauge { name, help, .. }) in GAUGES.into_iter().enumerate() {
            let mut head = format!("# HELP cutover_{name} {help}\n# TYPE cutover_{name} gauge\n");
            // Gauges about an earlier report are left out if there is none.
            if section < ALWAYS {
                out.write_all(std::mem::take(&mut head).as_bytes())?;
            }
            while let Some(samples) = end.pieces.next(section)? {
                if !samples.is_empty() {
                    out.write_all(std::mem::take(&mut head).as_bytes())?;
                }
                out.write_all(samples.as_bytes())?;
            }
        }
        Ok(())
    }
}

fn quoted(label: &str, text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("{label}=\"{text}\"")
}

fn of_domain(domain: &DomainReport) -> Labels {
    vec![("domain", domain.domain.to_string())]
}

fn of_phase(domain: &DomainReport) -> Labels {
    vec![("domain", domain.domain.to_string()), ("phase", domain.phase().word().to_owned())]
}

fn verdict(_: &Run, domain: &DomainReport) -> BTreeMap<Labels, i64> {
    let verdict = ("verdict", domain.verdict.word().to_owned());
    BTreeMap::from([([of_phase(domain), vec![verdict]].concat(), 1)])
}

/// Returns the findings as series. Several hazards with one code are one series.
fn findings(_: &Run, domain: &DomainReport) -> BTreeMap<Labels, i64> {
    let expectations = domain.expectations.iter().filter(|one| is_finding(one));
    let expectations = expectations.map(|one| [one.id.as_str(), one.code.as_str(), one.status.word()]);
    let hazards = domain.hazards.iter().filter(|one| !one.is_waived() && one.level != Severity::Info);
    let hazards = hazards.map(|one| ["hazard", one.code.as_str(), one.level.word()]);
    let series = expectations.chain(hazards).map(|values| {
        let own = ["id", "code", "status"].into_iter().zip(values.map(str::to_owned)).collect();
        ([of_phase(domain), own].concat(), 1)
    });
    series.collect()
}

fn checked_at(run: &Run, domain: &DomainReport) -> BTreeMap<Labels, i64> {
    BTreeMap::from([(of_domain(domain), domain.time(run.checked_at).as_second())])
}

fn until(_: &Run, domain: &DomainReport) -> BTreeMap<Labels, i64> {
    let expectations = domain.expectations.iter().filter_map(|one| Some((one, one.until?)));
    let series = expectations.map(|(one, until)| {
        ([of_domain(domain), vec![("id", one.id.to_string())]].concat(), until.as_second())
    });
    series.collect()
}

fn verdict_before(_: &Run, domain: &DomainReport) -> BTreeMap<Labels, i64> {
    let pair = domain.since.as_ref().and_then(|since| since.verdict);
    let label = |pair: Pair| [of_phase(domain), vec![("verdict", pair.before.word().to_owned())]].concat();
    pair.map(|pair| (label(pair), 1)).into_iter().collect()
}

fn changed(_: &Run, domain: &DomainReport) -> BTreeMap<Labels, i64> {
    let moved = domain.since.iter().flat_map(|since| &since.expectations);
    let series = moved.map(|moved| {
        let own = vec![
            ("id", moved.id.to_string()),
            ("code_before", moved.before.code.to_string()),
            ("status_before", moved.before.status.word().to_owned()),
            ("code", moved.after.code.to_string()),
            ("status", moved.after.status.word().to_owned()),
        ];
        ([of_phase(domain), own].concat(), 1)
    });
    series.collect()
}
