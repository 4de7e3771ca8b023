//! The tables of `schema/`.

use std::collections::BTreeMap;
use std::path::Path;

use miette::{IntoDiagnostic as _, WrapErr as _, miette};
use quote::format_ident;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use syn::Ident;

/// `schema/words.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vocabularies {
    vocabulary: Vec<Vocabulary>,
}

/// A closed list of words, which becomes an enum.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vocabulary {
    /// Whether the enum of `ratebook` is exhaustive: a new word then breaks every `match` without it.
    #[serde(default)]
    pub(crate) exhaustive: bool,
    /// Whether words of this vocabulary are part of a limit's key: the enum of `ratebook-source` then implements `Ord`.
    #[serde(default)]
    pub(crate) sorts_limits: bool,
    /// The enum's name.
    pub(crate) name: String,
    /// The name of the vocabulary in error messages.
    pub(crate) what: String,
    pub(crate) doc: String,
    #[serde(default)]
    pub(crate) values: Vec<ValueOfWords>,
    pub(crate) words: Vec<Word>,
}

/// A property of every word of a vocabulary, which becomes a method of the enum.
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
    /// The properties, by name.
    #[serde(flatten)]
    pub(crate) values: BTreeMap<String, toml::Value>,
}

impl Word {
    /// Returns the name of the variant: `audio_minutes` becomes `AudioMinutes`.
    pub(crate) fn variant(&self) -> Ident {
        let parts = self.word.split(['-', '_']).map(|part| {
            let (first, rest) = part.split_at(part.len().min(1));
            first.to_uppercase() + rest
        });
        format_ident!("{}", parts.collect::<String>())
    }
}

/// Reads one table of `schema/`.
fn read<T: DeserializeOwned>(path: &Path) -> miette::Result<T> {
    let text = std::fs::read_to_string(path).into_diagnostic().wrap_err_with(|| path.display().to_string())?;
    toml::from_str(&text).map_err(|error| miette!("{}: {error}", path.display()))
}

/// `schema/policy.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Records {
    /// The policy itself first, then the records within it.
    record: Vec<Record>,
}

/// A struct of named fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    pub(crate) name: String,
    /// The name in `ratebook-source`, if it differs.
    source_name: Option<String>,
    #[serde(default)]
    pub(crate) non_exhaustive: bool,
    pub(crate) doc: String,
    pub(crate) fields: Vec<Field>,
}

impl Record {
    /// Returns the name in `ratebook-source`.
    pub(crate) fn source_name(&self) -> &str {
        self.source_name.as_ref().unwrap_or(&self.name)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Field {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) type_name: FieldType,
    pub(crate) doc: String,
    /// Whether a provider's `policy.toml` must set the field.
    #[serde(default)]
    pub(crate) required: bool,
    /// The value if a provider's `policy.toml` does not set the field, or the provider has no policy.
    pub(crate) default: Option<String>,
    /// The name of a list's item in files. Default: the name of the field.
    item: Option<String>,
}

impl Field {
    /// Returns the first word of the field's line in policy.tsv: `sub-window`, `header`.
    pub(crate) fn line_word(&self) -> String {
        self.item.as_ref().unwrap_or(&self.name).replace('_', "-")
    }

    /// Returns the key in a provider's `policy.toml`. Lists of records are arrays of tables, such as `[[header]]`.
    pub(crate) fn toml_key(&self, schema: &Schema) -> &str {
        let is_table = matches!(&self.type_name, FieldType::List(item) if schema.record(item).is_some());
        self.item.as_ref().filter(|_| is_table).unwrap_or(&self.name)
    }
}

/// The type of a field.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(crate) enum FieldType {
    /// `T`: always present.
    One(Name),
    /// `Option<…>`.
    Optional(Name),
    /// `Vec<…>`.
    List(Name),
}

impl FieldType {
    /// Returns the type of the field, or of its items.
    pub(crate) fn inner(&self) -> &Name {
        match self {
            Self::One(name) | Self::Optional(name) | Self::List(name) => name,
        }
    }
}

/// The name of a type: `bool`, `u16`, `u32`, `String`, `Period`, a vocabulary or a record.
#[derive(PartialEq, Eq)]
pub(crate) struct Name(pub(crate) String);

impl TryFrom<String> for FieldType {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let within = |outer: &str| text.strip_prefix(outer)?.strip_prefix('<')?.strip_suffix('>');
        let (wrap, name): (fn(Name) -> Self, &str) = match (within("Option"), within("Vec")) {
            (Some(name), _) => (Self::Optional, name),
            (None, Some(name)) => (Self::List, name),
            (None, None) => (Self::One, &text),
        };
        match syn::parse_str::<Ident>(name) {
            Ok(_) => Ok(wrap(Name(name.to_owned()))),
            Err(_) => Err(format!("expected a type such as `Option<Metric>`, found `{text}`")),
        }
    }
}

/// The type of a limit's period. It is written by hand, because a period is a word or any number of seconds.
pub(crate) const PERIOD: &str = "Period";

/// The vocabularies and the records of a policy.
pub(crate) struct Schema {
    pub(crate) vocabularies: Vec<Vocabulary>,
    pub(crate) records: Vec<Record>,
}

impl Schema {
    /// Reads the folder `schema/`.
    ///
    /// # Errors
    /// Returns an error if a table is invalid, or if a field has an unknown type.
    pub(crate) fn read(folder: &Path) -> miette::Result<Self> {
        let schema = Self {
            vocabularies: read::<Vocabularies>(&folder.join("words.toml"))?.vocabulary,
            records: read::<Records>(&folder.join("policy.toml"))?.record,
        };
        for field in schema.records.iter().flat_map(|record| &record.fields) {
            let Name(name) = field.type_name.inner();
            let is_plain = ["bool", "u16", "u32", "String", PERIOD].contains(&name.as_str());
            if !is_plain
                && schema.record(field.type_name.inner()).is_none()
                && schema.vocabulary(field.type_name.inner()).is_none()
            {
                return Err(miette!("schema/policy.toml: `{}` has the unknown type `{name}`", field.name));
            }
        }
        Ok(schema)
    }

    pub(crate) fn record(&self, name: &Name) -> Option<&Record> {
        self.records.iter().find(|record| record.name == name.0)
    }

    pub(crate) fn vocabulary(&self, name: &Name) -> Option<&Vocabulary> {
        self.vocabularies.iter().find(|vocabulary| vocabulary.name == name.0)
    }

    /// Returns the vocabularies that policies use, without duplicates, sorted by name.
    pub(crate) fn used_vocabularies(&self) -> Vec<Ident> {
        self.used(|name| self.vocabulary(name).is_some())
    }

    /// Returns the types that policies use and other files define: the vocabularies, and [`PERIOD`].
    pub(crate) fn imports(&self) -> Vec<Ident> {
        self.used(|name| self.vocabulary(name).is_some() || name.0 == PERIOD)
    }

    fn used(&self, is_wanted: impl Fn(&Name) -> bool) -> Vec<Ident> {
        let types = self.records.iter().flat_map(|record| &record.fields).map(|field| field.type_name.inner());
        let mut names: Vec<Ident> =
            types.filter(|name| is_wanted(name)).map(|name| format_ident!("{}", name.0)).collect();
        names.sort();
        names.dedup();
        names
    }
}
