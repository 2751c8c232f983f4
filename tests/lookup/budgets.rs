//! Is what one domain may cost bounded, and does each bound say its name?
//!
//! One hostile zone for each bound. Where only the bound speaks, nothing is missing and nothing is ready.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use cutover::check::{Assessment, Code, Status, Verdict};
use cutover::lookup::Limits;

use super::{Estate, READY};
use crate::lab::{LabServer, Say};
use crate::run::{Run, Workspace, cutover};

/// The questions that a server really got: one that was cut and came again over TCP is one question.
fn asked(server: &LabServer) -> BTreeSet<String> {
    server.seen().iter().map(|seen| format!("{} {}", seen.name, seen.rtype)).collect()
}

/// The expectation is unknown with this code, and so is the verdict.
pub(super) fn assert_unknown(run: &Run, id: &str, code: &str) {
    let found = run.expectation(id);
    assert_eq!(
        (found["status"].as_str(), found["code"].as_str()),
        (Some("unknown"), Some(code)),
        "{found:#}"
    );
    assert_eq!((run.status, &run.domain()["verdict"]), (3, &"undetermined".into()));
}

/// A check of `contoso.com` that is recorded; judged again from that it must come to the same, bounds included.
pub(super) fn recorded(estate: &Estate, options: &str) -> Run {
    let workspace = Workspace::new();
    let record = workspace.free("run.txt");
    let run = estate.contoso(&format!("{options} --record {record}"));
    let replay = cutover(&format!("check --replay {record} --format json -v"));
    let other = run.out.lines().zip(replay.out.lines()).find(|(one, other)| one != other);
    assert_eq!((run.status, other), (replay.status, None));
    run
}

/// As much as an honest domain can need: all services, a move that is over and of which nothing is published, so that
/// every near miss is looked for, and an SPF record with as many lookups as one may have.
#[test]
fn the_greatest_honest_domain_is_far_from_every_bound() {
    let estate = Estate::new();
    let mut lines = String::new();
    for server in 1..=8 {
        writeln!(lines, "@ 3600 NS ns{server}\nns{server} 3600 A 127.0.0.{}", server + 1).unwrap();
    }
    let servers: Vec<LabServer> = (4..=9).map(|last| estate.lab.server(&format!("127.0.1.{last}"))).collect();
    lines = lines.replace("127.0.0.4", "127.0.1.4").replace("127.0.0.5", "127.0.1.5");
    for last in 6..=9 {
        lines = lines.replace(&format!("127.0.0.{last}"), &format!("127.0.1.{last}"));
    }
    for host in 0..10 {
        writeln!(lines, "@ 3600 MX {host} mail{host}.fabrikam.com.").unwrap();
    }
    lines +=
        "@ 3600 TXT \"v=spf1 a:h1 a:h2 a:h3 mx:h4 mx:h5 include:s1 include:s2 include:s3 include:s4 -all\"\n";
    lines += "autodiscover 3600 CNAME auto\nauto 3600 CNAME auto2\n* 300 A 192.0.2.99\n";
    estate.publish(&lines);
    for server in &servers {
        server.zone("contoso.com", &lines);
    }
    let run = estate.contoso("--phase tidy --services all --source rackspace");
    let mut all: Vec<&LabServer> = servers.iter().collect();
    all.extend([&estate.first, &estate.second, &estate.resolver]);
    assert_eq!(run.status, 1);
    let at_one = asked(&estate.first).len();
    let most = all.iter().map(|server| asked(server).len()).max().unwrap_or_default();
    let limits = Limits::default();
    assert!(most * 5 < limits.queries_of_one_server, "{most}");
    // As many name servers as are asked at most.
    assert!((32 * at_one + most) * 2 < limits.queries, "{at_one}, {most}");
}

#[test]
fn the_time_of_a_domain_is_bounded() {
    let estate = Estate { patience: "3600", ..Estate::new() };
    for server in [&estate.first, &estate.second, &estate.resolver] {
        server.delay(Duration::from_secs(20));
    }
    let begin = std::time::Instant::now();
    let run = estate.contoso("--deadline 0.5");
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    for id in ["mx", "spf", "autodiscover"] {
        assert_unknown(&run, id, "deadline-over");
    }
    assert!(asked(&estate.resolver).len() < 40, "{:?}", asked(&estate.resolver));
    assert!(run.domain()["changes"].as_array().unwrap().is_empty());
}

