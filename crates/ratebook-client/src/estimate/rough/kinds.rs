//! Character kinds: characters that tokenizers treat alike.

/// The kind of a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum CharKind {
    Latin,
    Digit,
    Space,
    Tab,
    /// A line break.
    Break,
    /// ASCII punctuation and symbols.
    Symbol,
    /// Rare characters: one token per byte.
    Other,
    /// The first kind with a weight. All following kinds have one.
    Cyrillic,
    Greek,
    Hebrew,
    Arabic,
    Devanagari,
    /// The other Indic scripts.
    Indic,
    Thai,
    Kana,
    Han,
    Hangul,
    /// Latin-1 punctuation, dashes, typographic quotes.
    Mark,
    /// East Asian punctuation and full-width forms.
    Wide,
    /// Arrows, mathematical symbols, box drawing.
    Sign,
    Emoji,
    /// Zero-width joiners and variation selectors.
    Joiner,
}

/// Number of kinds with a weight.
pub(super) const WEIGHTED_KINDS: usize = CharKind::Joiner as usize - CharKind::Cyrillic as usize + 1;

const ASCII: [CharKind; 128] = {
    let mut kinds = [CharKind::Other; 128];
    let mut code = 0;
    while code < 128 {
        kinds[code] = match code as u8 {
            b'a'..=b'z' | b'A'..=b'Z' => CharKind::Latin,
            b'0'..=b'9' => CharKind::Digit,
            b' ' => CharKind::Space,
            b'\t' => CharKind::Tab,
            b'\n' | b'\r' => CharKind::Break,
            b'!'..=b'~' => CharKind::Symbol,
            _ => CharKind::Other,
        };
        code += 1;
    }
    kinds
};

impl CharKind {
    #[inline]
    pub(super) fn of(character: char) -> Self {
        match ASCII.get(character as usize) {
            Some(kind) => *kind,
            None => Self::beyond_ascii(character),
        }
    }

    /// Whether a Cyrillic letter is rare in Russian. Tokenizers need more tokens for such letters.
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
