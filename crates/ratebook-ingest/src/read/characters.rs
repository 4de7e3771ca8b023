//! Characters: invisible ones are removed, and the forms of a space and of a digit become one form.
//!
//! This is the only place that does so. It works on the source, before any other step, and covers character references
//! such as `&nbsp;` too. It keeps the number of lines.

/// Begins and ends a struck-out part of a text that is being collected. Not in any normalized source.
pub(super) const STRUCK: [char; 2] = ['\u{fdd0}', '\u{fdd1}'];
/// Begins and ends a superscript.
pub(super) const SUPERSCRIPT: [char; 2] = ['\u{fdd2}', '\u{fdd3}'];
/// Begins and ends code, where `*` is not a footnote mark.
pub(super) const CODE: [char; 2] = ['\u{fdd4}', '\u{fdd5}'];
/// The text of a table cell that the source does not have.
pub(super) const ABSENT: char = '\u{fdd6}';

/// What becomes of a character.
enum Becomes {
    Itself,
    Nothing,
    Other(char),
}

fn becomes(c: char) -> Becomes {
    match c {
        '\n' | ' '..='~' => Becomes::Itself,
        '\t' => Becomes::Itself,
        // Other line ends would change the number of lines.
        '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Becomes::Other(' '),
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' | '\u{2800}' => {
            Becomes::Other(' ')
        }
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' => Becomes::Nothing,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' => Becomes::Nothing,
        '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' => Becomes::Nothing,
        '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' => Becomes::Nothing,
        '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}' | '\u{fdd0}'..='\u{fdef}' => Becomes::Nothing,
        '\u{ff10}'..='\u{ff19}' => char::from_u32(u32::from(c) - 0xff10 + 0x30).map_or(Becomes::Itself, Becomes::Other),
        _ => Becomes::Itself,
    }
}

/// Returns the text without invisible characters, with one form of space and of digit, and with `\n` as line end.
///
/// A full-width comma or point between two digits becomes an ASCII one.
pub(super) fn normalize(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let (c, len) = match c {
            '\r' => ('\n', if rest.starts_with("\r\n") { 2 } else { 1 }),
            '&' => reference(rest).unwrap_or(('&', 1)),
            c => (c, c.len_utf8()),
        };
        rest = &rest[len..];
        match becomes(c) {
            Becomes::Nothing => {}
            Becomes::Other(other) => out.push(other),
            Becomes::Itself => out.push(punctuation(c, &out, rest)),
        }
    }
    out
}

/// Returns the ASCII form of a full-width comma or point that stands between two digits.
fn punctuation(c: char, before: &str, after: &str) -> char {
    let ascii = match c {
        '\u{ff0c}' => ',',
        '\u{ff0e}' => '.',
        _ => return c,
    };
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit() || ('\u{ff10}'..='\u{ff19}').contains(&c));
    if is_digit(before.chars().next_back()) && is_digit(after.chars().next()) { ascii } else { c }
}

/// Names of references to characters that are normalized.
const NAMED: [(&str, char); 15] = [
    ("nbsp", ' '),
    ("NonBreakingSpace", ' '),
    ("ensp", ' '),
    ("emsp", ' '),
    ("thinsp", ' '),
    ("hairsp", ' '),
    ("numsp", ' '),
    ("puncsp", ' '),
    ("shy", '\u{ad}'),
    ("zwj", '\u{200d}'),
    ("zwnj", '\u{200c}'),
    ("lrm", '\u{200e}'),
    ("rlm", '\u{200f}'),
    ("ZeroWidthSpace", '\u{200b}'),
    ("NoBreak", '\u{2060}'),
];
const LONGEST_REFERENCE: usize = 20;

/// Returns the character and the length of a reference to a character that is normalized. Others are left to the parser.
fn reference(text: &str) -> Option<(char, usize)> {
    let end = text.bytes().take(LONGEST_REFERENCE).position(|byte| byte == b';')?;
    let name = &text[1..end];
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        let c = char::from_u32(code).filter(|&c| c != '\n' && c != '\r')?;
        return (!matches!(becomes(c), Becomes::Itself)).then_some((c, end + 1));
    }
    NAMED.iter().find(|(known, _)| *known == name).map(|&(_, c)| (c, end + 1))
}

#[cfg(test)]
mod tests {
    use super::normalize;

    #[test]
    fn invisible_characters_are_removed() {
        assert_eq!(normalize("a\u{200b}b\u{ad}c\u{feff}d\u{2060}e\u{202e}f\u{fdd0}g"), "abcdefg");
        assert_eq!(normalize("a&#8203;b&shy;c&ZeroWidthSpace;d"), "abcd");
    }

    #[test]
    fn every_space_is_one_space_and_lines_stay_lines() {
        assert_eq!(normalize("1\u{a0}000\u{3000}x&nbsp;y&#xA0;z\u{2028}w\r\nv\ru"), "1 000 x y z w\nv\nu");
    }

    #[test]
    fn full_width_digits_and_the_separators_between_them_are_ascii() {
        assert_eq!(normalize("１，５００，５．５ ，６"), "1,500,5.5 ，6");
        assert_eq!(normalize("&#65297;"), "1");
    }

    #[test]
    fn other_references_are_left_to_the_parser() {
        assert_eq!(normalize("&lt; 40B & &amp; &bogus; &"), "&lt; 40B & &amp; &bogus; &");
    }
}
