//! The text form of a report.

use std::fmt::Write as _;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, ContentArrangement, Table};

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
        for warning in &provider.warnings {
            let _ = writeln!(out, "{name}: warning{}", note(warning));
        }
        for error in &provider.errors {
            let _ = writeln!(out, "{name}: error{}", note(error));
        }
        for file in &provider.files {
            let _ = writeln!(out, "{name}: file {file}");
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
        "skipped",
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
    let skipped: Vec<String> =
        provider.numbers_skipped.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    vec![
        provider.provider.clone(),
        state(provider.state).to_owned(),
        if provider.from.is_empty() { "-".to_owned() } else { provider.from.clone() },
        provider.page_date.clone().unwrap_or_else(|| "-".to_owned()),
        provider.tables.to_string(),
        provider.numbers_found.to_string(),
        provider.numbers_used.to_string(),
        if skipped.is_empty() { "-".to_owned() } else { skipped.join("\n") },
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
    let place = change.line.map(|line| format!(", line {line}")).unwrap_or_default();
    match change.kind {
        ChangeKind::Added => format!("added {}: {}{place}", change.subject, text(&change.after)),
        ChangeKind::Removed => format!("removed {}: {}{place} before", change.subject, text(&change.before)),
        ChangeKind::Changed => {
            format!("changed {}: {} -> {}{place}", change.subject, text(&change.before), text(&change.after))
        }
    }
}

fn note(note: &Note) -> String {
    match note.line {
        Some(line) => format!(", line {line}: {}", note.message),
        None => format!(": {}", note.message),
    }
}
