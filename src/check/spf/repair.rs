//! Repairs SPF records whose intended meaning is clear.
//!
//! Reads a record, or a text that was meant to be one, as its author meant it: blanks after a colon, `=` for a colon,
//! terms without a blank between them, and changes by word processors, web pages and panels.

use crate::expected::meant_include;
use crate::provider::distance;
use crate::record::spf::{Meaning, SpfRecord};
use crate::record::{Name, Text};

use super::markup;

/// Returns whether a modifier was meant to be a mechanism, such as `include=host`.
pub(super) fn means_include(meaning: &Meaning) -> bool {
    matches!(meaning, Meaning::UnknownModifier { name, .. } if MECHANISMS.contains(&name.as_str()))
}

/// Mechanisms that people write with `=` instead of a colon.
const MECHANISMS: &[&str] = &["include", "a", "mx", "ip4", "ip6", "exists", "ptr"];

/// Returns the record with its typing errors repaired, if their meaning is clear.
pub(in crate::check) fn repaired(record: &SpfRecord) -> SpfRecord {
    let text = record.to_string();
    if record.broken().next().is_none() && text.split(' ').skip(1).all(is_plain) {
        return record.clone();
    }
    let text = repaired_words(&text);
    SpfRecord::parse(&Text::from(text.as_str())).unwrap_or_else(|| record.clone())
}

/// Returns whether a valid term needs no repair, as most do not.
fn is_plain(word: &str) -> bool {
    let term = word.strip_prefix(['+', '-', '~', '?']).unwrap_or(word);
    let (name, value) = term.split_once(':').unwrap_or((term, ""));
    let of_name = |octet: u8| octet.is_ascii_alphanumeric() || b"-._/".contains(&octet);
    match name {
        "all" | "a" | "mx" | "include" => value.bytes().all(of_name) && !value.ends_with("all"),
        "ip4" => value.bytes().all(|octet| octet.is_ascii_digit() || b"./".contains(&octet)),
        "ip6" => value.bytes().all(|octet| octet.is_ascii_hexdigit() || b":/".contains(&octet)),
        _ => false,
    }
}

/// Returns the SPF record that a text was meant to be.
pub(in crate::check) fn repaired_text(text: &Text) -> Option<SpfRecord> {
    let plain = plain(&text.lossy());
    let start = plain.to_ascii_lowercase().find("spf1").map(|at| at + 4);
    let rest = match start {
        // `v=spf10`: characters directly after the version are not a term.
        Some(at) => plain[at..].trim_start_matches([';', ',', ':', '0']).to_owned(),
        // `v=spf include:…`: the version is missing its digit.
        None => plain.split_once("spf").map(|(_, rest)| rest.to_owned()).unwrap_or_default(),
    };
    SpfRecord::parse(&Text::from(repaired_words(&format!("v=spf1 {rest}")).as_str()))
}

/// Returns whether a TXT record is an invalid attempt at an SPF record.
pub(in crate::check) fn looks_like_spf(text: &Text, include: &Name) -> bool {
    let lower = text.lossy().to_ascii_lowercase();
    let signed =
        lower.contains("v=spf") || lower.trim_start_matches(['"', ' ', '\u{a0}']).starts_with("spf1");
    let includes = lower.contains("include:") || lower.contains(" -all") || lower.contains(" ~all");
    signed || includes && (lower.contains(&include.without_trailing_dot()) || includes_mistyped(&lower))
}

/// Returns whether a text includes a name that is a typing error of Microsoft's.
fn includes_mistyped(lower: &str) -> bool {
    let names =
        lower.split_whitespace().filter_map(|word| word.split_once("include:")?.1.parse::<Name>().ok());
    names.into_iter().any(|name| meant_include(&name).is_some())
}

/// Returns the text with the blanks and hyphens restored that a word processor, a web page or a panel changed.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in markup::without_markup(text).chars() {
        match character {
            '\u{2010}'..='\u{2015}' | '\u{2212}' => plain.push('-'),
            '"' | '\'' | '\u{2018}'..='\u{201f}' | '\u{200b}'..='\u{200d}' | '\u{ad}' | '\u{feff}' => {}
            character if character.is_whitespace() => plain.push(' '),
            character => plain.push(character),
        }
    }
    plain
}

/// Returns the text without blanks after a colon, and with each word repaired.
fn repaired_words(text: &str) -> String {
    let plain = plain(text);
    let mut words: Vec<String> = Vec::new();
    for word in plain.split(' ').filter(|word| !word.is_empty()) {
        match words.last_mut() {
            Some(last) if last.ends_with(':') => last.push_str(word),
            _ => words.push(word.into()),
        }
    }
    let is_end = |word: &String| {
        let word = word.to_ascii_lowercase();
        word.starts_with("redirect=") || ["all", "+all", "-all", "~all", "?all"].contains(&word.as_str())
    };
    let has_end = words.iter().any(is_end);
    let mended = words.iter().flat_map(|word| mended(word));
    mended.map(|word| redirected(word, has_end)).collect::<Vec<_>>().join(" ")
}

