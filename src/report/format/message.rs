//! Writes sentences that several formats share.

use crate::report::view::Summary;

/// A piece of a message: plain words, or a value from backticks.
pub(super) struct Piece<'a> {
    pub(super) text: &'a str,
    pub(super) is_value: bool,
}

/// Splits a message into pieces. Backticks inside a value may split it in other places, which changes only how it
/// looks.
pub(super) fn pieces(message: &str) -> impl Iterator<Item = Piece<'_>> {
    let pieces = message.split('`').enumerate();
    pieces
        .map(|(index, text)| Piece { text, is_value: index % 2 == 1 })
        .filter(|piece| !piece.text.is_empty())
}

/// Returns the counts of a run as a sentence.
pub(super) fn sum(summary: &Summary) -> String {
    let Summary { domains, ready, waiting, changes_needed, undetermined } = summary;
    let word = if *domains == 1 { "domain" } else { "domains" };
    format!(
        "{domains} {word}: {ready} ready, {changes_needed} to change, {undetermined} undetermined, {waiting} waiting"
    )
}
