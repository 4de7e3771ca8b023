//! Tables whose cells run together: `StarterSmall (≤8B)180120,000`.

use super::super::assign::{Assigned, assign};
use super::{FoundTable, Line, OtherReadings};
use crate::number::{self, splits};
use crate::page::{Cell, Row};
use crate::reading::{Diagnostic, Severity};
use crate::recipe::{self, Recipe, Role, Split};

/// The longest row, in bytes.
const MAX_ROW: usize = 80;

/// Returns the table whose header is this line: names of its columns without separators.
pub(super) fn header<'a>(text: &str, recipe: &'a Recipe) -> Option<FoundTable<'a>> {
    recipe.tables.iter().find_map(|rule| {
        let names = names(text, rule)?;
        let columns = assign(rule, &names).ok()?;
        Some(FoundTable { rule, names, columns })
    })
}

/// Splits a text into the names of a table's columns.
fn names(text: &str, rule: &recipe::TableRule) -> Option<Vec<String>> {
    let known: Vec<String> = rule.columns.keys().map(|pattern| pattern.as_str().to_owned()).collect();
    let mut names = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        // The longest, because a name may begin with another.
        let name = known.iter().filter(|name| rest.starts_with(name.as_str())).max_by_key(|name| name.len())?;
        names.push(name.clone());
        rest = &rest[name.len()..];
    }
    (names.len() > 1).then_some(names)
}

/// Returns whether a line looks like a header with an unknown column: it contains two known names without a separator, or
/// begins or ends with a known name that is glued to another word.
pub(super) fn looks_like_header(text: &str, recipe: &Recipe) -> bool {
    if text.ends_with('.') {
        return false;
    }
    recipe.tables.iter().any(|rule| {
        let known: Vec<String> = rule.columns.keys().map(|pattern| pattern.as_str().to_owned()).collect();
        let is_pair = |a: &String| known.iter().any(|b| a != b && text.contains(&format!("{a}{b}")));
        let begins = |name: &String| {
            let rest = text.strip_prefix(name.as_str());
            rest.is_some_and(|rest| is_glue(name.chars().next_back(), rest.chars().next()))
        };
        let ends = |name: &String| {
            let before = text.strip_suffix(name.as_str());
            before.is_some_and(|before| is_glue(before.chars().next_back(), name.chars().next()))
        };
        known.iter().any(|name| is_pair(name) || begins(name) || ends(name))
    })
}

/// Returns whether two letters are of two cells: a lowercase letter before an uppercase one.
fn is_glue(before: Option<char>, after: Option<char>) -> bool {
    before.is_some_and(char::is_lowercase) && after.is_some_and(char::is_uppercase)
}

/// Returns the part of a row before its amounts.
fn label_of(text: &str) -> &str {
    let mut label = text;
    while let Some(rest) = label.strip_suffix("Custom").or_else(|| label.strip_suffix("Unlimited")) {
        label = rest;
    }
    label.trim_end_matches(|c: char| c.is_ascii_digit() || c == ',')
}

/// Returns whether a text looks like a glued row: it ends with an amount that directly follows a word, or it states a range
/// of parameters (`8B parameters`).
pub(super) fn looks_like_row(text: &str) -> bool {
    let label = label_of(text);
    let amounts = &text[label.len()..];
    let is_glued =
        !amounts.is_empty() && !label.is_empty() && !label.ends_with([' ', '-', '=', ':', '/', '.', '$', '(', '@']);
    let states_range = text.contains("B parameters") && !text.ends_with('.');
    (is_glued && text.len() < MAX_ROW && !text.contains('"')) || states_range
}

/// Returns the rows that follow a header, and the number of their lines.
pub(super) fn rows(
    found: &FoundTable<'_>,
    run: &[Line<'_>],
    other_readings: &mut OtherReadings,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Vec<Row>, usize) {
    let values = found.columns.iter().rev().take_while(|assigned| assigned.column.is_value()).count();
    let is_row = |line: &&Line<'_>| match values {
        0 => range_at(line.text).is_some() && !line.text.ends_with('.'),
        _ => looks_like_row(line.text) && !line.text.contains("B parameters"),
    };
    let lines: Vec<Line<'_>> = run.iter().take_while(is_row).copied().collect();
    let rows = match values {
        0 => lines.iter().filter_map(|line| range_row(found, *line, diagnostics)).collect(),
        _ => value_rows(found, &lines, values, other_readings, diagnostics),
    };
    (rows, lines.len())
}

fn error(line: u32, message: String, diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.push(Diagnostic { severity: Severity::Error, line: Some(line), message });
}

/// Returns the first and last byte of the range of parameters in a row.
fn range_at(text: &str) -> Option<(usize, usize)> {
    let start = text.find(|c: char| c.is_ascii_digit() || matches!(c, '≤' | '≥' | '<' | '>'))?;
    let end = text.find("parameters")? + "parameters".len();
    (start > 0 && start < end).then_some((start, end))
}

/// Splits a row of a size class: a name, a range and members.
fn range_row(found: &FoundTable<'_>, line: Line<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Row> {
    let is_known = matches!(
        found.columns.iter().map(|assigned| &assigned.column.role).collect::<Vec<_>>().as_slice(),
        [Role::Class, Role::Range, Role::Members]
    );
    match range_at(line.text).filter(|_| is_known) {
        Some((start, end)) => Some(row(line, &[&line.text[..start], &line.text[start..end], &line.text[end..]])),
        None => {
            let message =
                format!("expected a size class with a name, a range and example models, found `{}`", line.text);
            error(line.line, message, diagnostics);
            None
        }
    }
}

