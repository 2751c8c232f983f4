//! Files: read within bounds, written whole, with errors that name them.
#![allow(clippy::disallowed_methods, reason = "this is the one place that touches files")]

mod atomic;

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Cursor, ErrorKind, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use crate::facts::Recording;

use super::encoding::{Utf8Reader, to_utf8};
use super::error::RunError;

pub use atomic::{AtomicFile, write};

/// A kind of file that is read as a whole, and its maximum size. The parsed content takes up to a hundred times as much
/// memory.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// The name of the kind, with its article.
    what: &'static str,
    mebibytes: u64,
}

/// A zone file: some hundred thousand records.
pub(crate) const ZONE_FILE: Kind = Kind { what: "a zone file", mebibytes: 8 };
/// A file with the expected values of many domains.
pub(crate) const EXPECTED_VALUES: Kind = Kind { what: "a file of expected values", mebibytes: 16 };
/// A list of domains: a million of them.
pub(crate) const DOMAIN_LIST: Kind = Kind { what: "a list of domains", mebibytes: 64 };
/// A file with one key.
pub(crate) const KEY_FILE: Kind = Kind { what: "a key file", mebibytes: 1 };
/// A settings file: options of thousands of domains.
pub const SETTINGS: Kind = Kind { what: "a settings file", mebibytes: 16 };
/// A report or recording of an earlier run over very many domains.
pub(crate) const EARLIER_RUN: Kind = Kind { what: "a report or recording", mebibytes: 1024 };

impl Kind {
    fn octets(self) -> u64 {
        self.mebibytes << 20
    }

    fn too_large(self) -> String {
        format!("too large: {} may have {} MiB at most", self.what, self.mebibytes)
    }
}

/// Reads the content of a file, or of a pipe; of a text in UTF-16, the same in UTF-8.
///
/// # Errors
/// [`RunError`] if it cannot be read, is larger than its kind may be, or begins as UTF-16 and is not.
pub fn read(path: &Path, kind: Kind) -> Result<Vec<u8>, RunError> {
    let failed = |error| RunError::read(path, error);
    let file = File::open(path).map_err(failed)?;
    let too_large = || RunError::content(path, kind.too_large());
    // A device, such as `NUL`, may have no size to tell.
    if file.metadata().is_ok_and(|file| file.len() > kind.octets()) {
        return Err(too_large());
    }
    let mut octets = Vec::new();
    // A pipe or device has a size of 0, and perhaps no end.
    file.take(kind.octets() + 1).read_to_end(&mut octets).map_err(failed)?;
    if octets.len() as u64 > kind.octets() {
        return Err(too_large());
    }
    to_utf8(octets).map_err(|reason| RunError::content(path, reason))
}

/// Reads the content of a text file.
///
/// # Errors
/// [`RunError`] as for [`read`], and if it is not UTF-8.
pub(crate) fn read_text(path: &Path, kind: Kind) -> Result<String, RunError> {
    String::from_utf8(read(path, kind)?)
        .map_err(|_| RunError::content(path, "it is not UTF-8; save it as UTF-8"))
}

/// The name of standard input in messages.
pub const INPUT: &str = "standard input";

/// Reads standard input, or the content that is given in its place.
///
/// # Errors
/// [`RunError`] if it cannot be read or is larger than its kind may be.
pub(crate) fn read_input(given: Option<&[u8]>, kind: Kind) -> Result<Vec<u8>, RunError> {
    let mut octets = Vec::new();
    let read = match given {
        Some(given) => given.take(kind.octets() + 1).read_to_end(&mut octets),
        None => std::io::stdin().lock().take(kind.octets() + 1).read_to_end(&mut octets),
    };
    match read {
        Ok(_) if octets.len() as u64 > kind.octets() => {
            Err(RunError::Content { path: INPUT.into(), source: kind.too_large().into() })
        }
        Ok(_) => Ok(octets),
        Err(source) => Err(RunError::Read { path: INPUT.into(), source }),
    }
}

/// Opens a text file that is read piece by piece, in UTF-8 also if it is written in UTF-16.
///
/// # Errors
/// [`RunError`] if it cannot be opened.
pub fn reader(path: &Path) -> Result<impl std::io::BufRead + use<>, RunError> {
    let file = File::open(path).map_err(|error| RunError::read(path, error))?;
    Ok(Utf8Reader::new(BufReader::new(file)))
}

/// The output of an earlier run.
pub enum EarlierRun<R> {
    /// The whole text of a recording.
    Recording(String),
    /// A report, to be read piece by piece.
    Report(R),
}

/// Reads a recording, or opens a file that may be a report.
///
/// # Errors
/// [`RunError`] if it cannot be read, or if a recording is too large or not UTF-8.
pub fn earlier_run(path: &Path) -> Result<EarlierRun<impl std::io::BufRead + use<>>, RunError> {
    let failed = |error| RunError::read(path, error);
    let mut reader = reader(path)?;
    let mut begin = Vec::new();
    reader.by_ref().take(64).read_to_end(&mut begin).map_err(failed)?;
    let is_recording = Recording::is_one(&String::from_utf8_lossy(&begin));
    let reader = Cursor::new(begin).chain(reader);
    if !is_recording {
        return Ok(EarlierRun::Report(reader));
    }
    let mut octets = Vec::new();
    reader.take(EARLIER_RUN.octets() + 1).read_to_end(&mut octets).map_err(failed)?;
    if octets.len() as u64 > EARLIER_RUN.octets() {
        return Err(RunError::content(path, EARLIER_RUN.too_large()));
    }
    let text = String::from_utf8(octets);
    text.map(EarlierRun::Recording).map_err(|_| RunError::content(path, "it is not UTF-8; save it as UTF-8"))
}

