//! Does a run end with one clear sentence where Microsoft Graph does not say what is wanted?

use std::time::{Duration, Instant};

use cutover::lookup::graph::{Failure, Graph, Ownership, Token};
use cutover::lookup::transport::Transport;
use cutover::record::Name;
use serde_json::json;

use super::{TOKEN, Tenant, list, proof_path, service_path};
use crate::lab::Authority;
use crate::run::{Run, cutover};

const CHECK: &str = "check contoso.com CONTOSO --graph URL";

/// A tenant whose service answers everything about contoso.com with this.
fn answering(status: &str, head: &str, body: &str) -> Tenant {
    let contoso = Tenant::with_contoso();
    let tenant = Tenant { service: contoso.lab.service(), ..contoso };
    for path in [service_path("contoso.com"), proof_path("contoso.com")] {
        tenant.service.status(&path, status, head, body);
    }
    tenant
}

/// One error that says all of this, and nothing on standard output.
fn refused(run: &Run, parts: &[&str]) {
    assert_eq!((run.status, run.out.as_str(), run.errors()), (2, "", 1), "{run:?}");
    for part in parts {
        assert!(run.err.contains(part), "{part}: {}", run.err);
    }
}

fn error(code: &str, message: &str) -> String {
    json!({ "error": { "code": code, "message": message, "innerError": { "request-id": "x" } } }).to_string()
}

#[test]
fn without_a_token_nothing_is_asked() {
    let tenant = Tenant::with_contoso();
    for token in [None, Some(""), Some(" \n")] {
        refused(&tenant.run_with(CHECK, token), &["CUTOVER_GRAPH_TOKEN", "az account get-access-token"]);
        let all = tenant.run_with("check --all-domains CONTOSO URL", token);
        refused(&all, &["CUTOVER_GRAPH_TOKEN"]);
    }
    for token in
        ["Bearer eyJ0.eyJh", "{\"accessToken\": \"eyJ0\"}", "eyJ0\r\nX: eyJ0", "eyJ0 eyJ0", "ey\u{fffd}J0"]
    {
        let run = tenant.run_with(CHECK, Some(token));
        refused(&run, &["CUTOVER_GRAPH_TOKEN", "Bearer"]);
        assert!(!run.err.contains("eyJ0"), "{run:?}");
    }
    assert_eq!(tenant.service.paths().len(), 0);
    // What copying adds is no part of it.
    assert_eq!(tenant.run_with(CHECK, Some(&format!("  {TOKEN}\r\n"))).status, 1);
}

