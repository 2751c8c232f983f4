//! What does a source file name, once comments and texts are out of the way?
//!
//! Not a parser: words and signs are enough to find paths, and whoever writes a path in a way that this
//! cannot read is told so by the name `?`.

use std::path::{Path, PathBuf};

/// Every source file below a directory.
pub fn tree(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            match path.extension().and_then(|extension| extension.to_str()) {
                None if path.is_dir() => open.push(path),
                Some("rs") => files.push(path),
                _ => {}
            }
        }
    }
    files
}

/// One source file as words and signs.
pub struct Source {
    /// The code.
    code: Vec<String>,
    /// What the documentation says.
    documentation: Vec<String>,
    /// Whether the whole file is a test, declared so by the file above it.
    is_test: bool,
}

impl Source {
    /// Reads a file; `tests.rs` is one that `#[cfg(test)] mod tests;` declares.
    pub fn of_file(path: &Path) -> Self {
        let is_test = path.file_name().is_some_and(|name| name == "tests.rs");
        Self { is_test, ..Self::read(&std::fs::read_to_string(path).unwrap()) }
    }

    pub fn read(text: &str) -> Self {
        let (code, documentation) = parts(text);
        Self { code: words(&code), documentation: words(&documentation), is_test: false }
    }

    /// What follows `root::` in code and documentation: one name, or each of a group.
    pub fn named_from(&self, root: &str) -> Vec<String> {
        let code = paths(&self.code, root).chain(hidden(&self.code, root));
        code.chain(paths(&self.documentation, root)).collect()
    }

    /// What follows at least `depth` times `super::`.
    pub fn named_above(&self, depth: usize) -> Vec<String> {
        let mut named = Vec::new();
        let mut at = 0;
        while at < self.code.len() {
            let chain = self.code[at..].chunks(2).take_while(|pair| *pair == ["super", "::"]).count();
            if chain >= depth {
                named.extend(group(&self.code[at + 2 * chain..]));
            }
            at += 2 * chain + 1;
        }
        named
    }

    /// Whether the whole file is a test.
    pub fn is_test_file(&self) -> bool {
        self.is_test
    }

    /// Every path of the code outside tests: what is imported, each name of a group by itself, and what is named
    /// where it is used.
    pub fn uses(&self) -> Vec<Use> {
        let code = without_tests(&self.code);
        let mut uses = Vec::new();
        let mut at = 0;
        while at < code.len() {
            let is_import = code[at] == "use";
            let start = at + usize::from(is_import);
            let begins = is_import || code.get(at + 1).is_some_and(|next| next == "::");
            if !begins || (at > 0 && code[at - 1] == "::") {
                at += 1;
                continue;
            }
            at = tree_of_uses(&code, start, &[], is_import, &mut uses).max(at + 1);
        }
        uses
    }

    pub fn has_word(&self, word: &str) -> bool {
        self.code.iter().any(|known| known == word)
    }

    /// How often something is unwrapped outside tests.
    pub fn unwraps(&self) -> usize {
        if self.is_test {
            0
        } else {
            without_tests(&self.code).iter().filter(|word| *word == "unwrap").count()
        }
    }

    /// How often a ban of clippy is lifted.
    pub fn lifted_bans(&self) -> usize {
        let banned =
            |words: &[String]| words[0] == "clippy" && words[1] == "::" && words[2].starts_with("disallowed");
        self.code.windows(3).filter(|words| banned(words)).count()
    }
}

/// One path of the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// Its names, from the first.
    pub path: Vec<String>,
    /// The name under which it is known in the file.
    pub name: String,
    /// Whether a `use` brings it in.
    pub is_import: bool,
}

/// Reads a path, and each path of a group; returns where it ends.
fn tree_of_uses(
    code: &[String],
    start: usize,
    before: &[String],
    is_import: bool,
    uses: &mut Vec<Use>,
) -> usize {
    let mut path = before.to_vec();
    let mut at = start;
    loop {
        match code.get(at).map(String::as_str) {
            Some("{") if is_import => {
                at += 1;
                while code.get(at).is_some_and(|word| word != "}") {
                    at = tree_of_uses(code, at, &path, is_import, uses).max(at + 1);
                    at += usize::from(code.get(at).is_some_and(|word| word == ","));
                }
                return at + 1;
            }
            Some(word) if is_name(word) => path.push(word.to_owned()),
            Some("*") if is_import => path.push("*".to_owned()),
            _ => break,
        }
        at += 1;
        if code.get(at).is_none_or(|word| word != "::") {
            break;
        }
        at += 1;
    }
    let mut name = path.last().cloned().unwrap_or_default();
    if is_import && path.len() > before.len() && name == "self" {
        path.pop();
        name = path.last().cloned().unwrap_or_default();
    }
    if is_import && code.get(at).is_some_and(|word| word == "as") {
        name = code.get(at + 1).cloned().unwrap_or_default();
        at += 2;
    }
    if !path.is_empty() {
        uses.push(Use { path, name, is_import });
    }
    at
}