/// One name server that answers late counts as far as it got; only what is still open is cut off.
#[test]
fn what_was_still_open_when_the_time_was_over_is_told_from_the_rest() {
    let estate = Estate { patience: "3600", ..Estate::new() };
    let late = Say::Later(Duration::from_secs(20), Box::new(Say::Zone));
    for server in [&estate.first, &estate.second, &estate.resolver] {
        server.say_to("autodiscover.contoso.com", "CNAME", late.clone());
    }
    let run = recorded(&estate, "--deadline 1");
    assert_unknown(&run, "autodiscover", "deadline-over");
    assert_eq!((run.code("mx"), run.code("spf")), ("met".into(), "met".into()));
    let message = run.expectation("autodiscover")["message"].to_string();
    assert!(message.contains("1 s"), "{message}");
}

/// A zone that names so many servers that finding them all would take more questions than one server may get.
fn crowded(servers: usize) -> String {
    let mut lines = READY.replace("CNAME autodiscover.outlook.com.", "CNAME ad.fabrikam.com.");
    for server in 0..servers {
        write!(lines, "\n@ 3600 NS n{server}").unwrap();
    }
    lines
}

/// A lab with a crowded zone, in which the host behind `autodiscover` comes to be known late.
fn crowd(servers: usize) -> Estate {
    let estate = Estate::new();
    estate.publish(&crowded(servers));
    let others = estate.lab.server("127.0.0.4");
    others.zone("fabrikam.com", "ad 300 CNAME autodiscover.outlook.com.");
    let late = Say::Later(Duration::from_millis(400), Box::new(Say::Zone));
    for server in [&estate.first, &estate.second, &estate.resolver] {
        server.say_to("autodiscover.contoso.com", "CNAME", late.clone());
    }
    estate
}

#[test]
#[cfg_attr(windows, ignore = "all but one of many answers must come within 0.4 s, which Wine does not give")]
fn the_questions_of_a_domain_to_one_server_are_bounded() {
    let estate = crowd(320);
    let run = recorded(&estate, "--deadline 60");
    // The addresses of the zone's own name servers were not found before, so what they publish is not known.
    for id in ["autodiscover", "mx", "spf"] {
        assert_unknown(&run, id, "server-question-limit");
    }
    assert_eq!(run.domain()["changes"], serde_json::json!([]));
    let most = Limits::default().queries_of_one_server;
    assert!(asked(&estate.resolver).len() <= most, "{}", asked(&estate.resolver).len());
    assert_eq!(estate.resolver.asked("ad.fabrikam.com", "CNAME"), 0);
    // What the manual advises: without the name servers there is room for all of it.
    assert_eq!(estate.contoso("--deadline 60 --view resolver").status, 0);
}

#[test]
fn the_questions_of_a_domain_are_bounded() {
    let estate = crowd(60);
    let limits = Limits { queries: 120, ..Limits::default() };
    let assessment = surveyed(&estate, limits);
    let found = |id: &str| {
        let judged = assessment.judged.iter().find(|judged| judged.expectation.id.word() == id).unwrap();
        (judged.status, judged.code)
    };
    assert_eq!(found("autodiscover"), (Status::Unknown, Code::QuestionLimit));
    assert_eq!((found("mx").1, assessment.verdict), (Code::QuestionLimit, Verdict::Undetermined));
    let servers = [&estate.first, &estate.second, &estate.resolver];
    let sum: usize = servers.iter().map(|server| asked(server).len()).sum();
    assert!(sum <= 120, "{sum}");
    // With the default there is room for all of it.
    assert_eq!(surveyed(&crowd(60), Limits::default()).verdict, Verdict::Ready);
}

/// A survey with limits of its own, and what comes of it.
fn surveyed(estate: &Estate, limits: Limits) -> Assessment {
    estate.surveyed(limits, |network| network).1
}

#[test]
fn an_answer_is_never_judged_by_a_part_of_it() {
    let estate = Estate::new();
    // The right record among so many that it might or might not be kept.
    let texts: String = (0..600).map(|n| format!("\n@ 3600 TXT {n}")).collect();
    estate.publish(&(READY.to_owned() + &texts));
    let run = recorded(&estate, "");
    assert_unknown(&run, "spf", "answer-too-large");
    assert_eq!((run.code("mx"), run.code("autodiscover")), ("met".into(), "met".into()));
    assert_eq!(run.domain()["changes"], serde_json::json!([]));
    assert!(asked(&estate.resolver).len() < 60);
    // Half as many are kept, and judged.
    let texts: String = (0..300).map(|n| format!("\n@ 3600 TXT {n}")).collect();
    estate.publish(&(READY.to_owned() + &texts));
    assert_eq!(estate.contoso("").status, 0);
}

