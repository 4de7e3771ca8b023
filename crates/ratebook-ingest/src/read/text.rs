//! The reader of flattened text: each line is a paragraph or a list item.

use super::{collapse, line_number};
use crate::page::{Block, BlockKind};

pub(super) fn blocks(text: &str) -> Vec<Block> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(index, line)| Block::new(line_number(index), block(line))).collect()
}

fn block(line: &str) -> BlockKind {
    let indent = line.chars().take_while(|c| c.is_whitespace()).count();
    match item(line.trim()) {
        Some(text) => BlockKind::Item {
            depth: u8::try_from(indent.saturating_sub(2) / 2).unwrap_or(u8::MAX),
            text: collapse(text),
        },
        None => BlockKind::Paragraph(collapse(line)),
    }
}

/// Returns the text of a list item after its mark: a bullet, or an ordinal with a dot or parenthesis.
fn item(line: &str) -> Option<&str> {
    let after = match line.strip_prefix(['•', '◦', '-', '*', '–']) {
        Some(after) => after,
        None => {
            let digits = line.bytes().take_while(u8::is_ascii_digit).count();
            (1..=2).contains(&digits).then(|| line[digits..].strip_prefix(['.', ')']))??
        }
    };
    after.starts_with(char::is_whitespace).then(|| after.trim())
}
