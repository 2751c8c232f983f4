//! Compares the words of messages, comments and documents with the project's glossary.
//!
//! Banned forms are whole words. Uses of them that are right are listed in the row of the form, not by file.

use std::fmt::Write as _;
use std::path::Path;

use crate::layers::reader::tree;
use crate::run::cutover;

/// Where a word is banned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// In string literals, doc comments, documents and help.
    Everywhere,
    /// Only where users read it: not in doc comments, whose code has types of that name.
    Users,
}

/// A row of the glossary.
struct Row {
    /// The banned forms, each a sequence of words.
    banned: &'static [&'static str],
    /// The word to use instead.
    instead: &'static str,
    /// Uses of a banned form that are right.
    right: &'static [&'static str],
    scope: Scope,
}

const fn row(banned: &'static [&'static str], instead: &'static str) -> Row {
    Row { banned, instead, right: &[], scope: Scope::Everywhere }
}

/// The glossary.
const GLOSSARY: &[Row] = &[
    row(&["zone above", "zones above", "above the zone"], "parent zone"),
    row(&["time to live", "times to live"], "TTL"),
    row(&["texts"], "TXT records"),
    row(
        &[
            "cure",
            "cures",
            "cured",
            "put right",
            "puts right",
            "put it right",
            "puts it right",
            "heal",
            "heals",
        ],
        "fix",
    ),
    Row {
        right: &["there is no", "is no longer", "is no more"],
        ..row(&["is no", "is none"], "is not a, or unknown")
    },
    Row {
        right: &["stand for", "stands for"],
        ..row(
            &["stand", "stands", "stood", "stands there", "stands beside"],
            "is published, is present, next to",
        )
    },
    row(&["whoever", "whom", "nobody", "somebody"], "the person, which server, no server"),
    row(&["so long", "as long as"], "how long, while"),
    row(&["hang on", "hangs on"], "depends on, is reached through"),
    row(
        &[
            "lets everybody pass",
            "lets nobody pass",
            "lets a sender pass",
            "lets send",
            "let send",
            "let senders pass",
            "lets the sender pass",
        ],
        "authorizes",
    ),
    row(&["dear", "dearest"], "expensive, most expensive"),
    row(&["behind `all`"], "after `all`"),
    row(
        &[
            "look at",
            "looks at",
            "looked at",
            "looking at",
            "look again",
            "looking again",
            "a look",
            "next look",
        ],
        "checked, check, round",
    ),
    Row {
        scope: Scope::Users,
        ..row(&["judge", "judges", "judged", "judging", "judgement", "judgment"], "checked")
    },
    row(
        &["told", "tell of", "tells of", "its word", "resolvers' word", "own word"],
        "answer, reported, report",
    ),
    row(&["made for"], "belongs to"),
    row(&["said by"], "according to"),
    row(&["not needed and not there"], "not required, not published"),
    row(&["decides nothing", "decide nothing"], "does not affect the result"),
    row(
        &[
            "colour",
            "colours",
            "recognise",
            "recognised",
            "recognises",
            "organisation",
            "organisations",
            "behaviour",
            "honour",
            "honoured",
            "authorise",
            "authorised",
            "neighbour",
            "neighbours",
        ],
        "American spelling",
    ),
];

