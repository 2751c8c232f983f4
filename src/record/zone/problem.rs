//! The problems of a zone file, with their position and the fix.

use std::fmt;

use crate::record::{DataError, NameError};

/// The highest number of problems of one file that are listed; further ones are only counted.
pub const MAX_PROBLEMS: usize = 20;
/// The size limit of a zone file, in octets.
pub const MAX_OCTETS: usize = 16 << 20;
/// The highest number of records in a zone file: short lines may repeat a long owner.
pub const MAX_RECORDS: usize = 1_000_000;

/// The length limit of the data of a record, in octets; its length field has 16 bits (RFC 1035 §3.2.1).
pub(super) const MAX_DATA: usize = 65_535;
/// The highest number of fields of an entry: one for each octet of data, and those before the data.
pub(super) const MAX_FIELDS: usize = MAX_DATA + 4;

/// The problems of one zone file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneError {
    /// The name of the file, as the caller gave it.
    pub label: String,
    /// The problems, in the order of the file; at most [`MAX_PROBLEMS`].
    pub problems: Vec<Located<ZoneProblem>>,
    /// The number of further problems.
    pub further: usize,
}

impl fmt::Display for ZoneError {
    /// Writes one line for each problem, such as `contoso.zone:3:5: what is wrong`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{}:{problem}", self.label)?;
        }
        match self.further {
            0 => Ok(()),
            1 => write!(f, "\n{}: and 1 more problem", self.label),
            more => write!(f, "\n{}: and {more} more problems", self.label),
        }
    }
}

impl std::error::Error for ZoneError {}

/// A problem or warning with its position in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located<T> {
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
    /// The problem or warning.
    pub what: T,
}

impl<T: fmt::Display> fmt::Display for Located<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.what)
    }
}