#[test]
fn a_chain_that_is_too_long_is_left_in_an_answer_and_across_answers() {
    let estate = Estate::new();
    let chain: String = (1..20).map(|n| format!("\nh{n} 300 CNAME h{}", n + 1)).collect();
    let ready = READY.replace("CNAME autodiscover.outlook.com.", "CNAME h1");
    estate.publish(&(ready + &chain));
    let run = recorded(&estate, "");
    assert_unknown(&run, "autodiscover", "chain-too-long");
    assert_eq!((run.code("mx"), run.domain()["changes"].clone()), ("met".into(), serde_json::json!([])));
    let followed = asked(&estate.first).into_iter().filter(|question| question.starts_with('h')).count();
    assert!(followed <= 8, "{followed}");
    // In one answer: what the domain includes is behind forty aliases.
    let estate = Estate::new();
    estate.publish(&READY.replace("-all", "include:s.fabrikam.com -all"));
    let aliases = (0..40)
        .map(|n| format!("s{} 60 CNAME s{}\n", if n == 0 { String::new() } else { n.to_string() }, n + 1));
    let mut answer = crate::lab::records("fabrikam.com", &aliases.collect::<String>());
    answer.extend(crate::lab::records("fabrikam.com", "s40 60 TXT \"v=spf1 -all\""));
    let answer: Vec<_> = answer.iter().map(crate::lab::wire_record).collect();
    let long = Say::Altered(Arc::new(move |message| message.answers.clone_from(&answer)));
    estate.lab.server("127.0.0.4").zone("fabrikam.com", "s 60 TXT \"v=spf1 -all\"");
    estate.resolver.say_to("s.fabrikam.com", "TXT", long);
    let run = recorded(&estate, "");
    assert_unknown(&run, "spf", "chain-too-long");
    assert_eq!((run.code("mx"), run.domain()["changes"].clone()), ("met".into(), serde_json::json!([])));
}

/// Each record includes two others. That it is far beyond ten lookups is certain, so that is said; the rest of the tree
/// is left.
#[test]
fn a_tree_that_doubles_costs_no_more_than_what_is_followed() {
    for depth in [7, 11] {
        let estate = Estate::new();
        estate.publish(&READY.replace("-all", "include:w1.fabrikam.com -all"));
        let record = |n: usize| match n >> (depth - 1) {
            0 => format!("include:w{}.fabrikam.com include:w{}.fabrikam.com -all", 2 * n, 2 * n + 1),
            _ => "-all".to_owned(),
        };
        let tree: String =
            (1..1 << depth).map(|n| format!("w{n} 60 TXT \"v=spf1 {}\"\n", record(n))).collect();
        estate.lab.server("127.0.0.4").zone("fabrikam.com", &tree);
        for (n, delay) in [(3, 300), (5, 200), (9, 100)] {
            let late = Say::Later(Duration::from_millis(delay), Box::new(Say::Zone));
            estate.resolver.say_to(&format!("w{n}.fabrikam.com"), "TXT", late);
        }
        let run = recorded(&estate, "");
        assert_eq!((run.status, run.code("spf").as_str()), (1, "spf-too-many-lookups"));
        let followed =
            asked(&estate.resolver).into_iter().filter(|question| question.starts_with('w')).count();
        // The depth makes no difference, and which branch is told first hardly any.
        assert!(followed <= 160, "{followed}");
        assert!(asked(&estate.resolver).len() < 240);
        assert_eq!(estate.first.asked("contoso.com", "TXT"), 1);
    }
}

