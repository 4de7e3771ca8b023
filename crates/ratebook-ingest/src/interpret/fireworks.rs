//! Fireworks AI: limits of the account, ramps, tokens per day by size class, GPU quotas, and monthly spend by tier.

mod flattened;
mod headers;
mod tables;

use ratebook_source::{Amount, Bound, Kind, Limit, Metric, Period, Plan, Pool, RampPoint, SizeClass};

use super::extract::Extractor;
use super::findings::Findings;
use super::sections::{self, KnownSection};
use crate::columns::{filled, names};
use crate::number::{self, parameter_range, rate};
use crate::page::{BlockKind, Cell, Form, Page, Row, Table};
use crate::recipe::slug;
use crate::reviewed::Decisions;
use tables::Shape;

const SECTIONS: &[KnownSection] = &[
    ("the fixed limits", &["fixed"]),
    ("the limits that grow", &["grow", "spike", "dynamic"]),
    ("the response headers", &["header"]),
    ("the tokens per day", &["a day", "daily"]),
    ("the GPU quotas", &["quotas", "gpu"]),
    ("the spending limits", &["spend"]),
];
const SELF_SERVE: &str = "self-serve";
const LORAS: &str = "# LoRAs";

pub(super) fn extract(page: &Page, out: &mut Extractor) {
    if page.form == Form::Text {
        return flattened::extract(page, out);
    }
    for block in &page.blocks {
        match &block.kind {
            BlockKind::Heading { level, text } => out.heading(block.line, *level, text),
            BlockKind::Item { text, .. } => {
                out.skip(text, "in a list of advice");
                if rate(text).is_ok() {
                    out.error(block.line, format!("expected limits in tables only, found `{text}`"));
                }
            }
            BlockKind::Table(table) => tables::extract(block.line, table, out),
            BlockKind::Paragraph(text) => refuse_new_growth(block.line, text, out),
            _ => {}
        }
    }
}

/// Reports limits that grow by a share of themselves: this shape of the page is not supported.
fn refuse_new_growth(line: u32, text: &str, out: &mut Extractor) {
    if (text.contains('%') || text.contains("percent")) && text.contains("minutes") {
        out.error(line, format!("expected limits that grow to fixed amounts, found `{text}`: extend the interpreter"));
    }
}

pub(super) fn interpret(page: &Page, decisions: &Decisions, out: &mut Findings<'_>) {
    for block in &page.blocks {
        let BlockKind::Table(table) = &block.kind else { continue };
        let columns = names(table);
        match tables::shape(&columns) {
            Some(Shape::Plan) => read_plan(table, Some(SELF_SERVE), out),
            Some(Shape::Quota) => read_plan(table, None, out),
            Some(Shape::Ramp) => read_ramps(table, &columns, out),
            Some(Shape::Tier) => read_tiers(table, out),
            Some(Shape::Headers) | None => {
                out.error(block.line, format!("unknown table with the columns {}", columns.join(", ")))
            }
        }
    }
    // Every tier is within the plan `self-serve`.
    if out.source.limits.iter().any(|limit| limit.plan.as_deref() == Some(SELF_SERVE)) || !out.source.plans.is_empty() {
        out.source.plans.insert(0, Plan { name: SELF_SERVE.to_owned(), within: None, qualifies_usd: None });
    }
    check_classes(out);
    check_loras(page, out);
    headers::check(page, out);
    sections::check(page, SECTIONS, out);
    let any = |is_it: fn(&Limit) -> bool| out.source.limits.iter().any(is_it);
    let stated = [
        ("requests per minute of the account", any(|limit| limit.metric == Metric::Requests && limit.ramp.is_empty())),
        ("guaranteed limits that grow", any(|limit| !limit.ramp.is_empty())),
        ("tokens per day by size class", any(|limit| limit.kind == Kind::Size)),
        ("GPU quotas", any(|limit| limit.metric == Metric::Gpus)),
        ("monthly spend by tier", any(|limit| limit.metric == Metric::SpendUsd)),
    ];
    for (what, _) in stated.into_iter().filter(|(_, is_stated)| !is_stated) {
        out.error(1, format!("the page no longer states {what}"));
    }
    out.no_cell_is_ambiguous(decisions);
}

/// Reads the rows of a label and an amount.
fn read_plan(table: &Table, plan: Option<&str>, out: &mut Findings<'_>) {
    for row in &table.rows {
        let Some((label, value)) = two_cells(row, out) else { continue };
        let Some((mut limit, class)) = labelled(label, out) else { continue };
        match number::amount(&value.text) {
            Ok(Some(amount)) => limit.amount = amount,
            Ok(None) => {
                out.error(value.line, format!("expected an amount for `{}`, found none", label.text));
                continue;
            }
            Err(error) => {
                out.error(value.line, error.to_string());
                continue;
            }
        }
        out.ledger.used_cell(value);
        limit.plan = plan.map(str::to_owned);
        limit.line = Some(value.line);
        if let Some(class) = class {
            out.source.classes.push(class);
        }
        if limit.metric == Metric::Loras {
            // One total over serverless and on-demand, which the page states in both tables.
            limit.plan = Some(SELF_SERVE.to_owned());
            if plan.is_none() && confirms(&limit, out) {
                continue;
            }
        }
        out.source.limits.push(limit);
    }
}