/// A reason why an entry of a zone file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ZoneProblem {
    /// More octets than [`MAX_OCTETS`].
    #[error("found {0} octets; at most {MAX_OCTETS} are read, so split the file by zones")]
    TooLarge(usize),
    /// More records than [`MAX_RECORDS`].
    #[error("found more than {MAX_RECORDS} records; split the file by zones")]
    TooManyRecords,
    /// The byte-order mark of UTF-16.
    #[error("found UTF-16; expected UTF-8, so save the file with that encoding")]
    Utf16,
    /// A string that does not end on its line.
    #[error(
        "found no closing quote on this line; close the string, and put its rest into a string of its own"
    )]
    OpenQuote,
    /// A backslash at the end of the line.
    #[error("found the end of the line; expected a character or three decimal digits after the backslash")]
    EndingBackslash,
    /// The octet 0 outside quotes and comments; BIND refuses it there, and UTF-16 is full of it.
    #[error("found the octet 0; save the file as UTF-8, or write `\\000` if the octet is meant")]
    Nul,
    /// A carriage return that no line feed follows.
    #[error("found a carriage return without a line feed; save the file with line ends of LF or CRLF")]
    LoneCarriageReturn,
    /// An opening parenthesis without its closing one.
    #[error("found no `)` for this `(` before {}; put one at the end of the record", next_place(*next))]
    OpenParenthesis {
        /// The line of the next `(`; `None` at the end of the file.
        next: Option<usize>,
    },
    /// A parenthesis within parentheses.
    #[error("found `(` within parentheses; remove the inner pair, name servers differ on it")]
    NestedParenthesis,
    /// A closing parenthesis without its opening one.
    #[error("found `)` without a `(` before it; remove it")]
    StrayParenthesis,
    /// A quoted string directly next to an unquoted one.
    #[error(
        "found a quoted string that touches an unquoted one; quote both as one, or put a space between them"
    )]
    TouchingStrings,
    /// A first field that begins with a dollar sign.
    #[error("found `{0}`; expected `$ORIGIN`, `$TTL` or an owner (one with a dollar sign is written `\\$`)")]
    UnknownDirective(String),
    /// A directive after a blank.
    #[error("found a space before `{0}`; a directive begins in the first column")]
    IndentedDirective(String),
    /// `$INCLUDE`, which needs a file system.
    #[error("found `$INCLUDE`, which is not read; expand it with `named-compilezone -o OUTPUT ZONE FILE`")]
    Include,
    /// `$GENERATE`, which only BIND supports.
    #[error("found `$GENERATE`, which is not read; expand it with `named-compilezone -o OUTPUT ZONE FILE`")]
    Generate,
    /// A directive with too few or too many fields.
    #[error("found {found} fields after `{directive}`; expected {expected}")]
    DirectiveFields {
        /// The directive.
        directive: &'static str,
        /// The fields that it needs.
        expected: &'static str,
        /// The number of fields.
        found: usize,
    },
    /// A relative name without a known origin; reported once for a file.
    #[error(
        "found the relative name `{0}` and no origin; begin the file with `$ORIGIN` and the zone name, \
         such as `$ORIGIN contoso.com.`"
    )]
    NoOrigin(String),
    /// A field that must be a name but is not.
    #[error("found `{found}`; expected a domain name: {error}")]
    Name {
        /// The field.
        found: String,
        /// The reason why it is not a name.
        error: NameError,
    },
    /// A line that begins with a blank and has no owner before it.
    #[error(
        "found a space at the beginning of the line and no record before; expected an owner, such as `@`"
    )]
    NoOwner,
    /// A line without a type.
    #[error("found nothing after `{0}`; expected a record type and its data, such as `MX 10 mail`")]
    NoType(String),
    /// A field that is not a record type.
    #[error("found `{found}`; expected a record type{hint}")]
    UnknownType {
        /// The field.
        found: String,
        /// A hint at what the author may have meant.
        hint: TypeHint,
    },
    /// A field that begins with a digit but is not a TTL.
    #[error("found `{0}`; expected a TTL, such as `3600` or `1h` and at most 2147483647 seconds")]
    Ttl(String),
    /// A second TTL or class.
    #[error("found `{0}`; expected a record type, since TTL and class are given once")]
    Twice(String),
    /// A class other than IN.
    #[error("found the class `{0}`; expected `IN` or no class")]
    Class(String),
    /// A type that only questions can have, or a meta type (RFC 6895 §3.1).
    #[error("found the type `{0}`, which no record can have; expected a type of data")]
    MetaType(String),
    /// A character-string of more than 255 octets.
    #[error(
        "found a string of {octets} octets; expected at most 255, so split it{}",
        written(split.as_deref())
    )]
    StringTooLong {
        /// The length of the string, in octets.
        octets: usize,
        /// The same octets, split into strings that are short enough; `None` for very long ones.
        split: Option<String>,
    },
    /// More fields or octets than the data of a record can hold (RFC 1035 §3.2.1).
    #[error("found data of more than {MAX_DATA} octets; expected less, or a `)` further up")]
    DataTooLong,
    /// Data that does not fit the type.
    #[error("{0}")]
    Data(DataError),
}

/// A hint at the meaning of a field that is not a record type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypeHint {
    /// No hint.
    None,
    /// The line begins with a blank and the field may be its owner.
    Indented,
    /// The line begins with a word that is also a type or class, but is its owner.
    OwnerLooksLikeType,
    /// An alias type of one provider.
    ProviderAlias,
}

impl fmt::Display for TypeHint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "",
            Self::Indented => " (the line begins with a space, so it has the owner of the record before)",
            Self::OwnerLooksLikeType => {
                " (the first field of a line is its owner; begin the line with `@` or a space)"
            }
            Self::ProviderAlias => {
                " (one provider's own alias is not in DNS; write the addresses that it answers with)"
            }
        })
    }
}

/// A place of a zone file that was read but may not be what the author meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ZoneWarning {
    /// No TTL is known; reported once for a file.
    #[error("found no TTL, no `$TTL` and no SOA before; used 3600 seconds")]
    NoTtl,
    /// The TTL is that of the record before (RFC 1035 §5.1); reported once for a file.
    #[error("found no TTL and no `$TTL`; used the {0} seconds of the record before")]
    LastTtl(u32),
    /// A comment begins within an unquoted string.
    #[error("found `;` directly after text without quotes; what follows is a comment and is not published")]
    TextCutByComment,
}

fn next_place(next: Option<usize>) -> String {
    next.map_or_else(|| "the end of the file".into(), |line| format!("the next one on line {line}"))
}

fn written(split: Option<&str>) -> String {
    split.map_or_else(|| " into several quoted strings".into(), |split| format!(": {split}"))
}
