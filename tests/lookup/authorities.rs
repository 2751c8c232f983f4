//! What if name servers fail, or say different things?

use std::sync::Arc;

use hickory_resolver::proto::op::ResponseCode;

use super::{Estate, OLD_MX, version};
use crate::lab::{Say, Via};

#[test]
fn one_failing_name_server_changes_no_status() {
    for (name, say, hazard) in [
        ("servfail", Say::Error(ResponseCode::ServFail, Vec::new()), None),
        ("refused", Say::Error(ResponseCode::Refused, Vec::new()), Some("server-lame")),
        ("lame", Say::Upward, Some("server-lame")),
        ("silent", Say::Nothing, Some("server-silent")),
        ("garbage", Say::Garbage, Some("server-silent")),
        ("wrong id", Say::WrongId, Some("server-silent")),
        ("other question", Say::OtherQuestion, Some("server-silent")),
        ("echo", Say::Echo, Some("server-silent")),
    ] {
        let estate = Estate::impatient();
        estate.second.say(say);
        let run = estate.contoso("");
        assert_eq!(run.status, 0, "{name}: {run:?}");
        if let Some(hazard) = hazard {
            assert_eq!(run.hazards(), [hazard], "{name}");
        }
        assert!(!run.replies("127.0.0.3").is_empty(), "{name}");
    }
}

#[test]
fn odd_answers_are_answers() {
    for (name, say) in [
        ("cut", Say::Truncated),
        ("cut in a record", Say::TruncatedInRecord),
        ("capitals", Say::UpperCase),
        ("no EDNS", Say::RefuseEdns(ResponseCode::FormErr)),
        ("wrong id, then right", Say::All(vec![Say::WrongId, Say::Zone])),
        ("lost once", Say::Turns(vec![Say::Nothing, Say::Zone])),
        ("twice", Say::All(vec![Say::Zone, Say::Zone])),
    ] {
        let estate = Estate::impatient();
        estate.all_say(&say);
        let run = estate.contoso("");
        assert_eq!((run.status, run.hazards()), (0, Vec::<String>::new()), "{name}: {run:?}");
    }
}

#[test]
fn what_does_not_fit_is_asked_again_over_tcp() {
    let estate = Estate::new();
    let long: String = (0..30).map(|n| format!("\n@ 3600 TXT \"{n} {}\"", "x".repeat(200))).collect();
    let zone = super::READY.to_owned() + &long;
    estate.first.zone("contoso.com", &zone);
    estate.second.zone("contoso.com", &zone);
    let run = estate.contoso("");
    assert_eq!((run.status, run.code("spf").as_str()), (0, "spf-long"), "{run:?}");
    for server in [&estate.first, &estate.second, &estate.resolver] {
        let texts = server.seen().into_iter().filter(|seen| seen.name == "contoso.com".parse().unwrap());
        let ways: Vec<Via> =
            texts.filter(|seen| seen.rtype.to_string() == "TXT").map(|seen| seen.via).collect();
        assert_eq!(ways, [Via::Udp, Via::Tcp]);
    }
}

#[test]
fn servers_of_one_version_must_agree() {
    let estate = Estate::new();
    estate.second.zone("contoso.com", &version(1, OLD_MX));
    let run = estate.contoso("");
    assert_eq!((run.status, run.code("mx").as_str()), (1, "servers-disagree"), "{run:?}");
    assert_eq!(run.expectation("mx")["status"], "unmet");
    assert_eq!(run.hazards(), ["servers-disagree"]);
    assert_eq!(run.domain()["changes"], serde_json::json!([]), "no edit of the zone fixes it");
}

