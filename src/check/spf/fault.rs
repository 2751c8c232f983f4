//! Describes errors that make SPF fail for every sender.
//!
//! These are invalid terms, in the record itself or in an included one, and includes of a domain without a record or
//! back to a domain that is being checked.

use crate::record::spf::Term;
use crate::record::{Name, Text};

use super::tally::{Fault, FaultKind};
use super::walk::MOST_MAIL_HOSTS;
use super::{Code, Finding, SpfJudge, backticked, edit, markup, placeholder, shown};

impl SpfJudge<'_> {
    /// Returns the outcome and the message for an error that makes SPF fail for every sender.
    pub(super) fn faulty(&self, fault: &Fault) -> (Code, String) {
        let about = backticked(&fault.about);
        let term = shown(&fault.term);
        if fault.kind == FaultKind::PassesEveryone && fault.holder == self.case.subject.domain {
            return (Code::SpfPassesEveryone, format!("Replace `{term}`: it authorizes every sender."));
        }
        if let (FaultKind::NoRecord, Some(meant)) = (fault.kind, self.meant_by(fault)) {
            let message = format!(
                "Correct `{term}`: it looks like a typing error of `{meant}` and has no SPF record, so SPF \
                 fails for every sender."
            );
            return (Code::SpfInvalid, message);
        }
        let (code, what) = match fault.kind {
            FaultKind::NotADomain => {
                let message = format!(
                    "Correct `{term}`: it does not lead to a domain name, so SPF fails \
                    for every sender."
                );
                return (Code::SpfInvalid, message);
            }
            FaultKind::ManyMailHosts => {
                let message = format!(
                    "Remove `{term}`: it leads to more than {MOST_MAIL_HOSTS} mail hosts of {about}, so \
                     receivers return permerror (RFC 7208 §4.6.4)."
                );
                return (Code::SpfTooManyLookups, message);
            }
            FaultKind::Loop => (
                Code::SpfIncludeLoop,
                format!(
                    "includes itself (through {}), so SPF fails for every sender.",
                    backticked(&fault.holder)
                ),
            ),
            FaultKind::Placeholder => (
                Code::SpfInvalid,
                "is a placeholder from a guide and authorizes no sender, so the plan drops it: add what \
                 was meant."
                    .into(),
            ),
            FaultKind::NoRecord => {
                let guide = placeholder::sounds_like_one(&fault.about, &self.case.subject.domain);
                let guide = if guide { "looks like a placeholder from a guide: it " } else { "" };
                (
                    Code::SpfInvalid,
                    format!(
                        "{guide}is included but has no SPF record, so SPF fails for \
                    every sender."
                    ),
                )
            }
            FaultKind::Several => (
                Code::SpfInvalid,
                "is included but has several SPF records, so SPF fails for every sender.".into(),
            ),
            FaultKind::PassesEveryone => (
                Code::SpfPassesEveryone,
                format!(
                    "is included and contains `{term}`, so it authorizes \
                    every sender."
                ),
            ),
            FaultKind::Unreadable => (
                Code::SpfInvalid,
                format!("is included and contains the invalid `{term}`, so SPF fails for every sender."),
            ),
        };
        (code, format!("{about} {what}"))
    }

    /// Returns the term that the one of an error in a record of the domain was meant to be, if it has a typing error in
    /// Microsoft's name.
    fn meant_by(&self, fault: &Fault) -> Option<String> {
        let is_own = fault.holder.is_within(&self.case.subject.domain);
        let term: Term = fault.term.parse().ok().filter(|_| is_own)?;
        edit::meant(self, &term)
    }
}

/// Adds the next step to the finding about an error in a record other than the domain's, which only its owner can fix.
pub(super) fn at_others(finding: Finding, fault: &Fault, domain: &Name) -> Finding {
    if fault.holder == *domain {
        return finding;
    }
    let message = format!(
        "{} Only the owner of the record can fix it: until then, remove `{}`.",
        finding.message,
        shown(&fault.top)
    );
    Finding { message, ..finding }
}

/// Describes a term that receivers cannot parse, with its position and octets as they see them.
pub(super) fn unreadable(text: &Text, term: &Term, why: &str) -> String {
    let place = term.span.start + 1;
    let octets = markup::escaped(text.joined().get(term.span.clone()).unwrap_or_default());
    let odd: Vec<markup::Oddity> = markup::oddities(text)
        .into_iter()
        .filter(|odd| (term.span.start..term.span.end).contains(&odd.place.saturating_sub(1)))
        .collect();
    let why = match markup::described(&odd) {
        Some(odd) => format!("{odd}, and only plain ASCII is allowed"),
        None if placeholder::is_term(&term.text) => format!("it is a placeholder from a guide ({why})"),
        None => why.to_owned(),
    };
    format!("Correct `{}` at byte {place}: {why}.", shown(&octets))
}
