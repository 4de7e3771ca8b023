//! Tables: with borders and fitted to the width on a terminal, tab-separated on a pipe.

use std::ffi::OsString;
use std::io::IsTerminal;

use clap::{ColorChoice, ValueEnum};
use comfy_table::presets::{ASCII_MARKDOWN, UTF8_FULL_CONDENSED};
use comfy_table::{Attribute, Cell, ColumnConstraint, ContentArrangement, Table, Width};

/// When to color the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    // Not documented here: the help of `--color` has the values in one line.
    #[default]
    Auto,
    Always,
    Never,
}

impl Color {
    /// Returns the value of `--color` among the arguments, before they are parsed: help and errors of the parser are colored,
    /// too. Default: [`Auto`](Self::Auto), also for an invalid value, which the parser refuses.
    pub(crate) fn requested(args: impl Iterator<Item = OsString>) -> Self {
        let mut args = args.filter_map(|arg| arg.into_string().ok()).take_while(|arg| arg != "--");
        let mut requested = Self::default();
        while let Some(arg) = args.next() {
            let value = if arg == "--color" { args.next() } else { arg.strip_prefix("--color=").map(str::to_owned) };
            requested = value.and_then(|value| Self::from_str(&value, false).ok()).unwrap_or(requested);
        }
        requested
    }

    /// Returns the choice for help and errors of the parser, which finds out about terminals and `NO_COLOR` by itself.
    pub(crate) fn of_help(self) -> ColorChoice {
        match self {
            Self::Auto => ColorChoice::Auto,
            Self::Always => ColorChoice::Always,
            Self::Never => ColorChoice::Never,
        }
    }

    /// Returns whether standard output is colored.
    fn is_on(self) -> bool {
        let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => {
                let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
                std::io::stdout().is_terminal() && !is_set("NO_COLOR") && !is_dumb
            }
        }
    }
}

/// The color of a row's second cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tint {
    /// More is allowed: green.
    Good,
    /// Less is allowed: red.
    Bad,
    /// No color.
    Neutral,
}

impl Tint {
    fn of_table(self) -> Option<comfy_table::Color> {
        match self {
            Self::Good => Some(comfy_table::Color::Green),
            Self::Bad => Some(comfy_table::Color::Red),
            Self::Neutral => None,
        }
    }

    fn paint(self, text: &str) -> String {
        let color = match self {
            Self::Good => anstyle::AnsiColor::Green,
            Self::Bad => anstyle::AnsiColor::Red,
            Self::Neutral => return text.to_owned(),
        };
        let style = color.on_default();
        format!("{style}{text}{style:#}")
    }
}

/// The usual cells of columns. A column that has no other cells is left out if the terminal is too narrow.
const USUAL: [(&str, &str); 2] = [("status", "live"), ("evidence", "stated")];
/// The width of a column's border and padding, in columns of the terminal.
const SEPARATOR: usize = 3;

/// A table of text, with a header.
pub(crate) struct TextTable {
    header: Vec<&'static str>,
    rows: Vec<(Tint, Vec<String>)>,
}