#[test]
fn an_older_version_only_needs_time() {
    for (first, second) in
        [((8, ""), (7, OLD_MX)), ((7, OLD_MX), (8, "")), ((2, ""), (4_294_967_290, OLD_MX))]
    {
        let estate = Estate::new();
        estate.first.zone("contoso.com", &version(first.0, first.1));
        estate.second.zone("contoso.com", &version(second.0, second.1));
        let run = estate.contoso("--view authoritative");
        assert_eq!((run.status, run.code("mx").as_str()), (4, "secondary-behind"), "{run:?}");
        let mx = run.expectation("mx");
        assert_eq!(mx["status"], "waiting");
        assert!(mx["until"].is_string(), "{mx}");
        assert!(run.hazards().is_empty());
    }
}

#[test]
fn the_newest_version_counts_even_if_it_is_wrong() {
    let estate = Estate::new();
    estate.first.zone("contoso.com", &version(8, OLD_MX));
    estate.second.zone("contoso.com", &version(7, ""));
    let run = estate.contoso("--view authoritative");
    assert_eq!((run.status, run.code("mx").as_str()), (1, "mx-at-source"), "{run:?}");
}

#[test]
fn without_a_name_server_the_resolvers_word_is_taken() {
    let estate = Estate::impatient();
    estate.first.say(Say::Nothing);
    estate.second.say(Say::Nothing);
    let run = estate.contoso("");
    assert_eq!((run.status, run.code("mx").as_str()), (0, "met"), "{run:?}");
    assert!(run.hazards().contains(&"authoritative-unreachable".to_owned()), "{:?}", run.hazards());
    let domain = run.domain();
    let hazards = domain["hazards"].as_array().unwrap();
    assert!(hazards.iter().all(|hazard| hazard["level"] != "error"), "{hazards:?}");
}

#[test]
fn where_everybody_is_silent_nothing_is_missing() {
    for say in [
        Say::Nothing,
        Say::Error(ResponseCode::ServFail, vec![(22, "no reachable authority")]),
        Say::Error(ResponseCode::Refused, Vec::new()),
        Say::Garbage,
    ] {
        let estate = Estate::impatient();
        estate.all_say(&say);
        let run = estate.contoso("");
        assert_eq!(run.status, 3, "{run:?}");
        let domain = run.domain();
        for one in domain["expectations"].as_array().unwrap() {
            assert_eq!(
                (one["status"].as_str(), one["code"].as_str()),
                (Some("unknown"), Some("lookup-failed"))
            );
        }
        assert_eq!(
            (&domain["changes"], &domain["hazards"]),
            (&serde_json::json!([]), &serde_json::json!([]))
        );
        let plan = crate::run::cutover(&format!("plan contoso.com {} --format bind", estate.options()));
        assert_eq!((plan.status, plan.out.as_str()), (3, ""));
        // One cause, one sentence.
        assert_eq!(plan.err.matches("warning: Nothing could be looked up: ").count(), 1, "{}", plan.err);
    }
}

#[test]
fn one_lost_question_is_unknown_and_no_more() {
    let estate = Estate::impatient();
    for server in [&estate.first, &estate.second, &estate.resolver] {
        server.say_to("autodiscover.contoso.com", "CNAME", Say::Nothing);
    }
    let run = estate.contoso("");
    assert_eq!((run.status, run.code("autodiscover").as_str()), (3, "lookup-failed"), "{run:?}");
    assert_eq!((run.code("mx").as_str(), run.code("spf").as_str()), ("met", "met"));
}

#[test]
fn records_of_others_in_an_answer_are_not_believed() {
    let estate = Estate::new();
    let poison =
        crate::lab::records("contoso.com", "autodiscover 60 CNAME evil.example.\n@ 60 MX 0 evil.example.");
    let poison: Vec<_> = poison.iter().map(crate::lab::wire_record).collect();
    let poisoned = Say::Altered(Arc::new(move |message| {
        let asked = message.queries[0].query_type();
        message.additionals.extend(poison.clone());
        message.answers.extend(poison.iter().filter(|record| record.record_type() != asked).cloned());
    }));
    estate.first.say(poisoned.clone());
    estate.second.say(poisoned);
    let run = estate.contoso("--view authoritative");
    assert_eq!((run.code("mx").as_str(), run.code("spf").as_str()), ("met", "met"), "{run:?}");
}
