//! Footnote marks and their notes.

use super::Reader;
use super::assign::MarkOf;
use super::facts::Fact;
use crate::ledger::{Address, sentences};
use crate::page::{Block, BlockKind, Cell};
use crate::recipe::{self, Bindings, TextPattern};

impl<'a> Reader<'a> {
    /// Returns what the footnote marks of a cell mean. `None`, with an error, if a mark has no rule or no note.
    pub(super) fn marks(&mut self, rule: &'a recipe::TableRule, cell: &Cell) -> Option<Vec<MarkOf<'a>>> {
        let mut found = Vec::new();
        for written in &cell.marks {
            let Some(mark) = rule.marks.get(written) else {
                let id = rule.id.get_ref();
                let message =
                    format!("unknown footnote mark `{written}` on `{}`: `{id}` needs it in [table.marks]", cell.text);
                self.error(cell.line, message);
                return None;
            };
            let Some(note) = &mark.note else {
                if let Some(block) = self.page.blocks.iter().find(|block| block.note.as_deref() == Some(written)) {
                    let line = block.line;
                    let message = format!(
                        "the note of the mark `{written}` on `{}` is on line {line}: the recipe has none",
                        cell.text
                    );
                    self.error(cell.line, message);
                    return None;
                }
                self.state_mark(written, cell);
                found.push(MarkOf { mark, bindings: Bindings::default() });
                continue;
            };
            let Some(bindings) = self.note_of(written, note) else {
                let message = format!("no note `{written}` of the page has the words `{note}`");
                self.error(cell.line, message);
                return None;
            };
            self.state_mark(written, cell);
            found.push(MarkOf { mark, bindings });
        }
        Some(found)
    }

    /// Adds the fact that a cell has a mark, so that a known mark on another cell shows even if it changes no limit.
    fn state_mark(&mut self, mark: &str, cell: &Cell) {
        let value = format!("{mark} on {}", cell.text.replace('\n', " "));
        self.facts.push(Fact::Statement { line: cell.line, name: "footnote mark".to_owned(), value });
    }

    /// Finds the note of a mark, and returns what its pattern bound. A sentence that the pattern consumes is claimed. A note
    /// of which the rule has only words stays a passage, so that its wording is pinned.
    fn note_of(&mut self, mark: &str, note: &str) -> Option<Bindings> {
        let pattern = TextPattern::parse(note).ok();
        for (at, block) in self.page.blocks.iter().enumerate().filter(|(_, block)| block.note.as_deref() == Some(mark))
        {
            let Some(text) = prose_of(block) else { continue };
            for (index, range) in sentences(text).into_iter().enumerate() {
                let bound = pattern.as_ref().and_then(|pattern| pattern.matches(&text[range]));
                if let Some(bound) = bound {
                    self.used(Address::sentence(at, index), &format!("mark[{mark}]"));
                    return Some(bound);
                }
            }
            if super::contains(text, note) {
                return Some(Bindings::default());
            }
        }
        None
    }
}

/// Returns the text of a paragraph or an item.
fn prose_of(block: &Block) -> Option<&str> {
    match &block.kind {
        BlockKind::Paragraph(text) | BlockKind::Item { text, .. } => Some(text),
        BlockKind::Heading { .. }
        | BlockKind::Table(_)
        | BlockKind::Code(_)
        | BlockKind::Unread { .. }
        | BlockKind::Statement { .. } => None,
    }
}
