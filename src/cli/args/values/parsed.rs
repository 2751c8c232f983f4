//! The values of options that are parsed: times, numbers, services, senders and further reports.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;

use crate::expected::Service;
use crate::record::spf::{Meaning, Mechanism, Qualifier, Term, TermError};
use crate::record::{Name, UnknownWord, suggestion, value_of_word};
use crate::report::format::Format as ReportFormat;

/// The reason why a text is not the value of an option.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::cli) enum ValueError {
    #[error("expected FORMAT=PATH, such as `json=report.json`")]
    Output,
    #[error("the path after `=` is missing")]
    NoPath,
    #[error(transparent)]
    Word(#[from] UnknownWord),
    #[error("expected a number of seconds, such as 2 or 0.5")]
    Seconds,
    #[error("expected from 0.001 to 3600 seconds")]
    SecondsOutOfRange,
    #[error("expected a number from 1 to {MOST_AT_ONCE}")]
    Concurrency,
    #[error("{SPF_SENDER}: {source}{hint}")]
    NotATerm { source: TermError, hint: String },
    #[error("{SPF_SENDER}, which authorizes a sender")]
    NoSender,
    #[error(
        "expected a time with its zone (RFC 3339), such as 2027-03-06T20:00:00Z or 2027-03-06T21:00:00+01:00"
    )]
    Moment,
    #[error("expected a number and s, m, h or d, such as 90s, 20m, 48h or 7d")]
    Span,
}

/// The maximum number of domains at the same time: more would be no faster, and keep the facts of more in memory.
const MOST_AT_ONCE: usize = 10_000;
/// The accepted senders, for the messages.
const SPF_SENDER: &str = "expected one term such as `include:spf.example` or `ip4:192.0.2.25`";

/// A further report and where it goes.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Output {
    pub(in crate::cli) format: ReportFormat,
    pub(in crate::cli) path: PathBuf,
}

impl FromStr for Output {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let (format, path) = text.split_once('=').ok_or(ValueError::Output)?;
        let format = value_of_word("the format", format, ReportFormat::ALL, ReportFormat::word)?;
        if path.is_empty() {
            return Err(ValueError::NoPath);
        }
        Ok(Self { format, path: path.into() })
    }
}

/// The services that are required.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Services(pub(in crate::cli) BTreeSet<Service>);

impl FromStr for Services {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        if text == "all" {
            return Ok(Self(Service::ALL.iter().copied().collect()));
        }
        Ok(Self(text.split(',').map(|word| word.trim().parse()).collect::<Result<_, UnknownWord>>()?))
    }
}

/// A length of time in seconds, fractions allowed.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Seconds(pub(in crate::cli) Duration);

impl FromStr for Seconds {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let seconds: f64 = text.parse().map_err(|_| ValueError::Seconds)?;
        if !(0.001..=3600.0).contains(&seconds) {
            return Err(ValueError::SecondsOutOfRange);
        }
        Ok(Self(Duration::from_secs_f64(seconds)))
    }
}

/// The number of domains that are looked up at the same time.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Concurrency(pub(in crate::cli) usize);

impl FromStr for Concurrency {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let number = text.parse().ok().filter(|number| (1..=MOST_AT_ONCE).contains(number));
        number.map(Self).ok_or(ValueError::Concurrency)
    }
}

/// A term that authorizes a sender.
#[derive(Debug, Clone)]
pub(in crate::cli) struct SpfSender(pub(in crate::cli) Term);

impl FromStr for SpfSender {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let term: Term = text.parse().map_err(|source: TermError| {
            let hint = match text.trim() {
                text if text.parse::<Ipv4Addr>().is_ok() => suggestion(Some(&format!("ip4:{text}"))),
                text if text.parse::<Ipv6Addr>().is_ok() => suggestion(Some(&format!("ip6:{text}"))),
                text if text.contains('.') && text.parse::<Name>().is_ok() => {
                    suggestion(Some(&format!("include:{text}")))
                }
                _ => String::new(),
            };
            ValueError::NotATerm { source, hint }
        })?;
        match term.meaning {
            Meaning::Mechanism(Qualifier::Pass, Mechanism::All) | Meaning::SyntaxError(_) => {}
            Meaning::Mechanism(Qualifier::Pass, _) => return Ok(Self(term)),
            Meaning::Mechanism(..)
            | Meaning::Redirect(_)
            | Meaning::Explanation(_)
            | Meaning::UnknownModifier { .. } => {}
        }
        Err(ValueError::NoSender)
    }
}

/// A moment as RFC 3339 writes it.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Moment(pub(in crate::cli) jiff::Timestamp);

impl FromStr for Moment {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        text.parse().map(Self).map_err(|_| ValueError::Moment)
    }
}

/// A length of time as settings and options write it: `90s`, `20m`, `48h`, `7d`.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Span(pub(in crate::cli) SignedDuration);

impl FromStr for Span {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        /// Ten years: nothing in DNS lasts as long.
        const LONGEST: i64 = 3660 * 86_400;
        let read = || {
            let unit = match text.chars().last()? {
                's' => 1,
                'm' => 60,
                'h' => 3600,
                'd' => 86_400,
                _ => return None,
            };
            let digits = &text[..text.len() - 1];
            let number: i64 =
                digits.bytes().all(|octet| octet.is_ascii_digit()).then_some(digits)?.parse().ok()?;
            number.checked_mul(unit).filter(|seconds| *seconds <= LONGEST)
        };
        let seconds = read().ok_or(ValueError::Span)?;
        Ok(Self(SignedDuration::from_secs(seconds)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_a_number_and_a_unit() {
        for (text, seconds) in [("90s", 90), ("20m", 1200), ("48h", 172_800), ("7d", 604_800), ("0s", 0)] {
            assert_eq!(text.parse::<Span>().unwrap().0.as_secs(), seconds, "{text}");
        }
        for text in ["", "d", "5", "1.5h", "-1d", "1w", "99999999999999999999d", "9999d", "5 d", "5ä"] {
            assert!(text.parse::<Span>().unwrap_err().to_string().contains("48h"), "{text}");
        }
    }

    #[test]
    fn a_length_of_time_is_the_same_in_every_unit() {
        for days in [0, 1, 7, 365, 3660] {
            let units = [(1, 'd'), (24, 'h'), (1440, 'm'), (86_400, 's')];
            let spans = units.map(|(parts, unit)| format!("{}{unit}", days * parts));
            let seconds = spans.map(|text| text.parse::<Span>().unwrap().0.as_secs());
            assert_eq!(seconds, [days * 86_400; 4]);
        }
        for number in (0..=3_660 * 86_400).step_by(86_399) {
            assert_eq!(format!("{number}s").parse::<Span>().unwrap().0.as_secs(), number);
        }
    }

    #[test]
    fn seconds_keep_their_fractions_and_stay_in_bounds() {
        for thousandths in (1..=3_600_000_u64).step_by(997) {
            let text = format!("{}.{:03}", thousandths / 1000, thousandths % 1000);
            let read = text.parse::<Seconds>().unwrap().0;
            assert_eq!(read.as_millis(), u128::from(thousandths), "{text}");
        }
        for text in ["", "0", "-1", "0.0009", "3600.001", "NaN", "inf", "2s", "0x10", "1e9"] {
            assert!(text.parse::<Seconds>().is_err(), "{text}");
        }
    }
}
