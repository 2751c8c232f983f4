//! Reads, writes and splits names in wire form.
//!
//! Avoids heap allocation: names are created, compared and looked up more often than anything else.

use std::fmt;
use std::sync::Arc;

use super::{Name, NameError};
use crate::record::command::opens_command;

/// The length limit of a name in wire form, in octets, root label included (RFC 1035 §3.1).
const MAX_NAME: usize = 255;
/// The length limit of a label, in octets (RFC 1035 §3.1).
const MAX_LABEL: usize = 63;
/// The highest number of labels of a name: each takes at least two octets, and the root label takes one.
const MAX_LABELS: usize = 127;

/// The octets that are never escaped: those that are printable and have no special meaning anywhere.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut octet = 0x21;
    while octet <= 0x7e {
        plain[octet] =
            !matches!(octet as u8, b'.' | b'\\' | b'"' | b';' | b'(' | b')' | b'@' | b'$' | b'[' | b':');
        octet += 1;
    }
    plain
};

fn is_plain(octet: &u8) -> bool {
    PLAIN[usize::from(*octet)]
}

/// Writes a name in presentation form, with a dot after each label.
pub(super) fn write_dotted(to: &mut impl fmt::Write, wire: &[u8]) -> fmt::Result {
    let mut room = [0; MAX_NAME];
    if let Some(text) = plain(wire, &mut room) {
        return to.write_str(text);
    }
    write_labels(to, wire)
}

/// Writes the labels one by one, with a dot after each.
fn write_labels(to: &mut impl fmt::Write, wire: &[u8]) -> fmt::Result {
    for label in forward(wire) {
        write_label(to, label)?;
        to.write_str(".")?;
    }
    Ok(())
}

/// Appends a name in presentation form to a text, with a dot between labels and none at the end.
pub(super) fn push_undotted(to: &mut String, wire: &[u8]) {
    let start = to.len();
    for label in forward(wire) {
        match std::str::from_utf8(label) {
            Ok(plain) if label.iter().all(is_plain) => to.push_str(plain),
            Ok(_) | Err(_) => {
                to.truncate(start);
                // Writing into a text cannot fail.
                let _ = write_labels(to, wire);
                break;
            }
        }
        to.push('.');
    }
    to.pop();
}

/// Returns the same form without escapes, as nearly every name can be written; `None` if an octet must be escaped.
fn plain<'a>(wire: &[u8], room: &'a mut [u8; MAX_NAME]) -> Option<&'a str> {
    let mut end = 0;
    for label in forward(wire) {
        let dot = end + label.len();
        room.get_mut(end..dot).filter(|_| label.iter().all(is_plain))?.copy_from_slice(label);
        *room.get_mut(dot)? = b'.';
        end = dot + 1;
    }
    std::str::from_utf8(room.get(..end)?).ok()
}

/// Writes a label in presentation form; escapes octets that have a special meaning there or are not printable, and
/// those that would begin a command to a build agent.
fn write_label(to: &mut impl fmt::Write, label: &[u8]) -> fmt::Result {
    let mut rest = label;
    while let Some(&first) = rest.first() {
        let plain = rest.iter().position(|octet| !is_plain(octet)).unwrap_or(rest.len());
        match std::str::from_utf8(&rest[..plain]) {
            Ok(text) if !text.is_empty() => {
                to.write_str(text)?;
                rest = &rest[plain..];
                continue;
            }
            Ok(_) | Err(_) => rest = &rest[1..],
        }
        let before = &label[..label.len() - rest.len() - 1];
        match first {
            b'[' if !opens_command(before) => to.write_str("[")?,
            b':' if !before.is_empty() || rest.first() != Some(&b':') => to.write_str(":")?,
            b'[' | b':' => write!(to, "\\{first:03}")?,
            0x21..=0x7e => write!(to, "\\{}", first as char)?,
            _ => write!(to, "\\{first:03}")?,
        }
    }
    Ok(())
}

/// Splits a wire form into its first label and the rest; `None` if it is empty.
pub(super) fn split(wire: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&length, tail) = wire.split_first()?;
    tail.split_at_checked(usize::from(length))
}

/// Returns the labels from left to right only, which needs no table of their positions.
pub(super) fn forward(wire: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::successors(split(wire), |(_, rest)| split(rest)).map(|(label, _)| label)
}

/// Returns the number of labels.
pub(super) fn count(wire: &[u8]) -> usize {
    forward(wire).count()
}

/// Returns the wire form without its first `labels` labels.
pub(super) fn skipped(mut wire: &[u8], labels: usize) -> &[u8] {
    for _ in 0..labels {
        wire = split(wire).map_or(&[], |(_, rest)| rest);
    }
    wire
}

/// The labels of a wire form, as an iterator from both ends.
pub(super) struct Labels<'a> {
    wire: &'a [u8],
    /// The position of each label's length octet; all positions are below 255.
    starts: [u8; MAX_LABELS],
    next: usize,
    end: usize,
}

