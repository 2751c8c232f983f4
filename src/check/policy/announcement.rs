//! Reads MTA-STS and TLS-RPT records (RFC 8461 §3.1, RFC 8460 §3).

use crate::record::{RecordData, RecordSet, Text};

use super::body::brief;
use crate::check::join_and;

/// The beginning of the announcement of a policy (RFC 8461 §3.1).
const ANNOUNCEMENT: &str = "v=STSv1;";
/// The beginning of a request for TLS reports (RFC 8460 §3).
const REPORTS: &str = "v=TLSRPTv1;";
/// The maximum length of `id`, in characters (RFC 8461 §3.1).
const LONGEST_ID: usize = 32;
/// The maximum number of report receivers that a sentence names.
const MOST_RECEIVERS: usize = 10;

/// The fault of TXT records that were meant to announce a policy or to request reports, for a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::check) enum RecordFault {
    #[error("{count} TXT records begin with `{start}`, so none counts")]
    Several { count: usize, start: &'static str },
    #[error("`{text}` does not begin with `{start}`")]
    Beginning { text: String, start: &'static str },
    #[error("`id={0}` does not consist of 1 to {LONGEST_ID} letters and digits")]
    Id(String),
    #[error("`rua={0}` is neither `mailto:…` nor `https://…`")]
    Receiver(String),
    #[error("`{0}=…` is missing, or a field is empty")]
    EmptyField(&'static str),
    #[error("`{0}=…` is missing")]
    NoField(&'static str),
    #[error("`{0}` is given twice")]
    Twice(&'static str),
    #[error("`{0}` is not `name=value`")]
    NoPair(String),
    #[error("`{0}` has spaces around `=`")]
    Spaces(String),
}

/// Returns whether the TXT records announce a policy (RFC 8461 §3.1).
///
/// # Errors
/// [`RecordFault`] of TXT records that were meant to announce one.
pub(in crate::check) fn announced(set: &RecordSet) -> Result<bool, RecordFault> {
    let text = match sole(set, ANNOUNCEMENT) {
        Sole::None => return Ok(false),
        Sole::Fault(fault) => return Err(fault),
        Sole::One(text) => text.lossy(),
    };
    let id = sole_field(&text, ANNOUNCEMENT, "id")?;
    let valid = (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(|octet| octet.is_ascii_alphanumeric());
    if !valid {
        return Err(RecordFault::Id(brief(id)));
    }
    Ok(true)
}

/// Returns the receivers of reports, for a sentence (RFC 8460 §3); `None` if no reports are requested.
///
/// # Errors
/// [`RecordFault`] of TXT records that were meant to request them.
pub(super) fn reported(set: &RecordSet) -> Result<Option<String>, RecordFault> {
    match sole(set, REPORTS) {
        Sole::None => Ok(None),
        Sole::Fault(fault) => Err(fault),
        Sole::One(text) => receivers(text).map(Some),
    }
}

fn receivers(text: &Text) -> Result<String, RecordFault> {
    let text = text.lossy();
    let receivers = sole_field(&text, REPORTS, "rua")?;
    let receivers: Vec<&str> = receivers.split(',').map(|receiver| receiver.trim_matches(BLANKS)).collect();
    let is_receiver = |receiver: &&str| {
        if !receiver.bytes().all(|octet| octet.is_ascii_graphic()) {
            return false;
        }
        let rest = |scheme: &str| {
            let (start, rest) = (receiver.get(..scheme.len())?, receiver.get(scheme.len()..)?);
            start.eq_ignore_ascii_case(scheme).then_some(rest)
        };
        let mail = rest("mailto:").and_then(|address| address.split_once('@'));
        let mail = mail.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
        mail || rest("https://").is_some_and(|place| !place.is_empty())
    };
    if let Some(receiver) = receivers.iter().find(|receiver| !is_receiver(receiver)) {
        return Err(RecordFault::Receiver(brief(receiver)));
    }
    Ok(join_and(receivers.iter().take(MOST_RECEIVERS).map(|receiver| format!("`{}`", brief(receiver)))))
}

/// The blanks that are allowed around semicolons and commas, and nowhere else.
const BLANKS: [char; 2] = [' ', '\t'];

/// Returns the value of the only field of this name, if all fields after the version are well formed (RFC 8461 §3.1,
/// RFC 8460 §3: `name=value`, without blanks around the sign).
fn sole_field<'a>(text: &'a str, start: &str, wanted: &'static str) -> Result<&'a str, RecordFault> {
    let rest = text.get(start.len()..).unwrap_or_default().trim_matches(BLANKS);
    // One semicolon is allowed at the end.
    let rest = rest.strip_suffix(';').unwrap_or(rest);
    let mut found = None;
    for field in rest.split(';').map(|field| field.trim_matches(BLANKS)) {
        let shown = brief(field);
        let Some((name, value)) = field.split_once('=') else {
            return Err(match field {
                "" => RecordFault::EmptyField(wanted),
                _ => RecordFault::NoPair(shown),
            });
        };
        if name.ends_with(BLANKS) || value.starts_with(BLANKS) {
            return Err(RecordFault::Spaces(shown));
        }
        if name == wanted {
            if found.replace(value).is_some() {
                return Err(RecordFault::Twice(wanted));
            }
        } else if !is_extension(name, value) {
            return Err(RecordFault::NoPair(shown));
        }
    }
    found.ok_or(RecordFault::NoField(wanted))
}

/// Returns whether a field is a valid extension: its name has at most 32 characters, and its value is not empty and
/// contains neither a blank nor a second `=`.
fn is_extension(name: &str, value: &str) -> bool {
    (1..=32).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"_-.".contains(&octet))
        && !value.is_empty()
        && value.bytes().all(|octet| octet.is_ascii_graphic() && octet != b'=')
}

/// The TXT record of a kind that must occur only once.
enum Sole<'a> {
    None,
    One(&'a Text),
    Fault(RecordFault),
}

/// Finds the TXT record that begins with `start`. Others do not count, and if several begin so, none counts (RFC 8461
/// §3.1, RFC 8460 §3).
fn sole<'a>(set: &'a RecordSet, start: &'static str) -> Sole<'a> {
    let texts = || {
        set.data.iter().filter_map(|data| match data {
            RecordData::Txt(text) => Some(text),
            _ => None,
        })
    };
    let mut counted = texts().filter(|text| text.joined().starts_with(start.as_bytes()));
    match (counted.next(), counted.count()) {
        (Some(text), 0) => return Sole::One(text),
        (Some(_), more) => {
            return Sole::Fault(RecordFault::Several { count: more + 1, start });
        }
        (None, _) => {}
    }
    // A record with another version, or without one, was meant to count all the same.
    let wanted = start.trim_end_matches(|last: char| !last.is_ascii_alphabetic() || last == 'v');
    let wanted = wanted.to_ascii_lowercase();
    let meant = |text: &&Text| {
        let lossy = text.lossy().to_ascii_lowercase();
        let plain: String = lossy.chars().filter(|character| !" \"'“”\u{a0}".contains(*character)).collect();
        plain.starts_with(&wanted) || plain.starts_with(wanted.trim_start_matches("v="))
    };
    match texts().find(meant) {
        Some(text) => Sole::Fault(RecordFault::Beginning { text: brief(&text.lossy()), start }),
        None => Sole::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(texts: &[&str]) -> RecordSet {
        let data = texts.iter().map(|text| RecordData::Txt(Text::from(*text)));
        RecordSet { data: data.collect(), ttl: 3600 }
    }

    #[test]
    fn exactly_one_text_with_a_valid_id_announces_a_policy() {
        let longest = format!("v=STSv1; id={};", "a1".repeat(16));
        for texts in [
            &["v=STSv1; id=20260101000000Z;"][..],
            &["v=STSv1;id=1"],
            &["v=STSv1; x-y.z=1; id=1; "],
            &[&longest],
            &["v=STSv1; id=1;", "v=spf1 -all", "v=STSv2; id=2"],
        ] {
            assert_eq!(announced(&set(texts)), Ok(true), "{texts:?}");
        }
        for texts in [&[][..], &["v=spf1 -all"], &[""], &["v=DMARC1; p=none"]] {
            assert_eq!(announced(&set(texts)), Ok(false), "{texts:?}");
        }
        let too_long = format!("v=STSv1; id={}1;", "a1".repeat(16));
        for texts in [
            &["v=STSv1; id=1;", "v=STSv1; id=2;"][..],
            &["v=STSv1;"],
            &["v=STSv1; id=;"],
            &["v=STSv1; id=2026-01-01;"],
            &["v=STSv1; id=1; id=2"],
            &["v=STSv1; ID=1"],
            &[&too_long],
            &["v=STSv1 id=1"],
            &["v=stsv1; id=1"],
            &[" v=STSv1; id=1"],
            &["\"v=STSv1; id=1\""],
            &["STSv1; id=1"],
            &["v=STSv2; id=1"],
            &["v=STS; id=1"],
            &["v=STSx"],
            &["v=STSv1; id = 1"],
            &["v=STSv1; id =1"],
            &["v=STSv1; id= 1"],
            &["v=STSv1;; id=1"],
            &["v=STSv1; id=1;;"],
            &["v=STSv1; id=1; x"],
            &["v=STSv1; id=1; x="],
            &["v=STSv1; id=1; x=a=b"],
            &["v=STSv1; id=1; x=a b"],
            &["v=STSv1; id=1; -x=a"],
        ] {
            assert!(announced(&set(texts)).is_err(), "{texts:?}");
        }
    }

    #[test]
    fn receivers_of_reports_are_addresses_or_places() {
        for text in [
            "v=TLSRPTv1; rua=mailto:tls@contoso.com",
            "v=TLSRPTv1;rua=https://reports.contoso.com/tls",
            "v=TLSRPTv1; rua=MAILTO:a@contoso.com, https://b.example ; x=1",
        ] {
            assert!(receivers(&Text::from(text)).is_ok(), "{text}");
        }
        for text in [
            "v=TLSRPTv1;",
            "v=TLSRPTv1; rua=",
            "v=TLSRPTv1; rua=tls@contoso.com",
            "v=TLSRPTv1; rua=mailto:contoso.com",
            "v=TLSRPTv1; rua=http://contoso.com",
            "v=TLSRPTv1; rua=mailto:a@contoso.com,",
            "v=TLSRPTv1; rua=ä@contoso.com",
            "v=TLSRPTv1; ruf=mailto:a@contoso.com",
            "v=TLSRPTv1; rua = mailto:a@contoso.com",
            "v=TLSRPTv1; rua= mailto:a@contoso.com",
            "v=TLSRPTv1; rua=mailto:a @contoso.com",
            "v=TLSRPTv1;; rua=mailto:a@contoso.com",
            "v=TLSRPTv1; rua=mailto:a@contoso.com; x",
            "v=TLSRPTv1; rua=mailto:a@contoso.com; rua=mailto:b@contoso.com",
        ] {
            assert!(receivers(&Text::from(text)).is_err(), "{text}");
        }
    }
}
