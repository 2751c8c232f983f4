//! Writes enums as the frozen words of the report, and reads them back.
//!
//! The words themselves are defined in the layers below. A closed enum rejects an unknown word; a [`Word`] keeps one
//! that a newer version wrote.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::check::{Basis, Code, Proof, Severity, Status, Verdict, WaiverState};
use crate::expected::{Cloud, Id, Importance, Origin, Phase, Service};
use crate::facts::{Outcome, PolicyOutcome, Role, WebOutcome};
use crate::plan::Action;

use super::harmless::harmless;

/// The maximum length of a word in octets.
const LONGEST: usize = 64;

/// Names the frozen word of each value of an enum.
pub trait Spell: Copy + Eq + 'static {
    /// Every value.
    const VALUES: &'static [Self];

    /// Returns the word in reports.
    fn spell(self) -> &'static str;
}

/// Implements [`Spell`] for enums, and reads and writes them as their words.
macro_rules! spelled {
    ($($type:ty),+ $(,)?) => {
        $(
            impl $crate::report::words::Spell for $type {
                const VALUES: &'static [Self] = &<$type>::ALL;

                fn spell(self) -> &'static str {
                    self.word()
                }
            }

            impl serde::Serialize for $type {
                fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.serialize_str(self.word())
                }
            }

            impl<'de> serde::Deserialize<'de> for $type {
                fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                    $crate::report::words::read_closed(from)
                }
            }

            #[cfg(feature = "formats")]
            impl schemars::JsonSchema for $type {
                fn inline_schema() -> bool {
                    true
                }

                fn schema_name() -> std::borrow::Cow<'static, str> {
                    stringify!($type).into()
                }

                fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                    let words: Vec<&str> = <$type>::ALL.iter().map(|value| value.word()).collect();
                    schemars::json_schema!({ "type": "string", "enum": words })
                }
            }
        )+
    };
}
pub(super) use spelled;

spelled!(
    Action,
    Basis,
    Cloud,
    Code,
    Id,
    Importance,
    Origin,
    Outcome,
    Phase,
    PolicyOutcome,
    Proof,
    Role,
    Service,
    Severity,
    Status,
    Verdict,
    WaiverState,
    WebOutcome,
);

/// A word to which later versions may add others, such as a code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Word<T> {
    /// A word of this version.
    Known(T),
    /// A word that a newer version wrote: lower-case letters, digits and hyphens.
    Newer(Box<str>),
}

impl<T: Spell> Word<T> {
    /// Returns the value; `None` for a word that this version does not know.
    #[must_use]
    pub fn known(&self) -> Option<T> {
        match self {
            Self::Known(value) => Some(*value),
            Self::Newer(_) => None,
        }
    }

    /// Returns the word itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(value) => value.spell(),
            Self::Newer(word) => word,
        }
    }
}

impl<T> From<T> for Word<T> {
    fn from(value: T) -> Self {
        Self::Known(value)
    }
}

impl<T: Spell> PartialEq<T> for Word<T> {
    fn eq(&self, other: &T) -> bool {
        self.known() == Some(*other)
    }
}

impl<T: Spell> fmt::Display for Word<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl<T: Spell> Serialize for Word<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de, T: Spell> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Open<T>(PhantomData<T>);

        impl<T: Spell> Visitor<'_> for Open<T> {
            type Value = Word<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a word of lower-case letters, digits and hyphens")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Word<T>, E> {
                match value(text) {
                    Some(value) => Ok(Word::Known(value)),
                    None if is_word(text) => Ok(Word::Newer(text.into())),
                    None => Err(E::custom(format!("unknown word `{}`", shown(text)))),
                }
            }
        }

        from.deserialize_str(Open(PhantomData))
    }
}

#[cfg(feature = "formats")]
super::harmless::string_schema!(Word<T>, T);

/// Reads a word of an enum that no later version of the same schema adds to.
pub(super) fn read_closed<'de, T: Spell, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    struct Closed<T>(PhantomData<T>);

    impl<T: Spell> Visitor<'_> for Closed<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a word of the report")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
            value(text).ok_or_else(|| {
                let words: Vec<&str> = T::VALUES.iter().map(|value| value.spell()).collect();
                E::custom(format!("unknown word `{}`, expected one of {}", shown(text), words.join(", ")))
            })
        }
    }

    from.deserialize_str(Closed(PhantomData))
}

/// Returns the value with this word.
fn value<T: Spell>(word: &str) -> Option<T> {
    T::VALUES.iter().copied().find(|value| value.spell() == word)
}

/// Returns whether a text has the form of a word.
fn is_word(text: &str) -> bool {
    let is_letter = |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-';
    !text.is_empty() && text.len() <= LONGEST && text.bytes().all(is_letter)
}

/// Returns the beginning of a text, sanitized for a message.
pub(super) fn shown(text: &str) -> String {
    harmless(&text.chars().take(LONGEST).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: serde::de::DeserializeOwned>(text: &str) -> Option<T> {
        serde_json::from_value(text.into()).ok()
    }

    #[test]
    fn an_open_word_keeps_what_a_newer_version_wrote() {
        assert_eq!(read("mx-rival"), Some(Word::Known(Code::MxRival)));
        let newer: Word<Code> = read("a-new-outcome").unwrap();
        assert_eq!((newer.known(), newer.as_str()), (None, "a-new-outcome"));
        assert_eq!(serde_json::to_string(&newer).unwrap(), "\"a-new-outcome\"");
        for text in ["", "Met", "a b", "\u{1b}[31m", "<b>", &"a".repeat(65)] {
            assert_eq!(read::<Word<Code>>(text), None, "{text}");
        }
    }

    #[test]
    fn a_closed_word_is_one_of_its_enum() {
        assert_eq!(read("changes-needed"), Some(Verdict::ChangesNeeded));
        assert_eq!(read::<Status>("splendid"), None);
        for status in Status::ALL {
            assert_eq!(serde_json::to_value(status).unwrap(), status.word());
            assert_eq!(read(status.word()), Some(status));
        }
    }
}
