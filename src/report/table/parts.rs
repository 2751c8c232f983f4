//! Parts that several sections of the table share.

use crate::record::Name;
use crate::report::cause::{Cause, cause};
use crate::report::style::{Detail, Style};
use crate::report::view::{DomainReport, unicode};

/// Returns the cause that explains the result; what it explains is left out unless `-v` is given.
pub(super) fn sole_cause<'v>(report: &'v DomainReport, style: &Style) -> Option<Cause<'v>> {
    cause(report).filter(|_| style.detail < Detail::Verbose)
}

/// Returns a count with its noun in the singular or the plural.
pub(super) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// Returns the domain of a report as people write it, and as DNS does.
pub(super) fn shown_domain(report: &DomainReport, style: &Style) -> String {
    style.domain(&report.domain, report.unicode.as_deref())
}

/// Returns a name as people write it, and as DNS does.
pub(super) fn shown_name(domain: &Name, style: &Style) -> String {
    style.domain(&domain.without_trailing_dot(), unicode(domain).as_deref())
}
