//! How many tokens a call will have, before it is made.
//!
//! [`Rough`] looks at the classes of characters and errs high; [`Bytes`] can never be too low. Behind the feature
//! `tiktoken`, `Tiktoken` counts by the vendor's own tables, and behind `body`, `asked_by` reads a request's JSON.
//!
//! ```
//! use ratebook_client::estimate::{Bytes, Estimate, Rough};
//! use ratebook_limiter::Cost;
//!
//! let prompt = "Which of these two invoices was paid twice, and when?";
//! let tokens = Rough::default().tokens(prompt);
//! assert!((12..=17).contains(&tokens), "{tokens}"); // 12 by cl100k_base and by o200k_base
//! assert_eq!(Bytes.tokens(prompt), 53);
//!
//! let cost = Cost::request().input(Rough::default().messages(&[prompt])).output(400);
//! # let _ = cost;
//! ```
//!
//! How far off it is, and for whose models it holds: see [`Rough`].

#[cfg(feature = "body")]
mod body;
mod pairs;
mod rough;
#[cfg(feature = "tiktoken")]
mod tiktoken;

use std::sync::Arc;

#[cfg(feature = "body")]
pub use body::{Asked, HELD_TOKENS, asked_by, model_named_by};
pub use rough::Rough;
#[cfg(feature = "tiktoken")]
pub use tiktoken::Tiktoken;

/// Tokens by which a message of a chat is more than its text: marks of beginning and end, the role, line breaks.
///
/// OpenAI's chat format has four, and ChatML as Qwen uses it five.
pub const TOKENS_PER_MESSAGE: u64 = 5;

/// Tokens that begin the reply, and count as input.
pub const TOKENS_BEFORE_REPLY: u64 = 3;

/// Tells how many tokens a text has.
pub trait Estimate {
    /// How many tokens a text has, by itself.
    fn tokens(&self, text: &str) -> u64;

    /// How many tokens a chat has whose messages have these texts: [`TOKENS_PER_MESSAGE`] more for each, and
    /// [`TOKENS_BEFORE_REPLY`] at the end.
    fn messages(&self, texts: &[&str]) -> u64 {
        texts.iter().fold(TOKENS_BEFORE_REPLY, |sum, text| {
            sum.saturating_add(TOKENS_PER_MESSAGE).saturating_add(self.tokens(text))
        })
    }
}

impl<E: Estimate + ?Sized> Estimate for &E {
    fn tokens(&self, text: &str) -> u64 {
        (**self).tokens(text)
    }
}

impl<E: Estimate + ?Sized> Estimate for Box<E> {
    fn tokens(&self, text: &str) -> u64 {
        (**self).tokens(text)
    }
}

impl<E: Estimate + ?Sized> Estimate for Arc<E> {
    fn tokens(&self, text: &str) -> u64 {
        (**self).tokens(text)
    }
}

/// One token for each byte: the most that a tokenizer of bytes can make of a text, whatever the text is.
///
/// It is three to five times too high for prose. For text that somebody may have chosen so that it has many tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bytes;

impl Estimate for Bytes {
    fn tokens(&self, text: &str) -> u64 {
        text.len() as u64
    }
}
