//! Reads and writes the history file.
//!
//! The history is one small file. Runs may share it: each adds what it saw to what the others wrote meanwhile, under a
//! lock file next to it, and replaces the whole file.

use std::path::{Path, PathBuf};

use crate::facts::{Facts, History, Sighting};
use crate::record::Name;

use super::error::RunError;
use super::files;
use super::lock::FileLock;

/// The history that a run reads and adds to. It is written from time to time, or at the end.
#[derive(Debug, Default)]
pub struct HistoryFile {
    path: Option<PathBuf>,
    /// The history that was read, with what was seen since.
    known: History,
    /// The sightings since it was last written.
    news: Vec<(Name, Sighting)>,
    /// True if it is kept without a file.
    is_in_memory: bool,
}

impl HistoryFile {
    /// Returns a history without a file, which the caller stores.
    #[must_use]
    pub fn in_memory(known: History) -> Self {
        Self { known, is_in_memory: true, ..Self::default() }
    }

    /// Checks whether there can be a history, before anything is looked up. If another run has it locked, `notify` gets
    /// a sentence for the user.
    ///
    /// # Errors
    /// [`RunError`] if the file there cannot be read as a history, or none can be created.
    pub fn check(path: Option<&Path>, notify: &mut dyn FnMut(&str)) -> Result<(), RunError> {
        let Some(path) = path else { return Ok(()) };
        let _lock = FileLock::acquire(path, notify)?;
        read(path).map(drop)
    }

    /// Reads the history file; without one, nothing is known and nothing is kept.
    ///
    /// # Errors
    /// [`RunError`] if the file cannot be read.
    pub fn open(path: Option<&Path>) -> Result<Self, RunError> {
        let known = path.map(read).transpose()?.unwrap_or_default();
        Ok(Self { path: path.map(Path::to_owned), known, ..Self::default() })
    }

    /// Adds what was seen of a domain, and returns the whole history.
    pub fn remember(&mut self, domain: &Name, facts: &Facts) -> &History {
        if self.path.is_some() || self.is_in_memory {
            let sighting = Sighting::of(domain, facts);
            self.known.add(domain, &sighting);
            if self.path.is_some() {
                self.news.push((domain.clone(), sighting));
            }
        }
        &self.known
    }

    /// Removes a domain from memory.
    pub(super) fn forget(&mut self, domain: &Name) {
        self.known.forget(domain);
    }

    /// Returns the whole history.
    #[must_use]
    pub fn known(&self) -> &History {
        &self.known
    }

    /// Adds what was seen to the file, and reads what others have added to it meanwhile. If another run has it locked,
    /// `notify` gets a sentence for the user, and this thread waits.
    ///
    /// # Errors
    /// [`RunError`] if the file cannot be read or replaced; it is then unchanged.
    pub fn save(&mut self, notify: &mut dyn FnMut(&str)) -> Result<(), RunError> {
        let Some(path) = &self.path else { return Ok(()) };
        let _lock = FileLock::acquire(path, notify)?;
        let mut history = read(path)?;
        let before = history.clone();
        self.news.iter().for_each(|(domain, sighting)| history.add(domain, sighting));
        if history != before {
            files::write(path, &history.to_string())?;
        }
        self.known = history;
        self.news.clear();
        Ok(())
    }

    /// Splits off what was seen since it was last written, to be saved while more is added here.
    pub(super) fn split_off(&mut self) -> Self {
        let (known, news) = (self.known.clone(), std::mem::take(&mut self.news));
        Self { path: self.path.clone(), known, news, is_in_memory: self.is_in_memory }
    }

    /// Takes back what was split off: with what other runs wrote if it was saved, and with its sightings if it was not.
    pub(super) fn join(&mut self, apart: Self) {
        self.known = apart.known;
        self.news.iter().for_each(|(domain, sighting)| self.known.add(domain, sighting));
        self.news.splice(0..0, apart.news);
    }
}

fn read(path: &Path) -> Result<History, RunError> {
    match files::read_text_if_there(path)? {
        Some(text) => History::parse(&text)
            .map_err(|error| RunError::content(path, format!("{error}; the file is unchanged"))),
        None => Ok(History::default()),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::facts::Recording;

    const SEEN: &str = "cutover recording 1
checked-at 2026-11-22T05:23:00Z
elsewhere not-asked
domain contoso.com.

reply contoso.com. MX
  server zone-file contoso.zone
  outcome records
  answer contoso.com. 3600 IN MX 10 mx1.emailsrvr.com.
";

    #[test]
    fn runs_that_share_a_history_add_to_what_the_other_wrote() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.json");
        let facts = Recording::parse(SEEN).unwrap().facts;
        let [contoso, fabrikam]: [Name; 2] =
            ["contoso.com", "fabrikam.com"].map(|name| name.parse().unwrap());
        let mut unheard = |note: &str| panic!("{note}");
        HistoryFile::check(Some(&path), &mut unheard).unwrap();
        let mut first = HistoryFile::open(Some(&path)).unwrap();
        let mut second = HistoryFile::open(Some(&path)).unwrap();
        assert!(!first.remember(&contoso, &facts).is_empty_for(&contoso));
        let renamed = SEEN.replace("contoso.com", "fabrikam.com");
        second.remember(&fabrikam, &Recording::parse(&renamed).unwrap().facts);
        first.save(&mut unheard).unwrap();
        assert!(first.known().is_empty_for(&fabrikam));
        second.save(&mut unheard).unwrap();
        assert!(!second.known().is_empty_for(&contoso) && !second.known().is_empty_for(&fabrikam));
        // Saved sightings are not written again.
        let written = files::read_text(&path, files::EARLIER_RUN).unwrap();
        second.save(&mut unheard).unwrap();
        assert_eq!(files::read_text(&path, files::EARLIER_RUN).unwrap(), written);
        assert!(facts.checked_at < Timestamp::MAX);
    }
}
