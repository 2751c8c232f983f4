//! Is an MTA-STS policy fetched as RFC 8461 §3.3 has it, and is it said what it would do to the move?
//!
//! Whole surveys against a lab with a web server of its own; what a run of the program makes of it is held on
//! recordings of these surveys, since nobody can tell the program to trust a test's authority.

use std::time::{Duration, Instant};

use cutover::check::{Assessment, Code, JudgeOptions, Questions, Severity, Status, assess};
use cutover::expected::{Id, Phase, Subject};
use cutover::facts::{Facts, PolicyOutcome, Recording, TrustPolicy};
use cutover::lookup::transport::{Endpoint, Transport};
use cutover::lookup::{Limits, Network, Permissions, Source, survey};

use crate::lab::{Authority, Lab, LabServer, Say, Web};
use crate::run::{Workspace, cutover, replayed};
use crate::world::{self, facts_of};

/// One try of these tests.
const PATIENCE: Duration = Duration::from_millis(400);
const HOST: &str = "mta-sts.contoso.com";
const MICROSOFT: &str = "version: STSv1\nmode: enforce\nmx: *.mail.protection.outlook.com\nmax_age: 604800\n";

/// A domain that is ready but for what a test makes of its policy.
struct Place {
    lab: Lab,
    server: LabServer,
    resolver: LabServer,
    authority: Authority,
    phase: Phase,
    limits: Limits,
}

const READY: &str = "@ 3600 NS ns1
    ns1 3600 A 127.0.0.2
    @ 3600 MX 0 contoso-com.mail.protection.outlook.com.
    @ 3600 TXT \"v=spf1 include:spf.protection.outlook.com -all\"
    autodiscover 3600 CNAME autodiscover.outlook.com.
    _mta-sts 3600 TXT \"v=STSv1; id=20260101000000Z;\"
    mta-sts 300 A 127.0.0.8";

impl Place {
    fn new() -> Self {
        Self::with_zone(READY)
    }

    fn with_zone(lines: &str) -> Self {
        let lab = Lab::start();
        let server = lab.server("127.0.0.2");
        server.zone("contoso.com", lines);
        server.zone("mail.protection.outlook.com", "contoso-com 300 A 192.0.2.1");
        server.zone("spf.protection.outlook.com", "@ 300 TXT \"v=spf1 ip4:192.0.2.0/24 -all\"");
        server.zone("fabrikam.net", "_mta-sts 300 TXT \"v=STSv1; id=7\"\nsts 300 A 127.0.0.8");
        let resolver = lab.resolver("127.0.0.53");
        let limits = Limits { deadline: Duration::from_secs(5), ..Limits::default() };
        Self { lab, server, resolver, authority: Authority::new(), phase: Phase::Switch, limits }
    }

    /// A web server with a good certificate.
    fn web(&self) -> Web {
        self.lab.web("127.0.0.8", &self.authority.sign(HOST))
    }

    fn network(&self, port: u16, view: TrustPolicy) -> Network {
        let transport = Transport::new(PATIENCE).with_tls_config(self.authority.client_config());
        let resolver = Endpoint::Plain(self.lab.address("127.0.0.53"));
        Network::new(transport, vec![resolver], view, self.lab.port()).with_https_port(port)
    }

    fn subject(&self) -> Subject {
        Subject { phase: self.phase, ..Subject::new("contoso.com".parse().unwrap()) }
    }

    async fn survey(&self, network: Network) -> Facts {
        facts_of(network, &self.subject(), self.limits).await
    }

    async fn facts(&self, port: u16) -> Facts {
        self.survey(self.network(port, TrustPolicy::Both)).await
    }

    fn assess(&self, facts: &Facts) -> Assessment {
        assess(&self.subject(), facts, JudgeOptions::default())
    }
}

fn names(codes: &[&str]) -> Vec<String> {
    codes.iter().map(ToString::to_string).collect()
}

/// What became of the policy, in words.
fn fetched(facts: &Facts) -> (PolicyOutcome, &str) {
    let policy = facts.policy(&"contoso.com".parse().unwrap()).expect("a policy was wanted");
    (policy.outcome, &policy.reason)
}

