//! The history of a domain across runs.
//!
//! The history is one small file. Runs may share it: each adds what it saw to what the others wrote meanwhile, under a
//! lock beside the file, and the file is replaced whole.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::facts::{Facts, History, Sighting};
use crate::record::Name;

use super::lock::FileLock;
use super::{Problem, files};
use crate::report::harmless::harmless;

/// Whether there can be a history, before anything is looked up.
///
/// # Errors
/// [`Problem`] if there is a file that cannot be read as one, or none can be made there.
pub(super) fn check(path: &Path, err: &mut dyn Write) -> Result<(), Problem> {
    let _lock = locked(path, err)?;
    read(path).map(drop)
}

/// The lock of a history; the user is informed if it takes a while.
fn locked(path: &Path, err: &mut dyn Write) -> Result<FileLock, Problem> {
    FileLock::acquire(path, &mut |note| {
        // Nothing is left to tell if even this cannot be written.
        let _ = writeln!(err, "note: {}", harmless(note));
    })
}

fn read(path: &Path) -> Result<History, Problem> {
    match files::read_text_if_there(path)? {
        Some(text) => History::parse(&text)
            .map_err(|error| Problem::file(path, &format!("{error}; the file is unchanged"))),
        None => Ok(History::default()),
    }
}

/// The history of a run of many domains, which is read while the run adds to it.
#[derive(Debug, Default)]
pub(super) struct HistoryFile {
    path: Option<PathBuf>,
    /// As it was, with what was seen since.
    known: History,
    /// What was seen by this run alone.
    news: Vec<(Name, Sighting)>,
}

impl HistoryFile {
    /// Reads what there is.
    ///
    /// # Errors
    /// [`Problem`] if the file cannot be read.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, Problem> {
        let known = path.map(read).transpose()?.unwrap_or_default();
        Ok(Self { path: path.map(Path::to_owned), known, news: Vec::new() })
    }

    /// Adds what was seen of a domain, and gives back all that is known then.
    pub(super) fn remember(&mut self, domain: &Name, facts: &Facts) -> &History {
        if self.path.is_some() {
            let sighting = Sighting::of(domain, facts);
            self.known.add(domain, &sighting);
            self.news.push((domain.clone(), sighting));
        }
        &self.known
    }

    /// Adds everything to the file, to which others may have added meanwhile.
    ///
    /// # Errors
    /// [`Problem`] if the file cannot be read or replaced; it is then as it was.
    pub(super) fn close(self, err: &mut dyn Write) -> Result<(), Problem> {
        let Some(path) = &self.path else { return Ok(()) };
        let _lock = locked(path, err)?;
        let mut history = read(path)?;
        let before = history.clone();
        self.news.iter().for_each(|(domain, sighting)| history.add(domain, sighting));
        if history == before { Ok(()) } else { files::write(path, &history.to_string()) }
    }
}

/// Adds what was seen to the file, and gives back all that is known then.
///
/// # Errors
/// [`Problem`] if the file cannot be read or replaced; it is then as it was.
pub(super) fn remember<'a>(
    path: &Path,
    seen: impl IntoIterator<Item = (&'a Name, &'a Facts)>,
    err: &mut dyn Write,
) -> Result<History, Problem> {
    let _lock = locked(path, err)?;
    let mut history = read(path)?;
    let before = history.clone();
    for (domain, facts) in seen {
        history.observe(domain, facts);
    }
    if history != before {
        files::write(path, &history.to_string())?;
    }
    Ok(history)
}