fn is_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

fn paths<'a>(words: &'a [String], root: &'a str) -> impl Iterator<Item = String> + 'a {
    let begins = move |at: &usize| words[*at] == root && words.get(at + 1).is_some_and(|next| next == "::");
    (0..words.len()).filter(begins).flat_map(|at| group(&words[at + 2..]))
}

/// The crate under another name (`use crate as root`), behind which paths could hide.
fn hidden<'a>(words: &'a [String], root: &'a str) -> impl Iterator<Item = String> + 'a {
    let as_other = move |pair: &&[String]| root == "crate" && pair[0] == root && pair[1] == "as";
    words.windows(2).filter(as_other).map(|_| "?".into())
}

/// The first name of a path, or of each path of a group.
fn group(words: &[String]) -> Vec<String> {
    if words.first().is_none_or(|word| word != "{") {
        return words.first().map(|word| name(word)).into_iter().collect();
    }
    let mut named = Vec::new();
    let (mut depth, mut begins) = (0, false);
    for (at, word) in words.iter().enumerate() {
        match word.as_str() {
            "{" => (depth, begins) = (depth + 1, depth == 0),
            "}" if depth == 1 => break,
            "}" => depth -= 1,
            "," => begins = depth == 1,
            word if begins => {
                begins = false;
                // `self` alone names nothing; under another name it hides paths.
                let hides = words.get(at + 1).is_some_and(|next| next == "as");
                named.extend((word != "self" || hides).then(|| name(word)));
            }
            _ => {}
        }
    }
    named
}

fn name(word: &str) -> String {
    if word != "self" && is_name(word) { word.to_owned() } else { "?".into() }
}

/// The code without what stands behind `#[cfg(test)]`: up to the end of its braces, or to a semicolon
/// before any.
fn without_tests(code: &[String]) -> Vec<String> {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < code.len() {
        if !code[at..].starts_with(&["#", "[", "cfg", "(", "test", ")", "]"].map(String::from)) {
            kept.push(code[at].clone());
            at += 1;
            continue;
        }
        let mut depth = 0;
        while at < code.len() {
            match code[at].as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
            at += 1;
            if depth == 0 && matches!(code[at - 1].as_str(), ";" | "}") {
                break;
            }
        }
    }
    kept
}

/// Words, `::`, and every other sign by itself.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut characters = text.chars().peekable();
    while let Some(first) = characters.next() {
        let mut word = String::from(first);
        if first.is_alphanumeric() || first == '_' {
            while let Some(next) = characters.next_if(|next| next.is_alphanumeric() || *next == '_') {
                word.push(next);
            }
        } else if first == ':' && characters.next_if_eq(&':').is_some() {
            word.push(':');
        }
        if !first.is_whitespace() {
            words.push(word);
        }
    }
    words
}

/// The code without comments and texts, and the documentation.
fn parts(text: &str) -> (String, String) {
    let (mut code, mut documentation) = (String::new(), String::new());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => block_comment(rest),
            '"' => quoted(rest),
            'r' | 'b' | 'c' if !code.ends_with(|last: char| last.is_alphanumeric() || last == '_') => {
                raw(rest)
            }
            '\'' => character(rest),
            _ => 0,
        };
        if length == 0 {
            code.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let (taken, behind) = rest.split_at(length);
        let documents = ["///", "//!", "/**", "/*!"].iter().any(|start| taken.starts_with(start));
        if documents && !taken.starts_with("////") {
            documentation.push_str(&taken[3..]);
            documentation.push('\n');
        }
        code.push(' ');
        rest = behind;
    }
    (code, documentation)
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        match &text.as_bytes()[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length of a text in quotes.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, octet) in text.bytes().enumerate().skip(1) {
        match octet {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of a text with a letter in front; 0 if it is none.
fn raw(text: &str) -> usize {
    let letters = text.bytes().take_while(|octet| b"brc".contains(octet)).count();
    let signs = text[letters..].bytes().take_while(|octet| *octet == b'#').count();
    let start = letters + signs;
    if letters > 2 || !text[start..].starts_with('"') {
        return 0;
    }
    if !text[..letters].contains('r') {
        return if signs == 0 { start + quoted(&text[start..]) } else { 0 };
    }
    let end = format!("\"{}", "#".repeat(signs));
    text[start + 1..].find(&end).map_or(text.len(), |at| start + 1 + at + end.len())
}

/// The length of a character in quotes; 0 for a lifetime.
fn character(text: &str) -> usize {
    let mut characters = text.char_indices().skip(1);
    match (characters.next(), characters.next()) {
        (Some((_, '\\')), _) => text[3..].find('\'').map_or(0, |at| at + 4),
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 0,
    }
}
