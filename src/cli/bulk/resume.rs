//! Reads which domains an earlier report already contains.
//!
//! A report of lines; where a writer was ended, one may be cut. An incomplete line counts as not written.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::check::Verdict;
use crate::cli::Problem;
use crate::record::Name;
use crate::run::{RunError, files};

/// What an earlier run wrote.
#[derive(Debug, Default)]
pub(super) struct ResumedReport {
    /// The newest result of each domain.
    results: HashMap<Name, Newest>,
}

/// The newest result of a domain.
#[derive(Debug, Clone, Copy)]
struct Newest {
    verdict: Verdict,
    /// Its line, from 0.
    line: usize,
}

/// What matters of a line.
#[derive(Deserialize)]
struct Line<'a> {
    schema_version: u32,
    #[serde(borrow)]
    domain: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    verdict: std::borrow::Cow<'a, str>,
}

impl ResumedReport {
    /// Reads a report; one that is not there yet holds nothing.
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
                // Each run that was ended without warning may have left one, and others are behind it.
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

    /// The verdict of a domain that is done; `None` where a check is still needed, also of one that was undetermined.
    pub(super) fn verdict(&self, domain: &Name) -> Option<Verdict> {
        self.done(domain).map(|newest| newest.verdict)
    }

    fn done(&self, domain: &Name) -> Option<Newest> {
        self.results.get(domain).copied().filter(|newest| newest.verdict != Verdict::Undetermined)
    }

    /// Takes a last line away that was cut, where standard output goes on in this file; ends it where it cannot be taken
    /// away.
    ///
    /// # Errors
    /// [`Problem`] if that cannot be written.
    pub(super) fn end_line(path: &Path, out: &mut dyn Write) -> Result<(), Problem> {
        if files::is_gone_on_in_a_line(path) && !files::cut_last_line(path, is_cut) {
            out.write_all(b"\n")?;
        }
        Ok(())
    }

    /// Hands on the newest line of each domain that is done.
    ///
    /// # Errors
    /// Those of the callback, and [`Problem`] if the file cannot be read any more.
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

/// Returns whether this is the beginning of an object and no whole value.
fn is_cut(line: &[u8]) -> bool {
    line.first() == Some(&b'{') && serde_json::from_slice::<IgnoredAny>(line).is_err()
}

fn whole(line: &[u8]) -> Option<(Name, Verdict)> {
    let line: Line<'_> =
        serde_json::from_slice(line).ok().filter(|line: &Line<'_>| line.schema_version == 1)?;
    let verdict = Verdict::ALL.into_iter().find(|verdict| verdict.word() == line.verdict)?;
    Some((line.domain.parse().ok()?, verdict))
}
