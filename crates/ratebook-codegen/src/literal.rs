//! Values as Rust expressions.

use proc_macro2::{Ident, Literal as Token, Span, TokenStream, TokenTree};
use quote::quote;
use ratebook_source::Period;

/// Returns an identifier. `format_ident!` compiles more code at every use.
pub(crate) fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// Returns the path of a variant.
pub(crate) fn path(name: &str, variant: &str) -> TokenStream {
    let (name, variant) = (ident(name), ident(variant));
    quote!(#name::#variant)
}

/// Returns `Some(…)` or `None`.
pub(crate) fn optional(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote!(Some(#value)),
        None => quote!(None),
    }
}

/// Returns a slice.
pub(crate) fn list(items: &[TokenStream]) -> TokenStream {
    quote!(&[#(#items),*])
}

/// Returns a struct expression with named fields.
pub(crate) fn record(name: &str, fields: &[(&str, TokenStream)]) -> TokenStream {
    let mut body = TokenStream::new();
    for (field, value) in fields {
        let field = ident(field);
        body.extend(quote!(#field: #value,));
    }
    let name = ident(name);
    quote!(#name { #body })
}

/// A value of the source that the generated code contains as an expression.
pub(crate) trait Literal {
    /// Returns the expression.
    fn literal(&self) -> TokenStream;
}

impl Literal for bool {
    fn literal(&self) -> TokenStream {
        quote!(#self)
    }
}

impl Literal for u16 {
    fn literal(&self) -> TokenStream {
        u64::from(*self).literal()
    }
}

impl Literal for u32 {
    fn literal(&self) -> TokenStream {
        u64::from(*self).literal()
    }
}

impl Literal for u64 {
    fn literal(&self) -> TokenStream {
        TokenTree::from(Token::u64_unsuffixed(*self)).into()
    }
}

impl Literal for Period {
    fn literal(&self) -> TokenStream {
        match self {
            Self::Span(span) => {
                let seconds = span.seconds().literal();
                quote!(Period::from_seconds(#seconds).unwrap())
            }
            named => path("Period", &format!("{named:?}")),
        }
    }
}

impl Literal for String {
    fn literal(&self) -> TokenStream {
        quote!(#self)
    }
}

impl<T: Literal> Literal for Option<T> {
    fn literal(&self) -> TokenStream {
        // A `match` and a loop compile to much less code per type than `map` and `collect`.
        match self {
            Some(value) => optional(Some(value.literal())),
            None => optional(None),
        }
    }
}

impl<T: Literal> Literal for Vec<T> {
    fn literal(&self) -> TokenStream {
        let mut items = Vec::new();
        for item in self {
            items.push(item.literal());
        }
        list(&items)
    }
}

/// Implements [`Literal`] for vocabularies, as paths to variants. Both crates generate them from the same schema.
macro_rules! word_literals {
    ($($name:ident),+) => { $(
        impl Literal for $name {
            fn literal(&self) -> TokenStream {
                crate::literal::path(stringify!($name), &format!("{self:?}"))
            }
        }
    )+ };
}
