//! Prepares a run: everything that it needs is read, and nothing is looked up.

use jiff::Timestamp;

use crate::expected::Subject;
use crate::facts::{Facts, History, Recording};
use crate::report::since::{Earlier, since};

use super::checked::Checked;
use super::domain_list::DomainList;
use super::earlier::EarlierRuns;
use super::error::RunError;
use super::inputs::{self, RunInputs};
use super::names::Names;
use super::options::{DomainLimit, RunOptions};
use super::overrides::DomainOverrides;
use super::tenant::Tenant;

/// The maximum number of domains whose lists of expected values are read before anything is looked up.
const MOST_READ_AHEAD: usize = 1000;

/// A run that is ready to begin.
#[derive(Debug)]
pub struct PreparedRun {
    /// The sources of the answers, and the notes about them.
    pub inputs: RunInputs,
    /// The domains.
    pub names: Names,
    /// The options of each domain.
    pub overrides: DomainOverrides,
    /// The results of earlier runs to compare with, if there are any.
    pub earlier: Option<Earlier>,
}

impl PreparedRun {
    /// Reads what the run needs: files, resolvers, choices.
    ///
    /// # Errors
    /// [`RunError`] for what cannot be used; nothing has been looked up then.
    pub async fn open(
        options: &RunOptions,
        earlier: Option<EarlierRuns>,
        now: Timestamp,
    ) -> Result<Self, RunError> {
        let overrides = DomainOverrides::open(options)?;
        let tenant = Tenant::open(options)?;
        let (domains, left_out) = tenant.domains(&options.domains.typed).await?;
        let names = select(&domains, options)?;
        let (mut inputs, names) = inputs::prepare(names, options, now).await?;
        let listed = options.domains.list.as_ref().map(DomainList::notes).unwrap_or_default();
        inputs.notes.splice(0..0, listed.iter().cloned());
        inputs.notes.extend(left_out.into_iter().chain(tenant.note(options)));
        if let (DomainLimit::One, several @ 2..) = (options.domains.limit, names.len()) {
            let message = format!("there are several domains ({several}); name the one to plan for");
            return Err(RunError::Usage(message));
        }
        let overrides = overrides.with_tenant(tenant.wanted(names.iter()).await?);
        // The choices of the first domains are read before anything is asked; an error in them is reported at once.
        let few = names.iter().take(MOST_READ_AHEAD).map(|domain| overrides.subject(domain));
        let few: Vec<Subject> = few.collect::<Result<_, _>>()?;
        inputs.notes.extend(overrides.notes(&few)?);
        let mut run = Self { inputs, names, overrides, earlier: None };
        if let Some(mut earlier) = earlier {
            run.inputs.notes.append(&mut earlier.notes);
            let earlier = earlier.judged(options, &run.names, &run.overrides).await?;
            let missing = run.names.iter().filter(|domain| !earlier.holds(domain));
            let missing = missing.map(|domain| {
                format!("the earlier report does not contain {}", domain.without_trailing_dot())
            });
            run.inputs.notes.extend(missing.collect::<Vec<_>>());
            run.earlier = Some(earlier);
        }
        Ok(run)
    }

    /// Takes the history of earlier runs into account, and compares with what they reported.
    pub(crate) fn look_ahead(&self, options: &RunOptions, checked: &mut Checked, history: &History) {
        checked.look_ahead(history, options.assumptions, options.judge_options());
        checked.since = self.earlier.as_ref().and_then(|earlier| since(earlier, &checked.report()));
    }

    /// Returns an empty recording of this run.
    #[must_use]
    pub fn recording(&self) -> Recording {
        let facts = Facts::new(self.inputs.source.started(), self.inputs.source.elsewhere());
        Recording::new(Vec::new(), facts)
    }
}

/// Returns the domains of a run: those that are named, else those of the list, else those of the settings; each once.
fn select(named: &[String], options: &RunOptions) -> Result<Names, RunError> {
    let selection = &options.domains;
    let names = match &selection.list {
        Some(list) if named.is_empty() => list.domains().clone(),
        None if named.is_empty() => Names::configured(&options.configured, &selection.groups),
        Some(_) | None => Names::typed(named)?,
    };
    Ok(match selection.shard {
        Some(shard) => names.kept(|name| shard.holds(name)),
        None => names,
    })
}
