//! Display, parsing and serde of the closed vocabularies.

use std::fmt;

use crate::Period;

/// The error of a word that is not in its vocabulary.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
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
        write!(f, "unknown {} `{}`", self.vocabulary, self.word)?;
        let mut before = ": expected one of ";
        for known in self.known {
            write!(f, "{before}{known}")?;
            before = ", ";
        }
        Ok(())
    }
}

impl std::error::Error for UnknownWord {}

/// Returns the index of a word in its vocabulary. It is a function, not part of [`word!`], so that it compiles once.
pub(crate) fn index_of(
    word: &str,
    vocabulary: &'static str,
    known: &'static [&'static str],
) -> Result<usize, UnknownWord> {
    match known.iter().position(|known| *known == word) {
        Some(index) => Ok(index),
        None => Err(UnknownWord { vocabulary, word: word.to_owned(), known }),
    }
}

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
                match crate::word::index_of(word, $what, Self::WORDS) {
                    Ok(index) => Ok(Self::ALL[index]),
                    Err(unknown) => Err(unknown),
                }
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
