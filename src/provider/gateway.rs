//! Parses `--gateway`: a mail filter that stays in front of Microsoft 365. The known filters are rows of the table.
//!
//! DNS shows a filter but not the mail host after it, so an admin declares the filter: by its id in the table or, for a
//! filter that is not in the table, by the suffix of its host names.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use super::{Clue, Kind, Provider, all, closest};
use crate::record::{Name, suggestion};

/// A filtering gateway that an admin declared.
///
/// ```
/// use cutover::provider::Gateway;
/// use cutover::record::Name;
///
/// let domain: Name = "contoso.com".parse().unwrap();
/// let gateway: Gateway = "mimecast".parse().unwrap();
/// assert!(gateway.covers(&"us-smtp-inbound-1.mimecast.com".parse().unwrap(), &domain));
/// let gateway: Gateway = "filter.fabrikam.net".parse().unwrap();
/// assert!(gateway.covers(&"mx1.filter.fabrikam.net".parse().unwrap(), &domain));
/// assert!("mimcast".parse::<Gateway>().unwrap_err().to_string().contains("did you mean `mimecast`?"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gateway {
    /// A gateway of the table.
    Known(&'static Provider),
    /// Every host that equals this name or is below it.
    Suffix(Name),
}

/// The reason why a text does not declare a gateway.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GatewayError {
    /// The id of a provider that is not a gateway.
    #[error(
        "`{}` is {} ({}), not a filtering gateway; expected {EXPECTED}{}",
        .found.id, .found.kind.description(), .found.short, suggestion(*.closest)
    )]
    OtherKind {
        /// The provider with this id.
        found: &'static Provider,
        /// The id of a gateway with similar spelling.
        closest: Option<&'static str>,
    },
    /// Neither an id nor a host suffix.
    #[error("no gateway `{text}` is known; expected {EXPECTED}{}", suggestion(*.closest))]
    Unknown {
        /// The given value.
        text: String,
        /// The id of a gateway with similar spelling.
        closest: Option<&'static str>,
    },
    /// It contains a dot but cannot be the suffix of a host name (RFC 1123 §2.1).
    #[error("`{text}` cannot be the end of the name of a mail host; expected {EXPECTED}")]
    NotAHost {
        /// The given value.
        text: String,
    },
}

/// The accepted values, for the messages.
const EXPECTED: &str =
    "the id of a gateway, such as `mimecast`, or a host suffix, such as `filter.example.net`";

impl Gateway {
    /// Returns whether mail for `domain` that goes to `mx_host` goes through this gateway.
    #[must_use]
    pub fn covers(&self, mx_host: &Name, domain: &Name) -> bool {
        match self {
            Self::Known(provider) => provider.matches(Clue::Mx(mx_host), domain),
            Self::Suffix(suffix) => mx_host.is_within(suffix),
        }
    }

    /// Returns the name in a sentence: `Mimecast`, or the host suffix.
    #[must_use]
    pub fn name(&self) -> Cow<'static, str> {
        match self {
            Self::Known(provider) => provider.short.into(),
            Self::Suffix(suffix) => suffix.without_trailing_dot().into(),
        }
    }

    /// Returns the id in the table; `None` for a host suffix.
    #[must_use]
    pub fn id(&self) -> Option<&'static str> {
        match self {
            Self::Known(provider) => Some(provider.id),
            Self::Suffix(_) => None,
        }
    }
}

impl fmt::Display for Gateway {
    /// Writes a text that can be parsed again: the id or the host suffix.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(provider) => f.pad(provider.id),
            Self::Suffix(suffix) => f.pad(&suffix.without_trailing_dot()),
        }
    }
}

impl FromStr for Gateway {
    type Err = GatewayError;

    /// Parses the id of a gateway, or a host suffix, which contains a dot; `*.` or `.` in front of a suffix has no
    /// effect.
    fn from_str(text: &str) -> Result<Self, GatewayError> {
        let text = text.trim();
        let is_gateway = |provider: &&Provider| provider.kind == Kind::Gateway;
        if let Some(found) = all().iter().find(|provider| provider.id.eq_ignore_ascii_case(text)) {
            return match found.kind {
                Kind::Gateway => Ok(Self::Known(found)),
                Kind::Source | Kind::Forwarder | Kind::Microsoft | Kind::Retired => {
                    Err(GatewayError::OtherKind {
                        found,
                        closest: closest(text, all().iter().filter(is_gateway)),
                    })
                }
            };
        }
        // The name of an operator with several services, such as `proofpoint`: its first service is used.
        let operator = format!("{}-", text.to_ascii_lowercase());
        let mut of_operator = all().iter().filter(is_gateway).filter(|one| one.id.starts_with(&operator));
        if let Some(first) = of_operator.next() {
            return Ok(Self::Known(first));
        }
        if !text.contains('.') {
            let closest = closest(text, all().iter().filter(is_gateway));
            return Err(GatewayError::Unknown { text: text.into(), closest });
        }
        let suffix = text.strip_prefix('*').unwrap_or(text);
        let suffix: Option<Name> = suffix.strip_prefix('.').unwrap_or(suffix).parse().ok();
        match suffix.filter(can_end_a_host) {
            Some(suffix) => Ok(Self::Suffix(suffix)),
            None => Err(GatewayError::NotAHost { text: text.into() }),
        }
    }
}

/// Returns whether `name` has at least two labels of letters, digits and hyphens, and is not an address: a top-level
/// domain alone would cover far too many hosts. Underscores occur in host names and are allowed.
fn can_end_a_host(name: &Name) -> bool {
    let is_word = |label: &[u8]| label.iter().all(|o| o.is_ascii_alphanumeric() || matches!(o, b'-' | b'_'));
    let is_number = |label: &[u8]| label.iter().all(u8::is_ascii_digit);
    name.label_count() > 1 && name.labels().all(is_word) && !name.labels().next_back().is_some_and(is_number)
}
