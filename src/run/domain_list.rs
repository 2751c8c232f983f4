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

use super::domain::DomainError;
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

/// The reason why a line of a list cannot be used, without the place.
#[derive(Debug, thiserror::Error)]
enum LineProblem {
    #[error("the line has {0} octets, a line may have {LONGEST_LINE} at most; expected one domain a line")]
    TooLong(usize),
    #[error("a quotation mark has no counterpart in the line")]
    OpenQuote,
    #[error("a quotation mark has no counterpart from here to the end")]
    OpenQuoteToTheEnd,
    #[error(
        "found `{}` behind the domain, expected an option such as `tenant=contoso`; a line names one domain",
        harmless(.0)
    )]
    NoOption(String),
    #[error(transparent)]
    Option(#[from] UnknownOption),
    #[error("{0} (a column whose name begins with `#` is ignored)")]
    Column(UnknownOption),
    #[error("found `{}` beyond the last column; a value with `{delimiter}` in it needs quotes", harmless(.found))]
    Beyond { found: String, delimiter: char },
    #[error(transparent)]
    Table(#[from] csv::Error),
    #[error(transparent)]
    Domain(#[from] DomainError),
    #[error("`{0}` is in the list already; put its options into one line")]
    Repeated(String),
    #[error("{key}: found `{}`, expected `true` or `false`", harmless(.found))]
    Flag { key: &'static str, found: String },
    #[error("`{0}` has no value, expected `{0}=VALUE`")]
    NoValue(&'static str),
    #[error("`{0}` is both `true` and `false`")]
    TrueAndFalse(&'static str),
    #[error(transparent)]
    Value(#[from] LineError),
    #[error(transparent)]
    Run(#[from] RunError),
}

/// The error of a key that is not an option of a domain.
#[derive(Debug, thiserror::Error)]
#[error("unknown option `{}`{}", harmless(.0), expected_key(.0))]
struct UnknownOption(String);

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
                self.refuse(index + 1, &LineProblem::TooLong(line.len()));
                continue;
            }
            let entry = without_comment(line);
            if !entry.is_empty() {
                let read = words(entry).and_then(|words| self.line(index + 1, &words));
                read.unwrap_or_else(|reason| self.refuse(index + 1, &reason));
            }
        }
    }

    /// Reads a line: a domain and the options after it.
    fn line(&mut self, line: usize, words: &[String]) -> Result<(), LineProblem> {
        let Some((typed, options)) = words.split_first() else { return Ok(()) };
        let options = options.iter().map(|word| match word.split_once('=') {
            Some((key, value)) => Ok((key.to_owned(), value.to_owned())),
            None if FLAGS.contains(&word.trim_start_matches("--")) => Ok((word.clone(), "true".to_owned())),
            None => Err(LineProblem::NoOption(word.clone())),
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
                Err(error) => return self.refuse(header.line, &LineProblem::Column(error)),
            }
        }
        let mut last = header.line;
        for (line, row) in header.rows(text) {
            let read = row.map_err(LineProblem::from);
            let read = read.and_then(|row| self.row(line, header, &columns, &row));
            read.unwrap_or_else(|reason| self.refuse(line, &reason));
            last = line;
        }
        // A quote that is never closed takes all lines after it into its cell.
        if header.is_quote_open(text) {
            self.refuse(last, &LineProblem::OpenQuoteToTheEnd);
        }
    }

    /// Reads a row of a table; an empty cell counts as no value.
    fn row(
        &mut self,
        line: usize,
        header: &table::Header,
        columns: &[Option<&'static str>],
        row: &[String],
    ) -> Result<(), LineProblem> {
        if row.iter().all(|cell| cell.trim().is_empty()) {
            return Ok(());
        }
        if let Some(extra) =
            row.get(columns.len()..).and_then(|rest| rest.iter().find(|cell| !cell.is_empty()))
        {
            return Err(LineProblem::Beyond { found: extra.clone(), delimiter: header.delimiter() });
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

    fn add(&mut self, line: usize, typed: &str, options: Vec<(String, String)>) -> Result<(), LineProblem> {
        let (name, is_changed) = domain::parse_listed(typed)?;
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
            return Err(LineProblem::Repeated(name.without_trailing_dot()));
        }
        let choice = (self.options)(&name, values)?;
        let Some(LineChoice { expected, repeated }) = choice else { return Ok(()) };
        let lists = self.cache.lists(&expected)?;
        subject(name.clone(), &expected, &lists, None)?;
        let own = ConfiguredDomain { name, line, groups: Vec::new(), expected: Some(expected), repeated };
        self.list.own.domains.push(own);
        Ok(())
    }

    /// Returns the options as a settings file would have them.
    fn values(&self, options: Vec<(String, String)>) -> Result<OptionValues, LineProblem> {
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
                    return Err(LineProblem::Flag { key, found: value });
                }
                "" => return Err(LineProblem::NoValue(key)),
                _ => values.entry(key.to_owned()).or_default().push(located(key, &value, &self.folder)),
            }
        }
        if let Some(key) = off.iter().find(|key| values.contains_key(**key)) {
            return Err(LineProblem::TrueAndFalse(key));
        }
        Ok(values)
    }

    fn refuse(&mut self, line: usize, reason: &LineProblem) {
        match self.problems.lines.len() < MOST_PROBLEMS {
            // A reason about another file may have several lines.
            true => self.problems.lines.push((line, reason.to_string().replace('\n', "; "))),
            false => self.problems.more += 1,
        }
    }
}

/// Returns the key as settings have it.
fn key(written: &str) -> Result<&'static str, UnknownOption> {
    let plain = plain_key(written);
    let known = DOMAIN_KEYS.iter().copied().find(|key| *key == plain);
    known.ok_or_else(|| UnknownOption(written.trim().to_owned()))
}

fn plain_key(written: &str) -> String {
    written.trim().trim_start_matches("--").to_ascii_lowercase().replace(['_', ' '], "-")
}

/// Returns the end of the message about an unknown key: the one that was probably meant, or all of them.
fn expected_key(written: &str) -> String {
    match closest_word(&plain_key(written), DOMAIN_KEYS.iter().copied()) {
        close @ Some(_) => suggestion(close),
        None => format!(", expected one of {}", DOMAIN_KEYS.join(", ")),
    }
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
fn words(entry: &str) -> Result<Vec<String>, LineProblem> {
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
        return Err(LineProblem::OpenQuote);
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    Ok(words)
}
