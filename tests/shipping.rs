//! Does what stands around the program, for CI systems, schedulers and readers, fit the program that there is?
//!
//! Nothing here runs on the systems that it is for; what can be held without them is held: form, required keys, scripts
//! that a shell can read, options that exist.

mod action;
mod commands;
mod container;
mod contributing;
mod kubernetes;
mod monitoring;
mod packages;
mod readme;
pub mod schedule;
pub mod server;
mod shards;
mod supply;
mod workflows;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// A file of the repository.
pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Its text.
pub fn text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The same as YAML.
pub fn yaml(name: &str) -> Value {
    serde_yaml_ng::from_str(&text(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The names of the files of a directory.
pub fn files(directory: &str) -> Vec<String> {
    let entries = std::fs::read_dir(path(directory)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.map(|name| format!("{directory}/{name}")).collect();
    names.sort();
    names
}

/// Every value of this key, at any depth.
pub fn values<'a>(value: &'a Value, key: &str) -> Vec<&'a Value> {
    match value {
        Value::Object(map) => {
            let own = map.get(key).into_iter();
            own.chain(map.values().flat_map(|inner| values(inner, key))).collect()
        }
        Value::Array(list) => list.iter().flat_map(|inner| values(inner, key)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

/// A string, or a failure that says of what.
pub fn word<'a>(value: &'a Value, what: &str) -> &'a str {
    value.as_str().unwrap_or_else(|| panic!("{what} is no text: {value}"))
}

/// What bash says of the grammar of a script; nothing where there is no bash.
pub fn grammar(script: &str) -> Result<(), String> {
    let mut bash = Command::new("bash");
    let bash = bash.arg("-n").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let Ok(mut child) = bash.spawn() else { return Ok(()) };
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

/// The oldest Rust that is promised.
pub fn rust_version() -> String {
    let manifest = text("Cargo.toml");
    let line = manifest.lines().find_map(|line| line.strip_prefix("rust-version = \"")).unwrap();
    line.trim_end_matches('"').to_owned()
}

#[test]
fn the_helpers_see_what_is_wrong() {
    let has_bash = Command::new("bash").arg("--version").stdout(Stdio::null()).status().is_ok();
    assert_eq!(grammar("if true; then echo").is_err(), has_bash);
    assert_eq!(grammar("if true; then echo; fi"), Ok(()));
    let value = serde_json::json!({"a": [{"run": "x"}, {"b": {"run": "y"}}], "run": "z"});
    assert_eq!(values(&value, "run").len(), 3);
}
