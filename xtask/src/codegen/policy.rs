//! Generation of the policy types, of their parsers and writers, and of their literals.

use miette::miette;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Ident;

use super::print::{doc, rust_file};
use super::schema::{Field, FieldType, Name, Record, Schema};

const ABOUT: &str = "How a provider enforces its limits.";
const SOURCE: &str = "schema/policy.toml";

/// Returns `crates/ratebook/src/policy.rs`: structs of borrowed constants.
pub(crate) fn of_catalog(schema: &Schema) -> miette::Result<String> {
    let words = schema.imports();
    let records = schema.records.iter().map(|record| {
        let (about, name) = (doc(&record.doc), format_ident!("{}", record.name));
        let non_exhaustive = record.non_exhaustive.then(|| quote!(#[non_exhaustive]));
        let fields = record.fields.iter().map(|field| {
            let (about, name) = (doc(&field.doc), ident(field));
            let item = match field.type_name.inner().0.as_str() {
                "String" => quote!(&'static str),
                item => {
                    let item = format_ident!("{item}");
                    quote!(#item)
                }
            };
            let type_name = match &field.type_name {
                FieldType::One(_) => item,
                FieldType::Optional(_) => quote!(Option<#item>),
                FieldType::List(_) => quote!(&'static [#item]),
            };
            quote!(#about pub #name: #type_name)
        });
        quote! {
            #about
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            #non_exhaustive
            pub struct #name { #(#fields),* }
        }
    });
    rust_file(ABOUT, SOURCE, quote!(use crate::{#(#words),*}; #(#records)*))
}

/// Returns `crates/ratebook-source/src/policy.rs`: structs of owned values, with their lines of policy.tsv, and serde for
/// policy.toml.
pub(crate) fn of_source(schema: &Schema) -> miette::Result<String> {
    let words = schema.imports();
    let (policy, within) =
        schema.records.split_first().ok_or_else(|| miette!("{SOURCE}: expected a record, the policy itself"))?;
    let structs = schema.records.iter().map(|record| source_struct(schema, record));
    let lines = policy_lines(schema, policy)?;
    let columns = within.iter().map(columns);
    let imports = quote! {
        use crate::column::Column;
        #[cfg(feature = "write")]
        use crate::column::Row;
        use crate::line::{Fields, SourceError};
        use crate::{#(#words),*};
    };
    rust_file(ABOUT, SOURCE, quote!(#imports #(#structs)* #lines #(#columns)*))
}

/// Returns `crates/ratebook-codegen/src/policy.rs`: each struct as an expression of `ratebook`'s struct.
pub(crate) fn of_generator(schema: &Schema) -> miette::Result<String> {
    let words = schema.used_vocabularies();
    let source_names = schema.records.iter().map(|record| format_ident!("{}", record.source_name()));
    let literals = schema.records.iter().map(|record| {
        let (name, source_name) = (&record.name, format_ident!("{}", record.source_name()));
        let idents: Vec<Ident> = record.fields.iter().map(ident).collect();
        let names = record.fields.iter().map(|field| &field.name);
        quote! {
            impl Literal for #source_name {
                fn literal(&self) -> TokenStream {
                    record(#name, &[#((#names, self.#idents.literal())),*])
                }
            }
        }
    });
    let items = quote! {
        use proc_macro2::TokenStream;
        use ratebook_source::{#(#source_names,)* #(#words),*};
        use crate::literal::{Literal, record};
        word_literals!(#(#words),*);
        #(#literals)*
    };
    rust_file("Policies as Rust.", SOURCE, items)
}

/// Returns `crates/ratebook/src/load/policy.rs`: the conversion of each struct of the source to that of the catalog, and
/// back.
pub(crate) fn of_loader(schema: &Schema) -> miette::Result<String> {
    let words = schema.used_vocabularies();
    let records = schema.records.iter().map(|record| {
        let (name, source_name) = (format_ident!("{}", record.name), format_ident!("{}", record.source_name()));
        let fields = record.fields.iter().map(ident);
        quote!(stored!(#source_name => #name { #(#fields),* });)
    });
    let items = quote! {
        use super::store::{Stored, stored, stored_words};
        stored_words!(#(#words),*);
        #(#records)*
    };
    rust_file("Policies of loaded catalogs.", SOURCE, items)
}

fn ident(field: &Field) -> Ident {
    format_ident!("{}", field.name)
}

fn source_struct(schema: &Schema, record: &Record) -> TokenStream {
    let (about, name) = (doc(&record.doc), format_ident!("{}", record.source_name()));
    let fields = record.fields.iter().map(|field| {
        let (about, name) = (doc(&field.doc), ident(field));
        let type_name = owned_type(&field.type_name);
        let key = field.toml_key(schema);
        let rename = (key != field.name).then(|| quote!(#[cfg_attr(feature = "serde", serde(rename = #key))]));
        let default = match &field.default {
            _ if field.required => None,
            None => Some(quote!(#[cfg_attr(feature = "serde", serde(default))])),
            // A vocabulary has no default of its own.
            Some(_) => {
                let default = format!("default_{}", field.name);
                Some(quote!(#[cfg_attr(feature = "serde", serde(default = #default))]))
            }
        };
        quote!(#about #rename #default pub #name: #type_name)
    });
    quote! {
        #about
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(deny_unknown_fields))]
        pub struct #name { #(#fields),* }
    }
}

fn owned_type(type_name: &FieldType) -> TokenStream {
    let item = format_ident!("{}", type_name.inner().0);
    match type_name {
        FieldType::One(_) => quote!(#item),
        FieldType::Optional(_) => quote!(Option<#item>),
        FieldType::List(_) => quote!(Vec<#item>),
    }
}

/// Returns the items of the policy itself: its default, and each field as lines.
fn policy_lines(schema: &Schema, policy: &Record) -> miette::Result<TokenStream> {
    let name = format_ident!("{}", policy.source_name());
    let fields: Vec<Ident> = policy.fields.iter().map(ident).collect();
    let defaults = policy.fields.iter().map(|field| default(schema, field)).collect::<miette::Result<Vec<_>>>()?;
    let reads = policy.fields.iter().map(|field| {
        let (name, word, what) = (ident(field), field.line_word(), what(field));
        match &field.type_name {
            FieldType::List(_) => quote!(#word => self.#name.push(Column::read(fields, #what)?)),
            FieldType::One(_) | FieldType::Optional(_) => quote!(#word => self.#name = Column::read(fields, #what)?),
        }
    });
    let writes = policy.fields.iter().map(|field| {
        let (name, word) = (ident(field), field.line_word());
        match &field.type_name {
            FieldType::List(_) => quote!(rows.extend(self.#name.iter().map(|item| Row::of(#word, item)));),
            FieldType::One(_) | FieldType::Optional(_) => quote!(rows.extend([Row::of(#word, &self.#name)]);),
        }
    });
    let functions = policy.fields.iter().zip(&defaults).filter(|(field, _)| !field.required && field.default.is_some());
    let functions = functions.map(|(field, default)| {
        let (name, type_name) = (format_ident!("default_{}", field.name), owned_type(&field.type_name));
        quote! {
            #[cfg(feature = "serde")]
            fn #name() -> #type_name {
                #default
            }
        }
    });
    Ok(quote! {
        #(#functions)*

        impl #name {
            /// Returns the default policy: scope `account`, everything else unstated.
            pub fn new() -> Self {
                Self { #(#fields: #defaults),* }
            }

            /// Reads a line that begins with `word`.
            pub(crate) fn read_line(&mut self, word: &str, fields: &mut Fields<'_>) -> Result<(), SourceError> {
                match word {
                    #(#reads,)*
                    other => return Err(fields.error(format!("unknown word `{other}`"))),
                }
                Ok(())
            }

            /// Returns every line, in the order of the file.
            #[cfg(feature = "write")]
            pub(crate) fn rows(&self) -> Vec<Row> {
                let mut rows = Vec::new();
                #(#writes)*
                rows
            }
        }

        impl Default for #name {
            fn default() -> Self {
                Self::new()
            }
        }
    })
}

fn default(schema: &Schema, field: &Field) -> miette::Result<TokenStream> {
    let Name(item) = field.type_name.inner();
    match (&field.type_name, &field.default) {
        (FieldType::Optional(_), None) => Ok(quote!(None)),
        (FieldType::List(_), None) => Ok(quote!(Vec::new())),
        (FieldType::One(_), None) if item == "bool" => Ok(quote!(false)),
        (FieldType::One(name), Some(default)) => {
            let words = schema.vocabulary(name).map(|vocabulary| &vocabulary.words);
            let word = words.and_then(|words| words.iter().find(|word| word.word == *default));
            let variant = word.ok_or_else(|| miette!("{SOURCE}: `{default}` is not a word of `{item}`"))?.variant();
            let name = format_ident!("{item}");
            Ok(quote!(#name::#variant))
        }
        (FieldType::One(_) | FieldType::Optional(_) | FieldType::List(_), _) => {
            Err(miette!("{SOURCE}: `{}` needs a default that is a word of a vocabulary", field.name))
        }
    }
}

/// Returns the name of a field in error messages.
fn what(field: &Field) -> String {
    field.name.replace('_', " ")
}

/// Returns the items of a record within a policy: its fields are the columns of one line.
fn columns(record: &Record) -> TokenStream {
    let name = format_ident!("{}", record.source_name());
    let fields: Vec<Ident> = record.fields.iter().map(ident).collect();
    let whats = record.fields.iter().map(what);
    let types = record.fields.iter().map(|field| owned_type(&field.type_name));
    quote! {
        impl Column for #name {
            const WIDTH: usize = #(<#types as Column>::WIDTH)+*;

            fn read(fields: &mut Fields<'_>, _: &str) -> Result<Self, SourceError> {
                Ok(Self { #(#fields: fields.column(#whats)?),* })
            }

            #[cfg(feature = "write")]
            fn write(&self, row: &mut Row) {
                #(self.#fields.write(row);)*
            }
        }
    }
}
