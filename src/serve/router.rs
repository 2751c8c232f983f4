//! Routes requests.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::{Body, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue, LOCATION};
use hyper::{Method, Request, StatusCode};
use percent_encoding::percent_decode_str;
use tokio::time::timeout;

use crate::expected::Phase;
use crate::record::Name;
use crate::run::{Checked, PlanFormat, domain};

use super::access::{Scope, admit, authenticate};
use super::api;
use super::app::{App, outcome};
use super::body::ResponseBody;
use super::counters::Counters;
use super::metrics;
use super::pages::{self, ListQuery, ShownPlan};
use super::plan::PlanQuery;
use super::rendering::Replies;
use super::respond::{EVENTS, Reply, TEXT, refuse, reply};

/// The maximum length of a path with its query, in octets.
const LONGEST_TARGET: usize = 2048;
/// The maximum size of a form, in octets.
const LONGEST_FORM: usize = 4096;
/// The maximum time for a form to arrive.
const FORM: Duration = Duration::from_secs(5);
/// The time for which a page waits for a check to finish.
const GLANCE: Duration = Duration::from_millis(40);
/// The age of a result from which on a visit starts a check.
const AGE: jiff::SignedDuration = jiff::SignedDuration::from_secs(10);

/// The resource of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Route {
    List,
    Domain(String),
    Probe,
    Metrics,
    Healthy,
    Ready,
    ApiDomains,
    ApiDomain(String),
    ApiPlan(String),
    ApiEvents,
}

impl Route {
    /// Parses a path. Each segment is decoded on its own, so an encoded slash cannot change the route.
    fn read(path: &str) -> Option<Self> {
        let decoded = |part: &str| percent_decode_str(part).decode_utf8().ok().map(|part| part.into_owned());
        let parts: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
        Some(match parts[..] {
            [""] => Self::List,
            ["domains", name] => Self::Domain(decoded(name)?),
            ["probe"] => Self::Probe,
            ["metrics"] => Self::Metrics,
            ["-", "healthy"] => Self::Healthy,
            ["-", "ready"] => Self::Ready,
            ["api", "v1", "domains"] => Self::ApiDomains,
            ["api", "v1", "domains", name] => Self::ApiDomain(decoded(name)?),
            ["api", "v1", "domains", name, "plan"] => Self::ApiPlan(decoded(name)?),
            ["api", "v1", "events"] => Self::ApiEvents,
            _ => return None,
        })
    }

    /// Returns whether it needs no token.
    fn is_public(&self) -> bool {
        matches!(self, Self::Healthy | Self::Ready)
    }

    /// Returns whether it is an HTML page.
    fn is_page(&self) -> bool {
        matches!(self, Self::List | Self::Domain(_))
    }
}

/// Returns the first value of a parameter.
fn parameter(query: &str, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).filter(|value| !value.is_empty())
}

/// An error response.
type Refused = Box<Reply>;

/// Answers a request.
pub(super) async fn answer(app: Arc<App>, client: IpAddr, request: Request<Incoming>) -> Reply {
    Counters::add(&app.counters.requests);
    let reply = routed(&app, client, request).await.unwrap_or_else(|refusal| *refusal);
    if reply.status().is_client_error() || reply.status().is_server_error() {
        Counters::add(&app.counters.refused);
    }
    reply
}

