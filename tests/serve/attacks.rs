//! Is what does not belong to the server kept out, and does it stay up?

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use super::client::{Answer, EventStream, ask, ask_with, connect, get, send};
use super::{Folder, Server};
use crate::cli::hostile::{TRICKS, acts};
use crate::cli::{at_source, zone};

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

fn folder() -> Folder {
    Folder::of(&[("contoso.com", at_source("contoso.com"))])
}

#[test]
fn a_name_that_was_made_to_point_here_gets_nothing() {
    let folder = folder();
    let server = Server::start(&format!("{} --allow-host dns.contoso.com", folder.settings()));
    for path in [
        "/",
        "/domains/contoso.com",
        "/api/v1/domains",
        "/metrics",
        "/-/healthy",
        "/probe?target=contoso.com",
    ] {
        for host in
            ["rebind.attacker.example", "localhost.attacker.example", "contoso.com", "127.0.0.1.nip.example"]
        {
            let answer = ask(server.address, "GET", path, &[("Host", host)]);
            assert_eq!(answer.status, 421, "{path} {host}");
            assert!(!answer.body.contains("contoso"), "{answer:?}");
        }
        for host in ["localhost", "dns.contoso.com", "[::1]:8053", "192.0.2.7:80"] {
            assert_eq!(ask(server.address, "GET", path, &[("Host", host)]).status, 200, "{path} {host}");
        }
    }
    for request in [
        "GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nHost: attacker.example\r\nConnection: close\r\n\r\n",
        "GET http://attacker.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "GET http://localhost/ HTTP/1.1\r\nHost: attacker.example\r\nConnection: close\r\n\r\n",
    ] {
        let status = send(server.address, request.as_bytes()).status;
        assert!(matches!(status, 400 | 421), "{request}: {status}");
    }
}

#[test]
fn pages_of_other_sites_can_do_nothing() {
    let folder = folder();
    let server = Server::start(&folder.settings());
    let own = format!("http://{}", server.address);
    for (method, headers, expected) in [
        ("POST", vec![("Origin", own.as_str()), FORM], 303),
        ("POST", vec![("Origin", "http://attacker.example"), FORM], 403),
        ("POST", vec![("Origin", "null"), FORM], 403),
        ("POST", vec![("Sec-Fetch-Site", "cross-site"), FORM], 403),
        ("POST", vec![("Origin", own.as_str()), ("Content-Type", "text/plain")], 415),
        ("GET", vec![("Origin", "http://attacker.example")], 403),
        ("GET", vec![("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors")], 403),
        ("GET", vec![("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")], 200),
    ] {
        let answer = ask_with(server.address, method, "/", &headers, "domain=contoso.com");
        assert_eq!(answer.status, expected, "{method} {headers:?}");
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
    for (method, path) in [
        ("PUT", "/"),
        ("DELETE", "/domains/contoso.com"),
        ("OPTIONS", "/"),
        ("POST", "/domains/contoso.com"),
        ("POST", "/api/v1/domains"),
        ("TRACE", "/"),
        ("PROPFIND", "/"),
    ] {
        let answer = ask(server.address, method, path, &[]);
        assert_eq!((answer.status, answer.header("allow").is_some()), (405, true), "{method} {path}");
    }
    assert_eq!(ask(server.address, "HEAD", "/", &[]).body, "");
}

#[test]
fn every_answer_keeps_browsers_from_doing_more_with_it() {
    let folder = folder();
    let server = Server::start(&folder.settings());
    for path in
        ["/", "/domains/contoso.com", "/domains/x", "/api/v1/domains", "/metrics", "/none", "/-/ready"]
    {
        let answer = server.get(path);
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("x-frame-options", "DENY"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path}");
        }
        let policy = answer.header("content-security-policy").unwrap();
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert_eq!(answer.header("set-cookie"), None);
        assert_eq!(answer.header("server"), None);
    }
}

