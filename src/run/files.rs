//! Files: read within bounds, written whole, with errors that name them.
#![allow(clippy::disallowed_methods, reason = "this is the one place that touches files")]

use std::ffi::OsString;
use std::fs::File;
use std::io::{
    BufRead as _, BufReader, BufWriter, Cursor, ErrorKind, IntoInnerError, Read, Seek as _, SeekFrom,
    Write as _,
};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::facts::Recording;

use super::encoding::{Utf8Reader, to_utf8};
use super::error::RunError;
use super::temporary::Temporary;

/// A kind of file that is read in one piece, and how large it may be. What is made of it takes up to a hundred times as much
/// memory.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// What it is called, with its article.
    what: &'static str,
    mebibytes: u64,
}

/// Some hundred thousand records.
pub const ZONE_FILE: Kind = Kind { what: "a zone file", mebibytes: 8 };
/// Expected values of many domains.
pub const EXPECTED_VALUES: Kind = Kind { what: "a file of expected values", mebibytes: 16 };
/// A million domains.
pub const DOMAIN_LIST: Kind = Kind { what: "a list of domains", mebibytes: 64 };
/// One key.
pub const KEY_FILE: Kind = Kind { what: "a key file", mebibytes: 1 };
/// Settings of thousands of domains.
pub const SETTINGS: Kind = Kind { what: "a settings file", mebibytes: 16 };
/// What an earlier run over very many domains wrote.
pub const EARLIER_RUN: Kind = Kind { what: "a report or recording", mebibytes: 1024 };

impl Kind {
    fn octets(self) -> u64 {
        self.mebibytes << 20
    }

    fn too_large(self) -> String {
        format!("too large: {} may have {} MiB at most", self.what, self.mebibytes)
    }
}

/// The content of a file, or of a pipe; of a text in UTF-16, the same in UTF-8.
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
    // What is no file has a size of 0, and perhaps no end.
    file.take(kind.octets() + 1).read_to_end(&mut octets).map_err(failed)?;
    if octets.len() as u64 > kind.octets() {
        return Err(too_large());
    }
    to_utf8(octets).map_err(|reason| RunError::content(path, reason))
}

/// The content of a text file.
///
/// # Errors
/// [`RunError`] as for [`read`], and if it is not UTF-8.
pub fn read_text(path: &Path, kind: Kind) -> Result<String, RunError> {
    String::from_utf8(read(path, kind)?)
        .map_err(|_| RunError::content(path, "it is not UTF-8; save it as UTF-8"))
}

/// What messages call standard input.
pub const INPUT: &str = "standard input";

/// What is on standard input.
///
/// # Errors
/// [`RunError`] if it cannot be read or has no end in sight.
pub fn read_input(given: Option<&[u8]>, kind: Kind) -> Result<Vec<u8>, RunError> {
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

/// A text file that is read piece by piece, in UTF-8 also where it is written in UTF-16.
///
/// # Errors
/// [`RunError`] if it cannot be opened.
pub fn reader(path: &Path) -> Result<impl std::io::BufRead + use<>, RunError> {
    let file = File::open(path).map_err(|error| RunError::read(path, error))?;
    Ok(Utf8Reader::new(BufReader::new(file)))
}

/// What an earlier run wrote.
pub enum EarlierRun<R> {
    /// The whole text of a recording.
    Recording(String),
    /// A report, to be read piece by piece.
    Report(R),
}

/// A recording, or what may be a report.
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

/// Standard input, read piece by piece, in UTF-8 also where it is written in UTF-16.
pub fn input_reader(given: Option<&[u8]>) -> Box<dyn std::io::BufRead + '_> {
    match given {
        Some(given) => Box::new(Utf8Reader::new(given)),
        None => Box::new(Utf8Reader::new(std::io::stdin().lock())),
    }
}

/// The lines of a text file, one after the other.
///
/// # Errors
/// [`RunError`] if it cannot be opened.
pub fn lines(path: &Path) -> Result<impl Iterator<Item = Result<Vec<u8>, RunError>> + use<>, RunError> {
    let lines = reader(path)?.split(b'\n');
    let path = path.to_owned();
    Ok(lines.map(move |line| line.map_err(|error| RunError::read(&path, error))))
}

