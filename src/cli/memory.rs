//! What did earlier runs see, and what do later ones need to know?
//!
//! The history is one small file. Runs may share it: each adds what it saw to what the others wrote meanwhile, under a
//! lock beside the file, and the file is replaced whole.

use std::path::Path;

use crate::facts::{Facts, History};
use crate::record::Name;

use super::{Problem, files};

/// Whether there can be a history, before anything is looked up.
///
/// # Errors
/// [`Problem`] if there is a file that cannot be read as one, or none can be made there.
pub(super) fn check(path: &Path) -> Result<(), Problem> {
    let _lock = files::lock(path)?;
    read(path).map(drop)
}

fn read(path: &Path) -> Result<History, Problem> {
    match files::read_text_if_there(path)? {
        Some(text) => History::parse(&text)
            .map_err(|error| Problem::file(path, &format!("{error}; it is left as it is"))),
        None => Ok(History::default()),
    }
}

/// Adds what was seen to the file, and gives back all that is known then.
///
/// # Errors
/// [`Problem`] if the file cannot be read or replaced; it is then as it was.
pub(super) fn remember<'a>(
    path: &Path,
    seen: impl IntoIterator<Item = (&'a Name, &'a Facts)>,
) -> Result<History, Problem> {
    let _lock = files::lock(path)?;
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
