//! Which tenant holds a domain, according to the sign-in host.

use super::*;
use crate::lab::Manner;

const HOST: &str = "login.microsoftonline.com";
const TENANT: &[WebTopic] = &[WebTopic::Tenant];
const CODES: &[Code] = &[Code::DomainInOtherTenant, Code::DomainInNoTenant, Code::TenantUnknown];
const OURS: &str = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";
const THEIRS: &str = "11111111-2222-3333-4444-555555555555";

fn whole(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}

fn held_by(id: &str) -> String {
    let body = format!(
        r#"{{"issuer": "https://{HOST}/{id}/v2.0", "token_endpoint": "x", "tenant_region_scope": "EU"}}"#
    );
    whole("200 OK", "content-type: application/json\r\n", &body)
}

fn held_by_no_tenant() -> String {
    whole("400 Bad Request", "", r#"{"error": "invalid_tenant", "error_description": "AADSTS90002: Tenant"}"#)
}

fn path(name: &str) -> String {
    format!("/{name}/v2.0/.well-known/openid-configuration")
}

#[tokio::test]
async fn the_tenant_is_asked_once_for_the_domain_and_once_for_the_one_named() {
    let mut place = Place::new();
    let web = place.lab.web("127.0.0.8", &place.authority.sign(HOST));
    web.octets(&held_by(THEIRS));
    web.octets_at(&path("fabrikam.onmicrosoft.com"), &held_by(OURS));
    // Without a tenant named there is nothing to compare with.
    let facts = place.facts_of(place.network(web.port()), TENANT).await;
    let assessment = place.assess(&facts);
    assert_eq!(hazards(&assessment, CODES), []);
    let run = replayed(&facts, "");
    assert_eq!(run.status, 0, "{run:?}");
    assert_eq!(run.domain()["tenant"]["id"], THEIRS);
    assert_eq!(run.domain()["tenant"]["status"], "held");
    assert_eq!(run.domain()["tenant"]["region"], "EU");
    place.subject.tenant = Some("fabrikam".into());
    let network = place.network(web.port());
    let started = "2026-11-22T05:23:00Z".parse().unwrap();
    let source = Source::online(network, None, started);
    let facts = place.look_up(&source, TENANT).await;
    // Another domain of the run asks for the same tenant.
    place.look_up(&source, TENANT).await;
    assert_eq!(hazards(&place.assess(&facts), CODES), [(Code::DomainInOtherTenant, Severity::Error)]);
    assert_eq!(replayed(&facts, "--tenant fabrikam").status, 1);
    let requests = web.requests();
    assert_eq!(requests.len(), 1 + 2, "{requests:?}");
    for head in &requests {
        let head = head.to_ascii_lowercase();
        assert!(head.starts_with("get /") && head.contains(&format!("\r\nhost: {HOST}\r\n")), "{head}");
        assert!(!head.contains("authorization") && !head.contains("cookie"), "{head}");
    }
    // The one that was named holds it.
    web.octets_at(&path("fabrikam.onmicrosoft.com"), &held_by(THEIRS));
    let facts = place.facts_of(place.network(web.port()), TENANT).await;
    assert_eq!(hazards(&place.assess(&facts), CODES), []);
}

#[tokio::test]
async fn a_domain_without_a_tenant_is_a_warning() {
    let mut place = Place::new();
    let web = place.lab.web("127.0.0.8", &place.authority.sign(HOST));
    web.octets(&held_by_no_tenant());
    place.subject.tenant = Some("fabrikam".into());
    let facts = place.facts_of(place.network(web.port()), TENANT).await;
    assert_eq!(hazards(&place.assess(&facts), CODES), [(Code::DomainInNoTenant, Severity::Warning)]);
    let run = replayed(&facts, "--tenant fabrikam");
    assert_eq!((run.status, &run.domain()["tenant"]["status"]), (0, &"none".into()));
    // A tenant that does not exist says nothing about where the domain is.
    web.octets_at(&path("contoso.com"), &held_by(OURS));
    let facts = place.facts_of(place.network(web.port()), TENANT).await;
    assert_eq!(hazards(&place.assess(&facts), CODES), [(Code::TenantUnknown, Severity::Warning)]);
}

/// What fails, stalls, is too large or redirects leaves the tenant unknown, and does not affect the result.
#[tokio::test]
async fn whatever_is_no_answer_is_unknown() {
    use WebOutcome::{Answered, Malformed, TooLarge, Unreachable};
    let place = Place::new();
    let web = place.lab.web("127.0.0.8", &place.authority.sign(HOST));
    let large = format!("{{\"issuer\": \"{}\"}}", "x".repeat(70_000));
    let to = "location: https://login.fabrikam.com/\r\n";
    for (answer, outcome, reason) in [
        (whole("302 Found", to, ""), Answered, ""),
        (whole("429 Too Many Requests", "retry-after: 9\r\n", ""), Answered, ""),
        (whole("500 No", "", &held_by(OURS)), Answered, ""),
        (whole("404 Not Found", "", ""), Answered, ""),
        (whole("400 Bad Request", "", r#"{"error": "invalid_request"}"#), Answered, ""),
        (whole("400 Bad Request", "", "<html>invalid_tenant"), Malformed, "not JSON"),
        (whole("200 OK", "", "<html>"), Malformed, "not JSON"),
        (whole("200 OK", "", r#"{"issuer": "https://login.fabrikam.com/common/"}"#), Malformed, "tenant id"),
        (whole("200 OK", "", &large), TooLarge, "64 KiB"),
        ("220 mail.contoso.com ESMTP\x1b[31m\r\n".to_owned(), Malformed, "not HTTP"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{".to_owned(), Unreachable, "closed"),
    ] {
        web.octets(&answer);
        let facts = place.facts_of(place.network(web.port()), TENANT).await;
        let found = reply(&facts, HOST);
        assert_eq!((found.outcome, &found.holder), (outcome, &None), "{answer:.60}: {}", found.reason);
        assert!(found.reason.contains(reason) && !found.reason.contains('\x1b'), "{}", found.reason);
        assert_eq!(hazards(&place.assess(&facts), CODES), [(Code::TenantUnknown, Severity::Info)]);
        let run = replayed(&facts, "");
        assert_eq!((run.status, &run.domain()["tenant"]["status"]), (0, &"unknown".into()), "{answer:.60}");
    }
    for manner in [Manner::Mute, Manner::Reset, Manner::ResetAtOnce, Manner::Endless, Manner::Slow] {
        web.answer(whole("200 OK", "", &"x".repeat(200)).replace("content-length", "x").as_bytes(), manner);
        let begin = Instant::now();
        let facts = place.facts_of(place.network(web.port()), TENANT).await;
        assert!(begin.elapsed() < PATIENCE * 5, "{manner:?}: {:?}", begin.elapsed());
        assert_eq!(
            hazards(&place.assess(&facts), CODES),
            [(Code::TenantUnknown, Severity::Info)],
            "{manner:?}"
        );
    }
}

#[tokio::test]
async fn the_host_must_prove_who_it_is_and_have_an_address_that_may_be_asked() {
    let place = Place::new();
    for signed in [
        place.authority.sign("www.contoso.com"),
        place.authority.sign_until(HOST, 2020),
        Authority::new().sign(HOST),
    ] {
        let web = place.lab.web("127.0.0.8", &signed);
        web.octets(&held_by(OURS));
        let facts = place.facts_of(place.network(web.port()), TENANT).await;
        assert_eq!(reply(&facts, HOST).outcome, WebOutcome::BadCertificate);
        assert!(web.requests().is_empty());
    }
    let web = place.lab.web("127.0.0.8", &place.authority.sign(HOST));
    web.octets(&held_by(OURS));
    let forbidden = place.network(web.port()).with_permissions(Permissions::default());
    let facts = place.facts_of(forbidden, TENANT).await;
    assert_eq!(reply(&facts, HOST).outcome, WebOutcome::Unreachable);
    assert!(reply(&facts, HOST).reason.contains("loopback address"), "{}", reply(&facts, HOST).reason);
    // `--no-https` is about the policy; what was asked for by name is asked.
    let facts = place.facts_of(place.network(web.port()).without_https(), TENANT).await;
    assert!(reply(&facts, HOST).holder.is_some());
    place.server.zone("microsoftonline.com", "www 300 A 127.0.0.8");
    let facts = place.facts_of(place.network(web.port()), TENANT).await;
    assert_eq!(reply(&facts, HOST).outcome, WebOutcome::NoAddress);
    assert_eq!(hazards(&place.assess(&facts), CODES), [(Code::TenantUnknown, Severity::Info)]);
}

#[tokio::test]
async fn a_late_answer_ends_with_the_time_of_the_domain() {
    let mut place = Place::new();
    let web = place.lab.web("127.0.0.8", &place.authority.sign(HOST));
    place.limits.deadline = PATIENCE;
    let begin = Instant::now();
    let facts = place.facts_of(place.network(web.port()), TENANT).await;
    assert!(begin.elapsed() < PATIENCE * 3 / 2, "{:?}", begin.elapsed());
    assert_eq!(reply(&facts, HOST).outcome, WebOutcome::OutOfTime);
    assert_eq!(replayed(&facts, "").domain()["tenant"]["status"], "unknown");
}

#[tokio::test]
async fn nothing_is_asked_without_the_option_and_a_replay_answers_from_the_recording() {
    let place = Place::new();
    let web = place.lab.web("127.0.0.8", &place.authority.sign(HOST));
    web.octets(&held_by(OURS));
    let facts = place.facts_of(place.network(web.port()), &[]).await;
    assert_eq!((facts.web_replies().count(), web.requests().len()), (0, 0));
    assert_eq!(place.server.asked(HOST, "A"), 0);
    let without = replayed(&facts, "-v");
    assert!(without.domain().get("tenant").is_none(), "{}", without.out);
    // One that holds nothing of it is not asked for it either.
    assert_eq!(replayed(&facts, "-v --ask-tenant"), without);
    let facts = place.facts_of(place.network(web.port()), TENANT).await;
    let recording = Recording::new(vec!["contoso.com".parse().unwrap()], facts.clone());
    let again = Recording::parse(&recording.to_string()).unwrap();
    assert_eq!(again.to_string(), recording.to_string());
    let started = again.facts.checked_at;
    let source = Source::replay(again, started);
    let replay = place.look_up(&source, TENANT).await;
    let all = |facts: &Facts| -> Vec<WebReply> { facts.web_replies().cloned().collect() };
    assert_eq!(all(&replay), all(&facts));
    assert_eq!(replay.all().count(), facts.all().count());
    assert_eq!(replayed(&replay, "-v"), replayed(&facts, "-v"));
}

#[test]
fn offline_nothing_is_asked_and_that_is_said() {
    let zone = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/ready.zone");
    let run = cutover(&format!("check contoso.com --zone {zone} --ask-tenant --format json"));
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.err.contains("--ask-tenant: not "), "{}", run.err);
    assert!(run.domain().get("tenant").is_none());
}
