//! `cutover self-check`: reports what this machine can query and show.
//!
//! Queries every resolver that a check would use for the name servers of the root, and nothing else. It works without a
//! network, since failures are results.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::check::Verdict;
use crate::facts::{Outcome, Reply, Role, Server};
use crate::lookup::transport::{
    DNS_PORT, Endpoint, HTTPS_PORT, ResolverAddress, Scope, TLS_PORT, Transport, system_resolvers,
};
use crate::record::{Name, Question, RecordType};
use crate::report::harmless::harmless;
use crate::report::json::to_json;
use crate::report::style::{Color, Marks, Style, Tone};
use crate::run::system_words;

use super::args::{ExpectedFormat, SelfCheck};
use super::settings::Settings;
use super::{Problem, Streams, Surroundings, status_of_verdict, version};

/// The time limit for all attempts of a query, as a multiple of the limit for one attempt.
const TRIES: u32 = 3;

/// The result of a self-check.
#[derive(Debug, Serialize)]
struct View {
    schema_version: u32,
    tool: Tool,
    /// True if all that a check needs works: one resolver answers.
    works: bool,
    settings: Option<String>,
    /// The rule that found the settings file.
    #[serde(skip_serializing_if = "Option::is_none")]
    settings_origin: Option<&'static str>,
    #[serde(skip)]
    settings_title: Option<&'static str>,
    resolvers: Vec<Resolver>,
    ports: Vec<Port>,
    clock: Clock,
    terminal: Terminal,
}

#[derive(Debug, Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
    commit: &'static str,
    target: &'static str,
    newest_fact: &'static str,
}

/// A resolver, and the result of querying it.
#[derive(Debug, Serialize)]
struct Resolver {
    address: String,
    origin: Origin,
    state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rtt_ms: Option<f64>,
    #[serde(skip)]
    probes: Vec<(Transported, State)>,
}

/// The place that names a resolver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Origin {
    CommandLine,
    Settings,
    System,
}

/// The result of one probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    Works,
    Fails,
    NotChecked,
}

/// The transport to a resolver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Transported {
    Udp,
    Tcp,
    Https,
    Tls,
}

/// A kind of port, over all resolvers that have it.
#[derive(Debug, Serialize)]
struct Port {
    port: u16,
    transport: Transported,
    state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Clock {
    now: jiff::Timestamp,
    state: State,
    reason: &'static str,
}

#[derive(Debug, Serialize)]
struct Terminal {
    /// Columns; null if the output is not a terminal.
    width: Option<usize>,
    characters: &'static str,
    color: bool,
}

/// Runs the command.
///
/// # Errors
/// [`Problem`] if the output cannot be written.
pub(super) fn run(
    command: &SelfCheck,
    settings: &Settings,
    streams: &mut Streams<'_>,
    style: &Style,
    surroundings: &Surroundings,
) -> Result<u8, Problem> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let resolvers = runtime.block_on(resolvers(command, settings));
    // Queries to servers that have not answered are no longer needed.
    runtime.shutdown_background();
    let ports = [
        (DNS_PORT, Transported::Udp, "no resolver without encryption is configured"),
        (DNS_PORT, Transported::Tcp, "no resolver without encryption is configured"),
        (HTTPS_PORT, Transported::Https, "no resolver over HTTPS is configured"),
        (TLS_PORT, Transported::Tls, "no resolver over TLS is configured"),
    ];
    let view = View {
        schema_version: 1,
        tool: Tool {
            name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            commit: env!("CUTOVER_COMMIT"),
            target: env!("CUTOVER_TARGET"),
            newest_fact: version::newest_fact(),
        },
        works: resolvers.iter().any(|resolver| resolver.state == State::Works),
        settings: settings.label().map(str::to_owned),
        settings_origin: settings.source().map(|(_, origin)| origin.word()),
        settings_title: settings.source().map(|(_, origin)| origin.title()),
        ports: ports.map(|(port, transport, without)| Port::of(port, transport, without, &resolvers)).into(),
        resolvers,
        clock: Clock {
            now: jiff::Timestamp::from_second(surroundings.now.as_second()).unwrap_or(surroundings.now),
            state: State::NotChecked,
            reason: "no HTTPS answer with a date was needed",
        },
        terminal: Terminal {
            width: surroundings.width,
            characters: match style.marks {
                Marks::Unicode => "utf-8",
                Marks::Ascii => "ascii",
            },
            color: style.color == Color::On,
        },
    };
    let text = match command.format {
        ExpectedFormat::Table => table(&view, style),
        ExpectedFormat::Json => to_json(&view),
    };
    streams.out.write_all(text.as_bytes())?;
    streams.out.flush()?;
    Ok(if view.works { 0 } else { status_of_verdict(Verdict::Undetermined) })
}

