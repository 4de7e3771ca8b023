//! Named passes over the tables of a page, between the layout and the rules.
//!
//! A recipe names a pass and sets its parameters. No pass is made for one provider.
//!
//! - `[[reword]]` replaces lines of cells with our words.
//! - `[[table.header]]` separates titles and remarks of a header from the names of columns ([`header`]).
//! - `lost-cells` finds tables of one cell a line ([`layout`](super::layout)).
//! - `snapshots-below-stable`, `one-section-per-model` and `zero-is-retired` report contradictions ([`contradictions`]).
//! - `merged-values` fills amounts that merged cells cover ([`merged`]).

pub(super) mod contradictions;
mod header;
pub(super) mod merged;

use crate::page::{BlockKind, Cell, Page};
use crate::recipe::Recipe;

/// Applies `[[reword]]` and `[[table.header]]` to the tables of a page.
pub(super) fn arrange(page: &mut Page, recipe: &Recipe) {
    for block in &mut page.blocks {
        let BlockKind::Table(table) = &mut block.kind else { continue };
        header::normalize(table, recipe);
        for cell in table.rows.iter_mut().flat_map(|row| &mut row.cells) {
            reword(cell, recipe);
        }
    }
}

/// Replaces the lines of a cell that the recipe words otherwise. The cell is then one line.
fn reword(cell: &mut Cell, recipe: &Recipe) {
    let reworded = |line: &str| recipe.rewords.iter().find_map(|reword| reword.read(line)).map(str::to_owned);
    if cell.text.lines().any(|line| reworded(line).is_some()) {
        let lines = cell.text.lines().map(|line| reworded(line).unwrap_or_else(|| line.to_owned()));
        cell.text = lines.collect::<Vec<_>>().join(" ");
    }
}
