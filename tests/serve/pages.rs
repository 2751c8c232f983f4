//! Are the pages and the API what the commands write?

use std::collections::BTreeSet;

use scraper::{Html, Selector};

use super::client::{ask, ask_with};
use super::{Folder, Server};
use crate::cli::{at_source, zone};
use crate::run::cutover;

fn two() -> Folder {
    Folder::of(&[("contoso.com", at_source("contoso.com")), ("fabrikam.com", zone("fabrikam.com", &[]))])
}

fn texts(page: &str, selector: &str) -> Vec<String> {
    let page = Html::parse_document(page);
    let found = page.select(&Selector::parse(selector).unwrap()).collect::<Vec<_>>();
    found.iter().map(|element| element.text().collect::<String>()).collect()
}

fn attributes(page: &str, selector: &str, name: &str) -> Vec<String> {
    let page = Html::parse_document(page);
    let found = page.select(&Selector::parse(selector).unwrap()).collect::<Vec<_>>();
    found.iter().filter_map(|element| element.value().attr(name).map(str::to_owned)).collect()
}

#[test]
fn the_list_shows_problems_first_and_can_be_filtered_and_sorted() {
    let folder = two();
    let server = Server::start(&folder.settings());
    let is_checked = |page: &str| !page.contains("not checked yet");
    let page = server.get_until("/", |answer| is_checked(&answer.body)).body;
    assert!(Html::parse_document(&page).errors.is_empty(), "{:?}", Html::parse_document(&page).errors);
    let names = |page: &str| texts(page, "tbody a");
    assert_eq!(names(&page), ["contoso.com", "fabrikam.com"]);
    let rows = texts(&page, "tbody tr");
    assert!(rows[0].contains("changes-needed") && rows[0].contains("to edit"), "{rows:?}");
    assert!(rows[1].contains("ready") && rows[1].matches("UTC").count() >= 2, "{rows:?}");
    for (query, shown) in [
        ("?q=FABRI", &["fabrikam.com"][..]),
        ("?q=nothing", &[]),
        ("?verdict=changes-needed", &["contoso.com"]),
        ("?sort=name", &["contoso.com", "fabrikam.com"]),
        ("?sort=next&q=&verdict=", &["contoso.com", "fabrikam.com"]),
    ] {
        let mut found = names(&server.get(&format!("/{query}")).body);
        found.sort();
        assert_eq!(found, shown, "{query}");
    }
    // What was typed is shown again, and nothing else.
    let page = server.get("/?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E").body;
    assert_eq!(attributes(&page, "input[name=q]", "value"), ["\"><script>alert(1)</script>"]);
    assert_eq!(texts(&page, "script").len(), 1);
}

#[test]
fn the_page_of_a_domain_is_the_page_of_the_file() {
    let folder = two();
    let server = Server::start(&folder.settings());
    let page = server.get_until("/domains/contoso.com", |answer| answer.body.contains("Checked at")).body;
    assert!(Html::parse_document(&page).errors.is_empty(), "{:?}", Html::parse_document(&page).errors);
    let zones = format!("--zone {}", folder.path("contoso.com.zone").display());
    let file = cutover(&format!("check contoso.com {zones} --format html")).out;
    let cells = |page: &str| -> Vec<String> {
        texts(page, "td").into_iter().filter(|text| !text.contains("UTC")).collect()
    };
    let (in_page, in_file) = (cells(&page), cells(&file));
    assert!(!in_file.is_empty() && in_page == in_file, "{in_page:?} {in_file:?}");
    // The edits come first, and every form of the plan has a link.
    assert!(page.find(">delete<").unwrap() < page.find("mx-at-source").unwrap());
    let links = attributes(&page, "main nav a", "href");
    assert_eq!(links.len(), 11);
    for link in links.iter().filter(|link| !link.ends_with("=ics")) {
        assert_eq!(server.get(link).status, 200, "{link}");
    }
    // Nothing is loaded from elsewhere; there is one script, that of the pages that are handed on.
    for target in attributes(&page, "[href], [src], [action]", "href") {
        assert!(target.starts_with('/'), "{target}");
    }
    assert_eq!(texts(&page, "script"), [cutover::report::format::HTML_SCRIPT]);
    assert_eq!(attributes(&page, "rect[class=bad]", "x").len(), 1, "the verdict as a picture");
    // It may be wider than the screen, and is scrolled by keyboard as well.
    assert_eq!(attributes(&page, "div.wide[tabindex=\"0\"] > svg", "role"), ["img"]);
}

