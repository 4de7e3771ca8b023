//! What became of each block of a page.

use crate::columns::header_names;
use crate::ledger::{self, Address, Ledger, Part, sentences};
use crate::page::{Block, BlockKind, Page};
use crate::reading::{Diagnostic, Reading};

/// What became of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A rule reads it.
    Read {
        /// The rule, such as `table[limits]`.
        rule: String,
    },
    /// It is set aside.
    Aside {
        /// The reason.
        reason: String,
    },
    /// It is a heading, which is part of the sections.
    Structure,
    /// No rule reads it, and none sets it aside.
    Open,
}

/// A block, or a sentence of prose, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The line of the vendor's page, from 1.
    pub line: u32,
    /// The text, or the names of the columns of a table.
    pub text: String,
    /// What became of it.
    pub outcome: Outcome,
    /// The limits that were read from it, one a line.
    pub limits: Vec<String>,
    /// The diagnostics at its lines.
    pub diagnostics: Vec<Diagnostic>,
}

/// Returns what became of each block of a page, and of each sentence of its prose, in the order of the page.
pub(super) fn blocks(page: &Page, ledger: &Ledger<'_>, reading: &Reading) -> Vec<Explained> {
    let mut explained = Vec::new();
    for (at, block) in page.blocks.iter().enumerate() {
        let parts: Vec<(Part, String)> = match &block.kind {
            BlockKind::Heading { text, .. } | BlockKind::Item { text, .. } => vec![(Part::Whole, text.clone())],
            BlockKind::Paragraph(text) | BlockKind::Code(text) => {
                let ranges = sentences(text).into_iter().enumerate();
                ranges.map(|(index, range)| (Part::Sentence(index), text[range].to_owned())).collect()
            }
            BlockKind::Table(table) => {
                vec![(Part::Whole, header_names(table).join(" | "))]
            }
            BlockKind::Unread { what, text } => vec![(Part::Whole, format!("{what}: {text}"))],
            BlockKind::Statement { .. } => continue,
        };
        let last = parts.len().saturating_sub(1);
        for (index, (part, text)) in parts.into_iter().enumerate() {
            let is_last = index == last;
            let lines = if is_last { lines(block) } else { Vec::new() };
            explained.push(Explained {
                line: block.line,
                text,
                outcome: outcome(block, ledger.disposition(Address { block: at, part })),
                limits: limits(reading, &lines),
                diagnostics: diagnostics(reading, &lines),
            });
        }
    }
    explained
}

fn outcome(block: &Block, disposition: Option<&ledger::Disposition>) -> Outcome {
    match disposition {
        Some(ledger::Disposition::Claimed { rule }) => Outcome::Read { rule: rule.to_string() },
        Some(ledger::Disposition::SetAside { reason }) => Outcome::Aside { reason: reason.to_string() },
        Some(ledger::Disposition::Open) | None if matches!(block.kind, BlockKind::Heading { .. }) => Outcome::Structure,
        Some(ledger::Disposition::Open) | None => Outcome::Open,
    }
}

/// Returns the lines of a block: of a table, those of its cells.
fn lines(block: &Block) -> Vec<u32> {
    let BlockKind::Table(table) = &block.kind else { return vec![block.line] };
    let cells = table.header.iter().chain(&table.rows).flat_map(|row| &row.cells);
    let mut lines: Vec<u32> = cells.map(|cell| cell.line).chain([block.line]).collect();
    lines.sort_unstable();
    lines.dedup();
    lines
}

fn limits(reading: &Reading, lines: &[u32]) -> Vec<String> {
    let of_block = |line: Option<u32>| line.is_some_and(|line| lines.binary_search(&line).is_ok());
    let found = reading.source.limits.iter().filter(|limit| of_block(limit.line));
    let text = |limit: &ratebook_source::Limit| {
        let key = limit.entry_key();
        let name = key.parts().into_iter().flatten().chain([key.name]).collect::<Vec<_>>().join(" ");
        let per = limit.per.map_or_else(String::new, |per| format!(" per {per}"));
        format!("{name}: {} {}{per}", limit.amount, limit.metric)
    };
    found.map(text).collect()
}

fn diagnostics(reading: &Reading, lines: &[u32]) -> Vec<Diagnostic> {
    let of_block = |found: &&Diagnostic| found.line.is_some_and(|line| lines.binary_search(&line).is_ok());
    reading.diagnostics.iter().filter(of_block).cloned().collect()
}
