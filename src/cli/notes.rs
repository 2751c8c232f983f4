//! Writes notes to standard error.

use std::io::Write;

use crate::report::Sanitized;
use crate::report::harmless::harmless;
use crate::report::style::{Detail, Style};
use crate::run::RunInputs;

use super::{Problem, Streams};

/// Writes notes, unless the user wants only results.
///
/// # Errors
/// [`Problem`] if that cannot be written.
pub(super) fn tell<'n>(
    notes: impl IntoIterator<Item = &'n str>,
    streams: &mut Streams<'_>,
    style: &Style,
) -> Result<(), Problem> {
    if style.detail > Detail::Quiet {
        for note in notes {
            writeln!(streams.err, "note: {}", Sanitized::sentence(note))?;
        }
    }
    Ok(())
}

/// Writes the notes about the inputs, before the report.
///
/// # Errors
/// [`Problem`] if that cannot be written.
pub(super) fn tell_of_inputs(
    inputs: &RunInputs,
    streams: &mut Streams<'_>,
    style: &Style,
) -> Result<(), Problem> {
    let asides = inputs.asides.iter().filter(|_| style.detail == Detail::Verbose);
    tell(inputs.notes.iter().chain(asides).map(String::as_str), streams, style)
}

/// Returns a function that writes a note about a locked file, which explains why the run waits.
pub(super) fn lock_notes(err: &mut dyn Write) -> impl FnMut(&str) + '_ {
    |note| {
        // There is no way to report that this cannot be written.
        let _ = writeln!(err, "note: {}", harmless(note));
    }
}
