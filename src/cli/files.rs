//! Files, read and written whole, with errors that name them.
#![allow(clippy::disallowed_methods, reason = "this is the one place that touches files")]

use std::ffi::OsString;
use std::path::Path;

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

/// Writes a file whole: to a temporary name beside it, which then takes its place.
///
/// # Errors
/// [`Problem`] if it cannot be written; an older file is then as it was.
pub(super) fn write(path: &Path, content: &str) -> Result<(), Problem> {
    let mut name = OsString::from(".");
    name.push(path.file_name().ok_or_else(|| Problem::file(path, "it has no file name"))?);
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let written = std::fs::write(&temporary, content).and_then(|()| std::fs::rename(&temporary, path));
    written.map_err(|error| {
        // Best effort: the first error is the one to tell.
        let _ = std::fs::remove_file(&temporary);
        Problem::file(path, &reason(&error))
    })
}

/// The words of the system without its number.
fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut characters = text.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}
