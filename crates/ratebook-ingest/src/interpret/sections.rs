//! The sections of a page, by their headings: a heading that vanished shows.

use super::distil::Distiller;
use super::findings::Findings;
use crate::page::{Block, BlockKind, Page};

/// A section that a page is known to have: what it holds, and words of which its heading has one, in small letters.
pub(super) type Section = (&'static str, &'static [&'static str]);

const LONGEST_HEADING: usize = 60;

fn is_of(heading: &str, (_, words): &Section) -> bool {
    let lower = heading.to_lowercase();
    words.iter().any(|word| lower.contains(word))
}

/// Keeps a line of flattened text, where headings are lines like any other, if it is the page's title or the
/// heading of a known section.
pub(super) fn keep(page: &Page, line: u32, text: &str, sections: &[Section], out: &mut Distiller) {
    if text.len() > LONGEST_HEADING || text.ends_with(['.', ':', '!', '?']) {
        return;
    }
    if page.blocks.first().is_some_and(|first| first.line == line) {
        out.heading(line, 1, text);
    } else if sections.iter().any(|section| is_of(text, section)) {
        out.heading(line, 2, text);
    }
}

/// Warns of each section whose heading is missing, and of a missing title, on a page that has headings at all.
pub(super) fn check(page: &Page, sections: &[Section], out: &mut Findings<'_>) {
    let heading = |block: &'_ Block| match &block.kind {
        BlockKind::Heading { level, text } => Some((*level, text.clone())),
        _ => None,
    };
    let headings: Vec<(u8, String)> = page.blocks.iter().filter_map(heading).collect();
    if headings.is_empty() {
        return;
    }
    if headings.iter().all(|(level, _)| *level > 1) {
        out.warning(1, "the page has no title");
    }
    let is_missing = |section: &&Section| !headings.iter().any(|(level, text)| *level > 1 && is_of(text, section));
    for (what, _) in sections.iter().filter(is_missing) {
        out.warning(1, format!("no heading of {what}: it is missing or has another name"));
    }
}
