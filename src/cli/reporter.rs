//! Where each result goes, and when.
//!
//! A report for every `--output` and one for standard output, written as the results come: nothing of a domain is kept
//! once it is written, but for the formats that cannot be begun before the last is known. Files take their place when the
//! run is over.

mod renderer;
mod waiting;

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::Arc;

use jiff::Timestamp;

use crate::check::Verdict;
use crate::expected::Phase;
use crate::report::reminders::Reminders;
use crate::report::style::{Colour, Style};
use crate::report::writer::{Ending, Place, ResultAge, Run, Scale};
use crate::report::{DomainReport, Summary};
use crate::run::files::AtomicFile;

use super::args::{ReportFormat, Reporting};
use super::{Problem, status};
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
    /// Pieces that were written at once.
    written: usize,
    /// Pieces that wait for the end.
    waiting: Waiting,
    /// Domains that the format needs at the end.
    whole: Vec<Arc<DomainReport>>,
}

/// Where a report goes.
enum Target {
    StandardOutput,
    File(AtomicFile),
}

/// What was found out about the run beside its results.
#[derive(Debug, Clone)]
pub(super) struct RunHeader {
    /// The time when it began.
    pub(super) started: Timestamp,
    /// The phase that was judged.
    pub(super) phase: Phase,
    /// The position of its domains.
    pub(super) place: Place,
    /// How many domains there are.
    pub(super) scale: Scale,
    /// The options that the next command repeats.
    pub(super) options: String,
}

impl<'a> Reporter<'a> {
    /// Begins every report.
    ///
    /// # Errors
    /// [`Problem`] if a file cannot be written; nothing is left behind then.
    pub(super) fn open(reporting: &'a Reporting, style: &Style, frame: RunHeader) -> Result<Self, Problem> {
        let RunHeader { started, phase, place, scale, options } = frame;
        let run = Arc::new(Run { place, scale, options, ..Run::new(started, phase, *style) });
        let plain = Arc::new(Run { style: Style { colour: Colour::Off, ..*style }, ..(*run).clone() });
        let mut sinks = Vec::new();
        for output in &reporting.output {
            let target = Target::File(AtomicFile::begin(&output.path)?);
            sinks.push(Sink::new(output.format, target, Arc::clone(&plain)));
        }
        sinks.push(Sink::new(reporting.format, Target::StandardOutput, run));
        let (summary, reminders) = (Summary::default(), Reminders::default());
        Ok(Self { reporting, sinks, summary, reminders, verdicts: BTreeSet::new() })
    }

    /// The same for results of earlier runs.
    pub(super) fn of_stored_results(mut self) -> Self {
        for sink in &mut self.sinks {
            sink.run = Arc::new(Run { age: ResultAge::Stored, ..(*sink.run).clone() });
        }
        self
    }

    /// Writes what comes before the first result.
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

    /// Puts what an earlier run wrote in front of a report that goes on where that was left.
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

    /// Renders a domain for these reports.
    pub(super) fn renderer(&self) -> DomainRenderer {
        let reports = self.sinks.iter().map(|sink| (sink.format, Arc::clone(&sink.run))).collect();
        DomainRenderer::new(reports, self.reporting.fail_on_new)
    }

    /// Puts what was written of a domain where it belongs.
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

    /// Ends every report, and gives back the exit status.
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
        let own = self.reporting.format.writer().exit_status(worst);
        Ok(own.unwrap_or_else(|| verdict.map_or(0, exit_status)))
    }
}

/// The worst verdict of several domains among those that count; `None` where none does.
fn counted(verdicts: &BTreeSet<Verdict>, reporting: &Reporting) -> Option<Verdict> {
    let fails = |verdict: &Verdict| match &reporting.fail_on {
        Some(list) => list.iter().any(|name| name.verdict() == Some(*verdict)),
        None => *verdict != Verdict::Ready,
    };
    verdicts.iter().rev().copied().find(fails)
}

/// `ready` can be made to fail; it then has the status of a change that is needed.
fn exit_status(verdict: Verdict) -> u8 {
    match status(verdict) {
        0 => status(Verdict::ChangesNeeded),
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
                // A run that ends without warning leaves every domain that is done.
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
        let mut kept = waiting.read().map_err(spooling)?;
        let end = Ending { verdict, summary, reminders, domains: &whole, pieces: &mut kept };
        let written = target.write_all(out, |out| format.writer().finish(&run, end, out));
        kept.failure.map_or(written, |error| Err(spooling(error)))?;
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

    /// Writes what a format writes, and says what went wrong with the file's name.
    fn write_all(
        &mut self,
        out: &mut dyn Write,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Problem> {
        let mut opened = Opened { target: self, out, problem: None };
        let mut buffer = io::BufWriter::new(&mut opened);
        let written = write(&mut buffer).and_then(|()| buffer.flush());
        // What is left in the buffer after a failure is not written.
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

/// A target as a format sees it.
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

/// What waits for the end of the run could not be put aside.
fn spooling(error: io::Error) -> Problem {
    Problem::Usage(format!(
        "no space for the complete report: {error}; free some in the folder for temporary files"
    ))
}
