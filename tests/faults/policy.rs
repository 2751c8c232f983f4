//! Whatever the host of a policy does, is it the policy alone that is not known?
//!
//! A policy is optional, so that a host that says nothing changes no verdict; and one that says everything is right makes
//! nothing ready. Surveys instead of whole runs, since nobody can tell the program to trust a test's authority.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::Duration;

use cutover::check::{JudgeOptions, Status, Verdict, assess};
use cutover::expected::Subject;
use cutover::facts::{PolicyOutcome, TrustPolicy};
use cutover::lookup::transport::{Endpoint, Transport};
use cutover::lookup::{Limits, Network};
use hickory_resolver::proto::op::ResponseCode;

use super::table::Kind;
use super::{COMMON, Truth};
use crate::lab::{Authority, Lab, Manner, Say, Web};
use crate::run::block_on;
use crate::world::facts_of;

const HOST: &str = "mta-sts.contoso.com";
const PLAIN: &str = "content-type: text/plain\r\n";
/// Lets mail through to Microsoft.
const GOOD: &str = "version: STSv1\nmode: enforce\nmx: *.mail.protection.outlook.com\nmax_age: 604800\n";
/// Lets it through to the old platform alone.
const OLD: &str = "version: STSv1\nmode: enforce\nmx: *.emailsrvr.com\nmax_age: 604800\n";

/// One way to misbehave.
struct Fault {
    name: &'static str,
    kind: Kind,
    at: At,
}

/// Where it misbehaves.
enum At {
    /// The web server, which says this, in this manner.
    Web(Vec<u8>, Manner),
    /// Nobody listens there.
    Nobody,
    /// The web server has a certificate for another name.
    OtherName,
    /// It has one from nobody that is trusted.
    OtherAuthority,
    /// It has one that has run out.
    RunOut,
    /// Whoever is asked for the address of the host.
    Address(Say),
    /// Whoever is asked for the announcement.
    Announcement(Say),
}

