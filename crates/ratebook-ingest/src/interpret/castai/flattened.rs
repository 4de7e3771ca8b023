//! Extraction of the facts of Cast AI's page from flattened text, where the cells of a row have no separator.

use super::super::extract::Extractor;
use super::super::sections;
use super::{CLASS_COLUMNS, LIMIT_COLUMNS, SECTIONS, class_label, column};
use crate::number::{self, splits};
use crate::page::{BlockKind, Cell, Page, Row};

pub(super) fn extract(page: &Page, out: &mut Extractor) {
    let mut blocks = page.blocks.iter().peekable();
    while let Some(block) = blocks.next() {
        let text = match &block.kind {
            BlockKind::Paragraph(text) => text,
            BlockKind::Item { text, .. } => {
                out.skip(text, "in a list of advice");
                continue;
            }
            _ => continue,
        };
        let Some(columns) = header(text) else {
            if looks_like_header(text) {
                out.error(block.line, format!("unknown column in the header `{text}`"));
            } else if looks_like_row(text) {
                out.error(block.line, format!("expected a header before the row `{text}`"));
            } else {
                sections::keep(page, block.line, text, SECTIONS, out);
            }
            continue;
        };
        out.found_table();
        let wanted: &[&str] = if columns.contains(&"class") { &CLASS_COLUMNS } else { &LIMIT_COLUMNS };
        if columns != wanted {
            out.error(block.line, format!("expected the columns {}, found {}", wanted.join(", "), columns.join(", ")));
            continue;
        }
        let mut lines = Vec::new();
        while let Some(row) = blocks.next_if(|row| is_row(&row.kind, wanted)) {
            if let BlockKind::Paragraph(text) = &row.kind {
                lines.push((row.line, text.as_str()));
            }
        }
        let rows = if wanted == CLASS_COLUMNS { class_rows(&lines, out) } else { limit_rows(&lines, out) };
        let columns: Vec<String> = columns.iter().map(|&name| name.to_owned()).collect();
        out.table(block.line, &columns, rows);
    }
}

/// Returns our names of the columns in a header without separators, or `None` if the text is not a header.
fn header(text: &str) -> Option<Vec<&'static str>> {
    const NAMES: [&str; 7] = ["Plan", "Model/Category", "RPM", "TPM", "Category", "Parameter range", "Example models"];
    let mut columns = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let name = NAMES.into_iter().find(|name| rest.starts_with(name))?;
        columns.push(column(name)?);
        rest = &rest[name.len()..];
    }
    (columns.len() > 1).then_some(columns)
}

fn looks_like_header(text: &str) -> bool {
    let pairs = [("Plan", "Model/Category"), ("RPM", "TPM"), ("Category", "Parameter"), ("Parameter range", "Example")];
    pairs.iter().any(|(a, b)| text.contains(&format!("{a}{b}")))
        || text.starts_with("PlanModel")
        || text.ends_with("Example models")
}

/// Returns whether a text ends with an amount that directly follows a word, as in cells without a separator.
fn looks_like_row(text: &str) -> bool {
    let label = label_of(text);
    let amounts = &text[label.len()..];
    !amounts.is_empty()
        && !label.is_empty()
        && !label.ends_with([' ', '-', '=', ':', '/'])
        && text.len() < 80
        && !text.contains('"')
        || text.contains("B parameters") && !text.ends_with('.')
}

fn is_row(kind: &BlockKind, columns: &[&str]) -> bool {
    let BlockKind::Paragraph(text) = kind else { return false };
    if columns == CLASS_COLUMNS { text.contains("parameters") && !text.ends_with('.') } else { looks_like_row(text) }
}

/// Returns the part of a row before its amounts.
fn label_of(text: &str) -> &str {
    let mut label = text;
    while let Some(rest) = label.strip_suffix("Custom") {
        label = rest;
    }
    label.trim_end_matches(|c: char| c.is_ascii_digit() || c == ',')
}

fn class_rows(lines: &[(u32, &str)], out: &mut Extractor) -> Vec<Row> {
    let mut rows = Vec::new();
    for &(line, text) in lines {
        let start = text.find(|c: char| c.is_ascii_digit() || matches!(c, '≤' | '≥' | '<' | '>')).unwrap_or(0);
        let end = text.find("parameters").map_or(0, |at| at + "parameters".len());
        if start == 0 || end < start {
            out.error(line, format!("expected a size class with a name, a range and example models, found `{text}`"));
            continue;
        }
        rows.push(row(line, &[&text[..start], &text[start..end], &text[end..]]));
    }
    rows
}

fn limit_rows(lines: &[(u32, &str)], out: &mut Extractor) -> Vec<Row> {
    let parts: Vec<_> =
        lines.iter().map(|&(line, text)| (line, text, label_of(text), &text[label_of(text).len()..])).collect();
    let all: Vec<Vec<(&str, &str)>> = parts.iter().map(|(_, _, _, amounts)| grouped_splits(amounts)).collect();
    // Rows with one possible split give the usual ratio of tokens to requests, which selects the split of the others.
    let ratios: Vec<f64> =
        all.iter().filter(|splits| splits.len() == 1).filter_map(|splits| ratio(splits[0])).collect();
    let fits =
        |split: (&str, &str)| ratio(split).is_none_or(|own| ratios.iter().any(|known| (own / known - 1.0).abs() < 0.5));
    let mut rows = Vec::new();
    for ((line, text, label, amounts), splits) in parts.into_iter().zip(all) {
        let fitting: Vec<_> =
            if splits.len() > 1 { splits.iter().copied().filter(|&s| fits(s)).collect() } else { splits.clone() };
        let [(requests, tokens)] = fitting[..] else {
            let shown: Vec<String> = splits.iter().map(|(a, b)| format!("{a} and {b}")).collect();
            let shown = if shown.is_empty() { "none".to_owned() } else { shown.join(", or ") };
            out.error(
                line,
                format!("expected one way to split `{amounts}` of `{text}` into two amounts, found {shown}"),
            );
            continue;
        };
        let (plan, models) = plan_and_models(label);
        rows.push(row(line, &[plan, models, requests, tokens]));
    }
    rows
}

/// Returns the splits in which every number above 999 has separators, as everywhere on the page.
fn grouped_splits(run: &str) -> Vec<(&str, &str)> {
    let grouped = |text: &str| text.contains(',') || text.len() <= 3 || !text.starts_with(|c: char| c.is_ascii_digit());
    splits(run).into_iter().filter(|(left, right)| grouped(left) && grouped(right)).collect()
}

fn ratio((requests, tokens): (&str, &str)) -> Option<f64> {
    // Rounding does not matter: only magnitudes are compared.
    Some(number::count(tokens).ok()? as f64 / number::count(requests).ok()? as f64)
}

/// Splits a label into its plan, if it begins with one, and its models: the plan ends where an uppercase letter follows a
/// lowercase one.
fn plan_and_models(label: &str) -> (&str, &str) {
    let glued =
        label.char_indices().zip(label.chars().skip(1)).find(|((_, a), b)| a.is_lowercase() && b.is_uppercase());
    match glued {
        Some(((at, last), _)) => label.split_at(at + last.len_utf8()),
        None if class_label(label).is_some() => ("", label),
        None => (label, ""),
    }
}

fn row(line: u32, cells: &[&str]) -> Row {
    let cell = |text: &&str| Cell::new(line, text.trim().to_owned());
    Row { line, cells: cells.iter().map(cell).collect() }
}