#[test]
fn the_plan_is_shown_in_each_form_without_a_script() {
    let folder = two();
    let complete = zone("fabrikam.com", &[]) + "_dmarc TXT \"v=DMARC1; p=none\"\n";
    folder.publish("fabrikam.com", &complete);
    let server = Server::start(&folder.settings());
    for domain in ["contoso.com", "fabrikam.com"] {
        server.get_until(&format!("/domains/{domain}"), |answer| answer.body.contains("Checked at"));
    }
    let shown = |domain: &str, format: &str| {
        let path = format!("/domains/{domain}?plan={format}");
        let page = server.get_until(&path, |answer| texts(&answer.body, "[data-awaited]").is_empty()).body;
        assert_eq!(texts(&page, "main nav [aria-current]"), [format]);
        page
    };
    let formats = texts(&server.get("/domains/contoso.com").body, "main nav a");
    assert_eq!(formats.len(), 11);
    // Times of two checks differ.
    let lines = |text: &str| -> Vec<String> {
        text.lines().filter(|line| !line.contains("UTC")).map(str::to_owned).collect()
    };
    for format in formats.iter().filter(|format| *format != "ics") {
        let page = shown("contoso.com", format);
        let plan = server.get(&format!("/api/v1/domains/contoso.com/plan?format={format}")).body;
        let [text] = &texts(&page, "pre.plan > code")[..] else { panic!("{format}: {page}") };
        assert_eq!(lines(text), lines(&plan), "{format}");
        assert_eq!(attributes(&page, "a[download]", "href").len(), 1);
    }
    let page = shown("contoso.com", "ics");
    assert!(texts(&page, "p.note")[1].contains("switch-at") && texts(&page, "pre.plan").is_empty(), "{page}");
    assert!(texts(&shown("fabrikam.com", "bind"), "p.note")[1].contains("Nothing to edit"));
    // An unknown form is an error, and what was typed is not repeated as markup.
    let bad = server.get("/domains/contoso.com?plan=%3Cscript%3E");
    assert_eq!((bad.status, texts(&bad.body, "script").len()), (400, 1));
}

#[test]
#[cfg_attr(windows, ignore = "needs `sha256sum`")]
fn style_and_script_are_the_ones_that_the_policy_allows() {
    use data_encoding_of_test::base64_sha256;
    let folder = two();
    let server = Server::start(&folder.settings());
    for path in ["/", "/domains/contoso.com", "/domains/not%20a%20domain"] {
        let answer = server.get(path);
        let policy = answer.header("content-security-policy").unwrap().to_owned();
        assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{policy}");
        for (directive, element) in [("style-src", "style"), ("script-src", "script")] {
            let [text] = &texts(&answer.body, element)[..] else { panic!("{path}: {element}") };
            let allowed = format!("{directive} 'sha256-{}'", base64_sha256(text));
            assert!(policy.contains(&allowed), "{path}: {policy}, not {allowed}");
        }
        let styled = attributes(&answer.body, "[style], [onclick], [onload]", "style");
        assert!(styled.is_empty(), "{styled:?}");
    }
}

/// The hash of a policy, made by other means than the server's.
mod data_encoding_of_test {
    use rustls_hash::sha256;

    pub(super) fn base64_sha256(text: &str) -> String {
        const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut written = String::new();
        for chunk in sha256(text.as_bytes()).chunks(3) {
            let octet = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
            let bits = octet(0) << 16 | octet(1) << 8 | octet(2);
            for place in 0..4 {
                let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize] as char;
                written.push(if place <= chunk.len() { digit } else { '=' });
            }
        }
        written
    }

    mod rustls_hash {
        use std::io::Write as _;
        use std::process::{Command, Stdio};

        /// By the program of the system.
        pub(in super::super) fn sha256(octets: &[u8]) -> Vec<u8> {
            let mut child = Command::new("sha256sum")
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .expect("sha256sum");
            child.stdin.take().unwrap().write_all(octets).unwrap();
            let output = child.wait_with_output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            (0..64).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
        }
    }
}

