//! The text form of a report.

use std::fmt::Write as _;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, ContentArrangement, Table};

use ratebook_source::VendorPage;

use crate::report::{Change, ChangeKind, Note, ProviderReport, Report, State};

/// Returns the report as text: a table of providers, then one line for each change, page change, warning, error and file.
/// `width` is the width of the terminal in columns, if there is one.
pub fn render(report: &Report, width: Option<u16>) -> String {
    let mut out = format!("{}\n", summary(report, width));
    for provider in &report.providers {
        let name = &provider.provider;
        for change in &provider.changes {
            let _ = writeln!(out, "{name}: {}", line_of(change));
        }
        for change in &provider.page_changes {
            let _ = writeln!(out, "{name}: page {change}");
        }
        for page in provider.pages.iter().filter(|_| provider.pages.len() > 1) {
            let date = page.date.as_deref().unwrap_or("undated");
            let from = if page.from.is_empty() { "" } else { ", " };
            let (id, limits) = (&page.page, page.limits);
            let _ =
                writeln!(out, "{name}: page {id}: {}, {date}, {limits} limits{from}{}", state(page.state), page.from);
        }
        for warning in &provider.warnings {
            let _ = writeln!(out, "{name}: warning{}", note(warning));
        }
        for error in &provider.errors {
            let _ = writeln!(out, "{name}: error{}", note(error));
        }
        for file in &provider.files {
            let _ = writeln!(out, "{name}: file {file}");
        }
        for file in &provider.older {
            let _ = writeln!(out, "{name}: older copy, not read: {file}");
        }
        for file in &provider.unnamed {
            let _ = writeln!(out, "{name}: no page names {file}");
        }
    }
    out
}

fn summary(report: &Report, width: Option<u16>) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    table.set_header([
        "provider",
        "state",
        "from",
        "page date",
        "tables",
        "numbers",
        "used",
        "set aside",
        "entries",
        "added",
        "changed",
        "removed",
        "warnings",
    ]);
    for provider in &report.providers {
        table.add_row(row(provider));
    }
    for column in (4..13).filter(|column| *column != 7) {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn row(provider: &ProviderReport) -> Vec<String> {
    let set_aside: Vec<String> =
        provider.numbers_set_aside.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    vec![
        provider.provider.clone(),
        state(provider.state).to_owned(),
        if provider.from.is_empty() { "-".to_owned() } else { provider.from.clone() },
        provider.page_date.clone().unwrap_or_else(|| "-".to_owned()),
        provider.tables.to_string(),
        provider.numbers_found.to_string(),
        provider.numbers_used.to_string(),
        if set_aside.is_empty() { "-".to_owned() } else { set_aside.join("\n") },
        provider.entries.to_string(),
        provider.count(ChangeKind::Added).to_string(),
        provider.count(ChangeKind::Changed).to_string(),
        provider.count(ChangeKind::Removed).to_string(),
        provider.warnings.len().to_string(),
    ]
}

fn state(state: State) -> &'static str {
    match state {
        State::Unchanged => "unchanged",
        State::Changed => "changed",
        State::Unavailable => "unavailable",
        State::Withdrawn => "withdrawn",
        State::Failed => "failed",
        State::Refused => "refused",
    }
}

fn line_of(change: &Change) -> String {
    let text = |side: &Option<String>| side.clone().unwrap_or_default();
    let place = place(change.page.as_deref(), change.line);
    match change.kind {
        ChangeKind::Added => format!("added {}: {}{place}", change.subject, text(&change.after)),
        ChangeKind::Removed => format!("removed {}: {}{place} before", change.subject, text(&change.before)),
        ChangeKind::NewProse => format!("new prose, {}: {}{place}", change.subject, text(&change.after)),
        ChangeKind::Changed => {
            format!("changed {}: {} -> {}{place}", change.subject, text(&change.before), text(&change.after))
        }
    }
}

/// Returns a note, with its consequences on lines of their own.
fn note(note: &Note) -> String {
    let mut text = format!("{}: {}", place(note.page.as_deref(), note.line), note.message);
    for consequence in &note.consequences {
        let _ = write!(text, "\n  and so: {consequence}");
    }
    text
}

/// Returns a place: `, page tier-1, line 7`. The page `main` is not named.
fn place(page: Option<&str>, line: Option<u32>) -> String {
    let page = page.filter(|page| *page != VendorPage::MAIN).map(|page| format!(", page {page}"));
    let line = line.map(|line| format!(", line {line}"));
    format!("{}{}", page.unwrap_or_default(), line.unwrap_or_default())
}
