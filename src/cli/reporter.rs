//! Where does each result go, and when?
//!
//! A report for every `--output` and one for standard output, written as the results come: nothing of a domain is kept
//! once it is written, but for the formats that cannot be begun before the last is known. Files take their place when the
//! run is over.

mod renderer;

use std::collections::BTreeSet;
use std::io::{self, Seek as _, Write};

use jiff::Timestamp;
use tempfile::SpooledTempFile;

use crate::check::Verdict;
use crate::expected::Phase;
use crate::report::format::{
    Place, csv_header, github, html, junit, markdown, nagios, nagios_status, prometheus, sarif,
};
use crate::report::json::StreamingJson;
use crate::report::reminders::Reminders;
use crate::report::style::{Colour, Detail, Style};
use crate::report::table;
use crate::report::{DomainReport, Report, Summary};
use crate::run::files::AtomicFile;

use super::args::{ReportFormat, Reporting};
use super::{Problem, status};
pub(super) use renderer::{DomainRenderer, RenderedDomain};

/// Octets of a report that wait in memory for what stands in front of them; the rest waits in a file without a name.
const MOST_IN_MEMORY: usize = 4 << 20;

/// All reports of a run.
pub(super) struct Reporter<'a> {
    reporting: &'a Reporting,
    started: Timestamp,
    phase: Phase,
    style: Style,
    place: Place,
    sinks: Vec<Sink>,
    /// What formats need that are made of the whole.
    kept: Vec<DomainReport>,
    /// The same with every reply.
    kept_in_full: Vec<DomainReport>,
    summary: Summary,
    verdicts: BTreeSet<Verdict>,
}

/// One report.
struct Sink {
    format: ReportFormat,
    target: Target,
    style: Style,
    state: State,
}

/// Where a report goes.
enum Target {
    StandardOutput,
    File(AtomicFile),
}

/// What a report remembers of what is written already.
enum State {
    Table(Reminders, usize),
    Json(StreamingJson, SpooledTempFile),
    Lines,
    Whole,
}

/// What was found out about the run beside its results.
#[derive(Debug, Clone)]
pub(super) struct RunHeader {
    /// When it began.
    pub(super) started: Timestamp,
    /// The phase that was judged.
    pub(super) phase: Phase,
    /// Where its domains stand.
    pub(super) place: Place,
}

impl<'a> Reporter<'a> {
    /// Begins every report.
    ///
    /// # Errors
    /// [`Problem`] if a file cannot be written; nothing is left behind then.
    pub(super) fn open(reporting: &'a Reporting, style: &Style, frame: RunHeader) -> Result<Self, Problem> {
        let plain = Style { colour: Colour::Off, ..*style };
        let mut sinks = Vec::new();
        for output in &reporting.output {
            sinks.push(Sink::new(output.format, Target::File(AtomicFile::begin(&output.path)?), plain));
        }
        sinks.push(Sink::new(reporting.format, Target::StandardOutput, *style));
        let RunHeader { started, phase, place } = frame;
        Ok(Self {
            reporting,
            started,
            phase,
            style: *style,
            place,
            sinks,
            kept: Vec::new(),
            kept_in_full: Vec::new(),
            summary: Summary::default(),
            verdicts: BTreeSet::new(),
        })
    }

    /// Writes what stands in front of the first result.
    ///
    /// # Errors
    /// [`Problem`] if it cannot be written.
    pub(super) fn begin(&mut self, out: &mut dyn Write) -> Result<(), Problem> {
        let mut tables = self.sinks.iter_mut().filter(|sink| sink.format == ReportFormat::Csv);
        tables.try_for_each(|sink| sink.target.write(&csv_header(), out))
    }

    /// Whether some report has to follow the order in which the domains were named.
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

    /// Who writes what these reports say of a domain.
    pub(super) fn renderer(&self) -> DomainRenderer {
        let reports = self.sinks.iter().map(|sink| (sink.format, sink.style)).collect();
        DomainRenderer::new(
            self.started,
            reports,
            self.style.detail == Detail::Verbose,
            self.reporting.fail_on_new,
        )
    }

