//! Does anything that DNS answers reach a terminal raw, and does a line ever grow wider than it?

mod agents;
mod formats;

use cutover::cli::Surroundings;
use unicode_width::UnicodeWidthStr as _;

use super::domains::without_color;
use super::{State, at_source, recorded, zone};
use crate::run::{Run, Workspace, cutover, cutover_with, surroundings};
use agents::assert_no_commands;

/// Records that each try something, one a line, in place of those of a zone.
pub const TRICKS: &[(&str, &str)] = &[
    ("MS", "@ TXT \"MS=ms1234\\027[2J5678\""),
    ("MS", "@ TXT \"\\027]0;owned\\007\""),
    ("MS", "@ TXT \"\u{202e}gnp.exe\" \"\u{2066}\u{200b}\u{feff}\""),
    ("MS", "@ TXT \"\\155\\049m\\133\\000\""),
    ("SPF", "@ TXT \"v=spf1 \\027[31minclude:spf.protection.outlook.com -all\""),
    ("SPF", "@ TXT \"v=spf1 include:\\027[31m\\010.example ?all\""),
    ("SPF", "@ TXT \"v=spf1 include:a\u{202e}b.example -all\""),
    ("SPF", "@ TXT \"v=spf1 exp=\\007.example nonsense\\027[0m=x -all\""),
    ("SPF", "@ TXT \"v=spf\u{2011}1 include:spf.protection.outlook.com -all\\013\""),
    ("MX", "@ MX 10 \\027[31m.emailsrvr.com."),
    ("MX", "@ MX 10 \\226\\128\\174moc\\007.example."),
    ("MX", "@ MX 0 contoso-com.mail.protection.outlook.com.\n@ MX 10 \\155\\049m.example."),
    ("autodiscover", "autodiscover CNAME \\027]8;;http://x\\007.example."),
    ("autodiscover", "autodiscover CNAME \\226\\128\\174.contoso.com."),
    ("autodiscover", "autodiscover.contoso.com CNAME autodiscover.outlook.com.\n* CNAME \\027[1m.example."),
    ("NS", "@ NS \\027[41m.example."),
    ("MS", "@ TXT \"##vso[task.prependpath]/tmp/evil\" \" ##[group]x\""),
    ("SPF", "@ TXT \"v=spf1 include:spf.protection.outlook.com ##vso[task.x]y #\\194\\173#[x] -all\""),
    ("SPF", "@ TXT \"v=spf1 include:\\239\\191\\191.example \\239\\183\\144 \\244\\143\\191\\190 -all\""),
    ("SPF", "@ TXT \"v=spf1 ::error::x include:spf.protection.outlook.com ::add-mask::y -all\""),
    ("MX", "@ MX 10 ::error::x.##vso[task.x]y.example."),
    ("autodiscover", "autodiscover AAAA ::1\nautodiscover AAAA ::2"),
    ("autodiscover", "autodiscover CNAME ::error::x.example."),
    ("NS", "@ NS ::stop-commands::x.example."),
];

/// Every way to print a zone.
const VIEWS: &[&str] = &[
    "check contoso.com",
    "check contoso.com -v",
    "check contoso.com --phase tidy",
    "check contoso.com --format json",
    "check contoso.com --format json -v",
    "plan contoso.com",
    "plan contoso.com --format bind",
    "plan contoso.com --format json",
    "plan contoso.com --format runbook",
];

#[test]
fn nothing_hostile_reaches_a_stream() {
    for (key, trick) in TRICKS {
        let workspace = Workspace::new();
        let file = workspace.put("contoso.com.zone", zone("contoso.com", &[(key, trick)]));
        for view in VIEWS {
            let run = cutover(&format!("{view} --zone {file}"));
            assert_ne!(run.status, 2, "{trick}: {run:?}");
            assert_harmless(&run, &format!("{view}, {trick}"));
        }
    }
}

#[test]
fn a_recording_is_no_more_trusted_than_dns() {
    let (workspace, file) = recorded(&[("contoso.com", State::Undetermined)]);
    let text = std::fs::read_to_string(&file).unwrap();
    let hostile =
        "outcome servfail\nreason \"\\027[31m\\226\\128\\174\"\nextended 22 \"\\007\\010x\\027]0;a\\007\"";
    for text in [
        text.replace("outcome timeout", hostile),
        text.replace("192.0.2.1:53", "\"\\027[31m\\226\\128\\174\""),
        text.replace("192.0.2.1:53", "\"a\\010b\""),
    ] {
        let file = workspace.put("hostile.rec", text);
        for view in VIEWS {
            assert_harmless(&cutover(&format!("{view} --replay {file}")), view);
        }
    }
}

