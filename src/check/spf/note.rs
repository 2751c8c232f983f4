//! Writes the notes about an SPF record that works, and the cost of an edit.
//!
//! The cost of an edit is the number of lookups before and after, and whether the response still fits into a small
//! packet.

use std::collections::BTreeSet;

use crate::facts::LookupFailure;
use crate::record::spf::{Meaning, Mechanism, Qualifier, SpfRecord};
use crate::record::{MAX_CHARACTER_STRING, Name, RecordData};

use super::edit::Fix;
use super::tally::Tally;
use super::{
    Code, Finding, MOST_LOOKUPS, MOST_VOID_LOOKUPS, SpfJudge, backticked, join_and, lookup_advice, repair,
    shown, text_of,
};

/// The maximum size, in octets, of a response that every receiver gets over UDP (RFC 1035 §4.2.1; RFC 7208 §3.4).
const SMALL_ANSWER: usize = 512;
/// The octets of a response besides the queried name and the records: header, type and class (RFC 1035 §4.1).
const FRAME: usize = 16;
/// The octets of a record besides its data, with a compressed owner (RFC 1035 §4.1.3).
const RECORD: usize = 12;
/// The maximum number of ignored terms named.
const MOST_NAMED: usize = 6;

/// The outcome and message that precede the notes.
pub(super) struct Opening {
    /// The outcome; [`Code::Met`] if the first note may replace it.
    pub(super) code: Code,
    /// The description of the record.
    pub(super) message: String,
}

impl SpfJudge<'_> {
    /// Returns the finding about a record that works, with all notes; the first note determines the code.
    ///
    /// # Errors
    /// [`LookupFailure`] if failed lookups leave unknown whether the record exceeds the limit of void lookups.
    pub(super) fn met(
        &self,
        opening: Opening,
        record: &SpfRecord,
        tally: &Tally,
    ) -> Result<Finding, LookupFailure> {
        if let Some(failure) = tally.voids_unknown() {
            return Err(failure.clone());
        }
        let owner = &self.expectation.name;
        let notes = [
            (Code::SpfSourceUnproven, self.unproven_sources(record, tally)),
            (Code::SpfSourceNested, self.source_at_others(tally)),
            (Code::SpfWithoutAll, without_all(record)),
            (Code::SpfVoidForIpv6, void_for_ipv6(tally)),
            (Code::SpfTermsIgnored, ignored(record)),
            (Code::SpfLong, long(owner, record, &self.set.data)),
        ];
        let Opening { mut code, mut message } = opening;
        let mut seen_source = false;
        for (note, words) in notes {
            let Some(words) = words else { continue };
            // Whether the old service may still send matters more than the reason why the record is right.
            let is_about_source = matches!(note, Code::SpfSourceUnproven | Code::SpfSourceNested);
            if code == Code::Met || is_about_source && !seen_source {
                code = note;
                seen_source |= is_about_source;
            }
            message = format!("{message}; {words}");
        }
        if let Some((term, meant)) = self.mistyped(record) {
            let term = shown(&term.text);
            message = format!("{message}; `{term}` looks like a typing error of `{meant}`: remove it if so");
        }
        if let Some(words) = deprecated(record) {
            message = format!("{message}; {words}");
        }
        Ok(Finding::new(code, message, self.observed))
    }

    /// Returns the cost of an edit for a sentence: the lookups after it, what to remove if they are too many, and
    /// whether the response becomes long.
    pub(super) fn price(&self, fix: &Fix) -> String {
        let voids = match fix.after.voids.len() {
            0 => String::new(),
            voids => format!(", {voids} of {MOST_VOID_LOOKUPS} void"),
        };
        let mut price = format!(" (Then {} of {MOST_LOOKUPS} lookups{voids}.)", fix.after.counted());
        if fix.after.lookups > MOST_LOOKUPS || fix.after.voids.len() > MOST_VOID_LOOKUPS {
            price += " That is more than receivers allow.";
            price += &lookup_advice::advice(self, &fix.record, &fix.after);
        }
        let size = answer_size(&self.expectation.name, &fix.texts);
        if size > SMALL_ANSWER {
            price += &format!(
                " The response then takes {size} bytes, and some receivers are limited to {SMALL_ANSWER} \
                 (RFC 7208 §3.4)."
            );
        }
        price
    }
}

/// Returns the note about a record that has neither `all` nor `redirect=`.
fn without_all(record: &SpfRecord) -> Option<String> {
    match record.all() {
        Some(Qualifier::Neutral) => Some(
            "`?all` does not cover other senders; end the record with `~all` or `-all` once every sender \
             is listed"
                .into(),
        ),
        Some(Qualifier::Pass | Qualifier::SoftFail | Qualifier::Fail) => None,
        None => {
            let redirects = record.terms.iter().any(|term| matches!(term.meaning, Meaning::Redirect(_)));
            (!redirects)
                .then(|| "it does not end with `-all`, so other senders get the result neutral".into())
        }
    }
}