async fn routed(app: &Arc<App>, client: IpAddr, request: Request<Incoming>) -> Result<Reply, Refused> {
    let (method, uri, headers) = (request.method(), request.uri(), request.headers());
    let refused = |refusal: super::access::Refusal| Box::new(refuse(refusal.status, refusal.reason));
    let scope = admit(&app.options, method, uri, headers).map_err(refused)?;
    if uri.path_and_query().is_some_and(|target| target.as_str().len() > LONGEST_TARGET) {
        return Err(no(StatusCode::URI_TOO_LONG, "The path is too long."));
    }
    let route = Route::read(app.options.base.strip(uri.path()));
    if !route.as_ref().is_some_and(Route::is_public) {
        authenticate(&app.options, headers).map_err(refused)?;
    }
    let Some(route) = route else {
        return Err(no(StatusCode::NOT_FOUND, "There is no such page."));
    };
    if *method == Method::POST && route == Route::List {
        return form(app, scope, request).await;
    }
    if !matches!(*method, Method::GET | Method::HEAD) {
        let mut reply = refuse(StatusCode::METHOD_NOT_ALLOWED, "Only GET and HEAD are possible here.");
        let allowed = if route == Route::List { "GET, HEAD, POST" } else { "GET, HEAD" };
        reply.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
        return Err(Box::new(reply));
    }
    let query = uri.query().unwrap_or_default();
    let is_page = route.is_page();
    let target = |typed: &str| {
        target(app, scope, typed).map_err(|(status, reason)| match is_page {
            true => Box::new(pages::problem(app, status, &reason)),
            false => no(status, &reason),
        })
    };
    let phase = || match parameter(query, "phase") {
        None => Ok(None),
        Some(word) => word
            .parse::<Phase>()
            .map(Some)
            .map_err(|_| no(StatusCode::BAD_REQUEST, "Unknown phase. Expected prepare, switch or tidy.")),
    };
    let is_asked = |name| parameter(query, name).is_some_and(|value| matches!(value.as_str(), "1" | "true"));
    let is_declined =
        |name| parameter(query, name).is_some_and(|value| matches!(value.as_str(), "0" | "false"));
    let replies = if is_asked("replies") { Replies::Written } else { Replies::LeftOut };
    match route {
        Route::List => {
            let of = |name| parameter(query, name).unwrap_or_default();
            let shown = ListQuery { text: of("q"), verdict: of("verdict"), sort: of("sort") };
            Ok(pages::list(app, &shown, scope == Scope::AnyDomain))
        }
        Route::Domain(typed) => {
            let name = target(&typed)?;
            let format = parameter(query, "plan").map(|word| plan_format(&word)).transpose();
            let format =
                format.map_err(|reason| Box::new(pages::problem(app, StatusCode::BAD_REQUEST, &reason)))?;
            visit(app, &name).await;
            let plan = match format {
                Some(format) => Some(visit_plan(app, &name, format).await),
                None => None,
            };
            Ok(pages::domain(app, &name, plan))
        }
        Route::Probe => {
            let Some(typed) = parameter(query, "target") else {
                return Err(no(StatusCode::BAD_REQUEST, "Name a domain: /probe?target=contoso.com"));
            };
            let header = headers.get("x-prometheus-scrape-timeout-seconds");
            let patience = metrics::patience(header.and_then(|value| value.to_str().ok()));
            Ok(metrics::probe(app, &target(&typed)?, phase()?, patience).await)
        }
        Route::Metrics => Ok(metrics::all(app)),
        Route::Healthy | Route::Ready => Ok(reply(StatusCode::OK, TEXT, "ok\n".to_owned())),
        Route::ApiDomains if is_declined("reports") => Ok(api::states(app)),
        Route::ApiDomains => Ok(api::domains(app, replies)),
        Route::ApiDomain(typed) => Ok(api::domain(app, &target(&typed)?, phase()?, replies).await),
        Route::ApiPlan(typed) => {
            let name = target(&typed)?;
            let word = parameter(query, "format").unwrap_or_else(|| PlanFormat::Table.word().to_owned());
            let format = plan_format(&word).map_err(|reason| no(StatusCode::BAD_REQUEST, &reason))?;
            let provider = parameter(query, "provider").map(|word| word.parse()).transpose();
            let provider = provider.map_err(|_| {
                no(StatusCode::BAD_REQUEST, "Unknown provider. Expected azure, route53 or cloudflare.")
            })?;
            let query = PlanQuery { format, phase: phase()?, provider, is_rollback: is_asked("rollback") };
            Ok(api::plan(app, &name, query).await)
        }
        Route::ApiEvents => {
            let domain = parameter(query, "domain").map(|typed| target(&typed)).transpose()?;
            if *method == Method::HEAD {
                return Ok(reply(StatusCode::OK, EVENTS, String::new()));
            }
            let domain = domain.map(|domain| domain.without_trailing_dot());
            match app.events.subscribe(client, domain) {
                Some(events) => Ok(reply(StatusCode::OK, EVENTS, ResponseBody::Stream(events))),
                None => Err(no(StatusCode::SERVICE_UNAVAILABLE, "Too many streams are open.")),
            }
        }
    }
}

fn no(status: StatusCode, reason: &str) -> Refused {
    Box::new(refuse(status, reason))
}

/// Parses the domain, and checks that this request may ask for it.
fn target(app: &App, scope: Scope, typed: &str) -> Result<Name, (StatusCode, String)> {
    let name = domain::parse(typed).map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))?;
    if scope == Scope::Configured && !app.is_watched(&name) {
        let reason =
            "The settings do not name this domain. Others are checked on this machine, or with --any-domain.";
        return Err((StatusCode::FORBIDDEN, reason.to_owned()));
    }
    Ok(name)
}

/// Parses the format of a plan.
fn plan_format(word: &str) -> Result<PlanFormat, String> {
    PlanFormat::of_word(word).ok_or_else(|| {
        let known: Vec<&str> = PlanFormat::ALL.iter().map(|format| format.word()).collect();
        format!("Unknown format. Expected one of {}.", known.join(", "))
    })
}

