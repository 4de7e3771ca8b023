//! `[… …]`: marks of a saved copy that was shortened. They are not content.

/// Returns the text without the marks, and the line of each mark. A mark is on one line; its line stays.
///
/// A mark begins with `[…` or `[...`, then a space or the end of the mark. Brackets within it are balanced.
pub(super) fn remove(source: &str) -> (String, Vec<u32>) {
    let mut out = String::with_capacity(source.len());
    let mut gaps = Vec::new();
    for (index, line) in source.split('\n').enumerate() {
        if index > 0 {
            out.push('\n');
        }
        let mut rest = line;
        while let Some(at) = rest.find('[') {
            let (before, from) = rest.split_at(at);
            out.push_str(before);
            match mark_len(from) {
                Some(len) => {
                    gaps.push(super::line_number(index));
                    rest = &from[len..];
                }
                None => {
                    out.push('[');
                    rest = &from[1..];
                }
            }
        }
        out.push_str(rest);
    }
    (out, gaps)
}

/// The largest length of a mark, in bytes.
const LONGEST: usize = 4096;

/// Returns the length of the mark with which the text begins.
fn mark_len(text: &str) -> Option<usize> {
    let inside = text.strip_prefix("[…").or_else(|| text.strip_prefix("[..."))?;
    if !inside.starts_with([' ', ']']) {
        return None;
    }
    let mut depth = 0usize;
    for (at, c) in text.char_indices().take_while(|&(at, _)| at < LONGEST) {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            // `[…](target)` is a link.
            return (!text[at + 1..].starts_with('(')).then_some(at + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::remove;

    #[test]
    fn a_mark_is_removed_and_its_line_is_kept() {
        assert_eq!(remove("a\n[… cut …]\nb [… x [y …] z …] c"), ("a\n\nb  c".to_owned(), vec![2, 3]));
    }

    #[test]
    fn links_lists_and_open_brackets_are_content() {
        for text in ["[…](/more)", "[1, 2]", "[… open", "[...args]"] {
            assert_eq!(remove(text), (text.to_owned(), Vec::new()));
        }
    }
}
