//! The shapes of the page's tables. The columns determine the shape.

use ratebook_source::RampPoint;

use super::super::extract::Extractor;
use crate::columns::header_paths;
use crate::number::numbers;
use crate::page::{Cell, Origin, Row, Table};

/// The content of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Limits of the self-serve plan: label, amount.
    Plan,
    /// Quotas of every plan: label, amount.
    Quota,
    /// Limits that grow: metric, and its amount after each time.
    Ramp,
    /// Spending limits: tier, qualification, amount.
    Tier,
    /// Response headers: name, description.
    Headers,
}

/// Returns the shape of a table with these columns, in our names or the vendor's, or `None` if it is unknown.
pub(super) fn shape(columns: &[&str]) -> Option<Shape> {
    match columns {
        ["Limits" | "limit", "Self-Serve" | "self-serve"] => Some(Shape::Plan),
        ["Quota Name" | "quota", "Default Value" | "default"] => Some(Shape::Quota),
        ["Tier" | "tier", "Qualification" | "qualification", "Spending Limit" | "spending limit"] => Some(Shape::Tier),
        ["Header", "Description"] => Some(Shape::Headers),
        ["Metric" | "metric", times @ ..] if times.len() > 1 => {
            let times: Option<Vec<u32>> = times.iter().map(|name| after_minutes(name)).collect();
            times.filter(|times| times[0] == 0 && times.is_sorted_by(|a, b| a < b)).map(|_| Shape::Ramp)
        }
        _ => None,
    }
}

/// Returns our names of a table's columns.
pub(super) fn canonical(shape: Shape, columns: &[&str]) -> Vec<String> {
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    match shape {
        Shape::Plan => names(&["limit", "self-serve"]),
        Shape::Quota => names(&["quota", "default"]),
        Shape::Tier => names(&["tier", "qualification", "spending limit"]),
        Shape::Headers => names(&["header", "description"]),
        Shape::Ramp => {
            let times = columns[1..].iter().filter_map(|name| after_minutes(name));
            std::iter::once("metric".to_owned())
                .chain(
                    times.map(
                        |minutes| if minutes == 0 { AT_FIRST.to_owned() } else { format!("after {minutes} minutes") },
                    ),
                )
                .collect()
        }
    }
}

/// Name of the statement that LoRAs are counted in one total.
pub(super) const LORAS_NOTE: &str = "loras";
/// Our name of the column with a ramp's start.
const AT_FIRST: &str = "at first";

/// Returns the time that a ramp's column names, in minutes. `Minimum Guaranteed Limit` is the start.
pub(super) fn after_minutes(column: &str) -> Option<u32> {
    let lower = column.to_lowercase();
    if lower == AT_FIRST || lower == "minimum guaranteed limit" {
        return Some(0);
    }
    let (count, unit) = lower.trim_start_matches("after ").split_once(' ')?;
    let count: u32 = count.parse().ok()?;
    match unit {
        "minute" | "minutes" => Some(count),
        "hour" | "hours" => count.checked_mul(60),
        _ => None,
    }
}

/// Returns whether a ramp's points, from the second on, are not proportional to their time.
pub(super) fn is_off_line(ramp: &[RampPoint]) -> bool {
    let product = |a: &RampPoint, b: &RampPoint| u128::from(a.amount) * u128::from(b.after_minutes);
    ramp.get(1..).unwrap_or_default().windows(2).any(|pair| product(&pair[0], &pair[1]) != product(&pair[1], &pair[0]))
}

pub(super) fn extract(line: u32, table: &Table, out: &mut Extractor) {
    let paths: Vec<String> = header_paths(table).iter().map(|path| path.join(" ")).collect();
    let columns: Vec<&str> = paths.iter().map(String::as_str).collect();
    let Some(shape) = shape(&columns) else {
        let message = format!(
            "unknown table with the columns {}: the page has changed, extend the interpreter",
            columns.join(" | ")
        );
        return out.error(line, message);
    };
    if shape == Shape::Headers {
        out.skip_header(table);
        return super::headers::extract(&table.rows, out);
    }
    if shape != Shape::Ramp {
        out.skip_header(table);
    }
    let mut rows = Vec::new();
    for row in &table.rows {
        let mut row = row.clone();
        row.trim_to(columns.len());
        let own = row.cells.iter().filter(|cell| !cell.text.is_empty() && cell.origin == Origin::Stated).count();
        if own == 1 && is_total_note(&row.cells[0].text) {
            out.statement(row.line, LORAS_NOTE, "one total over serverless and on-demand");
            continue;
        }
        if shape == Shape::Tier {
            qualify(&mut row, out);
        }
        rows.push(row);
    }
    out.table(line, &canonical(shape, &columns), rows);
}

/// Returns whether a text states that LoRAs are counted over both kinds of deployment.
pub(super) fn is_total_note(text: &str) -> bool {
    ["LoRAs", "total", "Serverless", "On-Demand"].iter().all(|word| text.contains(word)) && numbers(text).is_empty()
}

/// Rewrites a tier's qualification in our words: dollars paid or credited, a payment method, or an agreement.
pub(super) fn qualify(row: &mut Row, out: &mut Extractor) {
    let Some(Cell { text, line, .. }) = row.cells.get_mut(1) else { return };
    let dollars = numbers(text);
    *text = match dollars.as_slice() {
        [range] if text[..range.start].ends_with('$') => format!("${}", &text[range.clone()]),
        [] if text.contains("payment method") => "a payment method".to_owned(),
        [] if text.to_lowercase().contains("contact") => "by agreement".to_owned(),
        _ => {
            let message = format!(
                "expected dollars spent, a payment method or an agreement as the qualification, found `{text}`"
            );
            return out.error(*line, message);
        }
    };
}
