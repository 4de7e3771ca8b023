//! Values as Rust expressions.

use proc_macro2::{Literal as Token, TokenStream};
use quote::{format_ident, quote};
use ratebook_source::Period;

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
        let number = Token::u64_unsuffixed(*self);
        quote!(#number)
    }
}

impl Literal for Period {
    fn literal(&self) -> TokenStream {
        match self {
            Self::Span(span) => {
                let seconds = span.seconds().literal();
                quote!(Period::from_seconds(#seconds).unwrap())
            }
            named => {
                let variant = format_ident!("{named:?}");
                quote!(Period::#variant)
            }
        }
    }
}

impl Literal for String {
    fn literal(&self) -> TokenStream {
        quote!(#self)
    }
}

/// `Some(…)` or `None`.
impl<T: Literal> Literal for Option<T> {
    fn literal(&self) -> TokenStream {
        match self.as_ref().map(T::literal) {
            Some(value) => quote!(Some(#value)),
            None => quote!(None),
        }
    }
}

impl<T: Literal> Literal for Vec<T> {
    fn literal(&self) -> TokenStream {
        let items = self.iter().map(T::literal);
        quote!(&[#(#items),*])
    }
}

/// Returns a struct expression with named fields.
pub(crate) fn record(name: &str, fields: &[(&str, TokenStream)]) -> TokenStream {
    let name = format_ident!("{name}");
    let fields = fields.iter().map(|(field, value)| {
        let field = format_ident!("{field}");
        quote!(#field: #value)
    });
    quote!(#name { #(#fields),* })
}

/// Implements [`Literal`] for vocabularies, as paths to variants. Both crates generate them from the same schema.
macro_rules! word_literals {
    ($($name:ident),+) => { $(
        impl Literal for $name {
            fn literal(&self) -> TokenStream {
                let (name, variant) = (quote::format_ident!(stringify!($name)), quote::format_ident!("{self:?}"));
                quote::quote!(#name::#variant)
            }
        }
    )+ };
}
