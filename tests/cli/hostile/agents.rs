//! Checks that no line of any output is a command to a build agent, and that what was made harmless still reads the same.
//!
//! The rules are those of the agents themselves: `Command.TryParse` of Azure Pipelines, `ActionCommand.TryParse` and
//! `TryParseV2` of the runner of GitHub Actions. Both compare by the rules of a language, in which invisible characters
//! count for nothing.

use cutover::record::{Name, RecordData, RecordType, Text};
use serde_json::Value;

use crate::cli::zone;
use crate::run::{Run, Workspace, cutover};

/// What Azure Pipelines would do: `##vso[` anywhere in a line, up to the next `]`.
fn azure(line: &str) -> Option<&str> {
    let start = line.find("##vso[")?;
    let rest = &line[start..];
    rest.find(']').map(|end| &rest[..=end])
}

/// What GitHub Actions would do: `::NAME …::` at the beginning, else `##[NAME …]` anywhere.
fn github(line: &str) -> Option<&str> {
    let trimmed = line.trim_start();
    if let Some(rest) = trimmed.strip_prefix("::") {
        return rest.find("::").map(|end| &rest[..end]);
    }
    let start = line.find("##[")?;
    let rest = &line[start..];
    rest.find(']').map(|end| &rest[..=end])
}

/// Fails if an agent would find a command in a line that is not an annotation of the format `github`.
pub fn assert_no_commands(run: &Run, words: &str) {
    for text in [&run.out, &run.err] {
        for line in text.lines() {
            let seen: String = line.chars().filter(char::is_ascii).collect();
            let is_ours = words.ends_with("github") && line.starts_with("::") && line.contains(" title=");
            assert_eq!(azure(&seen), None, "{words}: {line}");
            assert!(is_ours || github(&seen).is_none(), "{words}: {line}");
            // Stricter than today's agents: neither an end nor a known name is needed.
            assert!(!seen.to_lowercase().contains("##vso[") && !seen.contains("##["), "{words}: {line}");
            assert!(is_ours || !seen.trim_start().starts_with("::"), "{words}: {line}");
        }
    }
}

#[test]
fn the_rules_find_commands() {
    for line in ["##vso[task.prependpath]/tmp/evil", "x ##vso[task.setvariable variable=a;]b"] {
        assert!(azure(line).is_some(), "{line}");
    }
    for line in ["::error::x", "\t ::warning file=a::x", "x ##[group]y"] {
        assert!(github(line).is_some(), "{line}");
    }
    for line in ["##vso\\091task.prependpath]", "\\058:error::x", "x ::error::y", "::1", "##vso[x"] {
        assert_eq!((azure(line), github(line)), (None, None), "{line}");
    }
}

/// A text that every agent would obey.
const COMMAND: &str = "##vso[task.prependpath]/tmp/evil ##[group]x";

/// A domain with the command in a TXT record that stays, and in one that is to change.
fn world() -> String {
    zone(
        "contoso.com",
        &[
            ("SPF", &format!("@ TXT \"v=spf1 include:emailsrvr.com {COMMAND} ~all\"")),
            ("MS", &format!("@ TXT \"{COMMAND}\"")),
            ("MX", "@ MX 10 ##vso[task.x]y.emailsrvr.com."),
            ("autodiscover", "autodiscover AAAA ::1"),
        ],
    )
}

fn text(presentation: &str) -> Option<Text> {
    match RecordData::parse(RecordType::Txt, presentation, &Name::root()) {
        Ok(RecordData::Txt(text)) => Some(text),
        Ok(_) | Err(_) => None,
    }
}

#[test]
fn a_command_still_reads_as_the_text_that_it_is() {
    let workspace = Workspace::new();
    let file = workspace.put("world.zone", world());
    let ran = |words: &str| {
        let run = cutover(&format!("{words} --zone {file}"));
        assert_no_commands(&run, words);
        run.out
    };
    let kept = Text::from(COMMAND);
    let gone = Text::from(format!("v=spf1 include:emailsrvr.com {COMMAND} ~all").as_str());
    let mx: RecordData =
        RecordData::parse(RecordType::Mx, "10 ##vso[task.x]y.emailsrvr.com.", &Name::root()).unwrap();

    let json: Value = serde_json::from_str(&ran("plan contoso.com --format json")).unwrap();
    let before: Vec<&str> = json["changes"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|change| change["before"].as_array().unwrap())
        .filter_map(Value::as_str)
        .collect();
    let texts: Vec<Text> = before.iter().filter_map(|record| text(record)).collect();
    assert!(texts.contains(&kept) && texts.contains(&gone), "{before:?}");
    let is_mx =
        |record: &&str| RecordData::parse(RecordType::Mx, record, &Name::root()).ok() == Some(mx.clone());
    assert!(before.iter().any(is_mx), "{before:?}");
    assert!(before.contains(&"::1"), "{before:?}");

    let bind = ran("plan contoso.com --format bind");
    let read = cutover::record::zone::read(bind.as_bytes(), None, "plan").unwrap().records;
    assert!(read.iter().any(|record| record.data == RecordData::Txt(kept.clone())), "{bind}");

    let updates = ran("plan contoso.com --format nsupdate");
    let deleted =
        updates.lines().find_map(|line| line.strip_prefix("update delete contoso.com. IN TXT ")).unwrap();
    assert_eq!(text(deleted), Some(gone.clone()), "{updates}");

    let yaml: Value = serde_yaml_ng::from_str(&ran("plan contoso.com --format octodns")).unwrap();
    assert!(yaml.to_string().contains(COMMAND), "{yaml}");

    let body: hcl::Body =
        hcl::from_str(&ran("plan contoso.com --format terraform --provider azure")).unwrap();
    assert!(format!("{body:?}").contains(COMMAND), "{body:?}");

    let script = ran("plan contoso.com --format powershell");
    let whole = script.replace("' + [char]0x005B + '", "[");
    assert!(whole.contains(&format!("-eq ('v=spf1 include:emailsrvr.com {COMMAND} ~all')")), "{script}");

    let script = ran("plan contoso.com --format dnscontrol");
    let call = script.lines().find_map(|line| line.strip_prefix("//   TXT(\"@\", ")).unwrap();
    let mut strings = serde_json::Deserializer::from_str(call).into_iter::<String>();
    assert_eq!(Text::from(strings.next().unwrap().unwrap().as_str()), gone, "{call}");

    let rows = ran("plan contoso.com --format csv");
    let mut rows = ::csv::Reader::from_reader(rows.as_bytes());
    assert!(rows.records().any(|row| text(&row.unwrap()[7]) == Some(gone.clone())));

    let table = ran("plan contoso.com");
    let joined: Vec<&str> = table.split_whitespace().collect();
    assert!(joined.contains(&"##vso\\091task.prependpath]/tmp/evil"), "{table}");

    let rows = ran("check contoso.com --format csv");
    let mut rows = ::csv::Reader::from_reader(rows.as_bytes());
    let observed: Vec<String> = rows.records().map(|row| row.unwrap()[10].to_owned()).collect();
    assert!(observed.iter().any(|cell| text(cell) == Some(gone.clone())), "{observed:?}");
    assert!(observed.iter().any(|cell| cell.parse::<std::net::Ipv6Addr>().is_ok()), "{observed:?}");

    let xml = ran("check contoso.com --format junit");
    let xml = roxmltree::Document::parse(&xml).unwrap();
    let observed = xml.descendants().filter_map(|node| node.text()).flat_map(str::lines);
    let mut observed = observed.filter_map(|line| line.strip_prefix("observed: "));
    assert!(observed.any(|line| text(line) == Some(gone.clone())));
}