#[test]
fn the_api_writes_what_the_commands_write() {
    let folder = two();
    let server = Server::start(&folder.settings());
    let zones = format!("--zone {}", folder.path("contoso.com.zone").display());
    let mut api = server.get("/api/v1/domains/contoso.com").json();
    let mut command = cutover(&format!("check contoso.com {zones} --format json")).json();
    for json in [&mut api, &mut command] {
        json["checked_at"].take();
    }
    assert_eq!(api, command);
    assert!(
        server.get("/api/v1/domains/contoso.com?replies=true").json()["domains"][0]["replies"].is_array()
    );
    let tidy = server.get("/api/v1/domains/contoso.com?phase=tidy").json();
    assert_eq!((tidy["phase"].as_str(), tidy["domains"][0]["phase"].as_str()), (Some("tidy"), Some("tidy")));
    for format in
        ["table", "bind", "nsupdate", "dnscontrol", "octodns", "terraform", "powershell", "csv", "json"]
    {
        let plan = server.get(&format!("/api/v1/domains/contoso.com/plan?format={format}"));
        let command = cutover(&format!("plan contoso.com {zones} --format {format}"));
        assert_eq!((plan.status, &plan.body), (200, &command.out), "{format}");
        assert_eq!(plan.header("cutover-verdict"), Some("changes-needed"));
    }
    let runbook = server.get("/api/v1/domains/contoso.com/plan?format=runbook");
    assert!(runbook.body.starts_with("# "), "{runbook:?}");
    let back = server.get("/api/v1/domains/contoso.com/plan?format=csv&rollback=true").body;
    assert_eq!(back, cutover(&format!("plan contoso.com {zones} --format csv --rollback")).out);
    for bad in ["plan?format=ics", "plan?format=xml", "plan?provider=none", "plan?phase=later"] {
        assert_eq!(server.get(&format!("/api/v1/domains/contoso.com/{bad}")).status, 400, "{bad}");
    }
}

#[test]
fn the_list_of_the_api_is_a_report_of_all_domains() {
    let folder = two();
    let server = Server::start(&folder.settings());
    let is_whole = |json: &serde_json::Value| json["summary"]["domains"] == 2;
    let list = server.get_until("/api/v1/domains", |answer| is_whole(&answer.json()));
    let path = folder.path("list.json");
    std::fs::write(&path, &list.body).unwrap();
    // It can be read as every other report.
    let run = cutover(&format!("report {} --format csv", path.display()));
    assert_eq!(run.status, 1, "{run:?}");
    let json = list.json();
    assert_eq!(json["summary"]["ready"], 1);
    let watched: BTreeSet<&str> =
        json["watched"].as_array().unwrap().iter().filter_map(|one| one["domain"].as_str()).collect();
    assert_eq!(watched, BTreeSet::from(["contoso.com", "fabrikam.com"]));
    assert!(json["watched"][0]["next_check_at"].is_string(), "{json}");
    // Without the reports the same state is left.
    let states = server.get("/api/v1/domains?reports=false");
    assert!(states.body.len() < list.body.len() / 4, "{}", states.body);
    let states = states.json();
    assert!(states["domains"].is_null());
    for field in ["schema_version", "summary"] {
        assert_eq!(states[field], json[field], "{field}");
    }
    for field in ["domain", "verdict", "left", "since"] {
        let of = |json: &serde_json::Value| -> Vec<serde_json::Value> {
            json["watched"].as_array().unwrap().iter().map(|one| one[field].clone()).collect()
        };
        assert_eq!(of(&states), of(&json), "{field}");
    }
}

#[test]
fn a_form_leads_to_any_domain_on_this_machine() {
    let folder = two();
    folder.publish("northwind.example", &at_source("northwind.example"));
    let words = format!("{} --zone {}", folder.settings(), folder.path("northwind.example.zone").display());
    let server = Server::start(&words);
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let answer = ask_with(server.address, "POST", "/", &form, "domain=Northwind.Example.");
    assert_eq!((answer.status, answer.header("location")), (303, Some("/domains/northwind.example")));
    let page = server.get_until("/domains/northwind.example", |answer| answer.body.contains("mx-at-source"));
    assert_eq!(page.status, 200);
    // It is looked up, and not watched.
    assert!(!server.get("/").body.contains("northwind"));
    let bad = ask_with(server.address, "POST", "/", &form, "domain=https://contoso.com/");
    assert_eq!(bad.status, 400);
    assert!(bad.body.contains("contoso.com") && bad.header("content-type").unwrap().starts_with("text/html"));
}

#[test]
fn everything_is_below_the_base_path() {
    let folder = two();
    let server = Server::start(&format!(
        "{} --base-path /dns/cutover/ --allow-host mail.contoso.com",
        folder.settings()
    ));
    let page = server
        .get_until("/dns/cutover/domains/contoso.com", |answer| answer.body.contains("Checked at"))
        .body;
    let links = attributes(&page, "[href]", "href");
    assert!(!links.is_empty() && links.iter().all(|link| link.starts_with("/dns/cutover/")), "{links:?}");
    assert_eq!(attributes(&page, "body", "data-events"), ["/dns/cutover/api/v1/events?domain=contoso.com"]);
    let answer = ask(server.address, "GET", "/dns/cutover/", &[("Host", "mail.contoso.com")]);
    assert_eq!(answer.status, 200);
    assert_eq!(attributes(&answer.body, "form", "action"), ["/dns/cutover/"], "no field for other domains");
}