/// The hazards that the policy is behind.
fn hazards(assessment: &Assessment) -> Vec<(Code, Severity)> {
    let codes = [Code::MtaStsInvalid, Code::MtaStsRefusesMx, Code::MtaStsUnreachable];
    world::hazards(assessment, &codes)
}

fn judged(assessment: &Assessment) -> (Status, Code) {
    let found = assessment.judged.iter().find(|judged| judged.expectation.id == Id::MtaSts).unwrap();
    (found.status, found.code)
}

#[tokio::test]
async fn a_right_policy_is_fetched_once_and_lets_the_domain_be_ready() {
    let place = Place::new();
    let web = place.web();
    web.policy(MICROSOFT);
    let network = place.network(web.port(), TrustPolicy::Both);
    let facts = place.survey(network).await;
    assert_eq!(fetched(&facts), (PolicyOutcome::Fetched, ""));
    let policy = facts.policies().next().unwrap();
    assert_eq!(policy.body, MICROSOFT);
    assert!(policy.elapsed > 0 && policy.at > facts.checked_at);
    let assessment = place.assess(&facts);
    assert_eq!((judged(&assessment), hazards(&assessment)), ((Status::Met, Code::Met), vec![]));
    let requests = web.requests();
    assert_eq!(requests.len(), 1);
    let head = requests[0].to_ascii_lowercase();
    assert!(head.starts_with("get /.well-known/mta-sts.txt http/1.1\r\n"), "{head}");
    assert!(head.contains("\r\nhost: mta-sts.contoso.com\r\n"), "{head}");
    for rtype in ["A", "AAAA"] {
        assert_eq!(place.server.asked(HOST, rtype), 1, "{rtype}");
    }
    let run = replayed(&facts, "");
    assert_eq!((run.status, run.code("mta-sts").as_str()), (0, "met"), "{run:?}");
}

#[tokio::test]
async fn an_answer_may_come_in_chunks_and_with_a_character_set() {
    let place = Place::new();
    let web = place.web();
    let chunked = "HTTP/1.1 200 OK\r\nContent-Type: Text/Plain; charset=utf-8\r\n\
                   Transfer-Encoding: chunked\r\n\r\n\
                   f\r\nversion: STSv1\r\r\n20\r\n\nmode: none\nmax_age: 86400\nx: ä\r\n0\r\n\r\n";
    web.octets(chunked);
    let facts = place.facts(web.port()).await;
    assert_eq!(fetched(&facts), (PolicyOutcome::Fetched, ""));
    let assessment = place.assess(&facts);
    assert_eq!((judged(&assessment), hazards(&assessment)), ((Status::Met, Code::Met), vec![]));
}

#[tokio::test]
async fn what_the_web_server_does_wrong_is_said() {
    use PolicyOutcome::{HttpStatus, Malformed, Redirect, TooLarge, Unreachable, WrongMediaType};
    let place = Place::new();
    let web = place.web();
    let plain = "content-type: text/plain\r\n";
    let large = format!("{MICROSOFT}{}", "x: y\n".repeat(14_000));
    let cut = format!("HTTP/1.1 200 OK\r\n{plain}content-length: 99\r\n\r\nversion");
    let chunks = format!("HTTP/1.1 200 OK\r\n{plain}transfer-encoding: chunked\r\n\r\nzz\r\nversion");
    let endless = format!("HTTP/1.1 200 OK\r\n{plain}\r\n{large}");
    let elsewhere =
        "it redirects to `https://www.contoso.com/` (HTTP status 301), which senders do not follow";
    let html = "the content type is `text/html`";
    let full = |status: &str, headers: &str| {
        format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{MICROSOFT}", MICROSOFT.len())
    };
    for (answer, outcome, reason) in [
        (full("404 Not Found", plain), HttpStatus, "HTTP status 404 Not Found"),
        (full("503 Service Unavailable", plain), HttpStatus, "HTTP status 503"),
        (full("301 Moved", "location: https://www.contoso.com/\r\n"), Redirect, elsewhere),
        (full("200 OK", "content-type: text/html\r\n"), WrongMediaType, html),
        (full("200 OK", ""), WrongMediaType, "the content type is nothing"),
        (endless, TooLarge, "it is larger than 64 KiB"),
        ("220 mail.contoso.com ESMTP\x1b[31m\r\n".to_owned(), Malformed, "not HTTP"),
        (chunks, Malformed, "not HTTP"),
        (cut, Unreachable, "the server closed the connection"),
    ] {
        web.octets(&answer);
        let facts = place.facts(web.port()).await;
        let (found, why) = fetched(&facts);
        assert_eq!(found, outcome, "{reason}: {why}");
        assert!(why.contains(reason) && !why.contains('\x1b'), "{why}");
        let assessment = place.assess(&facts);
        assert_eq!(hazards(&assessment), [(Code::MtaStsUnreachable, Severity::Warning)], "{reason}");
        let unreachable = (Status::Unmet, Code::MtaStsUnreachable);
        let silent = (Status::Unknown, Code::LookupFailed);
        assert_eq!(judged(&assessment), if outcome.is_answer() { unreachable } else { silent });
        // Neither a warning nor what is optional affects the result.
        assert_eq!(replayed(&facts, "").status, 0, "{reason}");
    }
}

