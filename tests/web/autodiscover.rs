//! Who answers where Outlook asks first.

use cutover::expected::Phase;

use super::*;
use crate::lab::Manner;

const AUTODISCOVER: &[WebTopic] = &[WebTopic::Autodiscover];
const CODES: &[Code] = &[Code::AutodiscoverIntercepted, Code::AutodiscoverCertificate];
const PATH: &str = "/autodiscover/autodiscover.xml";

fn head(status: &str, headers: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: 0\r\n\r\n")
}

#[tokio::test]
async fn what_answers_at_the_domain_is_weighed_by_what_it_does_to_outlook() {
    let place = Place::new();
    let web = place.lab.web("127.0.0.7", &place.authority.sign("contoso.com"));
    let microsoft = "location: https://autodiscover-s.outlook.com/autodiscover/autodiscover.xml\r\n";
    for (answer, level) in [
        (head("401 Unauthorized", "www-authenticate: Basic realm=\"x\"\r\n"), Some(Severity::Warning)),
        (head("200 OK", "content-type: text/xml; charset=utf-8\r\n"), Some(Severity::Warning)),
        (head("200 OK", "content-type: text/html\r\n"), Some(Severity::Info)),
        (head("301 Moved", "location: https://www.contoso.com/autodiscover/\r\n"), Some(Severity::Info)),
        (head("302 Found", "location: https://outlook.com.fabrikam.com/\r\n"), Some(Severity::Info)),
        (head("302 Found", "location: https://evil/[31m\u{202e}/##vso[\r\n"), Some(Severity::Info)),
        (head("302 Found", microsoft), None),
        (head("404 Not Found", ""), None),
        (head("403 Forbidden", ""), None),
        (head("500 No", ""), None),
    ] {
        web.octets(&answer);
        let facts = place.facts_of(place.network(web.port()), AUTODISCOVER).await;
        let found = hazards(&place.assess(&facts), CODES);
        let expected: Vec<(Code, Severity)> =
            level.map(|level| (Code::AutodiscoverIntercepted, level)).into_iter().collect();
        assert_eq!(found, expected, "{answer}: {:?}", reply(&facts, "contoso.com"));
        let run = replayed(&facts, "-v");
        assert_eq!(run.status, 0, "{answer}");
        assert!(!run.out.contains(['\x1b', '\u{202e}']), "{}", run.out);
        let shown = &run.domain()["web"];
        assert_eq!(shown.as_array().unwrap().len(), 2, "{shown}");
    }
    web.octets(&head("301 Moved", "location: https://www.contoso.com/\r\n"));
    let facts = place.facts_of(place.network(web.port()), AUTODISCOVER).await;
    let found = reply(&facts, "contoso.com");
    assert_eq!((found.status, found.location.as_str()), (301, "https://www.contoso.com/"));
    assert_eq!(found.certificate, ["contoso.com"]);
    let request = web.requests().pop().unwrap().to_ascii_lowercase();
    assert!(request.starts_with(&format!("get {PATH} http/1.1\r\n")), "{request}");
    assert!(!request.contains("authorization") && !request.contains("cookie"), "{request}");
}

#[tokio::test]
async fn a_certificate_for_other_names_is_a_warning_at_the_domain_and_normal_at_microsofts_host() {
    let place = Place::with_zone(&READY.replace("autodiscover.outlook.com.", "host.fabrikam.net."));
    place.server.zone("fabrikam.net", "host 300 A 127.0.0.7");
    let web = place.lab.web("127.0.0.7", &place.authority.sign("panel.fabrikam.net"));
    web.octets(&head("401 Unauthorized", ""));
    let facts = place.facts_of(place.network(web.port()), AUTODISCOVER).await;
    for host in ["contoso.com", "autodiscover.contoso.com"] {
        let found = reply(&facts, host);
        assert_eq!(found.outcome, WebOutcome::BadCertificate, "{host}");
        assert_eq!(found.certificate, ["panel.fabrikam.net"], "{host}");
    }
    assert!(web.requests().is_empty());
    let assessment = place.assess(&facts);
    assert_eq!(hazards(&assessment, CODES), [(Code::AutodiscoverCertificate, Severity::Warning)]);
    let hazard = assessment.hazards.iter().find(|hazard| CODES.contains(&hazard.code)).unwrap();
    assert_eq!(hazard.records, ["certificate for panel.fabrikam.net"]);
}

