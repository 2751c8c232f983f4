//! Reads which domains an earlier report already contains.
//!
//! The report is NDJSON. If a run was killed, a line may be incomplete; such a line counts as not written.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::check::Verdict;
use crate::cli::Problem;
use crate::record::Name;
use crate::run::{RunError, files};

/// The results that an earlier run wrote.
#[derive(Debug, Default)]
pub(super) struct ResumedReport {
    /// The newest result of each domain.
    results: HashMap<Name, Newest>,
}

/// The newest result of a domain.
#[derive(Debug, Clone, Copy)]
struct Newest {
    verdict: Verdict,
    /// The index of its line, from 0.
    line: usize,
}

/// The fields of a line that are read.
#[derive(Deserialize)]
struct Line<'a> {
    schema_version: u32,
    #[serde(borrow)]
    domain: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    verdict: std::borrow::Cow<'a, str>,
}

impl ResumedReport {
    /// Reads a report. A file that does not exist yet counts as empty.
    ///
    /// # Errors
    /// [`Problem`] if it cannot be read, or is not a report.
    pub(super) fn read(path: &Path) -> Result<Self, Problem> {
        let mut resumed = Self::default();
        if !files::is_there(path) {
            return Ok(resumed);
        }
        for (index, line) in files::lines(path)?.enumerate() {
            let line = line?;
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            match whole(&line) {
                Some((domain, verdict)) => {
                    resumed.results.insert(domain, Newest { verdict, line: index });
                }
                // Each run that was killed may have left an incomplete line, with lines of later runs after it.
                None if is_cut(&line) => {}
                None => {
                    let reason = format!(
                        "line {} is not a line of a report; expected the output of --format ndjson",
                        index + 1
                    );
                    return Err(RunError::content(path, reason).into());
                }
            }
        }
        Ok(resumed)
    }

    /// Returns the verdict of a domain that is done; `None` if it has to be checked, because it has no result or an
    /// undetermined one.
    pub(super) fn verdict(&self, domain: &Name) -> Option<Verdict> {
        self.done(domain).map(|newest| newest.verdict)
    }

    fn done(&self, domain: &Name) -> Option<Newest> {
        self.results.get(domain).copied().filter(|newest| newest.verdict != Verdict::Undetermined)
    }

    /// Removes an incomplete last line if standard output continues this file, or ends that line if it cannot be
    /// removed.
    ///
    /// # Errors
    /// [`Problem`] if that cannot be written.
    pub(super) fn end_line(path: &Path, out: &mut dyn Write) -> Result<(), Problem> {
        if files::is_gone_on_in_a_line(path) && !files::cut_last_line(path, is_cut) {
            out.write_all(b"\n")?;
        }
        Ok(())
    }

    /// Calls `take` with the newest line of each domain that is done.
    ///
    /// # Errors
    /// The errors of the callback, and [`Problem`] if the file can no longer be read.
    pub(super) fn lines(
        &self,
        path: &Path,
        mut take: impl FnMut(&[u8]) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        if self.results.is_empty() {
            return Ok(());
        }
        for (index, line) in files::lines(path)?.enumerate() {
            let line = line?;
            let newest = whole(&line).and_then(|(domain, _)| self.done(&domain));
            if newest.is_some_and(|newest| newest.line == index) {
                take(&line)?;
            }
        }
        Ok(())
    }
}

/// Returns whether this is the beginning of an object that is not complete.
fn is_cut(line: &[u8]) -> bool {
    line.first() == Some(&b'{') && serde_json::from_slice::<IgnoredAny>(line).is_err()
}

fn whole(line: &[u8]) -> Option<(Name, Verdict)> {
    let line: Line<'_> =
        serde_json::from_slice(line).ok().filter(|line: &Line<'_>| line.schema_version == 1)?;
    let verdict = Verdict::ALL.into_iter().find(|verdict| verdict.word() == line.verdict)?;
    Some((line.domain.parse().ok()?, verdict))
}
