//! Is what is hostile harmless in every format of every command, and does each still read by its own rules?

use serde_json::{Value, json};

use super::agents::assert_no_commands;
use super::{assert_harmless, every_string};
use crate::cli::{recorded, zone};
use crate::run::{Run, Workspace, cutover};

/// What each format of a command is read back with.
type Reader = fn(&str);

const CHECK: [(&str, Reader); 11] = [
    ("table", any),
    ("json", json_document),
    ("ndjson", json_lines),
    ("csv", rows),
    ("markdown", markdown),
    ("html", page),
    ("junit", xml),
    ("sarif", json_document),
    ("github", annotations),
    ("prometheus", metrics),
    ("nagios", state),
];

const PLAN: [(&str, Reader); 13] = [
    ("table", any),
    ("json", json_document),
    ("csv", rows),
    ("bind", zone_text),
    ("nsupdate", updates),
    ("dnscontrol", any),
    ("octodns", yaml),
    ("terraform --provider azure", resources),
    ("terraform --provider route53", resources),
    ("terraform --provider cloudflare", resources),
    ("powershell", any),
    ("runbook", runbook),
    ("ics --switch-at 2026-11-28T20:00:00Z", calendar),
];

const EXPECTED: [(&str, Reader); 2] = [("table", any), ("json", json_document)];

/// What is tried in a text, a name and a list: terminals, spreadsheets, markup, workflow commands, labels of metrics,
/// templates, ends of comments and of lines.
const TEXTS: [&str; 14] = [
    r#"=HYPERLINK(\"http://evil.example\") \027[2J\007"#,
    r"+cmd|' /C calc'!A1 \194\155\049m",
    r"@SUM(1) \226\128\174gnp.exe \226\129\166",
    r"</code></svg><script>alert(1)</script> ]]>",
    r"\010::error::owned\010##[section]x\013",
    r#"} evil{a=\"b\"} 1\010# HELP \\"#,
    r"${var.x} %{if true} {{7*7}} $(rm) `id` #{x}",
    r"| a | [x](javascript:x) @everyone !\226\128\168",
    r"-- \000 \127 \239\187\191 \243\160\129\129",
    r"##vso[task.prependpath]/tmp/evil ##VSO[x] ##[group]y ##teamcity[z]",
    r"::error::a ::set-env name=PATH::/tmp/evil",
    r"#\194\173#vso[a.b]c #\239\184\143#[error]d",
    r"\239\191\190 \239\191\191 \239\183\144 \240\159\191\190 \244\143\191\191",
    r"\194\133 \194\128 \226\128\168 \226\128\169 \194\173",
];

const NAMES: [&str; 8] = [
    r"\027]8\;\;http://x\007.example.",
    r"\226\128\174moc.example.",
    r#"\"><script>.example."#,
    r"=1+1.::error::x.example.",
    r"a\010b.example.",
    r"::error::x.example.",
    r"##vso[task.x]y.##[group]z.example.",
    r"\239\191\191.\239\183\144.example.",
];

/// Worlds in which a hostile text or name stands wherever one is told.
fn worlds() -> Vec<String> {
    let mut worlds = Vec::new();
    for text in TEXTS {
        let spf = format!("@ TXT \"v=spf1 include:{} -all {text}\"", "spf.example");
        worlds.push(zone("contoso.com", &[("SPF", &spf), ("MS", &format!("@ TXT \"{text}\""))]));
    }
    for name in NAMES {
        let service = format!("@ MX 10 {name}\n_autodiscover._tcp SRV 0 0 443 {name}");
        let alias = format!("autodiscover CNAME {name}");
        let servers = format!("@ NS ns1.example.\n@ NS {name}");
        worlds.push(zone("contoso.com", &[("MX", &service), ("autodiscover", &alias), ("NS", &servers)]));
    }
    worlds
}

