//! Builds the parts that only the HTML and Markdown reports have.

use jiff::Timestamp;

use crate::check::Code;
use crate::check::time::clock;
use crate::report::changed;
use crate::report::view::DomainReport;
use crate::report::words::Word;

/// The title of the findings that are neither required nor published.
pub(super) const NOT_PUBLISHED: &str = "not required, not published";

/// Returns a code with a section in the manual; `None` for `met`, and for a code that this version does not know.
pub(super) fn explained(code: &Word<Code>) -> Option<Code> {
    code.known().filter(|code| *code != Code::Met && code.section().is_some())
}

/// Returns the domain as people write it and as DNS does.
pub(super) fn shown_name(domain: &DomainReport) -> String {
    match &domain.unicode {
        Some(unicode) => format!("{unicode} ({})", domain.domain),
        None => domain.domain.clone(),
    }
}

/// Returns the time at which a stored result was found, or `never`.
pub(super) fn checked(time: Timestamp) -> String {
    if time == Timestamp::UNIX_EPOCH { "never".to_owned() } else { clock(time) }
}

/// Returns the changes since an earlier report: a title, and one line for each change.
pub(super) fn since(domain: &DomainReport) -> Option<(String, Vec<String>)> {
    let since = domain.since.as_ref()?;
    let time = clock(since.checked_at);
    let lines = changed::lines(since);
    let title = if lines.is_empty() {
        format!("Nothing has changed since {time}")
    } else {
        format!("Changed since {time}")
    };
    Some((title, lines))
}
