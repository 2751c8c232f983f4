//! What does a domain cost beside the waiting?
//!
//! Everything that is pure, on one core and with the answers at hand: judging, planning and reporting, the questions that
//! are found worth asking when the replies come one by one, and whole surveys whose answers are remembered already.
//! `cargo bench --bench judging` prints a table; `-- --quick` measures less; `-- --json` prints figures for a program;
//! `-- --only PART` measures what has the part in its name, for a profiler.
#![allow(missing_docs, reason = "a benchmark exports nothing")]
#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock and the command line")]
#![allow(clippy::panic, clippy::unwrap_used, reason = "a measurement that fails is none")]
#![allow(unreachable_pub, dead_code, reason = "the lab and the worlds belong to the tests")]

#[path = "../tests/lab/mod.rs"]
mod lab;
#[path = "../tests/world/mod.rs"]
mod world;

use std::collections::VecDeque;
use std::hint::black_box;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use cutover::check::{Assumptions, JudgeOptions, Questions, assess, cache_expiry};
use cutover::expected::{Phase, Subject};
use cutover::facts::{Facts, History, Reader as _, Reply, TrustPolicy};
use cutover::lookup::transport::{Endpoint, Transport};
use cutover::lookup::{Limits, Network, Source, survey};
use cutover::plan::changes;
use cutover::report::format::Format;
use cutover::report::writer::Run;
use cutover::report::{DomainReport, Style};
use serde_json::{Value, json};

use lab::Lab;
use world::{Fill, World};

/// That of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Judging a domain may take so long: 20,000 a second on one core.
const JUDGING: Duration = Duration::from_micros(50);
/// A survey may take so long beside the waiting, with a resolver alone and with the name servers too.
const SURVEY: [(TrustPolicy, Duration); 2] =
    [(TrustPolicy::Resolver, Duration::from_micros(300)), (TrustPolicy::Both, Duration::from_micros(800))];

/// Domains of the small internet.
const DOMAINS: [(&str, &str); 6] = [
    ("fabrikam.com", "ready"),
    ("contoso.com", "untouched"),
    ("adatum.com", "near misses"),
    ("litware.com", "wildcard"),
    ("branch.contoso.com", "delegated"),
    ("dept.fabrikam.com", "below an apex"),
];

/// Worlds of the scenarios whose other servers answer as a finished move.
const RECORDINGS: [(&str, &str); 5] = [
    ("stale-cache", "waiting for a cache"),
    ("negative-cache", "waiting for a negative cache"),
    ("secondary-behind", "waiting for a secondary"),
    ("two-caches-differ", "waiting for two caches"),
    ("resolvers-only-one-stale", "waiting, resolvers only"),
];

/// Worlds of the scenarios as zone files.
const ZONES: [(&str, &str); 3] = [
    ("finished", "ready, a file"),
    ("untouched", "untouched, a file"),
    ("five-faults", "five faults, a file"),
];

/// One figure, and what was promised if anything was.
struct Figure {
    what: String,
    part: &'static str,
    takes: Duration,
    promised: Option<Duration>,
    /// Replies that there are.
    replies: usize,
}