#[test]
fn only_domains_of_the_settings_are_shown_to_others() {
    let folder = folder();
    let closed = Server::start(&format!("{} --allow-host dns.contoso.com", folder.settings()));
    let remote = [("Host", "dns.contoso.com")];
    let forwarded = [("X-Forwarded-For", "192.0.2.1")];
    for path in [
        "/domains/NAME",
        "/api/v1/domains/NAME",
        "/api/v1/domains/NAME/plan",
        "/probe?target=NAME",
        "/api/v1/events?domain=NAME",
    ] {
        for headers in [&remote, &forwarded] {
            let other = ask(closed.address, "GET", &path.replace("NAME", "fabrikam.com"), headers);
            assert_eq!(other.status, 403, "{path}");
            if !path.contains("events") {
                assert_eq!(
                    ask(closed.address, "GET", &path.replace("NAME", "contoso.com"), headers).status,
                    200
                );
            }
        }
    }
    let answer = ask_with(closed.address, "POST", "/", &[remote[0], FORM], "domain=fabrikam.com");
    assert_eq!(answer.status, 403);
    let open = Server::start(&format!("{} --any-domain --allow-host dns.contoso.com", folder.settings()));
    assert_eq!(ask(open.address, "GET", "/api/v1/domains/fabrikam.com", &remote).status, 200);
}

#[test]
fn a_token_opens_everything_but_health() {
    let folder = folder();
    let server = Server::with_token(&folder.settings(), "correct-horse-battery");
    let basic = |pair: &[u8]| format!("Basic {}", data_encoding_base64(pair));
    let paths =
        ["/", "/domains/contoso.com", "/api/v1/domains", "/metrics", "/probe?target=contoso.com", "/none"];
    for path in paths {
        for wrong in
            ["", "Bearer wrong", "Bearer correct-horse-batter", "Bearer correct-horse-battery2", "Basic !!"]
        {
            let headers = [("Authorization", wrong)];
            let headers = if wrong.is_empty() { &[][..] } else { &headers[..] };
            let answer = ask(server.address, "GET", path, headers);
            assert_eq!(answer.status, 401, "{path} {wrong}");
            let schemes: Vec<_> = answer.headers().filter(|(name, _)| *name == "www-authenticate").collect();
            assert_eq!(schemes.len(), 2, "{answer:?}");
            assert!(!answer.body.contains("contoso"), "{answer:?}");
        }
        for right in ["Bearer correct-horse-battery".to_owned(), basic(b"admin:correct-horse-battery")] {
            let status = ask(server.address, "GET", path, &[("Authorization", &right)]).status;
            assert_eq!(status, if path == "/none" { 404 } else { 200 }, "{path} {right}");
        }
    }
    for path in ["/-/healthy", "/-/ready"] {
        assert_eq!(server.get(path).status, 200);
    }
    let (_, said) = server.stop();
    assert!(!said.contains("correct-horse"), "{said}");
}

fn data_encoding_base64(octets: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let chunks = octets.chunks(3).map(|chunk| {
        let octet = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = octet(0) << 16 | octet(1) << 8 | octet(2);
        let digit = |place: usize| match place <= chunk.len() {
            true => DIGITS[(bits >> (18 - 6 * place) & 63) as usize] as char,
            false => '=',
        };
        (0..4).map(digit).collect::<String>()
    });
    chunks.collect()
}

#[test]
fn paths_lead_nowhere_else() {
    let folder = folder();
    let server = Server::start(&folder.settings());
    for path in [
        "/../../etc/passwd",
        "/domains/../../../etc/passwd",
        "/domains/..%2f..%2fetc%2fpasswd",
        "/domains/%2e%2e",
        "/domains/contoso.com%00.example",
        "/domains/contoso.com%0d%0aSet-Cookie:%20a=b",
        "/domains/%c0%ae%c0%ae",
        "/domains/%",
        "/domains/%zz",
        "//attacker.example/",
        "/api/v1/domains/..;/plan",
        "/api/v1/domains/contoso.com/plan?format=../../x",
        "/domains/<script>alert(1)<%2fscript>.example",
        "/domains/192.0.2.1",
        "/cutover.toml",
        "/cutover.db",
    ] {
        let answer = server.get(path);
        assert!(matches!(answer.status, 400 | 404), "{path}: {}", answer.status);
        assert!(
            answer.header("set-cookie").is_none() && !answer.body.contains("<script>alert"),
            "{answer:?}"
        );
        assert!(!answer.body.contains("root:"), "{answer:?}");
    }
    let long = format!("/?q={}", "a".repeat(4000));
    assert_eq!(server.get(&long).status, 414);
}

