//! Reads a list of domains: one per line with its options after it, or CSV with a header.
//!
//! Lists are often pasted from other programs, so a web or mail address stands for its domain, with a note. Nothing is
//! looked up before every line has been read, and all lines that cannot be used are reported together.

mod table;

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::expected::import::decoded;
use crate::record::{Name, closest_word, suggestion};
use crate::report::harmless::harmless;

use super::error::{RunError, shown};
use super::expectation_options::{ConfiguredDomain, ConfiguredDomains, LineChoice};
use super::names::Names;
use super::settings::{DOMAIN_KEYS, FLAGS, OptionValues, UnknownGroup, located};
use super::subject::{ListCache, subject};
use super::{domain, files};

/// The maximum length of a line in octets: a domain has at most 255, and options and a comment may follow it.
const LONGEST_LINE: usize = 16 << 10;
/// The maximum number of wrong lines that are reported; more are only counted.
const MOST_PROBLEMS: usize = 20;
/// The maximum number of notes about lines; more are only counted.
const MOST_NOTES: usize = 10;

/// A list of domains.
#[derive(Debug, Clone, Default)]
pub struct DomainList {
    /// Its domains.
    pub(super) names: Names,
    /// The domains with options of their own.
    pub(super) own: ConfiguredDomains,
    /// Notes about its lines.
    notes: Vec<String>,
}

/// Turns the options of a line into the expectations of its domain; `None` if they are those of every other domain.
pub type LineOptions<'a> = dyn FnMut(&Name, OptionValues) -> Result<Option<LineChoice>, LineError> + 'a;

/// The reason why the options of a line cannot be used, without the place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    /// The settings file does not define the group.
    #[error(transparent)]
    Group(#[from] UnknownGroup),
    /// There is no settings file, and so no group.
    #[error("unknown group `{0}`: there is no settings file that names groups")]
    NoSettings(String),
    /// A value is not accepted: the message of its option.
    #[error("{0}")]
    Option(String),
}

/// The lines of a list that cannot be used, each with its reason.
#[derive(Debug, Default)]
struct ListError {
    file: String,
    lines: Vec<(usize, String)>,
    more: usize,
}

impl std::error::Error for ListError {}

impl fmt::Display for ListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = &self.file;
        for (index, (line, reason)) in self.lines.iter().enumerate() {
            let end = if index == 0 { "" } else { "\n" };
            write!(f, "{end}{file}:{line}: {reason}")?;
        }
        match self.more {
            0 => Ok(()),
            1 => write!(f, "\n{file}: 1 more line cannot be used"),
            more => write!(f, "\n{file}: {more} more lines cannot be used"),
        }
    }
}

impl DomainList {
    /// Reads a list; `-` is standard input, whose content may be given as `input`. Paths in the list are relative to
    /// its folder.
    ///
    /// # Errors
    /// [`RunError`] if it cannot be read, with every line that cannot be used.
    pub fn read(path: &Path, input: Option<&[u8]>, options: &mut LineOptions<'_>) -> Result<Self, RunError> {
        let (label, octets) = match path.as_os_str() == "-" {
            true => (files::INPUT.to_owned(), files::read_input(input, files::DOMAIN_LIST)?),
            false => (shown(path), files::read(path, files::DOMAIN_LIST)?),
        };
        let text = decoded(&octets)
            .map_err(|reason| RunError::Content { path: label.clone(), source: reason.into() })?;
        let folder = path.parent().map(PathBuf::from).unwrap_or_default();
        let mut reader = Reader {
            list: Self::default(),
            folder,
            options,
            cache: ListCache::default(),
            problems: ListError { file: label.clone(), ..ListError::default() },
            noted: 0,
        };
        match table::Header::of(&text) {
            Some(header) => reader.table(&header, &text),
            None => reader.lines(&text),
        }
        let Reader { mut list, problems, noted, .. } = reader;
        if !problems.lines.is_empty() {
            return Err(RunError::records(problems));
        }
        if list.names.is_empty() {
            let message = format!("{label} names no domain; expected one a line, such as `contoso.com`");
            return Err(RunError::Usage(message));
        }
        if noted > MOST_NOTES {
            list.notes.push(format!("{label}: and {} more such lines", noted - MOST_NOTES));
        }
        list.names.close(Some(label.clone()));
        list.own.file = Some(label);
        Ok(list)
    }

