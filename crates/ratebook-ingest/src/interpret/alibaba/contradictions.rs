//! Warnings where the page contradicts itself, with the side that is used.

use std::collections::HashSet;

use ratebook_source::{Amount, EntryKey, Limit, LimitKey, Metric};

use super::super::findings::Findings;
use super::prose::ONE_RUNNING;
use crate::columns::{filled, names, position};
use crate::page::{BlockKind, Page, Table};

pub(super) fn report(page: &Page, out: &mut Findings<'_>) {
    let mut heading = String::new();
    for block in &page.blocks {
        match &block.kind {
            BlockKind::Heading { text, .. } if super::prose::region_name(text).is_none() => heading.clone_from(text),
            BlockKind::Table(table) => in_table(table, &heading, out),
            _ => {}
        }
    }
    snapshots_above_stable(out);
    retired_and_live(out);
}

fn in_table(table: &Table, heading: &str, out: &mut Findings<'_>) {
    let columns = names(table);
    let Some(model_at) = position(&columns, "model") else { return };
    let label_at = position(&columns, "service");
    let mut label = "";
    let mut reported = String::new();
    for row in &table.rows {
        if let Some(cell) = label_at.and_then(|at| filled(row, at)) {
            label = &cell.text;
        }
        let Some(model) = filled(row, model_at) else { continue };
        let name = model.text.lines().next().unwrap_or_default();
        if is_of_other_service(label, name) && reported != label {
            label.clone_into(&mut reported);
            out.warning(
                model.line,
                format!("`{name}` is listed under the service `{label}`: the model's name is used"),
            );
        }
        if let Some(family) = other_family(heading, name)
            && reported != heading
        {
            heading.clone_into(&mut reported);
            out.warning(model.line, format!("`{name}` is listed under the heading `{heading}`, but belongs to the family {family}: the row is used"));
        }
        for cell in &row.cells {
            if let Some(count) = cell.text.strip_suffix(ONE_RUNNING).map(str::trim)
                && !matches!(count, "" | "1")
            {
                out.warning(
                    cell.line,
                    format!("`{name}` may run {count} tasks, but the cell states that one runs at a time: the number is used"),
                );
            }
        }
    }
}

/// Returns whether a model's name has the code of another service than its label, as `t2v` under `Text-to-image`.
fn is_of_other_service(label: &str, name: &str) -> bool {
    const SERVICES: [(&str, &[&str]); 3] =
        [("text-to-image", &["t2i"]), ("text-to-video", &["t2v"]), ("image-to-video", &["i2v", "kf2v"])];
    let label = label.to_lowercase();
    let of = |codes: &[&str]| name.split('-').any(|part| codes.contains(&part));
    let labelled = SERVICES.iter().find(|(service, _)| label.starts_with(service));
    labelled.is_some_and(|(_, own)| !of(own) && SERVICES.iter().any(|(_, codes)| of(codes)))
}

/// Returns the family of a Qwen model that is listed under the heading of another generation of Qwen.
fn other_family<'a>(heading: &str, name: &'a str) -> Option<&'a str> {
    let heading = heading.to_lowercase();
    let family = |text: &'_ str| text.split('-').next().unwrap_or_default().len();
    let (titled, own) = (&heading[..family(&heading)], &name[..family(name)]);
    let is_generation =
        |text: &str| text.strip_prefix("qwen").is_some_and(|digits| digits.starts_with(|c: char| c.is_ascii_digit()));
    (is_generation(titled) && is_generation(own) && titled != own && !own.starts_with(titled)).then_some(own)
}

/// Warns of dated snapshots that have a higher limit than their stable model: the prose of the page states the reverse.
fn snapshots_above_stable(out: &mut Findings<'_>) {
    let limits = &out.source.limits;
    let counted =
        |limit: &&Limit| matches!(limit.metric, Metric::Requests | Metric::Tokens) && limit.retired_on.is_none();
    let mut found = Vec::new();
    for snapshot in limits.iter().filter(counted) {
        let Some(stable_name) = without_date(&snapshot.name) else { continue };
        let key = snapshot.key();
        let key = LimitKey { entry: EntryKey { name: &stable_name, ..key.entry }, ..key };
        let stable = limits.iter().find(|stable| stable.key() == key);
        if let (Some(stable), Amount::Count(more)) = (stable, snapshot.amount)
            && let Amount::Count(less) = stable.amount
            && more > less
        {
            let message = format!(
                "`{}` has a limit of {more} {}, its stable model {less}; the prose states the reverse: the rows are used",
                snapshot.name, snapshot.metric
            );
            found.push((snapshot.line.unwrap_or(1), message));
        }
    }
    for (line, message) in found {
        out.warning(line, message);
    }
}

/// Warns of models that one table lists as retired and another as served.
fn retired_and_live(out: &mut Findings<'_>) {
    let limits = &out.source.limits;
    let live: HashSet<&str> = limits.iter().filter(|l| l.retired_on.is_none()).map(|l| l.name.as_str()).collect();
    let both = limits.iter().filter(|limit| limit.retired_on.is_some() && live.contains(limit.name.as_str()));
    let mut found: Vec<(u32, String)> = both.map(|limit| (limit.line.unwrap_or(1), limit.name.clone())).collect();
    found.dedup_by(|a, b| a.1 == b.1);
    for (line, name) in found {
        out.warning(line, format!("`{name}` is retired here and has limits elsewhere: both are kept"));
    }
}

/// Returns the name of the stable model of a snapshot such as `qwen-plus-2025-07-28-us`.
fn without_date(name: &str) -> Option<String> {
    let parts: Vec<&str> = name.split('-').collect();
    let digits = |part: &str, len: usize| part.len() == len && part.bytes().all(|byte| byte.is_ascii_digit());
    let at = parts.windows(3).position(|date| digits(date[0], 4) && digits(date[1], 2) && digits(date[2], 2))?;
    Some([&parts[..at], &parts[at + 3..]].concat().join("-"))
}
