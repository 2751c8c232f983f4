//! Do the dashboard and the alerts use metrics and labels that the server exports?

use std::collections::{BTreeMap, BTreeSet};

use cutover::check::{Status, Verdict};
use cutover::expected::Id;
use serde_json::Value;

use super::{text, values, word, yaml};
use crate::cli::{State, at_source, recorded};
use crate::run::cutover;
use crate::serve::{Folder, Server};

const DASHBOARD: &str = ".github/examples/grafana-dashboard.json";
const RULES: &str = ".github/examples/cutover-rules.yml";
const SCRAPES: &str = ".github/examples/prometheus.yml";

/// Labels that Prometheus adds to every sample.
const OF_SCRAPE: [&str; 2] = ["instance", "job"];

/// A metric in an expression, with the labels that select, group or match it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Use {
    metric: String,
    labels: BTreeSet<String>,
    /// Label, and the value that it must have.
    values: Vec<(String, String)>,
}

/// Every metric of an expression. A list of labels belongs to the metric that follows it.
fn uses(expression: &str) -> Vec<Use> {
    const KEYWORDS: [&str; 9] = ["and", "or", "unless", "bool", "without", "ignoring", "max", "min", "sum"];
    let (mut found, mut lists) = (Vec::new(), BTreeSet::new());
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        let is_word = |character: char| character.is_ascii_alphanumeric() || "_:".contains(character);
        if first == '[' {
            rest = &rest[rest.find(']').unwrap() + 1..];
        } else if first.is_ascii_digit() || !is_word(first) {
            let end = if first.is_ascii_digit() { rest.find(|next| !is_word(next)) } else { None };
            rest = &rest[end.unwrap_or(first.len_utf8())..];
        } else {
            let end = rest.find(|next| !is_word(next)).unwrap_or(rest.len());
            let (name, behind) = (&rest[..end], rest[end..].trim_start());
            rest = behind;
            if ["by", "on"].contains(&name) {
                let (list, behind) = behind.strip_prefix('(').unwrap().split_once(')').unwrap();
                lists.extend(list.split(',').map(|label| label.trim().to_owned()));
                rest = behind;
            } else if KEYWORDS.contains(&name) || behind.starts_with('(') {
                continue;
            } else {
                let mut used = Use { metric: name.to_owned(), labels: lists.clone(), values: Vec::new() };
                lists.clear();
                if let Some((matchers, behind)) =
                    behind.strip_prefix('{').and_then(|inside| inside.split_once('}'))
                {
                    for matcher in matchers.split(',').map(str::trim) {
                        let end = matcher.find(|next| !is_word(next)).unwrap();
                        let (label, test) = matcher.split_at(end);
                        used.labels.insert(label.to_owned());
                        if let Some(value) = test.strip_prefix("=\"") {
                            used.values.push((label.to_owned(), value.trim_end_matches('"').to_owned()));
                        }
                    }
                    rest = behind;
                }
                found.push(used);
            }
        }
    }
    found
}

/// The labels of each metric in texts for Prometheus.
fn exported(texts: &[String]) -> BTreeMap<String, BTreeSet<String>> {
    let mut exported: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in texts.iter().flat_map(|text| text.lines()).filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap();
        let labels =
            line.split_once('{').map(|(_, rest)| rest.split_once('}').unwrap().0).unwrap_or_default();
        let labels = labels.split(',').filter_map(|label| label.split_once('=')).map(|(label, _)| label);
        exported.entry(name.to_owned()).or_default().extend(labels.map(str::to_owned));
    }
    exported
}

/// All that a server exports, and a report of a domain whose caches have not caught up.
fn all_exported() -> BTreeMap<String, BTreeSet<String>> {
    let folder = Folder::of(&[("contoso.com", at_source("contoso.com"))]);
    let server = Server::start(&folder.settings());
    let metrics = server.get_until("/metrics", |answer| answer.body.contains("domain=\"contoso.com\""));
    let probe = server.get("/probe?target=contoso.com");
    let (_workspace, file) = recorded(&[("contoso.com", State::Waiting)]);
    let waiting = cutover(&format!("check --replay {file} --format prometheus"));
    exported(&[metrics.body, probe.body, waiting.out])
}

/// The labels in `{{domain}}` and `{{ $labels.domain }}`.
fn placeholders(text: &str) -> Vec<&str> {
    let inside = text.split("{{").skip(1).map(|rest| rest.split_once("}}").unwrap().0.trim());
    inside.map(|name| name.strip_prefix("$labels.").unwrap_or(name)).collect()
}

/// Panics for a metric, a label or a value that is never exported.
fn hold(place: &str, expression: &str, shown: &[&str], exported: &BTreeMap<String, BTreeSet<String>>) {
    let uses = uses(expression);
    assert!(!uses.is_empty(), "{place}: {expression}");
    let mut known: BTreeSet<&str> = BTreeSet::from(OF_SCRAPE);
    for Use { metric, labels, values } in &uses {
        let own = exported.get(metric);
        assert!(own.is_some() || metric == "up", "{place}: {metric} is not exported");
        known.extend(own.into_iter().flatten().map(String::as_str));
        for label in labels {
            let is_known = own.is_some_and(|own| own.contains(label)) || OF_SCRAPE.contains(&label.as_str());
            assert!(is_known, "{place}: {metric} has no label {label}");
        }
        for (label, value) in values {
            let is_known = match label.as_str() {
                "verdict" => Verdict::ALL.iter().any(|verdict| verdict.word() == value),
                "id" => Id::ALL.iter().any(|id| id.word() == value),
                "status" => value == Status::Unmet.word(),
                _ => true,
            };
            assert!(is_known, "{place}: no {label} is {value}");
        }
    }
    assert!(shown.iter().all(|label| known.contains(label)), "{place}: {shown:?}");
}

