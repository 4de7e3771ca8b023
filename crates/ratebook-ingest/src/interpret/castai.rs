//! Cast AI: requests and tokens per minute, by plan and size class.

mod flattened;

use ratebook_source::{Amount, Evidence, Kind, Limit, Metric, Period, Plan, Pool, SizeClass};

use super::extract::Extractor;
use super::findings::Findings;
use super::sections::{self, KnownSection};
use crate::columns::{filled, header_paths, names, position};
use crate::number::{self, numbers, parameter_range};
use crate::page::{Block, BlockKind, Cell, Form, Origin, Page, Row, Table};
use crate::recipe::slug;
use crate::reviewed::Decisions;

const LIMIT_COLUMNS: [&str; 4] = ["plan", "models", "requests per minute", "tokens per minute"];
const SECTIONS: &[KnownSection] = &[
    ("the limits by plan", &["by plan"]),
    ("the size classes", &["size categor", "model size"]),
    ("the responses of a refusal", &["refusal", "responses"]),
];
const CLASS_COLUMNS: [&str; 3] = ["class", "parameters", "examples"];

/// Returns our name of a column, from the vendor's.
fn column(name: &str) -> Option<&'static str> {
    Some(match name.to_lowercase().as_str() {
        "plan" => "plan",
        "model/category" | "model / category" => "models",
        "rpm" => "requests per minute",
        "tpm" => "tokens per minute",
        "category" => "class",
        "parameter range" => "parameters",
        "example models" => "examples",
        _ => return None,
    })
}

pub(super) fn extract(page: &Page, out: &mut Extractor) {
    if page.form == Form::Text {
        flattened::extract(page, out);
    } else {
        extract_tables(page, out);
    }
    let about = |words: &[&str]| {
        page.blocks.iter().find(|block| match &block.kind {
            BlockKind::Paragraph(text) | BlockKind::Heading { text, .. } => {
                words.iter().all(|word| text.contains(word))
            }
            _ => false,
        })
    };
    if let Some(block) = about(&["free", "all", "models"]) {
        out.statement(block.line, "free-plan-models", "all");
    }
    let is_titled = page.blocks.iter().take(TITLE_BLOCKS).any(|block| match &block.kind {
        BlockKind::Heading { text, .. } | BlockKind::Paragraph(text) => text.to_lowercase().starts_with("rate limits"),
        _ => false,
    });
    if is_titled && about(&["AI Enabler"]).is_some() && !page.blocks.iter().any(|block| may_state_limits(&block.kind)) {
        out.withdrawn();
    }
}

/// The number of leading blocks that may hold the page's title: a documentation site may put others above it.
const TITLE_BLOCKS: usize = 10;

/// Returns whether a block may hold limits: a table, the names of its columns, or a number with a unit.
fn may_state_limits(block: &BlockKind) -> bool {
    const COUNTED: [&str; 9] =
        ["rpm", "tpm", "request", "token", "per minute", "per second", "per day", "/min", "per hour"];
    match block {
        BlockKind::Table(_) => true,
        BlockKind::Heading { text, .. } | BlockKind::Paragraph(text) | BlockKind::Item { text, .. } => {
            let lower = text.to_lowercase();
            // 429 is the status of a refusal.
            let is_amount = numbers(text).into_iter().any(|range| &text[range] != "429");
            text.contains("RPM") && text.contains("TPM") && text.contains("Plan")
                || is_amount && COUNTED.iter().any(|word| lower.contains(word))
        }
        BlockKind::Code(_) | BlockKind::Unread { .. } | BlockKind::Statement { .. } => false,
    }
}

fn extract_tables(page: &Page, out: &mut Extractor) {
    for block in &page.blocks {
        match &block.kind {
            BlockKind::Heading { level, text } => out.heading(block.line, *level, text),
            BlockKind::Item { text, .. } => out.skip(text, "in a list of advice"),
            BlockKind::Table(table) => extract_table(block, table, out),
            _ => {}
        }
    }
}

fn extract_table(block: &Block, table: &Table, out: &mut Extractor) {
    let paths = header_paths(table);
    let mut columns = Vec::new();
    for path in &paths {
        match column(path.join(" ").as_str()) {
            Some(name) => columns.push(name.to_owned()),
            None => return out.error(block.line, format!("unknown column `{}`", path.join(" / "))),
        }
    }
    let wanted: &[&str] = if columns.iter().any(|name| name == "class") { &CLASS_COLUMNS } else { &LIMIT_COLUMNS };
    if let Some(missing) = wanted.iter().find(|name| columns.iter().filter(|column| column == *name).count() != 1) {
        return out
            .error(block.line, format!("expected one column `{missing}`, found the columns {}", columns.join(", ")));
    }
    if columns.len() != wanted.len() {
        return out
            .error(block.line, format!("expected the columns {}, found {}", wanted.join(", "), columns.join(", ")));
    }
    out.skip_header(table);
    let mut rows = table.rows.clone();
    if let (Some(plan), Some(models)) =
        (columns.iter().position(|n| n == "plan"), columns.iter().position(|n| n == "models"))
    {
        rows.iter_mut().for_each(|row| shift_row_right(row, plan, models, columns.len()));
    }
    out.table(block.line, &columns, rows);
}

