//! Law 3 for many failures at once: a world that is not ready never becomes ready, and one that is never needs changes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;

use cutover::check::{JudgeOptions, Verdict, assess};
use cutover::facts::{Facts, Outcome, Reply, Role, Server, TrustPolicy, UnqueriedNames};
use cutover::lookup::zonefile::ZoneFiles;
use cutover::record::{Question, Record, RecordType, zone};

use super::order::Dice;
use super::worlds::{DOMAIN, World, started, worlds};
use super::{Judgement, assert_none};
use crate::world::{Servers, answer_of, publish};
use cutover::expected::Phase;

/// How a lookup fails, or is never made.
const FAILURES: [Outcome; 12] = [
    Outcome::Timeout,
    Outcome::ServFail,
    Outcome::Refused,
    Outcome::Lame,
    Outcome::Malformed,
    Outcome::Unreachable,
    Outcome::TooLarge,
    Outcome::ChainTooLong,
    Outcome::OutOfTime,
    Outcome::OutOfQuestions,
    Outcome::ServerQueryLimit,
    Outcome::NotSent,
];

/// What names the servers of the domain, in every world.
const SERVERS: &str = "@ 3600 NS ns1.fabrikam-dns.example.
@ 3600 NS ns2.fabrikam-dns.example.
@ 3600 SOA ns1.fabrikam-dns.example. dns.contoso.com. 7 3600 900 1209600 300";

/// The servers of a run, and what they hold.
struct ServerSetup {
    view: TrustPolicy,
    authorities: Vec<Arc<Server>>,
    resolvers: Vec<Arc<Server>>,
    published: ZoneFiles,
    remembered: ZoneFiles,
}

impl ServerSetup {
    fn new(world: &World, remembered: &[Record], view: TrustPolicy, resolvers: usize) -> Self {
        let server = |role, host: usize| Arc::new(Server { role, address: format!("192.0.2.{host}:53") });
        let with_servers = |records: &[Record]| {
            let servers = format!("$ORIGIN {DOMAIN}.\n{SERVERS}\n");
            let is_of_zone =
                |record: &&Record| !matches!(record.data.rtype(), RecordType::Ns | RecordType::Soa);
            let mut all = zone::read(servers.as_bytes(), None, "servers").unwrap().records;
            all.extend(records.iter().filter(is_of_zone).cloned());
            world.files(&all)
        };
        Self {
            view,
            authorities: match view {
                TrustPolicy::Resolver => Vec::new(),
                TrustPolicy::Both | TrustPolicy::Authoritative => {
                    vec![server(Role::Authoritative, 1), server(Role::Authoritative, 2)]
                }
            },
            resolvers: (0..resolvers).map(|number| server(Role::Resolver, 53 + number)).collect(),
            published: with_servers(&world.zone),
            remembered: with_servers(remembered),
        }
    }

    /// The facts as a survey gathers them, where some lookups fail.
    fn facts(&self, world: &World, fails: &dyn Fn(&Question, &Server) -> Option<Outcome>) -> Facts {
        let mut facts = Facts::new(started(), UnqueriedNames::Asked);
        let domain = &world.subject.domain;
        let answer = |question: &Question, server: &Arc<Server>| match fails(question, server) {
            Some(outcome) => Reply::empty(question.clone(), Arc::clone(server), outcome),
            None if server.role == Role::Resolver && question.name.is_within(domain) => {
                answer_of(&self.remembered, question, server)
            }
            None => answer_of(&self.published, question, server),
        };
        let all = self.authorities.iter().chain(&self.resolvers).cloned().collect();
        Servers { all, view: self.view, answer: &answer }.ask(&world.subject, &mut facts);
        facts
    }
}

/// One subset of the lookups that fail, with its name.
type Subset = (String, Box<dyn Fn(&Question, &Server) -> Option<Outcome>>);

