//! Files, read and written whole, with errors that name them.
#![allow(clippy::disallowed_methods, reason = "this is the one place that touches files")]

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::Problem;

/// Octets of the largest file that is read.
const LARGEST: u64 = 1 << 30;

/// The content of a file.
///
/// # Errors
/// [`Problem`] if it cannot be read or is absurdly large.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Problem> {
    let size = std::fs::metadata(path).map_err(|error| Problem::file(path, &reason(&error)))?.len();
    if size > LARGEST {
        return Err(Problem::file(path, &format!("it has {size} octets and at most {LARGEST} are read")));
    }
    std::fs::read(path).map_err(|error| Problem::file(path, &reason(&error)))
}

/// The content of a text file.
///
/// # Errors
/// [`Problem`] as for [`read`], and if it is not UTF-8.
pub(super) fn read_text(path: &Path) -> Result<String, Problem> {
    String::from_utf8(read(path)?).map_err(|_| Problem::file(path, "it is not text in UTF-8"))
}

/// What stands on standard input.
///
/// # Errors
/// [`Problem`] if it cannot be read or has no end in sight.
pub(super) fn read_input(given: Option<&[u8]>) -> Result<Vec<u8>, Problem> {
    if let Some(given) = given {
        return Ok(given.to_vec());
    }
    let mut octets = Vec::new();
    let read = std::io::stdin().lock().take(LARGEST + 1).read_to_end(&mut octets);
    match read {
        Ok(_) if octets.len() as u64 > LARGEST => {
            Err(Problem::Usage(format!("standard input: at most {LARGEST} octets are read")))
        }
        Ok(_) => Ok(octets),
        Err(error) => Err(Problem::Usage(format!("standard input: {}", reason(&error)))),
    }
}

/// The lines of a file, one after the other.
///
/// # Errors
/// [`Problem`] if it cannot be opened.
pub(super) fn lines(path: &Path) -> Result<impl Iterator<Item = Result<Vec<u8>, Problem>> + use<>, Problem> {
    let file = File::open(path).map_err(|error| Problem::file(path, &reason(&error)))?;
    let path = path.to_owned();
    let lines = BufReader::new(file).split(b'\n');
    Ok(lines.map(move |line| line.map_err(|error| Problem::file(&path, &reason(&error)))))
}

/// Whether there is a file.
pub(super) fn is_there(path: &Path) -> bool {
    path.is_file()
}

/// The content of a text file; `None` if there is none yet.
///
/// # Errors
/// [`Problem`] as for [`read_text`].
pub(super) fn read_text_if_there(path: &Path) -> Result<Option<String>, Problem> {
    match std::fs::exists(path) {
        Ok(false) => Ok(None),
        Ok(true) | Err(_) => read_text(path).map(Some),
    }
}

/// Waits until nobody else is changing the file, and keeps others waiting as long as the lock lives. A lock file stays
/// beside it, since taking it away could let two in at once.
///
/// # Errors
/// [`Problem`] if the lock file cannot be made.
pub(super) fn lock(path: &Path) -> Result<File, Problem> {
    let lock = beside(path, "lock")?;
    let open = File::options().create(true).truncate(false).write(true).open(&lock);
    let locked = open.and_then(|file| file.lock().map(|()| file));
    locked.map_err(|error| Problem::file(&lock, &reason(&error)))
}

/// A hidden file beside another.
fn beside(path: &Path, end: &str) -> Result<PathBuf, Problem> {
    let mut name = OsString::from(".");
    name.push(path.file_name().ok_or_else(|| Problem::file(path, "it has no file name"))?);
    name.push(format!(".{end}"));
    Ok(path.with_file_name(name))
}

/// A file that is being written to a temporary name beside it, and takes its place when it is whole.
#[derive(Debug)]
pub(super) struct Draft {
    path: PathBuf,
    temporary: PathBuf,
    /// `None` once it has taken its place.
    file: Option<BufWriter<File>>,
}

impl Draft {
    /// Begins one.
    ///
    /// # Errors
    /// [`Problem`] if nothing can be written there.
    pub(super) fn begin(path: &Path) -> Result<Self, Problem> {
        let temporary = beside(path, &format!("{}.tmp", std::process::id()))?;
        if path.is_dir() {
            return Err(Problem::file(path, "it is a folder; name a file in it"));
        }
        let file = File::create(&temporary).map_err(|error| Problem::file(path, &reason(&error)))?;
        Ok(Self { path: path.to_owned(), temporary, file: Some(BufWriter::new(file)) })
    }

    /// Writes on.
    ///
    /// # Errors
    /// [`Problem`] if that fails; the file that was there before is as it was.
    pub(super) fn write(&mut self, content: &[u8]) -> Result<(), Problem> {
        let written = self.file.as_mut().map_or(Ok(()), |file| file.write_all(content));
        written.map_err(|error| Problem::file(&self.path, &reason(&error)))
    }

    /// Puts it into its place.
    ///
    /// # Errors
    /// [`Problem`] if that fails; the file that was there before is as it was.
    pub(super) fn finish(mut self) -> Result<(), Problem> {
        let Some(file) = self.file.take() else { return Ok(()) };
        let flushed = file.into_inner().map_err(std::io::IntoInnerError::into_error);
        let placed = flushed.and_then(|file| {
            drop(file);
            std::fs::rename(&self.temporary, &self.path)
        });
        placed.map_err(|error| {
            // Best effort: the first error is the one to tell.
            let _ = std::fs::remove_file(&self.temporary);
            Problem::file(&self.path, &reason(&error))
        })
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            // Best effort: nobody is left to tell.
            let _ = std::fs::remove_file(&self.temporary);
        }
    }
}

/// Writes a file whole: to a temporary name beside it, which then takes its place.
///
/// # Errors
/// [`Problem`] if it cannot be written; an older file is then as it was.
pub(super) fn write(path: &Path, content: &str) -> Result<(), Problem> {
    let mut draft = Draft::begin(path)?;
    draft.write(content.as_bytes())?;
    draft.finish()
}

/// The words of the system without its number.
fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut characters = text.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}