    /// Reads only the domains of a list, and the notes about its lines; options are read but not applied.
    ///
    /// # Errors
    /// [`RunError`] if the list cannot be read, with every line that cannot be used.
    pub fn names(path: &Path, input: Option<&[u8]>) -> Result<(Names, Vec<String>), RunError> {
        let list = Self::read(path, input, &mut |_, _| Ok(None))?;
        Ok((list.names, list.notes))
    }

    /// Returns its domains.
    #[must_use]
    pub fn domains(&self) -> &Names {
        &self.names
    }

    /// Returns the options that a later command without the list has to repeat, for each domain that has some.
    pub fn repeated(&self) -> impl Iterator<Item = (&Name, &Arc<str>)> {
        let own = self.own.domains.iter().filter(|own| !own.repeated.is_empty());
        own.map(|own| (&own.name, &own.repeated))
    }

    /// Returns notes about its lines.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}

/// A list that is being read.
struct Reader<'a, 'o> {
    list: DomainList,
    folder: PathBuf,
    options: &'a mut LineOptions<'o>,
    cache: ListCache,
    problems: ListError,
    noted: usize,
}

impl Reader<'_, '_> {
    fn lines(&mut self, text: &str) {
        for (index, line) in text.lines().enumerate() {
            if line.len() > LONGEST_LINE {
                let octets = line.len();
                self.refuse(
                    index + 1,
                    format!(
                        "the line has {octets} octets, a line may have {LONGEST_LINE} at most; expected one \
                         domain a line"
                    ),
                );
                continue;
            }
            let entry = without_comment(line);
            if !entry.is_empty() {
                let read = words(entry).and_then(|words| self.line(index + 1, &words));
                read.unwrap_or_else(|reason| self.refuse(index + 1, reason));
            }
        }
    }

    /// Reads a line: a domain and the options after it.
    fn line(&mut self, line: usize, words: &[String]) -> Result<(), String> {
        let Some((typed, options)) = words.split_first() else { return Ok(()) };
        let options = options.iter().map(|word| match word.split_once('=') {
            Some((key, value)) => Ok((key.to_owned(), value.to_owned())),
            None if FLAGS.contains(&word.trim_start_matches("--")) => Ok((word.clone(), "true".to_owned())),
            None => Err(format!(
                "found `{}` behind the domain, expected an option such as `tenant=contoso`; a line names one domain",
                harmless(word)
            )),
        });
        let options = options.collect::<Result<Vec<_>, _>>()?;
        self.add(line, typed, options)
    }

    fn table(&mut self, header: &table::Header, text: &str) {
        let mut columns = Vec::new();
        for column in &header.columns {
            if column == table::DOMAIN || column.is_empty() || column.starts_with('#') {
                columns.push(None);
                continue;
            }
            match key(column) {
                Ok(key) => columns.push(Some(key)),
                Err(reason) => {
                    let rest = "(a column whose name begins with `#` is ignored)";
                    return self.refuse(header.line, format!("{reason} {rest}"));
                }
            }
        }
        let mut last = header.line;
        for (line, row) in header.rows(text) {
            let read = row.and_then(|row| self.row(line, header, &columns, &row));
            read.unwrap_or_else(|reason| self.refuse(line, reason));
            last = line;
        }
        // A quote that is never closed takes all lines after it into its cell.
        if header.is_quote_open(text) {
            self.refuse(last, "a quotation mark has no counterpart from here to the end".into());
        }
    }

