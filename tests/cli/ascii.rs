//! Does a console that shows nothing but ASCII get nothing else, and the same words?

use cutover::cli::Surroundings;
use cutover::report::style::Marks;

use super::{State, at_source, recorded, zone};
use crate::run::{Run, Workspace, cutover, cutover_with, surroundings, without_next_step};

const STATES: [State; 4] = [State::Ready, State::Waiting, State::Undetermined, State::ChangesNeeded];

fn assert_ascii(run: &Run, words: &str) {
    assert_ne!(run.status, 2, "{words}: {run:?}");
    for text in [&run.out, &run.err] {
        assert!(text.is_ascii(), "{words}: {text}");
    }
}

#[test]
fn every_report_for_a_person_is_ascii() {
    let workspace = Workspace::new();
    for state in STATES {
        let (_desk, replay) = recorded(&[("contoso.com", state), ("xn--exmple-cua.example", state)]);
        for words in ["check", "check -v", "check --phase prepare", "check --phase tidy"] {
            let words = format!("{words} --replay {replay}");
            let plain = cutover(&words);
            let run = cutover(&format!("{words} --ascii"));
            assert_eq!(run.status, plain.status);
            assert_ascii(&run, &words);
        }
    }
    let text = zone("contoso.com", &[("SPF", "@ TXT \"v=spf1 include:spf.example ä例 -all\""), ("MS", "")]);
    for text in [at_source("contoso.com"), text] {
        let file = workspace.put("contoso.com.zone", text);
        for words in ["check contoso.com", "plan contoso.com", "plan contoso.com --phase tidy --rollback"] {
            let words = format!("{words} --zone {file} --ascii");
            assert_ascii(&cutover(&words), &words);
        }
    }
    for words in
        ["expected contoso.com --services all", "expected exämple.example", "explain", "explain mx-at-source"]
    {
        assert_ascii(&cutover(&format!("{words} --ascii")), words);
    }
}

#[test]
fn marks_have_four_columns() {
    let demo = "check contoso.com --zone fixtures/demo/contoso.com.zone";
    let run = cutover(&format!("{demo} --ascii"));
    let line = |id: &str| run.out.lines().find(|line| line.contains(&format!("  {id}  "))).unwrap();
    assert!(line("verification").starts_with("  [ok]  verification  "), "{}", run.out);
    assert!(line("mx").starts_with("  [!!]  mx            "), "{}", run.out);
    assert!(line("dmarc").starts_with("  [  ]  dmarc         "), "{}", run.out);
    assert!(run.out.contains("Rackspace -> Microsoft 365"), "{}", run.out);
    let (_desk, replay) = recorded(&[("contoso.com", State::Waiting)]);
    let run = cutover(&format!("check --replay {replay} --ascii"));
    assert!(run.out.contains("  [..]  "), "{}", run.out);
}

#[test]
fn a_console_decides_and_data_stays_as_it_is() {
    let demo = "check contoso.com --zone fixtures/demo/contoso.com.zone";
    let around = Surroundings { marks: Marks::Ascii, error_marks: Marks::Ascii, ..surroundings() };
    let run = |words: &str| cutover_with(words.split(' '), &around);
    let asked = cutover(&format!("{demo} --ascii"));
    assert_eq!(without_next_step(&run(demo).out), without_next_step(&asked.out));
    let workspace = Workspace::new();
    let settings = workspace.put("cutover.toml", "[defaults]\nascii = true\n");
    let set = cutover(&format!("{demo} --settings {settings}"));
    assert_eq!(without_next_step(&set.out), without_next_step(&run(demo).out));
    // A slip in the options as well.
    let slip = run("check contoso.com --phase “tidy”");
    assert!(slip.status == 2 && slip.err.is_ascii(), "{slip:?}");
    for format in ["json", "markdown", "html", "csv"] {
        let words = format!("{demo} --format {format}");
        assert_eq!(run(&words).out, cutover(&words).out, "{format}");
    }
    let markdown = cutover(&format!("{demo} --format markdown --ascii"));
    assert!(markdown.out.contains('✅'), "{markdown:?}");
}