#[tokio::test]
async fn an_old_server_at_autodiscover_is_right_before_the_switch_and_in_hybrid() {
    let zone =
        READY.replace("autodiscover 3600 CNAME autodiscover.outlook.com.", "autodiscover 300 A 127.0.0.7");
    let zone = zone.replace("@ 300 A 127.0.0.7", "");
    let mut place = Place::with_zone(&zone);
    let web = place.lab.web("127.0.0.7", &place.authority.sign("autodiscover.contoso.com"));
    web.octets(&head("401 Unauthorized", ""));
    let facts = place.facts_of(place.network(web.port()), AUTODISCOVER).await;
    assert_eq!(reply(&facts, "contoso.com").outcome, WebOutcome::NoAddress);
    let found = |place: &Place| hazards(&place.assess(&facts), CODES);
    assert_eq!(found(&place), [(Code::AutodiscoverIntercepted, Severity::Warning)]);
    place.subject.hybrid = true;
    assert_eq!(found(&place), []);
    place.subject.hybrid = false;
    place.subject.phase = Phase::Prepare;
    assert_eq!(found(&place), []);
}

#[tokio::test]
async fn silence_and_noise_say_nothing() {
    let place = Place::new();
    let web = place.lab.web("127.0.0.7", &place.authority.sign("contoso.com"));
    let answer = "HTTP/1.1 401 x\r\nx: ".to_owned() + &"y".repeat(100);
    let manners = [
        Manner::Mute,
        Manner::Plain,
        Manner::Reset,
        Manner::ResetAtOnce,
        Manner::Endless,
        Manner::Slow,
        Manner::Whole,
    ];
    for manner in manners {
        web.answer(answer.as_bytes(), manner);
        let begin = Instant::now();
        let facts = place.facts_of(place.network(web.port()), AUTODISCOVER).await;
        assert!(begin.elapsed() < PATIENCE * 5, "{manner:?}: {:?}", begin.elapsed());
        assert_ne!(reply(&facts, "contoso.com").outcome, WebOutcome::Answered, "{manner:?}");
        assert_eq!(hazards(&place.assess(&facts), CODES), [], "{manner:?}");
        assert_eq!(replayed(&facts, "").status, 0);
    }
    // A head is enough; a body without an end is not read.
    let endless = "HTTP/1.1 401 x\r\ncontent-type: text/html\r\n\r\nx";
    web.answer(endless.as_bytes(), Manner::Endless);
    let begin = Instant::now();
    let facts = place.facts_of(place.network(web.port()), AUTODISCOVER).await;
    assert!(begin.elapsed() < PATIENCE * 3, "{:?}", begin.elapsed());
    assert_eq!(hazards(&place.assess(&facts), CODES), [(Code::AutodiscoverIntercepted, Severity::Warning)]);
    // A private address that public DNS names is not asked.
    let forbidden = place.network(web.port()).with_permissions(Permissions::default());
    let facts = place.facts_of(forbidden, AUTODISCOVER).await;
    assert_eq!(reply(&facts, "contoso.com").outcome, WebOutcome::Unreachable);
    assert_eq!(hazards(&place.assess(&facts), CODES), []);
}

#[tokio::test]
async fn a_parked_domain_is_not_asked() {
    let mut place = Place::new();
    place.subject.is_parked = true;
    let facts = place.facts_of(place.network(place.lab.port()), AUTODISCOVER).await;
    assert_eq!(facts.web_replies().count(), 0);
}