#[test]
fn what_was_typed_is_told_harmlessly() {
    for arguments in [
        &["check", "\u{1b}[31m\u{202e}.com"][..],
        &["check", "contoso.com", "--zone", "\u{1b}[31m\u{202e}.zone"],
        &["check", "contoso.com", "--replay", "a\nb\u{1b}[31m"],
        &["check", "contoso.com", "--source", "\u{1b}[31m"],
        &["check", "contoso.com", "--tenant", "\u{1b}[31m"],
        &["check", "contoso.com", "--mx", "\u{1b}[31m.example"],
        &["check", "contoso.com", "--verification", "\u{1b}[31m"],
        &["check", "contoso.com", "--phase", "\u{1b}[31m\u{202e}"],
        &["\u{1b}[31m\u{202e}"],
        &["explain", "\u{1b}[31m\u{202e}"],
    ] {
        let run = cutover_with(arguments.iter().copied(), &surroundings());
        assert_eq!((run.status, run.out.as_str(), run.errors()), (2, "", 1), "{run:?}");
        assert_harmless(&run, &format!("{arguments:?}"));
    }
    // A file may have any name, and its name stands in the report; Windows allows no control characters in it.
    let workspace = Workspace::new();
    let name = if cfg!(windows) { "\u{202e}.zone" } else { "\u{1b}[31m\u{202e}.zone" };
    let path = workspace.put(name, at_source("contoso.com"));
    for view in VIEWS {
        let arguments = view.split(' ').map(str::to_owned).chain(["--zone".into(), path.clone()]);
        let run = cutover_with(arguments, &surroundings());
        assert_eq!(run.err.matches("error").count(), 0, "{run:?}");
        assert_harmless(&run, view);
    }
}

#[test]
fn a_very_long_text_is_told_whole_and_harmlessly() {
    let workspace = Workspace::new();
    let senders: String = (0..400).map(|host| format!(" ip4:192.0.{}.{}", host / 250, host % 250)).collect();
    let record = format!("v=spf1{senders} -all");
    let strings: Vec<String> =
        record.as_bytes().chunks(255).map(|part| format!("\"{}\"", String::from_utf8_lossy(part))).collect();
    let text = zone("contoso.com", &[("SPF", &format!("@ TXT {}", strings.join(" ")))]);
    let file = workspace.put("contoso.com.zone", text);
    for view in VIEWS {
        assert_harmless(&cutover(&format!("{view} --zone {file}")), view);
    }
    let domain = cutover(&format!("check contoso.com --zone {file} --format json")).domain();
    let change = &domain["changes"][0];
    assert_eq!(change["before"].as_array().unwrap().len(), 2);
    assert!(change["after"].to_string().contains("ip4:192.0.1.149 include:spf.protection.outlook.com -all"));
    for line in cutover(&format!("plan contoso.com --zone {file} --format bind")).out.lines() {
        let strings = line.split('"').skip(1).step_by(2);
        assert!(strings.clone().all(|string| string.len() <= 255), "{line}");
    }
}

#[test]
fn no_line_of_a_report_is_wider_than_the_terminal() {
    for view in ["check contoso.com", "check contoso.com --phase tidy", "plan contoso.com"] {
        every_wide_world(view);
    }
    for options in ["", "--cloud gcc-high", "--tenant contoso"] {
        assert_narrow(&format!("expected contoso.com {options}"));
    }
}

#[test]
fn no_answer_of_a_server_is_broken() {
    let workspace = Workspace::new();
    for text in wide_zones() {
        let file = workspace.put("contoso.com.zone", text);
        let of = |width: Option<usize>| {
            let words = format!("check contoso.com --zone {file} -v");
            cutover_with(words.split_whitespace(), &Surroundings { width, ..surroundings() }).out
        };
        let whole = of(None);
        let answers = whole.lines().filter_map(|line| line.split_once(" records "));
        let answers: Vec<&str> =
            answers.filter_map(|(_, rest)| Some(rest.split_once(" ms")?.1.trim())).collect();
        let count = whole.lines().filter(|line| line.contains(" records ")).count();
        assert_eq!((answers.len(), count > 0), (count, true), "{whole}");
        for width in [60, 80, 120, 200] {
            let narrow = of(Some(width));
            let missing = answers.iter().find(|answer| !narrow.lines().any(|line| line.ends_with(*answer)));
            assert_eq!(missing, None, "in {width}:\n{narrow}");
        }
    }
}