/// Shifts a row right by one cell if the merged plan above shifted it left: its size class is in the column of plans, and
/// its last cell is blank or missing.
fn shift_row_right(row: &mut Row, plan: usize, models: usize, columns: usize) {
    let is_class = filled(row, plan).is_some_and(|cell| class_label(&cell.text).is_some());
    let is_short = row.cells.len() < columns || row.cells.last().is_some_and(|cell| cell.text.is_empty());
    let names_class = filled(row, models).is_some_and(|cell| class_label(&cell.text).is_some());
    if plan == 0 && is_class && is_short && !names_class {
        row.cells.insert(0, Cell::new(row.line, String::new()));
        row.cells.truncate(columns);
    }
}

/// Returns the class and the range of a label such as `Small (≤8B)`.
fn class_label(text: &str) -> Option<(&str, (u64, u64))> {
    let (name, range) = text.strip_suffix(')')?.split_once(" (")?;
    Some((name, parameter_range(range).ok()?))
}

pub(super) fn interpret(page: &Page, decisions: &Decisions, out: &mut Findings<'_>) {
    let tables: Vec<(&Block, &Table, Vec<&str>)> = page
        .blocks
        .iter()
        .filter_map(|block| match &block.kind {
            BlockKind::Table(table) => Some((block, table, names(table))),
            _ => None,
        })
        .collect();
    sections::check(page, SECTIONS, out);
    for (_, table, columns) in tables.iter().filter(|(_, _, columns)| columns.contains(&"class")) {
        read_classes(table, columns, out);
    }
    resolve_shared_bounds(out);
    for (block, table, columns) in tables.iter().filter(|(_, _, columns)| columns.contains(&"plan")) {
        read_limits(block.line, table, columns, out);
    }
    if out.source.classes.is_empty() && !out.source.limits.is_empty() {
        out.error(
            1,
            "expected a table of size classes with the columns Category, Parameter range, Example models, found none",
        );
    }
    for class in out.source.classes.clone() {
        if !out.source.limits.iter().any(|limit| limit.kind == Kind::Size && limit.name == class.name) {
            out.error(1, format!("no plan has limits for the size class `{}`", class.name));
        }
    }
    if let (Some((line, _)), true) =
        (out.statement("free-plan-models"), out.source.limits.iter().any(|l| l.plan.as_deref() == Some("free")))
    {
        out.warning(line, "the prose gives the free plan every model, its row only one: the row is used");
    }
    out.no_cell_is_ambiguous(decisions);
}

fn read_classes(table: &Table, columns: &[&str], out: &mut Findings<'_>) {
    let at = |name| position(columns, name).unwrap_or(usize::MAX);
    let (class, range, examples) = (at("class"), at("parameters"), at("examples"));
    for row in &table.rows {
        let (Some(class), Some(range)) = (filled(row, class), filled(row, range)) else {
            out.error(row.line, "expected a size class with a name and a range");
            continue;
        };
        let bare = range.text.trim_end_matches("parameters").trim();
        let (from, to) = match parameter_range(bare) {
            Ok(bounds) => bounds,
            Err(error) => {
                out.error(range.line, error.to_string());
                continue;
            }
        };
        out.ledger.used_cell(range);
        let mut members = Vec::new();
        match filled(row, examples) {
            Some(cell) => {
                out.ledger.skip(&cell.text, "in a model's name");
                members =
                    cell.text.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
            }
            None => out.warning(row.line, format!("the class `{}` names no example model", class.text)),
        }
        out.source.classes.push(SizeClass { name: slug(&class.text), from, to, members });
    }
}

/// Assigns a bound that two classes share to the lower class: a model of 8B parameters is small.
fn resolve_shared_bounds(out: &mut Findings<'_>) {
    let classes = &mut out.source.classes;
    classes.sort_by_key(|class| (class.to, class.from));
    for at in 1..classes.len() {
        if classes[at].from == classes[at - 1].to {
            classes[at].from = classes[at].from.saturating_add(1);
        }
    }
    let gaps: Vec<String> = classes
        .windows(2)
        .filter(|pair| !pair[1].follows(&pair[0]))
        .map(|pair| format!("the size classes `{}` and `{}` overlap or leave a gap", pair[0].name, pair[1].name))
        .collect();
    for gap in gaps {
        out.error(1, gap);
    }
}

