//! Combines the options of a run from the command line, the settings and the surroundings.

use crate::check::Assumptions;
use crate::run::{DomainLimit, DomainSelection, ExpectationOptions, RunOptions};

use super::args::{Bulk, Lookup, Times};
use super::settings::Settings;
use super::{Problem, Surroundings};

/// The arguments that all commands that check domains have.
pub(super) struct CheckArguments<'a> {
    /// The domains as they were typed.
    pub(super) domains: &'a [String],
    /// The options of the expectations.
    pub(super) expected: ExpectationOptions,
    /// The arguments for the sources of answers.
    pub(super) lookup: &'a Lookup,
    /// The arguments for the history and the assumed durations.
    pub(super) times: &'a Times,
    /// The arguments for many domains.
    pub(super) bulk: &'a Bulk,
    /// True if recommended records count as required.
    pub(super) strict: bool,
    /// The number of domains that the command accepts.
    pub(super) limit: DomainLimit,
}

impl CheckArguments<'_> {
    /// Returns the options of the run.
    ///
    /// # Errors
    /// [`Problem`] for a value of the settings that cannot be used.
    pub(super) fn options(
        self,
        settings: &Settings,
        surroundings: &Surroundings,
    ) -> Result<RunOptions, Problem> {
        let Self { domains, expected, lookup, times, bulk, strict, limit } = self;
        if let ([_, ..], Some(_)) = (domains, &bulk.list) {
            let message = "--domains: domains are named on the command line too; put them into the list";
            return Err(Problem::Usage(message.into()));
        }
        if let ([_, ..], [_, ..]) = (domains, &bulk.group[..]) {
            let message = "--group: domains are named on the command line too; leave one of the two out";
            return Err(Problem::Usage(message.into()));
        }
        settings.check_groups(&bulk.group)?;
        let list = bulk.list.as_deref().map(|list| settings.list(list, surroundings.input.as_deref()));
        let domains = DomainSelection {
            typed: domains.to_vec(),
            list: list.transpose()?,
            groups: bulk.group.clone(),
            shard: bulk.shard,
            all_of_tenant: lookup.all_domains,
            limit,
        };
        let assumptions = Assumptions { old_ttl: times.old_ttl.0, queue_margin: times.queue_margin.0 };
        Ok(RunOptions {
            domains,
            lookup: lookup.options(),
            history: times.history.clone(),
            assumptions,
            strict,
            concurrency: bulk.concurrency.map(|concurrency| concurrency.0),
            ..without_lookup(expected, settings, surroundings)?
        })
    }
}

/// Returns the options of a run without lookups.
///
/// # Errors
/// [`Problem`] for a value of the settings that cannot be used.
pub(super) fn without_lookup(
    expected: ExpectationOptions,
    settings: &Settings,
    surroundings: &Surroundings,
) -> Result<RunOptions, Problem> {
    Ok(RunOptions {
        expected,
        configured: settings.configured()?,
        waivers: settings.waivers().to_vec(),
        graph_token: surroundings.graph_token.clone(),
        ..RunOptions::default()
    })
}
