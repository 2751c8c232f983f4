//! Record data of unknown types (RFC 3597).

use super::{DataError, Other, RecordData, Soa};
use crate::record::name::Name;
use crate::record::rtype::RecordType;
use crate::record::text::Text;
use crate::record::token::Token;

/// Parses `\# length hex…` (RFC 3597 §5): kept unchanged, or decoded if a rule reads the type.
pub(super) fn generic(rtype: RecordType, tokens: &[Token<'_>]) -> Result<RecordData, DataError> {
    let [length, digits @ ..] = tokens else { return Err(DataError::BadGeneric) };
    let length: u16 = std::str::from_utf8(length.raw)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or(DataError::BadGeneric)?;
    let hex: Vec<u8> = digits.iter().flat_map(|token| token.raw.iter().copied()).collect();
    if hex.len() != usize::from(length) * 2 || !hex.iter().all(u8::is_ascii_hexdigit) {
        return Err(DataError::BadGeneric);
    }
    let nibble = |digit: u8| (digit as char).to_digit(16).unwrap_or(0) as u8;
    let octets: Vec<u8> = hex.chunks_exact(2).map(|pair| nibble(pair[0]) << 4 | nibble(pair[1])).collect();
    if let RecordType::Other(number) = rtype {
        return Ok(RecordData::Other(Other { number, text: generic_text(&octets) }));
    }
    decode(rtype, &octets).ok_or(DataError::BadGeneric)
}

/// Returns octets of unknown meaning in presentation form (RFC 3597 §5).
#[must_use]
pub fn generic_text(octets: &[u8]) -> String {
    let mut text = format!("\\# {}", octets.len());
    if !octets.is_empty() {
        text.push(' ');
    }
    for octet in octets {
        text.push_str(&format!("{octet:02x}"));
    }
    text
}

/// Decodes uncompressed RDATA of a type that a rule reads; `None` if it is malformed.
fn decode(rtype: RecordType, octets: &[u8]) -> Option<RecordData> {
    let mut rest = octets;
    let data = match rtype {
        RecordType::A => RecordData::A(<[u8; 4]>::try_from(take(&mut rest, 4)?).ok()?.into()),
        RecordType::Aaaa => RecordData::Aaaa(<[u8; 16]>::try_from(take(&mut rest, 16)?).ok()?.into()),
        RecordType::Cname => RecordData::Cname(take_name(&mut rest)?),
        RecordType::Ns => RecordData::Ns(take_name(&mut rest)?),
        RecordType::Ptr => RecordData::Ptr(take_name(&mut rest)?),
        RecordType::Mx => {
            RecordData::Mx { preference: take_u16(&mut rest)?, exchange: take_name(&mut rest)? }
        }
        RecordType::Srv => RecordData::Srv {
            priority: take_u16(&mut rest)?,
            weight: take_u16(&mut rest)?,
            port: take_u16(&mut rest)?,
            target: take_name(&mut rest)?,
        },
        RecordType::Txt => {
            let mut strings = Vec::new();
            while !rest.is_empty() {
                let length = usize::from(take(&mut rest, 1)?[0]);
                strings.push(take(&mut rest, length)?);
            }
            RecordData::Txt(Text::from_strings(strings))
        }
        RecordType::Soa => {
            let (primary, mailbox) = (take_name(&mut rest)?, take_name(&mut rest)?);
            let mut number = || Some(u32::from(take_u16(&mut rest)?) << 16 | u32::from(take_u16(&mut rest)?));
            RecordData::Soa(Box::new(Soa {
                primary,
                mailbox,
                serial: number()?,
                refresh: number()?,
                retry: number()?,
                expire: number()?,
                minimum: number()?,
            }))
        }
        RecordType::Other(_) => return None,
    };
    rest.is_empty().then_some(data)
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(count)?;
    *rest = tail;
    Some(head)
}

fn take_u16(rest: &mut &[u8]) -> Option<u16> {
    take(rest, 2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
}

fn take_name(rest: &mut &[u8]) -> Option<Name> {
    let mut labels = Vec::new();
    loop {
        let length = usize::from(take(rest, 1)?[0]);
        if length == 0 {
            return Name::from_labels(labels).ok();
        }
        labels.push(take(rest, length)?);
    }
}
