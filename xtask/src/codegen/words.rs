//! Generation of the vocabularies' enums, for `ratebook` and `ratebook-source`.

use miette::miette;
use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use syn::Ident;

use super::print::{doc, rust_file};
use super::schema::{ValueOfWords, Vocabulary};

const ABOUT: &str = "The closed vocabularies of the catalog.";
const SOURCE: &str = "schema/words.toml";

/// Returns `crates/ratebook-source/src/words.rs`.
pub(crate) fn of_source(vocabularies: &[Vocabulary]) -> miette::Result<String> {
    let items = vocabularies.iter().map(|vocabulary| {
        let (name, what) = (name(vocabulary), &vocabulary.what);
        // `ratebook-codegen` sorts limits by some vocabularies. Builds with an overlay compile `ratebook-source`, so the other
        // enums do without `Ord`, to compile faster.
        let order = vocabulary.sorts_limits.then(|| quote!(, PartialOrd, Ord));
        let definition = definition(vocabulary, &quote!(#[derive(Clone, Copy, Debug, PartialEq, Eq #order)]));
        let variants = variants(vocabulary);
        let words: Vec<&str> = vocabulary.words.iter().map(|word| word.word.as_str()).collect();
        quote! {
            #definition

            impl #name {
                /// All words, in the order that the tables number them.
                pub const ALL: &'static [Self] = &[#(Self::#variants),*];
                /// The spelling of each word, in the order of [`Self::ALL`].
                pub const WORDS: &'static [&'static str] = &[#(#words),*];

                /// Returns the spelling in files and output.
                pub const fn word(self) -> &'static str {
                    Self::WORDS[self as usize]
                }
            }

            word!(#name, #what);
        }
    });
    rust_file(ABOUT, SOURCE, items.collect())
}

/// Returns `crates/ratebook/src/words.rs`.
pub(crate) fn of_catalog(vocabularies: &[Vocabulary]) -> miette::Result<String> {
    let mut items = TokenStream::new();
    let mut imports = Vec::new();
    for vocabulary in vocabularies {
        let name = name(vocabulary);
        let non_exhaustive = (!vocabulary.exhaustive).then(|| quote!(#[non_exhaustive]));
        let derives = quote!(#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]);
        let definition = definition(vocabulary, &quote!(#derives #non_exhaustive));
        let variants = variants(vocabulary);
        let words = vocabulary.words.iter().map(|word| &word.word);
        let values = vocabulary.values.iter().map(|value| method(vocabulary, value)).collect::<Result<Vec<_>, _>>()?;
        imports.extend(vocabulary.values.iter().filter(|value| value.type_name != "u64").map(|value| &value.type_name));
        items.extend(quote! {
            #definition

            impl #name {
                /// All words.
                pub const ALL: &'static [Self] = &[#(Self::#variants),*];

                /// Returns the spelling in files and output.
                #[inline]
                pub const fn name(self) -> &'static str {
                    match self { #(Self::#variants => #words),* }
                }

                #(#values)*
            }

            word!(#name);
        });
    }
    let imports = imports.into_iter().map(|name| format_ident!("{name}"));
    rust_file(ABOUT, SOURCE, quote!(#(use crate::#imports;)* #items))
}

fn name(vocabulary: &Vocabulary) -> Ident {
    format_ident!("{}", vocabulary.name)
}

fn variants(vocabulary: &Vocabulary) -> Vec<Ident> {
    vocabulary.words.iter().map(|word| word.variant()).collect()
}

fn definition(vocabulary: &Vocabulary, attributes: &TokenStream) -> TokenStream {
    let (about, name) = (doc(&vocabulary.doc), name(vocabulary));
    let variants = variants(vocabulary);
    let docs = vocabulary.words.iter().map(|word| doc(&word.doc));
    quote! {
        #about
        #attributes
        pub enum #name { #(#docs #variants),* }
    }
}

/// Returns the method of a property: a match without a default arm.
fn method(vocabulary: &Vocabulary, value: &ValueOfWords) -> miette::Result<TokenStream> {
    let (about, name, type_name) =
        (doc(&value.doc), format_ident!("{}", value.name), format_ident!("{}", value.type_name));
    let variants = variants(vocabulary);
    let values = vocabulary.words.iter().map(|word| {
        let wanted = || {
            miette!(
                "{SOURCE}: expected a property `{1}` of type {2} of the word `{0}`",
                word.word,
                value.name,
                value.type_name
            )
        };
        match word.values.get(&value.name).ok_or_else(wanted)? {
            toml::Value::Integer(number) if value.type_name == "u64" => {
                let number = Literal::u64_unsuffixed(u64::try_from(*number).map_err(|_| wanted())?);
                Ok(quote!(#number))
            }
            toml::Value::String(variant) if value.type_name != "u64" => {
                let variant = format_ident!("{variant}");
                Ok(quote!(#type_name::#variant))
            }
            _ => Err(wanted()),
        }
    });
    let values = values.collect::<miette::Result<Vec<_>>>()?;
    for word in &vocabulary.words {
        if let Some(unknown) = word.values.keys().find(|key| vocabulary.values.iter().all(|value| value.name != **key))
        {
            return Err(miette!(
                "{SOURCE}: unknown property `{unknown}` of the word `{}`: add it to `values`",
                word.word
            ));
        }
    }
    Ok(quote! {
        #about
        #[inline]
        pub const fn #name(self) -> #type_name {
            match self { #(Self::#variants => #values),* }
        }
    })
}
