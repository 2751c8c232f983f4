//! Reports the progress of a watch line by line.
//!
//! There is one line for each change, with the time. The lines go to standard output if the report is for a person, and
//! to standard error if it is for a program.

use jiff::Timestamp;

use crate::cli::args::ReportFormat;
use crate::cli::{Problem, Streams};
use crate::report::changed::lines;
use crate::run::{ChangeTracker, Round};

use super::live::Live;

/// The state that was reported so far, and the format of the report.
pub(super) struct Log {
    format: ReportFormat,
    changes: ChangeTracker,
}

impl Log {
    /// Reports the state at the beginning.
    ///
    /// # Errors
    /// [`Problem`] if that cannot be written.
    pub(super) fn begin(
        first: &Round,
        format: ReportFormat,
        now: Timestamp,
        streams: &mut Streams<'_>,
        live: &Live,
    ) -> Result<Self, Problem> {
        let log = Self { format, changes: ChangeTracker::new(&first.plain_report()) };
        for checked in &first.checked {
            let text =
                format!("{}: {}", checked.subject.domain.without_trailing_dot(), checked.assessment.verdict);
            log.write(now, &text, streams, live)?;
        }
        Ok(log)
    }

    /// Reports the changes since the last report, and returns the number of lines.
    ///
    /// # Errors
    /// [`Problem`] if that cannot be written.
    pub(super) fn tell(
        &mut self,
        round: &Round,
        now: Timestamp,
        streams: &mut Streams<'_>,
        live: &Live,
    ) -> Result<usize, Problem> {
        let mut count = 0;
        for (domain, since) in self.changes.changes(&round.plain_report()) {
            for line in lines(&since) {
                self.write(now, &format!("{domain}: {line}"), streams, live)?;
                count += 1;
            }
        }
        Ok(count)
    }

    fn write(
        &self,
        now: Timestamp,
        text: &str,
        streams: &mut Streams<'_>,
        live: &Live,
    ) -> Result<(), Problem> {
        let line = format!("{} {text}", now.strftime("%Y-%m-%dT%H:%M:%SZ"));
        live.above(|| match self.format.is_for_a_person() {
            true => writeln!(streams.out, "{line}").and_then(|()| streams.out.flush()),
            false => writeln!(streams.err, "{line}"),
        })?;
        Ok(())
    }
}