/// Where each name server has another record, each tree is read to its end, whichever server answers last.
#[test]
fn versions_do_not_crowd_each_other_out() {
    let estate = Estate::new();
    let servers: Vec<LabServer> = (4..=6).map(|last| estate.lab.server(&format!("127.0.1.{last}"))).collect();
    let record = |letter: char, most: usize, serial: usize| {
        let mut includes: String = (0..most).map(|n| format!(" include:{letter}{n}.example")).collect();
        if most < 10 {
            // The longest is looked at last.
            includes += " ip4:192.0.2.101 ip4:192.0.2.102";
        }
        let mut lines = READY.replace(" include:spf", &format!("{includes} include:spf"));
        for (n, last) in (3..=5).zip(4..=6) {
            write!(lines, "\n@ 3600 NS ns{n}\nns{n} 3600 A 127.0.1.{last}").unwrap();
        }
        lines += &format!("\n@ 300 SOA ns1 hostmaster {serial} 3600 600 604800 300");
        lines
    };
    estate.first.zone("contoso.com", &record('z', 9, 9));
    let others = [&estate.second, &servers[0], &servers[1], &servers[2]];
    for (serial, (server, letter)) in others.iter().zip("abcd".chars()).enumerate() {
        server.zone("contoso.com", &record(letter, 10, serial + 1));
    }
    let own: String = "abcdz"
        .chars()
        .flat_map(|letter| {
            (0..10).map(move |n| format!("{letter}{n} 60 TXT \"v=spf1 ip4:192.0.2.{n} -all\"\n"))
        })
        .collect();
    estate.lab.server("127.0.0.4").zone("example", &own);
    // The first name server, which has the newest version, speaks last.
    let late = Say::Later(Duration::from_millis(500), Box::new(Say::Zone));
    estate.first.say_to("contoso.com", "TXT", late.clone());
    estate.resolver.say_to("contoso.com", "TXT", late);
    let run = recorded(&estate, "");
    // The older versions have one lookup too many.
    assert_eq!((run.code("spf"), run.code("mx")), ("secondary-behind".into(), "met".into()));
    assert_eq!(run.domain()["changes"], serde_json::json!([]));
}

/// Nine `mx` of ten hosts each: within the limits of RFC 7208, and more than is read of one tree.
#[test]
fn a_tree_is_read_within_its_bound_in_every_run_alike() {
    let estate = Estate::new();
    let terms: String = (0..9).map(|n| format!(" mx:m{n}.example")).collect();
    estate.publish(&READY.replace(" include:spf", &format!("{terms} include:spf")));
    let mut hosts = String::new();
    for (term, host) in (0..9).flat_map(|term| (0..10).map(move |host| (term, host))) {
        writeln!(hosts, "m{term} 60 MX 10 h{host}.m{term}\nh{host}.m{term} 60 A 192.0.2.9\nh{host}.m{term} 60 AAAA 2001:db8::9").unwrap();
    }
    let others = estate.lab.server("127.0.0.4");
    others.zone("example", &hosts);
    let run = recorded(&estate, "");
    let followed: BTreeSet<String> =
        asked(&estate.resolver).into_iter().filter(|question| question.contains(".example")).collect();
    assert!((100..=160).contains(&followed.len()), "{}", followed.len());
    // Whether the rest has addresses does not decide.
    assert_eq!((run.code("spf"), run.status), ("met".into(), 0), "{:#}", run.expectation("spf"));
    let late = Say::Later(Duration::from_millis(300), Box::new(Say::Zone));
    for term in 0..5 {
        estate.resolver.say_to(&format!("m{term}.example"), "MX", late.clone());
    }
    estate.resolver.forget();
    recorded(&estate, "");
    let again: BTreeSet<String> =
        asked(&estate.resolver).into_iter().filter(|question| question.contains(".example")).collect();
    assert_eq!(again, followed);
}

#[test]
fn files_are_searched_whole_however_large() {
    let workspace = Workspace::new();
    let ready = crate::world::file("fixtures/scenarios/moves/finished.zone");
    let mut zone = ready.clone();
    for number in 0..7_000 {
        writeln!(zone, "host{number:04} CNAME www.contoso.net.").unwrap();
    }
    let record = workspace.path("run.txt").display().to_string();
    let options = "--phase tidy --source rackspace";
    let check = |zone: String| {
        let zone = workspace.put("contoso.com.zone", zone);
        let run =
            cutover(&format!("check contoso.com --zone {zone} {options} --format json --record {record}"));
        let again = cutover(&format!("check --replay {record} {options} --format json"));
        assert_eq!((run.status, run.domain()), (again.status, again.domain()));
        run
    };
    let run = check(zone.clone());
    assert_eq!(run.domain()["verdict"], "ready", "{:#}", run.domain());
    // Behind more sets than one domain may send questions.
    let run = check(zone + "zz MX 10 mx1.emailsrvr.com.\n");
    let left =
        run.domain()["hazards"].as_array().unwrap().iter().any(|hazard| hazard["code"] == "source-left");
    assert!(left && run.status == 1, "{:#}", run.domain());
}
