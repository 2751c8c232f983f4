//! Writes one JSON document.
//!
//! The summary comes before the domains but is known only after them, so the text of each domain waits until the end.

use std::cell::RefCell;
use std::io::{self, Write};

use serde::ser::{Error as _, SerializeSeq as _};
use serde::{Serialize, Serializer};
use serde_json::ser::{Formatter as _, PrettyFormatter};
use serde_json::value::RawValue;

use crate::report::json::without_commands;
use crate::report::view::{DomainReport, Report};
use crate::report::writer::{Ending, Piece, Pieces, ReportWriter, Run};

/// Writes the document.
pub(super) struct Json;

impl ReportWriter for Json {
    fn domain(&self, _: &Run, domain: &DomainReport) -> Piece {
        Piece::Later(vec![without_commands(element(domain).unwrap_or_default())])
    }

    fn finish(&self, run: &Run, end: Ending<'_>, out: &mut dyn Write) -> io::Result<()> {
        let domains = Elements(RefCell::new(end.pieces));
        let report = Report::of(run.checked_at, run.phase, end.summary.clone(), domains);
        serde_json::to_writer_pretty(&mut *out, &report)?;
        out.write_all(b"\n")
    }
}

/// Returns a domain as an element of the list in an indented document.
fn element(domain: &DomainReport) -> Option<String> {
    let mut indent = PrettyFormatter::new();
    // Indent as within the document and its list; their brackets are not written here.
    indent.begin_object(&mut io::sink()).and_then(|()| indent.begin_array(&mut io::sink())).ok()?;
    let mut octets = Vec::new();
    domain.serialize(&mut serde_json::Serializer::with_formatter(&mut octets, indent)).ok()?;
    String::from_utf8(octets).ok()
}

/// The list of the domains, which reads back the text of each while it is written.
struct Elements<'p>(RefCell<&'p mut dyn Pieces>);

impl Serialize for Elements<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        let mut pieces = self.0.borrow_mut();
        while let Some(text) = pieces.next(0).map_err(S::Error::custom)? {
            list.serialize_element(&RawValue::from_string(text).map_err(S::Error::custom)?)?;
        }
        list.end()
    }
}