#[test]
#[cfg_attr(windows, ignore = "a client there loses an answer that comes before it has sent everything")]
fn large_and_slow_requests_are_ended() {
    let folder = folder();
    let server = Server::start(&folder.settings());
    let mut large = format!("GET / HTTP/1.1\r\nHost: {}\r\n", server.address);
    large += &format!("X-Large: {}\r\n\r\n", "a".repeat(64 << 10));
    assert_eq!(send(server.address, large.as_bytes()).status, 431);
    let many: String = (0..200).map(|number| format!("X-{number}: a\r\n")).collect();
    let many = format!("GET / HTTP/1.1\r\nHost: {}\r\n{many}\r\n", server.address);
    assert_eq!(send(server.address, many.as_bytes()).status, 431);
    let body = format!("domain={}", "a".repeat(100_000));
    assert_eq!(ask_with(server.address, "POST", "/", &[FORM], &body).status, 413);
    assert!(matches!(send(server.address, b"\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n").status, 400));
    // Clients that send a header octet by octet, and one that never sends its form.
    let begin = Instant::now();
    let mut slow: Vec<_> = (0..50).map(|_| connect(server.address)).collect();
    for stream in &mut slow {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: local").unwrap();
    }
    let mut form = connect(server.address);
    let head = format!(
        "POST / HTTP/1.1\r\nHost: {}\r\nContent-Type: {}\r\nContent-Length: 40\r\n\r\ndom",
        server.address, FORM.1
    );
    form.write_all(head.as_bytes()).unwrap();
    // Others are answered meanwhile.
    assert_eq!(server.get("/").status, 200);
    let mut octets = [0; 12];
    form.read_exact(&mut octets).unwrap();
    assert_eq!(&octets, b"HTTP/1.1 408", "{:?}", begin.elapsed());
    for stream in &mut slow {
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
    }
    assert!(begin.elapsed() < Duration::from_secs(16), "{:?}", begin.elapsed());
}

#[test]
fn streams_and_checks_are_bounded() {
    let folder = folder();
    let server = Server::start(&folder.settings());
    let mut streams = Vec::new();
    let refused = loop {
        match EventStream::open(server.address, "/api/v1/events") {
            Ok(stream) => streams.push(stream),
            Err(status) => break status,
        }
        assert!(streams.len() <= 256);
    };
    assert_eq!((streams.len(), refused), (256, 503));
    assert_eq!(server.get("/").status, 200);
    drop(streams);
    // A stream whose client is gone is found out when something is written to it, at the latest.
    server.get_until("/metrics", |answer| answer.body.contains("cutover_event_streams 0\n"));
    assert!(EventStream::open(server.address, "/api/v1/events").is_ok());
}

#[test]
fn hostile_answers_are_harmless_on_every_page_and_in_every_header() {
    for (key, trick) in TRICKS {
        let folder = Folder::of(&[("contoso.com", zone("contoso.com", &[(key, trick)]))]);
        let server = Server::start(&folder.settings());
        let checked = server.get_until("/domains/contoso.com", |answer| answer.body.contains("Checked at"));
        let paths =
            ["/", "/api/v1/domains", "/api/v1/domains/contoso.com", "/metrics", "/probe?target=contoso.com"];
        let plans = ["table", "bind", "csv", "runbook"]
            .map(|format| format!("/api/v1/domains/contoso.com/plan?format={format}"));
        let paths = paths.into_iter().map(str::to_owned).chain(plans);
        let answers: Vec<Answer> = paths.map(|path| get(server.address, &path)).chain([checked]).collect();
        for answer in answers {
            assert_eq!(answer.status, 200, "{trick}: {answer:?}");
            let acting =
                answer.body.chars().find(|character| !"\n\r".contains(*character) && acts(*character));
            assert_eq!(acting, None, "{trick}: {}", answer.body);
            assert!(answer.headers().all(|(_, value)| !value.chars().any(acts)), "{trick}");
        }
    }
    let markup = "@ TXT \"v=spf1 include:</code><script>alert(1)</script>.example <img/src=x> -all\"";
    let folder = Folder::of(&[("contoso.com", zone("contoso.com", &[("SPF", markup)]))]);
    let server = Server::start(&folder.settings());
    let page = server.get_until("/domains/contoso.com", |answer| answer.body.contains("Checked at")).body;
    assert_eq!(page.matches("<script").count(), 1);
    assert!(page.contains("&#60;script&#62;") && !page.contains("<img"), "{page}");
}
