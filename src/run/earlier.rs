//! Reads earlier results and recordings to compare with.

use futures_util::TryStreamExt as _;

use crate::facts::Recording;
use crate::report::Report;
use crate::report::since::Earlier;

use super::checked::Checked;
use super::error::RunError;
use super::inputs::RunInputs;
use super::names::Names;
use super::options::RunOptions;
use super::overrides::DomainOverrides;
use super::pipeline::{Effort, Order, results};
use super::threads::Threads;

/// Earlier reports and recordings.
#[derive(Debug, Default)]
pub struct EarlierRuns {
    /// The reports.
    pub reports: Earlier,
    /// The recordings.
    pub recordings: Vec<Recording>,
    /// The notes about the files.
    pub notes: Vec<String>,
}

impl EarlierRuns {
    /// Returns them as one report. A recording is judged by the rules and options of this run, so that only the DNS
    /// answers differ.
    ///
    /// # Errors
    /// [`RunError`] for choices that cannot be used.
    pub(super) async fn judged(
        self,
        options: &RunOptions,
        names: &Names,
        overrides: &DomainOverrides,
    ) -> Result<Earlier, RunError> {
        let mut earlier = self.reports;
        for recording in self.recordings {
            earlier.add(judged(recording, options, names, overrides).await?);
        }
        Ok(earlier)
    }
}

/// Returns a recording as a report.
async fn judged(
    recording: Recording,
    options: &RunOptions,
    names: &Names,
    overrides: &DomainOverrides,
) -> Result<Earlier, RunError> {
    let held: Vec<_> = names.iter().filter(|domain| recording.domains.contains(domain)).collect();
    let inputs = RunInputs::replayed(recording);
    let started = inputs.source.started();
    let subjects = held.into_iter().map(|domain| overrides.subject(domain));
    let how = (Order::AsNamed, Effort::Full);
    let checked: Vec<Checked> =
        results(options, &inputs, subjects, how, &Threads::none(), |checked| checked).try_collect().await?;
    let domains = checked.iter().map(Checked::report).collect();
    Ok(Earlier::from(&Report::new(started, options.expected.phase, domains)))
}