impl TextTable {
    pub(crate) fn new(header: &[&'static str]) -> Self {
        Self { header: header.to_vec(), rows: Vec::new() }
    }

    pub(crate) fn push(&mut self, row: Vec<String>) {
        self.push_tinted(row, Tint::Neutral);
    }

    /// Adds a row whose second cell has a color.
    pub(crate) fn push_tinted(&mut self, row: Vec<String>, tint: Tint) {
        self.rows.push((tint, row));
    }

    /// Returns the table with borders if standard output is a terminal, and tab-separated otherwise.
    pub(crate) fn render(&self, color: Color) -> String {
        let colored = color.is_on();
        if std::io::stdout().is_terminal() { self.boxed(colored, Table::new().width()) } else { self.plain(colored) }
    }

    /// Returns the table in Markdown.
    pub(crate) fn markdown(&self) -> String {
        let mut table = Table::new();
        table.load_style(ASCII_MARKDOWN).set_header(&self.header);
        for (_, row) in &self.rows {
            table.add_row(row.iter().map(|cell| cell.replace('|', "\\|")));
        }
        format!("{table}\n")
    }

    /// Returns the table with borders. `width` is that of the terminal in columns, if it has one.
    fn boxed(&self, colored: bool, width: Option<u16>) -> String {
        let mut table = Table::new();
        if let Some(width) = width {
            table.set_width(width);
        }
        table.load_style(UTF8_FULL_CONDENSED.with_rounded_corners());
        table.set_content_arrangement(ContentArrangement::Dynamic);
        let width = width.map_or(usize::MAX, usize::from);
        let columns = self.columns_within(width);
        let bold = |name| if colored { Cell::new(name).add_attribute(Attribute::Bold) } else { Cell::new(name) };
        table.set_header(columns.iter().map(|column| bold(self.header[*column])));
        for (tint, row) in &self.rows {
            table.add_row(columns.iter().map(|column| match tint.of_table() {
                Some(color) if colored && *column == 1 => Cell::new(&row[*column]).fg(color),
                Some(_) | None => Cell::new(&row[*column]),
            }));
        }
        // No word is broken, if the longest words of all columns fit.
        let words: Vec<usize> =
            columns.iter().map(|column| self.longest(*column, |cell| cell.split(' ').map(length).max())).collect();
        if fits(&words, width) {
            for (column, word) in table.column_iter_mut().zip(words) {
                let width = u16::try_from(word.saturating_add(SEPARATOR - 1)).unwrap_or(u16::MAX);
                column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width)));
            }
        }
        format!("{table}\n")
    }

    /// Returns the indices of the columns to show: all of them, or those that have unusual cells if all are too wide.
    fn columns_within(&self, width: usize) -> Vec<usize> {
        let all: Vec<usize> = (0..self.header.len()).collect();
        let whole: Vec<usize> = all.iter().map(|column| self.longest(*column, |cell| Some(length(cell)))).collect();
        if fits(&whole, width) {
            return all;
        }
        let is_usual = |column: usize, cell: &str| cell == "-" || USUAL.contains(&(self.header[column], cell));
        all.into_iter().filter(|column| !self.rows.iter().all(|(_, row)| is_usual(*column, &row[*column]))).collect()
    }

    /// Returns the largest length among the cells of a column, its header included.
    fn longest(&self, column: usize, length_of: impl Fn(&str) -> Option<usize>) -> usize {
        let cells = self.rows.iter().map(|(_, row)| row[column].as_str());
        cells.chain([self.header[column]]).filter_map(length_of).max().unwrap_or(0)
    }

    fn plain(&self, colored: bool) -> String {
        let bold = anstyle::Style::new().bold();
        let header = self.header.join("\t");
        let header = if colored { format!("{bold}{header}{bold:#}") } else { header };
        let rows = self.rows.iter().map(|(tint, row)| match row.as_slice() {
            [first, second, rest @ ..] if colored => {
                let painted = [first.clone(), tint.paint(second)];
                painted.iter().chain(rest).map(String::as_str).collect::<Vec<_>>().join("\t")
            }
            row => row.join("\t"),
        });
        std::iter::once(header).chain(rows).map(|line| line + "\n").collect()
    }
}

fn length(text: &str) -> usize {
    text.chars().count()
}

/// Returns whether columns of these lengths fit into a terminal.
fn fits(lengths: &[usize], width: usize) -> bool {
    lengths.iter().map(|length| length.saturating_add(SEPARATOR)).sum::<usize>() < width
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> TextTable {
        let mut table = TextTable::new(&["provider", "region", "name", "limit", "pool", "status", "evidence", "line"]);
        for (name, line) in [("llama-3.1-8b-instant", "45"), ("llama-3.3-70b-versatile", "46")] {
            let limit = "1,000 input_tokens per minute, 2,000 after 10 min, 3,000 after 60 min";
            let cells = ["groq", "-", name, limit, "account", "live", "stated", line];
            table.push(cells.map(str::to_owned).to_vec());
        }
        table
    }

    #[test]
    fn a_narrow_table_leaves_out_usual_columns_and_breaks_no_word() {
        let text = table().boxed(false, Some(80));
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        for word in ["provider", "llama-3.3-70b-versatile", "input_tokens", "account", "46"] {
            assert!(text.contains(word), "{word}: {text}");
        }
        for column in ["region", "status", "evidence"] {
            assert!(!text.contains(column), "{column}: {text}");
        }
    }

    #[test]
    fn a_wide_terminal_and_unusual_cells_keep_their_columns() {
        let text = table().boxed(false, Some(200));
        assert!(["region", "status", "evidence"].iter().all(|column| text.contains(column)), "{text}");
        let mut table = table();
        table.rows[1].1[6] = "inferred".to_owned();
        let text = table.boxed(false, Some(80));
        assert!(text.contains("evidence") && !text.contains("status"), "{text}");
    }

    #[test]
    fn a_terminal_narrower_than_the_words_still_gets_every_line_within_it() {
        let text = table().boxed(false, Some(40));
        assert!(text.lines().all(|line| line.chars().count() <= 40), "{text}");
    }

    #[test]
    fn a_bar_in_a_cell_does_not_end_it_in_markdown() {
        let mut table = TextTable::new(&["what"]);
        table.push(vec!["a|b".to_owned()]);
        assert_eq!(table.markdown(), "| what |\n|------|\n| a\\|b |\n");
    }

    #[test]
    fn only_a_tinted_second_cell_is_colored() {
        let mut table = TextTable::new(&["provider", "change"]);
        table.push_tinted(vec!["acme".to_owned(), "lowered".to_owned()], Tint::Bad);
        assert_eq!(table.plain(true), "\u{1b}[1mprovider\tchange\u{1b}[0m\nacme\t\u{1b}[31mlowered\u{1b}[0m\n");
        assert_eq!(table.plain(false), "provider\tchange\nacme\tlowered\n");
    }
}
