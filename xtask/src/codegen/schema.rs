//! The tables of `schema/`, as the generator reads them.

use std::collections::BTreeMap;
use std::path::Path;

use miette::{IntoDiagnostic as _, WrapErr as _, miette};
use quote::format_ident;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use syn::Ident;

/// `words.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vocabularies {
    pub(crate) vocabulary: Vec<Vocabulary>,
}

/// A closed list of words, which becomes an enum.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vocabulary {
    /// The enum's name.
    pub(crate) name: String,
    /// What a word of it is called in error messages.
    pub(crate) what: String,
    pub(crate) doc: String,
    #[serde(default)]
    pub(crate) values: Vec<ValueOfWords>,
    pub(crate) words: Vec<Word>,
}

/// What every word of a vocabulary has beside its spelling: a method of the enum.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ValueOfWords {
    pub(crate) name: String,
    /// `u64`, or an enum of `ratebook`.
    #[serde(rename = "type")]
    pub(crate) type_name: String,
    pub(crate) doc: String,
}

#[derive(Deserialize)]
pub(crate) struct Word {
    pub(crate) word: String,
    pub(crate) doc: String,
    /// By the name of the value.
    #[serde(flatten)]
    pub(crate) values: BTreeMap<String, toml::Value>,
}

impl Word {
    /// The variant's name: `audio_minutes` becomes `AudioMinutes`.
    pub(crate) fn variant(&self) -> Ident {
        let parts = self.word.split(['-', '_']).map(|part| {
            let (first, rest) = part.split_at(part.len().min(1));
            first.to_uppercase() + rest
        });
        format_ident!("{}", parts.collect::<String>())
    }
}

/// Reads one table of `schema/`.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> miette::Result<T> {
    let text = std::fs::read_to_string(path).into_diagnostic().wrap_err_with(|| path.display().to_string())?;
    toml::from_str(&text).map_err(|error| miette!("{}: {error}", path.display()))
}
