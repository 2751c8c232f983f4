//! Reads the fields of a line.

use crate::record::{DataError, Name, NameError, Record, RecordData, Token, UnknownWord, parse_ttl};

use super::{TITLE, VERSION};

/// The fault of a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum LineError {
    /// The file has no lines.
    #[error("the file is empty; expected `{TITLE} {VERSION}`")]
    Empty,
    /// The first line is that of another kind of file.
    #[error("not a recording: the first line must be `{TITLE} {VERSION}`")]
    NotARecording,
    /// A version of the format that is not known.
    #[error("found version {0} of the format, expected version {VERSION}; record the run again")]
    Version(String),
    /// The header has no time.
    #[error("the line `checked-at TIME` is missing")]
    NoTime,
    /// A string in quotes has no end.
    #[error("an opening quote has no closing one")]
    Quote,
    /// The key is unknown, or not allowed here.
    #[error("`{0}` is not a line of a recording, or is in the wrong entry")]
    Key(String),
    /// A field, counted from 1, is missing.
    #[error("field {0} is missing")]
    Missing(usize),
    /// A field has a backslash that does not begin an escape sequence.
    #[error("a backslash is not followed by an escape sequence")]
    Escape,
    /// A field is not UTF-8.
    #[error("the field is not UTF-8")]
    NotUtf8,
    /// A field that must have a certain form cannot be read at all.
    #[error("{source}, expected {expected}")]
    Unreadable {
        /// The reason why it cannot be read.
        source: Box<LineError>,
        /// The expected form.
        expected: &'static str,
    },
    /// A field has another form than expected.
    #[error("found `{found}`, expected {expected}")]
    Unexpected {
        /// The field.
        found: String,
        /// The expected form.
        expected: &'static str,
    },
    /// A field is not one of the allowed words.
    #[error(transparent)]
    Word(#[from] UnknownWord),
    /// A field, counted from 1, is not a name.
    #[error("field {field}: {source}")]
    Name {
        /// The number of the field.
        field: usize,
        /// The fault of the name.
        source: NameError,
    },
    /// A record is not written as in a zone file.
    #[error("a record is written `NAME TTL IN TYPE DATA`")]
    Record,
    /// The data of a record cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A line of a policy text is missing.
    #[error("the line is missing; an empty one is written `\"\"`")]
    NoPolicyLine,
    /// A line of a policy text is not one string.
    #[error("the line must be in quotes, as in `body \"version: STSv1\"`")]
    UnquotedPolicyLine,
}

/// Returns the error for an unknown key.
pub(super) fn unknown(key: &str) -> LineError {
    LineError::Key(key.to_owned())
}

/// Returns the record that these fields are.
pub(super) fn record(fields: &[Token<'_>]) -> Result<Record, LineError> {
    let ttl = text(fields, 1)?;
    let ttl = parse_ttl(&ttl).ok_or(LineError::Unexpected { found: ttl, expected: "a TTL in seconds" })?;
    if !fields.get(2).is_some_and(|class| class.raw.eq_ignore_ascii_case(b"IN")) {
        return Err(LineError::Record);
    }
    let rtype = parsed(fields, 3, "a record type")?;
    let data = RecordData::from_tokens(rtype, fields.get(4..).unwrap_or_default(), &Name::root());
    Ok(Record { name: name(fields, 0)?, ttl, data: data? })
}

/// Returns a field as text.
pub(super) fn text(fields: &[Token<'_>], index: usize) -> Result<String, LineError> {
    let field = fields.get(index).ok_or(LineError::Missing(index + 1))?;
    let octets = field.unescaped().ok_or(LineError::Escape)?;
    String::from_utf8(octets).map_err(|_| LineError::NotUtf8)
}

/// Returns a field as a value of a closed list of words.
pub(super) fn word<T: std::str::FromStr<Err = UnknownWord>>(
    fields: &[Token<'_>],
    index: usize,
) -> Result<T, LineError> {
    Ok(text(fields, index)?.parse()?)
}

/// Returns a field as a value; `expected` describes it in the error.
pub(super) fn parsed<T: std::str::FromStr>(
    fields: &[Token<'_>],
    index: usize,
    expected: &'static str,
) -> Result<T, LineError> {
    let text =
        text(fields, index).map_err(|source| LineError::Unreadable { source: Box::new(source), expected })?;
    text.parse().map_err(|_| LineError::Unexpected { found: text, expected })
}

/// Returns a field as a name.
pub(super) fn name(fields: &[Token<'_>], index: usize) -> Result<Name, LineError> {
    let raw = fields.get(index).map(|field| field.raw).unwrap_or_default();
    Name::parse_relative(raw, &Name::root()).map_err(|source| LineError::Name { field: index + 1, source })
}
