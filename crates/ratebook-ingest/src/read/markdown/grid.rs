//! Grid tables of pandoc and reStructuredText: `+---+---+` between the rows, `+===+===+` below the header.
//!
//! The crosses of the first border set the columns. A cell has what stands between them on each line of its row, so a cell
//! may have several lines. Each line of text has a bar, and each border a cross, at every column: a merged cell has not, and
//! its table is not read.

use super::tables::{Found, Rows, Table};
use crate::read::line_number;

/// Stands for the second half of a wide character.
const HALF: char = '\u{fdd7}';

/// Reads the grid table that begins at a line. `None` if the line is not a border.
pub(super) fn table(rows: Rows<'_>) -> Option<Found> {
    let Rows { lines, at } = rows;
    let columns = crosses(&places(lines[at]))?;
    let is_part = |line: &&&str| bare(line).starts_with(['+', '|']);
    let end = at + lines[at..].iter().take_while(is_part).count();
    match read(lines, at, end, &columns) {
        Ok(rows) => Some(Found::Table(Table { rows, end })),
        Err(broken) => Some(Found::Unread { at: broken, end }),
    }
}

/// Returns the rows of a table in GFM, or the index of the line that does not fit it.
fn read(lines: &[&str], at: usize, end: usize, columns: &[usize]) -> Result<Vec<(u32, String)>, usize> {
    let mut rows: Vec<(u32, String)> = Vec::new();
    let mut header = None;
    let mut row: Vec<CellText> = Vec::new();
    let mut first = at + 1;
    for (index, line) in lines.iter().enumerate().take(end).skip(at + 1) {
        let mut places = places(line);
        if places.first() == Some(&'+') {
            // A cross is missing where a cell covers several columns; text stands where it covers several rows.
            if row.is_empty() || crosses(&places).as_deref() != Some(columns) {
                return Err(index);
            }
            let cells: Vec<String> = row.drain(..).map(|cell| cell.text).collect();
            rows.push((line_number(first), format!("| {} |", cells.join(" | "))));
            if places.contains(&'=') && header.is_none() {
                header = Some((rows.len(), line_number(index)));
            }
            first = index + 1;
            continue;
        }
        let fits = |places: &[char]| {
            places.len() == columns.last().map_or(0, |last| last + 1)
                && columns.iter().all(|&column| places[column] == '|')
        };
        if !fits(&places) {
            // Some programs count a wide character as one place.
            places.retain(|&c| c != HALF);
        }
        if !fits(&places) {
            return Err(index);
        }
        row.resize_with(columns.len() - 1, CellText::default);
        for (cell, pair) in row.iter_mut().zip(columns.windows(2)) {
            cell.push(&places[pair[0] + 1..pair[1]]);
        }
    }
    match header {
        Some((1, line)) if row.is_empty() => {
            rows.insert(1, (line, format!("|{}", "---|".repeat(columns.len() - 1))));
            Ok(rows)
        }
        // The last border is missing.
        Some((1, _)) => Err(end - 1),
        // No header, or one of several rows.
        Some(_) | None => Err(at),
    }
}

/// The text of a cell, line by line.
#[derive(Debug, Default)]
struct CellText {
    text: String,
    is_broken: bool,
}

impl CellText {
    /// Adds a line. It continues the line above, unless it begins an item or a paragraph.
    fn push(&mut self, places: &[char]) {
        let text: String = places.iter().filter(|&&c| c != HALF).collect();
        let text = text.trim();
        if text.is_empty() {
            self.is_broken = true;
            return;
        }
        let (text, ends_line) = text.strip_suffix('\\').map_or((text, false), |text| (text.trim_end(), true));
        let is_item = ["- ", "* ", "+ "].iter().any(|bullet| text.starts_with(bullet));
        if !self.text.is_empty() {
            self.text.push_str(if self.is_broken || is_item { "<br>" } else { " " });
        }
        self.is_broken = ends_line;
        let mut is_escaped = false;
        for c in text.chars() {
            if c == '|' && !is_escaped {
                self.text.push('\\');
            }
            self.text.push(c);
            is_escaped = c == '\\' && !is_escaped;
        }
    }
}

/// Returns the line without the marks of quotations around the table.
fn bare(line: &str) -> &str {
    line.trim_start_matches(['>', ' ', '\t']).trim_end()
}