/// Whether standard output goes on in this file behind a line without an end, which would swallow the first that is
/// written.
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

/// Removes what comes after the last line end, if it is `unwanted`; false where it stays, also because it cannot be
/// taken away.
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

/// Where the last line end of a file ends, or the file begins; `None` if that is further from its end than a line is long.
fn last_line_end(file: &mut File) -> std::io::Result<Option<u64>> {
    /// Octets that are searched at most.
    const LONGEST: u64 = 256 << 20;
    /// Octets that are searched at once.
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

/// Returns whether there is a file.
pub fn is_there(path: &Path) -> bool {
    path.is_file()
}

/// The content of a text file that is to be replaced; `None` if there is none yet.
///
/// # Errors
/// [`RunError`] as for [`read_text`], and for what is not a file: reading a pipe would wait for its other end.
pub fn read_text_if_there(path: &Path) -> Result<Option<String>, RunError> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Ok(there) if !there.is_file() => Err(RunError::content(path, "not a regular file")),
        Ok(_) | Err(_) => read_text(path, EARLIER_RUN).map(Some),
    }
}

/// The folder of a file.
pub(super) fn folder_of(path: &Path) -> Result<PathBuf, RunError> {
    path.file_name().ok_or_else(|| RunError::content(path, "it has no file name"))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    Ok(folder.unwrap_or(Path::new(".")).to_owned())
}

/// The name of a hidden file that belongs to another.
pub(super) fn hidden(path: &Path, end: &str) -> OsString {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(end);
    name
}

/// A file that is being written to a temporary name beside it, and takes its place when it is whole, with the permissions
/// that the file had before. A link in its place is replaced and not followed; what is not a file, such as a pipe, is
/// written to as it is.
#[derive(Debug)]
pub struct AtomicFile {
    path: PathBuf,
    place: Place,
}

/// Where a draft is written.
#[derive(Debug)]
enum Place {
    /// Beside the file; taken away again unless it takes its place.
    Beside(BufWriter<NamedTempFile>, Temporary),
    /// To what is there.
    There(BufWriter<File>),
}

impl AtomicFile {
    /// Begins one.
    ///
    /// # Errors
    /// [`RunError`] if nothing can be written there.
    pub fn begin(path: &Path) -> Result<Self, RunError> {
        if path.is_dir() {
            return Err(RunError::content(path, "it is a folder; name a file in it"));
        }
        let begun = if is_device(path) {
            File::options().append(true).open(path).map(|file| Place::There(BufWriter::new(file)))
        } else {
            let folder = folder_of(path)?;
            // A name that cannot be guessed, and never a file or a link that is there already.
            let mode = mode_of(path);
            let fresh = |path: &Path| create(path, mode);
            let mut names = tempfile::Builder::new();
            let start = hidden(path, ".");
            let made = names.prefix(&start).suffix(".tmp").make_in(folder, fresh);
            made.map(|made| {
                let temporary = Temporary::new(made.path());
                Place::Beside(BufWriter::new(made), temporary)
            })
        };
        let place = begun.map_err(|error| RunError::write(path, error))?;
        Ok(Self { path: path.to_owned(), place })
    }

    /// Writes on.
    ///
    /// # Errors
    /// [`RunError`] if that fails; the file that was there before is as it was.
    pub fn write(&mut self, content: &[u8]) -> Result<(), RunError> {
        let written = match &mut self.place {
            Place::Beside(file, _) => file.write_all(content),
            Place::There(file) => file.write_all(content),
        };
        written.map_err(|error| RunError::write(&self.path, error))
    }

    /// Puts it into its place. Its content is on the disk before its name is, and its name is before this returns: a loss of
    /// power leaves the old file or the new one.
    ///
    /// # Errors
    /// [`RunError`] if that fails; the file that was there before is as it was.
    pub fn finish(self) -> Result<(), RunError> {
        let Self { path, place } = self;
        let placed = match place {
            Place::Beside(file, _temporary) => placed(file, &path),
            Place::There(mut file) => file.flush(),
        };
        placed.map_err(|error| RunError::write(&path, error))
    }
}

