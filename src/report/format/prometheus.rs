//! Gauges for the textfile collector of the Prometheus node exporter.
//!
//! Text format 0.0.4: written here and not by a client library, whose registries keep no order, while the same facts must
//! give the same bytes.

use std::fmt::Write as _;

use crate::report::Report;
use crate::report::view::DomainReport;

/// Every verdict, so that a gauge that is 0 differs from one that is gone.
const VERDICTS: [&str; 4] = ["ready", "waiting", "undetermined", "changes-needed"];
/// Every status.
const STATUSES: [&str; 5] = ["met", "unmet", "waiting", "unknown", "waived"];
/// Every level of a hazard.
const LEVELS: [&str; 3] = ["error", "warning", "info"];

/// One gauge: its name without the prefix, what it says, and its samples.
struct Gauge {
    name: &'static str,
    help: &'static str,
    samples: fn(&Report, &DomainReport) -> Vec<Sample>,
}

/// Labels beside the domain's own, and the number.
type Sample = (Vec<(&'static str, String)>, i64);

const GAUGES: [Gauge; 6] = [
    Gauge { name: "verdict", help: "Whether the domain has this verdict.", samples: verdict },
    Gauge { name: "expectation", help: "Whether the expectation has this status.", samples: expectations },
    Gauge { name: "hazards", help: "Hazards of this level.", samples: hazards },
    Gauge { name: "changes", help: "Record sets that have to change.", samples: changes },
    Gauge {
        name: "seconds_until_ready",
        help: "Seconds until caches and secondaries have caught up; absent while that is not known.",
        samples: seconds_until_ready,
    },
    Gauge {
        name: "checked_at_seconds",
        help: "When the check began, in seconds since 1970.",
        samples: checked_at,
    },
];

/// The report as metrics.
#[must_use]
pub fn prometheus(report: &Report) -> String {
    let mut text = String::new();
    for Gauge { name, help, samples } in GAUGES {
        // Writing into a string cannot fail.
        let _ = write!(text, "# HELP cutover_{name} {help}\n# TYPE cutover_{name} gauge\n");
        for domain in &report.domains {
            let own = [("domain", domain.domain.clone()), ("phase", domain.phase.to_owned())];
            for (labels, value) in samples(report, domain) {
                let labels = own.iter().cloned().chain(labels).map(|(label, text)| quoted(label, &text));
                let labels: Vec<String> = labels.collect();
                let _ = writeln!(text, "cutover_{name}{{{}}} {value}", labels.join(","));
            }
        }
    }
    text
}

fn quoted(label: &str, text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("{label}=\"{text}\"")
}

fn verdict(_: &Report, domain: &DomainReport) -> Vec<Sample> {
    let of = |known: &str| (vec![("verdict", known.to_owned())], i64::from(domain.verdict == known));
    VERDICTS.into_iter().map(of).collect()
}

fn expectations(_: &Report, domain: &DomainReport) -> Vec<Sample> {
    let samples = domain.expectations.iter().flat_map(|one| {
        STATUSES.into_iter().map(|known| {
            let labels = vec![
                ("expectation", one.id.to_owned()),
                ("importance", one.importance.to_owned()),
                ("status", known.to_owned()),
            ];
            (labels, i64::from(one.status == known))
        })
    });
    samples.collect()
}

fn hazards(_: &Report, domain: &DomainReport) -> Vec<Sample> {
    let count = |level: &str| domain.hazards.iter().filter(|hazard| hazard.level == level).count();
    LEVELS.into_iter().map(|level| (vec![("level", level.to_owned())], number(count(level)))).collect()
}

fn changes(_: &Report, domain: &DomainReport) -> Vec<Sample> {
    vec![(Vec::new(), number(domain.changes.len()))]
}

fn checked_at(report: &Report, domain: &DomainReport) -> Vec<Sample> {
    vec![(Vec::new(), domain.time(report.checked_at).as_second())]
}

/// 0 where it is ready; nothing where an edit comes first, or the time is not known.
fn seconds_until_ready(report: &Report, domain: &DomainReport) -> Vec<Sample> {
    let seconds = match domain.verdict {
        "ready" => Some(0),
        "waiting" => {
            let waited_for = domain
                .expectations
                .iter()
                .filter(|one| one.status == "waiting" && one.importance == "required");
            let until: Option<Vec<_>> = waited_for.map(|one| one.until).collect();
            let last = until.and_then(|until| until.into_iter().max());
            last.map(|last| domain.time(report.checked_at).duration_until(last).as_secs().max(0))
        }
        _ => None,
    };
    seconds.into_iter().map(|seconds| (Vec::new(), seconds)).collect()
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
