//! Reads the reports and recordings of earlier runs, for `--since`.

use std::path::PathBuf;

use crate::facts::Recording;
use crate::run::files::{EarlierRun, earlier_run};
use crate::run::{EarlierRuns, RunError};

use super::{Problem, stored};

/// Reads reports and recordings; `None` if there are none.
///
/// # Errors
/// [`Problem`] if one of them is neither.
pub(super) fn read(paths: &[PathBuf]) -> Result<Option<EarlierRuns>, Problem> {
    let mut runs = EarlierRuns::default();
    for path in paths {
        match earlier_run(path)? {
            EarlierRun::Recording(text) => {
                let recording = Recording::parse(&text);
                runs.recordings.push(recording.map_err(|error| RunError::content(path, error))?);
            }
            EarlierRun::Report(reader) => {
                runs.reports.add(stored::earlier(path, reader, &mut runs.notes)?);
            }
        }
    }
    Ok((!paths.is_empty()).then_some(runs))
}
