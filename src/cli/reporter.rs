//! Writes each result to every report of the run.
//!
//! There is one report for each `--output` and one for standard output. Results are written as they arrive and are not
//! kept, except for formats that need the last result before they can begin. Files appear under their names when the
//! run is over.

mod renderer;
mod waiting;

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::Arc;

use jiff::Timestamp;

use crate::check::Verdict;
use crate::expected::Phase;
use crate::report::next_options::NextOptions;
use crate::report::reminders::Reminders;
use crate::report::style::{Color, Links, Style};
use crate::report::writer::{Ending, Place, ResultAge, Run, Scale};
use crate::report::{DomainReport, Summary};
use crate::run::files::AtomicFile;

use super::args::{ReportFormat, Reporting};
use super::{Problem, status_of_verdict};
use renderer::RenderedPiece;
pub(super) use renderer::{DomainRenderer, RenderedDomain};
use waiting::Waiting;

/// All reports of a run.
pub(super) struct Reporter<'a> {
    reporting: &'a Reporting,
    sinks: Vec<Sink>,
    summary: Summary,
    reminders: Reminders,
    verdicts: BTreeSet<Verdict>,
}

/// One report.
struct Sink {
    format: ReportFormat,
    target: Target,
    run: Arc<Run>,
    /// The number of pieces that were written at once.
    written: usize,
    /// The pieces that wait for the end of the run.
    waiting: Waiting,
    /// The domains that the format needs as a whole at the end.
    whole: Vec<Arc<DomainReport>>,
}

/// The destination of a report.
enum Target {
    StandardOutput,
    File(AtomicFile),
}

/// The facts about a run that its reports show besides the results.
#[derive(Debug, Clone)]
pub(super) struct RunHeader {
    /// The time when the run began.
    pub(super) started: Timestamp,
    /// The phase that was checked.
    pub(super) phase: Phase,
    /// The position of its domains in the input.
    pub(super) place: Place,
    /// The number of domains: one, or several.
    pub(super) scale: Scale,
    /// The options that the next command repeats.
    pub(super) options: NextOptions,
}

impl<'a> Reporter<'a> {
    /// Begins every report.
    ///
    /// # Errors
    /// [`Problem`] if a file cannot be written; nothing is left behind then.
    pub(super) fn open(reporting: &'a Reporting, style: &Style, frame: RunHeader) -> Result<Self, Problem> {
        let RunHeader { started, phase, place, scale, options } = frame;
        let manual = reporting.manual_url.clone();
        let run = Arc::new(Run { place, scale, options, manual, ..Run::new(started, phase, *style) });
        let plain = Arc::new(Run {
            style: Style { color: Color::Off, links: Links::Off, ..*style },
            ..(*run).clone()
        });
        let mut sinks = Vec::new();
        for (at, output) in reporting.output.iter().enumerate() {
            if reporting.output.iter().take(at).any(|earlier| earlier.path == output.path) {
                return Err(Problem::Usage(format!(
                    "found two reports for `{}`, expected a file for each: change one `--output`",
                    output.path.display()
                )));
            }
            let target = Target::File(AtomicFile::begin(&output.path)?);
            sinks.push(Sink::new(output.format, target, Arc::clone(&plain)));
        }
        sinks.push(Sink::new(reporting.format, Target::StandardOutput, run));
        let (summary, reminders) = (Summary::default(), Reminders::default());
        Ok(Self { reporting, sinks, summary, reminders, verdicts: BTreeSet::new() })
    }

    /// Marks the reports as made from results of earlier runs.
    pub(super) fn of_stored_results(mut self) -> Self {
        for sink in &mut self.sinks {
            sink.run = Arc::new(Run { age: ResultAge::Stored, ..(*sink.run).clone() });
        }
        self
    }

    /// Writes the parts of the reports before the first result.
    ///
    /// # Errors
    /// [`Problem`] if it cannot be written.
    pub(super) fn begin(&mut self, out: &mut dyn Write) -> Result<(), Problem> {
        self.sinks.iter_mut().try_for_each(|sink| {
            let writer = sink.format.writer();
            sink.target.write_all(out, |out| writer.begin(out))
        })
    }

    /// Returns whether some report has to follow the order in which the domains were named.
    pub(super) fn keeps_order(&self) -> bool {
        self.sinks.iter().any(|sink| sink.format != ReportFormat::Ndjson)
    }

    /// Copies a line of an earlier report to the beginning of the report that continues it.
    ///
    /// # Errors
    /// [`Problem`] if it cannot be written.
    pub(super) fn go_on(&mut self, path: &std::path::Path, line: &[u8]) -> Result<(), Problem> {
        let outputs = self.reporting.output.iter().map(|output| output.path.as_path());
        for (sink, output) in self.sinks.iter_mut().zip(outputs) {
            if let (ReportFormat::Ndjson, Target::File(draft)) = (sink.format, &mut sink.target)
                && output == path
            {
                draft.write(line)?;
                draft.write(b"\n")?;
            }
        }
        Ok(())
    }

    /// Returns the renderer of domains for these reports.
    pub(super) fn renderer(&self) -> DomainRenderer {
        let reports = self.sinks.iter().map(|sink| (sink.format, Arc::clone(&sink.run))).collect();
        DomainRenderer::new(reports, self.reporting.fail_on_new)
    }

