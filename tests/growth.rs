//! Does twice the input lead to more than twice of anything that can be counted?
//!
//! Questions, packets and octets written; what is nothing but time, `cargo bench --bench growth` shows.

mod inputs;

use std::io::Write as _;

use inputs::{INPUTS, Input, ZONE};

use crate::lab::Lab;
use crate::run::{Workspace, cutover_with, surroundings};

/// What a run cost.
#[derive(Debug, Clone, Copy)]
struct Cost {
    /// Replies of its recording; none where it is not made.
    questions: usize,
    /// Octets on both streams.
    octets: usize,
}

fn cost(input: &Input, count: usize) -> Cost {
    let workspace = Workspace::new();
    let file = workspace.put("input", (input.make)(count));
    let zone = workspace.put("contoso.com.zone", ZONE);
    let recording = workspace.free("recording");
    let mut words: Vec<String> = input.words.split(' ').map(str::to_owned).collect();
    for word in &mut words {
        match word.as_str() {
            "INPUT" => word.clone_from(&file),
            "ZONE" => word.clone_from(&zone),
            _ => {}
        }
    }
    if words[0] == "check" && !words.contains(&"--replay".to_owned()) {
        words.extend(["--record".to_owned(), recording]);
    }
    let run = cutover_with(words, &surroundings());
    let recorded = std::fs::read_to_string(workspace.path("recording")).unwrap_or_default();
    let questions = recorded.lines().filter(|line| line.starts_with("reply ")).count();
    Cost { questions, octets: run.out.len() + run.err.len() }
}

#[test]
fn twice_the_input_is_at_most_twice_the_work_that_can_be_counted() {
    const COUNT: usize = 150;
    let mut faults = Vec::new();
    let mut questions = [0, 0];
    let mut octets = [0, 0];
    for input in INPUTS {
        let [one, two] = [COUNT, 2 * COUNT].map(|count| cost(input, count));
        for (sum, cost) in questions.iter_mut().zip([one, two]) {
            *sum += cost.questions;
        }
        for (sum, cost) in octets.iter_mut().zip([one, two]) {
            *sum += cost.octets;
        }
        // Longer numbers, and a line here and there.
        let is_linear =
            two.questions <= 2 * one.questions + 8 && two.octets <= 2 * one.octets + one.octets / 4 + 1024;
        if !is_linear {
            faults.push(format!("{}: {one:?} became {two:?}", input.name));
        }
    }
    let [first, second] = [0, 1].map(|at| format!("{} questions, {} octets", questions[at], octets[at]));
    let text =
        format!("{} inputs, {COUNT} times as large: {first}; {} times: {second}\n", INPUTS.len(), 2 * COUNT);
    std::io::stderr().write_all(text.as_bytes()).unwrap();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Answers of any size, in place of the records of the domain.
const ANSWERS: [(&str, &str); 6] = [
    ("texts", "@ 60 TXT t#"),
    ("mail hosts", "@ 60 MX 10 mx#.example.net."),
    ("name servers", "@ 60 NS ns#.example.net."),
    ("SPF records", "@ 60 TXT \"v=spf1 include:x#.example.net -all\""),
    ("includes", "i# 60 TXT \"v=spf1 include:i#.contoso.com include:x#.example.net -all\""),
    ("addresses", "autodiscover 60 A 192.0.2.#"),
];

#[test]
fn no_answer_of_the_dns_leads_to_more_questions_than_are_bounded() {
    /// Packets at most: three servers, and the bounds of each kind of host that is looked at.
    const MOST: usize = 1000;
    let mut counted = Vec::new();
    for (name, line) in ANSWERS {
        let packets = [50, 100, 200].map(|count| {
            let lab = Lab::start();
            let server = lab.server("127.0.0.2");
            let records: String = (0..count).map(|at: usize| line.replace('#', &at.to_string()) + "\n").collect();
            let zone = format!(
                "@ 60 NS ns1\nns1 60 A 127.0.0.2\n@ 60 TXT \"v=spf1 include:i0.contoso.com -all\"\n{records}"
            );
            server.zone("contoso.com", &zone);
            server.zone("example.net", "* 60 A 127.0.0.2\n* 60 TXT \"v=spf1 -all\"");
            let resolver = lab.resolver("127.0.0.53");
            let words = format!(
                "check contoso.com --resolver {} --authority-port {} --timeout 2 --deadline 30 --no-https --format json",
                resolver.address(),
                lab.port()
            );
            let run = cutover_with(words.split(' '), &surroundings());
            assert_ne!(run.status, 2, "{name}: {}", run.err);
            server.packets() + resolver.packets()
        });
        counted.push(format!("{name} {packets:?}"));
        let [one, two, four] = packets;
        assert!(two <= 2 * one + 8 && four <= 2 * two + 8 && four < MOST, "{name}: {packets:?}");
    }
    let text = format!("packets for 50, 100 and 200 of: {}\n", counted.join(", "));
    std::io::stderr().write_all(text.as_bytes()).unwrap();
}