#[test]
fn each_refusal_says_how_to_go_on() {
    for (status, body, parts) in [
        (
            "401 Unauthorized",
            error("InvalidAuthenticationToken", "Lifetime validation failed, the token is expired."),
            &["401", "expired", "InvalidAuthenticationToken", "az account get-access-token"][..],
        ),
        ("401 Unauthorized", String::new(), &["401", "--cloud"]),
        (
            "403 Forbidden",
            error("Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
            &["403", "Domain.Read.All", "delegated", "application", "Authorization_RequestDenied"],
        ),
        (
            "404 Not Found",
            error("Request_ResourceNotFound", "Resource 'contoso.com' does not exist."),
            &["`contoso.com`", "404"],
        ),
        ("404 Not Found", "<html>nothing here</html>".into(), &["404", "--graph-url"]),
        (
            "400 Bad Request",
            error("BadRequest", "conto\u{1b}[31mso\r\nerror: `x`\u{202e}"),
            &["400", "`BadRequest`: `conto", "'x'"],
        ),
        ("500 Internal Server Error", "<html><b>oh</b></html>".into(), &["HTTP status 500;", "try again"]),
        ("418 I'm a teapot", format!("{{\"error\": {{\"message\": \"{TOKEN}\"}}}}"), &["repeats the token"]),
        ("201 Created", "{\"value\": []}".into(), &["201"]),
    ] {
        let tenant = answering(status, "", &body);
        let run = tenant.run(CHECK);
        let url = format!("Microsoft Graph at `{}/v1.0`, asked about `contoso.com`: ", tenant.service.url());
        refused(&run, &[&[url.as_str()], parts].concat());
        assert!(!run.err.contains(['\u{1b}', '\u{202e}', '<']), "{run:?}");
        assert_eq!(tenant.service.paths().len(), 2);
    }
}

#[test]
fn what_is_no_list_is_refused() {
    for (body, part) in [
        ("", "not a list"),
        ("{", "not a list"),
        ("<html></html>", "not a list"),
        ("{\"value\": 7}", "not a list"),
        ("[]", "not a list"),
        ("{\"domains\": []}", "`value`"),
        ("{\"value\": [7]}", "expected a record"),
        ("{\"value\": [{\"label\": \"contoso.com\", \"recordType\": \"Naptr\\nerror: x\"}]}", "naptr"),
    ] {
        let tenant = answering("200 OK", "content-type: application/json\r\n", body);
        refused(&tenant.run(CHECK), &[part, "Microsoft Graph", "contoso.com"]);
    }
    let body =
        format!("{{\"value\": [{{\"label\": \"{TOKEN}\", \"recordType\": \"Txt\", \"text\": \"x\"}}]}}");
    refused(&answering("200 OK", "", &body).run(CHECK), &["repeats the token"]);
    let large = format!("{{\"value\": [], \"more\": \"{}\"}}", "x".repeat(5 << 20));
    refused(&answering("200 OK", "", &large).run(CHECK), &["4 MiB"]);
    let tenant = answering("200 OK", "", "");
    let garbage = Tenant { service: tenant.lab.service(), ..tenant };
    for path in [service_path("contoso.com"), proof_path("contoso.com")] {
        garbage.service.octets(&path, b"\x16\x03\x01 no HTTP \xff\r\n\r\n");
    }
    refused(&garbage.run(CHECK), &["not HTTP"]);
}

#[test]
fn a_busy_service_is_asked_again_when_it_says() {
    for (status, head, least) in [
        ("429 Too Many Requests", "retry-after: 0\r\n", 0),
        ("503 Service Unavailable", "retry-after: 0\r\n", 0),
        ("504 Gateway Timeout", "retry-after: 0\r\n", 0),
        ("429 Too Many Requests", "retry-after: 1\r\n", 1),
        (
            "429 Too Many Requests",
            "date: Sun, 22 Nov 2026 05:24:29 GMT\r\nretry-after: Sun, 22 Nov 2026 05:24:30 GMT\r\n",
            1,
        ),
    ] {
        let contoso = Tenant::with_contoso();
        let tenant = Tenant { service: contoso.lab.service(), ..contoso };
        tenant.service.status(&service_path("contoso.com"), status, head, "");
        tenant.knows("contoso.com");
        let started = Instant::now();
        let run = tenant.run(&format!("{CHECK} --format json"));
        assert_eq!((run.status, run.domain()["verdict"].as_str()), (1, Some("changes-needed")), "{run:?}");
        assert!(started.elapsed() >= Duration::from_secs(least), "{head}");
        assert_eq!(tenant.service.paths().len(), 3, "{head}");
    }
}

#[test]
fn a_service_that_stays_busy_is_left_alone() {
    for (head, tries, parts) in [
        ("retry-after: 0\r\n", 3, &["429", "try again"][..]),
        ("retry-after: 90\r\n", 1, &["in 90 s"]),
        ("retry-after: 3600\r\n", 1, &["in 60 min"]),
        ("retry-after: 99999999999999999999\r\n", 1, &["try again"]),
        (
            "date: Sun, 22 Nov 2026 05:00:00 GMT\r\nretry-after: Sun, 22 Nov 2026 06:00:00 GMT\r\n",
            1,
            &["in 60 min"],
        ),
    ] {
        let tenant = answering("429 Too Many Requests", head, &error("TooManyRequests", "slow down"));
        refused(&tenant.run(CHECK), parts);
        assert_eq!(tenant.service.paths().len(), 2 * tries, "{head}");
    }
}

#[test]
fn nobody_there_is_said() {
    let tenant = Tenant::with_contoso();
    let nobody = tenant.run("check contoso.com CONTOSO --graph --graph-url http://127.0.0.1:1/v1.0");
    refused(&nobody, &["http://127.0.0.1:1/v1.0", "no response"]);
    let nowhere = tenant.run("check contoso.com CONTOSO --graph --graph-url https://graph.invalid/v1.0");
    // Where there is no network nobody says so, and time runs out.
    refused(&nowhere, &["https://graph.invalid/v1.0", "no response"]);
    // Somebody who cannot prove to be who is wanted gets no token.
    let web = tenant.lab.web("127.0.0.1", &Authority::new().sign("127.0.0.1"));
    let forged = tenant
        .run(&format!("check contoso.com CONTOSO --graph --graph-url https://127.0.0.1:{}", web.port()));
    refused(&forged, &["certificate", "the token is not sent"]);
    assert_eq!(web.requests().len(), 0);
}

#[tokio::test]
async fn over_tls_the_right_server_gets_the_token() {
    let tenant = Tenant::new();
    let authority = Authority::new();
    let web = tenant.lab.web("127.0.0.1", &authority.sign("127.0.0.1"));
    let body = list(&[]).to_string();
    let (front, end) = body.split_at(10);
    let chunks = format!("{:x}\r\n{front}\r\n{:x}\r\n{end}\r\n0\r\n\r\n", front.len(), end.len());
    web.octets(&format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunks}"));
    let transport = Transport::new(Duration::from_secs(5)).with_tls_config(authority.client_config());
    let root = format!("https://127.0.0.1:{}", web.port()).parse().unwrap();
    let graph = Graph::new(root, Token::new(TOKEN)).unwrap().with_transport(transport);
    let domain: Name = "contoso.com".parse().unwrap();
    assert_eq!(graph.records(&domain, Ownership::Open).await.unwrap(), b"{\"value\":[]}");
    assert!(
        web.requests().iter().all(|head| head.contains(&format!("Bearer {TOKEN}"))),
        "{:?}",
        web.requests()
    );
    assert!(!format!("{graph:?}").contains(TOKEN));
}

#[tokio::test]
async fn a_slow_service_is_not_waited_for_without_end() {
    let tenant = Tenant::with_contoso();
    let service = tenant.lab.service();
    service.octets(&service_path("contoso.com"), b"");
    // A body that never ends is as slow as one that never begins.
    service.octets(&proof_path("contoso.com"), b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{");
    let root = service.url().parse().unwrap();
    let graph = Graph::new(root, Token::new(TOKEN)).unwrap().with_patience(Duration::from_millis(300));
    let started = Instant::now();
    let failure = graph.records(&"contoso.com".parse().unwrap(), Ownership::Open).await.unwrap_err();
    assert!(matches!(&failure, Failure::Unreachable(reason) if reason.contains("0.3 s")), "{failure}");
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(service.paths().len(), 2);
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    let tenant = Tenant::with_contoso();
    for (words, parts) in [
        ("check contoso.com --all-domains URL", &["--all-domains"][..]),
        ("watch contoso.com --all-domains URL", &["--all-domains"]),
        ("plan contoso.com --all-domains URL", &["--all-domains"]),
        ("expected --all-domains URL", &["--all-domains"]),
        ("check --all-domains --replay run.rec URL", &["--all-domains", "--replay"]),
        ("check contoso.com CONTOSO URL", &["--graph-url", "--graph"]),
        ("expected contoso.com URL", &["--graph-url", "--graph"]),
        ("check contoso.com --graph --graph-url http://graph.microsoft.com/v1.0", &["https://"]),
        ("check contoso.com --graph --graph-url graph.microsoft.com", &["expected a URL"]),
        ("check contoso.com --graph --graph-url https://x:y@graph.microsoft.com", &["without user"]),
    ] {
        let run = tenant.run(words);
        assert_eq!((run.status, run.out.as_str()), (2, ""), "{words}: {run:?}");
        for part in parts {
            assert!(run.err.contains(part), "{words}: {part}: {}", run.err);
        }
    }
    let (_desk, file) = crate::cli::recorded(&[("contoso.com", crate::cli::State::Ready)]);
    refused(
        &tenant.run(&format!("check --replay {file} --graph URL")),
        &["replay has no network", "--expect"],
    );
    assert_eq!(tenant.service.paths().len(), 0);
    // A file that lies about cannot say where the token goes.
    let key = "[defaults]\ngraph = true\ngraph-url = \"https://graph.example\"\n";
    let settings = tenant.workspace.put("theft.toml", key);
    refused(
        &tenant.run(&format!("check contoso.com CONTOSO --settings {settings}")),
        &["graph-url", "graph-url"],
    );
    // Nothing is read where nobody asks for it.
    assert_eq!(cutover(&format!("check --replay {file}")).status, 0);
}
