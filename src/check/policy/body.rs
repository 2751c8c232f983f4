//! Reads an MTA-STS policy (RFC 8461 §3.2).
//!
//! A policy consists of lines `key: value`, ended by LF or CRLF. Unknown keys are skipped. If a key is given twice, the
//! first one counts, except for `mx`, which gives one pattern per line.

use std::fmt;

use crate::record::Name;

/// The maximum `max_age`, in seconds: a year (RFC 8461 §3.2).
const LONGEST: u32 = 31_557_600;

/// The action of senders for a host that the policy does not name or that presents a wrong certificate (RFC 8461 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Senders do not deliver to it.
    Enforce,
    /// Senders deliver, and report it.
    Testing,
    /// Senders deliver as if there were no policy.
    Off,
}

impl Mode {
    const ALL: [Self; 3] = [Self::Enforce, Self::Testing, Self::Off];

    /// Returns the value of `mode` in the policy.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Testing => "testing",
            Self::Off => "none",
        }
    }
}

/// The fault because of which senders cannot use a policy, for a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum PolicyFault {
    #[error("`{0}` is not `key: value`")]
    NoPair(String),
    #[error("the line `{0}: …` is missing")]
    NoLine(&'static str),
    #[error("`version: {0}` is not `version: STSv1`")]
    Version(String),
    #[error("`mode: {0}` is not `enforce`, `testing` or `none`")]
    Mode(String),
    #[error("`max_age: {0}` is not a number of seconds from 0 to {LONGEST}")]
    MaxAge(String),
    #[error("no line `mx: …` lists the mail hosts")]
    NoHosts,
    #[error("`mx: {text}` is not a valid pattern: {reason}")]
    Pattern { text: String, reason: &'static str },
}

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Policy {
    pub(super) mode: Mode,
    /// The number of seconds for which senders cache the policy.
    pub(super) max_age: u32,
    /// The patterns of hosts that may receive the mail.
    pub(super) patterns: Vec<Pattern>,
}

/// The hosts that one `mx` line allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pattern {
    /// Exactly this host.
    Host(Name),
    /// All hosts with exactly one label in front of this name.
    Below(Name),
}

impl Policy {
    /// Parses the text of a policy.
    ///
    /// # Errors
    /// The first [`PolicyFault`].
    pub(super) fn parse(text: &str) -> Result<Self, PolicyFault> {
        let mut lines: Vec<(&str, &str)> = Vec::new();
        for line in text.split('\n').map(str::trim).filter(|line| !line.is_empty()) {
            let pair = line.split_once(':').ok_or_else(|| PolicyFault::NoPair(brief(line)))?;
            lines.push((pair.0.trim(), pair.1.trim()));
        }
        let first = |key: &'static str| {
            let line = lines.iter().find(|(name, _)| *name == key);
            line.map(|(_, value)| *value).ok_or(PolicyFault::NoLine(key))
        };
        let version = first("version")?;
        if version != "STSv1" {
            return Err(PolicyFault::Version(brief(version)));
        }
        let mode = first("mode")?;
        let mode = Mode::ALL
            .into_iter()
            .find(|known| known.word() == mode)
            .ok_or_else(|| PolicyFault::Mode(brief(mode)))?;
        let max_age = first("max_age")?;
        let max_age = seconds(max_age).ok_or_else(|| PolicyFault::MaxAge(brief(max_age)))?;
        let hosts = lines.iter().filter(|(name, _)| *name == "mx");
        let patterns = hosts.map(|(_, value)| Pattern::parse(value)).collect::<Result<Vec<_>, _>>()?;
        if patterns.is_empty() && mode != Mode::Off {
            return Err(PolicyFault::NoHosts);
        }
        Ok(Self { mode, max_age, patterns })
    }

    /// Returns whether the policy allows the host.
    pub(super) fn covers(&self, host: &Name) -> bool {
        self.patterns.iter().any(|pattern| pattern.covers(host))
    }
}

impl Pattern {
    fn parse(text: &str) -> Result<Self, PolicyFault> {
        let fault = |reason| Err(PolicyFault::Pattern { text: brief(text), reason });
        if text.contains([' ', '\t', ',', ';']) {
            return fault("a line names one host, without a preference");
        }
        if text.ends_with('.') {
            return fault("remove the final dot");
        }
        let (host, wildcard) = match text.strip_prefix("*.") {
            Some(host) => (host, true),
            None => (text, false),
        };
        let is_label = |label: &str| {
            !label.is_empty()
                && label.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-_".contains(&octet))
        };
        match host.parse() {
            Ok(host) if wildcard && is_name(text, is_label) => Ok(Self::Below(host)),
            Ok(host) if is_name(text, is_label) => Ok(Self::Host(host)),
            _ => fault("expected a host name, or one after `*.`"),
        }
    }

    /// Returns whether the host matches (RFC 8461 §4.1): `*` is exactly the one leftmost label.
    pub(super) fn covers(&self, host: &Name) -> bool {
        match self {
            Self::Host(name) => host == name,
            Self::Below(suffix) => !host.is_root() && host.parent().as_ref() == Some(suffix),
        }
    }

    /// Returns whether the host would match if `*` matched several labels.
    pub(super) fn nearly_covers(&self, host: &Name) -> bool {
        match self {
            Self::Host(_) => false,
            Self::Below(suffix) => !self.covers(host) && host != suffix && host.is_within(suffix),
        }
    }
}

