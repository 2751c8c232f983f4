//! Does the program know every command line that a document or an example gives?

use cutover::cli::{ArgumentError, accepts};

use super::{files, text, values, word, yaml};

/// Where command lines stand.
fn places() -> Vec<String> {
    let mut places: Vec<String> =
        ["README.md", ".github/GUIDE.md", ".github/AUTOMATION.md"].map(str::to_owned).into();
    places.push(".github/actions/check/action.yml".to_owned());
    places.extend(files(".github/examples"));
    places.extend(files(".github/workflows"));
    places.push(".github/container/Containerfile".to_owned());
    places
}

/// The words of every command line in a text: lines, and spans of code.
fn commands(text: &str) -> Vec<Vec<String>> {
    let joined = text.replace("\\\n", " ");
    let lines = joined.lines().filter_map(|line| {
        let line = line.trim_start_matches(|character: char| " -$#".contains(character));
        let line = line.strip_prefix("ExecStart=/usr/local/bin/").unwrap_or(line);
        let line = match line.split_once("cargo run ").and_then(|(_, rest)| rest.split_once(" -- ")) {
            Some((_, rest)) => format!("cutover {rest}"),
            None => line.strip_prefix("podman run --rm ").unwrap_or(line).to_owned(),
        };
        line.starts_with("cutover ").then(|| split(&line))
    });
    let mut found: Vec<Vec<String>> = lines.collect();
    // A span may go on in the next line, but not beyond its paragraph.
    for paragraph in joined.split("\n\n").filter(|paragraph| !paragraph.contains("```")) {
        let paragraph = paragraph.replace('\n', " ");
        let spans = paragraph.split('`').skip(1).step_by(2);
        found.extend(spans.filter(|span| span.starts_with("cutover ")).map(split));
    }
    found
}

/// Words as a shell splits them, up to where another command or a comment begins; variables stay as they are.
fn split(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for character in line.chars() {
        match (quote, character) {
            (Some(mark), _) if character == mark => quote = None,
            (None, '"' | '\'') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, '>' | '|' | ';' | '#') if word.is_none() => break,
            (None, ' ') => words.extend(word.take()),
            (Some(_) | None, _) => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

/// Whether the program knows the words. What stands for a value is given one, and two words name a command.
fn known(words: &[String]) -> Result<(), ArgumentError> {
    if words.len() == 2 {
        return accepts(words.iter().map(Into::into).chain(["--help".into()]));
    }
    let words = words.iter().map(|word| match word.as_str() {
        "$shell" | "SHELL" => "bash".into(),
        // A part of a list, by the number of a job.
        "$1/8" | "$SHARD/4" => "1/4".into(),
        "…" => "contoso.com".into(),
        other => other.into(),
    });
    accepts(words)
}

#[test]
fn every_command_line_is_one() {
    let mut counts = Vec::new();
    for place in places() {
        let commands = commands(&text(&place));
        for command in &commands {
            known(command).unwrap_or_else(|error| panic!("{place}: {command:?}\n{error}"));
        }
        counts.push((place, commands.len()));
    }
    let count = |end: &str| -> usize {
        counts.iter().filter(|(place, _)| place.ends_with(end)).map(|(_, count)| count).sum()
    };
    // Not too few, or they were not seen.
    assert!(count("README.md") > 12 && count("GUIDE.md") > 12, "{counts:?}");
    for end in [
        ".service",
        "gitlab-ci.yml",
        "azure-pipelines.yml",
        "github-shards.yml",
        "shards.sh",
        "ci.yml",
        "Containerfile",
    ] {
        assert!(count(end) >= 1, "{counts:?}");
    }
}

#[test]
fn arguments_in_lists_are_known_too() {
    for name in ["cronjob.yaml", "shards-job.yaml", "shards-report-job.yaml"] {
        let job = yaml(&format!(".github/examples/{name}"));
        let lists = values(&job, "args");
        assert_eq!(lists.len(), 1, "{name}");
        let words = lists[0].as_array().unwrap().iter().map(|argument| word(argument, "argument"));
        let words = words.map(|word| word.replace("$(JOB_COMPLETION_INDEX)", "0"));
        let words: Vec<String> = std::iter::once("cutover".to_owned()).chain(words).collect();
        known(&words).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn every_option_of_the_action_exists() {
    let action = yaml(".github/actions/check/action.yml");
    let steps = action["runs"]["steps"].as_array().unwrap();
    let script = word(&steps.iter().find(|step| step["id"] == "check").unwrap()["run"], "run");
    let mut options = 0;
    for line in script.lines().filter(|line| line.contains("words")) {
        let Some((_, rest)) = line.split_once('(') else { continue };
        let inside = rest.split(')').next().unwrap().replace("$format=$file", "json=report.json");
        let inside = inside.replace("$PHASE", "switch").replace("$FAIL_ON", "waiting");
        if inside.starts_with("--") && inside != "--" || inside.starts_with("check") {
            let rest = inside.strip_prefix("check").unwrap_or(&inside).trim();
            known(&split(&format!("cutover check contoso.com {rest}")))
                .unwrap_or_else(|error| panic!("{line}: {error}"));
            options += 1;
        }
    }
    assert!(options >= 6, "{options}");
}

#[test]
fn the_reader_sees_command_lines_and_slips() {
    let found = commands(
        "```sh\ncutover check a.example --frmat json > x # why\n```\n\nSee `cutover\nexplain CODE` or `cutover`.\n",
    );
    assert_eq!(
        found,
        [vec!["cutover", "check", "a.example", "--frmat", "json"], vec!["cutover", "explain", "CODE"]]
    );
    assert!(known(&found[0]).unwrap_err().to_string().contains("--frmat"));
    assert!(
        known(&split("cutover check --format \"js on\" a.example"))
            .unwrap_err()
            .to_string()
            .contains("js on")
    );
    assert!(known(&split("cutover check --help")).is_ok());
}