/// Returns the note about hosts without an IPv6 address before Microsoft's include, which are void lookups when
/// Microsoft sends over IPv6.
fn void_for_ipv6(tally: &Tally) -> Option<String> {
    let voids = tally.v4_only.len() + tally.voids.len();
    (!tally.v4_only.is_empty() && voids > MOST_VOID_LOOKUPS).then(|| {
        format!(
            "{} {} no IPv6 address, so receivers that get mail over IPv6 return permerror after \
             {MOST_VOID_LOOKUPS} void lookups (RFC 7208 §4.6.4); move Microsoft's include before them",
            join_and(tally.v4_only.iter().map(backticked)),
            if tally.v4_only.len() == 1 { "has" } else { "have" }
        )
    })
}

/// Returns the note about terms that receivers ignore: mechanisms after `all`, `redirect=` next to `all`, and
/// mechanisms written with `=`.
fn ignored(record: &SpfRecord) -> Option<String> {
    let evaluated: BTreeSet<usize> = record.evaluated().map(|term| term.span.start).collect();
    let ignored = record.terms.iter().filter(|term| match &term.meaning {
        Meaning::Mechanism(..) | Meaning::Redirect(_) => !evaluated.contains(&term.span.start),
        meaning @ Meaning::UnknownModifier { .. } => repair::means_include(meaning),
        Meaning::Explanation(_) | Meaning::SyntaxError(_) => false,
    });
    let ignored: Vec<String> = ignored.map(|term| format!("`{}`", shown(&term.text))).collect();
    if ignored.is_empty() {
        return None;
    }
    let more = ignored.len().saturating_sub(MOST_NAMED);
    let mut named: Vec<String> = ignored.into_iter().take(MOST_NAMED).collect();
    if more > 0 {
        named.push(format!("{more} more"));
    }
    Some(format!(
        "receivers ignore {} (after or next to `all`, or written with `=`); remove what is not required, \
         and move the rest before `all`",
        join_and(named)
    ))
}

/// Returns the note about TXT records whose response does not fit into a small packet.
fn long(owner: &Name, record: &SpfRecord, texts: &BTreeSet<RecordData>) -> Option<String> {
    let size = answer_size(owner, texts);
    (size > SMALL_ANSWER).then(|| {
        format!(
            "the TXT response for {} takes {size} bytes, {} of them the SPF record; receivers limited to \
             {SMALL_ANSWER} find no record (RFC 7208 §3.4)",
            backticked(owner),
            record.to_string().len()
        )
    })
}

/// Returns the size, in octets, of a response with these TXT records.
fn answer_size(owner: &Name, texts: &BTreeSet<RecordData>) -> usize {
    let text = |data: &RecordData| {
        let octets = text_of(data).map_or(0, |text| text.joined().len());
        RECORD + octets + octets.div_ceil(MAX_CHARACTER_STRING).max(1)
    };
    // Each label is preceded by its length, and the root ends the name.
    FRAME
        + owner.labels().map(|label| label.len() + 1).sum::<usize>()
        + 1
        + texts.iter().map(text).sum::<usize>()
}

/// Returns the note about `ptr`, which is slow and unreliable (RFC 7208 §5.5).
fn deprecated(record: &SpfRecord) -> Option<String> {
    let ptr =
        record.evaluated().find(|term| matches!(term.meaning, Meaning::Mechanism(_, Mechanism::Ptr(_))))?;
    Some(format!(
        "`{}` is deprecated and some receivers skip it (RFC 7208 §5.5); list the hosts with `a:`, `ip4:` \
         or `ip6:` instead",
        shown(&ptr.text)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Text;

    fn parse(text: &str) -> SpfRecord {
        SpfRecord::parse(&Text::from(text)).unwrap()
    }

    #[test]
    fn a_neutral_end_is_none() {
        for text in ["v=spf1 a", "v=spf1", "v=spf1 a ?all"] {
            assert!(without_all(&parse(text)).is_some(), "{text}");
        }
        for text in ["v=spf1 -all", "v=spf1 ~all", "v=spf1 redirect=a.example"] {
            assert_eq!(without_all(&parse(text)), None, "{text}");
        }
    }

    #[test]
    fn ignored_terms_are_named() {
        let told =
            ignored(&parse("v=spf1 a redirect=a.example -all mx ~all ip4=192.0.2.1 x-y=z exp=b.example"))
                .unwrap();
        for term in ["`redirect=a.example`", "`mx`", "`~all`", "`ip4=192.0.2.1`"] {
            assert!(told.contains(term), "{told}");
        }
        assert!(!told.contains("x-y") && !told.contains("exp="), "{told}");
        assert_eq!(ignored(&parse("v=spf1 a exp=b.example redirect=a.example")), None);
        assert!(ignored(&parse(&format!("v=spf1 -all{}", " mx".repeat(9)))).unwrap().contains("and 3 more"));
    }

    #[test]
    fn the_size_of_an_answer_is_that_of_its_octets() {
        let owner: Name = "contoso.com".parse().unwrap();
        let texts = |texts: &[&str]| texts.iter().map(|text| RecordData::Txt(Text::from(*text))).collect();
        // Header 12, question 13 + 4, one record 12 + 1 + 11.
        assert_eq!(answer_size(&owner, &texts(&["v=spf1 -all"])), 53);
        assert_eq!(answer_size(&owner, &texts(&[&"x".repeat(256)])), 29 + 12 + 2 + 256);
        assert_eq!(answer_size(&owner, &texts(&["", "x"])), 29 + 13 + 14);
    }
}