fn placed(file: BufWriter<NamedTempFile>, path: &Path) -> std::io::Result<()> {
    let file = file.into_inner().map_err(IntoInnerError::into_error)?;
    file.as_file().sync_all()?;
    let temporary = file.into_temp_path();
    rename(&temporary, path)?;
    // It has another name now; nothing is left to remove.
    let _ = temporary.keep();
    sync_folder(path)
}

#[cfg(not(windows))]
fn rename(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::rename(from, to)
}

/// Replaces a file also while other programs read it. Those that let no other program replace it, such as scanners, have it
/// open for a moment only, so it is tried for a second.
#[cfg(windows)]
fn rename(from: &Path, to: &Path) -> std::io::Result<()> {
    /// `ERROR_ACCESS_DENIED` and `ERROR_SHARING_VIOLATION`.
    const HELD: [i32; 2] = [5, 32];
    const PAUSE: std::time::Duration = std::time::Duration::from_millis(50);
    let is_held = |error: &std::io::Error| error.raw_os_error().is_some_and(|code| HELD.contains(&code));
    for _ in 0..20 {
        match std::fs::rename(from, to) {
            Err(error) if is_held(&error) => std::thread::sleep(PAUSE),
            renamed => return renamed,
        }
    }
    std::fs::rename(from, to)
}

/// The permissions of the file that is to be replaced; `None` if there is none yet.
#[cfg(unix)]
fn mode_of(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    let there = std::fs::symlink_metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    // Set-user-id and set-group-id are not kept: the content is of another writer now.
    Some(there.permissions().mode() & 0o777)
}

#[cfg(unix)]
fn create(path: &Path, mode: Option<u32>) -> std::io::Result<File> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let mut options = File::options();
    options.create_new(true).write(true);
    let Some(mode) = mode else { return options.open(path) };
    // Never open to more people than the file was, and then open to all of them, whatever the mask is.
    let file = options.mode(mode & 0o600).open(path)?;
    file.set_permissions(std::fs::Permissions::from_mode(mode))?;
    Ok(file)
}

/// Writes the name of a file to the disk. Some file systems cannot, and some folders may be written to but not read.
#[cfg(unix)]
fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::PermissionDenied | ErrorKind::InvalidInput | ErrorKind::Unsupported
            ) =>
        {
            Ok(())
        }
        synced => synced,
    }
}

#[cfg(windows)]
fn mode_of(_: &Path) -> Option<u32> {
    None
}

/// Permissions come from the folder there.
#[cfg(windows)]
fn create(path: &Path, _: Option<u32>) -> std::io::Result<File> {
    File::options().create_new(true).write(true).open(path)
}

/// Folders cannot be opened there.
#[cfg(windows)]
fn sync_folder(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Returns whether this is not a file that another could replace: a device of Windows, such as `NUL` or a named pipe.
#[cfg(windows)]
fn is_device(path: &Path) -> bool {
    use std::path::{Component, Prefix};
    let prefix = path.components().next();
    if matches!(prefix, Some(Component::Prefix(prefix)) if matches!(prefix.kind(), Prefix::DeviceNS(_))) {
        return true;
    }
    // With these names in every folder.
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_uppercase();
    let is_port = |name: &str| {
        matches!(name.as_bytes(), [b'C', b'O', b'M', b'1'..=b'9'] | [b'L', b'P', b'T', b'1'..=b'9'])
    };
    ["NUL", "CON", "CONOUT$", "PRN", "AUX"].contains(&name.as_str()) || is_port(&name)
}

/// Returns whether this is not a file that another could replace: a pipe, a terminal, or a link that the system keeps for
/// one. Any other link is a name like every other, whatever it leads to.
#[cfg(not(windows))]
fn is_device(path: &Path) -> bool {
    let Ok(there) = std::fs::symlink_metadata(path) else { return false };
    if !there.is_symlink() {
        return !there.is_file();
    }
    let folder = folder_of(path).ok().and_then(|folder| folder.canonicalize().ok());
    folder.is_some_and(|folder| folder == Path::new("/dev") || folder.starts_with("/proc"))
}

/// Writes a file whole: to a temporary name beside it, which then takes its place.
///
/// # Errors
/// [`RunError`] if it cannot be written; an older file is then as it was.
pub fn write(path: &Path, content: &str) -> Result<(), RunError> {
    let mut draft = AtomicFile::begin(path)?;
    draft.write(content.as_bytes())?;
    draft.finish()
}