fn value_rows(
    found: &FoundTable<'_>,
    lines: &[Line<'_>],
    values: usize,
    other_readings: &mut OtherReadings,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Row> {
    let parts: Vec<(Line<'_>, &str, &str)> = lines
        .iter()
        .map(|&line| {
            let label = label_of(line.text);
            (line, label, &line.text[label.len()..])
        })
        .collect();
    let all: Vec<Vec<Vec<&str>>> = parts.iter().map(|(_, _, amounts)| ways(amounts, values)).collect();
    // Rows with one possible split give the usual ratio of two amounts, which selects the split of the others.
    let usual: Vec<f64> = all.iter().filter(|ways| ways.len() == 1).filter_map(|ways| ratio(&ways[0])).collect();
    let is_usual =
        |way: &Vec<&str>| ratio(way).is_none_or(|own| usual.iter().any(|known| (own / known - 1.0).abs() < 0.5));
    let mut rows = Vec::new();
    for ((line, label, amounts), ways) in parts.into_iter().zip(all) {
        let by_ratio = ways.len() > 1 && found.rule.split == Some(Split::UsualRatio);
        let fitting: Vec<&Vec<&str>> = ways.iter().filter(|way| !by_ratio || is_usual(way)).collect();
        let [chosen] = fitting.as_slice() else {
            let shown: Vec<String> = ways.iter().map(|way| way.join(" and ")).collect();
            let shown = if shown.is_empty() { "none".to_owned() } else { shown.join(", or ") };
            let text = line.text;
            let message =
                format!("expected one way to split `{amounts}` of `{text}` into {values} amounts, found {shown}");
            error(line.line, message, diagnostics);
            continue;
        };
        let first_value = found.columns.len() - values;
        if let Some(other) = ways.iter().find(|way| way != chosen) {
            for (at, text) in other.iter().enumerate() {
                if let Ok(Some(amount)) = number::amount(text) {
                    other_readings.insert((line.line, first_value + at), amount);
                }
            }
        }
        let Some(mut cells) = label_cells(label, &found.columns[..first_value], found.rule) else {
            error(
                line.line,
                format!("expected {first_value} cells before the amounts of `{}`", line.text),
                diagnostics,
            );
            continue;
        };
        cells.extend(chosen.iter().copied());
        rows.push(row(line, &cells));
    }
    rows
}

/// Returns the ways to split a run into amounts in which every number above 999 has separators.
fn ways(run: &str, values: usize) -> Vec<Vec<&str>> {
    let grouped =
        |text: &&str| text.contains(',') || text.len() <= 3 || !text.starts_with(|c: char| c.is_ascii_digit());
    match values {
        1 => vec![vec![run]],
        2 => {
            let pairs = splits(run).into_iter().filter(|(left, right)| grouped(left) && grouped(right));
            pairs.map(|(left, right)| vec![left, right]).collect()
        }
        _ => Vec::new(),
    }
}

fn ratio(way: &[&str]) -> Option<f64> {
    let [first, second] = way else { return None };
    // Rounding does not matter: only magnitudes are compared.
    Some(number::count(second).ok()? as f64 / number::count(first).ok()? as f64)
}

/// Splits the label of a row into the cells of one or two columns. The first is blank where the row repeats the one above.
fn label_cells<'t>(label: &'t str, columns: &[Assigned<'_>], rule: &recipe::TableRule) -> Option<Vec<&'t str>> {
    let is_specific = |text: &str| {
        rule.who.iter().any(|text_rule| !text_rule.pattern.is_open() && text_rule.pattern.matches(text).is_some())
    };
    match columns {
        [_] => Some(vec![label]),
        [first, _] => {
            let chars = label.char_indices().zip(label.chars().skip(1));
            let ends: Vec<usize> = chars
                .filter(|((_, before), after)| is_glue(Some(*before), Some(*after)))
                .map(|((at, before), _)| at + before.len_utf8())
                .collect();
            let mut specific = ends.iter().filter(|&&end| is_specific(&label[end..]));
            let end = match (specific.next(), specific.next()) {
                (Some(end), None) => Some(end),
                (None, _) if first.column.settings.carry && is_specific(label) => return Some(vec!["", label]),
                (None, _) | (Some(_), Some(_)) => ends.first(),
            };
            Some(end.map_or_else(|| vec![label, ""], |&end| vec![&label[..end], &label[end..]]))
        }
        _ => None,
    }
}

fn row(line: Line<'_>, cells: &[&str]) -> Row {
    Row { line: line.line, cells: cells.iter().map(|text| Cell::new(line.line, text.trim())).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_of_amounts_is_split_by_the_grammar_of_numbers() {
        assert_eq!(ways("180120,000", 2), [["180", "120,000"]]);
        assert_eq!(ways("4530,000", 2), [["4", "530,000"], ["45", "30,000"]]);
        assert_eq!(ways("CustomCustom", 2), [["Custom", "Custom"]]);
        assert_eq!(ways("600", 1), [["600"]]);
    }

    #[test]
    fn a_label_ends_before_its_amounts() {
        assert_eq!(label_of("Small (≤8B)180120,000"), "Small (≤8B)");
        assert_eq!(label_of("EnterpriseAllCustomCustom"), "EnterpriseAll");
        assert!(looks_like_row("Medium (8B–35B)9060,000") && !looks_like_row("Retry-After: 5"));
    }
}
