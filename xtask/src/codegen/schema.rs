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
struct Vocabularies {
    vocabulary: Vec<Vocabulary>,
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
fn read<T: DeserializeOwned>(path: &Path) -> miette::Result<T> {
    let text = std::fs::read_to_string(path).into_diagnostic().wrap_err_with(|| path.display().to_string())?;
    toml::from_str(&text).map_err(|error| miette!("{}: {error}", path.display()))
}

/// `policy.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Records {
    /// The first is the policy itself, the others stand within it.
    record: Vec<Record>,
}

/// A struct of named fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    pub(crate) name: String,
    /// Its name in `ratebook-source`, where that is another.
    source_name: Option<String>,
    #[serde(default)]
    pub(crate) non_exhaustive: bool,
    pub(crate) doc: String,
    pub(crate) fields: Vec<Field>,
}

impl Record {
    /// Its name in `ratebook-source`.
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
    /// Whether policy.toml must have it.
    #[serde(default)]
    pub(crate) required: bool,
    /// The word that stands where nothing is known.
    pub(crate) default: Option<String>,
    /// What an item of a list is called in files.
    item: Option<String>,
}

impl Field {
    /// What its line of policy.tsv begins with: `sub-window`, `header`.
    pub(crate) fn line_word(&self) -> String {
        self.item.as_ref().unwrap_or(&self.name).replace('_', "-")
    }

    /// Its key in policy.toml: lists of records are TOML's tables, one `[[header]]` each.
    pub(crate) fn toml_key(&self, schema: &Schema) -> &str {
        let is_table = matches!(&self.type_name, FieldType::List(of) if schema.record(of).is_some());
        self.item.as_ref().filter(|_| is_table).unwrap_or(&self.name)
    }
}

/// The type of a field.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(crate) enum FieldType {
    /// Always there.
    One(Name),
    /// `Option<…>`
    Optional(Name),
    /// `Vec<…>`
    List(Name),
}

impl FieldType {
    pub(crate) fn of(&self) -> &Name {
        match self {
            Self::One(name) | Self::Optional(name) | Self::List(name) => name,
        }
    }
}

/// The name of a type: `bool`, `u16`, `u32`, `String`, a vocabulary or a record.
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

/// Both tables.
pub(crate) struct Schema {
    pub(crate) vocabularies: Vec<Vocabulary>,
    pub(crate) records: Vec<Record>,
}

impl Schema {
    /// Reads the folder `schema/`.
    ///
    /// # Errors
    /// When a table is not in its form, or a field has a type that is in neither table.
    pub(crate) fn read(folder: &Path) -> miette::Result<Self> {
        let schema = Self {
            vocabularies: read::<Vocabularies>(&folder.join("words.toml"))?.vocabulary,
            records: read::<Records>(&folder.join("policy.toml"))?.record,
        };
        for field in schema.records.iter().flat_map(|record| &record.fields) {
            let Name(name) = field.type_name.of();
            let is_plain = ["bool", "u16", "u32", "String"].contains(&name.as_str());
            if !is_plain
                && schema.record(field.type_name.of()).is_none()
                && schema.vocabulary(field.type_name.of()).is_none()
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

    /// The vocabularies that policies use, each once, in the order of their names.
    pub(crate) fn used_vocabularies(&self) -> Vec<Ident> {
        let types = self.records.iter().flat_map(|record| &record.fields).map(|field| field.type_name.of());
        let mut names: Vec<Ident> =
            types.filter(|name| self.vocabulary(name).is_some()).map(|name| format_ident!("{}", name.0)).collect();
        names.sort();
        names.dedup();
        names
    }
}