/// Replaces `redirect:`, which is a typing error for `redirect=`. Receivers ignore a redirect next to `all`, and a
/// second redirect breaks the record, so in these cases the word becomes an include.
fn redirected(word: String, has_end: bool) -> String {
    match word.split_once(':') {
        Some((name, host)) if host.contains('.') && distance(&name.to_ascii_lowercase(), "redirect") <= 1 => {
            format!("{}{host}", if has_end { "include:" } else { "redirect=" })
        }
        Some(_) | None => word,
    }
}

/// Returns the terms that a word was meant to be; several if a blank is missing.
fn mended(word: &str) -> Vec<String> {
    if let Some(at) = seam(word) {
        return [&word[..at], &word[at..]].into_iter().flat_map(mended).collect();
    }
    let word = match word.split_once('=') {
        Some((name, value)) if MECHANISMS.contains(&name.to_ascii_lowercase().as_str()) => {
            format!("{name}:{value}")
        }
        _ => word.to_owned(),
    };
    if !is_broken(&word) {
        return vec![word];
    }
    let bare = word.trim_end_matches([',', ';']);
    if bare.is_empty() {
        return Vec::new();
    }
    let meant = plain_length(bare).or_else(|| address_term(bare)).or_else(|| misspelt(bare));
    vec![meant.unwrap_or_else(|| bare.into())]
}

/// Returns the index at which a second term begins in a word, such as in a text that was cut into strings without a
/// blank.
fn seam(word: &str) -> Option<usize> {
    let lower = word.to_ascii_lowercase();
    let starts = ["include:", "ip4:", "ip6:", "exists:", "redirect="].into_iter();
    let starts = starts.filter_map(|start| lower.rfind(start)).map(|at| {
        let signed = at > 0 && b"+?~-".contains(&lower.as_bytes()[at - 1]);
        if signed { at - 1 } else { at }
    });
    let ends = ["+all", "?all", "~all", "-all"].into_iter();
    let ends = ends.filter(|_| lower.contains(':')).filter_map(|end| lower.strip_suffix(end)).map(str::len);
    starts.chain(ends).filter(|at| *at > 0).max()
}

fn is_broken(word: &str) -> bool {
    let record = SpfRecord::parse(&Text::from(format!("v=spf1 {word}").as_str()));
    record.is_some_and(|record| record.broken().next().is_some())
}

/// Returns the term for an address that follows a word other than `ip4` or `ip6`, or no word.
fn address_term(word: &str) -> Option<String> {
    let mechanism = |value: &str| {
        let address: std::net::IpAddr = value.split('/').next()?.parse().ok()?;
        Some(format!("{}:{value}", if address.is_ipv4() { "ip4" } else { "ip6" }))
    };
    mechanism(word).or_else(|| {
        let (name, value) = word.split_once(':')?;
        let name = name.trim_start_matches('+').to_ascii_lowercase();
        ["ip", "ip4", "ip6", "ipv4", "ipv6", "a", "mx", "include"]
            .contains(&name.as_str())
            .then(|| mechanism(value))?
    })
}

/// Returns the term with its prefix length cleared of a leading `+` and zeros, if that makes it valid.
fn plain_length(word: &str) -> Option<String> {
    let (start, length) = word.rsplit_once('/')?;
    let length = length.trim_start_matches('+').trim_start_matches('0');
    let term = format!("{start}/{}", if length.is_empty() { "0" } else { length });
    (!is_broken(&term)).then_some(term)
}

