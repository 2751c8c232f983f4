//! Writes files whole: the old content stays until the new content is complete.

use std::fs::File;
use std::io::{BufWriter, IntoInnerError, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::run::error::RunError;
use crate::run::temporary::Temporary;

use super::{folder_of, hidden};

/// A file that is written under a temporary name next to it, and replaces it when it is complete, with the permissions
/// of the old file. A link in its place is replaced and not followed; something other than a file, such as a pipe, is
/// written to directly.
#[derive(Debug)]
pub struct AtomicFile {
    path: PathBuf,
    place: Place,
}

/// The place where the content is written.
#[derive(Debug)]
enum Place {
    /// A temporary file next to it, which is removed unless it replaces the file.
    Beside(BufWriter<NamedTempFile>, Temporary),
    /// The pipe or device itself.
    There(BufWriter<File>),
}

impl AtomicFile {
    /// Begins to write a file.
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

    /// Adds to the content.
    ///
    /// # Errors
    /// [`RunError`] if that fails; the file that was there before is unchanged.
    pub fn write(&mut self, content: &[u8]) -> Result<(), RunError> {
        let written = match &mut self.place {
            Place::Beside(file, _) => file.write_all(content),
            Place::There(file) => file.write_all(content),
        };
        written.map_err(|error| RunError::write(&self.path, error))
    }

    /// Replaces the file. The content is on the disk before the new name is, and the name is before this returns: a
    /// power failure leaves either the old file or the new one.
    ///
    /// # Errors
    /// [`RunError`] if that fails; the file that was there before is unchanged.
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

/// Returns the permissions of the file that is to be replaced; `None` if there is none yet.
#[cfg(unix)]
fn mode_of(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    let there = std::fs::symlink_metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    // Set-user-id and set-group-id are not kept: the content now comes from another writer.
    Some(there.permissions().mode() & 0o777)
}

#[cfg(unix)]
fn create(path: &Path, mode: Option<u32>) -> std::io::Result<File> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let mut options = File::options();
    options.create_new(true).write(true);
    let Some(mode) = mode else { return options.open(path) };
    // At no time accessible to more users than the old file was, and in the end to all of them, whatever the umask is.
    let file = options.mode(mode & 0o600).open(path)?;
    file.set_permissions(std::fs::Permissions::from_mode(mode))?;
    Ok(file)
}

/// Writes the name of a file to the disk. Some file systems cannot do this, and some folders may be written to but not
/// read.
#[cfg(unix)]
fn sync_folder(path: &Path) -> std::io::Result<()> {
    use std::io::ErrorKind;
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

/// Creates a file, which gets its permissions from its folder on this system.
#[cfg(windows)]
fn create(path: &Path, _: Option<u32>) -> std::io::Result<File> {
    File::options().create_new(true).write(true).open(path)
}

/// Does nothing: folders cannot be opened on this system.
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

/// Returns whether the path is not a file that another could replace: a pipe, a terminal, or a link that the system
/// keeps for one. Any other link counts as a name, whatever it points to.
#[cfg(not(windows))]
fn is_device(path: &Path) -> bool {
    let Ok(there) = std::fs::symlink_metadata(path) else { return false };
    if !there.is_symlink() {
        return !there.is_file();
    }
    let folder = folder_of(path).ok().and_then(|folder| folder.canonicalize().ok());
    folder.is_some_and(|folder| folder == Path::new("/dev") || folder.starts_with("/proc"))
}

/// Writes a complete file: under a temporary name next to it, which then replaces it.
///
/// # Errors
/// [`RunError`] if it cannot be written; an older file is then unchanged.
pub fn write(path: &Path, content: &str) -> Result<(), RunError> {
    let mut draft = AtomicFile::begin(path)?;
    draft.write(content.as_bytes())?;
    draft.finish()
}
