//! Checks that declared senders stay in the SPF record.
//!
//! Senders of invoices or newsletters must not get lost in the move. A term counts if receivers read it: in the record
//! itself, or in one that it includes.

use crate::facts::LookupFailure;
use crate::record::spf::{Meaning, Mechanism, SpfRecord, Term};

use super::tally::Tally;
use super::terms::key;
use super::{Code, Finding, SpfJudge, join_and, shown};

impl SpfJudge<'_> {
    /// Returns the finding about senders that must stay and are missing.
    pub(super) fn sender_missing(
        &self,
        record: &SpfRecord,
        tally: &Tally,
    ) -> Result<Option<Finding>, LookupFailure> {
        let senders = self.case.subject.spf_senders.iter();
        let missing: Vec<&Term> = senders.filter(|sender| self.lacks(sender, record, tally)).collect();
        if missing.is_empty() {
            return Ok(None);
        }
        // The sender may be in the part that could not be looked up.
        if let Some(failure) = &tally.failure {
            return Err(failure.clone());
        }
        let missing = join_and(missing.iter().map(|sender| format!("`{}`", shown(&sender.text))));
        let message = format!("Add {missing}: it must stay, and without it its mail fails SPF.");
        self.wrong(Code::SpfSenderMissing, message, &[record]).map(Some)
    }

    /// Returns whether receivers do not find the term in the record or its includes.
    pub(super) fn lacks(&self, sender: &Term, record: &SpfRecord, tally: &Tally) -> bool {
        let own = &self.case.subject.domain;
        let wanted = key(sender, own);
        let here = record.evaluated().any(|term| key(term, own) == wanted);
        !here && !tally.nested.iter().any(|nested| key(&nested.term, &nested.holder) == wanted)
    }
}

/// Returns whether two terms authorize the same sender, regardless of case.
pub(super) fn names_the_same(one: &Meaning, other: &Meaning) -> bool {
    let domain = |meaning: &Meaning| match meaning {
        Meaning::Mechanism(_, Mechanism::Include(domain)) | Meaning::Redirect(domain) => domain.name.clone(),
        Meaning::Mechanism(
            _,
            Mechanism::A(Some(domain)) | Mechanism::Mx(Some(domain)) | Mechanism::Ptr(Some(domain)),
        ) => domain.name.clone(),
        Meaning::Mechanism(..)
        | Meaning::Explanation(_)
        | Meaning::UnknownModifier { .. }
        | Meaning::SyntaxError(_) => None,
    };
    domain(one).is_some_and(|name| domain(other) == Some(name))
}
