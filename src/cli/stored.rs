//! `cutover report`: combines earlier results and reports them again.
//!
//! Results are read one by one into a temporary file. Only the name of each domain and the position of its newest
//! result are kept in memory.

use std::collections::{BTreeSet, HashMap};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use jiff::Timestamp;
use tempfile::SpooledTempFile;

use crate::expected::Phase;
use crate::record::Name;
use crate::report::DomainReport;

use crate::report::harmless::harmless;
use crate::report::next_options::NextOptions;
use crate::report::since::{Earlier, since};
use crate::report::stored::{Contents, StoredError, read};
use crate::report::style::Style;
use crate::report::view::unicode;
use crate::report::writer::{Place, Scale};

use crate::run::{DomainList, Names, RunError, files, system_words};

use super::args::{Reporting, StoredResults};
use super::notes::tell;
use super::reporter::{Reporter, RunHeader};
use super::{Problem, Streams, Surroundings, cleanup};

/// The maximum size, in octets, of results in memory. Larger results are kept in a temporary file.
const MOST_IN_MEMORY: usize = 4 << 20;
/// The maximum number of domains that a note names.
const NAMED: usize = 5;

/// Runs the command.
///
/// # Errors
/// [`Problem`] for a file that cannot be read or written.
pub(super) fn run(
    command: &StoredResults,
    streams: &mut Streams<'_>,
    style: &Style,
    surroundings: &Surroundings,
) -> Result<u8, Problem> {
    refuse(command)?;
    let input = surroundings.input.as_deref();
    let list = command.domains.as_ref().map(|list| DomainList::names(list, input));
    let (names, list_notes) =
        list.transpose()?.map_or((None, Vec::new()), |(names, notes)| (Some(names), notes));
    let mut results = Results::new();
    for path in &command.files {
        results.add(path, input)?;
    }
    let selection = Selection::new(&results, names.as_ref());
    if selection.domains.is_empty() {
        let files = if command.files.len() == 1 { "the file contains" } else { "the files contain" };
        return Err(Problem::Usage(format!(
            "{files} no result; expected the output of --format json or ndjson"
        )));
    }
    tell(
        list_notes.iter().chain(&results.notes).chain(&selection.notes).map(String::as_str),
        streams,
        style,
    )?;
    let phases = results.phases(&selection);
    if phases.len() > 1 {
        let phases = phases.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let note = format!("results of several phases ({phases}); each domain is reported with its own");
        tell([note.as_str()], streams, style)?;
    }
    let before = compared(command)?;
    if let Some((before, notes)) = &before {
        let missing = selection.names(&results).filter(|name| !before.holds(name));
        let missing = missing
            .map(|name| format!("the earlier report does not contain {}", name.without_trailing_dot()));
        let notes: Vec<String> = notes.iter().cloned().chain(missing).collect();
        tell(notes.iter().map(String::as_str), streams, style)?;
    }
    let (started, phase) = results.run(&selection, surroundings.now);
    let reporting = Reporting {
        format: command.format,
        output: command.output.clone(),
        strict: false,
        fail_on: command.fail_on.clone(),
        fail_on_new: command.fail_on_new,
        manual_url: command.manual_url.clone(),
    };
    let place = names.as_ref().map_or_else(Place::default, Names::place);
    let scale = Scale::of(selection.domains.len());
    let reporter = Reporter::open(
        &reporting,
        style,
        RunHeader { started, phase, place, scale, options: NextOptions::default() },
    )?;
    let mut reporter = reporter.of_stored_results();
    reporter.begin(streams.out)?;
    let renderer = reporter.renderer();
    for selected in &selection.domains {
        let mut report = match selected {
            Selected::Found(index) => results.report(*index, (started, phase))?,
            Selected::Missing(domain) => DomainReport::missing(domain, phase),
        };
        if let Some((before, _)) = &before {
            report.since = since(before, &report);
        }
        reporter.take(renderer.write_stored(report), streams.out)?;
    }
    let ended = reporter.finish(streams.out)?;
    cleanup::set_final_status(ended);
    Ok(ended)
}

/// Returns the earlier reports to compare with, and notes about them.
fn compared(command: &StoredResults) -> Result<Option<(Earlier, Vec<String>)>, Problem> {
    let (mut earlier, mut notes) = (Earlier::default(), Vec::new());
    for path in &command.since {
        match files::earlier_run(path)? {
            files::EarlierRun::Report(reader) => earlier.add(self::earlier(path, reader, &mut notes)?),
            files::EarlierRun::Recording(_) => {
                let reason = "a recording has no results; write them with `cutover check --replay FILE --format ndjson`";
                return Err(RunError::content(path, reason).into());
            }
        }
    }
    Ok((!command.since.is_empty()).then_some((earlier, notes)))
}