fn every_wide_world(view: &str) {
    let workspace = Workspace::new();
    for text in wide_zones() {
        let file = workspace.put("contoso.com.zone", text);
        for look in ["--color never", "--color always", "--ascii"] {
            assert_narrow(&format!("{view} --zone {file} {look}"));
        }
    }
    for state in [State::Ready, State::Waiting, State::Undetermined, State::ChangesNeeded] {
        let (_desk, file) = recorded(&[("contoso.com", state)]);
        assert_narrow(&format!("{view} --replay {file}"));
    }
}

/// Zones with long names, long texts without a blank, and characters of two columns.
fn wide_zones() -> Vec<String> {
    let label = "w".repeat(60);
    let long = format!("{label}.{label}.{label}.example.");
    let servers: String = (1..=13).map(|n| format!("@ NS ns{n}.some-rather-long-name.example.\n")).collect();
    let text = format!("@ TXT \"{}\"", "x".repeat(250));
    let wide = format!("@ TXT \"v=spf1 include:{}.example -all\"", "例".repeat(20));
    vec![
        at_source("contoso.com"),
        zone(
            "contoso.com",
            &[("MX", &format!("@ MX 10 {long}")), ("autodiscover", &format!("autodiscover CNAME {long}"))],
        ),
        zone("contoso.com", &[("SPF", &text), ("NS", &servers)]),
        zone("contoso.com", &[("SPF", &wide), ("MS", &text), ("MX", "")]),
    ]
}

/// Whether a line has one word beside marks; what is in backticks is one.
fn is_one_word(line: &str) -> bool {
    let mut is_value = false;
    let blanks = line.trim().char_indices().filter(|(_, character)| {
        is_value ^= *character == '`';
        *character == ' ' && !is_value
    });
    blanks.count() == 0
}

/// Whether a line is that of a record whose value is on the next one.
fn is_front_of_value(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let last = words.next_back().unwrap_or_default();
    let is_type = |word: &str| ["MX", "TXT", "CNAME", "SRV", "A", "AAAA", "NS"].contains(&word);
    is_type(last) || line.contains("TTL ")
}

fn assert_narrow(words: &str) {
    for width in [60, 80, 120, 200] {
        let terminal = Surroundings { width: Some(width), ..surroundings() };
        let run = cutover_with(words.split_whitespace(), &terminal);
        assert_ne!(run.status, 2, "{run:?}");
        let plain = without_color(&run.out);
        let mut before = "";
        for line in plain.lines() {
            // A value that does not fit is alone on its line: one word, or what belongs to the line of its record above.
            let is_value = is_one_word(line) || (line.starts_with("    ") && is_front_of_value(before));
            before = line;
            assert!(
                line.width() <= width || is_value,
                "{} columns in {width}: {words}\n{line}\n\n{}",
                line.width(),
                run.out
            );
        }
    }
}

fn assert_harmless(run: &Run, what: &str) {
    assert_no_commands(run, what);
    for text in [&run.out, &run.err] {
        let acting = text.chars().find(|character| *character != '\n' && acts(*character));
        assert_eq!(acting, None, "{what}: {text:?}");
    }
    if let Ok(json) = serde_json::from_str::<serde_json::Value>(&run.out) {
        every_string(&json, &mut |text| assert!(!text.chars().any(acts), "{what}: {text:?}"));
    }
}

/// Whether a character does something to a terminal, or to the order of the text around it.
pub fn acts(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(character, '\u{ad}' | '\u{061c}' | '\u{feff}' | '\u{fdd0}'..='\u{fdef}')
        || u32::from(character) & 0xfffe == 0xfffe
}

fn every_string(json: &serde_json::Value, look: &mut impl FnMut(&str)) {
    match json {
        serde_json::Value::String(text) => look(text),
        serde_json::Value::Array(list) => list.iter().for_each(|one| every_string(one, look)),
        serde_json::Value::Object(map) => map.iter().for_each(|(key, one)| {
            look(key);
            every_string(one, look);
        }),
        _ => {}
    }
}
