//! Edits of a page.

use std::ops::Range;

use super::layout::{CellSpan, Layout, TableSpan};

/// A kind of edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Edit {
    /// Removes a body cell with its markup. The cells to its right move left.
    DropCell,
    /// Removes a body row or a list item.
    DropRow,
    /// Removes a column with its header.
    DropColumn,
    /// Removes a heading.
    DropHeading,
    /// Swaps two columns with their headers, which keeps the facts.
    SwapColumns,
    /// Swaps the names of two columns, but not their cells.
    SwapNames,
    /// Replaces a digit of a body cell or list item by a letter.
    DigitToLetter,
    /// Replaces a digit of a body cell or list item by another digit.
    DigitToDigit,
    /// Renames a column to an unknown name.
    RenameColumn,
    /// Duplicates a body row or a list item.
    DuplicateRow,
}

impl Edit {
    /// All kinds.
    pub const ALL: [Self; 10] = [
        Self::DropCell,
        Self::DropRow,
        Self::DropColumn,
        Self::DropHeading,
        Self::SwapColumns,
        Self::SwapNames,
        Self::DigitToLetter,
        Self::DigitToDigit,
        Self::RenameColumn,
        Self::DuplicateRow,
    ];

    /// Returns whether the edit keeps every fact of the page.
    pub fn keeps_facts(self) -> bool {
        self == Self::SwapColumns
    }
}

/// Seeded pseudo-random numbers (SplitMix64, Steele, Lea and Flood, 2014), for the same edits on every run.
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below `end`.
    ///
    /// # Panics
    /// Panics if `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        if items.is_empty() { None } else { Some(&items[self.below(items.len())]) }
    }
}

/// Applies one edit of a kind. Returns the edited page and a description, or `None` if the page has nothing to edit.
pub fn apply(page: &str, layout: &Layout, edit: Edit, random: &mut Random) -> Option<(String, String)> {
    let tables: Vec<&TableSpan> = layout.tables.iter().filter(|table| !table.rows.is_empty()).collect();
    let rows: Vec<&Range<usize>> = tables
        .iter()
        .flat_map(|table| table.rows.iter().map(|(outer, _)| outer))
        .chain(layout.items.iter().map(|(outer, _)| outer))
        .collect();
    let cells: Vec<&CellSpan> =
        tables.iter().flat_map(|table| table.rows.iter().flat_map(|(_, cells)| cells)).collect();
    let filled: Vec<&CellSpan> = cells.into_iter().filter(|cell| !cell.inner.is_empty()).collect();
    let changes = match edit {
        Edit::DropCell => vec![(random.pick(&filled)?.outer.clone(), String::new())],
        Edit::DropRow => vec![((*random.pick(&rows)?).clone(), String::new())],
        Edit::DuplicateRow => {
            let row = *random.pick(&rows)?;
            vec![(row.end..row.end, page[row.clone()].to_owned())]
        }
        Edit::DropHeading => vec![(random.pick(&layout.headings)?.clone(), String::new())],
        Edit::DropColumn => {
            let table = random.pick(&tables)?;
            // Without a number in it, a column that the recipe sets aside changes no limit.
            let has_number = |column: usize| {
                let mut cells = table.rows.iter().flat_map(|(_, cells)| cells).filter(|cell| cell.column == column);
                cells.any(|cell| page[cell.inner.clone()].contains(|c: char| c.is_ascii_digit()))
            };
            let columns: Vec<usize> =
                table.header.iter().map(|cell| cell.column).filter(|&column| has_number(column)).collect();
            let column = *random.pick(&columns)?;
            in_column(table, column).map(|cell| (cell.outer.clone(), String::new())).collect()
        }
        Edit::RenameColumn => {
            let table = random.pick(&tables)?;
            vec![(random.pick(&table.header)?.inner.clone(), "Quux".to_owned())]
        }
        Edit::SwapNames => {
            let table = random.pick(&tables)?;
            let (a, b) = two(&table.header, random)?;
            exchange(page, &a.inner, &b.inner)
        }
        Edit::SwapColumns => {
            let table = random.pick(&tables)?;
            let (a, b) = two(&table.header, random)?;
            let header = exchange(page, &a.outer, &b.outer);
            // If a merged cell covers one of the two, only the other one is in the source, and needs no move.
            let body = table.rows.iter().flat_map(|(_, cells)| {
                let find = |column| cells.iter().find(|cell| cell.column == column);
                match (find(a.column), find(b.column)) {
                    (Some(left), Some(right)) => exchange(page, &left.outer, &right.outer),
                    _ => Vec::new(),
                }
            });
            header.into_iter().chain(body).collect()
        }
        Edit::DigitToLetter | Edit::DigitToDigit => {
            let places = filled.iter().map(|cell| &cell.inner).chain(layout.items.iter().map(|(_, inner)| inner));
            let digits: Vec<usize> =
                places.flat_map(|range| range.clone().filter(|&at| page.as_bytes()[at].is_ascii_digit())).collect();
            let at = *random.pick(&digits)?;
            let digit = page.as_bytes()[at];
            let new =
                if edit == Edit::DigitToLetter { b'x' } else { b'0' + (digit - b'0' + 1 + random.below(9) as u8) % 10 };
            vec![(at..at + 1, char::from(new).to_string())]
        }
    };
    let changes: Vec<_> = changes.into_iter().filter(|(range, with)| page[range.clone()] != **with).collect();
    let first = changes.first()?;
    let line = page[..first.0.start].matches('\n').count() + 1;
    let shown: String = page[first.0.clone()].chars().take(60).map(|c| if c == '\n' { '␤' } else { c }).collect();
    Some((replace(page, changes), format!("{edit:?} at line {line}: `{shown}`")))
}

fn in_column(table: &TableSpan, column: usize) -> impl Iterator<Item = &CellSpan> {
    let body = table.rows.iter().flat_map(|(_, cells)| cells);
    table.header.iter().chain(body).filter(move |cell| cell.column == column)
}

fn two<'a>(cells: &'a [CellSpan], random: &mut Random) -> Option<(&'a CellSpan, &'a CellSpan)> {
    if cells.len() < 2 {
        return None;
    }
    let left = random.below(cells.len() - 1);
    Some((&cells[left], &cells[left + 1 + random.below(cells.len() - 1 - left)]))
}

fn exchange(page: &str, a: &Range<usize>, b: &Range<usize>) -> Vec<(Range<usize>, String)> {
    vec![(a.clone(), page[b.clone()].to_owned()), (b.clone(), page[a.clone()].to_owned())]
}

pub(super) fn replace(page: &str, mut changes: Vec<(Range<usize>, String)>) -> String {
    changes.sort_by_key(|(range, _)| range.start);
    let mut edited = String::with_capacity(page.len());
    let mut at = 0;
    for (range, with) in changes {
        edited.push_str(&page[at..range.start]);
        edited.push_str(&with);
        at = range.end;
    }
    edited.push_str(&page[at..]);
    edited
}