/// Returns the `include:` or `exists:` term that a misspelled one was meant to be, such as `includes:host` or
/// `nclude:host`: at most two letters too many, too few or wrong, and a host after the colon.
fn misspelt(word: &str) -> Option<String> {
    let (name, value) = word.split_once(':')?;
    let (sign, name) = match name.strip_prefix(['+', '-', '~', '?']) {
        Some(rest) => name.split_at(name.len() - rest.len()),
        None => ("", name),
    };
    let name = name.to_ascii_lowercase();
    let term = if name.starts_with("incl") || distance(&name, "include") <= 2 {
        format!("{sign}include:{value}")
    } else if distance(&name, "exists") <= 1 {
        format!("{sign}exists:{value}")
    } else {
        return None;
    };
    (value.contains('.') && !is_broken(&term)).then_some(term)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_as_it_stands_would_not_be_mended() {
        const WORDS: &str = "all -all ~all +all include:a.example -include:a-all.example include:xall a mx a:b.example \
            a/24 a:b.example/24//64 mx:b.example ip4:192.0.2.1 ip4:192.0.2.0/24 ip4:2001:db8::1 ip6:2001:db8::/32 \
            ip6:192.0.2.1 a:192.0.2.1 include:192.0.2.1 ip6:2001:db8::1-all ip4:192.0.2.1~all include=a.example \
            include: include:a.example, include:a.exampleip4:192.0.2.1 allinclude:a.example INCLUDE:a.example ptr \
            exists:%{i}.a.example redirect=a.example exp=a.example x=y ip:192.0.2.1 192.0.2.1 \"a\" a:b..example \
            include:-all.example include:mx:a";
        let words: Vec<&str> = WORDS.split_whitespace().collect();
        let mut plain = 0;
        for first in &words {
            for second in &words {
                let text = format!("v=spf1 {first} {second}");
                let record = SpfRecord::parse(&Text::from(text.as_str())).unwrap();
                let mended = SpfRecord::parse(&Text::from(repaired_words(&record.to_string()).as_str()));
                assert_eq!(repaired(&record), mended.unwrap(), "{text}");
                plain += usize::from([first, second].iter().all(|word| is_plain(word)));
            }
        }
        assert!(plain > 100, "{plain}");
    }

    #[test]
    fn what_is_plainly_meant_is_read() {
        for (typed, meant) in [
            (
                "v=spf1 include: spf.protection.outlook.com -all",
                "v=spf1 include:spf.protection.outlook.com -all",
            ),
            (
                "v=spf1 include=spf.protection.outlook.com –all",
                "v=spf1 include:spf.protection.outlook.com -all",
            ),
            ("“v=spf1 ip4=192.0.2.1\u{a0}~all”", "v=spf1 ip4:192.0.2.1 ~all"),
            ("v=spf include:a.example -all", "v=spf1 include:a.example -all"),
            (" v=spf1;include:a.example -all", "v=spf1 include:a.example -all"),
            ("spf1 -all", "v=spf1 -all"),
            ("v=spf10 -all", "v=spf1 -all"),
            ("v=spf1 a:mail.example&nbsp;-all<br />", "v=spf1 a:mail.example -all"),
            ("<p>v=spf1 ip4:192.0.2.1 &ndash;all</p>", "v=spf1 ip4:192.0.2.1 -all"),
            ("v=spf1 include:\u{200b}a.example \u{ad}-all", "v=spf1 include:a.example -all"),
            (
                "v=spf1 ipv4:192.0.2.1 ip:2001:db8::/32 a:192.0.2.2 -all",
                "v=spf1 ip4:192.0.2.1 ip6:2001:db8::/32 ip4:192.0.2.2 -all",
            ),
            (
                "v=spf1 ip4:192.0.2.0/+24 a/024 mx//+64 ip4:192.0.2.1/99 -all",
                "v=spf1 ip4:192.0.2.0/24 a/24 mx//64 ip4:192.0.2.1/99 -all",
            ),
            ("v=spf1 192.0.2.0/24 ip4:2001:db8::1 -all", "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::1 -all"),
            (
                "v=spf1 include:a.example, include:b.example; -all",
                "v=spf1 include:a.example include:b.example -all",
            ),
            ("v=spf1 include:a.exampleip4:192.0.2.1~all", "v=spf1 include:a.example ip4:192.0.2.1 ~all"),
            (
                "v=spf1 include:a.exampleinclude:b.example -all",
                "v=spf1 include:a.example include:b.example -all",
            ),
            ("v=spf1 includes:a.example inkl:b.example", "v=spf1 include:a.example inkl:b.example"),
            (
                "v=spf1 nclude:a.example inlcude:b.example ~incude:c.example -all",
                "v=spf1 include:a.example include:b.example ~include:c.example -all",
            ),
            ("v=spf1 mx redirect:a.example", "v=spf1 mx redirect=a.example"),
            ("v=spf1 mx redirect:a.example -all", "v=spf1 mx include:a.example -all"),
            ("v=spf1 redirect:a.example redirect=b.example", "v=spf1 include:a.example redirect=b.example"),
            ("v=spf1 exist:%{i}.a.example clude:a", "v=spf1 exists:%{i}.a.example clude:a"),
            (
                "v=spf1 ip:192.0.2.1 ipv4:192.0.2.2 192.0.2.3 -all some text",
                "v=spf1 ip4:192.0.2.1 ip4:192.0.2.2 ip4:192.0.2.3 -all some text",
            ),
            (
                "v=spf1 exists:%{i}.include.example a:x-all.example -all",
                "v=spf1 exists:%{i}.include.example a:x-all.example -all",
            ),
        ] {
            assert_eq!(repaired_text(&Text::from(typed)).unwrap().to_string(), meant, "{typed}");
        }
    }

    #[test]
    fn lookalikes_are_told_from_other_texts() {
        let include: Name = "spf.protection.outlook.com".parse().unwrap();
        for text in [
            "v=spf include:x.example",
            "v=spf10 -all",
            " v=spf1 -all",
            "include:spf.protection.outlook.com -all",
            "include:spf.protection.outlok.com ~all",
        ] {
            assert!(looks_like_spf(&Text::from(text), &include), "{text}");
        }
        for text in [
            "MS=ms12345678",
            "google-site-verification=spf1",
            "see spf.protection.outlook.com",
            "include:spf.example -all",
        ] {
            assert!(!looks_like_spf(&Text::from(text), &include), "{text}");
        }
    }
}