/// Refuses options that do not apply to stored results.
fn refuse(command: &StoredResults) -> Result<(), Problem> {
    if command.strict {
        let message = "--strict: stored results keep the options of their run; use `cutover check --strict`";
        return Err(Problem::Usage(message.into()));
    }
    let inputs = command.files.iter().chain(&command.domains).filter(|path| is_input(path)).count();
    if inputs > 1 {
        return Err(Problem::Usage("`-` is named twice; standard input can be read only once".into()));
    }
    Ok(())
}

fn is_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Returns the name of a file for messages.
fn label(path: &Path) -> String {
    if is_input(path) { "standard input".into() } else { harmless(&path.display().to_string()) }
}

/// Returns the problem of a file that is not a report.
fn problem(label: &str, error: StoredError) -> Problem {
    Problem::Usage(match error {
        StoredError::Read(error) => format!("{label}: {}", system_words(&error)),
        StoredError::Content { line, reason } => format!("{label}:{line}: {reason}"),
    })
}

/// Returns notes about incomplete lines.
fn cut_notes(label: &str, contents: &Contents) -> impl Iterator<Item = String> {
    let note = move |line: &usize| {
        format!("{label}:{line}: the line ends too early (the run was killed); it is skipped")
    };
    contents.cut.iter().map(note)
}

/// Returns the results of an earlier report to compare with, and adds notes about it.
///
/// # Errors
/// [`Problem`] if it is not a report, or contains no result.
pub(super) fn earlier(
    path: &Path,
    reader: impl io::BufRead,
    notes: &mut Vec<String>,
) -> Result<Earlier, Problem> {
    let label = label(path);
    let (earlier, contents) = Earlier::read(reader).map_err(|error| problem(&label, error))?;
    if earlier.is_empty() {
        let message = format!(
            "{label}: it contains no result; expected a recording or the output of --format json \
                or ndjson"
        );
        return Err(Problem::Usage(message));
    }
    notes.extend(cut_notes(&label, &contents));
    Ok(earlier)
}

/// The newest result of every domain.
struct Results {
    spool: SpooledTempFile,
    end: u64,
    /// The results, in the order in which their domains first occurred.
    stored: Vec<Stored>,
    places: HashMap<String, usize>,
    notes: Vec<String>,
}

/// The position of a result in the temporary file, and its key facts.
struct Stored {
    domain: String,
    checked_at: Timestamp,
    phase: Option<Phase>,
    start: u64,
    length: usize,
}

/// A domain to report.
enum Selected {
    Found(usize),
    Missing(Name),
}

/// The domains to report, in their order.
struct Selection {
    domains: Vec<Selected>,
    notes: Vec<String>,
}

impl Results {
    fn new() -> Self {
        Self {
            spool: SpooledTempFile::new(MOST_IN_MEMORY),
            end: 0,
            stored: Vec::new(),
            places: HashMap::new(),
            notes: Vec::new(),
        }
    }

    /// Adds the results of a file.
    fn add(&mut self, path: &Path, input: Option<&[u8]>) -> Result<(), Problem> {
        let label = label(path);
        // The time and the phase of a JSON document may come after its results.
        let mut read_now = Vec::new();
        let mut failure = None;
        let (spool, end) = (&mut self.spool, &mut self.end);
        let take = |report: DomainReport| {
            if failure.is_some() {
                return;
            }
            let written = serde_json::to_vec(&report).map_err(io::Error::other);
            let written = written.and_then(|text| spool.write_all(&text).map(|()| text.len()));
            match written {
                Ok(length) => {
                    read_now.push((report.domain, report.checked_at, report.phase, *end, length));
                    *end += length as u64;
                }
                Err(error) => failure = Some(error),
            }
        };
        let contents = match is_input(path) {
            true => read(files::input_reader(input), take),
            false => read(files::reader(path)?, take),
        };
        let contents = contents.map_err(|error| problem(&label, error))?;
        if let Some(error) = failure {
            return Err(spooling(&error));
        }
        self.notes.extend(cut_notes(&label, &contents));
        for (domain, checked_at, phase, start, length) in read_now {
            let run = contents.run.as_ref();
            // A line of NDJSON without a time was refused already.
            let checked_at = checked_at.or(run.map(|run| run.0)).unwrap_or(Timestamp::UNIX_EPOCH);
            let phase = phase.or(run.and_then(|run| run.1));
            self.keep(Stored { domain, checked_at, phase, start, length });
        }
        Ok(())
    }

