//! The vendor's own tables.

use std::fmt;

use tiktoken_rs::tokenizer::{Tokenizer, get_tokenizer};
use tiktoken_rs::{CoreBPE, cl100k_base_singleton, o200k_base_singleton};

use super::Estimate;

/// OpenAI's tokenizers, exactly.
///
/// The tables are part of the program, which they make 5.3 MB larger; nothing is fetched. The first use of one builds it
/// for the whole process: 75 ms for cl100k_base and 175 ms for o200k_base in a release build on the machine it was tried
/// on, 71 MB of memory for both. Do it before the first call that must be quick.
///
/// ```
/// use ratebook_client::estimate::{Estimate, Tiktoken};
///
/// let tokenizer = Tiktoken::of_model("gpt-4o-mini").unwrap();
/// assert_eq!(tokenizer.tokens("Which of these two invoices was paid twice, and when?"), 12);
/// assert!(Tiktoken::of_model("qwen-max").is_none());
/// ```
#[derive(Clone, Copy)]
pub struct Tiktoken {
    name: &'static str,
    tables: &'static CoreBPE,
}

impl Tiktoken {
    /// o200k_base: GPT-4o and later.
    pub fn o200k() -> Self {
        Self { name: "o200k_base", tables: o200k_base_singleton() }
    }

    /// cl100k_base: GPT-4, GPT-3.5, and the embeddings.
    pub fn cl100k() -> Self {
        Self { name: "cl100k_base", tables: cl100k_base_singleton() }
    }

    /// The tokenizer of a model of OpenAI's, by the model's name; `None` for another's, and for models older than
    /// GPT-3.5.
    pub fn of_model(model: &str) -> Option<Self> {
        match get_tokenizer(model)? {
            // The two have the same tokens of ordinary text.
            Tokenizer::O200kBase | Tokenizer::O200kHarmony => Some(Self::o200k()),
            Tokenizer::Cl100kBase => Some(Self::cl100k()),
            _ => None,
        }
    }
}

impl Estimate for Tiktoken {
    /// Counts marks such as `<|endoftext|>` as the text that they are written in.
    ///
    /// White space of more than 65,536 characters in a row may count as a token or two more than it is.
    fn tokens(&self, text: &str) -> u64 {
        pieces(text).fold(0, |sum: u64, piece| sum.saturating_add(self.tables.count_ordinary(piece) as u64))
    }
}

impl fmt::Debug for Tiktoken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tiktoken").field(&self.name).finish()
    }
}

/// How long white space may be for the tokenizer's pattern, which fails on a million characters of it.
const MOST_WHITE_SPACE: usize = 1 << 16;

/// The text, cut where white space is too long.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut white_space = 0;
    text.split_inclusive(move |character: char| {
        white_space = if character.is_whitespace() { white_space + 1 } else { 0 };
        let is_too_long = white_space == MOST_WHITE_SPACE;
        if is_too_long {
            white_space = 0;
        }
        is_too_long
    })
}
