//! The known sections of a page. A missing heading is a warning.

use super::extract::Extractor;
use super::findings::Findings;
use crate::page::{Block, BlockKind, Page};

/// A section that a page must have: its content, and lowercase words of which its heading has at least one.
pub(super) type KnownSection = (&'static str, &'static [&'static str]);

const MAX_HEADING_BYTES: usize = 60;

fn is_of(heading: &str, (_, words): &KnownSection) -> bool {
    let lower = heading.to_lowercase();
    words.iter().any(|word| lower.contains(word))
}

/// Extracts a line of flattened text as a heading if it is the page's title or the heading of a known section.
pub(super) fn keep(page: &Page, line: u32, text: &str, sections: &[KnownSection], out: &mut Extractor) {
    if text.len() > MAX_HEADING_BYTES || text.ends_with(['.', ':', '!', '?']) {
        return;
    }
    if page.blocks.first().is_some_and(|first| first.line == line) {
        out.heading(line, 1, text);
    } else if sections.iter().any(|section| is_of(text, section)) {
        out.heading(line, 2, text);
    }
}

/// Warns of a missing title, and of each section without a heading. A page without any heading passes.
pub(super) fn check(page: &Page, sections: &[KnownSection], out: &mut Findings<'_>) {
    let heading = |block: &'_ Block| match &block.kind {
        BlockKind::Heading { level, text } => Some((*level, text.clone())),
        _ => None,
    };
    let headings: Vec<(u8, String)> = page.blocks.iter().filter_map(heading).collect();
    if headings.is_empty() {
        return;
    }
    if headings.iter().all(|(level, _)| *level > 1) {
        out.warning(1, "expected a title, found none");
    }
    let is_missing = |section: &&KnownSection| !headings.iter().any(|(level, text)| *level > 1 && is_of(text, section));
    for (what, _) in sections.iter().filter(is_missing) {
        out.warning(1, format!("expected a heading of {what}, found none: it is missing or renamed"));
    }
}
