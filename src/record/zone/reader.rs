//! Reads the entries of a zone file in order.
//!
//! An entry depends on the entries before it: on the origin, the owner and the TTL.

use std::collections::BTreeSet;

use super::ZoneText;
use super::head::{head, touching, ttl};
use super::lexer::{Entry, Fault, Lexer, Piece, Place};
use super::problem::{Located, MAX_DATA, MAX_PROBLEMS, MAX_RECORDS, ZoneError, ZoneProblem, ZoneWarning};
use crate::record::data::{Misfit, name_fields};
use crate::record::text::unquote;
use crate::record::{DataError, Name, Question, Record, RecordData, RecordType, Text, Token};

/// The TTL of records in a file that states none, in seconds.
const TTL_OF_LAST_RESORT: u32 = 3600;
/// The length limit of a string whose split form is included in the error, in octets.
const MAX_SHOWN_STRING: usize = 4096;

/// The state after the entries read so far: what they set, and the records they hold.
pub(super) struct Reader<'a> {
    input: &'a [u8],
    origin: Option<Name>,
    owner: Option<Name>,
    /// The TTL of `$TTL`, or the minimum field of an SOA record without a TTL of its own.
    default_ttl: Option<u32>,
    /// The last TTL that a record stated.
    last_ttl: Option<u32>,
    records: Vec<Record>,
    proxied: BTreeSet<Question>,
    first_origin: Option<Name>,
    warnings: Vec<Located<ZoneWarning>>,
    problems: Vec<Located<ZoneProblem>>,
    further: usize,
}

impl<'a> Reader<'a> {
    /// Returns a reader at the beginning of `input`.
    pub(super) fn new(input: &'a [u8], origin: Option<&Name>) -> Self {
        Self {
            input,
            origin: origin.cloned(),
            owner: None,
            default_ttl: None,
            last_ttl: None,
            records: Vec::new(),
            proxied: BTreeSet::new(),
            first_origin: origin.cloned(),
            warnings: Vec::new(),
            problems: Vec::new(),
            further: 0,
        }
    }

    /// Reads all entries.
    pub(super) fn read(&mut self) {
        let mut lexer = Lexer::new(self.input);
        while let Some(mut entry) = lexer.entry() {
            let faults = std::mem::take(&mut entry.faults);
            self.further += entry.further;
            let broken = !faults.is_empty();
            faults.into_iter().for_each(|fault| self.report(fault));
            if broken {
                // The lines below must not be reported for the owner that this one would have set.
                self.owner.get_or_insert_with(Name::root);
            } else if let Err(fault) = self.entry(&entry) {
                self.owner.get_or_insert_with(Name::root);
                self.report(fault);
            }
            if self.records.len() > MAX_RECORDS {
                let place = entry.pieces[0].place;
                return self.report(Fault { place, problem: ZoneProblem::TooManyRecords });
            }
        }
    }

