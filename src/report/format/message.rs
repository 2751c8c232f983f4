//! Sentences that several formats write.

use crate::report::view::Summary;

/// A piece of a message: plain words, or a value from backticks.
pub(super) struct Piece<'a> {
    pub(super) text: &'a str,
    pub(super) is_value: bool,
}

/// A message in pieces. Backticks in a value may cut it in other places; that changes its looks and nothing else.
pub(super) fn pieces(message: &str) -> impl Iterator<Item = Piece<'_>> {
    let pieces = message.split('`').enumerate();
    pieces
        .map(|(index, text)| Piece { text, is_value: index % 2 == 1 })
        .filter(|piece| !piece.text.is_empty())
}

/// The counts of a run in a sentence.
pub(super) fn sum(summary: &Summary) -> String {
    let Summary { domains, ready, waiting, changes_needed, undetermined } = summary;
    let word = if *domains == 1 { "domain" } else { "domains" };
    format!(
        "{domains} {word}: {ready} ready, {changes_needed} to change, {undetermined} undetermined, {waiting} waiting"
    )
}
