//! Fingerprints of what rules set aside by a pattern: columns, rows, tables, items, code, hidden text, included text, and
//! words that `{any}` takes.
//!
//! A rule that sets texts aside by a pattern does so whatever they say. The fact page has a fingerprint of the words and
//! numbers of these texts for each section and reason, the labels of the section included, so that another wording, another
//! window and labels that changed places show as changes of the page. A row that a pattern sets aside and that states a rate
//! is a passage besides: `aside.tsv` must set it aside singly.

use super::Reader;
use super::facts::Fact;
use super::reader::Pin;
use crate::ledger::{Address, Fingerprint, Part, section_text, sentences};
use crate::page::{Block, BlockKind, Origin, Page, SectionPath};
use crate::recipe::TextPattern;

/// Name of the statements with fingerprints of what rules set aside.
const SET_ASIDE: &str = "set aside";

/// The reason of a text of which a pattern takes words and binds none of them.
const UNBOUND: &str = "words that a pattern takes and does not bind";

impl Reader<'_> {
    /// Sets a text aside by a rule, and pins it.
    pub(super) fn set_aside_by_rule(&mut self, address: impl Into<Option<Address>>, reason: &str) {
        let Some(address) = address.into() else { return };
        self.pin(address, reason);
        self.set_aside(address, reason);
    }

    /// Pins a text that a pattern consumed, if the pattern drops words of it.
    pub(super) fn pin_dropped(&mut self, address: impl Into<Option<Address>>, pattern: &TextPattern) {
        if pattern.drops_words() {
            self.pin(address, UNBOUND);
        }
    }

    /// Pins a text that a rule sets aside.
    pub(super) fn pin(&mut self, address: impl Into<Option<Address>>, reason: &str) {
        if let Some(address) = address.into() {
            self.pins.push(Pin { address, reason: reason.to_owned() });
        }
    }

    /// Returns the fingerprints, as facts, in the order of the page.
    pub(super) fn pinned(&self) -> Vec<Fact> {
        let mut groups: Vec<Group<'_>> = Vec::new();
        for Pin { address, reason } in &self.pins {
            let block = &self.page.blocks[address.block];
            let text = text_at(self.page, *address);
            if text.is_empty() {
                continue;
            }
            // Texts of one section and reason follow each other, but for the columns of a row.
            let near = groups.iter_mut().rev().take(NEAR);
            let known = near.into_iter().find(|group| group.reason == reason && *group.path == block.path);
            match known {
                Some(group) => group.texts.push(text),
                None => groups.push(Group { path: &block.path, reason, line: block.line, texts: vec![text] }),
            }
        }
        groups.iter().map(Group::fact).collect()
    }
}

/// The number of latest groups that are searched for the group of a text.
const NEAR: usize = 16;

/// What one section sets aside for one reason.
struct Group<'a> {
    path: &'a SectionPath,
    reason: &'a str,
    line: u32,
    texts: Vec<String>,
}

impl Group<'_> {
    fn fact(&self) -> Fact {
        let section = section_text(self.path);
        let fingerprint = Fingerprint::of(&format!("{}\n{}", self.path, self.texts.join("\n")));
        let place = if section.is_empty() { String::new() } else { format!("{section}: ") };
        let (count, reason) = (self.texts.len(), self.reason);
        let value = format!("{place}{count} by a rule, fingerprint {fingerprint}: {reason}");
        Fact::Statement { line: self.line, name: SET_ASIDE.to_owned(), value }
    }
}

/// Returns the text at an address. Empty for a cell that a merged cell covers: its text is stated elsewhere.
fn text_at(page: &Page, address: Address) -> String {
    let block = &page.blocks[address.block];
    match address.part {
        Part::Whole => text_of(block),
        Part::Sentence(index) => {
            let text = block.kind.text().unwrap_or_default();
            sentences(text).into_iter().nth(index).map_or_else(String::new, |range| text[range].to_owned())
        }
        Part::Caption | Part::Header { .. } | Part::Body { .. } => {
            let cell = address.cell(page).filter(|cell| cell.origin == Origin::Stated);
            cell.map_or_else(String::new, |cell| cell.text.clone())
        }
    }
}

fn text_of(block: &Block) -> String {
    match &block.kind {
        BlockKind::Table(table) => {
            let rows = table.header.iter().chain(&table.rows).flat_map(|row| &row.cells);
            let cells = table.caption.iter().chain(rows).filter(|cell| cell.origin == Origin::Stated);
            cells.map(|cell| cell.text.as_str()).collect::<Vec<_>>().join("\n")
        }
        BlockKind::Unread { what, text } => format!("{what}: {text}"),
        BlockKind::Statement { name, value } => format!("{name}: {value}"),
        BlockKind::Heading { text, .. }
        | BlockKind::Paragraph(text)
        | BlockKind::Item { text, .. }
        | BlockKind::Code(text) => text.clone(),
    }
}
