//! Is the case of letters used against forgers, and never against servers that do not keep it?

use std::time::Duration;

use cutover::facts::Outcome;
use hickory_resolver::proto::op::ResponseCode;

use super::{Client, PATIENCE, contoso};
use crate::lab::{LabServer, Say};

/// How the names were written that a server was asked for, each as "mixed" or "lower".
fn spellings(server: &LabServer) -> Vec<&'static str> {
    let seen = server.seen();
    let is_mixed = |spelling: &str| spelling.bytes().any(|octet| octet.is_ascii_uppercase());
    seen.iter().map(|seen| if is_mixed(&seen.spelling) { "mixed" } else { "lower" }).collect()
}

/// Names long enough that random letters are never all in lower case.
const NAMES: [&str; 3] =
    ["autodiscover.contoso.com", "selector1._domainkey.contoso.com", "selector2._domainkey.contoso.com"];

async fn outcomes(client: &Client) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for name in NAMES {
        outcomes.push(client.ask(name, "CNAME").await.outcome);
    }
    outcomes
}

#[tokio::test]
async fn servers_that_keep_the_case_are_asked_in_mixed_case() {
    let (_lab, server) = contoso();
    let client = Client::authority(server.address());
    assert_eq!(outcomes(&client).await, [Outcome::Records, Outcome::NxDomain, Outcome::NxDomain]);
    assert_eq!(spellings(&server), ["mixed"; 3]);
    let seen = server.seen();
    client.ask(NAMES[0], "A").await;
    assert_ne!(seen[0].spelling, server.seen()[3].spelling, "drawn anew for each question");
}

#[tokio::test]
async fn servers_that_do_not_keep_it_are_asked_once_more_in_lower_case() {
    for say in [Say::LowerCase, Say::UpperCase] {
        let (_lab, server) = contoso();
        server.say(say);
        let client = Client::authority(server.address());
        assert_eq!(outcomes(&client).await, [Outcome::Records, Outcome::NxDomain, Outcome::NxDomain]);
        assert_eq!(spellings(&server), ["mixed", "lower", "lower", "lower"], "learned once");
    }
    // It did answer, so silence to what it is asked then is no sign of death.
    let (_lab, server) = contoso();
    server.say(Say::Turns(vec![Say::LowerCase, Say::Nothing]));
    let client = Client::authority(server.address());
    assert_eq!(client.ask(NAMES[0], "CNAME").await.outcome, Outcome::Timeout);
    server.say(Say::LowerCase);
    assert_eq!(client.ask(NAMES[1], "CNAME").await.outcome, Outcome::NxDomain);
}

#[tokio::test]
async fn servers_that_do_not_bear_capitals_get_lower_case_in_the_end() {
    let (_lab, server) = contoso();
    server.say(Say::LowerCaseOnly);
    let client = Client::authority(server.address());
    assert_eq!(outcomes(&client).await, [Outcome::Records, Outcome::NxDomain, Outcome::NxDomain]);
    assert_eq!(spellings(&server), ["mixed", "mixed", "lower", "lower", "lower"]);
}

#[tokio::test]
async fn a_server_that_has_kept_the_case_is_not_believed_without() {
    let (_lab, server) = contoso();
    let client = Client::authority(server.address());
    assert_eq!(client.ask(NAMES[0], "CNAME").await.outcome, Outcome::Records);
    let forged = Say::Altered(std::sync::Arc::new(|message| {
        message.metadata.response_code = ResponseCode::Refused;
        message.queries.iter_mut().for_each(|query| query.name = query.name().to_lowercase());
    }));
    let real = Say::Later(Duration::from_millis(20), Box::new(Say::Zone));
    server.say(Say::All(vec![forged, real])).forget();
    let reply = client.ask(NAMES[0], "CNAME").await;
    assert_eq!((reply.outcome, server.packets()), (Outcome::Records, 1));
    // Unless nothing else ever comes: behind one address may be servers of several kinds.
    server.say(Say::LowerCase).forget();
    let reply = client.ask(NAMES[0], "CNAME").await;
    assert_eq!((reply.outcome, server.packets()), (Outcome::Records, 3));
    assert!(Duration::from_micros(reply.elapsed) < PATIENCE, "{}", reply.elapsed);
    server.forget();
    assert_eq!(outcomes(&client).await, [Outcome::Records, Outcome::NxDomain, Outcome::NxDomain]);
    assert_eq!(server.packets(), 3);
}

#[tokio::test]
async fn errors_without_a_question_teach_nothing() {
    let (_lab, server) = contoso();
    server.say(Say::Turns(vec![Say::HeaderOnly(ResponseCode::ServFail), Say::LowerCase]));
    let client = Client::authority(server.address());
    assert_eq!(client.ask(NAMES[0], "CNAME").await.outcome, Outcome::ServFail);
    assert_eq!(client.ask(NAMES[0], "CNAME").await.outcome, Outcome::Records);
    assert_eq!(spellings(&server), ["mixed", "mixed", "lower"]);
}