/// Subsets of the failures of a run: each question at some servers, each server, and some at random.
fn subsets(facts: &Facts, servers: &ServerSetup, dice: &mut Dice) -> Vec<Subset> {
    let mut subsets: Vec<Subset> = Vec::new();
    let questions: Vec<Question> = facts.by_question().map(|(question, _)| question.clone()).collect();
    // One in three, another one in each world.
    for question in questions.into_iter().skip(dice.below(3)).step_by(3) {
        for (who, role) in
            [("authorities", Some(Role::Authoritative)), ("resolvers", Some(Role::Resolver)), ("all", None)]
        {
            let outcome = FAILURES[dice.below(FAILURES.len())];
            let wanted = question.clone();
            let fails = move |asked: &Question, server: &Server| {
                (*asked == wanted && role.is_none_or(|role| role == server.role)).then_some(outcome)
            };
            subsets.push((format!("{question} at {who}: {outcome}"), Box::new(fails)));
        }
    }
    for server in servers.authorities.iter().chain(&servers.resolvers) {
        let outcome = FAILURES[dice.below(FAILURES.len())];
        let dead = Arc::clone(server);
        let fails = move |_: &Question, server: &Server| (*server == *dead).then_some(outcome);
        subsets.push((format!("{}: {outcome}", server.address), Box::new(fails)));
    }
    for percent in [5, 15, 30, 60, 85] {
        for _ in 0..2 {
            let seed = dice.below(usize::MAX) as u64;
            let fails = move |question: &Question, server: &Server| {
                let mut text = String::new();
                write!(text, "{question} {}", server.address).unwrap();
                let hash = text.bytes().fold(seed | 1, |hash, octet| {
                    (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3).rotate_left(23)
                });
                let mut dice = Dice(hash);
                (dice.below(100) < percent).then(|| FAILURES[dice.below(FAILURES.len())])
            };
            subsets.push((format!("{percent} % with the seed {seed}"), Box::new(fails)));
        }
    }
    subsets
}

/// Whether a name server answered anything, or was not asked or waited for: then resolvers do not decide.
fn may_be_reached(facts: &Facts) -> bool {
    let replies = facts.unordered().filter(|reply| reply.server.role == Role::Authoritative);
    let mut outcomes = replies.map(|reply| reply.outcome);
    outcomes.any(|outcome| outcome.is_answer() || outcome.says_nothing_about_server())
}

#[test]
fn no_subset_of_failures_makes_a_world_ready_that_is_not() {
    let mut dice = Dice(3);
    let (mut faults, mut tried, mut kinds) = (Vec::new(), 0usize, BTreeMap::<String, usize>::new());
    let views = [
        (TrustPolicy::Both, 1),
        (TrustPolicy::Both, 2),
        (TrustPolicy::Authoritative, 1),
        (TrustPolicy::Resolver, 1),
        (TrustPolicy::Resolver, 2),
    ];
    let every = Phase::ALL.iter().flat_map(|phase| worlds(*phase).step_by(60));
    for (turn, mut world) in every.enumerate() {
        let (view, resolvers) = views[turn % views.len()];
        let plan = Judgement::new(&world, &world.facts(&world.zone)).changes;
        let planned = publish(&world.zone, &plan);
        let judge_options = JudgeOptions { view, ..JudgeOptions::default() };
        // The resolvers remember what is published; or they have what the plan leads to already, which is not published.
        let mut runs = vec![(world.zone.clone(), world.zone.clone()), (planned.clone(), planned.clone())];
        if view != TrustPolicy::Resolver {
            runs.push((world.zone.clone(), planned));
        }
        for (published, remembered) in runs {
            world.zone = published;
            let verdict = |facts: &Facts| assess(&world.subject, facts, judge_options).verdict;
            let servers = ServerSetup::new(&world, &remembered, view, resolvers);
            let facts = servers.facts(&world, &|_, _| None);
            let before = verdict(&facts);
            *kinds.entry(before.to_string()).or_default() += 1;
            for (what, fails) in subsets(&facts, &servers, &mut dice) {
                tried += 1;
                let facts = servers.facts(&world, &*fails);
                let after = verdict(&facts);
                let resolvers_decide =
                    view == TrustPolicy::Both && world.zone != remembered && !may_be_reached(&facts);
                let is_wrong = match before {
                    Verdict::Ready => after == Verdict::ChangesNeeded,
                    Verdict::ChangesNeeded | Verdict::Undetermined | Verdict::Waiting => {
                        after == Verdict::Ready && !resolvers_decide
                    }
                };
                if is_wrong {
                    let run = format!("{}, {view:?}, {resolvers}", world.title());
                    faults.push(format!("{run}, {what}: {before} became {after}"));
                }
            }
        }
    }
    let text = format!("{tried} subsets of failures in worlds of {kinds:?} (by verdict)\n");
    std::io::stderr().write_all(text.as_bytes()).unwrap();
    assert!(tried > 2_000, "{tried}");
    assert_none(&faults);
}