fn is_name(text: &str, is_label: impl Fn(&str) -> bool) -> bool {
    text.strip_prefix("*.").unwrap_or(text).split('.').all(is_label)
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(host) => f.write_str(&host.without_trailing_dot()),
            Self::Below(suffix) => write!(f, "*.{}", suffix.without_trailing_dot()),
        }
    }
}

fn seconds(text: &str) -> Option<u32> {
    let digits = (1..=10).contains(&text.len()) && text.bytes().all(|octet| octet.is_ascii_digit());
    let seconds = text.parse().ok().filter(|seconds| *seconds <= LONGEST);
    seconds.filter(|_| digits)
}

/// Returns the beginning of a text of any length, for a sentence.
pub(super) fn brief(text: &str) -> String {
    const MOST: usize = 60;
    let shown: String = text.chars().take(MOST).collect();
    if text.chars().nth(MOST).is_some() { shown + "…" } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MICROSOFT: &str =
        "version: STSv1\nmode: enforce\nmx: *.mail.protection.outlook.com\nmax_age: 604800\n";

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    #[test]
    fn a_policy_is_read_with_either_line_end_in_any_order_and_with_strange_keys() {
        let policy = Policy::parse(MICROSOFT).unwrap();
        assert_eq!((policy.mode, policy.max_age, policy.patterns.len()), (Mode::Enforce, 604_800, 1));
        assert_eq!(Policy::parse(&MICROSOFT.replace('\n', "\r\n")).unwrap(), policy);
        assert_eq!(Policy::parse(MICROSOFT.trim_end()).unwrap(), policy);
        let text = "max_age: 604800\nmx:*.mail.protection.outlook.com\nx-other: 1:2\n\nmode :enforce\n\
                    version: STSv1\nmode: none\n";
        assert_eq!(Policy::parse(text).unwrap(), policy);
        let off = Policy::parse("version: STSv1\nmode: none\nmax_age: 86400").unwrap();
        assert_eq!((off.mode, off.patterns.len()), (Mode::Off, 0));
    }

    #[test]
    fn faults_are_found() {
        for (old, new) in [
            ("version: STSv1", "version: STSv2"),
            ("version: STSv1", ""),
            ("version: STSv1", "v=STSv1"),
            ("version: STSv1", "\u{feff}version: STSv1"),
            ("mode: enforce", "mode: Enforce"),
            ("mode: enforce", "mode: report"),
            ("mode: enforce", ""),
            ("max_age: 604800", "max_age: 31557601"),
            ("max_age: 604800", "max_age: 7d"),
            ("max_age: 604800", "max_age: +1"),
            ("max_age: 604800", "max_age: 99999999999"),
            ("max_age: 604800", ""),
            ("mx: *.mail.protection.outlook.com", ""),
            ("mx: *.mail", "mx: 10 *.mail"),
            ("outlook.com", "outlook.com."),
            ("mx: *.mail", "mx: *mail"),
            ("mx: *.mail", "mx: .mail"),
            ("mx: *.mail", "mx: *.*.mail"),
            ("mx: *.mail.protection.outlook.com", "mx: *"),
            ("mx: *.mail.protection.outlook.com", "mx: *."),
            ("mx: *.mail.protection.outlook.com", "mx:"),
            ("mx: *.mail.protection.outlook.com", "mx: a.example, b.example"),
        ] {
            let text = MICROSOFT.replace(old, new);
            assert!(Policy::parse(&text).is_err(), "{text}");
        }
        for text in ["", "\n\n", "<html>\n", ":", "\0", "version", "ä: ö"] {
            assert!(Policy::parse(text).is_err(), "{text}");
        }
        assert!(Policy::parse(&MICROSOFT.replace("604800", "31557600")).is_ok());
        assert!(Policy::parse(&MICROSOFT.replace("604800", "0")).is_ok());
    }

    #[test]
    fn a_wildcard_is_exactly_one_label() {
        for (pattern, host, matches) in [
            ("*.mail.protection.outlook.com", "contoso-com.mail.protection.outlook.com", true),
            ("*.mail.protection.outlook.com", "contoso-com.o-v1.mx.microsoft", false),
            ("*.mx.microsoft", "contoso-com.o-v1.mx.microsoft", false),
            ("*.o-v1.mx.microsoft", "contoso-com.o-v1.mx.microsoft", true),
            ("contoso-com.o-v1.mx.microsoft", "contoso-com.o-v1.mx.microsoft", true),
            ("Contoso-Com.O-V1.mx.microsoft", "contoso-com.o-v1.mx.microsoft", true),
            ("*.mail.protection.outlook.com", "mail.protection.outlook.com", false),
            ("mail.protection.outlook.com", "contoso-com.mail.protection.outlook.com", false),
            ("*.com", ".", false),
        ] {
            let pattern = Pattern::parse(pattern).unwrap();
            assert_eq!(pattern.covers(&name(host)), matches, "{pattern} {host}");
        }
        let nearly = |pattern: &str, host| Pattern::parse(pattern).unwrap().nearly_covers(&name(host));
        assert!(nearly("*.mx.microsoft", "contoso-com.o-v1.mx.microsoft"));
        assert!(!nearly("*.o-v1.mx.microsoft", "contoso-com.o-v1.mx.microsoft"));
        assert!(!nearly("*.mx.microsoft", "mx.microsoft"));
    }
}
