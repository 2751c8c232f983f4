//! Parses the names and values of a list.

use crate::record::{DataError, Name, NameError, RecordData, RecordType, split};

/// The reason why a text is not a name or a value.
#[derive(Debug, thiserror::Error)]
pub(super) enum ValueError {
    #[error("the value has more than one line")]
    Lines,
    #[error("found no closing quote in `{found}`; close the string")]
    Quote { found: String },
    #[error("found `{found}`, expected each string of a TXT record in quotes")]
    Unquoted { found: String },
    #[error(transparent)]
    Escape(#[from] EscapeError),
    #[error(transparent)]
    Data(#[from] DataError),
    #[error("the name is empty; expected a full name such as `contoso.com.`")]
    NoName,
    #[error("`{found}` is not a domain name: {source}")]
    NameEscape { found: String, source: EscapeError },
    #[error("`{found}` is not a domain name: {source}")]
    Name { found: String, source: NameError },
}

/// The reason why a backslash does not begin an escape.
#[derive(Debug, thiserror::Error)]
pub(super) enum EscapeError {
    #[error("`\\{0}` is not an octal escape from `\\000` to `\\377`")]
    NotOctal(String),
    #[error("found `\\{0}`, expected an escape of three octal digits")]
    Digits(char),
    #[error("a backslash at the end is not an escape")]
    End,
}

/// Parses a value: the presentation form of zone files, but with octal escapes, and every name is absolute.
pub(super) fn data(rtype: RecordType, value: &str) -> Result<RecordData, ValueError> {
    let value = decimal(value)?;
    if value.contains(['\n', '\r']) {
        return Err(ValueError::Lines);
    }
    let tokens = split(value.as_bytes()).ok_or_else(|| ValueError::Quote { found: shown(&value) })?;
    if rtype == RecordType::Txt && tokens.iter().any(|token| !token.quoted) {
        return Err(ValueError::Unquoted { found: shown(&value) });
    }
    Ok(RecordData::from_tokens(rtype, &tokens, &Name::root())?)
}

/// Parses a name, absolute with or without its final dot.
pub(super) fn name(text: &str) -> Result<Name, ValueError> {
    if text.is_empty() {
        return Err(ValueError::NoName);
    }
    let written = decimal(text).map_err(|source| ValueError::NameEscape { found: shown(text), source })?;
    Name::parse_relative(written.as_bytes(), &Name::root())
        .map_err(|source| ValueError::Name { found: shown(text), source })
}

/// Converts the octal escapes of Route 53 (`\052`) to the decimal escapes of zone files (`\042`).
fn decimal(text: &str) -> Result<String, EscapeError> {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        written.push_str(before);
        let digits = escape.get(1..4).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()));
        if let Some(digits) = digits {
            let octet =
                u8::from_str_radix(digits, 8).map_err(|_| EscapeError::NotOctal(digits.to_owned()))?;
            written.push_str(&format!("\\{octet:03}"));
            rest = escape.get(4..).unwrap_or_default();
            continue;
        }
        let mut characters = escape.chars();
        characters.next();
        match characters.next() {
            Some(digit) if digit.is_ascii_digit() => {
                return Err(EscapeError::Digits(digit));
            }
            Some(character) => written.extend(['\\', character]),
            None => return Err(EscapeError::End),
        }
        rest = characters.as_str();
    }
    written.push_str(rest);
    Ok(written)
}

/// Returns the beginning of a text, for an error message.
pub(super) fn shown(text: &str) -> String {
    let mut shown: String =
        text.chars().take(60).map(|character| if character.is_control() { '?' } else { character }).collect();
    if text.chars().nth(60).is_some() {
        shown.push('…');
    }
    shown
}
