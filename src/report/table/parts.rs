//! Parts that several sections of the table share.

use crate::check::{Code, Verdict};
use crate::expected::Importance;
use crate::record::{Name, RecordType};
use crate::report::style::{Detail, Style};
use crate::report::view::{DomainReport, HazardView, unicode};

/// What the mark of [`advice`] means.
pub(super) const ADVICE: &str = "○ Recommended or not needed yet. Does not affect the result.";

/// The mark of what the verdict does not depend on.
pub(super) fn advice(importance: Importance) -> &'static str {
    match importance {
        Importance::Required => "",
        Importance::Recommended | Importance::Optional => " ○",
    }
}

/// A verdict as people say it.
pub(super) fn verdict_words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ready => "ready",
        Verdict::Waiting => "waiting",
        Verdict::Undetermined => "undetermined",
        Verdict::ChangesNeeded => "changes needed",
    }
}

/// The hazard that explains everything else in the report, which is folded into it unless more is asked for.
pub(super) fn sole_cause<'v>(report: &'v DomainReport, style: &Style) -> Option<&'v HazardView> {
    let is_cause = |hazard: &&HazardView| hazard.code == Code::DomainNotFound && hazard.is_error();
    report.hazards.iter().find(is_cause).filter(|_| style.detail < Detail::Verbose)
}

/// A number of things.
pub(super) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// The domain of a report as people write it, and as DNS does.
pub(super) fn shown_domain(report: &DomainReport, style: &Style) -> String {
    style.domain(&report.domain, report.unicode.as_deref())
}

/// The same for a name alone.
pub(super) fn shown_name(domain: &Name, style: &Style) -> String {
    style.domain(&domain.without_trailing_dot(), unicode(domain).as_deref())
}

/// A record in presentation form as it is typed into a panel: without the final dot, and text without quotes around it.
pub(super) fn typed(record: &str, rtype: RecordType) -> String {
    if rtype == RecordType::Txt {
        let text = record.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        return text.unwrap_or(record).to_owned();
    }
    match record.strip_suffix('.') {
        Some(bare) if !bare.is_empty() && !bare.ends_with(' ') => bare.to_owned(),
        Some(_) | None => record.to_owned(),
    }
}
