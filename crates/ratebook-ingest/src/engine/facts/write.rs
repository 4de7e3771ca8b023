//! Writes facts as a fact page.

use ratebook_source::{Bound, Evidence, Invocation, Limit, Plan, Pool, SizeClass};

use super::{Fact, NUMBERS_SET_ASIDE, PAGE, Summary, TABLES, USED, WARNING};
use crate::page::{Block, BlockKind, Cell, Form, Page, Row, Table};
use crate::recipe::{KeyPart, MetricWindow};

/// Returns the fact page.
pub(in crate::engine) fn write(form: Form, facts: Vec<Fact>, summary: &Summary) -> Page {
    let mut blocks: Vec<Block> = Vec::new();
    let mut push = |line: u32, kind: BlockKind| blocks.push(Block::new(line, kind));
    for fact in facts {
        match fact {
            Fact::Heading { line, level, text } => push(line, BlockKind::Heading { level, text }),
            Fact::Limits(limits) => {
                if let Some(first) = limits.first() {
                    push(first.line.unwrap_or(1), BlockKind::Table(limits_table(&limits)));
                }
            }
            Fact::Plans(plans) => {
                if let Some((line, _)) = plans.first() {
                    push(*line, BlockKind::Table(plans_table(&plans)));
                }
            }
            Fact::Classes(classes) => {
                if let Some((line, _)) = classes.first() {
                    push(*line, BlockKind::Table(classes_table(&classes)));
                }
            }
            Fact::Statement { line, name, value } => {
                push(line, BlockKind::Statement { name: one_line(&name), value: one_line(&value) });
            }
        }
    }
    let mut statement = |line: u32, name: &str, value: String| {
        push(line, BlockKind::Statement { name: name.to_owned(), value: one_line(&value) });
    };
    for (line, message) in &summary.warnings {
        statement(*line, WARNING, message.clone());
    }
    if summary.is_partial {
        statement(1, PAGE, "partial".to_owned());
    }
    statement(1, TABLES, summary.tables.to_string());
    statement(1, USED, summary.numbers.used.to_string());
    for (reason, count) in &summary.numbers.set_aside {
        statement(1, NUMBERS_SET_ASIDE, format!("{count} {reason}"));
    }
    Page::new(form, blocks)
}

/// Returns a text as one line, because a reason of the recipe may have several.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn cell(line: u32, text: String) -> Cell {
    Cell::new(line, text)
}

fn table(line: u32, columns: &[String], rows: Vec<Row>) -> Table {
    let header = Row { line, cells: columns.iter().map(|name| cell(line, name.clone())).collect() };
    Table { caption: None, header: vec![header], rows }
}

/// The column of a limit: its metric with its period, and its calls and bound if they are unusual.
fn column_of(limit: &Limit) -> String {
    let mut name = MetricWindow { metric: limit.metric, per: limit.per }.to_string();
    if limit.bound != Bound::Hard {
        name.push_str(&format!(" {}", limit.bound));
    }
    if limit.calls != Invocation::All {
        name.push_str(&format!(" {}", limit.calls));
    }
    name
}

fn key_of(limit: &Limit, key: KeyPart) -> Option<&str> {
    match key {
        KeyPart::Region => limit.region.as_deref(),
        KeyPart::Plan => limit.plan.as_deref(),
        KeyPart::Deployment => limit.deployment.as_deref(),
        KeyPart::Mode => limit.mode.as_deref(),
        KeyPart::Context => limit.context.as_deref(),
    }
}

