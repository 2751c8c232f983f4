//! Reads a word of a closed list, such as `switch` among the phases, and names the word that was probably meant.
//!
//! Every layer has such lists: phases, clouds, formats, outcomes in a recording. All share one error and one
//! suggestion.

use std::fmt;

/// The error of a text that is not one of the words of a closed list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct UnknownWord {
    kind: &'static str,
    found: String,
    known: Vec<&'static str>,
}

impl UnknownWord {
    /// Returns the error for this text. `kind` is the kind of the words, such as `the cloud`; it is empty where the
    /// option or key before the message shows it.
    pub(crate) fn new(
        kind: &'static str,
        found: &str,
        known: impl IntoIterator<Item = &'static str>,
    ) -> Self {
        Self { kind, found: found.to_owned(), known: known.into_iter().collect() }
    }

    /// Returns the word that was probably meant, if one is similar enough.
    #[must_use]
    pub fn closest(&self) -> Option<&'static str> {
        closest_word(&self.found, self.known.iter().copied())
    }
}

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, found, known } = self;
        let space = if kind.is_empty() { "" } else { " " };
        let suggestion = suggestion(self.closest());
        write!(f, "found {kind}{space}`{found}`, expected one of {}{suggestion}", known.join(", "))
    }
}

/// Returns the value whose word this is.
///
/// # Errors
/// [`UnknownWord`] if none has it; see [`UnknownWord::new`] about `kind`.
pub(crate) fn value_of_word<T: Copy>(
    kind: &'static str,
    text: &str,
    all: &[T],
    word: impl Fn(T) -> &'static str,
) -> Result<T, UnknownWord> {
    let known = || all.iter().copied().map(&word);
    all.iter()
        .copied()
        .find(|value| word(*value) == text)
        .ok_or_else(|| UnknownWord::new(kind, text, known()))
}

/// Returns the known word that was probably meant, if one is similar enough.
pub(crate) fn closest_word<'a>(found: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    /// No word is nearly as long, and the comparison takes time in proportion to the length.
    const LONGEST: usize = 256;
    if found.len() > LONGEST {
        return None;
    }
    let plain = found.to_ascii_lowercase().replace('_', "-");
    let rated = known.map(|word| (strsim::jaro_winkler(&plain, word), word));
    let best = rated.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 > 0.8).then_some(best.1)
}

/// Returns the end of a message that names the word that was probably meant; empty without one.
pub(crate) fn suggestion(closest: Option<&str>) -> String {
    closest.map_or_else(String::new, |word| format!("; did you mean `{word}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_similar_word_is_suggested() {
        let known = || ["worldwide", "gcc", "gcc-high", "dod", "china"].into_iter();
        for (found, closest) in [
            ("wordwide", Some("worldwide")),
            ("WorldWide", Some("worldwide")),
            ("gcc_high", Some("gcc-high")),
            ("chna", Some("china")),
            ("", None),
            ("azure", None),
        ] {
            assert_eq!(closest_word(found, known()), closest, "{found}");
        }
        assert_eq!(closest_word(&"worldwide".repeat(100), known()), None);
        assert_eq!(closest_word("gcc", std::iter::empty()), None);
    }

    #[test]
    fn the_message_names_the_kind_where_nothing_else_does() {
        let error = UnknownWord::new("the cloud", "x", ["worldwide", "china"]);
        assert_eq!(error.to_string(), "found the cloud `x`, expected one of worldwide, china");
        let error = UnknownWord::new("", "chna", ["worldwide", "china"]);
        assert_eq!(
            error.to_string(),
            "found `chna`, expected one of worldwide, china; did you mean `china`?"
        );
    }
}