    /// Keeps a result unless there is a newer one. Of two results with the same time, the one that is read later is
    /// kept.
    fn keep(&mut self, new: Stored) {
        match self.places.get(&new.domain).and_then(|place| self.stored.get_mut(*place)) {
            Some(known) if new.checked_at >= known.checked_at => *known = new,
            Some(_) => {}
            None => {
                self.places.insert(new.domain.clone(), self.stored.len());
                self.stored.push(new);
            }
        }
    }

    /// Returns the phases of the selected results.
    fn phases(&self, selection: &Selection) -> BTreeSet<Phase> {
        let phase = |selected: &Selected| match selected {
            Selected::Found(index) => self.stored.get(*index)?.phase,
            Selected::Missing(_) => None,
        };
        selection.domains.iter().filter_map(phase).collect()
    }

    /// Returns the time and the phase of the combined report: those of the newest result.
    fn run(&self, selection: &Selection, now: Timestamp) -> (Timestamp, Phase) {
        let found = selection.domains.iter().filter_map(|selected| match selected {
            Selected::Found(index) => self.stored.get(*index),
            Selected::Missing(_) => None,
        });
        let newest = found.max_by_key(|stored| stored.checked_at);
        let started = newest.map_or(now, |stored| stored.checked_at);
        let phase = newest.and_then(|stored| stored.phase);
        (Timestamp::from_second(started.as_second()).unwrap_or(started), phase.unwrap_or_default())
    }

    /// Returns the result at an index, for a report of this time and phase.
    fn report(
        &mut self,
        index: usize,
        (started, phase): (Timestamp, Phase),
    ) -> Result<DomainReport, Problem> {
        let lost = || Problem::Output(io::Error::other("a result is lost"));
        let stored = self.stored.get(index).ok_or_else(lost)?;
        let mut octets = vec![0; stored.length];
        let read = self.spool.seek(SeekFrom::Start(stored.start));
        read.and_then(|_| self.spool.read_exact(&mut octets)).map_err(|error| spooling(&error))?;
        let mut report: DomainReport = serde_json::from_slice(&octets)
            .map_err(|error| Problem::Usage(format!("the result of {}: {error}", stored.domain)))?;
        report.unicode = report.domain.parse().ok().as_ref().and_then(unicode);
        report.checked_at = Some(stored.checked_at).filter(|time| *time != started);
        report.phase = report.phase.or(stored.phase).or(Some(phase));
        Ok(report)
    }
}

impl Selection {
    /// Selects the domains of the list; without a list, all that have a result.
    fn new(results: &Results, names: Option<&Names>) -> Self {
        let Some(names) = names else {
            let domains = (0..results.stored.len()).map(Selected::Found).collect();
            return Self { domains, notes: Vec::new() };
        };
        let mut domains = Vec::new();
        let mut missing = Vec::new();
        for name in names.iter() {
            match results.places.get(&name.without_trailing_dot()) {
                Some(place) => domains.push(Selected::Found(*place)),
                None => {
                    missing.push(name.clone());
                    domains.push(Selected::Missing(name));
                }
            }
        }
        let mut notes = Vec::new();
        if !missing.is_empty() {
            let named: Vec<String> = missing.iter().take(NAMED).map(Name::without_trailing_dot).collect();
            let more = match missing.len() - named.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            notes.push(format!(
                "no result for {} of {} domains of the list: {}{more}",
                missing.len(),
                names.len(),
                named.join(", ")
            ));
        }
        let others = results.stored.len() - (domains.len() - missing.len());
        if others > 0 {
            let domains = if others == 1 { "domain is" } else { "domains are" };
            notes.push(format!("results of {others} {domains} left out: not in the list"));
        }
        Self { domains, notes }
    }
}

impl Selection {
    /// Returns the names of the domains, in their order.
    fn names<'s>(&'s self, results: &'s Results) -> impl Iterator<Item = Name> {
        self.domains.iter().filter_map(|selected| match selected {
            Selected::Found(index) => results.stored.get(*index)?.domain.parse().ok(),
            Selected::Missing(name) => Some(name.clone()),
        })
    }
}

/// Returns the problem that results could not be stored.
fn spooling(error: &io::Error) -> Problem {
    Problem::Usage(format!(
        "no space for the results: {}; free some in the folder for temporary files",
        system_words(error)
    ))
}
