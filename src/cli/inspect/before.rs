//! Reads and writes the history file of a run.

use std::path::PathBuf;

use futures_util::TryStreamExt as _;

use crate::cli::files::EarlierRun;
use crate::cli::inspect::{Checked, Effort, Order, Start, results};
use crate::cli::workers::Workers;
use crate::cli::world::RunInputs;
use crate::cli::{Problem, files, stored};
use crate::facts::Recording;
use crate::report::Report;
use crate::report::since::Earlier;

/// Earlier reports and recordings.
pub(super) struct Before {
    reports: Earlier,
    recordings: Vec<Recording>,
    /// What to say of the files.
    pub(super) notes: Vec<String>,
}

impl Before {
    /// Reads files; `None` if there are none.
    ///
    /// # Errors
    /// [`Problem`] if one of them is neither.
    pub(super) fn read(paths: &[PathBuf]) -> Result<Option<Self>, Problem> {
        let mut before = Self { reports: Earlier::default(), recordings: Vec::new(), notes: Vec::new() };
        for path in paths {
            match files::earlier_run(path)? {
                EarlierRun::Recording(text) => {
                    let recording = Recording::parse(&text);
                    before
                        .recordings
                        .push(recording.map_err(|error| Problem::file(path, &error.to_string()))?);
                }
                EarlierRun::Report(reader) => {
                    before.reports.add(stored::earlier(path, reader, &mut before.notes)?);
                }
            }
        }
        Ok((!paths.is_empty()).then_some(before))
    }

    /// As one report: a recording is judged by the rules and options of today, so that only what the DNS said differs.
    ///
    /// # Errors
    /// [`Problem`] for choices that cannot be used.
    pub(super) async fn judged(self, start: &Start<'_>) -> Result<Earlier, Problem> {
        let mut earlier = self.reports;
        for recording in self.recordings {
            earlier.add(judged(recording, start).await?);
        }
        Ok(earlier)
    }
}

/// A recording as a report.
async fn judged(recording: Recording, start: &Start<'_>) -> Result<Earlier, Problem> {
    let held: Vec<_> = start.names.iter().filter(|domain| recording.domains.contains(domain)).collect();
    let world = RunInputs::replayed(recording);
    let started = world.source.started;
    let subjects = held.into_iter().map(|domain| start.overrides.subject(domain));
    let checked: Vec<Checked> =
        results(start.task, &world, subjects, (Order::AsNamed, Effort::Full), &Workers::none(), |checked| {
            checked
        })
        .try_collect()
        .await?;
    let domains = checked.iter().map(Checked::report).collect();
    Ok(Earlier::from(&Report::new(started, start.task.expectations.phase, domains)))
}