#[test]
fn every_format_of_check_and_plan_is_harmless_and_can_be_read() {
    let workspace = Workspace::new();
    let waiver = json!("::error:: \u{1b}[31m\u{202e} ##vso[a.b]c ##[d] =1+1 <b>");
    let settings = format!(
        "[[waiver]]\ndomain = \"*\"\ncode = \"dmarc-missing\"\nreason = {waiver}\nuntil = 2027-03-01\n"
    );
    let settings = workspace.put("cutover.toml", settings);
    for world in worlds() {
        let file = workspace.put("world.zone", &world);
        for (command, formats) in [("check", &CHECK[..]), ("plan", &PLAN[..])] {
            for (format, read) in formats {
                let words =
                    format!("{command} contoso.com --zone {file} --settings {settings} --format {format}");
                held(&cutover(&words), &words, *read);
            }
        }
    }
}

#[test]
fn what_a_list_wants_is_harmless_in_every_format() {
    let workspace = Workspace::new();
    let hostile = "\u{1b}[31m\u{202e}\u{7} ::error:: ##vso[a.b]c ##[d] \u{ffff} =1+1 <script>";
    let list = json!([
        {"label": "contoso.com", "recordType": "Txt", "text": format!("v=spf1 {hostile}")},
        {"label": "contoso.com", "recordType": "Txt", "text": hostile},
        {"label": "contoso.com", "recordType": "Unavailable", "description": hostile},
    ]);
    let list = workspace.put("list\u{202e}.json", list.to_string());
    let world = workspace.put("world.zone", zone("contoso.com", &[]));
    for (format, read) in EXPECTED {
        let words = format!("expected contoso.com --expect {list} --format {format}");
        held(&cutover(&words), &words, read);
    }
    for (command, formats) in [("check", &CHECK[..]), ("plan", &PLAN[..])] {
        for (format, read) in formats {
            let words = format!("{command} contoso.com --zone {world} --expect {list} --format {format}");
            held(&cutover(&words), &words, *read);
        }
    }
}

#[test]
fn an_earlier_report_is_no_more_trusted_than_dns() {
    let (workspace, replay) = recorded(&[("contoso.com", crate::cli::State::Ready)]);
    let mut report = cutover(&format!("check contoso.com --replay {replay} --format json")).json();
    let hostile = "::error:: \u{1b}[31m\u{202e}\u{7}\u{fffe} ##vso[a.b]c ##[d]";
    for one in report["domains"][0]["expectations"].as_array_mut().unwrap() {
        one["observed"] = json!([hostile]);
        one["message"] = hostile.into();
        one["status"] = "unmet".into();
    }
    report["domains"][0]["hazards"] = json!([{
        "code": "of-the-future", "level": "error", "name": "contoso.com.", "type": "MX", "message": hostile,
    }]);
    report["domains"][0]["verdict"] = "changes-needed".into();
    let since = workspace.put("since.json", report.to_string());
    for (format, read) in CHECK {
        let words = format!("check contoso.com --replay {replay} --since {since} --format {format}");
        held(&cutover(&words), &words, read);
    }
    // Where a word of the report belongs, nothing else is read.
    for field in ["code", "status", "id", "type"] {
        let mut bad = report.clone();
        bad["domains"][0]["expectations"][0][field] = format!("\u{1b} {hostile}").into();
        let since = workspace.put("bad.json", bad.to_string());
        let words = format!("check contoso.com --replay {replay} --since {since}");
        let run = cutover(&words);
        assert_eq!((run.status, run.out.as_str(), run.errors()), (2, "", 1), "{field}: {run:?}");
        assert_harmless(&run, &words);
    }
}

fn held(run: &Run, words: &str, read: Reader) {
    // A monitor has a status of its own for what is not known.
    assert!(run.status != 2 || words.ends_with("nagios"), "{words}: {run:?}");
    assert!(!run.out.is_empty(), "{words}");
    let lines = Run { out: run.out.replace("\r\n", "\n"), ..run.clone() };
    // The manual of a rule has lines.
    match words.ends_with("sarif") {
        true => assert_no_commands(&lines, words),
        false => assert_harmless(&lines, words),
    }
    read(&run.out);
}

fn any(_: &str) {}

