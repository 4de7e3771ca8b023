//! Tabs whose labels stand on a bare line: the tables and lists below become the panels of the tabs.
//!
//! The recipe has the closed list of labels (`[[tabs]]`). A line, or lines one below the other, with exactly these labels
//! begin the tabs. Up to the next heading, each table and each run of list items is a panel. If each label stands once more
//! on a line of its own, the panels below it are its panels; else there must be one panel for each label, in their order.
//! What stands between the panels does not say to which it belongs, and gets no label.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::page::{Block, BlockKind, Label, LabelKind};
use crate::reading::{Diagnostic, Severity};
use crate::recipe::{Recipe, RecipePage, TabsRule};
use crate::vocabulary;

/// The lines of labels, by the index of their block.
pub(in crate::engine) type TabLines = BTreeMap<usize, TabLine>;

/// A line of labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::engine) struct TabLine {
    /// The name of its rule.
    pub(in crate::engine) rule: String,
    /// Whether the tabs begin there.
    pub(in crate::engine) is_first: bool,
}

/// The number of blocks after unknown labels among which a panel is looked for.
const NEAR: usize = 40;

/// Finds the lines of labels, and labels their panels.
pub(super) fn arrange(
    blocks: &mut [Block],
    recipe: &Recipe,
    recipe_page: &RecipePage,
    diagnostics: &mut Vec<Diagnostic>,
) -> TabLines {
    let mut lines = TabLines::new();
    let rules: Vec<&TabsRule> = recipe.tabs.iter().filter(|tabs| recipe_page.is_among(&tabs.pages)).collect();
    let begins = |blocks: &[Block], at: usize| {
        rules.iter().find_map(|&tabs| Some((tabs, labels_len(blocks, at, tabs.labels.get_ref())?)))
    };
    let mut at = 0;
    while at < blocks.len() {
        let Some((tabs, len)) = begins(blocks, at) else {
            at += 1;
            continue;
        };
        let begin = at + len;
        let section = begin..begin + section_len(blocks, begin, &blocks[at]);
        // Other tabs may follow in the section.
        let end = section.clone().find(|&other| begins(blocks, other).is_some()).unwrap_or(section.end);
        let line = |index: usize| (index, TabLine { rule: tabs.rule(), is_first: index == at });
        lines.extend((at..begin).map(line));
        match panels(&blocks[begin..end], tabs.labels.get_ref()) {
            Ok(Panels { labelled, own_lines }) => {
                lines.extend(own_lines.into_iter().map(|index| line(begin + index)));
                for (index, label) in labelled {
                    let block = &mut blocks[begin + index];
                    let own = Label::new(LabelKind::Tab, label);
                    block.path = block.path.labels().iter().cloned().chain([own]).collect();
                }
            }
            Err(message) => {
                let line = Some(blocks[at].line);
                diagnostics.push(Diagnostic { severity: Severity::Error, line, message });
            }
        }
        at = end.max(begin);
    }
    lines
}

/// Returns the number of blocks from an index on that are all labels and nothing else, or `None` if they are not.
fn labels_len(blocks: &[Block], at: usize, labels: &[String]) -> Option<usize> {
    let line = |at: usize| blocks.get(at).and_then(line_of);
    if is_line_of(line(at)?, labels) {
        return Some(1);
    }
    let is_each = labels.iter().enumerate().all(|(index, label)| line(at + index) == Some(label.as_str()));
    is_each.then_some(labels.len())
}

/// Returns the text of a visible paragraph or item.
fn line_of(block: &Block) -> Option<&str> {
    match &block.kind {
        BlockKind::Paragraph(text) | BlockKind::Item { text, .. } if block.flags == crate::page::Flags::default() => {
            Some(text.trim())
        }
        BlockKind::Paragraph(_)
        | BlockKind::Item { .. }
        | BlockKind::Heading { .. }
        | BlockKind::Table(_)
        | BlockKind::Code(_)
        | BlockKind::Unread { .. }
        | BlockKind::Statement { .. } => None,
    }
}

/// Returns whether a line is the labels one beside the other, with or without signs between them.
pub(super) fn is_line_of(text: &str, labels: &[String]) -> bool {
    let mut rest = text.trim_matches(is_between);
    for (index, label) in labels.iter().enumerate() {
        let Some(after) = rest.strip_prefix(label.as_str()) else { return false };
        rest = after.trim_start_matches(is_between);
        let is_apart = rest.len() < after.len();
        if !(is_apart || index + 1 == labels.len()) {
            return false;
        }
    }
    rest.is_empty()
}

/// Returns whether a character may stand between two labels.
fn is_between(c: char) -> bool {
    c.is_whitespace() || matches!(c, '|' | '·' | '•' | '/' | '‖' | '│')
}

