//! Weights of character kinds, by tokenizer.

use super::kinds::{CharKind, WEIGHTED_KINDS};

/// One token, in the unit of the weights.
pub(super) const ONE: u64 = 1024;

pub(super) const NEXT_SPACE: u64 = ONE / 64;
pub(super) const NEXT_TAB: u64 = ONE / 8;
pub(super) const NEXT_BREAK: u64 = ONE / 4;
pub(super) const BREAK_AFTER_SYMBOL: u64 = ONE / 16;
/// A repeated symbol: a line of dashes.
pub(super) const SAME_SYMBOL: u64 = ONE / 4;
/// The second of two different symbols: many pairs are one token.
pub(super) const SECOND_SYMBOL: u64 = ONE / 4;
/// Each symbol after the second.
pub(super) const NEXT_SYMBOL: u64 = ONE * 5 / 8;
/// A word after a symbol that often joins its token.
pub(super) const WORD_AFTER_JOINER: u64 = ONE * 5 / 8;
/// A word that begins with a capital letter.
pub(super) const CAPITAL: u64 = ONE / 8;
/// A word after neither a space nor a symbol.
pub(super) const WITHOUT_SPACE: u64 = ONE / 4;
/// Added to the split frequency of two capital letters, in sixteenths.
pub(super) const CAPITALS_SPLIT_SIXTEENTHS: u32 = 6;

/// The weights of one tokenizer.
#[derive(Debug)]
pub(super) struct Weights {
    /// Digits per token in numbers.
    pub(super) digits_per_token: u64,
    /// Foreignness up to which a letter pair has the minimum gain, in 1,024ths.
    pub(super) familiar_foreignness: i64,
    /// Increase of the gain with foreignness, in sixteenths.
    pub(super) slope: u64,
    /// Cost of a word's first letter.
    pub(super) word: u64,
    /// Minimum cost of a letter pair per sixteenth of its split frequency.
    pub(super) min_gain: u64,
    /// Maximum cost of a letter pair per sixteenth of its split frequency.
    pub(super) max_gain: u64,
    /// Split frequency of a Vietnamese letter and its neighbours, in sixteenths.
    pub(super) vietnamese_split_sixteenths: u32,
    /// Added for a letter that is rare in its script.
    pub(super) rare: u64,
    kinds: [Weight; WEIGHTED_KINDS],
}

/// The weight of a character kind, in units of 1/[`ONE`] token.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weight {
    /// The first character of a run.
    pub(super) first: u64,
    /// Each further character of a run.
    pub(super) next: u64,
    /// Added to the first character of a run after a space.
    pub(super) spaced: u64,
}

impl Weights {
    #[inline]
    pub(super) fn of(&self, kind: CharKind) -> Weight {
        self.kinds[kind as usize - CharKind::Cyrillic as usize]
    }
}

/// Creates a weight from hundredths of a token.
const fn weight(first: u64, next: u64, spaced: u64) -> Weight {
    Weight { first: first * ONE / 100, next: next * ONE / 100, spaced: spaced * ONE / 100 }
}

pub(super) const CL100K: Weights = Weights {
    digits_per_token: 3,
    familiar_foreignness: 31,
    slope: 42,
    word: ONE * 109 / 100,
    min_gain: 20,
    max_gain: 131,
    vietnamese_split_sixteenths: 9,
    rare: ONE,
    kinds: [
        weight(105, 58, 0),   // Cyrillic
        weight(125, 113, 0),  // Greek
        weight(175, 116, 0),  // Hebrew
        weight(130, 85, 0),   // Arabic
        weight(175, 126, 0),  // Devanagari
        weight(230, 151, 0),  // Indic
        weight(150, 110, 0),  // Thai
        weight(110, 110, 50), // Kana
        weight(170, 170, 45), // Han
        weight(175, 150, 0),  // Hangul
        weight(105, 105, 15), // Mark
        weight(110, 110, 60), // Wide
        weight(200, 200, 0),  // Sign
        weight(280, 280, 0),  // Emoji
        weight(200, 200, 0),  // Joiner
    ],
};

pub(super) const O200K: Weights = Weights {
    digits_per_token: 3,
    familiar_foreignness: 42,
    slope: 30,
    word: ONE * 110 / 100,
    min_gain: 13,
    max_gain: 86,
    vietnamese_split_sixteenths: 2,
    rare: ONE,
    kinds: [
        weight(95, 28, 0),    // Cyrillic
        weight(85, 45, 0),    // Greek
        weight(90, 43, 0),    // Hebrew
        weight(95, 30, 0),    // Arabic
        weight(90, 26, 0),    // Devanagari
        weight(110, 36, 0),   // Indic
        weight(80, 50, 0),    // Thai
        weight(90, 80, 30),   // Kana
        weight(115, 115, 30), // Han
        weight(120, 80, 0),   // Hangul
        weight(105, 105, 15), // Mark
        weight(105, 105, 30), // Wide
        weight(180, 180, 0),  // Sign
        weight(230, 230, 0),  // Emoji
        weight(150, 150, 0),  // Joiner
    ],
};

/// Qwen's vocabulary contains that of cl100k_base. Each digit is one token.
pub(super) const QWEN: Weights = Weights { digits_per_token: 1, ..CL100K };
