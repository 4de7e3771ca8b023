//! Footnote marks, and struck-out parts, of a text that was collected.

use super::characters::{CODE, STRUCK, SUPERSCRIPT};
use super::{collapse, collapse_lines};

/// A text without its footnote marks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Marked {
    /// The text. Struck-out parts are between `~~`, unless all of it is struck out.
    pub(super) text: String,
    /// The marks, in order, without that of `note`.
    pub(super) marks: Vec<String>,
    /// The mark with which the text begins.
    pub(super) note: Option<String>,
    /// Whether all of the text is struck out.
    pub(super) is_struck: bool,
}

/// Splits a collected text. `keeps_lines` is whether line breaks are part of it.
pub(super) fn split(raw: &str, keeps_lines: bool) -> Marked {
    let raw = without_plain_superscripts(raw);
    let mut out = Splitter {
        text: String::with_capacity(raw.len()),
        marks: Vec::new(),
        note: None,
        has_open_star: false,
        is_empty: true,
    };
    let mut rest = raw.as_str();
    let mut is_code = false;
    while let Some(c) = rest.chars().next() {
        let len = if c == CODE[0] || c == CODE[1] {
            is_code = c == CODE[0];
            c.len_utf8()
        } else if is_code {
            out.push(c);
            c.len_utf8()
        } else if let Some((mark, len)) = out.mark_at(rest, c) {
            out.mark(mark);
            len
        } else if c == '*' {
            let len = rest.find(|c| c != '*').unwrap_or(rest.len());
            out.has_open_star = !out.has_open_star && out.opens_emphasis(&rest[len..]);
            rest[..len].chars().for_each(|c| out.push(c));
            len
        } else {
            out.push(c);
            c.len_utf8()
        };
        rest = &rest[len..];
    }
    out.finish(keeps_lines)
}

/// Splits a collected text into its footnotes: before a line that begins with a mark, and, in a footnote, before a
/// superscript that begins a sentence.
pub(super) fn split_notes(raw: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut is_note = begins_note(raw);
    for (at, c) in raw.char_indices() {
        let is_break = match c {
            '\n' => begins_note(&raw[at + 1..]),
            _ if c == SUPERSCRIPT[0] && is_note => {
                let before = raw[start..at].trim_end_matches(' ');
                before.len() < at - start && before.ends_with(['.', '!', '?']) && begins_note(&raw[at..])
            }
            _ => false,
        };
        if is_break && !raw[start..at].trim().is_empty() {
            parts.push(&raw[start..at]);
            start = at;
            is_note = true;
        }
    }
    parts.push(&raw[start..]);
    parts
}

/// Returns whether a text begins with a footnote mark.
fn begins_note(text: &str) -> bool {
    const LONGEST: usize = 64;
    let start = text.trim_start();
    let near = start.char_indices().nth(LONGEST).map_or(start, |(at, _)| &start[..at]);
    split(near.split('\n').next().unwrap_or_default(), false).note.is_some()
}