#[tokio::test]
async fn the_certificate_must_be_for_the_policy_host_valid_and_of_a_known_authority() {
    let place = Place::new();
    for (signed, reason) in [
        (place.authority.sign("www.contoso.com"), "the certificate is not for `mta-sts.contoso.com`"),
        (place.authority.sign_until(HOST, 2020), "the certificate has expired"),
        (Authority::new().sign(HOST), "the certificate has an unknown issuer"),
    ] {
        let web = place.lab.web("127.0.0.8", &signed);
        web.policy(MICROSOFT);
        let facts = place.facts(web.port()).await;
        assert_eq!(fetched(&facts), (PolicyOutcome::BadCertificate, reason));
        assert_eq!(hazards(&place.assess(&facts)), [(Code::MtaStsUnreachable, Severity::Warning)]);
        assert!(web.requests().is_empty());
    }
}

#[tokio::test]
async fn silence_costs_two_timeouts_at_most_and_is_nobodys_fault() {
    let place = Place::new();
    let web = place.web();
    let begin = Instant::now();
    let facts = place.facts(web.port()).await;
    assert!(begin.elapsed() < PATIENCE * 4, "{:?}", begin.elapsed());
    let (outcome, reason) = fetched(&facts);
    assert_eq!((outcome, reason), (PolicyOutcome::Timeout, "no answer within 0.8 s"));
    let assessment = place.assess(&facts);
    assert_eq!(judged(&assessment), (Status::Unknown, Code::LookupFailed));
    assert_eq!(hazards(&assessment), [(Code::MtaStsUnreachable, Severity::Warning)]);
    assert_eq!(replayed(&facts, "").status, 0);
    // The time of the whole domain ends it earlier.
    let place = Place { limits: Limits { deadline: PATIENCE, ..place.limits }, ..place };
    let facts = place.facts(web.port()).await;
    assert!(fetched(&facts).1.contains("deadline of"), "{:?}", fetched(&facts));
    // Nobody listens at all.
    let nobody = Place::with_zone(&READY.replace("127.0.0.8", "127.0.0.98"));
    let facts = nobody.facts(nobody.lab.port()).await;
    assert_eq!(fetched(&facts), (PolicyOutcome::Unreachable, "connection refused"));
}

