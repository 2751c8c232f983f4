//! Does a server take no more memory after a day than after its first hours?
//!
//! A day by a clock that the test sets forward, in a process of its own, so that the memory is that of the server
//! alone. It is the resident memory that `/metrics` shows, with the allocator of the system.
#![cfg(target_os = "linux")]

use std::io::Write as _;
use std::process::Command;

use jiff::SignedDuration;

use super::client::EventStream;
use super::{Folder, Server, wait_for_or};
use crate::cli::{at_source, zone};

/// Tells the test binary that it is the process of its own.
const VARIABLE: &str = "CUTOVER_DAY";
const DOMAINS: usize = 4;
/// Checks of each domain in a day.
const ROUNDS: usize = 24 * 2;
/// Octets that the rest of the day may take beyond the first quarter of it.
const MOST: u64 = 4 << 20;

#[test]
fn memory_is_flat_over_a_day() {
    if std::env::var_os(VARIABLE).is_some() {
        return day();
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["serve::day::memory_is_flat_over_a_day", "--exact", "--nocapture"])
        .env(VARIABLE, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{said}", String::from_utf8_lossy(&output.stdout));
    let figures = said.lines().find(|line| line.starts_with("a day of")).unwrap_or_else(|| panic!("{said}"));
    std::io::stderr().write_all(format!("{figures}\n").as_bytes()).unwrap();
}

fn day() {
    let names: Vec<String> = (0..DOMAINS).map(|number| format!("customer-{number}.example")).collect();
    let zones: Vec<(&str, String)> = names.iter().map(|name| (name.as_str(), at_source(name))).collect();
    let folder = Folder::of(&zones);
    let server = Server::start(&format!("{} --every 30m", folder.settings()));
    let value = |name: &str| {
        let text = server.get("/metrics").body;
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{text}"));
        line.trim().parse::<u64>().unwrap()
    };
    let mut memory = Vec::new();
    for round in 0..ROUNDS {
        // Half of the domains change their verdict in each round.
        for (number, name) in names.iter().enumerate().filter(|(number, _)| number % 2 == round % 2) {
            let text = if (round / 2 + number) % 2 == 0 { zone(name, &[]) } else { at_source(name) };
            folder.publish(name, &text);
        }
        let before = value("cutover_checks_total");
        if round > 0 {
            server.clock.set(SignedDuration::from_mins(30));
        }
        let wanted = if round == 0 { DOMAINS as u64 } else { before + DOMAINS as u64 };
        wait_for_or(|| (value("cutover_checks_total") >= wanted).then_some(()), || server.said.text());
        // A reader of pages, plans and events, and a scraper.
        let name = &names[round % DOMAINS];
        let events = EventStream::open(server.address, "/api/v1/events").unwrap();
        for path in
            ["/", "/domains/NAME", "/domains/NAME?plan=bind", "/domains/NAME?plan=runbook", "/api/v1/domains"]
        {
            assert_eq!(server.get(&path.replace("NAME", name)).status, 200, "{path}");
        }
        assert_eq!(server.get(&format!("/probe?target={name}")).status, 200);
        drop(events);
        memory.push(value("process_resident_memory_bytes"));
    }
    let early = memory[..ROUNDS / 4].iter().max().unwrap();
    let late = memory[ROUNDS / 4..].iter().max().unwrap();
    let text = format!(
        "a day of {} checks of {DOMAINS} domains: at most {:.1} MiB in the first quarter, {:.1} MiB after it\n",
        value("cutover_checks_total"),
        *early as f64 / f64::from(1 << 20),
        *late as f64 / f64::from(1 << 20),
    );
    std::io::stderr().write_all(text.as_bytes()).unwrap();
    assert!(*late < early + MOST, "{memory:?}");
}
