//! Lines that name the section of a list: headings in flattened text, bold labels in other forms.

use crate::page::{Block, BlockKind};
use crate::recipe::{ListRule, Recipe};

/// The level of a label that becomes a heading.
const LABEL_LEVEL: u8 = 3;

/// Makes the line above a list a heading if the list's rule takes its section from there, and no list has a heading.
pub(super) fn promote(blocks: &mut [Block], recipe: &Recipe) {
    let rules: Vec<&ListRule> = recipe.lists.iter().filter(|list| list.section.is_some()).collect();
    if rules.is_empty() {
        return;
    }
    let owns_items = |at: usize, blocks: &[Block]| blocks.get(at + 1).is_some_and(|next| is_item_of(&rules, next));
    let has_heading =
        (0..blocks.len()).any(|at| matches!(blocks[at].kind, BlockKind::Heading { .. }) && owns_items(at, blocks));
    if has_heading {
        return;
    }
    for at in 0..blocks.len() {
        if owns_items(at, blocks)
            && let BlockKind::Paragraph(text) = &blocks[at].kind
        {
            blocks[at].kind = BlockKind::Heading { level: LABEL_LEVEL, text: text.clone() };
        }
    }
}

/// Returns whether a block is an item that a pattern of one of the rules consumes.
pub(super) fn is_item_of(rules: &[&ListRule], block: &Block) -> bool {
    match &block.kind {
        BlockKind::Item { text, .. } => {
            rules.iter().any(|rule| rule.who.iter().any(|text_rule| text_rule.pattern.matches(text).is_some()))
        }
        BlockKind::Heading { .. }
        | BlockKind::Paragraph(_)
        | BlockKind::Table(_)
        | BlockKind::Code(_)
        | BlockKind::Unread { .. }
        | BlockKind::Statement { .. } => false,
    }
}

/// Returns the level of the shallowest heading that items of the rules directly follow, or `None` if there is none.
pub(super) fn section_level(blocks: &[Block], rules: &[&ListRule]) -> Option<u8> {
    let pairs = blocks.iter().zip(blocks.iter().skip(1));
    let levels = pairs.filter_map(|(block, next)| {
        let BlockKind::Heading { level, .. } = block.kind else { return None };
        is_item_of(rules, next).then_some(level)
    });
    levels.min()
}