#[tokio::test]
async fn the_address_comes_from_our_servers_behind_aliases_too() {
    let aliased = READY
        .replace(
            "_mta-sts 3600 TXT \"v=STSv1; id=20260101000000Z;\"",
            "_mta-sts 300 CNAME _mta-sts.fabrikam.net.",
        )
        .replace("mta-sts 300 A 127.0.0.8", "mta-sts 300 CNAME sts.fabrikam.net.");
    for view in [TrustPolicy::Both, TrustPolicy::Authoritative, TrustPolicy::Resolver] {
        let place = Place::with_zone(&aliased);
        let web = place.web();
        web.policy(MICROSOFT);
        let facts = place.survey(place.network(web.port(), view)).await;
        assert_eq!(fetched(&facts), (PolicyOutcome::Fetched, ""), "{view:?}");
        let assessment = assess(&place.subject(), &facts, JudgeOptions { view, ..JudgeOptions::default() });
        assert_eq!(judged(&assessment), (Status::Met, Code::Met), "{view:?}");
    }
    let none = Place::with_zone(&READY.replace("mta-sts 300 A 127.0.0.8", ""));
    let facts = none.facts(none.lab.port()).await;
    assert_eq!(fetched(&facts), (PolicyOutcome::NoAddress, "`mta-sts.contoso.com` has no address"));
    assert_eq!(judged(&none.assess(&facts)), (Status::Unmet, Code::MtaStsUnreachable));
    let silent = Place::new();
    for server in [&silent.server, &silent.resolver] {
        for rtype in ["A", "AAAA"] {
            server.say_to(HOST, rtype, Say::Nothing);
        }
    }
    let facts = silent.facts(silent.lab.port()).await;
    assert_eq!(fetched(&facts).0, PolicyOutcome::LookupFailed);
    assert_eq!(judged(&silent.assess(&facts)), (Status::Unknown, Code::LookupFailed));
}

#[tokio::test]
async fn one_kind_of_address_is_enough_when_the_other_is_never_told() {
    let place = Place::new();
    let web = place.web();
    web.policy(MICROSOFT);
    for server in [place.server.clone(), place.lab.resolver("127.0.0.54")] {
        server.say_to(HOST, "AAAA", Say::Nothing);
    }
    let network = Network::new(
        Transport::new(PATIENCE).with_tls_config(place.authority.client_config()),
        vec![Endpoint::Plain(place.lab.address("127.0.0.54"))],
        TrustPolicy::Both,
        place.lab.port(),
    );
    let facts = place.survey(network.with_https_port(web.port())).await;
    assert_eq!(fetched(&facts), (PolicyOutcome::Fetched, ""));
}

/// Anyone can publish a policy host at an address of somebody's own network.
#[tokio::test]
async fn a_policy_host_on_a_special_address_is_fetched_from_by_permission_only() {
    let place = Place::new();
    let web = place.web();
    web.policy(MICROSOFT);
    let network = || place.network(web.port(), TrustPolicy::Both);
    // The system's stub resolver is on a loopback address too, and allows nothing.
    let facts = place.survey(network().with_permissions(Permissions::default())).await;
    let refusal = "`mta-sts.contoso.com` was not queried: 127.0.0.8 is a loopback address according to RFC 1122 §3.2.1.3; \
                   `--allow-private-servers` allows it";
    assert_eq!(fetched(&facts), (PolicyOutcome::Unreachable, refusal));
    assert_eq!(web.requests().len(), 0);
    let run = replayed(&facts, "");
    assert_eq!(
        (run.status, run.hazards()),
        (0, names(&["mta-sts-unreachable", "authoritative-unreachable"]))
    );
    assert!(run.out.contains("--allow-private-servers"), "{}", run.out);
    // A resolver named on a private address allows private policy hosts, and no loopback ones.
    let private = Permissions::default().naming("10.0.0.53".parse().unwrap());
    let facts = place.survey(network().with_permissions(private)).await;
    assert_eq!((fetched(&facts), web.requests().len()), ((PolicyOutcome::Unreachable, refusal), 0));
    for network in [network(), network().with_permissions(Permissions::ALL)] {
        let facts = place.survey(network).await;
        assert_eq!(fetched(&facts), (PolicyOutcome::Fetched, ""));
    }
    assert_eq!(web.requests().len(), 2);
}

/// Linux connects to this machine for all of these.
#[tokio::test]
async fn some_policy_hosts_are_never_asked() {
    for (record, kind) in [
        ("A 0.0.0.0", "an unspecified address"),
        ("AAAA ::ffff:127.0.0.8", "embeds 127.0.0.8, a loopback address"),
    ] {
        let zone = READY.replace("mta-sts 300 A 127.0.0.8", &format!("mta-sts 300 {record}"));
        let place = Place::with_zone(&zone);
        let web = match record.starts_with("AAAA") {
            true => place.web(),
            false => place.lab.web("127.0.0.1", &place.authority.sign(HOST)),
        };
        web.policy(MICROSOFT);
        let network = place.network(web.port(), TrustPolicy::Both).with_permissions(Permissions::ALL);
        let facts = place.survey(network).await;
        let (outcome, reason) = fetched(&facts);
        assert_eq!((outcome, web.requests().len()), (PolicyOutcome::Unreachable, 0), "{record}");
        assert!(reason.contains(kind) && reason.ends_with("never queried"), "{reason}");
    }
}

