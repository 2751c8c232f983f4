//! Writes metrics: of one domain that is checked for the request, and of the process with all its domains.
//!
//! The format is the Prometheus text format 0.0.4. As in `report`, the same facts give the same bytes.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use tokio::time::Instant;

use crate::check::Verdict;
use crate::expected::Phase;
use crate::record::Name;
use crate::report::DomainReport;

use super::api::no_check;
use super::app::{App, outcome};
use super::counters::Counters;
use super::rendering::{self, Dated};
use super::respond::{METRICS, Reply, refuse, reply};

/// The time limit of a scraper that does not state one.
const PATIENCE: Duration = Duration::from_secs(30);
/// The maximum time reserved for sending the response.
const MARGIN: Duration = Duration::from_millis(500);
const MARGIN_PART: u32 = 10;

/// Returns the time that a scraper allows according to its header, less the time for sending the response.
pub(super) fn patience(header: Option<&str>) -> Duration {
    let seconds = header.and_then(|text| text.trim().parse::<f64>().ok());
    let allowed = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let allowed = allowed.filter(|allowed| !allowed.is_zero()).unwrap_or(PATIENCE).min(PATIENCE * 4);
    allowed - MARGIN.min(allowed / MARGIN_PART * 2)
}

/// Checks a domain in the time that the scraper allows. Facts that are not known by then are reported as unknown.
pub(super) async fn probe(app: &Arc<App>, name: &Name, phase: Option<Phase>, patience: Duration) -> Reply {
    let begin = Instant::now();
    // The lookups end early enough to leave time for the check of their answers.
    let mut check = match app.check(name, phase, Some(patience.mul_f64(0.9))) {
        Ok(check) => check,
        Err(error) => return no_check(&error),
    };
    let found = outcome(&mut check, patience).await;
    let took = begin.elapsed();
    match found {
        Some(Ok(checked)) => {
            let report = checked.report();
            let is_complete =
                !checked.assessment.judged.iter().any(|one| one.code == crate::check::Code::DeadlineOver);
            let dated = Dated { report: &report, checked_at: checked.facts.checked_at };
            probed(name, &dated, is_complete, took)
        }
        Some(Err(error)) => refuse(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        None => {
            let known = app.domain(name).known.filter(|_| phase.is_none());
            match known {
                Some(known) => {
                    let dated = Dated { report: &known.report, checked_at: known.checked_at };
                    probed(name, &dated, false, took)
                }
                None => {
                    let missing = DomainReport::missing(name, phase.unwrap_or(Phase::Switch));
                    probed(name, &Dated { report: &missing, checked_at: app.clock.now() }, false, took)
                }
            }
        }
    }
}

fn probed(name: &Name, dated: &Dated<'_>, is_complete: bool, took: Duration) -> Reply {
    let mut text = rendering::metrics(dated);
    let domain = name.without_trailing_dot();
    let mut gauge = |name: &str, help: &str, value: String| {
        // Writing into a string cannot fail.
        let _ = write!(
            text,
            "# HELP cutover_{name} {help}\n# TYPE cutover_{name} gauge\ncutover_{name}{{domain=\"{domain}\"}} {value}\n"
        );
    };
    let complete = u8::from(is_complete).to_string();
    gauge("probe_complete", "Whether the check was over in the time that the scraper allows.", complete);
    gauge("probe_duration_seconds", "How long the probe took.", format!("{:.3}", took.as_secs_f64()));
    reply(StatusCode::OK, METRICS, text)
}

/// Returns the metrics of the process and of the watched domains.
pub(super) fn all(app: &App) -> Reply {
    let mut text = String::new();
    let mut one = |name: &str, kind: &str, help: &str, value: String| {
        let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n");
    };
    let counters = &app.counters;
    let counted = [
        ("cutover_http_requests_total", "Requests that were answered.", &counters.requests),
        ("cutover_http_refused_total", "Requests that were refused.", &counters.refused),
        (
            "cutover_http_connections_refused_total",
            "Connections beyond the limits.",
            &counters.connections_refused,
        ),
        ("cutover_checks_total", "Checks of domains.", &counters.checks),
        ("cutover_checks_failed_total", "Checks that could not be made.", &counters.checks_failed),
        (
            "cutover_settings_reloads_failed_total",
            "Settings that could not be used.",
            &counters.reloads_failed,
        ),
        ("cutover_database_writes_failed_total", "Results that could not be kept.", &counters.writes_failed),
    ];
    for (name, help, counter) in counted {
        one(name, "counter", help, Counters::get(counter).to_string());
    }
    one("cutover_checks_in_progress", "gauge", "Checks in progress.", app.checks_underway().to_string());
    one("cutover_event_streams", "gauge", "Open streams of events.", app.events.count().to_string());
    one(
        "process_start_time_seconds",
        "gauge",
        "When the process began.",
        app.started.as_second().to_string(),
    );
    if let Some(octets) = resident_memory() {
        one("process_resident_memory_bytes", "gauge", "Resident memory.", octets.to_string());
    }
    let version = env!("CARGO_PKG_VERSION");
    let _ = write!(
        text,
        "# HELP cutover_build_info The version.\n# TYPE cutover_build_info gauge\ncutover_build_info{{version=\"{version}\"}} 1\n"
    );
    let watched = app.watched();
    let known =
        || watched.iter().filter_map(|one| Some((one.domain.without_trailing_dot(), one.known.as_ref()?)));
    text.push_str(
        "# HELP cutover_watched_domains Domains with this verdict.\n# TYPE cutover_watched_domains gauge\n",
    );
    for verdict in Verdict::ALL {
        let count = known().filter(|(_, known)| known.verdict == verdict).count();
        let _ = writeln!(text, "cutover_watched_domains{{verdict=\"{verdict}\"}} {count}");
    }
    let mut gauge = |name: &str, help: &str, sample: &dyn Fn(&super::known::Known) -> (String, String)| {
        let _ = write!(text, "# HELP cutover_{name} {help}\n# TYPE cutover_{name} gauge\n");
        for (domain, known) in known() {
            let (labels, value) = sample(known);
            let _ = writeln!(text, "cutover_{name}{{domain=\"{domain}\"{labels}}} {value}");
        }
    };
    gauge("verdict", "The verdict of the domain.", &|known| {
        let phase = known.report.phase();
        (format!(",phase=\"{phase}\",verdict=\"{}\"", known.verdict), "1".into())
    });
    gauge("verdict_since_timestamp_seconds", "Since when the domain has had its verdict.", &|known| {
        (String::new(), known.since().as_second().to_string())
    });
    gauge("changes", "Record sets that have to change.", &|known| {
        (String::new(), known.report.changes.len().to_string())
    });
    gauge("checked_timestamp_seconds", "When the domain was checked.", &|known| {
        (String::new(), known.checked_at.as_second().to_string())
    });
    reply(StatusCode::OK, METRICS, text)
}

/// Returns the resident memory of this process in octets, if the system reports it.
#[allow(clippy::disallowed_methods, reason = "a pseudo file, not an input of a run")]
fn resident_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_given_before_the_scraper_gives_up() {
        for (header, most) in [
            (Some("10"), 9.6),
            (Some("1"), 0.9),
            (Some("0.2"), 0.2),
            (None, 30.0),
            (Some("-1"), 30.0),
            (Some("0"), 30.0),
            (Some("NaN"), 30.0),
            (Some("1e300"), 30.0),
            (Some("1000000"), 120.0),
        ] {
            let patience = patience(header).as_secs_f64();
            assert!(patience > 0.1 && patience < most, "{header:?}: {patience}");
        }
    }
}
