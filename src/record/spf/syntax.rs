//! The syntax errors of a term.

use crate::record::NameError;

/// The reason why receivers cannot read a term.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum SyntaxFault {
    #[error("it contains U+{0:04X}, and only plain ASCII is allowed")]
    NotAscii(u32),
    #[error("this modifier may appear only once")]
    Again,
    #[error("`{0}` is not a valid modifier name")]
    ModifierName(String),
    #[error("a mechanism is missing")]
    NoMechanism,
    #[error("unknown mechanism `{0}` (RFC 7208 §5)")]
    Mechanism(String),
    #[error("`all` takes no argument")]
    AllArgument,
    #[error("`{0}` is neither a domain nor a prefix length")]
    HostArgument(String),
    #[error("an address must follow")]
    NoAddress,
    #[error("`{text}` is not an {family} address")]
    Address { text: String, family: &'static str },
    #[error("`/{text}` is not a prefix length from 0 to {longest}")]
    Prefix { text: String, longest: u8 },
    #[error("a domain must follow")]
    NoDomain,
    #[error("`{text}` is not a domain: {source}")]
    Domain { text: String, source: NameError },
    #[error("`{0}` is not a domain with a top-level domain")]
    NoTopLabel(String),
    #[error("`%{{{0}}}` is allowed in explanations only (RFC 7208 §7.2)")]
    ExplanationMacro(char),
    #[error("`{0}` ends neither in a macro nor in a top-level domain (RFC 7208 §7.1)")]
    End(String),
    #[error("a `%` is not followed by a macro (RFC 7208 §7.1)")]
    NoMacro,
    #[error("unknown macro `%{{{0}}}` (RFC 7208 §7.1)")]
    Macro(String),
}