#[tokio::test]
async fn a_policy_that_refuses_the_new_host_is_an_error_in_force_and_a_warning_before() {
    let old = "version: STSv1\nmode: enforce\nmx: *.emailsrvr.com\nmx: *.mx.microsoft\nmax_age: 604800\n";
    let moved = Place::new();
    let web = moved.web();
    for (mode, level, status) in [("enforce", Severity::Error, 1), ("testing", Severity::Warning, 0)] {
        web.policy(&old.replace("enforce", mode));
        let facts = moved.facts(web.port()).await;
        let assessment = moved.assess(&facts);
        assert_eq!(hazards(&assessment), [(Code::MtaStsRefusesMx, level)]);
        assert_eq!(judged(&assessment), (Status::Met, Code::Met));
        let run = replayed(&facts, "");
        assert_eq!((run.status, run.hazards()), (status, vec!["mta-sts-refuses-mx".to_owned()]));
    }
    web.policy("version: STSv1\nmode: none\nmax_age: 86400\n");
    assert_eq!(hazards(&moved.assess(&moved.facts(web.port()).await)), []);
    // Mail still goes to the old platform: the line has to be there before the MX is.
    let before = READY.replace("0 contoso-com.mail.protection.outlook.com.", "10 mx1.emailsrvr.com.");
    for (phase, level) in [(Phase::Prepare, Severity::Warning), (Phase::Switch, Severity::Error)] {
        let place = Place { phase, ..Place::with_zone(&before) };
        let web = place.web();
        web.policy(old);
        let assessment = place.assess(&place.facts(web.port()).await);
        assert_eq!(hazards(&assessment), [(Code::MtaStsRefusesMx, level)], "{phase}");
        let both = old.replace("*.mx.microsoft", "contoso-com.mail.protection.outlook.com");
        web.policy(&both);
        let assessment = place.assess(&place.facts(web.port()).await);
        assert_eq!(hazards(&assessment), [], "{phase}");
        // The old host left out too early: senders refuse it now, whatever the phase.
        web.policy(MICROSOFT);
        let assessment = place.assess(&place.facts(web.port()).await);
        assert_eq!(hazards(&assessment), [(Code::MtaStsRefusesMx, Severity::Error)], "{phase}");
    }
}

#[tokio::test]
async fn what_senders_cannot_read_is_a_warning() {
    let place = Place::new();
    let web = place.web();
    web.policy("version: STSv1\nmode: enforce\n");
    let facts = place.facts(web.port()).await;
    let assessment = place.assess(&facts);
    assert_eq!(judged(&assessment), (Status::Unmet, Code::MtaStsInvalid));
    assert_eq!(hazards(&assessment), [(Code::MtaStsInvalid, Severity::Warning)]);
    assert_eq!(replayed(&facts, "").status, 0);
    // Without a valid announcement nobody fetches anything.
    let two = format!("{READY}\n_mta-sts 3600 TXT \"v=STSv1; id=2;\"");
    for zone in [two.clone(), READY.replace("id=20260101000000Z", "id=2026-01-01")] {
        let place = Place::with_zone(&zone);
        let web = place.web();
        let facts = place.facts(web.port()).await;
        assert_eq!((facts.policies().count(), web.requests().len()), (0, 0));
        assert_eq!(place.server.asked(HOST, "A"), 0);
        assert_eq!(judged(&place.assess(&facts)), (Status::Unmet, Code::MtaStsInvalid));
    }
    let unused = Place::with_zone(&READY.replace("_mta-sts 3600 TXT", "other 3600 TXT"));
    let facts = unused.facts(unused.lab.port()).await;
    assert_eq!((facts.policies().count(), unused.server.asked(HOST, "A")), (0, 0));
    assert_eq!(judged(&unused.assess(&facts)), (Status::Met, Code::Met));
}