    /// Reads a row of a table; an empty cell counts as no value.
    fn row(
        &mut self,
        line: usize,
        header: &table::Header,
        columns: &[Option<&'static str>],
        row: &[String],
    ) -> Result<(), String> {
        if row.iter().all(|cell| cell.trim().is_empty()) {
            return Ok(());
        }
        if let Some(extra) =
            row.get(columns.len()..).and_then(|rest| rest.iter().find(|cell| !cell.is_empty()))
        {
            return Err(format!(
                "found `{}` beyond the last column; a value with `{}` in it needs quotes",
                harmless(extra),
                header.delimiter()
            ));
        }
        let typed = row.get(header.domain).map(String::as_str).unwrap_or_default();
        let mut options = Vec::new();
        for (key, cell) in columns.iter().zip(row) {
            let (Some(key), cell) = (key, cell.trim()) else { continue };
            match *key {
                _ if cell.is_empty() => {}
                // These take several values, none of which contains blanks.
                "gateway" | "group" | "spf-sender" => {
                    options
                        .extend(cell.split_whitespace().map(|value| ((*key).to_owned(), value.to_owned())));
                }
                _ => options.push(((*key).to_owned(), cell.to_owned())),
            }
        }
        self.add(line, typed, options)
    }

    fn add(&mut self, line: usize, typed: &str, options: Vec<(String, String)>) -> Result<(), String> {
        let (name, is_changed) = domain::parse_listed(typed).map_err(|error| error.to_string())?;
        let values = self.values(options)?;
        if is_changed {
            self.noted += 1;
            if self.noted <= MOST_NOTES {
                let (file, read) = (&self.problems.file, name.without_trailing_dot());
                self.list.notes.push(format!("{file}:{line}: `{}` is read as `{read}`", harmless(typed)));
            }
        }
        let is_new = self.list.names.push(name.clone(), u32::try_from(line).ok());
        if values.is_empty() {
            return Ok(());
        }
        if !is_new {
            let name = name.without_trailing_dot();
            return Err(format!("`{name}` is in the list already; put its options into one line"));
        }
        let choice = (self.options)(&name, values).map_err(|error| error.to_string())?;
        let Some(LineChoice { expected, repeated }) = choice else { return Ok(()) };
        let lists = self.cache.lists(&expected).map_err(|error| error.to_string())?;
        subject(name.clone(), &expected, &lists, None).map_err(|error| error.to_string())?;
        let own = ConfiguredDomain { name, line, groups: Vec::new(), expected: Some(expected), repeated };
        self.list.own.domains.push(own);
        Ok(())
    }

    /// Returns the options as a settings file would have them.
    fn values(&self, options: Vec<(String, String)>) -> Result<OptionValues, String> {
        let mut values = OptionValues::new();
        let mut off = BTreeSet::new();
        for (written, value) in options {
            let key = key(&written)?;
            let is_flag = FLAGS.contains(&key);
            match value.to_ascii_lowercase().as_str() {
                "true" if is_flag => {
                    values.insert(key.to_owned(), Vec::new());
                }
                "false" if is_flag => {
                    off.insert(key);
                }
                _ if is_flag => {
                    return Err(format!("{key}: found `{}`, expected `true` or `false`", harmless(&value)));
                }
                "" => return Err(format!("`{key}` has no value, expected `{key}=VALUE`")),
                _ => values.entry(key.to_owned()).or_default().push(located(key, &value, &self.folder)),
            }
        }
        if let Some(key) = off.iter().find(|key| values.contains_key(**key)) {
            return Err(format!("`{key}` is both `true` and `false`"));
        }
        Ok(values)
    }

    fn refuse(&mut self, line: usize, reason: String) {
        match self.problems.lines.len() < MOST_PROBLEMS {
            // A reason about another file may have several lines.
            true => self.problems.lines.push((line, reason.replace('\n', "; "))),
            false => self.problems.more += 1,
        }
    }
}

/// Returns the key as settings have it.
fn key(written: &str) -> Result<&'static str, String> {
    let plain = written.trim().trim_start_matches("--").to_ascii_lowercase().replace(['_', ' '], "-");
    let known = DOMAIN_KEYS.iter().copied();
    known.clone().find(|key| *key == plain).ok_or_else(|| {
        let expected = match closest_word(&plain, known.clone()) {
            close @ Some(_) => suggestion(close),
            None => format!(", expected one of {}", DOMAIN_KEYS.join(", ")),
        };
        format!("unknown option `{}`{expected}", harmless(written.trim()))
    })
}

/// Returns the line up to its comment, which begins the line or follows a blank.
fn without_comment(line: &str) -> &str {
    let mut before = ' ';
    for (at, character) in line.char_indices() {
        if character == '#' && before.is_whitespace() {
            return line[..at].trim();
        }
        before = character;
    }
    line.trim()
}

/// Splits a line at blanks; a part in double quotes may contain blanks.
fn words(entry: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word, mut is_quoted) = (Vec::new(), String::new(), false);
    for character in entry.chars() {
        match character {
            '"' => is_quoted = !is_quoted,
            blank if blank.is_whitespace() && !is_quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            other => word.push(other),
        }
    }
    if is_quoted {
        return Err("a quotation mark has no counterpart in the line".into());
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    Ok(words)
}
