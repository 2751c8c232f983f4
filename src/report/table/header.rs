//! Writes the first line of the table: the verdict, the platform being left, and the target cloud.

use unicode_width::UnicodeWidthStr as _;

use crate::report::cause::Explained;
use crate::report::content;
use crate::report::style::{Style, Tone};
use crate::report::view::DomainReport;

use super::parts::{shown_domain, sole_cause};

/// Returns the verdict, the platform being left, and the target cloud.
pub(super) fn header(report: &DomainReport, style: &Style) -> String {
    let verdict = report.verdict;
    let left = match sole_cause(report, style) {
        Some(cause) => {
            let rest = content::left_but(report, |one| cause.is_about(one));
            let rest =
                Some(rest).filter(|rest| !rest.is_empty() && cause.explains == Explained::FailedLookups);
            cause.headline(report) + &rest.map(|rest| format!(", {rest}")).unwrap_or_default()
        }
        None => content::left(report),
    };
    let notes = if left.is_empty() { String::new() } else { format!(" ({left})") };
    let word = content::verdict(verdict);
    let domain = format!("{}:", shown_domain(report, style));
    let right = style.text(&content::way(report)).into_owned();
    let is_wide = format!("{domain} {word}{notes}").width() > style.columns();
    let notes = if is_wide { notes.replacen(" (", "\n  (", 1) } else { notes };
    let left = format!("{domain} {word}{notes}");
    let left = left.rsplit('\n').next().unwrap_or_default();
    let gap = style.columns().saturating_sub(left.width() + right.width());
    let between = match (style.is_limited(), gap) {
        (false, _) => "   ".to_owned(),
        (true, 3..) => " ".repeat(gap),
        (true, _) => "\n  ".to_owned(),
    };
    format!(
        "{} {}{between}{}\n",
        style.paint(Tone::Strong, &domain),
        style.paint(Tone::of(verdict), &format!("{word}{notes}")),
        style.paint(Tone::Faint, &right)
    )
}