fn limits_table(limits: &[Limit]) -> Table {
    let keys: Vec<KeyPart> =
        KeyPart::ALL.into_iter().filter(|&key| limits.iter().any(|limit| key_of(limit, key).is_some())).collect();
    let mut metrics: Vec<String> = Vec::new();
    for limit in limits {
        let column = column_of(limit);
        if !metrics.contains(&column) {
            metrics.push(column);
        }
    }
    let mut columns: Vec<String> = keys.iter().map(|key| key.word().to_owned()).collect();
    columns.extend(["kind", "name", "pool"].map(str::to_owned));
    let first_metric = columns.len();
    columns.extend(metrics.iter().cloned());
    let mut rows: Vec<(&Limit, Row)> = Vec::new();
    for limit in limits {
        let line = limit.line.unwrap_or(1);
        let at = first_metric + metrics.iter().position(|name| *name == column_of(limit)).unwrap_or(0);
        let fits = rows.last().is_some_and(|(first, row)| {
            first.entry_key() == limit.entry_key() && first.pool == limit.pool && row.cells[at].text.is_empty()
        });
        if !fits {
            let mut cells: Vec<Cell> =
                keys.iter().map(|&key| cell(line, key_of(limit, key).unwrap_or_default().to_owned())).collect();
            cells.push(cell(line, limit.kind.to_string()));
            cells.push(cell(line, limit.name.clone()));
            cells.push(cell(line, pool_text(&limit.pool)));
            cells.resize(columns.len(), cell(line, String::new()));
            rows.push((limit, Row { line, cells }));
        }
        if let Some((_, row)) = rows.last_mut() {
            row.cells[at] = cell(line, limit_text(limit));
        }
    }
    table(
        limits.first().and_then(|limit| limit.line).unwrap_or(1),
        &columns,
        rows.into_iter().map(|(_, row)| row).collect(),
    )
}

fn pool_text(pool: &Pool) -> String {
    match pool {
        Pool::Account => "account".to_owned(),
        Pool::Group(group) => group.clone(),
        Pool::Model => "model".to_owned(),
    }
}

/// Returns the amount, and what else of the limit is not in the key.
fn limit_text(limit: &Limit) -> String {
    let mut text = limit.amount.to_string();
    let mut field = |name: &str, value: String| text.push_str(&format!("; {name}: {value}"));
    if limit.evidence != Evidence::Stated {
        field("evidence", limit.evidence.to_string());
    }
    if let Some(other) = limit.alternative {
        field("or", other.to_string());
    }
    if !limit.ramp.is_empty() {
        field("ramp", limit.ramp.iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
    }
    if limit.weight != ratebook_source::Weight::ONE {
        field("weight", limit.weight.to_string());
    }
    if let Some(date) = limit.until {
        field("until", date.to_string());
    }
    if let Some(factor) = &limit.factor {
        field("factor", factor.to_string());
    }
    if let Some(date) = limit.retired_on {
        field("retired", date.to_string());
    }
    if limit.each_region {
        field("in", "each region".to_owned());
    }
    if !limit.aliases.is_empty() {
        field("also", limit.aliases.join(","));
    }
    text
}

fn plans_table(plans: &[(u32, Plan)]) -> Table {
    let columns = ["plan", "within", "qualifies usd"].map(str::to_owned);
    let rows = plans.iter().map(|(line, plan)| {
        let qualifies = plan.qualifies_usd.map(|usd| usd.to_string()).unwrap_or_default();
        let texts = [plan.name.clone(), plan.within.clone().unwrap_or_default(), qualifies];
        Row { line: *line, cells: texts.into_iter().map(|text| cell(*line, text)).collect() }
    });
    table(plans.first().map_or(1, |(line, _)| *line), &columns, rows.collect())
}

fn classes_table(classes: &[(u32, SizeClass)]) -> Table {
    let columns = ["class", "from", "to", "members"].map(str::to_owned);
    let rows = classes.iter().map(|(line, class)| {
        let to = class.to.map_or_else(String::new, |to| to.to_string());
        let texts = [class.name.clone(), class.from.to_string(), to, class.members.join(", ")];
        Row { line: *line, cells: texts.into_iter().map(|text| cell(*line, text)).collect() }
    });
    table(classes.first().map_or(1, |(line, _)| *line), &columns, rows.collect())
}
