//! Estimates the tokens of a call before it is made.
//!
//! [`Rough`] estimates from character classes, on the high side. [`Bytes`] is an upper bound. `Tiktoken` (feature
//! `tiktoken`) counts exactly with OpenAI's tables. `estimate_request` (feature `body`) reads a JSON request body.
//!
//! ```
//! use ratebook_client::estimate::{Bytes, Estimate, Rough};
//! use ratebook_limiter::Cost;
//!
//! let prompt = "Which of these two invoices was paid twice, and when?";
//! let tokens = Rough::default().tokens(prompt);
//! assert!((12..=17).contains(&tokens), "{tokens}"); // cl100k_base and o200k_base: 12
//! assert_eq!(Bytes.tokens(prompt), 53);
//!
//! let cost = Cost::request().input(Rough::default().messages(&[prompt])).output(400);
//! # let _ = cost;
//! ```
//!
//! For measured errors and the supported models, see [`Rough`].

#[cfg(feature = "body")]
mod body;
mod pairs;
mod rough;
#[cfg(feature = "tiktoken")]
mod tiktoken;

use std::sync::Arc;

#[cfg(feature = "body")]
pub use body::{RequestEstimate, STORED_INPUT_TOKENS, estimate_request, model_in_body};
pub use rough::Rough;
#[cfg(feature = "tiktoken")]
pub use tiktoken::Tiktoken;

/// Overhead of a chat message in tokens: start and end markers, the role, line breaks.
///
/// OpenAI's chat format has four, Qwen's ChatML five.
pub const TOKENS_PER_MESSAGE: u64 = 5;

/// Tokens that start the reply of a chat and count as input.
pub const TOKENS_BEFORE_REPLY: u64 = 3;

/// Counts or estimates the tokens of text.
pub trait Estimate {
    /// Returns the tokens of a text, without message overhead.
    fn tokens(&self, text: &str) -> u64;

    /// Returns the tokens of a chat whose messages have these texts, with [`TOKENS_PER_MESSAGE`] for each message and
    /// [`TOKENS_BEFORE_REPLY`] for the chat.
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

/// One token per byte: an upper bound for every byte-level tokenizer.
///
/// Three to five times too high for prose. Use it for untrusted text that may be written to have many tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bytes;

impl Estimate for Bytes {
    fn tokens(&self, text: &str) -> u64 {
        text.len() as u64
    }
}