/// Returns the number of blocks before the next heading or the end of the section of the labels.
fn section_len(blocks: &[Block], from: usize, labels: &Block) -> usize {
    let is_in = |block: &&Block| !matches!(block.kind, BlockKind::Heading { .. }) && block.path == labels.path;
    blocks[from..].iter().take_while(is_in).count()
}

/// The panels of tabs.
struct Panels<'a> {
    /// The blocks of panels with their labels.
    labelled: Vec<(usize, &'a str)>,
    /// The lines with one label each.
    own_lines: Vec<usize>,
}

/// Returns the tables and the runs of list items.
fn groups(blocks: &[Block]) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    for (at, block) in blocks.iter().enumerate() {
        match block.kind {
            BlockKind::Table(_) => groups.push(at..at + 1),
            BlockKind::Item { .. } => match groups.last_mut() {
                Some(last) if last.end == at && matches!(blocks[last.start].kind, BlockKind::Item { .. }) => {
                    last.end = at + 1;
                }
                _ => groups.push(at..at + 1),
            },
            BlockKind::Paragraph(_)
            | BlockKind::Heading { .. }
            | BlockKind::Code(_)
            | BlockKind::Unread { .. }
            | BlockKind::Statement { .. } => {}
        }
    }
    groups
}

fn panels<'a>(blocks: &[Block], labels: &'a [String]) -> Result<Panels<'a>, String> {
    let own_lines: Vec<usize> = (0..blocks.len())
        .filter(|&at| {
            matches!(blocks[at].kind, BlockKind::Paragraph(_))
                && line_of(&blocks[at]).is_some_and(|line| labels.iter().any(|label| label == line))
        })
        .collect();
    let groups = groups(blocks);
    let each = |group: Range<usize>, label: &'a str| group.map(move |at| (at, label));
    if own_lines.is_empty() {
        if groups.len() != labels.len() {
            return Err(format!(
                "{} labels of tabs ({}), and {} tables and lists below them: expected one for each label",
                labels.len(),
                labels.join(", "),
                groups.len()
            ));
        }
        let labelled = groups.into_iter().zip(labels).flat_map(|(group, label)| each(group, label)).collect();
        return Ok(Panels { labelled, own_lines });
    }
    let in_order = own_lines.iter().map(|&at| line_of(&blocks[at])).eq(labels.iter().map(|label| Some(label.as_str())));
    let panel_of = |group: &Range<usize>| own_lines.partition_point(|&line| line < group.start).checked_sub(1);
    let of_groups: Vec<Option<usize>> = groups.iter().map(panel_of).collect();
    let has_all = (0..labels.len()).all(|index| of_groups.contains(&Some(index)));
    if !in_order || !has_all || of_groups.contains(&None) {
        return Err(format!(
            "expected each label of the tabs ({}) once above its own table or list",
            labels.join(", ")
        ));
    }
    let labelled = groups.into_iter().zip(of_groups).filter_map(|(group, index)| Some((group, labels.get(index?)?)));
    Ok(Panels { labelled: labelled.flat_map(|(group, label)| each(group, label)).collect(), own_lines })
}

/// Returns the labels of tabs that the recipe does not know, if a block looks like a line of them above a table or a list.
///
/// Labels look like it if bars stand between them, or if they are words of plans and tiers: several on the line, or one on
/// each of several lines.
pub(in crate::engine) fn unknown_labels(blocks: &[Block], at: usize) -> Option<String> {
    let text = line_of(&blocks[at])?;
    if text.ends_with(['.', ':', '!', '?', ';']) {
        return None;
    }
    let is_label = |part: &str| {
        part.contains(char::is_alphabetic) && part.split_whitespace().count() <= 4 && !part.contains([':', '.', ','])
    };
    let parts: Vec<&str> = text.split(['|', '│', '·']).map(str::trim).filter(|part| !part.is_empty()).collect();
    let has_bars = parts.len() > 1 && parts.iter().all(|part| is_label(part));
    let is_one =
        |block: Option<&Block>| block.and_then(line_of).is_some_and(|text| vocabulary::plan_labels(text) == Some(1));
    let neighbour = is_one(blocks.get(at + 1)) || at.checked_sub(1).is_some_and(|before| is_one(blocks.get(before)));
    let are_plans = match vocabulary::plan_labels(text) {
        Some(1) => neighbour,
        Some(_) => true,
        None => false,
    };
    if !has_bars && !are_plans {
        return None;
    }
    let near = &blocks[..blocks.len().min(at + 1 + NEAR)];
    let after = &near[at + 1..at + 1 + section_len(near, at + 1, &blocks[at])];
    let is_panel = |block: &Block| matches!(block.kind, BlockKind::Table(_) | BlockKind::Item { .. });
    after.iter().any(is_panel).then(|| text.to_owned())
}
