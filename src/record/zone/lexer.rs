//! Splits a zone file into entries and fields.
//!
//! An entry is one line, or several in parentheses (RFC 1035 §5.1). Every octet is read at most twice: the second time
//! if a closing parenthesis is missing and the lines after it are read as entries of their own.

use super::problem::{MAX_FIELDS, MAX_PROBLEMS, ZoneProblem};
use crate::record::token::Token;

/// One field and its position.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'a> {
    /// The field.
    pub(super) token: Token<'a>,
    /// The position of its first octet, the opening quote included.
    pub(super) place: Place,
    /// True if nothing separates this field from the one before.
    pub(super) touching: bool,
    /// True if a comment begins directly after it.
    pub(super) cut: bool,
}

impl Piece<'_> {
    /// Returns a problem at the position of this field.
    pub(super) fn fault(&self, problem: ZoneProblem) -> Fault {
        Fault { place: self.place, problem }
    }
}

/// A position in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// The number of octets before it.
    pub(super) offset: usize,
    /// The line, counted from 1.
    pub(super) line: usize,
}

/// A problem and its position.
#[derive(Debug)]
pub(super) struct Fault {
    /// The position.
    pub(super) place: Place,
    /// The problem.
    pub(super) problem: ZoneProblem,
}

/// The fields of one entry; an empty line has none.
#[derive(Debug, Default)]
pub(super) struct Entry<'a> {
    /// The fields in their order.
    pub(super) pieces: Vec<Piece<'a>>,
    /// True if the line begins with a blank, so that the owner is the previous one.
    pub(super) indented: bool,
    /// The problems that keep the entry from being split, at most [`MAX_PROBLEMS`]; the fields are then incomplete.
    pub(super) faults: Vec<Fault>,
    /// The number of further faults.
    pub(super) further: usize,
    /// True if a comment marks the record as proxied: Cloudflare answers with its own addresses instead.
    pub(super) proxied: bool,
}

/// Reads entries one after another.
#[derive(Debug)]
pub(super) struct Lexer<'a> {
    input: &'a [u8],
    at: usize,
    line: usize,
    /// The offset at which the last field of the entry ended.
    last_end: usize,
}

/// An open parenthesis.
#[derive(Debug, Clone, Copy)]
struct Open {
    place: Place,
    /// The number of open parentheses; more than one only if several were opened on one line.
    depth: usize,
}

impl<'a> Lexer<'a> {
    /// Returns a lexer of `input`, which must not begin with a byte-order mark.
    pub(super) fn new(input: &'a [u8]) -> Self {
        Self { input, at: 0, line: 1, last_end: usize::MAX }
    }

