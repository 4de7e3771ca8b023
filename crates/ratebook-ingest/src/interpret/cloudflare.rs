//! Cloudflare Workers AI: requests per minute, by task type, and by model where a model has its own.

use ratebook_source::{Amount, Bound, Kind, Limit, Metric, Pool};

use super::columns::slug;
use super::distil::Distiller;
use super::findings::Findings;
use super::sections::{self, Section};
use crate::number::{Rate, numbers, rate};
use crate::page::{Block, BlockKind, Form, Page};
use crate::reviewed::Decisions;

const SECTIONS: &[Section] = &[("the limits by task type", &["task type"])];

pub(super) fn distil(page: &Page, out: &mut Distiller) {
    let mut task_level = None;
    let owns_limits = |at: usize| next_is_limit(&page.blocks[at + 1..]);
    // Where no heading stands over a list, as in flattened text or under bold labels, the line above it names the task.
    let labels_are_tasks =
        !(0..page.blocks.len()).any(|at| matches!(page.blocks[at].kind, BlockKind::Heading { .. }) && owns_limits(at));
    for (at, block) in page.blocks.iter().enumerate() {
        match &block.kind {
            BlockKind::Heading { level, text } => {
                // Headings deeper than a task's own keep the task.
                if owns_limits(at) && task_level.is_none_or(|task| *level <= task) {
                    task_level = Some(*level);
                }
                out.heading(block.line, *level, text);
            }
            BlockKind::Paragraph(text) if labels_are_tasks && owns_limits(at) => {
                out.heading(block.line, TASK_LEVEL, text);
            }
            BlockKind::Paragraph(text) => {
                if page.form == Form::Text {
                    sections::keep(page, block.line, text, SECTIONS, out);
                }
                if text.to_lowercase().contains("beta") {
                    out.statement(block.line, "beta-models", "may have lower limits");
                }
                if text.contains("local mode") || text.contains("Wrangler") {
                    out.statement(block.line, "local-mode", "counts");
                }
                if numbers(text).len() == 1 && split(text).is_some() {
                    out.error(block.line, format!("`{text}` states a limit outside the lists"));
                }
            }
            BlockKind::Item { text, .. } => match split(text) {
                Some((model, rate)) => out.item(block.line, canonical(model, &rate)),
                None if numbers(text).is_empty() => {}
                None => out.error(
                    block.line,
                    format!(
                        "`{text}` is no limit: expected `N requests per minute` or `MODEL is N requests per minute`"
                    ),
                ),
            },
            BlockKind::Table(table) => {
                let columns = super::columns::header_paths(table).iter().map(|path| path.join(" ")).collect::<Vec<_>>();
                out.error(
                    block.line,
                    format!(
                        "a table with the columns {}: this page's limits are lists by task; the page has a new shape",
                        columns.join(", ")
                    ),
                );
            }
            _ => {}
        }
    }
    out.statement(1, "task-level", task_level.unwrap_or(TASK_LEVEL).to_string());
}

/// The level of a task's heading where the page gives it none.
const TASK_LEVEL: u8 = 3;

fn next_is_limit(blocks: &[Block]) -> bool {
    blocks.first().is_some_and(|block| matches!(&block.kind, BlockKind::Item { text, .. } if split(text).is_some()))
}

/// The model that an item names, where it names one, and its rate.
fn split(item: &str) -> Option<(Option<&str>, Rate)> {
    if let Ok(rate) = rate(item) {
        return Some((None, rate));
    }
    [" is ", " - ", ": ", " – "].into_iter().find_map(|separator| {
        let (model, words) = item.split_once(separator)?;
        let model = model.trim().trim_matches('`');
        let rate = rate(words).ok()?;
        (!model.is_empty() && !model.contains(' ')).then_some((Some(model), rate))
    })
}

fn canonical(model: Option<&str>, rate: &Rate) -> String {
    let up_to = if rate.ceiling { "up to " } else { "" };
    let unit = if rate.unit.is_empty() { String::new() } else { format!(" {}", rate.unit) };
    let body = format!("{up_to}{}{unit} per {}", rate.amount, rate.per);
    model.map_or(body.clone(), |model| format!("{model}: {body}"))
}

pub(super) fn interpret(page: &Page, decisions: &Decisions, out: &mut Findings<'_>) {
    let task_level: u8 = out.statement("task-level").and_then(|(_, level)| level.parse().ok()).unwrap_or(TASK_LEVEL);
    sections::check(page, SECTIONS, out);
    let mut task: Option<(u32, String)> = None;
    let mut tasks: Vec<(u32, String, bool)> = Vec::new();
    for block in &page.blocks {
        match &block.kind {
            BlockKind::Heading { level, text } if *level <= task_level => task = Some((block.line, slug(text))),
            BlockKind::Item { text, .. } => {
                let Some((heading, task)) = &task else {
                    out.error(block.line, format!("`{text}` stands under no task"));
                    continue;
                };
                let states_default = read_limit(block.line, text, task, out);
                match tasks.last_mut().filter(|(line, ..)| line == heading) {
                    Some((_, _, has_default)) if states_default && *has_default => {
                        out.error(
                            block.line,
                            format!("a second default of the task `{task}`: a heading may be missing above it"),
                        );
                    }
                    Some((_, _, has_default)) => *has_default |= states_default,
                    None => tasks.push((*heading, task.clone(), states_default)),
                }
            }
            _ => {}
        }
    }
    for (line, task, has_default) in tasks {
        if !has_default {
            out.warning(line, format!("the task `{task}` has limits of models and no default"));
        }
    }
    out.no_cell_is_open(decisions);
}

/// Reads one item; says whether it was the task's default.
fn read_limit(line: u32, text: &str, task: &str, out: &mut Findings<'_>) -> bool {
    let Some((model, rate)) = split(text) else {
        out.error(line, format!("`{text}` is no limit"));
        return false;
    };
    if !matches!(rate.unit.as_str(), "requests" | "request" | "reqs" | "req" | "") {
        out.error(line, format!("`{}` is no metric of this page: expected requests", rate.unit));
        return false;
    }
    let amount = Amount::Count(rate.amount);
    let mut limit = match model {
        Some(model) => Limit::model(model, Metric::Requests, amount),
        None => Limit::new(Kind::Task, task, Metric::Requests, amount, Pool::Group(format!("task:{task}"))),
    };
    limit.per = Some(rate.per);
    limit.line = Some(line);
    if rate.ceiling {
        limit.bound = Bound::Ceiling;
    }
    out.source.limits.push(limit);
    out.ledger.used(text);
    model.is_none()
}
