//! How many tokens each kind of characters makes.

use super::kinds::{Kind, WEIGHED};

/// One token, in the parts that weights are told in.
pub(super) const ONE: u64 = 1024;

pub(super) const NEXT_SPACE: u64 = ONE / 64;
pub(super) const NEXT_TAB: u64 = ONE / 8;
pub(super) const NEXT_BREAK: u64 = ONE / 4;
pub(super) const BREAK_AFTER_SYMBOL: u64 = ONE / 16;
/// A symbol behind the same: a line of dashes.
pub(super) const SAME_SYMBOL: u64 = ONE / 4;
/// The second of different symbols: many pairs are one token.
pub(super) const SECOND_SYMBOL: u64 = ONE / 4;
/// Each symbol behind a second.
pub(super) const NEXT_SYMBOL: u64 = ONE * 5 / 8;
/// A word behind a symbol that is often of its token.
pub(super) const WORD_BEHIND_JOINT: u64 = ONE * 5 / 8;
/// A word that begins with a capital letter.
pub(super) const CAPITAL: u64 = ONE / 8;
/// A word behind neither a space nor a symbol.
pub(super) const WITHOUT_SPACE: u64 = ONE / 4;
/// Sixteenths by which two capital letters are parted more than small ones.
pub(super) const PARTED_CAPITALS: u32 = 6;

/// The weights of one tokenizer.
#[derive(Debug)]
pub(super) struct Weights {
    /// How many digits of a number are one token.
    pub(super) digits_per_token: u64,
    /// Below this strangeness, the gain of a pair is the least.
    pub(super) familiar: i64,
    /// By how much the gain rises with strangeness, in sixteenths.
    pub(super) slope: u64,
    /// A word's first letter.
    pub(super) word: u64,
    pub(super) gain_least: u64,
    pub(super) gain_most: u64,
    /// Sixteenths by which a letter of Vietnamese is parted from its neighbours.
    pub(super) parted_vietnamese: u32,
    /// More for a letter that is rare in its script.
    pub(super) rare: u64,
    kinds: [Weight; WEIGHED],
}

/// The weight of a kind of characters, in parts of a token.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weight {
    /// Of the first in a row.
    pub(super) first: u64,
    /// Of each one that follows.
    pub(super) next: u64,
    /// More for the first where it stands behind a space.
    pub(super) spaced: u64,
}

impl Weights {
    #[inline]
    pub(super) fn of(&self, kind: Kind) -> Weight {
        self.kinds[kind as usize - Kind::Cyrillic as usize]
    }
}

/// Hundredths of a token.
const fn weight(first: u64, next: u64, spaced: u64) -> Weight {
    Weight { first: first * ONE / 100, next: next * ONE / 100, spaced: spaced * ONE / 100 }
}

pub(super) const CL100K: Weights = Weights {
    digits_per_token: 3,
    familiar: 31,
    slope: 42,
    word: ONE * 109 / 100,
    gain_least: 20,
    gain_most: 131,
    parted_vietnamese: 9,
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
    familiar: 42,
    slope: 30,
    word: ONE * 110 / 100,
    gain_least: 13,
    gain_most: 86,
    parted_vietnamese: 2,
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

/// Qwen's vocabulary holds cl100k_base's, and each digit is a token.
pub(super) const QWEN: Weights = Weights { digits_per_token: 1, ..CL100K };
