//! What makes every check of the record fail, in words?
//!
//! A term that nobody can read, in the record itself or below, and an include that leads nowhere or back.

use crate::record::spf::Term;
use crate::record::{Name, Text};

use super::tally::{Fault, FaultKind};
use super::walk::MOST_MAIL_HOSTS;
use super::{Code, Finding, SpfJudge, backticked, markup, placeholder, shown};

impl SpfJudge<'_> {
    /// What makes every check fail, whoever sends.
    pub(super) fn faulty(&self, fault: &Fault) -> (Code, String) {
        let about = backticked(&fault.about);
        let term = shown(&fault.term);
        if fault.kind == FaultKind::PassesEveryone && fault.holder == self.case.subject.domain {
            return (Code::SpfPassesEveryone, format!("`{term}` authorizes every sender"));
        }
        let (code, what) = match fault.kind {
            FaultKind::NotADomain => {
                let message = format!("`{term}` does not lead to a domain name, so every check fails");
                return (Code::SpfInvalid, message);
            }
            FaultKind::ManyMailHosts => {
                let message = format!(
                    "`{term}` leads to more than {MOST_MAIL_HOSTS} mail hosts of {about}, and receivers then give \
                     up on the whole record (RFC 7208 §4.6.4)"
                );
                return (Code::SpfTooManyLookups, message);
            }
            FaultKind::Loop => (
                Code::SpfIncludeLoop,
                format!(
                    "is included by itself, at the last by {}, so every check fails",
                    backticked(&fault.holder)
                ),
            ),
            FaultKind::Placeholder => (
                Code::SpfInvalid,
                "is a placeholder from a guide and stands for no sender, so it is left out; put back what \
                 was meant"
                    .into(),
            ),
            FaultKind::NoRecord => {
                let guide = placeholder::sounds_like_one(&fault.about, &self.case.subject.domain);
                let guide = if guide { "looks like a placeholder from a guide: it " } else { "" };
                (Code::SpfInvalid, format!("{guide}is included and has no SPF record, so every check fails"))
            }
            FaultKind::Several => {
                (Code::SpfInvalid, "is included and has several SPF records, so every check fails".into())
            }
            FaultKind::PassesEveryone => {
                (Code::SpfPassesEveryone, format!("is included and holds `{term}`, so everybody may send"))
            }
            FaultKind::Unreadable => (
                Code::SpfInvalid,
                format!("is included and holds `{term}`, which nobody can read, so every check fails"),
            ),
        };
        (code, format!("{about} {what}"))
    }
}

/// The next step where no edit of the record fixes it.
pub(super) fn at_others(finding: Finding, fault: &Fault, domain: &Name) -> Finding {
    if fault.holder == *domain {
        return finding;
    }
    let message = format!(
        "{}; only the owner of the record can put that right: until then take `{}` out",
        finding.message,
        shown(&fault.top)
    );
    Finding { message, ..finding }
}

/// A term that receivers cannot read, with its place and octets as they see them.
pub(super) fn unreadable(text: &Text, term: &Term, why: &str) -> String {
    let place = term.span.start + 1;
    let octets = markup::escaped(text.joined().get(term.span.clone()).unwrap_or_default());
    let odd: Vec<markup::Oddity> = markup::oddities(text)
        .into_iter()
        .filter(|odd| (term.span.start..term.span.end).contains(&odd.place.saturating_sub(1)))
        .collect();
    let why = match markup::told(&odd) {
        Some(odd) => format!("{odd}, and only plain ASCII terms are allowed"),
        None if placeholder::is_term(&term.text) => format!("it is a placeholder from a guide ({why})"),
        None => why.to_owned(),
    };
    format!("receivers cannot read `{}` at octet {place}: {why}", shown(&octets))
}
