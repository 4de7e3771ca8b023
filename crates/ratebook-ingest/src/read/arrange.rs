//! What only several blocks together show: which items are notes, and which table is the header of the next.

use crate::page::{Block, BlockKind, Row, Table};

/// Settles the notes and the headers of a page's blocks.
pub(super) fn arrange(mut blocks: Vec<Block>) -> Vec<Block> {
    keep_star_notes(&mut blocks);
    blocks.iter_mut().for_each(fill_header);
    join_headers(blocks)
}

/// Keeps `*` as the note of an item only if a text above refers to `*` and the list has no other such item.
fn keep_star_notes(blocks: &mut [Block]) {
    let is_star = |block: &Block| matches!(block.kind, BlockKind::Item { .. }) && block.note.as_deref() == Some("*");
    let stars: Vec<bool> = blocks.iter().map(is_star).collect();
    let mut is_referred_to = false;
    for (at, block) in blocks.iter_mut().enumerate() {
        let has_neighbour = at > 0 && stars[at - 1] || stars.get(at + 1) == Some(&true);
        if stars[at] && (has_neighbour || !is_referred_to) {
            block.note = None;
        }
        is_referred_to |= has_star(block);
    }
}

/// Makes the only row of a table with a blank header the header, if it has names only: the rows are in the next table.
fn fill_header(block: &mut Block) {
    let BlockKind::Table(table) = &mut block.kind else { return };
    if !table.header.iter().all(is_blank) {
        return;
    }
    if let [row] = table.rows.as_slice()
        && !is_blank(row)
        && row.cells.iter().all(|cell| !cell.text.contains(|c: char| c.is_ascii_digit()))
    {
        table.header = std::mem::take(&mut table.rows);
    }
}

fn has_star(block: &Block) -> bool {
    let is_star = |mark: &String| mark == "*";
    let in_table = |table: &Table| {
        let mut cells = table.header.iter().chain(&table.rows).flat_map(|row| &row.cells).chain(&table.caption);
        cells.any(|cell| cell.marks.iter().any(is_star))
    };
    block.marks.iter().any(is_star) || matches!(&block.kind, BlockKind::Table(table) if in_table(table))
}

/// Joins a table that is only a header to the table after it, if that table has the same width and no header.
fn join_headers(blocks: Vec<Block>) -> Vec<Block> {
    let mut joined: Vec<Block> = Vec::with_capacity(blocks.len());
    for mut block in blocks {
        if let (Some(Block { kind: BlockKind::Table(cut), path, flags, line, .. }), BlockKind::Table(table)) =
            (joined.last_mut(), &mut block.kind)
            && cut.rows.is_empty()
            && *path == block.path
            && *flags == block.flags
            && lacks_header(table, cut)
        {
            let first = std::mem::replace(&mut table.header, std::mem::take(&mut cut.header));
            table.rows.splice(0..0, first.into_iter().filter(|row| !is_blank(row)));
            table.caption = table.caption.take().or_else(|| cut.caption.take());
            block.line = *line;
            joined.pop();
        }
        joined.push(block);
    }
    joined
}

/// Returns whether the first row of a table is not its header, beside a table that is only a header.
fn lacks_header(table: &Table, cut: &Table) -> bool {
    let [first] = table.header.as_slice() else { return false };
    let width = |row: &Row| row.cells.len();
    if cut.header.last().map(width) != Some(width(first)) {
        return false;
    }
    let is_marked = |row: &Row| row.cells.iter().all(|cell| cell.is_header);
    let has_digit = |row: &Row| row.cells.iter().any(|cell| cell.text.contains(|c: char| c.is_ascii_digit()));
    is_blank(first)
        || cut.header.iter().all(is_marked) && !first.cells.iter().any(|cell| cell.is_header)
        || has_digit(first) && !cut.header.iter().any(has_digit)
}

fn is_blank(row: &Row) -> bool {
    row.cells.iter().all(|cell| cell.text.is_empty())
}
