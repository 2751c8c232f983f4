//! Checks the verification TXT record.
//!
//! Once Microsoft has accepted the domain, the TXT record is no longer required. Unless the user gives its value, its
//! absence is then fine.

use std::collections::BTreeSet;

use crate::expected::{Expectation, Phase};
use crate::facts::LookupFailure;
use crate::record::{Name, RecordData, RecordSet, RecordType, Text};

use super::{Case, Code, Edit, Finding, backticked, doubled, is_accepted, placeholder, wildcard};

/// Checks the verification TXT record.
pub(super) fn judge(
    case: &Case<'_>,
    expectation: &Expectation,
    given: Option<&str>,
) -> Result<Finding, LookupFailure> {
    let set = case.view.set(&expectation.name, expectation.rtype)?;
    let texts: Vec<&Text> = texts(&set).collect();
    if let Some(given) = given {
        let finding = judge_given(expectation, given, &set, &texts);
        if finding.code == Code::Met {
            return Ok(finding);
        }
        // From the switch on, that record has to be deleted.
        if case.phase() < Phase::Switch
            && let Some(by_mx) = by_mx(case, given)?
        {
            return Ok(by_mx);
        }
        // If this is not known, it is not known either whether the TXT record is still required.
        is_accepted(case)?;
        return Ok(if finding.code == Code::VerificationMissing && may_be_accepted(case) {
            let message = format!(
                "`{given}` is not published. It is needed until Microsoft accepts the domain, and the zone file does not show \
                 whether it does: add `--resolver` to look that up, or publish it."
            );
            let fix = finding.fix.into_iter().map(|edit| Edit { confirm: true, ..edit }).collect();
            Finding { code: Code::NotInZoneFiles, message, fix, ..finding }
        } else {
            finding
        });
    }
    if let Some(text) = texts.iter().find(|text| is_verification(text)) {
        let message = format!("`{}` is published", text.lossy());
        return Ok(Finding::new(Code::Met, message, &of(&set, text)));
    }
    let malformed = texts.iter().find_map(|text| repaired(text).map(|repaired| (*text, repaired)));
    if is_accepted(case)? {
        let message = "not required: Microsoft has already accepted the domain";
        return Ok(Finding::new(Code::VerificationNotNeeded, message, &RecordSet::default()));
    }
    doubled::read(case, &expectation.name, expectation.rtype);
    if let Some(text) = texts.iter().find(|text| placeholder::is_placeholder_text(&text.lossy())) {
        let message = format!(
            "Replace {text}, a placeholder from a guide: the admin center shows the real value (`MS=ms…`); \
             pass it with `--verification`."
        );
        return Ok(Finding::new(Code::VerificationMalformed, message, &of(&set, text)));
    }
    if let Some((text, repaired)) = malformed {
        return Ok(mistyped(expectation, &set, text, &repaired, true));
    }
    if let Some((doubled, text, ttl)) = at_doubled_name(case, expectation) {
        let message = format!(
            "Publish `{}` at {} instead of {}: your DNS host appends the zone name to what you type.",
            text.lossy(),
            backticked(&expectation.name),
            backticked(&doubled)
        );
        let data = RecordData::Txt(text);
        let observed = RecordSet { data: BTreeSet::from([data.clone()]), ttl };
        let fix = edit(expectation, with(&set, None, data), true);
        return Ok(Finding::new(Code::VerificationMissing, message, &observed).fixed_by([fix]));
    }
    let message = "Ownership record missing. The admin center shows `MS=ms…`; pass it with `--verification`.";
    Ok(Finding::new(Code::VerificationMissing, message, &RecordSet::default()))
}

/// Returns the verification text that was published with the zone name twice, with that name and the TTL.
fn at_doubled_name(case: &Case<'_>, expectation: &Expectation) -> Option<(Name, Text, u32)> {
    doubled::names(&expectation.name, &case.subject.domain).into_iter().find_map(|(doubled, _)| {
        let set = wildcard::own(case, &doubled, expectation.rtype);
        let text = texts(&set).find(|text| is_verification(text))?.clone();
        Some((doubled, text, set.ttl))
    })
}

/// Returns whether mail already goes to Microsoft's host for the domain, and that host was not looked up.
fn may_be_accepted(case: &Case<'_>) -> bool {
    let Some(host) = case.mail_host else { return false };
    let mail = case.view.set(&case.subject.domain, RecordType::Mx).unwrap_or_default();
    let goes_there = mail.data.iter().all(|data| data.target() == Some(host));
    goes_there && !mail.is_empty() && matches!(case.view.has_address(host), Ok(None))
}

fn judge_given(expectation: &Expectation, given: &str, set: &RecordSet, texts: &[&Text]) -> Finding {
    if let Some(text) = texts.iter().find(|text| text.joined() == given.as_bytes()) {
        return Finding::new(Code::Met, format!("`{given}` is published"), &of(set, text));
    }
    let repairs_to_given = |text: &&&Text| repaired(text).is_some_and(|repaired| repaired == given);
    if let Some(text) = texts.iter().find(repairs_to_given) {
        return mistyped(expectation, set, text, given, false);
    }
    if let Some(text) = texts.iter().find(|text| placeholder::is_placeholder_text(&text.lossy())) {
        let finding = mistyped(expectation, set, text, given, false);
        let message = format!("Replace {text}, a placeholder from a guide, with `{given}`.");
        return Finding { message, ..finding };
    }
    let wanted = RecordData::Txt(Text::from(given));
    if let Some(text) = texts.iter().find(|text| is_verification(text)) {
        let message =
            format!("Add `{given}`: `{}` is published, which may belong to another tenant.", text.lossy());
        let finding = Finding::new(Code::VerificationOtherValue, message, &of(set, text));
        // The other value stays, since another tenant may still need it.
        return finding.fixed_by([edit(expectation, with(set, None, wanted), false)]);
    }
    let message = format!("Add `{given}`: without it, Microsoft cannot verify the domain.");
    Finding::new(Code::VerificationMissing, message, &RecordSet::default()).fixed_by([edit(
        expectation,
        with(set, None, wanted),
        false,
    )])
}

