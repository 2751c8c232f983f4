//! Stores the pieces that wait for the end of a run, in unnamed temporary files.

use std::io::{self, BufReader, Read as _, Seek as _, Write as _};

use tempfile::SpooledTempFile;

use crate::report::writer::Pieces;

/// The maximum size, in octets, of a section in memory. A larger section moves to a file.
const MOST_IN_MEMORY: usize = 4 << 20;

/// The sections of one report.
#[derive(Default)]
pub(super) struct Waiting(Vec<SpooledTempFile>);

impl Waiting {
    /// Stores the pieces of a domain, each in its section.
    pub(super) fn keep(&mut self, texts: Vec<String>) -> io::Result<()> {
        self.0.resize_with(self.0.len().max(texts.len()), || SpooledTempFile::new(MOST_IN_MEMORY));
        for (section, text) in self.0.iter_mut().zip(texts) {
            let length = (text.len() as u64).to_le_bytes();
            section.write_all(&[&length, text.as_bytes()].concat())?;
        }
        Ok(())
    }

    /// Returns the sections for reading from their beginning.
    pub(super) fn read(self) -> io::Result<Kept> {
        let rewound =
            self.0.into_iter().map(|mut section| section.rewind().map(|()| BufReader::new(section)));
        Ok(Kept { sections: rewound.collect::<Result<_, _>>()?, failure: None })
    }
}

/// The sections of one report, read from their beginning.
pub(super) struct Kept {
    sections: Vec<BufReader<SpooledTempFile>>,
    /// The error because of which a text could not be read back.
    pub(super) failure: Option<io::Error>,
}

impl Pieces for Kept {
    fn next(&mut self, section: usize) -> io::Result<Option<String>> {
        let read = self.sections.get_mut(section).map_or(Ok(None), text);
        read.map_err(|error| {
            let reason = error.to_string();
            self.failure = Some(error);
            io::Error::other(reason)
        })
    }
}

/// Returns the next text of a section; `None` at the end.
fn text(section: &mut BufReader<SpooledTempFile>) -> io::Result<Option<String>> {
    let mut length = [0; 8];
    match section.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let length = usize::try_from(u64::from_le_bytes(length)).map_err(io::Error::other)?;
    let mut octets = vec![0; length];
    section.read_exact(&mut octets)?;
    String::from_utf8(octets).map(Some).map_err(io::Error::other)
}
