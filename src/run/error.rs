//! The errors of a run.

use std::error::Error;
use std::io;
use std::path::Path;

use crate::lookup::graph::Failure;
use crate::report::harmless::harmless;

use super::domain::DomainError;

/// An error of any type from another layer.
type Source = Box<dyn Error + Send + Sync>;

/// The reason why a run cannot begin or continue. The text is one line for a person, or several; if it is about a file,
/// it begins with the file.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Options that cannot be used, or not in combination.
    #[error("{0}")]
    Usage(String),
    /// Something is not a domain.
    #[error("{}{source}", at(.place.as_deref()))]
    Domain {
        /// The place where it was found: a file and its line, or an option.
        place: Option<String>,
        /// The reason why it is not a domain.
        source: DomainError,
    },
    /// A file cannot be read.
    #[error("{path}: {}", system_words(.source))]
    Read {
        /// The file.
        path: String,
        /// The reason.
        source: io::Error,
    },
    /// A file cannot be written, as on a full disk.
    #[error("{path}: {}", system_words(.source))]
    Write {
        /// The file.
        path: String,
        /// The reason.
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("{path}: {source}")]
    Content {
        /// The file, with the line if it is known.
        path: String,
        /// The problem with its content.
        source: Source,
    },
    /// Another run has a file locked for too long.
    #[error("{path}: another run has kept it locked for {seconds} s; wait until it ends")]
    Locked {
        /// The file.
        path: String,
        /// The time that this run has waited, in seconds.
        seconds: u64,
    },
    /// A zone file or a list of expected values cannot be used; the error names the file and the line.
    #[error(transparent)]
    Records(Source),
    /// No resolver can be asked.
    #[error(transparent)]
    Resolver(Source),
    /// Microsoft Graph does not answer as it should.
    #[error("Microsoft Graph{about}: {source}")]
    Graph {
        /// The URL of Microsoft Graph, and the subject of the request.
        about: String,
        /// The failure of the request.
        source: Failure,
    },
    /// A part of the program failed while a domain was checked.
    #[error("the check of a domain did not end")]
    Unfinished,
}

impl RunError {
    /// Returns the error for a file that cannot be read.
    pub(super) fn read(path: &Path, source: io::Error) -> Self {
        // Windows refuses to open a folder in the words of a missing permission.
        let is_folder = cfg!(windows) && path.is_dir();
        let source = if is_folder { io::ErrorKind::IsADirectory.into() } else { source };
        Self::Read { path: shown(path), source }
    }

    /// Returns the error for a file that cannot be written.
    pub(super) fn write(path: &Path, source: io::Error) -> Self {
        Self::Write { path: shown(path), source }
    }

    /// Returns the error for a file that does not hold what it should.
    #[must_use]
    pub fn content(path: &Path, source: impl Into<Source>) -> Self {
        Self::Content { path: shown(path), source: source.into() }
    }

    /// Returns the error for a line of a file that does not hold what it should.
    pub(super) fn content_of_line(file: &str, line: usize, source: impl Into<Source>) -> Self {
        Self::Content { path: format!("{file}:{line}"), source: source.into() }
    }

    /// Returns the error for records that cannot be used.
    pub(super) fn records(source: impl Into<Source>) -> Self {
        Self::Records(source.into())
    }

    /// Returns the error for a resolver that cannot be asked.
    pub(super) fn resolver(source: impl Into<Source>) -> Self {
        Self::Resolver(source.into())
    }
}

/// Returns the name of a file as messages show it.
pub(super) fn shown(path: &Path) -> String {
    harmless(&path.display().to_string())
}

fn at(place: Option<&str>) -> String {
    place.map(|place| format!("{place}: ")).unwrap_or_default()
}

/// Returns the error message of the operating system without the error number; for the usual errors, the same English
/// words on all systems.
#[must_use]
pub fn system_words(error: &io::Error) -> String {
    let text = match usual_words(error) {
        Some(words) => words.to_owned(),
        None => error.to_string(),
    };
    let text = text.split(" (os error").next().unwrap_or_default().trim_end_matches('.');
    let mut characters = text.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}

/// The words of other systems for an error of Windows, which has its own, in the language of the system.
fn usual_words(error: &io::Error) -> Option<&'static str> {
    /// `ERROR_SHARING_VIOLATION` and `ERROR_LOCK_VIOLATION`.
    const HELD: [i32; 2] = [32, 33];
    if !cfg!(windows) {
        return None;
    }
    if error.raw_os_error().is_some_and(|code| HELD.contains(&code)) {
        return Some("another program has it open; close it there");
    }
    match error.kind() {
        io::ErrorKind::NotFound => Some("no such file or directory"),
        io::ErrorKind::PermissionDenied => Some("permission denied, or another program has it open"),
        io::ErrorKind::AlreadyExists => Some("file exists"),
        io::ErrorKind::IsADirectory => Some("is a directory"),
        io::ErrorKind::InvalidFilename => Some("invalid file name"),
        io::ErrorKind::StorageFull => Some("no space left on device"),
        io::ErrorKind::ReadOnlyFilesystem => Some("read-only file system"),
        io::ErrorKind::BrokenPipe => Some("broken pipe"),
        _ => None,
    }
}