/// Returns whether an earlier limit has the same key. Different amounts are an error.
fn confirms(limit: &Limit, out: &mut Findings<'_>) -> bool {
    let first =
        out.source.limits.iter().find(|first| first.key() == limit.key()).map(|first| (first.amount, first.line));
    match first {
        Some((amount, _)) if amount == limit.amount => true,
        Some((amount, line)) => {
            let (here, there) = (limit.line.unwrap_or(1), line.unwrap_or(1));
            out.error(here, format!("the total of LoRAs is {} here, but {amount} on line {there}", limit.amount));
            true
        }
        None => false,
    }
}

fn two_cells<'a>(row: &'a Row, out: &mut Findings<'_>) -> Option<(&'a Cell, &'a Cell)> {
    let (label, value) = (filled(row, 0), filled(row, 1));
    if let (Some(label), Some(value), true) = (label, value, row.cells.len() == 2) {
        return Some((label, value));
    }
    out.error(row.line, "expected a row of a label and an amount");
    None
}

/// Returns the limit that a label names, with a placeholder for its amount, and the size class if the label bounds one.
fn labelled(label: &Cell, out: &mut Findings<'_>) -> Option<(Limit, Option<SizeClass>)> {
    let open = Amount::Custom;
    let account = |kind, name: &str, metric| Limit::new(kind, name, metric, open, Pool::Account);
    let text = label.text.as_str();
    let limit = |limit: Limit, per| Some((Limit { per, ..limit }, None));
    if text == "Requests per minute" {
        return limit(account(Kind::Any, "*", Metric::Requests), Some(Period::Minute));
    }
    if let Some(model) = text.strip_prefix("Audio min per minute, ") {
        return limit(Limit::model(model, Metric::AudioMinutes, open), Some(Period::Minute));
    }
    if let Some(task) = text.strip_prefix("Concurrent connections, ") {
        return limit(account(Kind::Task, &slug(task), Metric::ConcurrentConnections), None);
    }
    if text == LORAS {
        return limit(account(Kind::Resource, "loras", Metric::Loras), None);
    }
    if text == "Total GPU Hours per month" {
        return limit(account(Kind::Resource, "gpu-hours", Metric::GpuHours), Some(Period::Month));
    }
    if let Some(gpu) = ["# Nvidia ", "# AMD "].iter().find(|prefix| text.starts_with(**prefix)).map(|_| &text[2..]) {
        return limit(account(Kind::Resource, &slug(gpu), Metric::Gpus), None);
    }
    if let Some(class) = text.strip_prefix("Tokens per day, models ") {
        return match size_class(class) {
            Some(class) => {
                out.ledger.used_cell(label);
                let name = class.name.clone();
                let limit = Limit::new(Kind::Size, &name, Metric::Tokens, open, Pool::Group(format!("size:{name}")));
                Some((Limit { per: Some(Period::Day), ..limit }, Some(class)))
            }
            None => {
                out.error(label.line, format!("expected a size class such as `< 40B`, found `{class}`"));
                None
            }
        };
    }
    out.error(label.line, format!("unknown row `{text}`"));
    None
}

/// Parses a size class such as `< 40B`, `between 40B - 100B` or `> 100B (incl. … Deepseek R1)`.
fn size_class(text: &str) -> Option<SizeClass> {
    let (range, remark) = text.split_once(" (").unwrap_or((text, ""));
    let (from, to) = parameter_range(range).ok()?;
    let billions = |count: u64| format!("{}b", count.div_ceil(1_000_000_000));
    let name = match (from, to) {
        (0, to) => format!("under-{}", billions(to)),
        (from, u64::MAX) => format!("over-{}", billions(from - 1)),
        (from, to) => format!("{}-{}", billions(from), billions(to)),
    };
    let member = remark.trim_end_matches(')').rsplit_once(" like ").map(|(_, member)| member.trim().to_owned());
    if !remark.is_empty() && member.is_none() {
        return None;
    }
    Some(SizeClass { from, to, name, members: member.into_iter().collect() })
}

/// Checks that LoRAs are stated once for the plan and once among the quotas, with one note that this is one total.
fn check_loras(page: &Page, out: &mut Findings<'_>) {
    let mut stated = [0; 3];
    for block in &page.blocks {
        match &block.kind {
            BlockKind::Table(table) => {
                let rows = table.rows.iter().filter(|row| filled(row, 0).is_some_and(|label| label.text == LORAS));
                match tables::shape(&names(table)) {
                    Some(Shape::Plan) => stated[0] += rows.count(),
                    Some(Shape::Quota) => stated[1] += rows.count(),
                    _ => {}
                }
            }
            BlockKind::Statement { name, .. } if name == tables::LORAS_NOTE => stated[2] += 1,
            _ => {}
        }
    }
    let [plan, quota, note] = stated;
    if stated != [1, 1, 1] {
        out.warning(
            1,
            format!(
                "expected LoRAs once for the plan, once among the quotas and one note on their total, found {plan}, {quota} and {note}"
            ),
        );
    }
}