/// Queries the resolvers that a check would use, concurrently.
async fn resolvers(command: &SelfCheck, settings: &Settings) -> Vec<Resolver> {
    let transport = Transport::new(command.timeout.0);
    let is_typed = settings.is_typed("resolver");
    let origin = if is_typed { Origin::CommandLine } else { Origin::Settings };
    let named = command.resolver.iter().map(|address| named(address, origin, &transport));
    let mut found = futures_util::future::join_all(named).await;
    match system_resolvers() {
        Ok(endpoints) if found.is_empty() => {
            let asked = endpoints.iter().map(|endpoint| ask(endpoint, Origin::System, &transport));
            found = futures_util::future::join_all(asked).await;
        }
        Ok(endpoints) => found.extend(endpoints.iter().map(|endpoint| {
            let reason = "not used, since other resolvers are named".to_owned();
            Resolver::untried(endpoint.to_string(), Origin::System, State::NotChecked, reason)
        })),
        Err(error) => {
            let state = if found.is_empty() { State::Fails } else { State::NotChecked };
            found.push(Resolver::untried("none".into(), Origin::System, state, error.to_string()));
        }
    }
    found
}

async fn named(address: &ResolverAddress, origin: Origin, transport: &Transport) -> Resolver {
    match address.resolve(transport.timeout()).await {
        Ok(endpoint) => ask(&endpoint, origin, transport).await,
        Err(error) => Resolver::untried(address.to_string(), origin, State::Fails, error.to_string()),
    }
}

/// Queries a resolver for the name servers of the root, and connects to it over TCP, which long answers need.
async fn ask(endpoint: &Endpoint, origin: Origin, transport: &Transport) -> Resolver {
    let address = endpoint.to_string();
    let server = Arc::new(Server { role: Role::Resolver, address: address.clone() });
    let (root, question) = (Name::root(), Question::new(Name::root(), RecordType::Ns));
    let scope = Scope { domain: &root, zone: None };
    let patience = transport.timeout();
    let asked = timeout(patience * TRIES, transport.ask(endpoint, &server, &question, scope));
    let (reply, tcp) = match endpoint {
        Endpoint::Plain(address) => {
            let (reply, tcp) = tokio::join!(asked, connect(*address, patience));
            (reply, Some(tcp))
        }
        Endpoint::Tls { .. } | Endpoint::Https { .. } => (asked.await, None),
    };
    let failure = match &reply {
        Ok(reply) => failure(reply),
        Err(_) => Some("no answer".to_owned()),
    };
    let state = if failure.is_none() { State::Works } else { State::Fails };
    let transport = match endpoint {
        Endpoint::Plain(_) => Transported::Udp,
        Endpoint::Tls { .. } => Transported::Tls,
        Endpoint::Https { .. } => Transported::Https,
    };
    let mut probes = vec![(transport, state)];
    let mut reason = failure;
    if let Some(tcp) = tcp {
        probes.push((Transported::Tcp, if tcp.is_ok() { State::Works } else { State::Fails }));
        if let Err(why) = tcp {
            let why = format!("TCP: {why}");
            reason = Some(reason.map_or(why.clone(), |reason| format!("{reason}; {why}")));
        }
    }
    let elapsed = reply.ok().filter(|_| state == State::Works).map(|reply| reply.elapsed);
    // An `f64` holds microseconds exactly for centuries.
    let rtt_ms = elapsed.map(|elapsed| Duration::from_micros(elapsed).as_secs_f64() * 1000.0);
    let rtt_ms = rtt_ms.map(|rtt| (rtt * 10.0).round() / 10.0);
    Resolver { address, origin, state, reason, rtt_ms, probes }
}

/// Returns why a reply is not an answer; `None` for an answer of any content.
fn failure(reply: &Reply) -> Option<String> {
    let is_answer = match reply.outcome {
        Outcome::Records | Outcome::NoData | Outcome::NxDomain => true,
        Outcome::Referral
        | Outcome::ServFail
        | Outcome::Refused
        | Outcome::Lame
        | Outcome::Timeout
        | Outcome::Malformed
        | Outcome::Unreachable
        | Outcome::NotRecorded
        | Outcome::OutOfTime
        | Outcome::OutOfQuestions
        | Outcome::ServerQueryLimit
        | Outcome::TooLarge
        | Outcome::ChainTooLong
        | Outcome::NotSent
        | Outcome::NotAllowed
        | Outcome::NotAsked
        | Outcome::NotListed => false,
    };
    (!is_answer).then(|| match reply.reason.is_empty() {
        true => reply.outcome.word().to_owned(),
        false => format!("{} ({})", reply.outcome.word(), harmless(&reply.reason)),
    })
}

