//! Answers API requests: reports and plans.

use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use hyper::header::HeaderValue;

use crate::expected::Phase;
use crate::record::Name;
use crate::run::{Checked, PlanFormat};

use super::app::{App, CheckError, Shown, outcome};
use super::known::Known;
use super::plan::PlanQuery;
use super::rendering::{self, Dated, Replies, Watched};
use super::respond::{JSON, Reply, TEXT, refuse, reply};

/// The time that a check may take beyond its deadline, including the time in the queue.
const QUEUE: Duration = Duration::from_secs(30);

/// Returns the last results of all domains of the settings.
pub(super) fn domains(app: &App, replies: Replies) -> Reply {
    let shown = app.watched();
    let known = shown.iter().filter_map(|one| one.known.as_ref());
    let dated: Vec<Dated<'_>> = known.map(dated).collect();
    let watched = shown.iter().map(watched).collect();
    reply(StatusCode::OK, JSON, rendering::json(app.clock.now(), &dated, watched, replies))
}

/// Returns the state of all domains of the settings without their reports, which take about 10 KiB each.
pub(super) fn states(app: &App) -> Reply {
    let shown = app.watched();
    let verdicts = shown.iter().filter_map(|one| one.known.as_ref()).map(|known| known.verdict);
    let watched = shown.iter().map(watched).collect();
    reply(StatusCode::OK, JSON, rendering::states_json(app.clock.now(), verdicts, watched))
}

fn dated(known: &Known) -> Dated<'_> {
    Dated { report: &known.report, checked_at: known.checked_at }
}

fn watched(one: &Shown) -> Watched {
    let known = one.known.as_ref();
    Watched {
        domain: one.domain.without_trailing_dot(),
        verdict: known.map(|known| known.verdict.word()),
        left: known.map(Known::left).unwrap_or_default(),
        since: known.map(Known::since),
        checked_at: known.map(|known| known.checked_at),
        next_check_at: one.next,
        checking: one.is_checking,
    }
}

/// Checks one domain and returns its report.
pub(super) async fn domain(app: &Arc<App>, name: &Name, phase: Option<Phase>, replies: Replies) -> Reply {
    if let Some(known) = app.fresh(name, phase) {
        return reply(StatusCode::OK, JSON, rendering::single_json(&dated(&known), replies));
    }
    match checked(app, name, phase).await {
        Ok(checked) => {
            let report = checked.report().with_replies(&checked.facts);
            let dated = Dated { report: &report, checked_at: checked.facts.checked_at };
            reply(StatusCode::OK, JSON, rendering::single_json(&dated, replies))
        }
        Err(refusal) => refusal,
    }
}

/// Checks a domain, or waits for the check in progress.
async fn checked(app: &Arc<App>, name: &Name, phase: Option<Phase>) -> Result<Arc<Checked>, Reply> {
    let mut check = app.check(name, phase, None).map_err(|error| no_check(&error))?;
    let patience = app.checker().options().lookup.deadline.saturating_add(QUEUE);
    match outcome(&mut check, patience).await {
        Some(Ok(checked)) => Ok(checked),
        Some(Err(error)) => Err(refuse(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string())),
        None => Err(refuse(StatusCode::SERVICE_UNAVAILABLE, "The check takes too long. Try again later.")),
    }
}

/// Returns the response if a check cannot start.
pub(super) fn no_check(error: &CheckError) -> Reply {
    let status = match error {
        CheckError::Busy => StatusCode::SERVICE_UNAVAILABLE,
        CheckError::Options(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    refuse(status, &error.to_string())
}

/// Checks one domain and returns its plan.
pub(super) async fn plan(app: &Arc<App>, name: &Name, query: PlanQuery) -> Reply {
    let checked = match checked(app, name, query.checked_phase()).await {
        Ok(checked) => checked,
        Err(refusal) => return refusal,
    };
    let checker = app.checker();
    let text = match query.text(&checked, checker.options()) {
        Ok(text) => text,
        Err(reason) => return refuse(StatusCode::BAD_REQUEST, reason),
    };
    let content_type = match query.format {
        PlanFormat::Json => JSON,
        PlanFormat::Csv => "text/csv; charset=utf-8",
        PlanFormat::Ics => "text/calendar; charset=utf-8",
        PlanFormat::Runbook => "text/markdown; charset=utf-8",
        PlanFormat::Table
        | PlanFormat::Bind
        | PlanFormat::Nsupdate
        | PlanFormat::Dnscontrol
        | PlanFormat::Octodns
        | PlanFormat::Terraform
        | PlanFormat::Powershell => TEXT,
    };
    let mut reply = reply(StatusCode::OK, content_type, text);
    // A plan that is based on failed lookups must not look complete.
    let verdict = HeaderValue::from_static(checked.assessment.verdict.word());
    reply.headers_mut().insert("cutover-verdict", verdict);
    reply
}