fn answer(status: &str, head: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\n{head}content-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn faults() -> Vec<Fault> {
    use Kind::{Lie, LookupFailure, Odd};
    let fault = |name, kind, at| Fault { name, kind, at };
    let web = |name, kind, octets: &[u8], manner| fault(name, kind, At::Web(octets.to_vec(), manner));
    let says = |name, kind, octets: Vec<u8>| fault(name, kind, At::Web(octets, Manner::Whole));
    let good = answer("200 OK", PLAIN, GOOD.as_bytes());
    let body = |body: &[u8]| answer("200 OK", PLAIN, body);
    let raw = |text: &str| text.as_bytes().to_vec();
    vec![
        says("as it should be", Odd, good.clone()),
        fault("nobody listens", LookupFailure, At::Nobody),
        web("no handshake", LookupFailure, b"x", Manner::Mute),
        web("reset at once", LookupFailure, b"x", Manner::ResetAtOnce),
        web("closed at once", LookupFailure, b"", Manner::Plain),
        web("no TLS", LookupFailure, &good, Manner::Plain),
        web(
            "a greeting of mail in place of TLS",
            LookupFailure,
            b"220 mail.contoso.com ESMTP\r\n",
            Manner::Plain,
        ),
        web("garbage in place of TLS", LookupFailure, &[0xff; 4096], Manner::Plain),
        web("a TLS alert", LookupFailure, b"\x15\x03\x01\x00\x02\x02\x28", Manner::Plain),
        fault("a certificate for another name", LookupFailure, At::OtherName),
        fault("a certificate of nobody", LookupFailure, At::OtherAuthority),
        fault("a certificate that has run out", LookupFailure, At::RunOut),
        web("no answer", LookupFailure, b"", Manner::Whole),
        web("reset in the middle", LookupFailure, &good[..good.len() - 20], Manner::Reset),
        web("reset in the head", LookupFailure, &good[..20], Manner::Reset),
        says("cut in the middle", LookupFailure, good[..good.len() - 20].to_vec()),
        web("one octet after the other", LookupFailure, &good, Manner::Slow),
        web(
            "a body without an end",
            LookupFailure,
            format!("HTTP/1.1 200 OK\r\n{PLAIN}\r\nx").as_bytes(),
            Manner::Endless,
        ),
        web("a line without an end", LookupFailure, b"HTTP/1.1 200 OK\r\nx: x", Manner::Endless),
        web("heads without an end", LookupFailure, b"\n", Manner::Endless),
        says(
            "many heads",
            LookupFailure,
            raw(&format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(5_000))),
        ),
        says("many interim answers", LookupFailure, raw(&"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(5_000))),
        says("404", LookupFailure, answer("404 Not Found", PLAIN, GOOD.as_bytes())),
        says("500", LookupFailure, answer("500 Oops", PLAIN, b"")),
        says("a redirect", LookupFailure, answer("301 Moved", "location: https://www.contoso.com/\r\n", b"")),
        says(
            "a redirect to a hostile place",
            LookupFailure,
            answer("302 Found", "location: \u{1b}[31m\r\n", b""),
        ),
        says(
            "a web page",
            LookupFailure,
            answer("200 OK", "content-type: text/html\r\n", b"<h1>Welcome</h1>"),
        ),
        says("no content type", LookupFailure, answer("200 OK", "", GOOD.as_bytes())),
        says("HTTP/0.9", LookupFailure, raw(GOOD)),
        says("HTTP/2", LookupFailure, raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")),
        says(
            "two lengths",
            LookupFailure,
            raw(&format!("HTTP/1.1 200 OK\r\n{PLAIN}content-length: 5\r\ncontent-length: 9\r\n\r\n{GOOD}")),
        ),
        says(
            "a length beyond all bounds",
            LookupFailure,
            raw(&format!("HTTP/1.1 200 OK\r\n{PLAIN}content-length: 99999999999999999999\r\n\r\n{GOOD}")),
        ),
        says(
            "a chunk beyond all bounds",
            LookupFailure,
            raw(&format!(
                "HTTP/1.1 200 OK\r\n{PLAIN}transfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n{GOOD}"
            )),
        ),
        says("no content", LookupFailure, answer("204 No Content", PLAIN, b"")),
        says("an empty policy", LookupFailure, body(b"")),
        says("a policy of NUL", LookupFailure, body(&[0; 1_000])),
        says("a policy of garbage", LookupFailure, body(&[0xff; 60_000])),
        says("a policy of lines", LookupFailure, body(&[b'\n'; 60_000])),
        says(
            "a policy of hosts",
            LookupFailure,
            body(
                format!(
                    "version: STSv1\nmode: enforce\n{}max_age: 1\n",
                    "mx: *.mail.protection.outlook.com\n".repeat(1_500)
                )
                .as_bytes(),
            ),
        ),
        says(
            "a policy in UTF-16",
            LookupFailure,
            body(&GOOD.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()),
        ),
        says("a policy in mode none", Odd, body(b"version: STSv1\nmode: none\nmax_age: 86400\n")),
        says("a policy that is only tested", Odd, body(OLD.replace("enforce", "testing").as_bytes())),
        says("a policy for the old platform", Lie, body(OLD.as_bytes())),
        says(
            "a policy for a name with dots inside",
            Lie,
            body(GOOD.replace("*.mail.protection.", "*\\.mail\\.protection\\.").as_bytes()),
        ),
        says(
            "a policy for a name with a NUL",
            Lie,
            body(GOOD.replace("outlook.com", "outlook.com\0").as_bytes()),
        ),
        fault("address: silence", LookupFailure, At::Address(Say::Nothing)),
        fault(
            "address: SERVFAIL",
            LookupFailure,
            At::Address(Say::Error(ResponseCode::ServFail, Vec::new())),
        ),
        fault("address: garbage", LookupFailure, At::Address(Say::Garbage)),
        fault(
            "address: no such name",
            LookupFailure,
            At::Address(Say::Error(ResponseCode::NXDomain, Vec::new())),
        ),
        fault("address: nothing", LookupFailure, At::Address(Say::Blank)),
        fault("announcement: silence", LookupFailure, At::Announcement(Say::Nothing)),
        fault(
            "announcement: SERVFAIL",
            LookupFailure,
            At::Announcement(Say::Error(ResponseCode::ServFail, Vec::new())),
        ),
        fault(
            "announcement: no such name",
            LookupFailure,
            At::Announcement(Say::Error(ResponseCode::NXDomain, Vec::new())),
        ),
    ]
}

/// What a survey of a world with this fault leads to: the verdict, the policy, and what is unknown.
async fn verdict(truth: Truth, fault: &Fault) -> (Verdict, Option<PolicyOutcome>, Vec<String>) {
    let lab = Lab::start();
    let server = lab.server("127.0.0.2");
    let mx = match truth {
        Truth::Ready => "@ 3600 MX 0 contoso-com.mail.protection.outlook.com.",
        Truth::AtSource => "@ 3600 MX 10 mx1.emailsrvr.com.",
    };
    let announced = "_mta-sts 3600 TXT \"v=STSv1; id=20260101000000Z;\"\nmta-sts 300 A 127.0.0.10";
    let common = COMMON.replace("ns2 3600 A 127.0.0.3", "ns2 3600 A 127.0.0.2");
    server.zone("contoso.com", &format!("{common}\n{mx}\n{announced}"));
    server.microsoft().rackspace();
    let resolver = lab.resolver("127.0.0.53");
    let authority = Authority::new();
    let signed = match fault.at {
        At::OtherName => authority.sign("www.contoso.com"),
        At::OtherAuthority => Authority::new().sign(HOST),
        At::RunOut => authority.sign_until(HOST, 2001),
        At::Web(..) | At::Nobody | At::Address(_) | At::Announcement(_) => authority.sign(HOST),
    };
    let web: Web = lab.web("127.0.0.10", &signed);
    web.policy(GOOD);
    let mut port = web.port();
    match &fault.at {
        At::Web(octets, manner) => {
            web.answer(octets, *manner);
        }
        // No server of this lab has this port at the address of the policy host.
        At::Nobody => port = lab.port(),
        At::Address(say) => {
            for rtype in ["A", "AAAA"] {
                server.say_to(HOST, rtype, say.clone());
                resolver.say_to(HOST, rtype, say.clone());
            }
        }
        At::Announcement(say) => {
            server.say_to("_mta-sts.contoso.com", "TXT", say.clone());
            resolver.say_to("_mta-sts.contoso.com", "TXT", say.clone());
        }
        At::OtherName | At::OtherAuthority | At::RunOut => {}
    }
    // All worlds stand, with their keys and certificates, before anybody's time begins to run.
    tokio::task::yield_now().await;
    let transport = Transport::new(Duration::from_secs(2)).with_tls_config(authority.client_config());
    let network =
        Network::new(transport, vec![Endpoint::Plain(resolver.address())], TrustPolicy::Both, lab.port());
    let network = network.with_https_port(port);
    let subject = Subject::new("contoso.com".parse().unwrap());
    let limits = Limits { deadline: Duration::from_secs(12), ..Limits::default() };
    let survey = facts_of(network, &subject, limits);
    // The rest is for a machine that is busy with other things.
    let facts = tokio::time::timeout(limits.deadline * 6, survey).await.expect("it keeps to its deadline");
    let outcome = facts.policy(&subject.domain).map(|policy| policy.outcome);
    let assessment = assess(&subject, &facts, JudgeOptions::default());
    let unknown = assessment.judged.into_iter().filter(|one| one.status == Status::Unknown);
    (assessment.verdict, outcome, unknown.map(|one| one.message).collect())
}

#[test]
fn every_fault_of_a_policy_host_is_told_from_the_truth() {
    let faults = faults();
    let mut objections = Vec::new();
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    let runs: Vec<(Truth, &Fault)> = [Truth::Ready, Truth::AtSource]
        .into_iter()
        .flat_map(|truth| faults.iter().map(move |fault| (truth, fault)))
        .collect();
    // Most of the time is spent waiting for those who say nothing.
    for some in runs.chunks(12) {
        let results = some.iter().map(|(truth, fault)| verdict(*truth, fault));
        let results = block_on(futures_util::future::join_all(results));
        for ((truth, fault), (verdict, outcome, unknown)) in some.iter().zip(results) {
            *outcomes
                .entry(outcome.map_or("not wanted".into(), |outcome| format!("{outcome:?}")))
                .or_default() += 1;
            let is_right = match (truth, fault.kind) {
                (Truth::Ready, Kind::LookupFailure | Kind::Odd) => verdict == Verdict::Ready,
                (Truth::Ready, Kind::Lie) => true,
                (Truth::AtSource, _) => verdict == Verdict::ChangesNeeded,
            };
            if !is_right {
                objections.push(format!("{truth:?}, {}: {verdict:?}, {outcome:?}, {unknown:?}", fault.name));
            }
        }
    }
    let counted: Vec<String> = outcomes.iter().map(|(outcome, count)| format!("{outcome} {count}")).collect();
    let text = format!(
        "{} faults of a policy host in 2 worlds: {} runs, none skipped; {}\n",
        faults.len(),
        runs.len(),
        counted.join(", ")
    );
    std::io::stderr().write_all(text.as_bytes()).unwrap();
    assert!(objections.is_empty(), "{} of them:\n{}", objections.len(), objections.join("\n"));
}
