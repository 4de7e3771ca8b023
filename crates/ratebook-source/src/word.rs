//! Display, parsing and serde of the closed vocabularies.

use std::fmt;

use crate::Period;

/// The error of a word that is not in its vocabulary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownWord {
    /// The vocabulary, such as `metric`.
    pub vocabulary: &'static str,
    /// The word that was found.
    pub word: String,
    /// The known words.
    pub known: &'static [&'static str],
}

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown {} `{}`: expected one of {}", self.vocabulary, self.word, self.known.join(", "))
    }
}

impl std::error::Error for UnknownWord {}

/// Implements display, parsing, serde and [`Column`](crate::column::Column) for a vocabulary. `words.rs` calls it for each.
macro_rules! word {
    ($name:ident, $what:literal) => {
        column!($name);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.word())
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::UnknownWord;
            fn from_str(word: &str) -> Result<Self, crate::UnknownWord> {
                Self::from_word(word).ok_or_else(|| crate::UnknownWord {
                    vocabulary: $what,
                    word: word.to_owned(),
                    known: Self::WORDS,
                })
            }
        }

        #[cfg(feature = "serde")]
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.word())
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = <String as serde::Deserialize>::deserialize(deserializer)?;
                word.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

column!(Period);

impl std::str::FromStr for Period {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::from_text(text).ok_or_else(|| UnknownWord {
            vocabulary: "period",
            word: text.to_owned(),
            known: &["second", "minute", "hour", "day", "week", "month", "a length such as 10s, 5m, 5h or 30d"],
        })
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Period {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