    /// Returns the next entry, empty lines included; `None` at the end of the file.
    pub(super) fn entry(&mut self) -> Option<Entry<'a>> {
        let first = self.peek()?;
        let mut entry = Entry { indented: matches!(first, b' ' | b'\t'), ..Entry::default() };
        let mut open: Option<Open> = None;
        self.last_end = usize::MAX;
        while let Some(octet) = self.peek() {
            match octet {
                b'\n' => {
                    self.at += 1;
                    self.line += 1;
                    if open.is_none() {
                        return Some(entry);
                    }
                }
                b' ' | b'\t' => self.at += 1,
                b'\r' => self.carriage_return(&mut entry),
                b';' => self.comment(&mut entry),
                b'(' => match &mut open {
                    None => {
                        open = Some(Open { place: self.place(), depth: 1 });
                        self.at += 1;
                    }
                    Some(open) if open.place.line == self.line => {
                        open.depth += 1;
                        self.fault(&mut entry, self.place(), ZoneProblem::NestedParenthesis);
                        self.at += 1;
                    }
                    Some(open) => return Some(self.forgotten(*open, Some(self.line))),
                },
                b')' => {
                    match &mut open {
                        None => self.fault(&mut entry, self.place(), ZoneProblem::StrayParenthesis),
                        Some(open) if open.depth > 1 => open.depth -= 1,
                        Some(_) => open = None,
                    }
                    self.at += 1;
                }
                b'"' => self.quoted(&mut entry),
                _ => self.word(&mut entry),
            }
        }
        Some(match open {
            Some(open) => self.forgotten(open, None),
            None => entry,
        })
    }

    fn peek(&self) -> Option<u8> {
        self.input.get(self.at).copied()
    }

    fn place(&self) -> Place {
        Place { offset: self.at, line: self.line }
    }

    fn fault(&self, entry: &mut Entry<'a>, place: Place, problem: ZoneProblem) {
        if entry.faults.len() < MAX_PROBLEMS {
            entry.faults.push(Fault { place, problem });
        } else {
            entry.further += 1;
        }
    }

    /// Reports a missing closing parenthesis and continues with the line after the opening one, so that later problems
    /// are reported too.
    fn forgotten(&mut self, open: Open, next: Option<usize>) -> Entry<'a> {
        let rest = &self.input[open.place.offset..];
        let end = rest.iter().position(|&octet| octet == b'\n');
        self.at = end.map_or(self.input.len(), |end| open.place.offset + end + 1);
        self.line = open.place.line + 1;
        let fault = Fault { place: open.place, problem: ZoneProblem::OpenParenthesis { next } };
        Entry { faults: vec![fault], ..Entry::default() }
    }

    /// Checks a carriage return: it must be part of a line end. BIND takes a lone one for the end of a line but not of
    /// a comment, so it is refused.
    fn carriage_return(&mut self, entry: &mut Entry<'a>) {
        if !matches!(self.input.get(self.at + 1), None | Some(b'\n')) {
            self.fault(entry, self.place(), ZoneProblem::LoneCarriageReturn);
        }
        self.at += 1;
    }

    fn comment(&mut self, entry: &mut Entry<'a>) {
        if self.last_end == self.at
            && let Some(last) = entry.pieces.last_mut()
        {
            last.cut = true;
        }
        let start = self.at;
        while let Some(octet) = self.peek() {
            match octet {
                b'\n' => break,
                b'\r' => self.carriage_return(entry),
                _ => self.at += 1,
            }
        }
        entry.proxied |= is_tagged_proxied(&self.input[start..self.at]);
    }

    /// Reads a field in quotes. The quotes must close on the same line: BIND ends the string there, NSD further down.
    fn quoted(&mut self, entry: &mut Entry<'a>) {
        let place = self.place();
        self.at += 1;
        while let Some(octet) = self.peek() {
            match octet {
                b'\n' => break,
                b'"' => {
                    self.at += 1;
                    let raw = &self.input[place.offset + 1..self.at - 1];
                    return self.push(entry, place, Token { raw, quoted: true });
                }
                b'\\' if !matches!(self.input.get(self.at + 1), None | Some(b'\n')) => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.fault(entry, place, ZoneProblem::OpenQuote);
    }

    fn word(&mut self, entry: &mut Entry<'a>) {
        let place = self.place();
        while let Some(octet) = self.peek() {
            match octet {
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'(' | b')' | b'"' => break,
                b'\\' => {
                    if matches!(self.input.get(self.at + 1), None | Some(b'\n' | b'\r')) {
                        self.fault(entry, self.place(), ZoneProblem::EndingBackslash);
                        self.at += 1;
                        break;
                    }
                    self.at += 2;
                }
                _ => self.at += 1,
            }
        }
        let raw = &self.input[place.offset..self.at];
        self.push(entry, place, Token { raw, quoted: false });
    }

    fn push(&mut self, entry: &mut Entry<'a>, place: Place, token: Token<'a>) {
        if !token.quoted && token.raw.contains(&0) {
            self.fault(entry, place, ZoneProblem::Nul);
        }
        if entry.pieces.len() == MAX_FIELDS {
            if !entry.faults.iter().any(|fault| fault.problem == ZoneProblem::DataTooLong) {
                self.fault(entry, place, ZoneProblem::DataTooLong);
            }
            return;
        }
        let touching = self.last_end == place.offset;
        entry.pieces.push(Piece { token, place, touching, cut: false });
        self.last_end = self.at;
    }
}

/// Returns whether a comment contains the tag with which Cloudflare's export marks a proxied record, as in `; mail
/// cf_tags=cf-proxied:true`.
fn is_tagged_proxied(comment: &[u8]) -> bool {
    const TAGS: &[u8] = b"cf_tags=";
    let mut words = comment.split(|octet| octet.is_ascii_whitespace() || *octet == b';');
    words.any(|word| {
        let tags = word.strip_prefix(TAGS).unwrap_or_default();
        tags.split(|octet| *octet == b',').any(|tag| tag.eq_ignore_ascii_case(b"cf-proxied:true"))
    })
}
