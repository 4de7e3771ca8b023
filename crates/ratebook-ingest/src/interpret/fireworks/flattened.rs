//! Extraction of the page's facts from flattened text: one cell a line, and as many lines a row as the table has columns.

use super::super::extract::Extractor;
use super::super::sections;
use super::tables::{self, Shape};
use crate::number::{self, rate};
use crate::page::{Cell, Page, Row};

const MAX_HEADER_LINES: usize = 8;

pub(super) fn extract(page: &Page, out: &mut Extractor) {
    let lines: Vec<(u32, &str)> = out.lines(page);
    let texts: Vec<&str> = lines.iter().map(|(_, text)| *text).collect();
    let mut at = 0;
    while at < lines.len() {
        let header = (2..=MAX_HEADER_LINES).rev().filter_map(|len| texts.get(at..at + len));
        let Some((columns, shape)) = header.filter_map(|columns| Some((columns, tables::shape(columns)?))).next()
        else {
            if is_value(texts[at]) {
                out.error(lines[at].0, format!("expected amounts in tables only, found `{}`", texts[at]));
            } else if is_column(texts[at]) {
                out.error(lines[at].0, format!("unknown columns beside the column `{}`", texts[at]));
            } else {
                super::refuse_new_growth(lines[at].0, texts[at], out);
                sections::keep(page, lines[at].0, texts[at], super::SECTIONS, out);
            }
            at += 1;
            continue;
        };
        out.found_table();
        let line = lines[at].0;
        at += columns.len();
        let mut rows = Vec::new();
        while let Some(cells) = lines.get(at..at + columns.len()).filter(|cells| is_row(shape, cells)) {
            let cell = |&(line, text): &(u32, &str)| Cell::new(line, text.to_owned());
            let mut row = Row { line: cells[0].0, cells: cells.iter().map(cell).collect() };
            if shape == Shape::Tier {
                tables::qualify(&mut row, out);
            }
            rows.push(row);
            at += columns.len();
        }
        if shape == Shape::Headers {
            super::headers::extract(&rows, out);
            continue;
        }
        while let Some((line, _)) = lines.get(at).filter(|(_, text)| tables::is_total_note(text)) {
            out.statement(*line, tables::LORAS_NOTE, "one total over serverless and on-demand");
            at += 1;
        }
        out.table(line, &tables::canonical(shape, columns), rows);
    }
}

fn is_row(shape: Shape, cells: &[(u32, &str)]) -> bool {
    let values = |cells: &[(u32, &str)]| cells.iter().all(|(_, text)| is_value_like(text));
    let label = cells[0].1;
    match shape {
        Shape::Headers => label.starts_with("x-ratelimit"),
        Shape::Tier => (label.starts_with("Tier") || label == "Unlimited") && values(&cells[2..]),
        Shape::Plan | Shape::Quota | Shape::Ramp => !is_value(label) && values(&cells[1..]),
    }
}

fn is_value(text: &str) -> bool {
    number::count(text).is_ok() || rate(text).is_ok()
}

/// Returns whether the text is an amount, possibly with a typo.
fn is_value_like(text: &str) -> bool {
    is_value(text)
        || matches!(number::amount(text), Ok(Some(_)))
        || !text.contains(' ') && text.contains(|c: char| c.is_ascii_digit())
}

fn is_column(text: &str) -> bool {
    let columns = [
        "Limits",
        "Self-Serve",
        "Metric",
        "Minimum Guaranteed Limit",
        "Quota Name",
        "Default Value",
        "Tier",
        "Qualification",
    ];
    columns.contains(&text)
        || matches!(text, "Spending Limit" | "Header" | "Description")
        || tables::after_minutes(text).is_some()
}