#[test]
fn the_dashboard_shows_what_is_exported() {
    let (dashboard, exported) = (yaml(DASHBOARD), all_exported());
    let mut ids = BTreeSet::new();
    let mut metrics = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        let title = word(&panel["title"], "title");
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{title}: its id is used twice");
        assert!(!word(&panel["description"], title).is_empty());
        for target in panel["targets"].as_array().unwrap() {
            let expression = word(&target["expr"], title);
            let legend = target["legendFormat"].as_str().unwrap_or_default();
            hold(title, expression, &placeholders(legend), &exported);
            metrics.extend(uses(expression).into_iter().map(|one| one.metric));
        }
        for names in values(panel, "names") {
            let columns = names.as_array().unwrap().iter().map(|name| word(name, title));
            let used = uses(word(&panel["targets"][0]["expr"], title));
            for column in columns.filter(|column| *column != "Value") {
                assert!(used.iter().any(|one| one.labels.contains(column)), "{title}: {column}");
            }
        }
    }
    assert!(metrics.len() > 12, "{metrics:?}");
    for variable in dashboard["templating"]["list"].as_array().unwrap() {
        let Some(query) = variable["definition"].as_str() else { continue };
        let inside = query.strip_prefix("label_values(").and_then(|rest| rest.strip_suffix(')')).unwrap();
        let (metric, label) = inside.split_once(", ").unwrap();
        assert!(exported[metric].contains(label), "{query}");
    }
    // The data source is the reader's choice, and no address of anybody is in the file.
    let sources: BTreeSet<&str> = values(&dashboard, "uid").into_iter().filter_map(Value::as_str).collect();
    assert_eq!(sources, BTreeSet::from(["${datasource}", "cutover"]));
    assert!(!text(DASHBOARD).contains("://"));
}

#[test]
fn every_alert_is_about_what_is_exported_and_says_what_to_do() {
    let (rules, exported) = (yaml(RULES), all_exported());
    let mut names = BTreeSet::new();
    for rule in rules["groups"][0]["rules"].as_array().unwrap() {
        let name = word(&rule["alert"], "alert");
        assert!(names.insert(name), "{name} is there twice");
        let notes: Vec<&str> =
            ["summary", "description"].iter().map(|note| word(&rule["annotations"][note], name)).collect();
        let shown: Vec<&str> = notes.iter().flat_map(|note| placeholders(note)).collect();
        hold(name, word(&rule["expr"], name), &shown, &exported);
        assert!(["critical", "warning", "info"].contains(&word(&rule["labels"]["severity"], name)), "{name}");
    }
    assert!(names.contains("CutoverOldMailServer") && names.contains("CutoverDown"), "{names:?}");
}

#[test]
fn the_scrapes_lead_to_paths_of_the_server() {
    let folder = Folder::of(&[("contoso.com", at_source("contoso.com"))]);
    let server = Server::start(&folder.settings());
    let scrapes = yaml(SCRAPES);
    assert_eq!(scrapes["rule_files"], serde_json::json!([RULES.rsplit_once('/').unwrap().1]));
    let jobs = scrapes["scrape_configs"].as_array().unwrap();
    for job in jobs {
        let path = job["metrics_path"].as_str().unwrap_or("/metrics");
        // The name of a parameter that a label sets.
        let parameters = values(job, "target_label");
        let parameters = parameters.iter().filter_map(|label| label.as_str()?.strip_prefix("__param_"));
        let query: String = parameters.map(|name| format!("?{name}=contoso.com")).collect();
        assert_eq!(server.get(&format!("{path}{query}")).status, 200, "{job}");
        assert!(word(&job["job_name"], "job").starts_with("cutover"), "as the alert `CutoverDown` has it");
    }
    assert_eq!(jobs.len(), 2);
}

#[test]
fn the_reader_of_expressions_sees_metrics_and_labels() {
    let found = uses(
        "time() - max by (a, b) (x_total{c=\"1\", d=~\"2.*\"}) > 3600 and on (e) rate(y[5m]) * 60 or up == 0",
    );
    let labels = |one: &Use| one.labels.iter().cloned().collect::<Vec<_>>().join(" ");
    let found: Vec<(String, String)> = found.iter().map(|one| (one.metric.clone(), labels(one))).collect();
    let expected = [("x_total", "a b c d"), ("y", "e"), ("up", "")];
    assert_eq!(found, expected.map(|(metric, labels)| (metric.to_owned(), labels.to_owned())));
    assert_eq!(placeholders("{{domain}} of {{ $labels.code }}"), ["domain", "code"]);
    let exported = exported(&["# HELP x y\nx{a=\"1\",b=\"{\"} 1\nz 2\n".to_owned()]);
    assert_eq!(exported["x"], BTreeSet::from(["a".to_owned(), "b".to_owned()]));
    assert!(exported["z"].is_empty());
}
