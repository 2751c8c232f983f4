//! Do the published schemas say what the files really are?

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::{State, at_source, recorded};
use crate::run::{Workspace, cutover};

const FILES: [&str; 3] = ["settings", "report", "history"];

fn schema(file: &str) -> Value {
    let run = cutover(&format!("schema {file}"));
    assert_eq!((run.status, run.err.as_str()), (0, ""));
    serde_json::from_str(&run.out).unwrap()
}

fn assert_valid(file: &str, instance: &Value) {
    let schema = schema(file);
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(instance).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(errors, Vec::<String>::new());
}

#[test]
fn the_kept_schemas_are_those_of_the_types() {
    for file in FILES {
        let kept = Path::new("fixtures/schemas").join(format!("{file}.json"));
        let text = std::fs::read_to_string(&kept).unwrap_or_default();
        let now = cutover(&format!("schema {file}")).out;
        assert!(text == now, "{} is not what `cutover schema {file}` prints; write it anew", kept.display());
        jsonschema::meta::validate(&schema(file)).unwrap();
    }
}

#[test]
fn reports_are_what_the_schema_says() {
    let (_desk, file) = recorded(&[
        ("contoso.com", State::Ready),
        ("fabrikam.com", State::Waiting),
        ("a.example", State::Undetermined),
        ("b.example", State::ChangesNeeded),
    ]);
    for options in ["", "-v", "--phase tidy --strict"] {
        let run = cutover(&format!("check --replay {file} --format json {options}"));
        assert_valid("report", &serde_json::from_str(&run.out).unwrap());
    }
    assert!(jsonschema::is_valid(
        &schema("report"),
        &serde_json::to_value(crate::formats::everything()).unwrap()
    ));
    assert!(!jsonschema::is_valid(&schema("report"), &serde_json::json!({"schema_version": 1})));
}

#[test]
fn histories_are_what_the_schema_says() {
    let workspace = Workspace::new();
    let (zone, history) =
        (workspace.put("contoso.com.zone", at_source("contoso.com")), workspace.free("moves.json"));
    cutover(&format!("check contoso.com --zone {zone} --history {history}"));
    let text = std::fs::read_to_string(&history).unwrap();
    assert_valid("history", &serde_json::from_str(&text).unwrap());
}

#[test]
fn settings_are_what_the_schema_says() {
    let text = std::fs::read_to_string("fixtures/demo/cutover.toml").unwrap();
    let settings: toml::Value = toml::from_str(&text).unwrap();
    // Dates of TOML are text in JSON.
    let json = serde_json::to_string(&settings).unwrap();
    let mut json: Value = serde_json::from_str(&json).unwrap();
    for waiver in json["waiver"].as_array_mut().into_iter().flatten() {
        if let Some(day) = waiver["until"]["$__toml_private_datetime"].as_str().map(str::to_owned) {
            waiver["until"] = day.into();
        }
    }
    assert_valid("settings", &json);
    json["defaults"]["tenat"] = "contoso".into();
    assert!(!jsonschema::is_valid(&schema("settings"), &json));
}

/// The long options in the help of a command.
fn options(command: &str) -> BTreeSet<String> {
    let help = cutover(&format!("{command} --help")).out;
    let options = help.split_whitespace().filter_map(|word| word.strip_prefix("--"));
    options
        .map(|word| word.split(|letter: char| !letter.is_ascii_lowercase() && letter != '-').next().unwrap())
        // A file that lies about must not say where a token is sent.
        .filter(|word| !["help", "version", "settings", "graph-url", ""].contains(word))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_option_of_check_is_a_key_of_the_defaults() {
    let schema = schema("settings");
    let keys = schema["$defs"]["Defaults"]["properties"].as_object().unwrap();
    let keys: BTreeSet<String> = keys.keys().cloned().collect();
    let of_check = options("check");
    assert_eq!(of_check.difference(&keys).collect::<Vec<_>>(), Vec::<&String>::new());
    // The others tell `watch` whom to tell of a change.
    let of_watch = options("watch");
    let others = keys.difference(&of_check).filter(|key| !of_watch.contains(*key));
    assert_eq!(others.collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn the_settings_that_are_shown_are_those_that_are_tested() {
    let guide = std::fs::read_to_string(".github/GUIDE.md").unwrap();
    let shown = guide.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert_eq!(shown, std::fs::read_to_string("fixtures/demo/cutover.toml").unwrap());
    let run = cutover(
        "check --settings fixtures/demo/cutover.toml --zone fixtures/demo/contoso.com.zone --format json",
    );
    assert_eq!((run.status, run.errors()), (1, 0), "{run:?}");
}