/// The parts of a text that a glossary can be compared with: lower case, one space between words.
fn plain(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The first banned form in a text, and what to write instead.
fn banned(text: &str, is_for_users: bool) -> Option<(&'static str, &'static str)> {
    let plain = plain(text);
    GLOSSARY.iter().filter(|row| is_for_users || row.scope == Scope::Everywhere).find_map(|row| {
        let mut cleared = plain.clone();
        for right in row.right {
            cleared = cleared.replace(right, "\u{0}");
        }
        let form = row.banned.iter().find(|form| has_words(&cleared, form))?;
        Some((*form, row.instead))
    })
}

/// Whether a text has these words, with word boundaries around them.
fn has_words(text: &str, words: &str) -> bool {
    let is_boundary =
        |neighbor: Option<char>| !neighbor.is_some_and(|next| next.is_alphanumeric() || next == '_');
    text.match_indices(words).any(|(at, _)| {
        is_boundary(text[..at].chars().next_back()) && is_boundary(text[at + words.len()..].chars().next())
    })
}

/// A place with words.
struct Passage {
    line: usize,
    text: String,
    is_for_users: bool,
}

/// The string literals and doc comments of a source file, without those of its unit tests. Lines of one comment are one
/// passage, since a form may begin in one line and end in the next.
fn passages(source: &str) -> Vec<Passage> {
    let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let mut found = doc_comments(source);
    found.extend(literals(source));
    found
}

fn doc_comments(source: &str) -> Vec<Passage> {
    let mut found: Vec<Passage> = Vec::new();
    let mut is_open = false;
    for (index, line) in source.lines().enumerate() {
        let line = line.trim_start();
        let Some(text) = line.strip_prefix("///").or_else(|| line.strip_prefix("//!")) else {
            is_open = false;
            continue;
        };
        match found.last_mut().filter(|_| is_open) {
            Some(passage) => passage.text = format!("{} {text}", passage.text),
            None => found.push(Passage { line: index + 1, text: text.to_owned(), is_for_users: false }),
        }
        is_open = true;
    }
    found
}

fn literals(source: &str) -> Vec<Passage> {
    let mut found = Vec::new();
    let mut rest = source;
    let mut line = 1;
    while let Some(at) = rest.find(['"', '/', '\'']) {
        let (before, from) = rest.split_at(at);
        line += before.matches('\n').count();
        let (length, text) = if from.starts_with("//") {
            (from.find('\n').unwrap_or(from.len()), None)
        } else if let Some(hashes) = raw_hashes(before).filter(|_| from.starts_with('"')) {
            let end = format!("\"{hashes}");
            let close = from[1..].find(&end).map_or(from.len(), |close| close + 1);
            (close + end.len(), Some(from[1..close].to_owned()))
        } else if let Some(inside) = from.strip_prefix('"') {
            let close = closing(inside);
            (close + 2, Some(unescaped(&inside[..close])))
        } else {
            (character_length(from), None)
        };
        let length = length.min(from.len());
        found.extend(text.map(|text| Passage { line, text, is_for_users: true }));
        line += from[..length].matches('\n').count();
        rest = &from[length..];
    }
    found
}

/// The number signs of a raw string that begins after this source.
fn raw_hashes(before: &str) -> Option<String> {
    let start = before.trim_end_matches('#');
    let is_raw =
        start.ends_with('r') && !start[..start.len() - 1].ends_with(|last: char| last.is_alphanumeric());
    is_raw.then(|| before[start.len()..].to_owned())
}

/// Where a string literal ends.
fn closing(inside: &str) -> usize {
    let mut is_escaped = false;
    for (at, character) in inside.char_indices() {
        match character {
            '"' if !is_escaped => return at,
            '\\' => is_escaped = !is_escaped,
            _ => is_escaped = false,
        }
    }
    inside.len()
}

/// A literal with its lines joined.
fn unescaped(text: &str) -> String {
    let joined = text.split("\\\n").enumerate();
    joined.map(|(index, part)| if index == 0 { part } else { part.trim_start() }).collect()
}

/// The length of a character literal, or of the sign that begins a lifetime.
fn character_length(from: &str) -> usize {
    let mut characters = from.char_indices().skip(1);
    match characters.next() {
        Some((_, '\\')) => {
            from[2..].char_indices().skip(1).find(|(_, one)| *one == '\'').map_or(1, |(at, _)| at + 3)
        }
        Some((at, one)) if from[at + one.len_utf8()..].starts_with('\'') => at + one.len_utf8() + 1,
        Some(_) | None => 1,
    }
}

/// The paragraphs of a Markdown document outside its fences.
fn paragraphs(document: &str) -> Vec<Passage> {
    let mut found: Vec<Passage> = Vec::new();
    let (mut is_fence, mut is_open) = (false, false);
    for (index, line) in document.lines().enumerate() {
        is_fence ^= line.starts_with("```");
        if is_fence || line.starts_with("```") || line.trim().is_empty() {
            is_open = false;
            continue;
        }
        match found.last_mut().filter(|_| is_open) {
            Some(passage) => passage.text = format!("{} {line}", passage.text),
            None => found.push(Passage { line: index + 1, text: line.to_owned(), is_for_users: true }),
        }
        is_open = true;
    }
    found
}

fn report(faults: &mut String, place: &str, passages: &[Passage]) {
    for passage in passages {
        if let Some((form, instead)) = banned(&passage.text, passage.is_for_users) {
            let Passage { line, text, .. } = passage;
            writeln!(faults, "{place}:{line}: `{form}`, write {instead}: {}", text.trim()).unwrap();
        }
    }
}

#[test]
fn source_files_use_the_words_of_the_glossary() {
    let mut faults = String::new();
    for path in tree(Path::new("src")) {
        // Names of provider rows, and worlds of tests, are data.
        if path.ends_with("tests.rs") {
            continue;
        }
        let source = std::fs::read_to_string(&path).unwrap();
        report(&mut faults, &path.display().to_string(), &passages(&source));
    }
    assert!(faults.is_empty(), "{faults}");
}

#[test]
fn documents_use_the_words_of_the_glossary() {
    let mut faults = String::new();
    let mut documents = vec!["README.md".to_owned()];
    for folder in ["src/check", ".github"] {
        let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
        documents.extend(
            files
                .filter(|path| path.extension().is_some_and(|end| end == "md"))
                .map(|path| path.display().to_string()),
        );
    }
    assert!(documents.len() >= 13, "{documents:?}");
    for path in documents {
        report(&mut faults, &path, &paragraphs(&std::fs::read_to_string(&path).unwrap()));
    }
    assert!(faults.is_empty(), "{faults}");
}

#[test]
fn help_uses_the_words_of_the_glossary() {
    let mut faults = String::new();
    let commands = cutover("--help").out;
    let commands = commands.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands: Vec<&str> = commands
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(commands.len() >= 9, "{commands:?}");
    for command in std::iter::once("").chain(commands) {
        let help = cutover(&format!("{command} --help")).out;
        assert!(!help.is_empty(), "{command}");
        let lines = help.split("\n\n").enumerate();
        let passages: Vec<Passage> =
            lines.map(|(line, text)| Passage { line, text: text.to_owned(), is_for_users: true }).collect();
        report(&mut faults, &format!("{command} --help"), &passages);
    }
    assert!(faults.is_empty(), "{faults}");
}

/// The test of the test: every banned form is seen, in every kind of place, and right uses are not.
#[test]
fn every_banned_form_is_seen() {
    for row in GLOSSARY {
        for form in row.banned {
            let sentence = format!("One {form}, as an example.");
            assert!(banned(&sentence, true).is_some(), "{form}");
            assert_eq!(banned(&sentence, false).is_some(), row.scope == Scope::Everywhere, "{form}");
            // Part of a longer word is another word.
            let (head, tail) = form.split_at(form.len() - 1);
            if !form.contains(['`', '\'']) {
                let longer = format!("x{head}{tail}x");
                assert!(!has_words(&longer, form), "{longer}");
            }
            let in_literal = format!("fn f() -> &'static str {{ // \"\n    '\"'; \"One {form}\" }}");
            assert!(
                passages(&in_literal).iter().any(|one| banned(&one.text, one.is_for_users).is_some()),
                "{in_literal}"
            );
            let (first, rest) = form.split_once(' ').unwrap_or((form, ""));
            let broken =
                format!("/// One {first}\n/// {rest}\nfn f() {{ let _ = \"One {first} \\\n    {rest}\"; }}");
            assert!(passages(&broken).iter().any(|one| banned(&one.text, true).is_some()), "{broken}");
            let document = format!("```zone\n@ A 192.0.2.1\n```\nOne {first}\n{rest}\n");
            assert!(paragraphs(&document).iter().any(|one| banned(&one.text, true).is_some()), "{document}");
        }
        for right in row.right {
            assert_eq!(banned(&format!("Here {right} example."), true), None, "{right}");
        }
    }
}

#[test]
fn what_is_not_prose_is_left_out() {
    for source in [
        "// Nobody reads this.\nfn f() {}",
        "let nobody = 1;",
        "#[cfg(test)]\nmod tests {\n    const A: &str = \"nobody\";\n}",
        "fn f<'a>(a: &'a str) -> char { '\"' } // \" nobody",
    ] {
        let found = passages(source);
        assert!(found.iter().all(|one| banned(&one.text, true).is_none()), "{source}");
    }
    assert!(paragraphs("```zone\nnobody A 192.0.2.1\n```\n").is_empty());
    let raw = passages("const A: &str = r#\"One \"nobody\" here\"#; const B: &str = \"b\";");
    assert_eq!(raw.iter().map(|one| one.text.as_str()).collect::<Vec<_>>(), ["One \"nobody\" here", "b"]);
}