/// What a domain is and what was seen of it.
struct Case {
    what: String,
    subject: Subject,
    view: TrustPolicy,
    facts: Facts,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let only = arguments.iter().position(|argument| argument == "--only");
    let only = only.and_then(|at| arguments.get(at + 1)).cloned().unwrap_or_default();
    let time = Duration::from_millis(if has("--quick") { 20 } else { 400 });
    let lab = Lab::start();
    let _servers = lab.internet();
    let resolvers = ["127.0.0.53", "127.0.0.54"].map(|ip| lab.resolver(ip));
    let bench = Bench { port: lab.port(), resolvers: resolvers.map(|server| server.address()), time, only };
    let mut figures = Vec::new();
    let mut cases = Vec::new();
    for (view, promised) in SURVEY {
        for (domain, kind) in DOMAINS {
            let promised = (kind == "ready").then_some(promised);
            let (case, figure) = bench.survey(domain, kind, view, promised);
            figures.extend(figure);
            cases.push(case);
        }
    }
    cases.extend(scenarios());
    figures.extend(cases.iter().filter_map(|case| bench.questions(case)));
    figures.extend(cases.iter().flat_map(|case| bench.judging(case)).flatten());
    figures.extend(mean(&figures));
    let text = if has("--json") { in_json(&figures) } else { table(&figures) };
    std::io::stdout().write_all(text.as_bytes()).unwrap();
    let broken = figures.iter().any(|figure| !figure.is_kept());
    if broken && !has("--quick") { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Domains in states that the small internet has none in.
fn scenarios() -> Vec<Case> {
    let recordings = RECORDINGS.map(|(name, what)| {
        let text = world::file(&format!("fixtures/scenarios/certainty/{name}.recording"));
        (what, World::from_recording(&text, Fill::Ready))
    });
    let zones = ZONES.map(|(name, what)| {
        let text = world::file(&format!("fixtures/scenarios/moves/{name}.zone"));
        (what, World::from_zone(&text))
    });
    let cases = recordings.into_iter().chain(zones).map(|(what, world)| Case {
        what: what.to_owned(),
        subject: Subject::new("contoso.com".parse().unwrap()),
        view: TrustPolicy::Both,
        facts: world.check().facts,
    });
    let mut cases: Vec<Case> = cases.collect();
    let tidy = Subject { phase: Phase::Tidy, ..cases[0].subject.clone() };
    let text = world::file("fixtures/scenarios/moves/finished.zone");
    let facts = World::from_zone(&text).with_options("--phase tidy").check().facts;
    cases.push(Case { what: "ready, a file, tidy".into(), subject: tidy, view: TrustPolicy::Both, facts });
    cases
}

struct Bench {
    port: u16,
    resolvers: [std::net::SocketAddr; 2],
    /// How long to measure.
    time: Duration,
    only: String,
}

impl Bench {
    /// Surveys of one domain whose answers the network remembers from the first.
    fn survey(
        &self,
        domain: &str,
        kind: &str,
        view: TrustPolicy,
        promised: Option<Duration>,
    ) -> (Case, Option<Figure>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _entered = runtime.enter();
        let started = "2026-11-22T05:23:00Z".parse().unwrap();
        let transport = Transport::new(Duration::from_secs(2)).with_clock(started);
        let asked = if view == TrustPolicy::Resolver { 1 } else { 2 };
        let resolvers = self.resolvers.iter().take(asked).map(|address| Endpoint::Plain(*address)).collect();
        let network = Network::new(transport, resolvers, view, self.port).without_https();
        let source = Source::online(network, None, started);
        let subject = Subject::new(domain.parse().unwrap());
        let run = || {
            let mut questions = Questions::new(&subject, JudgeOptions { view, ..JudgeOptions::default() });
            runtime.block_on(survey(&source, &subject.domain, Limits::default(), &mut questions))
        };
        let facts = run();
        let seen = if view == TrustPolicy::Resolver { "one resolver" } else { "both views" };
        let what = format!("{domain}: {kind}, {seen}");
        let figure = self.figure("survey", &what, &facts, promised, || drop(black_box(run())));
        (Case { what, subject, view, facts }, figure)
    }

    /// What is asked next, after each reply, and at rest.
    fn questions(&self, case: &Case) -> Option<Figure> {
        let subject = &case.subject;
        let replies = in_order(case);
        self.figure("questions", &case.what, &case.facts, None, || {
            let mut facts = Facts::new(case.facts.checked_at, case.facts.elsewhere);
            facts.on_file = case.facts.on_file.clone();
            let mut questions =
                Questions::new(subject, JudgeOptions { view: case.view, ..JudgeOptions::default() });
            black_box(questions.unmet(&facts));
            for reply in &replies {
                facts.insert(reply.clone());
                black_box(questions.unmet(&facts));
            }
            black_box(questions.unmet_at_rest(&facts));
        })
    }

    /// Judging alone, what has to change then, and the line of a report.
    fn judging(&self, case: &Case) -> [Option<Figure>; 3] {
        let Case { what, subject, facts, view } = case;
        let judge_options = JudgeOptions { view: *view, ..JudgeOptions::default() };
        let assessment = assess(subject, facts, judge_options);
        let planned = changes(subject, facts, *view, &assessment);
        let history = History::default();
        let run = Run::new(facts.checked_at, subject.phase, Style::default());
        [
            self.figure("judging", what, facts, None, || {
                black_box(assess(subject, facts, judge_options));
            }),
            self.figure("planning", what, facts, None, || {
                black_box(changes(subject, facts, *view, &assessment));
            }),
            self.figure("reporting", what, facts, None, || {
                let assumptions = Assumptions::default();
                let expiry = cache_expiry(subject, facts, &assessment, &history, assumptions);
                let report = DomainReport::new(subject, &assessment, &planned);
                let report = report.with_cache_expiry(&expiry, assumptions);
                black_box(Format::Ndjson.writer().domain(&run, &report));
            }),
        ]
    }

    fn figure(
        &self,
        part: &'static str,
        what: &str,
        facts: &Facts,
        promised: Option<Duration>,
        mut run: impl FnMut(),
    ) -> Option<Figure> {
        let what = what.to_owned();
        if !format!("{part} {what}").contains(&self.only) {
            return None;
        }
        run();
        // The fastest of several stretches is the one that the machine disturbed least.
        let stretches = (0..8).map(|_| {
            let (start, mut runs) = (Instant::now(), 0);
            while start.elapsed() < self.time / 8 {
                run();
                runs += 1;
            }
            start.elapsed() / runs
        });
        let takes = stretches.min().unwrap_or_default();
        Some(Figure { what, part, takes, promised, replies: facts.all().count() })
    }
}

/// Judging a domain of the cases above, each as often as the others.
fn mean(figures: &[Figure]) -> Option<Figure> {
    let judging: Vec<&Figure> = figures.iter().filter(|figure| figure.part == "judging").collect();
    let count = u32::try_from(judging.len()).ok().filter(|count| *count > 0)?;
    Some(Figure {
        what: "all of these".into(),
        part: "judging",
        takes: judging.iter().map(|figure| figure.takes).sum::<Duration>() / count,
        promised: Some(JUDGING),
        replies: judging.iter().map(|figure| figure.replies).sum::<usize>() / judging.len(),
    })
}

/// The replies in an order in which they can come: none before its question is worth asking.
fn in_order(case: &Case) -> Vec<Reply> {
    let mut facts = Facts::new(case.facts.checked_at, case.facts.elsewhere);
    facts.on_file = case.facts.on_file.clone();
    let mut questions =
        Questions::new(&case.subject, JudgeOptions { view: case.view, ..JudgeOptions::default() });
    let (mut coming, mut replies) = (VecDeque::new(), Vec::new());
    loop {
        let new = questions.unmet(&facts);
        coming.extend(new.iter().flat_map(|question| case.facts.replies(question)).cloned());
        if coming.is_empty() {
            let new = questions.unmet_at_rest(&facts);
            coming.extend(new.iter().flat_map(|question| case.facts.replies(question)).cloned());
        }
        let Some(reply): Option<Reply> = coming.pop_front() else { return replies };
        facts.insert(reply.clone());
        replies.push(reply);
    }
}

impl Figure {
    fn is_kept(&self) -> bool {
        self.promised.is_none_or(|promised| self.takes <= promised)
    }
}

fn microseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 10_000_000.0).round() / 10.0
}

fn table(figures: &[Figure]) -> String {
    let mut text = format!(
        "{:<10} {:<48} {:>11} {:>11} {:>10} {:>8}\n",
        "part", "what", "takes", "promised", "a second", "replies"
    );
    for figure in figures {
        let promised =
            figure.promised.map(|time| format!("{:.1} µs", microseconds(time))).unwrap_or_default();
        text += &format!(
            "{:<10} {:<48} {:>11} {:>11} {:>10.0} {:>8}{}\n",
            figure.part,
            figure.what,
            format!("{:.1} µs", microseconds(figure.takes)),
            promised,
            1.0 / figure.takes.as_secs_f64(),
            figure.replies,
            if figure.is_kept() { "" } else { "  BROKEN" },
        );
    }
    text
}

fn in_json(figures: &[Figure]) -> String {
    let figures = figures.iter().map(|figure| {
        json!({
            "part": figure.part,
            "what": figure.what,
            "takes_us": microseconds(figure.takes),
            "promised_us": figure.promised.map(microseconds),
            "kept": figure.is_kept(),
            "replies": figure.replies,
        })
    });
    format!("{}\n", Value::Array(figures.collect()))
}
