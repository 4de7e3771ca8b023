//! Extraction of the page's facts from flattened text: one cell a line, without the cells that a merged cell covers.
//!
//! Headings, names and values have no marks. The spelling of a line and the line after it decide what it is.

use super::super::extract::Extractor;
use super::columns::{Column, HeaderCell, assemble, header};
use super::prose::{self, ONE_RUNNING, is_one_running};
use crate::page::{Cell, Page, Row};

type Line<'a> = (u32, &'a str);

pub(super) fn extract(page: &Page, out: &mut Extractor) {
    let lines: Vec<Line<'_>> = out.lines(page);
    let text = |at: usize| lines.get(at).map_or("", |(_, text)| *text);
    let is_header = |at: usize| matches!(header(text(at)), Some(HeaderCell::Column(_)));
    // Questions, answers and sample code precede the first table.
    let begin = (0..lines.len()).find(|&at| is_header(at) && (is_header(at + 1) || header(text(at + 1)).is_some()));
    let begin = begin.unwrap_or(lines.len());
    for &(line, text) in &lines[..begin.saturating_sub(LEAD)] {
        if !text.to_lowercase().contains("deployment mode") {
            prose::paragraph(line, text, false, out);
        }
    }
    if !lines[..begin].iter().any(|(_, text)| prose::is_title(text)) {
        prose::no_title(out);
    }
    let last = (0..lines.len()).rfind(|&at| is_header(at)).unwrap_or(begin);
    let mut at = begin.saturating_sub(LEAD);
    while at < lines.len() {
        let (line, words) = lines[at];
        match header(words) {
            Some(_) if at >= begin => at = table(&lines, at, out),
            _ => {
                if words == "Note" && prose::read(text(at + 1)).is_none() {
                    out.warning(line, "expected a sentence on the deployment mode after the note");
                }
                outside(line, words, at >= begin, at < last, out);
                at += 1;
            }
        }
    }
}

/// The number of lines before the first table that may be its headings.
const LEAD: usize = 4;

/// Handles a line outside any table: a heading, or prose.
fn outside(line: u32, text: &str, after_first_table: bool, before_last_table: bool, out: &mut Extractor) {
    if text == "Note" {
        return;
    }
    if prose::region_name(text).is_some() {
        return out.heading(line, 3, text);
    }
    if text.starts_with("Retired on ") {
        return out.heading(line, 3, text);
    }
    if text.ends_with('.') || text.ends_with(':') || prose::read(text).is_some() || text.contains("deployment mode") {
        return prose::paragraph(line, text, after_first_table && before_last_table, out);
    }
    if after_first_table && (is_value(text) || is_model(text) || is_alias(text)) {
        return out.error(line, format!("expected a heading or prose outside a table, found `{text}`"));
    }
    out.heading(line, 2, text);
}

/// Reads the table whose header begins at the line index `at`. Returns the index of the line after it.
fn table(lines: &[Line<'_>], at: usize, out: &mut Extractor) -> usize {
    let line = lines[at].0;
    let text = |at: usize| lines.get(at).map_or("", |(_, text)| *text);
    let mut end = at;
    let mut cells = Vec::new();
    loop {
        match header(text(end)) {
            // `Model` begins a header, unless a column of labels precedes it.
            Some(HeaderCell::Column(Column::Model)) if cells.contains(&HeaderCell::Column(Column::Model)) => break,
            Some(cell) => cells.push(cell),
            None if end < lines.len() && header(text(end + 1)).is_some() => {
                out.error(lines[end].0, format!("unknown column `{}`", text(end)));
            }
            None => break,
        }
        end += 1;
    }
    for text in &lines[at..end] {
        out.skip(text.1, "in a column's name");
    }
    let columns = match assemble(&cells) {
        Ok(columns) => columns,
        Err(message) => {
            out.error(line, message);
            return end;
        }
    };
    out.found_table();
    let mut rows =
        Rows { lines, at: end, labelled: columns[0] != Column::Model, values: 0, rows: Vec::new(), failed: None };
    rows.values = columns.iter().filter(|column| column.holds_values()).count();
    rows.read();
    let names: Vec<String> = columns.iter().map(|column| column.name().to_owned()).collect();
    if rows.rows.is_empty() && rows.failed.is_none() {
        out.error(line, "expected rows below the header, found none");
    }
    if let Some((line, message)) = rows.failed {
        out.error(line, message);
    }
    out.table(line, &names, rows.rows);
    rows.at
}

/// Reads the rows of one table.
struct Rows<'a> {
    lines: &'a [Line<'a>],
    at: usize,
    labelled: bool,
    values: usize,
    rows: Vec<Row>,
    failed: Option<(u32, String)>,
}

