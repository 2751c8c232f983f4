//! Gauges for the textfile collector of the Prometheus node exporter.
//!
//! Text format 0.0.4: written here and not by a client library, whose registries keep no order, while the same facts must
//! give the same bytes.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::check::{Severity, Status, Verdict};
use crate::report::view::DomainReport;
use crate::report::writer::{Ending, Piece, ReportWriter, Run};

/// One gauge: its name without the prefix, what it says, and its samples.
struct Gauge {
    name: &'static str,
    help: &'static str,
    samples: fn(&Run, &DomainReport) -> Vec<Sample>,
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

/// Writes the metrics. The samples of a gauge are written together, so each gauge is a section of its own.
pub(super) struct Prometheus;

impl ReportWriter for Prometheus {
    fn domain(&self, run: &Run, domain: &DomainReport) -> Piece {
        let own = format!("{},{}", quoted("domain", &domain.domain), quoted("phase", domain.phase().word()));
        let section = |Gauge { name, samples, .. }: Gauge| {
            let mut text = String::new();
            for (labels, value) in samples(run, domain) {
                let labels = labels.iter().map(|(label, text)| format!(",{}", quoted(label, text)));
                // Writing into a string cannot fail.
                let _ = writeln!(text, "cutover_{name}{{{own}{}}} {value}", labels.collect::<String>());
            }
            text
        };
        Piece::Later(GAUGES.map(section).into())
    }

    fn finish(&self, _: &Run, end: Ending<'_>, out: &mut dyn Write) -> io::Result<()> {
        for (section, Gauge { name, help, .. }) in GAUGES.into_iter().enumerate() {
            write!(out, "# HELP cutover_{name} {help}\n# TYPE cutover_{name} gauge\n")?;
            while let Some(samples) = end.pieces.next(section)? {
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

/// Every verdict, so that a gauge that is 0 can be told from one that is gone.
fn verdict(_: &Run, domain: &DomainReport) -> Vec<Sample> {
    let of =
        |known: Verdict| (vec![("verdict", known.word().to_owned())], i64::from(domain.verdict == known));
    Verdict::ALL.into_iter().map(of).collect()
}

fn expectations(_: &Run, domain: &DomainReport) -> Vec<Sample> {
    let samples = domain.expectations.iter().flat_map(|one| {
        Status::ALL.into_iter().map(|known| {
            let labels = vec![
                ("expectation", one.id.to_string()),
                ("importance", one.importance.to_string()),
                ("status", known.word().to_owned()),
            ];
            (labels, i64::from(one.status == known))
        })
    });
    samples.collect()
}

fn hazards(_: &Run, domain: &DomainReport) -> Vec<Sample> {
    let count = |level| domain.hazards.iter().filter(|hazard| hazard.level == level).count();
    let of = |level: Severity| (vec![("level", level.word().to_owned())], number(count(level)));
    Severity::ALL.into_iter().map(of).collect()
}

fn changes(_: &Run, domain: &DomainReport) -> Vec<Sample> {
    vec![(Vec::new(), number(domain.changes.len()))]
}

fn checked_at(run: &Run, domain: &DomainReport) -> Vec<Sample> {
    vec![(Vec::new(), domain.time(run.checked_at).as_second())]
}

/// 0 where it is ready; nothing where somebody has to do something first, or the time is not known.
fn seconds_until_ready(run: &Run, domain: &DomainReport) -> Vec<Sample> {
    let seconds = match domain.verdict {
        Verdict::Ready => Some(0),
        Verdict::Waiting => {
            let required = domain.expectations.iter().filter(|one| one.is_required());
            let waited_for = required.filter(|one| one.status == Status::Waiting);
            let until: Option<Vec<_>> = waited_for.map(|one| one.until).collect();
            let last = until.and_then(|until| until.into_iter().max());
            last.map(|last| domain.time(run.checked_at).duration_until(last).as_secs().max(0))
        }
        Verdict::Undetermined | Verdict::ChangesNeeded => None,
    };
    seconds.into_iter().map(|seconds| (Vec::new(), seconds)).collect()
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