fn check_classes(out: &mut Findings<'_>) {
    out.source.classes.sort();
    out.source.classes.dedup();
    let classes = &out.source.classes;
    let whole = classes.first().is_some_and(|first| first.from == 0)
        && classes.last().is_some_and(|last| last.to == u64::MAX)
        && classes.windows(2).all(|pair| pair[1].follows(&pair[0]));
    if !whole {
        out.error(1, "the size classes leave a gap or overlap");
    }
}

fn read_ramps(table: &Table, columns: &[&str], out: &mut Findings<'_>) {
    let times: Option<Vec<u32>> = columns[1..].iter().map(|name| tables::after_minutes(name)).collect();
    let Some(times) = times else { return out.error(1, "expected times as the columns of a ramp") };
    for cell in table.header.iter().flat_map(|row| &row.cells) {
        out.ledger.used_cell(cell);
    }
    for row in &table.rows {
        let metric = match row.cells.first().map(|cell| cell.text.as_str()) {
            Some("Requests per minute") => Metric::Requests,
            Some("Input tokens per minute") => Metric::InputTokens,
            Some("Output tokens per minute") => Metric::OutputTokens,
            other => {
                out.error(row.line, format!("unknown metric `{}` of a limit that grows", other.unwrap_or_default()));
                continue;
            }
        };
        let mut ramp = Vec::new();
        for (&after_minutes, cell) in times.iter().zip(&row.cells[1..]) {
            match number::count(&cell.text) {
                Ok(amount) => ramp.push(RampPoint { after_minutes, amount }),
                Err(error) => out.error(cell.line, error.to_string()),
            }
            out.ledger.used_cell(cell);
        }
        if ramp.len() != times.len() || row.cells.len() != columns.len() {
            out.error(row.line, format!("expected {} amounts in the row", times.len()));
            continue;
        }
        if ramp.windows(2).any(|pair| pair[0].amount >= pair[1].amount) {
            out.warning(row.line, "a later point of the ramp has a lower amount");
        }
        if tables::is_off_line(&ramp) {
            out.warning(row.line, "the points of the ramp are not linear in time");
        }
        let mut limit = Limit::new(Kind::Any, "*", metric, Amount::Count(ramp[0].amount), Pool::Account);
        limit.per = Some(Period::Minute);
        limit.bound = Bound::Guaranteed;
        limit.line = Some(row.cells[1].line);
        limit.ramp = ramp;
        out.source.limits.push(limit);
    }
}

fn read_tiers(table: &Table, out: &mut Findings<'_>) {
    let mut before: Option<u64> = None;
    for row in &table.rows {
        let (Some(tier), Some(qualification), Some(limit)) = (filled(row, 0), filled(row, 1), filled(row, 2)) else {
            out.error(row.line, "expected a tier, a qualification and a spending limit in the row");
            continue;
        };
        let name = slug(&tier.text);
        out.ledger.skip(&tier.text, "in a plan's name");
        let qualifies_usd = match qualification.text.strip_prefix('$').map(number::count) {
            None => None,
            Some(Ok(usd)) => {
                out.ledger.used_cell(qualification);
                Some(usd)
            }
            Some(Err(error)) => {
                out.error(qualification.line, error.to_string());
                continue;
            }
        };
        let amount = match (number::amount(&limit.text), rate(&limit.text)) {
            (Ok(Some(Amount::Unlimited)), _) => Amount::Unlimited,
            (_, Ok(rate)) if rate.per == Period::Month && limit.text.starts_with('$') => Amount::Count(rate.amount),
            _ => {
                out.error(
                    limit.line,
                    format!("expected a monthly spending limit such as $500/mo, found `{}`", limit.text),
                );
                continue;
            }
        };
        out.ledger.used_cell(limit);
        let within = (amount != Amount::Unlimited).then(|| SELF_SERVE.to_owned());
        if let (Some(before), Some(now)) = (before, qualifies_usd)
            && now <= before
        {
            out.warning(
                row.line,
                format!("`{name}` requires ${now}, which is not above the ${before} of the tier before it"),
            );
        }
        before = qualifies_usd.or(before);
        if out.source.plans.iter().any(|plan| plan.name == name) {
            out.warning(row.line, format!("the tier `{name}` is listed twice"));
        } else {
            out.source.plans.push(Plan { name: name.clone(), within, qualifies_usd });
        }
        let mut spend = Limit::new(Kind::Any, "*", Metric::SpendUsd, amount, Pool::Account);
        spend.per = Some(Period::Month);
        spend.plan = Some(name);
        spend.line = Some(limit.line);
        out.source.limits.push(spend);
    }
}
