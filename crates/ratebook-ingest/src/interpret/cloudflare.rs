//! Cloudflare Workers AI: requests per minute by task type, with exceptions for some models.

use ratebook_source::{Amount, Bound, Kind, Limit, Metric, Pool};

use super::extract::Extractor;
use super::findings::Findings;
use super::sections::{self, KnownSection};
use crate::number::{Rate, numbers, rate};
use crate::page::{Block, BlockKind, Form, Page};
use crate::recipe::slug;
use crate::reviewed::Decisions;

const SECTIONS: &[KnownSection] = &[("the limits by task type", &["task type"])];

pub(super) fn extract(page: &Page, out: &mut Extractor) {
    let mut task_level = None;
    let owns_limits = |at: usize| next_is_limit(&page.blocks[at + 1..]);
    // If no list has a heading, as in flattened text or under bold labels, the line above the list names the task.
    let labels_are_tasks =
        !(0..page.blocks.len()).any(|at| matches!(page.blocks[at].kind, BlockKind::Heading { .. }) && owns_limits(at));
    for (at, block) in page.blocks.iter().enumerate() {
        match &block.kind {
            BlockKind::Heading { level, text } => {
                // A heading below a task's level is part of the task.
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
                    out.error(block.line, format!("expected limits in lists only, found `{text}`"));
                }
            }
            BlockKind::Item { text, .. } => match split(text) {
                Some((model, rate)) => out.item(block.line, canonical(model, &rate)),
                None if numbers(text).is_empty() => {}
                None => out.error(
                    block.line,
                    format!("expected `N requests per minute` or `MODEL is N requests per minute`, found `{text}`"),
                ),
            },
            BlockKind::Table(table) => {
                let columns = crate::columns::header_paths(table).iter().map(|path| path.join(" ")).collect::<Vec<_>>();
                out.error(
                    block.line,
                    format!(
                        "expected lists of limits by task, found a table with the columns {}: extend the interpreter",
                        columns.join(", ")
                    ),
                );
            }
            _ => {}
        }
    }
    out.statement(1, "task-level", task_level.unwrap_or(TASK_LEVEL).to_string());
}

/// The level of a task's heading on a page without such headings.
const TASK_LEVEL: u8 = 3;

fn next_is_limit(blocks: &[Block]) -> bool {
    blocks.first().is_some_and(|block| matches!(&block.kind, BlockKind::Item { text, .. } if split(text).is_some()))
}

/// Splits an item into the model, if it names one, and the rate.
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
                    out.error(block.line, format!("expected a task before `{text}`"));
                    continue;
                };
                let states_default = read_limit(block.line, text, task, out);
                match tasks.last_mut().filter(|(line, ..)| line == heading) {
                    Some((_, _, has_default)) if states_default && *has_default => {
                        out.error(
                            block.line,
                            format!("the task `{task}` has a second default: a heading may be missing above it"),
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
            out.warning(line, format!("the task `{task}` has limits for models, but no default"));
        }
    }
    out.no_cell_is_ambiguous(decisions);
}

/// Reads one item. Returns whether it is the task's default.
fn read_limit(line: u32, text: &str, task: &str, out: &mut Findings<'_>) -> bool {
    let Some((model, rate)) = split(text) else {
        out.error(line, format!("expected a limit, found `{text}`"));
        return false;
    };
    if !matches!(rate.unit.as_str(), "requests" | "request" | "reqs" | "req" | "") {
        out.error(line, format!("expected requests, found `{}`", rate.unit));
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