impl<'a> Labels<'a> {
    /// Returns the labels of this wire form.
    pub(super) fn of(wire: &'a [u8]) -> Self {
        let (mut starts, mut end, mut at) = ([0; MAX_LABELS], 0, 0);
        while let (Some(&length), Some(start)) = (wire.get(at), starts.get_mut(end)) {
            *start = at as u8;
            end += 1;
            at += usize::from(length) + 1;
        }
        Self { wire, starts, next: 0, end }
    }

    fn label(&self, index: usize) -> &'a [u8] {
        let (&length, after) =
            self.wire[usize::from(self.starts[index])..].split_first().unwrap_or((&0, &[]));
        after.get(..usize::from(length)).unwrap_or_default()
    }
}

impl<'a> Iterator for Labels<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let index = self.next;
        (index < self.end).then(|| {
            self.next += 1;
            self.label(index)
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.end - self.next, Some(self.end - self.next))
    }
}

impl DoubleEndedIterator for Labels<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        (self.next < self.end).then(|| {
            self.end -= 1;
            self.label(self.end)
        })
    }
}

/// The wire form of a name under construction.
pub(super) struct Wire {
    octets: [u8; MAX_NAME],
    /// The length in octets; may exceed the buffer, and then the octets are not a name.
    length: usize,
}

impl Wire {
    /// Returns an empty wire form.
    pub(super) fn new() -> Self {
        Self { octets: [0; MAX_NAME], length: 0 }
    }

    /// Adds octets that are in wire form.
    pub(super) fn push(&mut self, octets: &[u8]) {
        let end = self.length + octets.len();
        if let Some(room) = self.octets.get_mut(self.length..end) {
            room.copy_from_slice(octets);
        }
        self.length = end;
    }

    /// Adds a label.
    ///
    /// # Errors
    /// [`NameError`] if it is empty or too long.
    pub(super) fn push_label(&mut self, label: &[u8]) -> Result<(), NameError> {
        let octets = label.len();
        if octets == 0 {
            return Err(NameError::EmptyLabel);
        }
        if octets > MAX_LABEL {
            let label = label.iter().take(20).map(|&octet| printable(octet)).collect::<String>() + "…";
            return Err(NameError::LabelTooLong { label, octets });
        }
        // At most 63, so the cast is exact.
        self.push(&[octets as u8]);
        self.push(label);
        Ok(())
    }

    /// Returns the name, in lower case.
    ///
    /// # Errors
    /// [`NameError::TooLong`] if it exceeds 255 octets.
    pub(super) fn name(&mut self) -> Result<Name, NameError> {
        match self.octets.get_mut(..self.length) {
            Some(octets) if octets.len() < MAX_NAME => {
                // Length octets are at most 63 and so never letters: all octets can be converted to lower case at once.
                octets.make_ascii_lowercase();
                Ok(Name { wire: Arc::from(&*octets) })
            }
            Some(_) | None => Err(NameError::TooLong { octets: self.length + 1 }),
        }
    }
}

/// Adds the labels of a presentation form; returns whether the text ended with an unescaped dot.
pub(super) fn parse_labels(text: &[u8], wire: &mut Wire) -> Result<bool, NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text == b"." {
        return Ok(true);
    }
    if !text.contains(&b'\\') {
        let (labels, absolute) = text.strip_suffix(b".").map_or((text, false), |labels| (labels, true));
        labels.split(|&octet| octet == b'.').try_for_each(|label| wire.push_label(label))?;
        return Ok(absolute);
    }
    let mut label = Vec::new();
    let mut rest = text;
    let mut absolute = false;
    while let Some((&octet, tail)) = rest.split_first() {
        rest = tail;
        absolute = false;
        match octet {
            b'.' => {
                wire.push_label(&label)?;
                label.clear();
                absolute = true;
            }
            b'\\' => {
                let (octet, tail) = unescape(rest).ok_or(NameError::BadEscape)?;
                label.push(octet);
                rest = tail;
            }
            _ => label.push(octet),
        }
    }
    if !absolute {
        wire.push_label(&label)?;
    }
    Ok(absolute)
}

/// Reads what follows a backslash: three decimal digits or any one character (RFC 1035 §5.1).
pub(in crate::record) fn unescape(after: &[u8]) -> Option<(u8, &[u8])> {
    match after {
        [a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', tail @ ..] => {
            let value = u32::from(a - b'0') * 100 + u32::from(b - b'0') * 10 + u32::from(c - b'0');
            u8::try_from(value).ok().map(|octet| (octet, tail))
        }
        [b'0'..=b'9', ..] | [] => None,
        [octet, tail @ ..] => Some((*octet, tail)),
    }
}

fn printable(octet: u8) -> char {
    if (0x21..=0x7e).contains(&octet) { octet as char } else { '?' }
}