async fn connect(address: SocketAddr, patience: Duration) -> Result<(), String> {
    match timeout(patience, TcpStream::connect(address)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(system_words(&error)),
        Err(_) => Err("no answer".into()),
    }
}

impl Resolver {
    fn untried(address: String, origin: Origin, state: State, reason: String) -> Self {
        Self { address, origin, state, reason: Some(reason), rtt_ms: None, probes: Vec::new() }
    }
}

impl Port {
    /// Returns the result for a port: it works if one resolver was reached through it, and fails if all failed.
    fn of(port: u16, transport: Transported, without: &'static str, resolvers: &[Resolver]) -> Self {
        let probes = resolvers.iter().flat_map(|resolver| &resolver.probes);
        let states: Vec<State> =
            probes.filter(|(kind, _)| *kind == transport).map(|(_, state)| *state).collect();
        let state = match (states.contains(&State::Works), states.is_empty()) {
            (true, _) => State::Works,
            (false, true) => State::NotChecked,
            (false, false) => State::Fails,
        };
        Self { port, transport, state, reason: (state == State::NotChecked).then_some(without) }
    }
}

/// Returns the text for a person: whether it works, and then one line for each part.
fn table(view: &View, style: &Style) -> String {
    let Tool { name, version, commit, target, newest_fact } = view.tool;
    let headline = match view.works {
        true => "this machine can check domains",
        false => "no resolver answers: nothing can be looked up from here",
    };
    let mut text = format!("{}\n\n", style.paint(Tone::Strong, headline));
    let mut line = |state: Option<State>, what: &str, detail: &str| {
        let mark = match state {
            Some(State::Works) => style.paint(Tone::Good, "✔"),
            Some(State::Fails) => style.paint(Tone::Bad, "✘"),
            Some(State::NotChecked) | None => style.paint(Tone::Faint, "○"),
        };
        text.push_str(format!("  {mark} {what:<10} {detail}").trim_end());
        text.push('\n');
    };
    for resolver in &view.resolvers {
        let origin = match resolver.origin {
            Origin::CommandLine => "command line",
            Origin::Settings => "settings",
            Origin::System => "system",
        };
        let found = match (resolver.rtt_ms, &resolver.reason) {
            (Some(rtt), None) => format!("answers in {rtt} ms"),
            (Some(rtt), Some(reason)) => format!("answers in {rtt} ms; {reason}"),
            (None, reason) => reason.clone().unwrap_or_default(),
        };
        line(Some(resolver.state), "resolver", &format!("{} ({origin}): {found}", resolver.address));
    }
    for port in &view.ports {
        let transport = match port.transport {
            Transported::Udp => "UDP",
            Transported::Tcp => "TCP",
            Transported::Https => "HTTPS",
            Transported::Tls => "TLS",
        };
        let found = match port.state {
            State::Works => "reached",
            State::Fails if port.transport == Transported::Tcp => "not reached: long answers stay unknown",
            State::Fails => "not reached: does a firewall block it?",
            State::NotChecked => port.reason.unwrap_or_default(),
        };
        line(Some(port.state), "port", &format!("{} ({transport}): {found}", port.port));
    }
    let now = view.clock.now.strftime("%Y-%m-%d %H:%M UTC");
    line(Some(view.clock.state), "clock", &format!("{now}; not checked: {}", view.clock.reason));
    let settings = match (&view.settings, view.settings_title) {
        (Some(file), Some(title)) => format!("{file} ({title})"),
        (Some(file), None) => file.clone(),
        (None, _) => "none".to_owned(),
    };
    line(None, "settings", &settings);
    let width = view.terminal.width.map_or("not a terminal".to_owned(), |width| format!("{width} columns"));
    let characters = view.terminal.characters.to_uppercase();
    let color = if view.terminal.color { "color" } else { "no color" };
    line(None, "terminal", &format!("{width}, {characters}, {color}"));
    line(None, "program", &format!("{name} {version}, commit {commit}, {target}, facts of {newest_fact}"));
    let next = match view.works {
        true => "Next: `cutover check contoso.com`, with your domain.",
        false => "Next: name a resolver that can be reached: `cutover self-check --resolver 1.1.1.1`.",
    };
    format!("{text}\n{next}\n")
}
