//! Does an outage that ends leave no trace in any verdict?

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cutover::cli::{Clock, Later, Surroundings};
use hickory_resolver::proto::op::ResponseCode;
use jiff::Timestamp;

use super::world::{Mail, World, domain, results, verdicts};
use crate::lab::{LabServer, Say};
use crate::run::{Run, Workspace, cutover, cutover_with, surroundings, without_next_step};

/// Checks all domains while these servers fail from their first query on, for so long.
fn check_during(world: &World, servers: &[&LabServer], outage: Duration, say: &Say, options: &str) -> Run {
    let say_all = |say: &Say| {
        for server in servers {
            server.say(say.clone());
        }
    };
    say_all(say);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while servers.iter().all(|server| server.packets() == 0) {
                std::thread::sleep(Duration::from_millis(1));
            }
            std::thread::sleep(outage);
            say_all(&Say::Zone);
        });
        world.check(options)
    })
}

fn count(verdict: &str, count: usize) -> BTreeMap<String, usize> {
    BTreeMap::from([(verdict.to_owned(), count)])
}

fn error(code: ResponseCode) -> Say {
    Say::Error(code, Vec::new())
}

/// The resolver is ahead of the name servers, so that its word alone would be wrong.
#[test]
#[cfg_attr(windows, ignore = "many domains in little time, which Wine does not give")]
fn name_servers_that_fail_for_a_moment_are_asked_again() {
    for say in [error(ResponseCode::Refused), Say::Nothing] {
        let world = World::new(60, 10, |_| Mail::AtSource);
        let servers: Vec<&LabServer> = world.name_servers.iter().collect();
        let run = check_during(&world, &servers, Duration::from_millis(300), &say, "");
        assert_eq!((run.status, verdicts(&run)), (1, count("changes-needed", 60)), "{}", run.err);
    }
}

/// All domains are on one name server, which pauses as a whole after some of them.
#[test]
#[cfg_attr(windows, ignore = "many domains in little time, which Wine does not give")]
fn where_no_name_server_can_be_reached_resolvers_decide_for_every_domain() {
    let mut world = World::new(40, 40, |_| Mail::Ready);
    world.timeout = 0.3;
    for server in world.all_name_servers() {
        server.say(Say::Nothing);
    }
    let run = world.check("");
    assert_eq!((run.status, verdicts(&run)), (0, count("ready", 40)), "{}", run.err);
    for (name, result) in results(&run) {
        let mut hazards = result["hazards"].as_array().unwrap().iter();
        assert!(hazards.any(|hazard| hazard["code"] == "authoritative-unreachable"), "{name}: {result:#}");
    }
}

#[test]
#[cfg_attr(windows, ignore = "many domains in little time, which Wine does not give")]
fn a_resolver_that_fails_for_a_moment_leaves_no_domain_undetermined() {
    for say in [error(ResponseCode::ServFail), Say::Nothing] {
        let world = World::new(200, 20, |_| Mail::Ready);
        let run = check_during(&world, &[&world.resolver], Duration::from_millis(250), &say, "");
        assert_eq!((run.status, verdicts(&run)), (0, count("ready", 200)), "{}", run.err);
    }
}

#[test]
#[cfg_attr(windows, ignore = "many domains in little time, which Wine does not give")]
fn one_failed_lookup_of_a_shared_name_makes_no_domain_undetermined() {
    let turns = |say: Say, failures: usize| {
        let mut turns = vec![say; failures];
        turns.push(Say::Zone);
        Say::Turns(turns)
    };
    // All packets of one lookup are lost: it is repeated within its time.
    for say in [turns(error(ResponseCode::ServFail), 1), turns(Say::Nothing, 3)] {
        let world = World::new(60, 10, |_| Mail::Ready);
        world.resolver.say_to("spf.protection.outlook.com", "TXT", say);
        let run = world.check("");
        assert_eq!((run.status, verdicts(&run)), (0, count("ready", 60)), "{}", run.err);
    }
}

#[test]
#[cfg_attr(windows, ignore = "many domains in little time, which Wine does not give")]
fn dead_name_servers_make_their_own_domains_undetermined_and_no_others() {
    let dead = [17, 118, 219];
    let world = World::new(300, 1, |number| if number % 3 == 0 { Mail::AtSource } else { Mail::Ready });
    for number in dead {
        world.name_servers[number].say(Say::Nothing);
        // As a resolver sees such a domain.
        for (name, rtype) in questions(number) {
            world.resolver.say_to(&name, rtype, error(ResponseCode::ServFail));
        }
    }
    let run = world.check("");
    for (name, result) in results(&run) {
        let number = (0..300).find(|number| domain(*number) == name).unwrap();
        let expected = match number {
            _ if dead.contains(&number) => "undetermined",
            _ if number % 3 == 0 => "changes-needed",
            _ => "ready",
        };
        assert_eq!(result["verdict"], expected, "{name}: {result:#}");
    }
    assert_eq!(results(&run).len(), 300);
    // They are among those that are checked again, at the end; on a busy machine there are more of them.
    let again = run.err.lines().find_map(|line| line.strip_prefix("note: checking ")?.split(' ').next());
    let again: usize = again.unwrap_or_else(|| panic!("{}", run.err)).parse().unwrap();
    let last = run.out.lines().rev().take(again);
    assert_eq!(last.filter(|line| line.contains("\"undetermined\"")).count(), dead.len(), "{}", run.err);
}