#[tokio::test]
async fn a_recording_holds_the_policy_and_gives_it_back() {
    let place = Place::new();
    let web = place.web();
    for body in
        [&MICROSOFT.replace('\n', "\r\n"), MICROSOFT.trim_end(), "", "\u{0}\u{1b}[31m\"\\ ä\r\r\n\n\n"]
    {
        web.policy(body);
        let facts = place.facts(web.port()).await;
        let recording = Recording::new(vec!["contoso.com".parse().unwrap()], facts);
        let text = recording.to_string();
        let again = Recording::parse(&text).unwrap();
        assert_eq!(again.to_string(), text);
        assert_eq!(again.facts.policies().next(), recording.facts.policies().next());
        assert_eq!(again.facts.policies().next().unwrap().body, body);
        let source = Source::replay(again, recording.facts.checked_at);
        let subject = place.subject();
        let mut questions = Questions::new(&subject, JudgeOptions::default());
        let facts = survey(&source, &subject.domain, place.limits, &mut questions).await;
        let messages = |facts: &Facts| -> Vec<String> {
            place.assess(facts).hazards.iter().map(|hazard| hazard.message.clone()).collect()
        };
        assert_eq!(messages(&facts), messages(&recording.facts));
        assert_eq!(facts.policies().next(), recording.facts.policies().next());
    }
}

#[tokio::test]
async fn every_reply_includes_the_policy() {
    let place = Place::new();
    let web = place.web();
    web.policy(MICROSOFT);
    let facts = place.facts(web.port()).await;
    let policy = &replayed(&facts, "-v").domain()["policy"];
    assert_eq!((&policy["host"], &policy["outcome"]), (&HOST.into(), &"fetched".into()));
    assert_eq!(policy["lines"][0], "version: STSv1");
    assert!(replayed(&facts, "").domain().get("policy").is_none());
}

#[tokio::test]
async fn without_https_nothing_is_fetched_and_nothing_is_wrong() {
    let place = Place::new();
    let web = place.web();
    web.policy(MICROSOFT);
    let facts = place.survey(place.network(web.port(), TrustPolicy::Both).without_https()).await;
    assert_eq!(fetched(&facts), (PolicyOutcome::NotFetched, "--no-https"));
    assert!(web.requests().is_empty());
    let assessment = place.assess(&facts);
    assert_eq!((judged(&assessment), hazards(&assessment)), ((Status::Met, Code::Met), vec![]));
}

#[test]
fn the_program_fetches_unless_it_is_told_not_to() {
    let place = Place::with_zone(&READY.replace("127.0.0.8", "127.0.0.98"));
    let workspace = Workspace::new();
    let (resolver, port) = (place.lab.address("127.0.0.53"), place.lab.port());
    let check = format!(
        "check contoso.com --format json --timeout 0.4 --resolver {resolver} --authority-port {port}"
    );
    for (option, hazards) in [("", vec!["mta-sts-unreachable"]), ("--no-https", vec![])] {
        let file = workspace.free("run.recording");
        let run = cutover(&format!("{check} {option} --record {file}"));
        assert_eq!(
            (run.status, run.hazards()),
            (0, hazards.iter().map(ToString::to_string).collect()),
            "{run:?}"
        );
        let again = cutover(&format!("check --format json --replay {file}"));
        assert_eq!((again.status, &again.out), (run.status, &run.out));
    }
    let zone =
        workspace.put("contoso.com.zone", format!("$ORIGIN contoso.com.\n{}", READY.replace("    ", "")));
    let run = cutover(&format!("check contoso.com --format json --zone {zone}"));
    // Offline nothing is known about the policy: the result stands, and the formats that list findings warn that it does not cover it.
    let found = (run.status, run.code("mta-sts"), run.hazards());
    let unread = [String::from("mta-sts-unreachable")].into();
    assert_eq!(found, (0, "not-in-zone-files".to_owned(), unread), "{run:?}");
    for format in ["table", "csv", "markdown", "html", "junit", "sarif", "github", "prometheus"] {
        let told = cutover(&format!("check contoso.com --zone {zone} --format {format}"));
        assert!(told.out.contains("mta-sts-unreachable"), "{format}: {told:?}");
    }
}