fn json_document(text: &str) {
    let json: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    // The manual of a rule has lines; nothing else has.
    every_string(&json, &mut |text| assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{text:?}"));
}

fn json_lines(text: &str) {
    text.lines().for_each(json_document);
    assert_eq!(text.lines().count(), 1);
}

fn rows(text: &str) {
    let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    for row in reader.records() {
        for cell in row.unwrap_or_else(|error| panic!("{error}\n{text}")).iter() {
            // The domain itself, as DNS hosts write it.
            assert!(cell == "@" || !cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?}");
        }
    }
}

fn markdown(text: &str) {
    assert!(!text.contains("<script") && !text.contains("](") && !text.contains(" @every"), "{text}");
    for line in text.lines().filter(|line| line.starts_with('|')) {
        let bars = line.replace("\\|", "").matches('|').count();
        assert!([5, 6].contains(&bars), "{bars}: {line}");
    }
}

/// Markdown outside of fenced lines, and what is in them cannot end them.
fn runbook(text: &str) {
    let mut outside = String::new();
    let mut fence: Option<&str> = None;
    for line in text.lines() {
        match fence {
            Some(open) if line == open => fence = None,
            Some(open) => assert!(!line.starts_with(open), "{line}"),
            None if line.starts_with("```") => fence = line.strip_suffix("text"),
            None => outside = outside + line + "\n",
        }
    }
    assert_eq!(fence, None, "{text}");
    markdown(&outside);
}

fn calendar(text: &str) {
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert!(lines.iter().all(|line| line.len() <= 75 && !line.contains(['\r', '\n'])), "{text}");
    assert_eq!((lines[0], lines[lines.len() - 2]), ("BEGIN:VCALENDAR", "END:VCALENDAR"));
    let whole = text.replace("\r\n ", "");
    for line in whole.trim_end().split("\r\n") {
        let name = line.split([':', ';']).next().unwrap();
        assert!(!name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase()), "{line}");
    }
    assert_eq!(whole.matches("BEGIN:VEVENT").count(), whole.matches("END:VEVENT").count());
}

fn page(text: &str) {
    let page = scraper::Html::parse_document(text);
    let select = |selector: &str| scraper::Selector::parse(selector).unwrap();
    assert_eq!(
        page.select(&select("svg svg, a:not([href^='#']), [style], img, iframe")).count(),
        0,
        "{text}"
    );
    let scripts: Vec<String> = page.select(&select("script")).map(|script| script.text().collect()).collect();
    assert_eq!(scripts, [cutover::report::format::HTML_SCRIPT], "{text}");
}

fn xml(text: &str) {
    roxmltree::Document::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
}

fn annotations(text: &str) {
    let ours = ["::error title=", "::warning title=", "::notice title=", "1 domain: "];
    for line in text.lines() {
        assert!(ours.iter().any(|start| line.starts_with(start)), "{line}");
    }
}

fn metrics(text: &str) {
    let scrape = prometheus_parse::Scrape::parse(text.lines().map(|line| Ok(line.to_owned()))).unwrap();
    assert!(scrape.samples.iter().all(|sample| sample.metric.starts_with("cutover_")), "{text}");
}

fn state(text: &str) {
    assert_eq!(text.matches('|').count(), 1, "{text}");
}

fn zone_text(text: &str) {
    cutover::record::zone::read(text.as_bytes(), None, "plan")
        .unwrap_or_else(|error| panic!("{error}\n{text}"));
}

fn updates(text: &str) {
    let known = ["zone ", "prereq ", "update ", "send", "server ", "ttl ", "answer", "show", ";"];
    for line in text.lines().filter(|line| !line.is_empty()) {
        assert!(known.iter().any(|start| line.starts_with(start)), "{line}");
    }
}

fn yaml(text: &str) {
    serde_yaml_ng::from_str::<Value>(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
}

fn resources(text: &str) {
    let body: hcl::Body = hcl::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert!(body.blocks().all(|block| block.identifier() == "resource"), "{text}");
}
