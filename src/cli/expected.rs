//! `cutover expected`: what should be published; no lookups.

use crate::expected::expectations;
use crate::report::Style;
use crate::report::json::{ExpectedView, to_json};
use crate::report::table;

use super::args::{Expected, ExpectedFormat};
use super::subject::subject;
use super::{Problem, Streams, domain};

/// Runs the command.
///
/// # Errors
/// [`Problem`] for a value that cannot be used.
pub(super) fn run(command: &Expected, streams: &mut Streams<'_>, style: &Style) -> Result<u8, Problem> {
    let domain = domain::parse(&command.domain).map_err(Problem::Usage)?;
    let subject = subject(domain, &command.expectations)?;
    let list = expectations(&subject);
    let text = match command.format {
        ExpectedFormat::Table => table::expected(&subject, &list, style),
        ExpectedFormat::Json => to_json(&ExpectedView::new(&subject, &list)),
    };
    streams.out.write_all(text.as_bytes())?;
    Ok(0)
}
