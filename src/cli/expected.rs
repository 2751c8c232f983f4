//! `cutover expected`: prints the records that should be published, without DNS lookups.

use crate::expected::expectations;
use crate::report::Style;
use crate::report::harmless::harmless;
use crate::report::json::{ExpectedView, to_json};
use crate::report::style::Detail;
use crate::report::table;
use crate::run::{DomainOverrides, RunError, Tenant, domain};

use super::args::{Expected, ExpectedFormat};
use super::run_options::without_lookup;
use super::settings::Settings;
use super::{Problem, Streams, Surroundings};

/// Runs the command.
///
/// # Errors
/// [`Problem`] for a value that cannot be used.
pub(super) fn run(
    command: &Expected,
    settings: &Settings,
    streams: &mut Streams<'_>,
    style: &Style,
    surroundings: &Surroundings,
) -> Result<u8, Problem> {
    let domain = domain::parse(&command.domain).map_err(|source| RunError::Domain { place: None, source })?;
    let options = without_lookup(command.expectations.options(), settings, surroundings)?;
    let overrides = DomainOverrides::open(&options)?;
    let tenant = Tenant::open(&options)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let wanted = runtime.block_on(tenant.wanted(std::iter::once(domain.clone())));
    runtime.shutdown_background();
    let overrides = overrides.with_tenant(wanted?);
    let subject = overrides.subject(domain)?;
    if style.detail > Detail::Quiet {
        for note in overrides.notes(std::slice::from_ref(&subject))? {
            writeln!(streams.err, "note: {}", harmless(&note))?;
        }
    }
    let list = expectations(&subject);
    let text = match command.format {
        ExpectedFormat::Table => table::expected(&subject, &list, style),
        ExpectedFormat::Json => to_json(&ExpectedView::new(&subject, &list)),
    };
    streams.out.write_all(text.as_bytes())?;
    Ok(0)
}