/// Returns the text with superscripts that are not footnote marks, such as `st` of `1st`, as plain text.
fn without_plain_superscripts(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((before, inside)) = rest.split_once(SUPERSCRIPT[0]) {
        out.push_str(before);
        let (content, after) = inside.split_once(SUPERSCRIPT[1]).unwrap_or((inside, ""));
        let plain: String = content.chars().filter(|c| !SUPERSCRIPT.contains(c) && !CODE.contains(c)).collect();
        let marks: Vec<&str> = plain.split([',', ' ', ';', '\n']).filter(|part| !part.is_empty()).collect();
        if !marks.is_empty() && marks.iter().all(|mark| is_mark(mark)) {
            for mark in marks {
                out.push(SUPERSCRIPT[0]);
                out.push_str(mark);
                out.push(SUPERSCRIPT[1]);
            }
        } else {
            out.push_str(&plain);
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Returns whether the text of a superscript is a footnote mark.
fn is_mark(text: &str) -> bool {
    let bare = text.strip_prefix(['[', '(']).and_then(|text| text.strip_suffix([']', ')'])).unwrap_or(text);
    let bare = bare.strip_prefix('^').unwrap_or(bare);
    let is_number = bare.len() <= 2 && bare.bytes().all(|byte| byte.is_ascii_digit());
    let is_symbols = bare.chars().count() <= 4 && bare.chars().all(|c| matches!(c, '*' | '†' | '‡' | '§' | '¶' | '#'));
    let is_letter = bare.len() == 1 && bare.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_named = text.starts_with("[^");
    !bare.is_empty() && (is_number || is_symbols || is_letter || is_named)
}

struct Splitter {
    text: String,
    marks: Vec<String>,
    note: Option<String>,
    /// Whether a `*` of the text may begin emphasis, which another ends.
    has_open_star: bool,
    /// Whether the text has only white space.
    is_empty: bool,
}

impl Splitter {
    /// Returns the mark with which the rest begins, and its length.
    fn mark_at<'a>(&self, rest: &'a str, first: char) -> Option<(&'a str, usize)> {
        let run = |is_part: fn(char) -> bool| rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        match first {
            _ if first == SUPERSCRIPT[0] => {
                let from = first.len_utf8();
                let end = rest.find(SUPERSCRIPT[1])?;
                Some((&rest[from..end], end + SUPERSCRIPT[1].len_utf8()))
            }
            '†' | '‡' => {
                let len = run(|c| matches!(c, '†' | '‡'));
                self.is_mark_place(&rest[len..]).then_some((&rest[..len], len))
            }
            '\u{b9}' | '\u{b2}' | '\u{b3}' | '\u{2070}' | '\u{2074}'..='\u{2079}' => {
                let len = run(|c| matches!(c, '\u{b9}' | '\u{b2}' | '\u{b3}' | '\u{2070}' | '\u{2074}'..='\u{2079}'));
                self.is_mark_place(&rest[len..]).then_some((&rest[..len], len))
            }
            '*' => {
                let len = run(|c| c == '*');
                self.is_star_mark(len, &rest[len..]).then_some((&rest[..len], len))
            }
            '[' => {
                let end = rest.bytes().take(12).position(|byte| byte == b']')?;
                let inside = &rest[1..end];
                let is_number = (1..=2).contains(&inside.len()) && inside.bytes().all(|byte| byte.is_ascii_digit());
                let after = &rest[end + 1..];
                let is_place = self.is_mark_place(after) && (self.is_empty || ends_word(after));
                ((is_number || inside.starts_with('^') && inside.len() > 1) && is_place)
                    .then_some((&rest[..=end], end + 1))
            }
            _ => None,
        }
    }

    fn push(&mut self, c: char) {
        self.is_empty &= c.is_whitespace() || STRUCK.contains(&c);
        self.text.push(c);
    }

    /// A mark alone is text.
    fn is_mark_place(&self, after: &str) -> bool {
        !self.is_empty || !after.trim_start().is_empty()
    }

    fn is_star_mark(&self, len: usize, after: &str) -> bool {
        if len > 4 || self.has_open_star {
            return false;
        }
        if self.is_empty {
            let is_emphasis = len == 1 && after.starts_with(char::is_alphanumeric) && after.contains('*');
            return !after.trim_start().is_empty() && !is_emphasis;
        }
        match self.text.chars().next_back() {
            // `500 *`, but not `5 * 3` or `a *b`.
            Some(c) if c.is_whitespace() => {
                let after = after.trim_start_matches(' ');
                after.is_empty() || after.starts_with('\n')
            }
            Some(c) => (c.is_alphanumeric() || matches!(c, ')' | ']' | '%' | '.' | '"' | '+')) && ends_word(after),
            None => false,
        }
    }

    fn opens_emphasis(&self, after: &str) -> bool {
        self.text.chars().next_back().is_none_or(char::is_whitespace) && after.starts_with(char::is_alphanumeric)
    }

    fn mark(&mut self, mark: &str) {
        let is_first = self.is_empty && self.note.is_none() && self.marks.is_empty();
        if is_first {
            self.note = Some(mark.to_owned());
        } else {
            self.marks.push(mark.to_owned());
        }
    }

    fn finish(self, keeps_lines: bool) -> Marked {
        let mut in_struck = false;
        let mut has_struck = false;
        let mut has_plain = false;
        for c in self.text.chars() {
            match c {
                _ if c == STRUCK[0] => in_struck = true,
                _ if c == STRUCK[1] => in_struck = false,
                _ if c.is_whitespace() => {}
                _ if in_struck => has_struck = true,
                _ => has_plain = true,
            }
        }
        let mut is_struck = has_struck && !has_plain;
        let with_marks = if is_struck { self.text.replace(STRUCK, "") } else { self.text.replace(STRUCK, "~~") };
        let mut text = if keeps_lines { collapse_lines(&with_marks) } else { collapse(&with_marks) };
        if let Some(inside) = text.strip_prefix("~~").and_then(|text| text.strip_suffix("~~"))
            && !inside.is_empty()
            && !inside.contains("~~")
        {
            text = inside.trim().to_owned();
            is_struck = true;
        }
        if self.note.is_some() {
            // `[1]: a note`
            text = text.trim_start_matches([':', ' ']).to_owned();
        }
        Marked { text, marks: self.marks, note: self.note, is_struck }
    }
}

/// Returns whether a word ends before a text.
fn ends_word(after: &str) -> bool {
    let mut chars = after.chars();
    match chars.next() {
        None => true,
        Some(c) if c.is_whitespace() || STRUCK.contains(&c) || c == SUPERSCRIPT[0] || c == '†' || c == '‡' => true,
        Some(',' | ';' | ':' | '.' | ')' | '/' | '|' | '!' | '?') => chars.next().is_none_or(|c| !c.is_alphanumeric()),
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Marked, split, split_notes};

    fn marks(text: &str) -> (String, String, Option<String>) {
        let Marked { text, marks, note, .. } = split(text, false);
        (text, marks.join(" "), note)
    }

    fn is(text: &str, marks: &str) -> (String, String, Option<String>) {
        (text.to_owned(), marks.to_owned(), None)
    }

    #[test]
    fn marks_of_every_spelling_stay_beside_the_text() {
        assert_eq!(marks("300,000*"), is("300,000", "*"));
        assert_eq!(marks("500 **"), is("500", "**"));
        assert_eq!(marks("5†‡ and 6¹"), is("5 and 6", "†‡ ¹"));
        assert_eq!(marks("Calls [1], tokens[2]"), is("Calls , tokens", "[1] [2]"));
        assert_eq!(marks("10\u{fdd2}1,2\u{fdd3} calls"), is("10 calls", "1 2"));
        assert_eq!(marks("a (b)*, c*"), is("a (b), c", "* *"));
    }

    #[test]
    fn a_note_begins_with_its_mark() {
        for (text, note) in
            [("* a note", "*"), ("†a note", "†"), ("[1] a note", "[1]"), ("\u{fdd2}1\u{fdd3} a note", "1")]
        {
            assert_eq!(marks(text), ("a note".to_owned(), String::new(), Some(note.to_owned())), "{text}");
        }
        assert_eq!(marks("\u{fdd2}* - a note\u{fdd3}").2.as_deref(), Some("*"));
    }

    #[test]
    fn footnotes_in_one_paragraph_are_split() {
        let text = "\u{fdd2}1\u{fdd3} One. \u{fdd2}2\u{fdd3} Two\u{fdd2}3\u{fdd3}.\n* Three";
        let notes: Vec<_> = split_notes(text).into_iter().map(marks).collect();
        let note = |text: &str, marks: &str, note: &str| (text.to_owned(), marks.to_owned(), Some(note.to_owned()));
        assert_eq!(notes, [note("One.", "", "1"), note("Two.", "3", "2"), note("Three", "", "*")]);
    }

    #[test]
    fn other_uses_of_the_same_characters_are_text() {
        for text in ["gpt-*", "5 * 3", "*", "a *b* c", "x[0].y", "1st", "[12 calls]", "a*b"] {
            assert_eq!(marks(text), is(text, ""), "{text}");
        }
        assert_eq!(marks("1\u{fdd2}st\u{fdd3}"), is("1st", ""));
        assert_eq!(marks("\u{fdd4}qwen*\u{fdd5} x"), is("qwen* x", ""));
    }

    #[test]
    fn struck_out_text_is_flagged_or_marked() {
        let whole = split("\u{fdd0}50\u{fdd1} ", false);
        assert_eq!((whole.text.as_str(), whole.is_struck), ("50", true));
        let part = split("\u{fdd0}50\u{fdd1} 60", false);
        assert_eq!((part.text.as_str(), part.is_struck), ("~~50~~ 60", false));
        assert!(split("~~50~~", false).is_struck);
    }
}
