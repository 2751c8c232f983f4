//! Files, read and written whole, with errors that name them.
#![allow(clippy::disallowed_methods, reason = "this is the one place that touches files")]

use std::ffi::OsString;
use std::fs::File;
use std::io::{
    BufRead as _, BufReader, BufWriter, ErrorKind, IntoInnerError, Read as _, Seek as _, SeekFrom, Write as _,
};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::Problem;

/// Octets of the largest file that is read.
const LARGEST: u64 = 1 << 30;

/// The content of a file, or of a pipe.
///
/// # Errors
/// [`Problem`] if it cannot be read or is absurdly large.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Problem> {
    let told = |error: std::io::Error| Problem::file(path, &reason(&error));
    let file = File::open(path).map_err(told)?;
    let too_large = || Problem::file(path, &format!("at most {LARGEST} octets are read"));
    if file.metadata().map_err(told)?.len() > LARGEST {
        return Err(too_large());
    }
    let mut octets = Vec::new();
    // What is no file has a size of 0, and perhaps no end.
    file.take(LARGEST + 1).read_to_end(&mut octets).map_err(told)?;
    if octets.len() as u64 > LARGEST { Err(too_large()) } else { Ok(octets) }
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

/// Whether standard output goes on in this file behind a line without an end, which would swallow the first that is
/// written.
pub(super) fn is_gone_on_in_a_line(path: &Path) -> bool {
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

/// Where nobody can tell, it may be: an empty line too many is no harm.
#[cfg(not(unix))]
fn is_standard_output(_: &Path) -> bool {
    true
}

fn ends_in_a_line(path: &Path) -> std::io::Result<bool> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
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
    let lock = beside(path)?.join(hidden(path, ".lock"));
    // Nothing is made where a link leads: in a folder that all may write to, anybody may have put one there.
    let open = match File::options().create_new(true).write(true).open(&lock) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => File::options().write(true).open(&lock),
        opened => opened,
    };
    let locked = open.and_then(|file| file.lock().map(|()| file));
    locked.map_err(|error| Problem::file(&lock, &reason(&error)))
}

/// The folder of a file.
fn beside(path: &Path) -> Result<PathBuf, Problem> {
    path.file_name().ok_or_else(|| Problem::file(path, "it has no file name"))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    Ok(folder.unwrap_or(Path::new(".")).to_owned())
}

/// The name of a hidden file that belongs to another.
fn hidden(path: &Path, end: &str) -> OsString {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(end);
    name
}

/// A file that is being written to a temporary name beside it, and takes its place when it is whole. A link that stands
/// there is replaced and not followed; what is no file, such as a pipe, is written to as it is.
#[derive(Debug)]
pub(super) struct Draft {
    path: PathBuf,
    place: Place,
}

/// Where a draft is written.
#[derive(Debug)]
enum Place {
    /// Beside the file; taken away again unless it takes its place.
    Beside(BufWriter<NamedTempFile>),
    /// To what is there.
    There(BufWriter<File>),
}

impl Draft {
    /// Begins one.
    ///
    /// # Errors
    /// [`Problem`] if nothing can be written there.
    pub(super) fn begin(path: &Path) -> Result<Self, Problem> {
        let folder = beside(path)?;
        if path.is_dir() {
            return Err(Problem::file(path, "it is a folder; name a file in it"));
        }
        let begun = if is_device(path) {
            File::options().append(true).open(path).map(|file| Place::There(BufWriter::new(file)))
        } else {
            // A name that nobody can guess, and never a file or a link that is there already.
            let fresh = |path: &Path| File::options().create_new(true).write(true).open(path);
            let mut names = tempfile::Builder::new();
            let start = hidden(path, ".");
            let made = names.prefix(&start).suffix(".tmp").make_in(folder, fresh);
            made.map(|made| Place::Beside(BufWriter::new(made)))
        };
        let place = begun.map_err(|error| Problem::file(path, &reason(&error)))?;
        Ok(Self { path: path.to_owned(), place })
    }

    /// Writes on.
    ///
    /// # Errors
    /// [`Problem`] if that fails; the file that was there before is as it was.
    pub(super) fn write(&mut self, content: &[u8]) -> Result<(), Problem> {
        let written = match &mut self.place {
            Place::Beside(file) => file.write_all(content),
            Place::There(file) => file.write_all(content),
        };
        written.map_err(|error| Problem::file(&self.path, &reason(&error)))
    }

    /// Puts it into its place.
    ///
    /// # Errors
    /// [`Problem`] if that fails; the file that was there before is as it was.
    pub(super) fn finish(self) -> Result<(), Problem> {
        let Self { path, place } = self;
        let placed = match place {
            Place::Beside(file) => file
                .into_inner()
                .map_err(IntoInnerError::into_error)
                .and_then(|file| file.persist(&path).map_err(|error| error.error))
                .map(drop),
            Place::There(mut file) => file.flush(),
        };
        placed.map_err(|error| Problem::file(&path, &reason(&error)))
    }
}

/// Whether this is no file that another could take the place of: a pipe, a terminal, or a link that the system keeps for
/// one. Any other link is a name like every other, whatever it leads to.
fn is_device(path: &Path) -> bool {
    let Ok(there) = std::fs::symlink_metadata(path) else { return false };
    if !there.is_symlink() {
        return !there.is_file();
    }
    let folder = beside(path).ok().and_then(|folder| folder.canonicalize().ok());
    folder.is_some_and(|folder| folder == Path::new("/dev") || folder.starts_with("/proc"))
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