fn read_limits(line: u32, table: &Table, columns: &[&str], out: &mut Findings<'_>) {
    let at = |name| position(columns, name).unwrap_or(usize::MAX);
    let (plan_at, models_at) = (at("plan"), at("models"));
    let mut plan: Option<String> = None;
    let mut seen: Vec<(String, String)> = Vec::new();
    for row in &table.rows {
        let before = plan.clone();
        if let Some(cell) = filled(row, plan_at) {
            plan = Some(slug(&cell.text));
        }
        let (Some(plan), Some(models)) = (plan.clone(), filled(row, models_at)) else {
            out.error(row.line, "expected a plan and models in the row");
            continue;
        };
        if before.as_deref() != Some(&plan) && filled(row, plan_at).is_some_and(|cell| cell.origin == Origin::Stated) {
            if out.source.plans.iter().any(|known| known.name == plan) {
                out.warning(row.line, format!("the plan `{plan}` is listed twice"));
            } else {
                out.source.plans.push(Plan { name: plan.clone(), within: None, qualifies_usd: None });
            }
        }
        if seen.contains(&(plan.clone(), models.text.clone())) {
            out.warning(row.line, format!("`{}` is listed twice in the plan `{plan}`", models.text));
        }
        seen.push((plan.clone(), models.text.clone()));
        let Some((kind, name, pool)) = selector(models, out) else { continue };
        for (column, metric) in [("requests per minute", Metric::Requests), ("tokens per minute", Metric::Tokens)] {
            let Some(cell) = filled(row, at(column)) else {
                out.error(row.line, format!("`{}` in the plan `{plan}` has no {column}", models.text));
                continue;
            };
            match number::amount(&cell.text) {
                Ok(Some(amount)) => {
                    let mut limit = Limit::new(kind, name.clone(), metric, amount, pool.clone());
                    limit.plan = Some(plan.clone());
                    limit.per = Some(Period::Minute);
                    limit.line = Some(cell.line);
                    limit.evidence = match cell.origin {
                        Origin::Stated => Evidence::Stated,
                        Origin::Spanned => Evidence::Spanned,
                    };
                    out.source.limits.push(limit);
                    out.ledger.used_cell(cell);
                }
                Ok(None) => {
                    out.error(cell.line, format!("expected {column} of `{}`, found an empty cell", models.text))
                }
                Err(error) => out.error(cell.line, error.to_string()),
            }
        }
        if columns.len() < row.cells.len() {
            out.error(row.line, "the row has more cells than the table has columns");
        }
    }
    check_plans(line, out);
}

/// Returns the selector of a row, with its pool: every model, a size class, or one model.
fn selector(models: &Cell, out: &mut Findings<'_>) -> Option<(Kind, String, Pool)> {
    if models.text.eq_ignore_ascii_case("all") {
        return Some((Kind::Any, "*".to_owned(), Pool::Account));
    }
    if let Some((label, bounds)) = class_label(&models.text) {
        let name = slug(label);
        let Some(class) = out.source.classes.iter().find(|class| class.name == name) else {
            out.error(models.line, format!("unknown size class `{label}`: the table of classes does not list it"));
            return None;
        };
        let (from, to) = (class.from, class.to);
        if to != bounds.1 || (from != bounds.0 && from != bounds.0.saturating_add(1)) {
            out.error(models.line, format!("`{}` has other bounds in the table of classes", models.text));
        }
        out.ledger.used_cell(models);
        return Some((Kind::Size, name.clone(), Pool::Group(format!("size:{name}"))));
    }
    if models.text.contains(['(', ')', '≤', '>', '<', '–']) {
        out.error(models.line, format!("expected a size class or the name of a model, found `{}`", models.text));
        return None;
    }
    out.ledger.skip(&models.text, "in a model's name");
    Some((Kind::Model, models.text.clone(), Pool::Model))
}

/// Checks that a plan with limits by size class has one for every class, and that larger classes have lower limits.
fn check_plans(line: u32, out: &mut Findings<'_>) {
    let classes: Vec<String> = out.source.classes.iter().map(|class| class.name.clone()).collect();
    for plan in out.source.plans.clone() {
        for metric in [Metric::Requests, Metric::Tokens] {
            let amount = |class: &String| {
                let limits = out.source.limits.iter();
                let mut of_class = limits.filter(|l| l.kind == Kind::Size && l.name == *class && l.metric == metric);
                of_class.find(|limit| limit.plan.as_ref() == Some(&plan.name)).map(|limit| limit.amount)
            };
            let amounts: Vec<Option<Amount>> = classes.iter().map(amount).collect();
            let stated: Vec<Amount> = amounts.iter().flatten().copied().collect();
            if !stated.is_empty() && stated.len() < classes.len() {
                out.error(
                    line,
                    format!(
                        "the plan `{}` states {metric} for {} of {} size classes",
                        plan.name,
                        stated.len(),
                        classes.len()
                    ),
                );
            }
            if stated.windows(2).any(|pair| pair[0] < pair[1]) {
                out.warning(
                    line,
                    format!("the plan `{}` allows a larger class more {metric} than a smaller one", plan.name),
                );
            }
        }
    }
}
