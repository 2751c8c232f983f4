//! Notes on standard error, where they are wanted.

use std::io::Write;

use crate::report::Sanitized;
use crate::report::harmless::harmless;
use crate::report::style::{Detail, Style};
use crate::run::RunInputs;

use super::{Problem, Streams};

/// Writes notes, where they are wanted.
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

/// Writes what has to be said before the report.
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

/// Writes the note that a file is locked, which says why nothing moves.
pub(super) fn lock_notes(err: &mut dyn Write) -> impl FnMut(&str) + '_ {
    |note| {
        // Nothing is left to tell if even this cannot be written.
        let _ = writeln!(err, "note: {}", harmless(note));
    }
}
