//! Reads the TTL, class and type of a record in a zone file.

use super::lexer::{Fault, Piece};
use super::problem::{TypeHint, ZoneProblem};
use crate::record::data::has_parameters;
use crate::record::{RecordType, parse_ttl};

/// The fields before the data of a record.
pub(super) struct Head {
    /// The TTL, if stated.
    pub(super) ttl: Option<u32>,
    /// The type.
    pub(super) rtype: RecordType,
    /// The number of fields before the data.
    pub(super) fields: usize,
}

/// Reads TTL, class and type; TTL and class are optional and may be in either order (RFC 1035 §5.1).
pub(super) fn head(first: &Piece<'_>, indented: bool, fields: &[Piece<'_>]) -> Result<Head, Fault> {
    let (mut stated, mut class) = (None, None);
    for (index, piece) in fields.iter().enumerate() {
        let token = &piece.token;
        let word = if token.quoted { Vec::new() } else { token.raw.to_ascii_uppercase() };
        match word.as_slice() {
            [b'0'..=b'9', ..] if !word.contains(&b'.') => {
                let seconds = ttl(piece)?;
                if stated.replace(seconds).is_some() {
                    return Err(piece.fault(ZoneProblem::Twice(token.shown())));
                }
            }
            b"IN" | b"CLASS1" => {
                if class.replace(()).is_some() {
                    return Err(piece.fault(ZoneProblem::Twice(token.shown())));
                }
            }
            b"CH" | b"CHAOS" | b"HS" | b"HESIOD" | b"CS" | b"NONE" | [b'C', b'L', b'A', b'S', b'S', ..] => {
                return Err(piece.fault(ZoneProblem::Class(token.shown())));
            }
            word => {
                let rtype = record_type(word).ok_or_else(|| {
                    let hint = type_hint(word, first, indented, index);
                    piece.fault(ZoneProblem::UnknownType { found: token.shown(), hint })
                })?;
                return match rtype.number() {
                    0 | 41 | 128..=255 => Err(piece.fault(ZoneProblem::MetaType(token.shown()))),
                    _ => Ok(Head { ttl: stated, rtype, fields: index + 1 }),
                };
            }
        }
    }
    let last = fields.last().unwrap_or(first);
    Err(last.fault(ZoneProblem::NoType(last.token.shown())))
}

fn record_type(word: &[u8]) -> Option<RecordType> {
    // Types that only questions can have (RFC 1035 §3.2.3) get an error of their own.
    match word {
        b"*" | b"ANY" => Some(RecordType::Other(255)),
        b"AXFR" => Some(RecordType::Other(252)),
        b"IXFR" => Some(RecordType::Other(251)),
        b"OPT" => Some(RecordType::Other(41)),
        _ => std::str::from_utf8(word).ok()?.parse().ok(),
    }
}

fn type_hint(word: &[u8], first: &Piece<'_>, indented: bool, index: usize) -> TypeHint {
    let owner = first.token.raw.to_ascii_uppercase();
    match word {
        b"ALIAS" | b"ANAME" => TypeHint::ProviderAlias,
        _ if indented && index == 0 => TypeHint::Indented,
        // Hosts named `a` are common, so the type A needs more evidence.
        _ if !indented && owner == b"A" && !word.contains(&b'.') => TypeHint::None,
        _ if !indented && (owner == b"IN" || record_type(&owner).is_some()) => TypeHint::OwnerLooksLikeType,
        _ => TypeHint::None,
    }
}

/// Refuses quoted fields that touch unquoted ones, since servers read them differently; the value of a service
/// parameter must touch its key (RFC 9460 §2.1).
pub(super) fn touching(before: &[Piece<'_>], data: &[Piece<'_>], rtype: RecordType) -> Result<(), Fault> {
    let mut last: Option<&Piece<'_>> = None;
    for (index, piece) in before.iter().chain(data).enumerate() {
        let Some(previous) = last.replace(piece) else { continue };
        let parameter = has_parameters(rtype) && index > before.len() && previous.token.raw.ends_with(b"=");
        let mixed = piece.token.quoted != previous.token.quoted;
        if piece.touching && mixed && !(parameter && piece.token.quoted) {
            return Err(piece.fault(ZoneProblem::TouchingStrings));
        }
    }
    Ok(())
}

/// Parses a TTL.
pub(super) fn ttl(piece: &Piece<'_>) -> Result<u32, Fault> {
    let text = std::str::from_utf8(piece.token.raw).ok();
    let seconds = text.filter(|_| !piece.token.quoted).and_then(parse_ttl);
    seconds.ok_or_else(|| piece.fault(ZoneProblem::Ttl(piece.token.shown())))
}