    /// Puts what was written of a domain where it belongs.
    ///
    /// # Errors
    /// [`Problem`] if it cannot be written.
    pub(super) fn take(&mut self, script: RenderedDomain, out: &mut dyn Write) -> Result<(), Problem> {
        self.verdicts.insert(script.counted);
        self.summary.add(script.verdict.word());
        for (sink, text) in self.sinks.iter_mut().zip(&script.texts) {
            sink.take(&script, text, out)?;
        }
        self.kept.extend(script.kept);
        self.kept_in_full.extend(script.kept_in_full);
        Ok(())
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
        let report = |domains: Vec<DomainReport>| Report {
            domains,
            ..Report::of(self.started, self.phase, self.summary.clone())
        };
        let (empty, kept, full) = (report(Vec::new()), report(self.kept), report(self.kept_in_full));
        for sink in self.sinks {
            let whole = match sink.format == ReportFormat::Html || self.style.detail == Detail::Verbose {
                true => &full,
                false => &kept,
            };
            sink.finish(&empty, whole, worst, &self.place, out)?;
        }
        out.flush()?;
        Ok(match (verdict, self.reporting.format) {
            (verdict, ReportFormat::Nagios) => nagios_status(verdict.unwrap_or(Verdict::Ready)),
            (Some(verdict), _) => exit_status(verdict),
            (None, _) => 0,
        })
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
    fn new(format: ReportFormat, target: Target, style: Style) -> Self {
        let state = match format {
            ReportFormat::Table => State::Table(Reminders::default(), 0),
            ReportFormat::Json => State::Json(StreamingJson::begin(), SpooledTempFile::new(MOST_IN_MEMORY)),
            _ if renderer::is_whole(format) => State::Whole,
            _ => State::Lines,
        };
        Self { format, target, style, state }
    }

    fn take(&mut self, script: &RenderedDomain, text: &str, out: &mut dyn Write) -> Result<(), Problem> {
        let Self { format, target, state, .. } = self;
        match state {
            State::Table(reminders, written) => {
                reminders.add(&script.domain, &script.reminders);
                if *written > 0 {
                    target.write("\n", out)?;
                }
                *written += 1;
                target.write(text, out)?;
                target.flush(out)
            }
            State::Json(pieces, spool) => {
                spool.write_all(pieces.lead().as_bytes()).map_err(spooling)?;
                spool.write_all(text.as_bytes()).map_err(spooling)
            }
            State::Lines => {
                target.write(text, out)?;
                match format {
                    // Whoever reads along, or goes on after an end without warning, has every line that is done.
                    ReportFormat::Ndjson => target.flush(out),
                    _ => Ok(()),
                }
            }
            State::Whole => Ok(()),
        }
    }

    fn finish(
        mut self,
        empty: &Report,
        whole: &Report,
        worst: Verdict,
        place: &Place,
        out: &mut dyn Write,
    ) -> Result<(), Problem> {
        let text = match (&mut self.state, self.format) {
            (State::Table(reminders, written), _) => {
                let mut end = Vec::new();
                if self.style.detail > Detail::Quiet {
                    end.extend(Some(reminders.text(&self.style)).filter(|text| !text.is_empty()));
                }
                if *written > 1 {
                    end.push(table::summary(&empty.summary));
                }
                let gap = if *written > 0 && !end.is_empty() { "\n" } else { "" };
                format!("{gap}{}", end.join("\n"))
            }
            (State::Json(pieces, spool), _) => {
                let (head, tail) = pieces.frame(empty);
                self.target.write(&head, out)?;
                spool.rewind().map_err(spooling)?;
                self.target.copy(spool, out)?;
                tail
            }
            (State::Lines, _) => String::new(),
            (State::Whole, ReportFormat::Markdown) => markdown(whole),
            // Its drawing is made of the replies.
            (State::Whole, ReportFormat::Html) => html(whole),
            (State::Whole, ReportFormat::Junit) => junit(whole),
            (State::Whole, ReportFormat::Sarif) => sarif(whole, place),
            (State::Whole, ReportFormat::Github) => github(whole),
            (State::Whole, ReportFormat::Prometheus) => prometheus(whole),
            (State::Whole, ReportFormat::Nagios) => nagios(whole, worst),
            (
                State::Whole,
                ReportFormat::Table | ReportFormat::Json | ReportFormat::Ndjson | ReportFormat::Csv,
            ) => String::new(),
        };
        self.target.write(&text, out)?;
        match self.target {
            Target::StandardOutput => Ok(()),
            Target::File(draft) => Ok(draft.finish()?),
        }
    }
}

impl Target {
    fn write(&mut self, text: &str, out: &mut dyn Write) -> Result<(), Problem> {
        match self {
            Self::StandardOutput => Ok(out.write_all(text.as_bytes())?),
            Self::File(draft) => Ok(draft.write(text.as_bytes())?),
        }
    }

    fn copy(&mut self, from: &mut impl io::Read, out: &mut dyn Write) -> Result<(), Problem> {
        let mut octets = vec![0; 64 * 1024];
        loop {
            let count = from.read(&mut octets).map_err(spooling)?;
            let read = octets.get(..count).unwrap_or_default();
            match self {
                _ if read.is_empty() => return Ok(()),
                Self::StandardOutput => out.write_all(read)?,
                Self::File(draft) => draft.write(read)?,
            }
        }
    }

    fn flush(&mut self, out: &mut dyn Write) -> Result<(), Problem> {
        match self {
            Self::StandardOutput => Ok(out.flush()?),
            Self::File(_) => Ok(()),
        }
    }
}

/// What waits for the end of the run could not be put aside.
fn spooling(error: io::Error) -> Problem {
    Problem::Usage(format!(
        "no room for the report until it is whole: {error}; free some in the folder for temporary files"
    ))
}
