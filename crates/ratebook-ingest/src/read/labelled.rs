//! Rows whose cells carry the names of their columns: `Limits > Tier 1 > Model: rocket | Requests: 60`.
//!
//! Text copies of some pages flatten each row of a table to such a line. Before the last ` > ` stands the section. A run of
//! two or more lines of one section with the same first column is a table again.

/// What separates the labels of the section.
const STEP: &str = " > ";
/// What separates the cells.
const BAR: &str = " | ";
/// The longest label, in bytes.
const MAX_LABEL: usize = 80;
/// The largest number of columns.
const MAX_COLUMNS: usize = 24;

/// A table that a run of lines states.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Run<'a> {
    /// The labels of the section, outermost first.
    pub(super) section: Vec<&'a str>,
    /// The names of the columns.
    pub(super) columns: Vec<&'a str>,
    /// For each line, its cells. A cell that the line does not have is `None`.
    pub(super) rows: Vec<Vec<Option<&'a str>>>,
}

/// Returns the run with which the lines begin, or `None` if they are something else. Each line of the run is a row.
pub(super) fn run<'a>(lines: &[&'a str]) -> Option<Run<'a>> {
    let (section, first) = row(lines.first()?)?;
    let mut columns: Vec<&str> = first.iter().map(|(label, _)| *label).collect();
    let is_more = |line: &&&'a str| {
        let other = row(line);
        other.filter(|(there, cells)| *there == section && cells.first().map(|cell| cell.0) == columns.first().copied())
    };
    let rows: Vec<Vec<(&str, &str)>> = lines.iter().map_while(|line| is_more(&line)).map(|(_, cells)| cells).collect();
    if rows.len() < 2 {
        return None;
    }
    for (label, _) in rows.iter().flatten() {
        if columns.len() <= MAX_COLUMNS && !columns.contains(label) {
            columns.push(label);
        }
    }
    if columns.len() > MAX_COLUMNS {
        return None;
    }
    let cells = |row: &Vec<(&'a str, &'a str)>| {
        let cell = |column: &&str| row.iter().find(|(label, _)| label == column).map(|(_, value)| *value);
        columns.iter().map(cell).collect()
    };
    Some(Run { section: section.split(STEP).map(str::trim).collect(), rows: rows.iter().map(cells).collect(), columns })
}

/// Splits a line into its section and its labelled cells.
fn row(line: &str) -> Option<(&str, Vec<(&str, &str)>)> {
    let line = line.trim();
    let first_cell = line.split(BAR).next()?;
    let (section, _) = first_cell.rsplit_once(STEP)?;
    let cells = line[section.len() + STEP.len()..].split(BAR).take(MAX_COLUMNS + 1);
    let cells = cells.map(cell).collect::<Option<Vec<_>>>()?;
    let is_label = |label: &str| !label.is_empty() && label.len() <= MAX_LABEL && !label.contains(['|', '<', '`']);
    let has_labels = section.split(STEP).all(|label| is_label(label.trim())) && !section.starts_with('>');
    let is_once = |label: &str| cells.iter().filter(|(other, _)| *other == label).count() == 1;
    (has_labels && cells.len() <= MAX_COLUMNS && cells.iter().all(|(label, _)| is_label(label) && is_once(label)))
        .then_some((section, cells))
}

fn cell(text: &str) -> Option<(&str, &str)> {
    let (label, value) = text.split_once(": ")?;
    Some((label.trim(), value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_one_section_are_the_rows_of_a_table() {
        let lines = [
            "Limits > Tier 1 > Model: Text-out models",
            "Limits > Tier 1 > Model: rocket 2 | Tokens (a day): 5,000",
            "Limits > Tier 2 > Model: rocket 2 | Tokens (a day): 9,000",
        ];
        let found = run(&lines).unwrap();
        assert_eq!(found.section, ["Limits", "Tier 1"]);
        assert_eq!(found.columns, ["Model", "Tokens (a day)"]);
        assert_eq!(found.rows, [vec![Some("Text-out models"), None], vec![Some("rocket 2"), Some("5,000")]]);
        assert_eq!(run(&lines[2..]), None, "one line is prose");
    }

    #[test]
    fn prose_is_no_run() {
        let steps = ["Go to Settings > Limits: all", "Go to Settings > Usage: none"];
        assert_eq!(run(&steps), None);
        for line in ["> Note: a | b: c", "a > b | c: d", "A > B: x | B: y"] {
            assert_eq!(run(&[line, line]).map(|run| run.columns), None, "{line}");
        }
    }
}
