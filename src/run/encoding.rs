//! Reads the encodings that editors and PowerShell write: UTF-16 becomes UTF-8, and the byte order mark of UTF-8 is dropped.
//!
//! Only a byte order mark at the beginning shows UTF-16. Everything else passes as it is, whether it is UTF-8 or not.

use std::io::{self, BufRead, Read};

use crate::expected::import::{EncodingError, decoded};

/// The byte order mark of UTF-8.
const UTF8: &[u8] = b"\xef\xbb\xbf";

/// Returns a whole text in UTF-8, where it begins with a byte order mark; other octets are unchanged.
///
/// # Errors
/// [`EncodingError`] if it is not text, although it begins with a mark of UTF-16.
pub(super) fn to_utf8(octets: Vec<u8>) -> Result<Vec<u8>, EncodingError> {
    match octets.as_slice() {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => decoded(&octets).map(String::into_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => Ok(rest.to_vec()),
        _ => Ok(octets),
    }
}

/// The encoding that the first octets show.
#[derive(Debug, Clone, Copy)]
enum Encoding {
    /// Nothing was read yet.
    Unknown,
    /// UTF-8, or anything else that passes as it is.
    Utf8,
    /// UTF-16, and the order of the octets of a unit.
    Utf16(fn([u8; 2]) -> u16),
}

/// A text that is read piece by piece, in UTF-8 whichever of the two encodings it begins with.
///
/// Units of UTF-16 that are not text become U+FFFD, and half a unit at the end is dropped: a line that was cut is
/// recognized by its content.
#[derive(Debug)]
pub(super) struct Utf8Reader<R> {
    inner: R,
    encoding: Encoding,
    /// Octets that are ready to be taken.
    ready: Vec<u8>,
    /// How many of them have been taken.
    taken: usize,
    /// Octets of UTF-16 that wait for the rest of their character.
    rest: Vec<u8>,
}

impl<R: BufRead> Utf8Reader<R> {
    /// Wraps a reader that is at the beginning of its text.
    pub(super) fn new(inner: R) -> Self {
        Self { inner, encoding: Encoding::Unknown, ready: Vec::new(), taken: 0, rest: Vec::new() }
    }

    /// Reads as many octets as a byte order mark has, and no more.
    fn begin(&mut self) -> io::Result<()> {
        let mut head = Vec::new();
        Read::by_ref(&mut self.inner).take(2).read_to_end(&mut head)?;
        let order: Option<fn([u8; 2]) -> u16> = match head.as_slice() {
            [0xff, 0xfe] => Some(u16::from_le_bytes),
            [0xfe, 0xff] => Some(u16::from_be_bytes),
            _ => None,
        };
        if let Some(order) = order {
            self.encoding = Encoding::Utf16(order);
            return Ok(());
        }
        if UTF8.starts_with(&head) {
            Read::by_ref(&mut self.inner).take(1).read_to_end(&mut head)?;
        }
        self.encoding = Encoding::Utf8;
        self.ready = if head == UTF8 { Vec::new() } else { head };
        Ok(())
    }

    /// Converts the next piece of UTF-16; nothing is ready afterward at the end of the text.
    fn convert(&mut self, order: fn([u8; 2]) -> u16) -> io::Result<()> {
        self.ready.clear();
        self.taken = 0;
        while self.ready.is_empty() {
            let piece = self.inner.fill_buf()?;
            let length = piece.len();
            self.rest.extend_from_slice(piece);
            self.inner.consume(length);
            let mut units: Vec<u16> =
                self.rest.chunks_exact(2).map(|pair| order([pair[0], pair[1]])).collect();
            // The second half of a character comes with the next piece.
            let is_open = length > 0 && units.last().is_some_and(|unit| (0xd800..0xdc00).contains(unit));
            units.truncate(units.len() - usize::from(is_open));
            self.rest.drain(..2 * units.len());
            self.ready = String::from_utf16_lossy(&units).into_bytes();
            if length == 0 {
                break;
            }
        }
        Ok(())
    }
}

impl<R: BufRead> BufRead for Utf8Reader<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if let Encoding::Unknown = self.encoding {
            self.begin()?;
        }
        if self.taken == self.ready.len() {
            match self.encoding {
                Encoding::Utf16(order) => self.convert(order)?,
                Encoding::Unknown | Encoding::Utf8 => return self.inner.fill_buf(),
            }
        }
        Ok(&self.ready[self.taken..])
    }

    fn consume(&mut self, count: usize) {
        match self.taken < self.ready.len() {
            true => self.taken += count,
            false => self.inner.consume(count),
        }
    }
}

impl<R: BufRead> Read for Utf8Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut available = self.fill_buf()?;
        let count = available.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    fn wide(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(order).collect()
    }

    #[test]
    fn every_encoding_reads_the_same_in_pieces_of_any_size() {
        let text = "{\"a\": \"bücher 😀\"}\r\n# …\n";
        let marked = format!("\u{feff}{text}");
        let cases = [
            text.as_bytes().to_vec(),
            marked.clone().into_bytes(),
            wide(&marked, u16::to_le_bytes),
            wide(&marked, u16::to_be_bytes),
        ];
        for octets in cases {
            for capacity in [1, 2, 3, 5, 64, 4096] {
                let mut read = String::new();
                let reader = BufReader::with_capacity(capacity, octets.as_slice());
                Utf8Reader::new(reader).read_to_string(&mut read).unwrap();
                assert_eq!(read, text, "{capacity}");
            }
            assert_eq!(to_utf8(octets).unwrap(), text.as_bytes());
        }
    }

    #[test]
    fn short_texts_and_broken_ones_pass_or_are_refused() {
        for octets in [&b""[..], b"\xef", b"\xef\xbb", b"\xff", b"a", b"\xefab", b"\xff\xffab"] {
            let mut read = Vec::new();
            Utf8Reader::new(octets).read_to_end(&mut read).unwrap();
            assert_eq!((read.as_slice(), to_utf8(octets.to_vec()).unwrap().as_slice()), (octets, octets));
        }
        // Half a character, and half a unit.
        for (octets, lossy) in [(&b"\xff\xfea\0\0\xd8"[..], "a\u{fffd}"), (b"\xff\xfea\0b", "a")] {
            let mut read = String::new();
            Utf8Reader::new(octets).read_to_string(&mut read).unwrap();
            assert_eq!(read, lossy);
            assert!(matches!(to_utf8(octets.to_vec()), Err(EncodingError::Utf16)));
        }
    }
}
