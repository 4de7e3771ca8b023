//! How often a tokenizer splits a word between two letters.
//!
//! The figures are frequencies of cl100k_base over the 15,000 most frequent words of 27 languages in Latin script (word
//! frequencies of wordfreq 3.1). English weighs as much as the other languages together.

/// Returns how often a token ends between two letters, in sixteenths.
#[inline]
pub(super) const fn split_sixteenths(before: usize, after: usize) -> u32 {
    SPLIT_SIXTEENTHS[before][after] as u32
}

/// Returns a letter's row in the table, or `None` for letters that are rare outside of Vietnamese.
#[inline]
pub(super) fn letter_index(letter: char) -> Option<usize> {
    match letter {
        'a'..='z' => Some(letter as usize - 'a' as usize),
        'A'..='Z' => Some(letter as usize - 'A' as usize),
        '\u{1E00}'.. | 'ơ' | 'Ơ' | 'ư' | 'Ư' => None,
        '\u{100}'.. => Some(LETTERS - 1),
        _ => Some(LETTERS - 2),
    }
}

const LETTERS: usize = 28;

#[rustfmt::skip]
const SPLIT_SIXTEENTHS: [[u8; LETTERS]; LETTERS] = decoded([
    //abcdefghijklmnopqrstuvwxyz, à to ÿ, ā to ɏ
    b"90005101310000408000400000df", // a
    b"346c15ab31c15c277214246509cf", // b
    b"171414703a00370331203445156c", // c
    b"3861143939b64d284329468529cf", // d
    b"17201224696100420000530017df", // e
    b"2a3b10ba14a16d0650601853b84f", // f
    b"4a59198048c5732c52245e653c9f", // g
    b"14d7058914e77314432034451abf", // h
    b"2000200491100000100090d0b0af", // i
    b"5ecb2ddd734bc74c587c3fc59cdf", // j
    b"5cbe23244b8872565a3679456acf", // k
    b"3a7101bc3d607b23232257150eaf", // l
    b"2189171e38d9492156284ba51d9f", // m
    b"3c1012054836432947106293259f", // n
    b"511140044b110010a000010216ef", // o
    b"3b6419805bb04e1141104955285c", // p
    b"a4555555855555555555055555a5", // q
    b"4b22051b3f4622167310545c08cf", // r
    b"47251480365539124b102415388d", // s
    b"481615c03ed45c1352125b1715bf", // t
    b"30101208263000c07000d99023ce", // u
    b"3cbc14363dda4b3c599bad45599f", // v
    b"1697034016606114511575653698", // w
    b"32023251366458605550368315f8", // x
    b"494b3ccf4fe724125816cf6699ed", // y
    b"5b7b45e46ecfc97f7fc47f6533fc", // z
    b"9a7cccbbddb9852ec557fd0bba8f", // à to ÿ
    b"ffce9cfecfeebaef5dfeffa59acd", // ā to ɏ
]);

const fn decoded(rows: [&[u8; LETTERS]; LETTERS]) -> [[u8; LETTERS]; LETTERS] {
    let mut table = [[0; LETTERS]; LETTERS];
    let mut before = 0;
    while before < LETTERS {
        let mut after = 0;
        while after < LETTERS {
            let digit = rows[before][after];
            table[before][after] = if digit.is_ascii_digit() { digit - b'0' } else { digit - b'a' + 10 };
            after += 1;
        }
        before += 1;
    }
    table
}
