//! Writes the table for a person, one domain after another.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::check::Verdict;
use crate::report::style::Detail;
use crate::report::table;
use crate::report::view::DomainReport;
use crate::report::writer::{Ending, Piece, Pieces, ReportWriter, ResultAge, Run, Scale};

/// Writes the table: all of a single domain, or one line for each of several, problems first, unless `-v` is given.
pub(super) struct Table;

/// The verdicts in the order of their sections: domains that need an edit first.
const SECTIONS: [Verdict; 4] =
    [Verdict::ChangesNeeded, Verdict::Undetermined, Verdict::Waiting, Verdict::Ready];
/// The section with the lines of domains whose lookups failed for a cause that they share.
const SHARED_LINES: usize = SECTIONS.len();
/// The section with these causes.
const SHARED_CAUSES: usize = SHARED_LINES + 1;
/// The first of the sections with the next step, one for each verdict.
const NEXT: usize = SHARED_CAUSES + 1;
/// The maximum number of domains with the same cause that are listed; of more, this number is named.
const MOST_NAMED: usize = 3;
/// The maximum number of ready domains that are listed; more are only counted.
const MOST_READY: usize = 20;

/// Returns whether each domain has one line.
fn is_brief(run: &Run) -> bool {
    run.scale == Scale::Several && run.style.detail < Detail::Verbose
}

impl ReportWriter for Table {
    fn domain(&self, run: &Run, domain: &DomainReport) -> Piece {
        if is_brief(run) {
            let line = table::line(domain, &run.style);
            let next = match run.style.detail {
                Detail::Quiet => String::new(),
                Detail::Normal | Detail::Verbose => {
                    table::next_of_several(domain, &run.options.local, &run.style)
                }
            };
            let of = |verdict, text: &String| {
                if domain.verdict == verdict { text.clone() } else { String::new() }
            };
            let (lines, shared) = match table::shared_cause(domain) {
                Some((servers, sentence)) => {
                    (SECTIONS.map(|_| String::new()), [line, format!("{servers}\n{sentence}")])
                }
                None => (SECTIONS.map(|verdict| of(verdict, &line)), Default::default()),
            };
            let next = SECTIONS.map(|verdict| of(verdict, &next));
            return Piece::Later(lines.into_iter().chain(shared).chain(next).collect());
        }
        let checked_at = match run.age {
            ResultAge::Fresh => None,
            ResultAge::Stored => Some(domain.time(run.checked_at)),
        };
        let report = table::domain(domain, checked_at, run.manual.as_ref(), &run.style);
        let next = match run.style.detail {
            Detail::Quiet => String::new(),
            Detail::Normal | Detail::Verbose => table::next_step(domain, &run.options.local, &run.style),
        };
        match run.scale {
            // The reminders come before the next step.
            Scale::One => Piece::Later(vec![report, next]),
            Scale::Several => Piece::Now(report + &next),
        }
    }

    fn separator(&self) -> &'static str {
        "\n"
    }

    fn finish(&self, run: &Run, end: Ending<'_>, out: &mut dyn Write) -> io::Result<()> {
        let Ending { summary, reminders, pieces, .. } = end;
        let reminders = match run.style.detail {
            Detail::Quiet => String::new(),
            Detail::Normal | Detail::Verbose => reminders.text(&run.style),
        };
        let gap = |text: &str| if text.is_empty() { "" } else { "\n" };
        if run.scale == Scale::One {
            copy(pieces, 0, out)?;
            write!(out, "{}{reminders}", gap(&reminders))?;
            return copy(pieces, 1, out);
        }
        if is_brief(run) {
            let counts = [summary.changes_needed, summary.undetermined, summary.waiting, summary.ready];
            for (section, (verdict, count)) in SECTIONS.into_iter().zip(counts).enumerate() {
                let is_listed = verdict != Verdict::Ready || count <= MOST_READY;
                if count == 0 || !is_listed {
                    continue;
                }
                out.write_all(table::heading(verdict, &run.style).as_bytes())?;
                copy(pieces, section, out)?;
                if verdict == Verdict::Undetermined {
                    write_shared(run, pieces, out)?;
                }
                out.write_all(b"\n")?;
            }
        } else if summary.domains > 0 {
            out.write_all(b"\n")?;
        }
        write!(out, "{reminders}{}{}", gap(&reminders), table::summary(summary))?;
        match is_brief(run) {
            true => out.write_all(first_next(pieces)?.as_bytes()),
            false => Ok(()),
        }
    }
}

/// Returns the next step of the first domain that is not ready, those to edit first; empty if there is none.
fn first_next(pieces: &mut dyn Pieces) -> io::Result<String> {
    for section in NEXT..NEXT + SECTIONS.len() {
        while let Some(text) = pieces.next(section)? {
            if !text.is_empty() {
                return Ok(text);
            }
        }
    }
    Ok(String::new())
}

/// The domains with one cause: its sentence, their number, and the lines of the first ones.
#[derive(Default)]
struct Shared {
    sentence: String,
    count: usize,
    first: Vec<String>,
}

/// Writes the domains whose lookups failed for a cause that they share: the cause once, if there are many.
fn write_shared(run: &Run, pieces: &mut dyn Pieces, out: &mut dyn Write) -> io::Result<()> {
    let mut causes: BTreeMap<String, Shared> = BTreeMap::new();
    while let Some(line) = pieces.next(SHARED_LINES)? {
        let cause = pieces.next(SHARED_CAUSES)?.unwrap_or_default();
        let Some((servers, sentence)) = cause.split_once('\n').filter(|_| !line.is_empty()) else { continue };
        // The first failure of a server is the one that was seen; later, the server may not be queried any more.
        let shared = causes
            .entry(servers.to_owned())
            .or_insert_with(|| Shared { sentence: sentence.to_owned(), ..Shared::default() });
        shared.count += 1;
        if shared.first.len() < MOST_NAMED {
            shared.first.push(line);
        }
    }
    for Shared { sentence, count, first } in causes.into_values() {
        let text = if count > MOST_NAMED {
            let names = first.iter().filter_map(|line| line.split_whitespace().next());
            let names: Vec<String> = names.map(str::to_owned).collect();
            table::shared(&sentence, &names, count, &run.style)
        } else {
            first.concat()
        };
        out.write_all(text.as_bytes())?;
    }
    Ok(())
}

/// Writes all pieces of a section.
fn copy(pieces: &mut dyn Pieces, section: usize, out: &mut dyn Write) -> io::Result<()> {
    while let Some(text) = pieces.next(section)? {
        out.write_all(text.as_bytes())?;
    }
    Ok(())
}