    /// Adds a rendered domain to every report.
    ///
    /// # Errors
    /// [`Problem`] if it cannot be written.
    pub(super) fn take(&mut self, rendered: RenderedDomain, out: &mut dyn Write) -> Result<(), Problem> {
        let RenderedDomain { verdict, counted, domain, unicode, reminders, pieces } = rendered;
        self.verdicts.insert(counted);
        self.summary.add(verdict);
        self.reminders.add(&domain, unicode.as_deref(), &reminders);
        self.sinks.iter_mut().zip(pieces).try_for_each(|(sink, piece)| sink.take(piece, out))
    }

    /// Counts a domain whose result an earlier run wrote.
    pub(super) fn count(&mut self, verdict: Verdict) {
        self.verdicts.insert(verdict);
    }

    /// Finishes every report and returns the exit status.
    ///
    /// # Errors
    /// [`Problem`] if one of them cannot be written.
    pub(super) fn finish(self, out: &mut dyn Write) -> Result<u8, Problem> {
        let verdict = counted(&self.verdicts, self.reporting);
        let worst = verdict.unwrap_or(Verdict::Ready);
        for sink in self.sinks {
            sink.finish((&self.summary, &self.reminders), worst, out)?;
        }
        out.flush()?;
        let own = self.reporting.format.writer().own_exit_status(worst);
        Ok(own.unwrap_or_else(|| verdict.map_or(0, status_of_counted)))
    }
}

/// Returns the worst verdict among those that count for the exit status; `None` if none does.
fn counted(verdicts: &BTreeSet<Verdict>, reporting: &Reporting) -> Option<Verdict> {
    let fails = |verdict: &Verdict| match &reporting.fail_on {
        Some(list) => list.iter().any(|name| name.verdict() == Some(*verdict)),
        None => *verdict != Verdict::Ready,
    };
    verdicts.iter().rev().copied().find(fails)
}

/// Returns the exit status of a verdict that counts. With `--fail-on ready`, that verdict has the status of
/// `changes-needed`.
fn status_of_counted(verdict: Verdict) -> u8 {
    match status_of_verdict(verdict) {
        0 => status_of_verdict(Verdict::ChangesNeeded),
        status => status,
    }
}

impl Sink {
    fn new(format: ReportFormat, target: Target, run: Arc<Run>) -> Self {
        Self { format, target, run, written: 0, waiting: Waiting::default(), whole: Vec::new() }
    }

    fn take(&mut self, piece: RenderedPiece, out: &mut dyn Write) -> Result<(), Problem> {
        match piece {
            RenderedPiece::Now(text) => {
                let separator = if self.written > 0 { self.format.writer().separator() } else { "" };
                self.written += 1;
                self.target.write(separator.as_bytes(), out)?;
                self.target.write(text.as_bytes(), out)?;
                // Flushing keeps every finished domain in the output even if the run is killed.
                self.target.flush(out)
            }
            RenderedPiece::Later(texts) => self.waiting.keep(texts).map_err(spooling),
            RenderedPiece::Whole(domain) => {
                self.whole.push(domain);
                Ok(())
            }
        }
    }

    fn finish(
        self,
        (summary, reminders): (&Summary, &Reminders),
        verdict: Verdict,
        out: &mut dyn Write,
    ) -> Result<(), Problem> {
        let Self { format, mut target, run, waiting, whole, .. } = self;
        let mut pieces = waiting.read().map_err(spooling)?;
        let end = Ending { verdict, summary, reminders, domains: &whole, pieces: &mut pieces };
        let written = target.write_all(out, |out| format.writer().finish(&run, end, out));
        pieces.failure.map_or(written, |error| Err(spooling(error)))?;
        match target {
            Target::StandardOutput => Ok(()),
            Target::File(file) => Ok(file.finish()?),
        }
    }
}

impl Target {
    fn write(&mut self, octets: &[u8], out: &mut dyn Write) -> Result<(), Problem> {
        match self {
            Self::StandardOutput => Ok(out.write_all(octets)?),
            Self::File(file) => Ok(file.write(octets)?),
        }
    }

    /// Writes the output of a format. An error names the file.
    fn write_all(
        &mut self,
        out: &mut dyn Write,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Problem> {
        let mut opened = Opened { target: self, out, problem: None };
        let mut buffer = io::BufWriter::new(&mut opened);
        let written = write(&mut buffer).and_then(|()| buffer.flush());
        // The rest of the buffer is not written after a failure.
        drop(buffer.into_parts());
        match opened.problem {
            Some(problem) => Err(problem),
            None => Ok(written?),
        }
    }

    fn flush(&mut self, out: &mut dyn Write) -> Result<(), Problem> {
        match self {
            Self::StandardOutput => Ok(out.flush()?),
            Self::File(_) => Ok(()),
        }
    }
}

/// A target as a writer for a format.
struct Opened<'t> {
    target: &'t mut Target,
    out: &'t mut dyn Write,
    problem: Option<Problem>,
}

impl Write for Opened<'_> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.target.write(octets, self.out).map(|()| octets.len()).map_err(|problem| {
            self.problem = Some(problem);
            io::Error::other("the report cannot be written")
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns the problem that pieces for the end of the run could not be stored.
fn spooling(error: io::Error) -> Problem {
    Problem::Usage(format!(
        "no space for the complete report: {error}; free some in the folder for temporary files"
    ))
}