/// Writes the plan of the check that the page of a domain shows. Starts a check if none is cached.
async fn visit_plan(app: &Arc<App>, name: &Name, format: PlanFormat) -> ShownPlan {
    let query = PlanQuery::of(format);
    let phase = query.checked_phase();
    let mut cached = app.open_plan(name, phase);
    // A check of another phase is not renewed by the visit of the page.
    let is_old =
        |checked: &Checked| format.is_schedule() && !app.clock.is_recent(checked.facts.checked_at, AGE);
    if cached.as_deref().is_none_or(is_old) {
        match app.check(name, phase, None) {
            Ok(mut check) => drop(outcome(&mut check, GLANCE).await),
            Err(error) => app.fail_to_begin(name, &error),
        }
        cached = app.open_plan(name, phase);
    }
    ShownPlan { format, text: cached.map(|checked| query.text(&checked, app.checker().options())) }
}

/// Starts a check for a visitor if the last result is old. A result that takes longer arrives as an event.
async fn visit(app: &Arc<App>, name: &Name) {
    // The age counts from the end of the last check, so that a long check does not lead to the next one.
    let ended = app.domain(name).ended;
    if ended.is_some_and(|ended| app.clock.is_recent(ended, AGE)) {
        return;
    }
    app.events.expect(name.without_trailing_dot());
    // The page shows why a check cannot start.
    match app.check(name, None, None) {
        Ok(mut check) => drop(outcome(&mut check, GLANCE).await),
        Err(error) => app.fail_to_begin(name, &error),
    }
}

/// Handles the form: redirects to the page of the domain.
async fn form(app: &Arc<App>, scope: Scope, request: Request<Incoming>) -> Result<Reply, Refused> {
    let is_form = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_form = is_form.is_some_and(|kind| {
        kind.split(';')
            .next()
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
    });
    if !is_form {
        return Err(no(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Expected a form."));
    }
    let octets = match timeout(FORM, read(request.into_body())).await {
        Ok(Some(octets)) => octets,
        Ok(None) => return Err(no(StatusCode::PAYLOAD_TOO_LARGE, "The form is too large.")),
        Err(_) => return Err(no(StatusCode::REQUEST_TIMEOUT, "The form took too long.")),
    };
    let text = String::from_utf8_lossy(&octets);
    let typed = parameter(&text, "domain").unwrap_or_default();
    let name = target(app, scope, &typed)
        .map_err(|(status, reason)| Box::new(pages::problem(app, status, &reason)))?;
    let mut seen = reply(StatusCode::SEE_OTHER, TEXT, String::new());
    let location = format!("{}/domains/{}", app.options.base, name.without_trailing_dot());
    // A domain and a base path are always ASCII.
    let location =
        HeaderValue::from_str(&location).map_err(|_| no(StatusCode::BAD_REQUEST, "Not a domain."))?;
    seen.headers_mut().insert(LOCATION, location);
    Ok(seen)
}

/// Reads the body of a form; `None` if it is too large or incomplete.
async fn read(body: Incoming) -> Option<Vec<u8>> {
    let (mut octets, mut body) = (Vec::new(), std::pin::pin!(body));
    while let Some(frame) = std::future::poll_fn(|context| body.as_mut().poll_frame(context)).await {
        let Ok(data) = frame.ok()?.into_data() else { continue };
        if octets.len() + data.len() > LONGEST_FORM {
            return None;
        }
        octets.extend_from_slice(&data);
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_nowhere_else() {
        let name = |name: &str| Some(Route::Domain(name.into()));
        for (path, route) in [
            ("/", Some(Route::List)),
            ("/domains/contoso.com", name("contoso.com")),
            ("/domains/b%C3%BCcher.example", name("bücher.example")),
            ("/domains/..%2f..%2fetc%2fpasswd", name("../../etc/passwd")),
            ("/domains/%ff", None),
            ("/domains/a/../../metrics", None),
            ("/domains//contoso.com", None),
            ("//metrics", None),
            ("/metrics/", None),
            ("/%6detrics", None),
            ("/-/healthy", Some(Route::Healthy)),
            ("/-/healthy/../../metrics", None),
            ("/api/v1/domains/contoso.com/plan", Some(Route::ApiPlan("contoso.com".into()))),
            ("/api/v2/domains", None),
            ("", None),
            ("*", None),
        ] {
            assert_eq!(Route::read(path), route, "{path}");
        }
    }

    #[test]
    fn only_health_needs_no_token() {
        for (path, is_public) in [("/-/healthy", true), ("/-/ready", true), ("/", false), ("/metrics", false)]
        {
            assert_eq!(Route::read(path).unwrap().is_public(), is_public, "{path}");
        }
    }
}
