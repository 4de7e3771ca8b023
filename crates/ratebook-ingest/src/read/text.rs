//! The reader of flattened text: each line is a paragraph or a list item.

use super::{line_number, marks};
use crate::page::{Block, BlockKind, Flags};

pub(super) fn blocks(text: &str) -> Vec<Block> {
    let lines = text.split('\n').enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(index, line)| block(line_number(index), line)).collect()
}

fn block(line_number: u32, line: &str) -> Block {
    let indent = line.chars().take_while(|c| c.is_whitespace()).count();
    let item = item(line.trim());
    let marked = marks::split(item.map_or(line, |(_, text)| text), false);
    let (text, mut note) = (marked.text, marked.note);
    let kind = match item {
        Some((bullet, _)) => {
            note = note.or_else(|| (bullet == "*").then(|| bullet.to_owned()));
            BlockKind::Item { depth: u8::try_from(indent.saturating_sub(2) / 2).unwrap_or(u8::MAX), text }
        }
        None => BlockKind::Paragraph(text),
    };
    Block {
        flags: Flags { hidden: false, struck: marked.is_struck },
        marks: marked.marks,
        note,
        ..Block::new(line_number, kind)
    }
}

/// Returns the bullet and the text of a list item: a bullet, or an ordinal with a dot or parenthesis, then a space.
fn item(line: &str) -> Option<(&str, &str)> {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let bullet = match line.strip_prefix(['•', '◦', '-', '*', '–']) {
        Some(after) => line.len() - after.len(),
        None if (1..=2).contains(&digits) && line[digits..].starts_with(['.', ')']) => digits + 1,
        None => return None,
    };
    let (bullet, text) = line.split_at(bullet);
    text.starts_with(char::is_whitespace).then(|| (bullet, text.trim()))
}