impl<'a> Rows<'a> {
    fn text(&self, at: usize) -> &'a str {
        self.lines.get(at).map_or("", |(_, text)| *text)
    }

    fn read(&mut self) {
        let mut label = String::new();
        while self.at < self.lines.len() && self.failed.is_none() {
            let (line, text) = self.lines[self.at];
            let next = self.text(self.at + 1);
            if is_model(text) || self.is_capital_model(text, next) {
                self.row(line, text, std::mem::take(&mut label));
            } else if self.labelled && is_name(text) && label.is_empty() && is_model(next) {
                text.clone_into(&mut label);
                self.at += 1;
            } else if is_value(text) || is_alias(text) || is_one_running(text) {
                self.failed = Some((
                    line,
                    format!(
                        "expected the name of a model before `{text}`: the name is missing, or the row above has one cell too many"
                    ),
                ));
                self.at += 1;
            } else if is_name(text) && is_model(next) {
                let message = format!("`{text}` is ambiguous: it may be a model, a label or the name of a column");
                self.failed = Some((line, message));
                self.at += 1;
            } else {
                return;
            }
        }
    }

    /// Returns whether the text is a model's name with capitals, which some models have: an amount or an alias follows it,
    /// as it never follows a heading.
    fn is_capital_model(&self, text: &str, next: &str) -> bool {
        is_name(text) && !text.contains(' ') && !is_model(text) && (is_value(next) || is_alias(next))
    }

    fn row(&mut self, line: u32, name: &str, label: String) {
        self.at += 1;
        let mut name = name.to_owned();
        while is_alias(self.text(self.at)) {
            name = format!("{name}\n{}", self.text(self.at));
            self.at += 1;
        }
        let cell = |line: u32, text: String| Cell::new(line, text);
        let mut cells = Vec::new();
        if self.labelled {
            cells.push(cell(line, label));
        }
        cells.push(cell(line, name));
        let fixed = cells.len();
        while let Some(&(line, text)) = self.lines.get(self.at) {
            if is_one_running(text) && cells.len() > fixed {
                let last = cells.last_mut().expect("more cells than the fixed ones");
                last.text = format!("{} {ONE_RUNNING}", last.text);
            } else if is_value(text) {
                if cells.len() - fixed == self.values {
                    self.failed = Some((
                        line,
                        format!(
                            "expected {} amounts for `{}`, found `{text}` after them",
                            self.values,
                            cells[fixed - 1].text
                        ),
                    ));
                    return;
                }
                cells.push(cell(line, text.to_owned()));
            } else {
                break;
            }
            self.at += 1;
        }
        self.rows.push(Row { line, cells });
    }
}

/// Returns whether the text has the spelling of most models' names: a lowercase letter first, and no space.
fn is_model(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'/'))
}

/// Returns whether the text may be a label or a model's name: short, begins with a letter, and not a sentence.
fn is_name(text: &str) -> bool {
    const LONGEST: usize = 60;
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.len() <= LONGEST
        && !text.ends_with('.')
        && header(text).is_none()
        && prose::region_name(text).is_none()
        && !is_value(text)
}

fn is_alias(text: &str) -> bool {
    text.starts_with('(') && text.ends_with(')') && is_model(&text[1..text.len() - 1])
}

/// Returns whether the text is an amount, possibly with a typo.
fn is_value(text: &str) -> bool {
    let first = |text: &str| text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '$'));
    first(text)
        || text.starts_with("No limit")
        || text.contains(',') && !text.contains(' ') && text.contains(|c: char| c.is_ascii_digit())
}
