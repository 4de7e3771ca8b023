//! Tables: with borders and fitted to the width on a terminal, tab-separated on a pipe.

use std::io::IsTerminal;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Attribute, Cell, ContentArrangement, Table};

/// A table of text, with a header.
pub(crate) struct TextTable {
    header: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl TextTable {
    pub(crate) fn new(header: &[&'static str]) -> Self {
        Self { header: header.to_vec(), rows: Vec::new() }
    }

    pub(crate) fn push(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    /// Returns the table with borders if standard output is a terminal, and tab-separated otherwise.
    pub(crate) fn render(&self) -> String {
        if std::io::stdout().is_terminal() { self.boxed() } else { self.plain() }
    }

    fn boxed(&self) -> String {
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED.with_rounded_corners());
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_header(self.header.iter().map(|name| Cell::new(name).add_attribute(Attribute::Bold)));
        table.add_rows(&self.rows);
        format!("{table}\n")
    }

    fn plain(&self) -> String {
        let rows = self.rows.iter().map(|row| row.join("\t"));
        std::iter::once(self.header.join("\t")).chain(rows).map(|line| line + "\n").collect()
    }
}
