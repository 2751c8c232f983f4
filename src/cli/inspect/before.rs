//! What did an earlier run leave behind?

use std::path::Path;

use futures_util::TryStreamExt as _;

use crate::cli::inspect::{Checked, Effort, Order, Start, results};
use crate::cli::workers::Workers;
use crate::cli::world::World;
use crate::cli::{Problem, files};
use crate::facts::Recording;
use crate::report::Report;
use crate::report::since::Earlier;

/// A report, or a recording.
pub(super) enum Before {
    Report(Earlier),
    Recording(Box<Recording>),
}

impl Before {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Problem`] if it is neither.
    pub(super) fn read(path: &Path) -> Result<Self, Problem> {
        let text = files::read_text(path, files::EARLIER_RUN)?;
        let problem = |error: &dyn std::error::Error| Problem::file(path, &error.to_string());
        if Recording::is_one(&text) {
            let recording = Recording::parse(&text).map_err(|error| problem(&error))?;
            return Ok(Self::Recording(Box::new(recording)));
        }
        Earlier::parse(&text).map(Self::Report).map_err(|error| problem(&error))
    }

    /// As a report: a recording is judged by the rules and options of today, so that only what the DNS said differs.
    ///
    /// # Errors
    /// [`Problem`] for choices that cannot be used.
    pub(super) async fn judged(self, start: &Start<'_>) -> Result<Earlier, Problem> {
        let recording = match self {
            Self::Report(earlier) => return Ok(earlier),
            Self::Recording(recording) => *recording,
        };
        let held: Vec<_> = start.names.iter().filter(|domain| recording.domains.contains(domain)).collect();
        let world = World::replayed(recording);
        let started = world.source.started;
        let subjects = held.into_iter().map(|domain| start.roster.subject(domain));
        let checked: Vec<Checked> = results(
            start.task,
            &world,
            subjects,
            (Order::AsNamed, Effort::Full),
            &Workers::none(),
            |checked| checked,
        )
        .try_collect()
        .await?;
        let domains = checked.iter().map(Checked::report).collect();
        Ok(Earlier::from(&Report::new(started, start.task.expectations.phase, domains)))
    }
}