/// Returns the finding about the other proof of ownership: an MX record with the same digits, below `msv1.invalid`.
fn by_mx(case: &Case<'_>, given: &str) -> Result<Option<Finding>, LookupFailure> {
    let set = case.view.set(&case.subject.domain, RecordType::Mx)?;
    let proof = given.get(3..).map(|value| format!("{value}.msv1.invalid").to_ascii_lowercase());
    let proves =
        |data: &&RecordData| data.target().is_some_and(|host| Some(host.without_trailing_dot()) == proof);
    let Some(data) = set.data.iter().find(proves).cloned() else { return Ok(None) };
    let message = format!("the MX record `{data}` verifies the domain instead of `{given}`");
    Ok(Some(Finding::new(Code::Met, message, &RecordSet { data: BTreeSet::from([data]), ttl: set.ttl })))
}

fn mistyped(expectation: &Expectation, set: &RecordSet, text: &Text, meant: &str, confirm: bool) -> Finding {
    let message = format!("Replace {text} with `{meant}`: Microsoft compares the value exactly.");
    let wanted = RecordData::Txt(Text::from(meant));
    Finding::new(Code::VerificationMalformed, message, &of(set, text)).fixed_by([edit(
        expectation,
        with(set, Some(text), wanted),
        confirm,
    )])
}

fn texts(set: &RecordSet) -> impl Iterator<Item = &Text> {
    set.data.iter().filter_map(|data| match data {
        RecordData::Txt(text) => Some(text),
        _ => None,
    })
}

/// Returns whether the text is `MS=ms` and digits, or `MS=` and 40 hexadecimal digits, in any case.
pub(super) fn is_verification(text: &Text) -> bool {
    let text = text.lossy().to_ascii_lowercase();
    let Some(value) = text.strip_prefix("ms=") else { return false };
    let digits = value.strip_prefix("ms").is_some_and(|digits| {
        (6..=10).contains(&digits.len()) && digits.bytes().all(|octet| octet.is_ascii_digit())
    });
    digits || value.len() == 40 && value.bytes().all(|octet| octet.is_ascii_hexdigit())
}

/// Returns the verification text that a mistyped one was meant to be: without `MS=`, with blanks, quotes or another
/// case.
fn repaired(text: &Text) -> Option<String> {
    if is_verification(text) {
        return None;
    }
    let lossy = text.lossy();
    let bare: String = lossy
        .chars()
        .filter(|character| !character.is_whitespace() && !"\"'“”„‘’`<>".contains(*character))
        .collect::<String>()
        .to_ascii_lowercase();
    let value = bare.trim_start_matches("ms=").trim_start_matches("ms:");
    let candidate = Text::from(format!("MS={value}").as_str());
    is_verification(&candidate).then(|| candidate.lossy().into_owned())
}

/// Returns a set of this text alone, with the TTL of the whole set.
fn of(set: &RecordSet, text: &Text) -> RecordSet {
    RecordSet { data: BTreeSet::from([RecordData::Txt(text.clone())]), ttl: set.ttl }
}

/// Returns the records of the set with one more text, and without the one that it replaces.
fn with(set: &RecordSet, instead_of: Option<&Text>, wanted: RecordData) -> BTreeSet<RecordData> {
    let gone = instead_of.map(|text| RecordData::Txt(text.clone()));
    set.data.iter().filter(|data| Some(*data) != gone.as_ref()).cloned().chain([wanted]).collect()
}

fn edit(expectation: &Expectation, after: BTreeSet<RecordData>, confirm: bool) -> Edit {
    Edit {
        name: expectation.name.clone(),
        rtype: expectation.rtype,
        after,
        ttl: None,
        confirm,
        cautions: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_the_text_are_known() {
        for text in ["MS=ms12345678", "ms=MS123456", &format!("MS={}", "a1".repeat(20))] {
            assert!(is_verification(&Text::from(text)), "{text}");
        }
        for text in ["MS=", "MS=ms1", "ms12345678", "MS=msabcdefgh", "MSFT=ms12345678", "MS=ms12345678 "] {
            assert!(!is_verification(&Text::from(text)), "{text}");
        }
    }

    #[test]
    fn typing_mistakes_are_undone() {
        for text in [
            "ms12345678",
            "MS= ms12345678",
            "\"MS=ms12345678\"",
            "MS = ms12345678 ",
            "“MS=ms12345678”",
            "MS=MS=ms12345678",
        ] {
            assert_eq!(repaired(&Text::from(text)).as_deref(), Some("MS=ms12345678"), "{text}");
        }
        for text in ["v=spf1 -all", "google-site-verification=x", "", "MS=ms12345678"] {
            assert_eq!(repaired(&Text::from(text)), None, "{text}");
        }
    }
}