/// What is asked about the own names of a domain.
fn questions(number: usize) -> Vec<(String, &'static str)> {
    let apex = domain(number);
    let apex_types = ["A", "AAAA", "MX", "NS", "SOA", "TXT"];
    let mut questions: Vec<_> = apex_types.iter().map(|rtype| (apex.clone(), *rtype)).collect();
    for (label, rtype) in [("autodiscover", "CNAME"), ("msoid", "CNAME"), ("_dmarc", "TXT")] {
        questions.push((format!("{label}.{apex}"), rtype));
    }
    questions
}

/// Some domains are checked twice, and others keep what they saw while lookups failed.
#[test]
fn a_run_with_domains_that_were_checked_again_is_replayed_to_the_byte() {
    let workspace = Workspace::new();
    for format in ["ndjson", "json -v", "sarif", "table"] {
        let world = World::new(24, 4, |number| if number % 3 == 0 { Mail::AtSource } else { Mail::Ready });
        let say = vec![error(ResponseCode::ServFail), error(ResponseCode::ServFail), Say::Zone];
        world.resolver.say_to("spf.protection.outlook.com", "TXT", Say::Turns(say));
        let list = workspace.put("list.txt", world.names().replace(' ', "\n"));
        let file = workspace.free("run.rec");
        let options = world.options();
        let live = cutover(&format!("check --domains {list} {options} --format {format} --record {file}"));
        assert!(live.err.contains("checking "), "{live:?}");
        for domains in [String::new(), format!("--domains {list}")] {
            let replayed = cutover(&format!("check {domains} --replay {file} --format {format}"));
            let is_place = format == "sarif" && domains.is_empty();
            // The next step names the options of its run.
            let (seen, shown) = (without_next_step(&live.out), without_next_step(&replayed.out));
            assert!(is_place || seen == shown, "{format}: {seen}\n{shown}");
            assert_eq!(live.status, replayed.status);
        }
        let recording = std::fs::read_to_string(&file).unwrap();
        assert!(recording.contains("\n  for customer-"), "every domain saw the same");
    }
}

/// Wants to stop once, after all that can be answered was answered.
#[derive(Debug)]
struct StopOnce {
    is_time: Arc<AtomicBool>,
    is_taken: AtomicBool,
}

impl Clock for StopOnce {
    fn wait(&self, now: Timestamp, span: Duration) -> Later<'_, Timestamp> {
        panic!("{now}: nobody waits for {span:?} here")
    }

    fn stopped(&self) -> Later<'_, ()> {
        Box::pin(async {
            while !self.is_time.load(Ordering::Relaxed) || self.is_taken.load(Ordering::Relaxed) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            self.is_taken.store(true, Ordering::Relaxed);
        })
    }
}

/// A world of eight domains, two of them without a name server that answers.
fn with_two_dead() -> World {
    let world = World::new(8, 1, |_| Mail::Ready);
    for number in [1, 5] {
        world.name_servers[number].say(Say::Nothing);
        for (name, rtype) in questions(number) {
            world.resolver.say_to(&name, rtype, error(ResponseCode::ServFail));
        }
    }
    world
}

#[test]
#[cfg_attr(windows, ignore = "many domains in little time, which Wine does not give")]
fn a_run_that_is_stopped_leaves_domains_in_doubt_to_the_next() {
    let world = with_two_dead();
    let is_time = Arc::new(AtomicBool::new(false));
    let clock = Arc::new(StopOnce { is_time: Arc::clone(&is_time), is_taken: AtomicBool::new(false) });
    let around = Surroundings { clock, ..surroundings() };
    let workspace = Workspace::new();
    let report = workspace.free("run.ndjson");
    let words = format!("check {} {} --output ndjson={report}", world.names(), world.options());
    let run = std::thread::scope(|scope| {
        scope.spawn(|| {
            // Every domain is under way.
            while [1, 5].iter().any(|number| world.resolver.asked(&domain(*number), "MX") == 0) {
                std::thread::sleep(Duration::from_millis(1));
            }
            is_time.store(true, Ordering::Relaxed);
        });
        cutover_with(words.split_whitespace(), &around)
    });
    let written =
        || Run { out: std::fs::read_to_string(workspace.path("run.ndjson")).unwrap(), ..run.clone() };
    assert_eq!((run.status, verdicts(&written())), (3, count("ready", 6)), "{}", run.err);
    assert!(
        run.err.contains("2 were not") && run.err.contains("2 of these had failed lookups"),
        "{}",
        run.err
    );
    // The next run does them.
    for number in [1, 5] {
        world.name_servers[number].say(Say::Zone);
        for (name, rtype) in questions(number) {
            world.resolver.say_to(&name, rtype, Say::Zone);
        }
    }
    let next = cutover(&format!("{words} --resume {report}"));
    assert_eq!((next.status, verdicts(&written())), (0, count("ready", 8)), "{}", next.err);
}

#[test]
fn a_run_that_fails_fast_does_not_stop_at_a_domain_in_doubt() {
    let world = with_two_dead();
    let run = world.check("--fail-fast");
    // Six, and then one of those that stay undetermined when they are checked again.
    let expected = BTreeMap::from([("ready".to_owned(), 6), ("undetermined".to_owned(), 1)]);
    assert_eq!((run.status, verdicts(&run)), (3, expected), "{}", run.err);
    assert!(run.out.lines().last().unwrap().contains("\"undetermined\""));
}
