//! Withdrawn pages: they have the expected title and names, and no longer state limits.

use super::{Reader, TITLE_BLOCKS};
use crate::number;
use crate::page::{Block, BlockKind};

impl Reader<'_> {
    /// Returns whether the page has the expected title and names, and no longer states limits.
    pub(super) fn is_withdrawn(&self) -> bool {
        let (Some(withdrawn), Some(title)) = (&self.recipe_page.withdrawn, &self.recipe_page.title) else {
            return false;
        };
        let texts: Vec<&str> = self.page.blocks.iter().filter_map(text_of).collect();
        let is_titled = texts.iter().take(TITLE_BLOCKS).any(|text| text.to_lowercase().starts_with(title.as_str()));
        let has_name = |name: &String| texts.iter().any(|text| text.contains(name.as_str()));
        is_titled && withdrawn.names.iter().all(has_name) && !self.page.blocks.iter().any(may_state_limits)
    }
}

/// Returns the text of a heading or a paragraph.
fn text_of(block: &Block) -> Option<&str> {
    match &block.kind {
        BlockKind::Heading { text, .. } | BlockKind::Paragraph(text) => Some(text),
        BlockKind::Item { .. }
        | BlockKind::Table(_)
        | BlockKind::Code(_)
        | BlockKind::Unread { .. }
        | BlockKind::Statement { .. } => None,
    }
}

/// Returns whether a block may hold limits: a table, the names of its columns, or a number with a unit.
fn may_state_limits(block: &Block) -> bool {
    const COUNTED: [&str; 9] =
        ["rpm", "tpm", "request", "token", "per minute", "per second", "per day", "/min", "per hour"];
    match &block.kind {
        BlockKind::Table(_) | BlockKind::Unread { .. } => true,
        BlockKind::Heading { text, .. } | BlockKind::Paragraph(text) | BlockKind::Item { text, .. } => {
            let lower = text.to_lowercase();
            // 429 is the status of a refusal.
            let is_amount = number::numbers(text).into_iter().any(|range| &text[range] != "429");
            text.contains("RPM") && text.contains("TPM") && text.contains("Plan")
                || is_amount && COUNTED.iter().any(|word| lower.contains(word))
        }
        BlockKind::Code(_) | BlockKind::Statement { .. } => false,
    }
}
