//! Does `CONTRIBUTING.md` name what is there?

use super::{path, text};

/// Every path in backticks, without wildcards.
fn paths(text: &str) -> Vec<&str> {
    let quoted = text.split('`').skip(1).step_by(2);
    let is_path = |word: &&str| {
        let folders = ["src/", "tests/", "fixtures/", ".github/", ".ci/", "fuzz/"];
        folders.iter().any(|folder| word.starts_with(folder)) && !word.contains(['*', ' '])
    };
    quoted.filter(is_path).collect()
}

#[test]
fn every_path_exists() {
    let text = text(".github/CONTRIBUTING.md");
    let paths = paths(&text);
    let missing: Vec<&&str> = paths.iter().filter(|name| !path(name).exists()).collect();
    assert!(missing.is_empty(), "{missing:?}");
    for named in ["src/provider/table.rs", "src/check/code.rs", "src/lookup/survey.rs", "src/report/json.rs"]
    {
        assert!(paths.contains(&named), "{named}");
    }
}

/// A provider takes one place, an outcome the five that are listed.
#[test]
fn an_outcome_is_where_the_steps_say() {
    let word = "delegated-away";
    for (file, holds) in [
        ("src/check/code.rs", format!("\"{word}\"")),
        ("fixtures/codes.txt", format!("{word} ")),
        ("src/check/certainty.md", format!("### `{word}`")),
        ("fixtures/scenarios/certainty/policy-delegated-away.zone", format!("dmarc=unknown/{word}")),
    ] {
        assert!(text(file).contains(&holds), "{file}");
    }
}
