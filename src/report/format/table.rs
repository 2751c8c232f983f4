//! Writes the table for a person, one domain after another.

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
/// The maximum number of ready domains that are listed; more are only counted.
const MOST_READY: usize = 20;

/// Returns whether each domain has one line.
fn is_brief(run: &Run) -> bool {
    run.scale == Scale::Several && run.style.detail < Detail::Verbose
}

impl ReportWriter for Table {
    fn domain(&self, run: &Run, domain: &DomainReport) -> Piece {
        if is_brief(run) {
            let of = |verdict| {
                if domain.verdict == verdict { table::line(domain, &run.style) } else { String::new() }
            };
            return Piece::Later(SECTIONS.map(of).into());
        }
        let checked_at = match run.age {
            ResultAge::Fresh => None,
            ResultAge::Stored => Some(domain.time(run.checked_at)),
        };
        let report = table::domain(domain, checked_at, &run.style);
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
                out.write_all(b"\n")?;
            }
        } else if summary.domains > 0 {
            out.write_all(b"\n")?;
        }
        write!(out, "{reminders}{}{}", gap(&reminders), table::summary(summary))
    }
}

/// Writes all pieces of a section.
fn copy(pieces: &mut dyn Pieces, section: usize, out: &mut dyn Write) -> io::Result<()> {
    while let Some(text) = pieces.next(section)? {
        out.write_all(text.as_bytes())?;
    }
    Ok(())
}
