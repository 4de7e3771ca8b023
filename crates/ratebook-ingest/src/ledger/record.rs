//! The records of a ledger: its blocks, with their texts and numbers.

use std::collections::BTreeMap;
use std::ops::Range;

use super::address::Part;
use super::disposition::Disposition;
use super::prose::{Weight, sentences, weigh};
use crate::number::numbers;
use crate::page::{Block, BlockKind, Cell, Origin, Unread};

/// One text of the ledger: a cell, a sentence, or something unread.
#[derive(Clone, Debug)]
pub(super) struct TextRecord {
    pub(super) line: u32,
    pub(super) text: String,
    pub(super) disposition: Disposition,
    /// The byte ranges of its numbers, with what became of each.
    pub(super) numbers: Vec<(Range<usize>, Disposition)>,
}

impl TextRecord {
    fn new(line: u32, text: &str) -> Self {
        let numbers = numbers(text).into_iter().map(|range| (range, Disposition::Open)).collect();
        Self { line, text: text.to_owned(), disposition: Disposition::Open, numbers }
    }

    /// Sets the disposition of the text, and of its open numbers.
    pub(super) fn set(&mut self, disposition: &Disposition) {
        self.disposition = disposition.clone();
        for (_, number) in &mut self.numbers {
            if *number == Disposition::Open {
                *number = disposition.clone();
            }
        }
    }

    pub(super) fn open_numbers(&self) -> usize {
        self.numbers.iter().filter(|(_, disposition)| *disposition == Disposition::Open).count()
    }
}

/// How the numbers and sentences of a block are accounted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Accounting {
    /// Its cells have numbers; one rule claims the block.
    Table,
    /// Each sentence has a disposition of its own.
    Prose,
    /// A heading, which is structure: only a sentence with a rate is accounted for.
    Heading,
    /// Something that the reader did not read.
    Unread,
    /// A statement of a fact page: our own words, of which nothing is accounted for.
    Statement,
}

/// One block of the ledger, with its texts.
#[derive(Clone, Debug)]
pub(super) struct BlockRecord {
    pub(super) accounting: Accounting,
    pub(super) line: u32,
    pub(super) disposition: Disposition,
    pub(super) texts: BTreeMap<Part, TextRecord>,
}

impl BlockRecord {
    /// Returns the record of a block of which everything is open.
    pub(super) fn new(block: &Block) -> Self {
        let mut texts = BTreeMap::new();
        let accounting = match &block.kind {
            BlockKind::Heading { text, .. } => {
                add_sentences(block.line, text, &mut texts);
                texts.retain(|_, text: &mut TextRecord| weigh(&text.text) == Weight::Rate);
                Accounting::Heading
            }
            BlockKind::Paragraph(text) | BlockKind::Item { text, .. } | BlockKind::Code(text) => {
                add_sentences(block.line, text, &mut texts);
                Accounting::Prose
            }
            BlockKind::Table(table) => {
                let mut add = |part: Part, cell: &Cell| {
                    if cell.origin == Origin::Stated {
                        texts.insert(part, TextRecord::new(cell.line, &cell.text));
                    }
                };
                for (row, cells) in table.header.iter().enumerate() {
                    cells.cells.iter().enumerate().for_each(|(column, cell)| add(Part::Header { row, column }, cell));
                }
                for (row, cells) in table.rows.iter().enumerate() {
                    cells.cells.iter().enumerate().for_each(|(column, cell)| add(Part::Body { row, column }, cell));
                }
                if let Some(caption) = &table.caption {
                    add(Part::Caption, caption);
                }
                Accounting::Table
            }
            BlockKind::Unread { what, text } => {
                let text = format!("{what}: {text}");
                let mut record = TextRecord::new(block.line, &text);
                if *what != Unread::Constant {
                    record.numbers.clear();
                }
                texts.insert(Part::Whole, record);
                Accounting::Unread
            }
            BlockKind::Statement { .. } => Accounting::Statement,
        };
        Self { accounting, line: block.line, disposition: Disposition::Open, texts }
    }
}

fn add_sentences(line: u32, text: &str, texts: &mut BTreeMap<Part, TextRecord>) {
    for (index, range) in sentences(text).into_iter().enumerate() {
        let above = text[..range.start].bytes().filter(|&byte| byte == b'\n').count();
        let line = line.saturating_add(u32::try_from(above).unwrap_or(u32::MAX));
        texts.insert(Part::Sentence(index), TextRecord::new(line, &text[range]));
    }
}
