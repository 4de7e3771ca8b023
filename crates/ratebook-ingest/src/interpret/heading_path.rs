//! The section of a page that states a limit.

use crate::page::{BlockKind, Page};

/// The largest number of characters of a heading in a section.
const LONGEST: usize = 60;

/// Returns the headings above a line, from the outermost on. `None` if there are none.
pub(super) fn at(page: &Page, line: u32) -> Option<String> {
    let mut path: Vec<(u8, &str)> = Vec::new();
    for block in page.blocks.iter().take_while(|block| block.line <= line) {
        if let BlockKind::Heading { level, text } = &block.kind {
            path.retain(|(outer, _)| outer < level);
            path.push((*level, text));
        }
    }
    let headings: Vec<String> = path.iter().map(|(_, text)| text.chars().take(LONGEST).collect()).collect();
    (!headings.is_empty()).then(|| headings.join(" > "))
}