/// Returns the characters of a line by their place: a wide character takes two.
fn places(line: &str) -> Vec<char> {
    let mut places = Vec::new();
    for c in bare(line).chars() {
        places.push(c);
        if is_wide(c) {
            places.push(HALF);
        }
    }
    places
}

fn is_wide(c: char) -> bool {
    matches!(u32::from(c), 0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe6f
        | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1f300..=0x1faff | 0x20000..=0x3fffd)
}

/// Returns the places of the crosses of a border, or `None` if the line is none.
fn crosses(places: &[char]) -> Option<Vec<usize>> {
    let is_border = places.len() > 2
        && places.first() == Some(&'+')
        && places.last() == Some(&'+')
        && places.iter().all(|c| matches!(c, '+' | '-' | '=' | ':'))
        && places.iter().any(|c| matches!(c, '-' | '='));
    is_border.then(|| (0..places.len()).filter(|&at| places[at] == '+').collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Option<Vec<String>> {
        let lines: Vec<&str> = text.split('\n').collect();
        match table(Rows { lines: &lines, at: 0 })? {
            Found::Table(table) => Some(table.rows.into_iter().map(|(line, row)| format!("{line}: {row}")).collect()),
            Found::Unread { at, end } => Some(vec![format!("line {} unread, to {end}", at + 1)]),
        }
    }

    #[test]
    fn a_cell_of_a_grid_table_has_several_lines() {
        let text = "\
+--------+--------------+
| Model  | Requests per |
|        | minute       |
+:=======+=============:+
| rocket | 60           |
+--------+--------------+
| - a    | 1,200        |
| - b    |              |
+--------+--------------+

Text";
        let expected =
            ["1: | Model | Requests per minute |", "4: |---|---|", "5: | rocket | 60 |", "7: | - a<br>- b | 1,200 |"];
        let expected: Vec<String> = expected.iter().map(|row| row.replacen("1:", "2:", 1)).collect();
        assert_eq!(rows(text).unwrap(), expected);
    }

    #[test]
    fn a_bar_within_a_cell_and_wide_characters_are_text() {
        let text = "+------+---+\n| 名   | R |\n+======+===+\n| a|b  | 5 |\n+------+---+";
        assert_eq!(rows(text).unwrap()[0], "2: | 名 | R |");
        assert_eq!(rows(text).unwrap()[2], "4: | a\\|b | 5 |");
        let narrow = text.replace("| 名   |", "| 名    |");
        assert_eq!(rows(&narrow).unwrap()[0], "2: | 名 | R |");
    }

    #[test]
    fn a_quoted_grid_table_is_read() {
        assert_eq!(rows("> +---+---+\n> | A | B |\n> +===+===+\n> | a | 5 |\n> +---+---+").unwrap().len(), 3);
    }

    #[test]
    fn a_merged_cell_is_refused_at_its_line() {
        let head = "+---+---+\n| A | B |\n+===+===+\n| a | 5 |\n";
        assert_eq!(rows(&format!("{head}|   +---+\n|   | 6 |\n+---+---+")).unwrap(), ["line 5 unread, to 7"]);
        assert_eq!(rows(&format!("{head}+---+---+\n| both  |\n+-------+")).unwrap(), ["line 6 unread, to 7"]);
        assert_eq!(rows(&format!("{head}+   +---+\n| b | 6 |\n+---+---+")).unwrap(), ["line 5 unread, to 7"]);
    }

    #[test]
    fn a_grid_without_a_header_or_an_end_is_refused() {
        assert_eq!(rows("+---+---+\n| a | 5 |\n+---+---+").unwrap(), ["line 1 unread, to 3"]);
        assert_eq!(rows("+---+---+\n| A | B |\n+===+===+\n| a | 5 |").unwrap(), ["line 4 unread, to 4"]);
        assert_eq!(rows("+---+---+\n| A | B |\n+---+---+\n| C | D |\n+===+===+").unwrap(), ["line 1 unread, to 5"]);
        assert_eq!(rows("+---+").unwrap(), ["line 1 unread, to 1"]);
        assert_eq!(rows("+ an item"), None);
        assert_eq!(rows("+++"), None);
    }
}