/// Opens standard input, or the content that is given in its place, to be read piece by piece in UTF-8.
pub fn input_reader(given: Option<&[u8]>) -> Box<dyn std::io::BufRead + '_> {
    match given {
        Some(given) => Box::new(Utf8Reader::new(given)),
        None => Box::new(Utf8Reader::new(std::io::stdin().lock())),
    }
}

/// Returns the lines of a text file, one after the other.
///
/// # Errors
/// [`RunError`] if it cannot be opened.
pub fn lines(path: &Path) -> Result<impl Iterator<Item = Result<Vec<u8>, RunError>> + use<>, RunError> {
    let lines = reader(path)?.split(b'\n');
    let path = path.to_owned();
    Ok(lines.map(move |line| line.map_err(|error| RunError::read(&path, error))))
}

/// Returns whether standard output appends to this file after a line without an end, which would swallow the first line
/// that is written.
pub fn is_gone_on_in_a_line(path: &Path) -> bool {
    is_standard_output(path) && !ends_in_a_line(path).unwrap_or(true)
}

#[cfg(unix)]
fn is_standard_output(path: &Path) -> bool {
    use std::os::fd::AsFd as _;
    use std::os::unix::fs::MetadataExt as _;
    let output = std::io::stdout().as_fd().try_clone_to_owned().map(File::from);
    let place = |file: std::io::Result<std::fs::Metadata>| file.map(|file| (file.dev(), file.ino())).ok();
    let output = output.and_then(|file| file.metadata());
    place(output).is_some_and(|output| place(std::fs::metadata(path)) == Some(output))
}

#[cfg(windows)]
fn is_standard_output(path: &Path) -> bool {
    let output = same_file::Handle::stdout();
    output.is_ok_and(|output| same_file::Handle::from_path(path).is_ok_and(|file| file == output))
}

/// Removes the text after the last line end, if it is `unwanted`. Returns false if the text stays, also if removing it
/// fails.
pub fn cut_last_line(path: &Path, unwanted: impl Fn(&[u8]) -> bool) -> bool {
    let cut = || -> std::io::Result<bool> {
        let mut file = File::options().read(true).write(true).open(path)?;
        let Some(end) = last_line_end(&mut file)? else { return Ok(false) };
        let mut line = Vec::new();
        file.seek(SeekFrom::Start(end))?;
        file.read_to_end(&mut line)?;
        if !unwanted(&line) {
            return Ok(false);
        }
        file.set_len(end).map(|()| true)
    };
    cut().unwrap_or(false)
}

/// Returns the offset after the last line end of a file, or 0 if there is none; `None` if it is too far from the end of
/// the file to be searched.
fn last_line_end(file: &mut File) -> std::io::Result<Option<u64>> {
    /// The maximum number of octets that are searched.
    const LONGEST: u64 = 256 << 20;
    /// The number of octets that are searched at once.
    const STEP: u64 = 64 << 10;
    let length = file.seek(SeekFrom::End(0))?;
    let mut end = length;
    while end > 0 && length - end < LONGEST {
        let start = end.saturating_sub(STEP);
        let mut octets = Vec::new();
        file.seek(SeekFrom::Start(start))?;
        Read::by_ref(file).take(end - start).read_to_end(&mut octets)?;
        if let Some(at) = octets.iter().rposition(|octet| *octet == b'\n') {
            return Ok(Some(start + at as u64 + 1));
        }
        end = start;
    }
    Ok((end == 0).then_some(0))
}

fn ends_in_a_line(path: &Path) -> std::io::Result<bool> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// Returns whether there is a file at this path.
pub fn is_there(path: &Path) -> bool {
    path.is_file()
}

/// Reads a text file that is to be replaced; `None` if there is none yet.
///
/// # Errors
/// [`RunError`] as for [`read_text`], and for what is not a file: reading a pipe would wait for its other end.
pub(crate) fn read_text_if_there(path: &Path) -> Result<Option<String>, RunError> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Ok(there) if !there.is_file() => Err(RunError::content(path, "not a regular file")),
        Ok(_) | Err(_) => read_text(path, EARLIER_RUN).map(Some),
    }
}

/// Returns the folder of a file.
pub(super) fn folder_of(path: &Path) -> Result<PathBuf, RunError> {
    path.file_name().ok_or_else(|| RunError::content(path, "it has no file name"))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    Ok(folder.unwrap_or(Path::new(".")).to_owned())
}

/// Returns the name of a hidden file that belongs to another.
pub(super) fn hidden(path: &Path, end: &str) -> OsString {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(end);
    name
}
