//! Exact token counts with OpenAI's tables.

use std::fmt;

use tiktoken_rs::tokenizer::{Tokenizer, get_tokenizer};
use tiktoken_rs::{CoreBPE, cl100k_base_singleton, o200k_base_singleton};

use super::Estimate;

/// OpenAI's tokenizers: exact counts.
///
/// The tables are compiled in and add 5.3 MB to the program. The first use of a tokenizer builds it for the process,
/// which took 75 ms for cl100k_base and 175 ms for o200k_base in a release build; both use 71 MB of memory. Create one
/// at startup if latency matters.
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
    /// Returns o200k_base: GPT-4o and later.
    pub fn o200k() -> Self {
        Self { name: "o200k_base", tables: o200k_base_singleton() }
    }

    /// Returns cl100k_base: GPT-4, GPT-3.5, and the embedding models.
    pub fn cl100k() -> Self {
        Self { name: "cl100k_base", tables: cl100k_base_singleton() }
    }

    /// Returns the tokenizer of an OpenAI model, or `None` for other vendors' models and for models older than GPT-3.5.
    pub fn of_model(model: &str) -> Option<Self> {
        match get_tokenizer(model)? {
            // Both tokenize ordinary text alike.
            Tokenizer::O200kBase | Tokenizer::O200kHarmony => Some(Self::o200k()),
            Tokenizer::Cl100kBase => Some(Self::cl100k()),
            _ => None,
        }
    }
}

impl Estimate for Tiktoken {
    /// Counts special tokens such as `<|endoftext|>` as text.
    ///
    /// A run of more than 65,536 white space characters may count one or two tokens too many.
    fn tokens(&self, text: &str) -> u64 {
        pieces(text).fold(0, |sum: u64, piece| sum.saturating_add(self.tables.count_ordinary(piece) as u64))
    }
}

impl fmt::Debug for Tiktoken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tiktoken").field(&self.name).finish()
    }
}

/// Longest run of white space passed to the tokenizer, whose pattern fails on a million characters.
const MAX_WHITE_SPACE: usize = 1 << 16;

/// Splits the text inside runs of white space that are too long.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut white_space = 0;
    text.split_inclusive(move |character: char| {
        white_space = if character.is_whitespace() { white_space + 1 } else { 0 };
        let is_too_long = white_space == MAX_WHITE_SPACE;
        if is_too_long {
            white_space = 0;
        }
        is_too_long
    })
}
