//! Do the metrics say what a scraper needs, in the time that it allows?

use std::time::{Duration, Instant};

use prometheus_parse::{Scrape, Value};

use super::client::ask;
use super::{Folder, Server};
use crate::cli::{at_source, zone};
use crate::lab::Say;
use crate::lookup::Estate;

fn scrape(text: &str) -> Scrape {
    Scrape::parse(text.lines().map(|line| Ok(line.to_owned()))).unwrap()
}

fn value(text: &str, metric: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let scrape = scrape(text);
    let sample = scrape.samples.iter().find(|sample| {
        sample.metric == metric && labels.iter().all(|(name, value)| sample.labels.get(name) == Some(value))
    })?;
    match sample.value {
        Value::Gauge(value) | Value::Counter(value) | Value::Untyped(value) => Some(value),
        Value::Histogram(_) | Value::Summary(_) => None,
    }
}

#[test]
fn a_probe_checks_one_domain() {
    let folder = Folder::of(&[("contoso.com", at_source("contoso.com"))]);
    let server = Server::start(&folder.settings());
    let answer = server.get("/probe?target=contoso.com");
    assert!(answer.header("content-type").unwrap().starts_with("text/plain; version=0.0.4"));
    let labels = [("domain", "contoso.com"), ("phase", "switch"), ("verdict", "changes-needed")];
    assert_eq!(value(&answer.body, "cutover_verdict", &labels), Some(1.0), "{}", answer.body);
    assert_eq!(value(&answer.body, "cutover_probe_complete", &[]), Some(1.0));
    let prepared = server.get("/probe?target=contoso.com&phase=prepare").body;
    assert!(prepared.contains("phase=\"prepare\"") && !prepared.contains("phase=\"switch\""), "{prepared}");
    for bad in
        ["", "?target=", "?target=localhost", "?target=contoso.com&phase=none", "?target=a%00b.example"]
    {
        assert_eq!(server.get(&format!("/probe{bad}")).status, 400, "{bad}");
    }
}

#[test]
fn a_probe_ends_in_the_time_that_the_scraper_allows() {
    let estate = Estate::new();
    estate.first.say_to("contoso.com", "TXT", Say::Nothing);
    estate.second.say_to("contoso.com", "TXT", Say::Nothing);
    let server = Server::start(&format!("{} --deadline 20 --any-domain", estate.options()));
    let begin = Instant::now();
    let header = [("X-Prometheus-Scrape-Timeout-Seconds", "1.5")];
    let answer = ask(server.address, "GET", "/probe?target=contoso.com", &header);
    assert!(begin.elapsed() < Duration::from_millis(1500), "{:?}", begin.elapsed());
    assert_eq!(answer.status, 200);
    assert_eq!(value(&answer.body, "cutover_probe_complete", &[]), Some(0.0), "{}", answer.body);
    assert_eq!(value(&answer.body, "cutover_verdict", &[("verdict", "undetermined")]), Some(1.0));
    // What was known by then is in it.
    let dkim = [("id", "dkim-selector1"), ("code", "alias-missing")];
    assert_eq!(value(&answer.body, "cutover_finding", &dkim), Some(1.0), "{}", answer.body);
    assert_eq!(value(&answer.body, "cutover_finding", &[("id", "mx")]), None, "it is met");
}

#[test]
fn the_metrics_of_the_process_are_few_and_well_formed() {
    let folder =
        Folder::of(&[("contoso.com", at_source("contoso.com")), ("fabrikam.com", zone("fabrikam.com", &[]))]);
    let server = Server::start(&folder.settings());
    server.get_until("/", |answer| !answer.body.contains("not checked yet"));
    let text = server.get("/metrics").body;
    assert_eq!(value(&text, "cutover_verdict", &[("domain", "contoso.com")]), Some(1.0));
    assert_eq!(value(&text, "cutover_watched_domains", &[("verdict", "ready")]), Some(1.0));
    assert!(value(&text, "cutover_checks_total", &[]).unwrap() >= 2.0);
    let of_domain = text.lines().filter(|line| line.contains("domain=\"contoso.com\"")).count();
    assert!(of_domain <= 5, "{text}");
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split([' ', '{']).next().unwrap();
        assert!(
            text.contains(&format!("# HELP {name} ")) && text.contains(&format!("# TYPE {name} ")),
            "{name}"
        );
    }
}