    /// Keeps or counts a problem.
    pub(super) fn report(&mut self, Fault { place, problem }: Fault) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(self.located(place, problem));
        } else {
            self.further += 1;
        }
    }

    /// Returns the records, or all problems.
    pub(super) fn finish(self, label: &str) -> Result<ZoneText, ZoneError> {
        if self.problems.is_empty() {
            let text = ZoneText::from_records(self.first_origin, self.records);
            return Ok(ZoneText { warnings: self.warnings, proxied: self.proxied, ..text });
        }
        Err(ZoneError { label: label.into(), problems: self.problems, further: self.further })
    }

    fn warn(&mut self, place: Place, warning: ZoneWarning) {
        if self.warnings.len() < MAX_PROBLEMS {
            self.warnings.push(self.located(place, warning));
        }
    }

    fn located<T>(&self, place: Place, what: T) -> Located<T> {
        let before = &self.input[..place.offset];
        let line = before.iter().rev().take_while(|&&octet| octet != b'\n');
        // Continuation octets of UTF-8 are not characters of their own.
        let column = line.filter(|&&octet| octet & 0xc0 != 0x80).count() + 1;
        Located { line: place.line, column, what }
    }

    fn entry(&mut self, entry: &Entry<'_>) -> Result<(), Fault> {
        let Some(first) = entry.pieces.first() else { return Ok(()) };
        if !first.token.quoted && first.token.raw.starts_with(b"$") {
            return if entry.indented {
                Err(first.fault(ZoneProblem::IndentedDirective(first.token.shown())))
            } else {
                self.directive(first, &entry.pieces[1..])
            };
        }
        self.record(entry, first)
    }

    fn directive(&mut self, directive: &Piece<'_>, fields: &[Piece<'_>]) -> Result<(), Fault> {
        match directive.token.raw.to_ascii_uppercase().as_slice() {
            b"$ORIGIN" => {
                let field = only(directive, fields, "$ORIGIN", "one domain name")?;
                let origin = self.name(field).inspect_err(|_| {
                    // One missing origin must not be reported again for every line below.
                    self.origin.get_or_insert_with(Name::root);
                })?;
                self.first_origin.get_or_insert_with(|| origin.clone());
                self.origin = Some(origin);
            }
            b"$TTL" => {
                let field = only(directive, fields, "$TTL", "one TTL")?;
                self.default_ttl = Some(ttl(field)?);
            }
            b"$INCLUDE" => return Err(directive.fault(ZoneProblem::Include)),
            b"$GENERATE" => return Err(directive.fault(ZoneProblem::Generate)),
            _ => return Err(directive.fault(ZoneProblem::UnknownDirective(directive.token.shown()))),
        }
        Ok(())
    }

    fn record(&mut self, entry: &Entry<'_>, first: &Piece<'_>) -> Result<(), Fault> {
        let fields = if entry.indented {
            &entry.pieces[..]
        } else {
            self.owner = Some(self.name(first)?);
            &entry.pieces[1..]
        };
        let Some(name) = self.owner.clone() else { return Err(first.fault(ZoneProblem::NoOwner)) };
        let head = head(first, entry.indented, fields)?;
        let (before, pieces) = fields.split_at(head.fields);
        touching(&entry.pieces[..entry.pieces.len() - pieces.len()], pieces, head.rtype)?;
        let data = self.data(head.rtype, before.last().unwrap_or(first), pieces)?;
        if let Some(stated) = head.ttl {
            self.last_ttl = Some(stated);
        }
        let ttl = match head.ttl {
            Some(stated) => stated,
            None => self.missing_ttl(&data, first.place),
        };
        if entry.proxied {
            self.proxied.insert(Question::new(name.clone(), head.rtype));
        }
        self.records.push(Record { name, ttl, data });
        Ok(())
    }

    /// Returns the TTL of a record that states none: that of `$TTL` (RFC 2308 §4), the last one stated (RFC 1035 §5.1),
    /// or the SOA minimum, in the order of BIND.
    fn missing_ttl(&mut self, data: &RecordData, place: Place) -> u32 {
        if let Some(default) = self.default_ttl {
            return default;
        }
        if let Some(last) = self.last_ttl {
            if !self.warnings.iter().any(|warning| matches!(warning.what, ZoneWarning::LastTtl(_))) {
                self.warn(place, ZoneWarning::LastTtl(last));
            }
            return last;
        }
        if let RecordData::Soa(soa) = data {
            self.default_ttl = Some(soa.minimum);
            return soa.minimum;
        }
        if !self.warnings.iter().any(|warning| warning.what == ZoneWarning::NoTtl) {
            self.warn(place, ZoneWarning::NoTtl);
        }
        TTL_OF_LAST_RESORT
    }

    fn data(
        &mut self,
        rtype: RecordType,
        type_piece: &Piece<'_>,
        pieces: &[Piece<'_>],
    ) -> Result<RecordData, Fault> {
        let tokens: Vec<Token<'_>> = pieces.iter().map(|piece| piece.token).collect();
        if self.origin.is_none() && !tokens.first().is_some_and(|first| first.is_word(b"\\#")) {
            for piece in name_fields(rtype).iter().filter_map(|&index| pieces.get(index)) {
                self.name(piece)?;
            }
        }
        if rtype == RecordType::Txt
            && let Some(piece) = pieces.iter().find(|piece| piece.cut && !piece.token.quoted)
        {
            self.warn(piece.place, ZoneWarning::TextCutByComment);
        }
        let root = Name::root();
        let origin = self.origin.as_ref().unwrap_or(&root);
        match RecordData::read_fields(rtype, &tokens, origin) {
            // Each string is preceded by an octet with its length.
            Ok(RecordData::Txt(text)) if text.joined().len() + tokens.len() > MAX_DATA => {
                Err(type_piece.fault(ZoneProblem::DataTooLong))
            }
            Ok(data) => Ok(data),
            Err(Misfit { index, error }) => {
                let piece = pieces.get(index).unwrap_or(type_piece);
                Err(piece.fault(match error {
                    DataError::StringTooLong(octets) => {
                        ZoneProblem::StringTooLong { octets, split: split(&piece.token) }
                    }
                    other => ZoneProblem::Data(other),
                }))
            }
        }
    }

    /// Parses a name and completes it with the origin.
    fn name(&mut self, piece: &Piece<'_>) -> Result<Name, Fault> {
        let raw = piece.token.raw;
        let root = Name::root();
        let origin = match &self.origin {
            Some(origin) => origin,
            None if raw == b"@" || !is_absolute(raw) => {
                self.origin = Some(root);
                return Err(piece.fault(ZoneProblem::NoOrigin(piece.token.shown())));
            }
            None => &root,
        };
        Name::parse_relative(raw, origin)
            .map_err(|error| piece.fault(ZoneProblem::Name { found: piece.token.shown(), error }))
    }
}

/// Returns the only field of a directive.
fn only<'p, 'a>(
    piece: &Piece<'_>,
    fields: &'p [Piece<'a>],
    directive: &'static str,
    expected: &'static str,
) -> Result<&'p Piece<'a>, Fault> {
    match fields {
        [field] => Ok(field),
        _ => {
            let found = fields.len();
            Err(piece.fault(ZoneProblem::DirectiveFields { directive, expected, found }))
        }
    }
}

/// Returns whether a name ends with a dot that is not escaped.
fn is_absolute(raw: &[u8]) -> bool {
    let Some(rest) = raw.strip_suffix(b".") else { return false };
    rest.iter().rev().take_while(|&&octet| octet == b'\\').count() % 2 == 0
}

/// Returns the string split into strings of at most 255 octets, ready to paste.
fn split(token: &Token<'_>) -> Option<String> {
    let octets = unquote(token.raw).filter(|octets| octets.len() <= MAX_SHOWN_STRING)?;
    Some(Text::from_strings([octets.as_slice()]).to_zone_text())
}
