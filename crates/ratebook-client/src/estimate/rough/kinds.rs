//! Kinds of characters that tokenizers treat alike.

/// What a character is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    Latin,
    Digit,
    Space,
    Tab,
    /// A line's end.
    Break,
    /// Of ASCII.
    Symbol,
    /// What is rare: as many tokens as bytes.
    Other,
    /// The kinds from here have weights.
    Cyrillic,
    Greek,
    Hebrew,
    Arabic,
    Devanagari,
    /// The other scripts of India, and those like them.
    Indic,
    Thai,
    Kana,
    Han,
    Hangul,
    /// Punctuation of Latin-1, dashes, typographic quotes.
    Mark,
    /// Punctuation of East Asia, and full-width forms.
    Wide,
    /// Arrows, mathematics, lines, boxes.
    Sign,
    Emoji,
    /// What joins emoji, or chooses how they look.
    Joiner,
}

/// How many kinds have weights.
pub(super) const WEIGHED: usize = Kind::Joiner as usize - Kind::Cyrillic as usize + 1;

const ASCII: [Kind; 128] = {
    let mut kinds = [Kind::Other; 128];
    let mut code = 0;
    while code < 128 {
        kinds[code] = match code as u8 {
            b'a'..=b'z' | b'A'..=b'Z' => Kind::Latin,
            b'0'..=b'9' => Kind::Digit,
            b' ' => Kind::Space,
            b'\t' => Kind::Tab,
            b'\n' | b'\r' => Kind::Break,
            b'!'..=b'~' => Kind::Symbol,
            _ => Kind::Other,
        };
        code += 1;
    }
    kinds
};

impl Kind {
    #[inline]
    pub(super) fn of(character: char) -> Self {
        match ASCII.get(character as usize) {
            Some(kind) => *kind,
            None => Self::beyond_ascii(character),
        }
    }

    /// A letter that Russian does not have, or has seldom: other languages of Cyrillic script have more tokens for it.
    #[inline]
    pub(super) fn is_rare(self, character: char) -> bool {
        self == Self::Cyrillic && matches!(character, 'ъ' | 'Ъ' | '\u{402}'..='\u{40F}' | '\u{452}'.. )
    }

    fn beyond_ascii(character: char) -> Self {
        match character as u32 {
            0xAA | 0xB5 | 0xBA | 0xC0..=0xD6 | 0xD8..=0xF6 | 0xF8..=0x24F | 0x1E00..=0x1EFF => Self::Latin,
            0xA0..=0xBF | 0xD7 | 0xF7 | 0x2010..=0x2027 | 0x202F..=0x203A | 0x20AC => Self::Mark,
            0x370..=0x3FF => Self::Greek,
            0x400..=0x45F | 0x490..=0x491 => Self::Cyrillic,
            0x5D0..=0x5EA => Self::Hebrew,
            0x60C..=0x6D5 => Self::Arabic,
            0x900..=0x97F => Self::Devanagari,
            0x980..=0xDFF => Self::Indic,
            0xE00..=0xE7F => Self::Thai,
            0x200D | 0xFE0E..=0xFE0F => Self::Joiner,
            0x2100..=0x2BFF => Self::Sign,
            0x3001..=0x3003 | 0x3008..=0x3011 | 0x3014..=0x301F | 0xFF01..=0xFF5E => Self::Wide,
            0x3041..=0x30FF => Self::Kana,
            0x4E00..=0x9FFF => Self::Han,
            0xAC00..=0xD7A3 => Self::Hangul,
            0x1F300..=0x1FAFF => Self::Emoji,
            _ => Self::Other,
        }
    }
}
