//! `ratebook show`.

use ratebook::{Call, Provider, Region, Resolution, Unknown, UnknownKind};
use serde::Serialize;

use crate::args::Show;
use crate::line::{COLUMNS, Line};
use crate::names::{self, UnknownName};
use crate::table::TextTable;

/// The limits that govern a call in one region.
#[derive(Serialize)]
struct Shown {
    region: Option<&'static str>,
    rule: String,
    limits: Vec<Line>,
}

/// The output of `--json`.
#[derive(Serialize)]
struct Answer<'a> {
    provider: &'static str,
    model: &'a str,
    plan: Option<&'static str>,
    withdrawn_on: Option<String>,
    resolutions: Vec<Shown>,
}

/// Returns the limits that govern a call, in the requested region, or else in each region that has the model.
///
/// # Errors
/// Returns an error if a name is unknown, or if no limits govern the call.
pub(crate) fn show(options: &Show) -> Result<String, UnknownName> {
    let provider = names::provider(&options.provider)?;
    let plan = options.plan.as_deref().map(|name| names::plan(name, Some(provider))).transpose()?;
    let mut call = Call::new(provider, &options.model);
    if let Some(plan) = plan {
        call = call.plan(plan);
    }
    if let Some(task) = &options.task {
        call = call.task(task);
    }
    let regions: Vec<Option<Region>> = match &options.region {
        Some(name) => vec![Some(names::region(name, Some(provider))?)],
        None => std::iter::once(None).chain(provider.regions().map(Some)).collect(),
    };
    let mut unknown = None;
    let mut resolutions: Vec<Shown> = Vec::new();
    for region in regions {
        match region.map_or(call, |region| call.region(region)).resolve() {
            // A retired model has no region, so every region finds the same entry.
            Ok(found)
                if resolutions
                    .iter()
                    .any(|shown| shown.limits.len() == found.limits().count() && is_regionless(&found)) => {}
            Ok(found) => resolutions.push(shown(region, &found, &options.model)),
            Err(error) => unknown = Some(error),
        }
    }
    if resolutions.is_empty() {
        return Err(explain(options, provider, unknown));
    }
    let withdrawn_on = provider.withdrawn_on().map(|date| date.to_string());
    if options.json {
        let plan = plan.map(ratebook::Plan::name);
        let answer = Answer { provider: provider.name(), model: &options.model, plan, withdrawn_on, resolutions };
        return Ok(serde_json::to_string_pretty(&answer).expect("names and numbers are JSON") + "\n");
    }
    let mut text = String::new();
    if let Some(date) = withdrawn_on {
        text.push_str(&format!("{provider} no longer states limits since {date}: these are the last ones.\n"));
    }
    for shown in &resolutions {
        let place = shown.region.map(|region| format!(" in {region}")).unwrap_or_default();
        text.push_str(&format!("{provider} {}{place}: {}\n", options.model, shown.rule));
        text.push_str(&table(&shown.limits));
    }
    Ok(text)
}

fn is_regionless(found: &Resolution) -> bool {
    found.entries().all(|entry| entry.region().is_none())
}

fn shown(region: Option<Region>, found: &Resolution, model: &str) -> Shown {
    let limits = found.limits().map(|limit| {
        let alias = limit.entry.aliases().find(|alias| *alias == model);
        Line::new(&limit, alias.unwrap_or(limit.entry.name()))
    });
    let region = region.filter(|_| !is_regionless(found)).map(Region::name);
    Shown { region, rule: found.rule().to_string(), limits: limits.collect() }
}

/// Returns the error of a call without limits.
fn explain(options: &Show, provider: Provider, unknown: Option<Unknown>) -> UnknownName {
    let plans = || provider.plans().map(ratebook::Plan::name);
    match (unknown.map(|unknown| unknown.what()), &options.plan, &options.task) {
        (Some(UnknownKind::Plan), Some(plan), _) => UnknownName::among("plan", plan, plans()),
        (Some(UnknownKind::Plan), None, _) => UnknownName::missing("--plan, since limits differ by plan", plans()),
        (Some(UnknownKind::Task), _, Some(task)) => UnknownName::among("task", task, names::task_names(provider)),
        (Some(UnknownKind::Task), _, None) => {
            let model = UnknownName::among("model", &options.model, names::entry_names(Some(provider)));
            UnknownName { or: Some("set the task with --task"), ..model }
        }
        _ => UnknownName::among("model", &options.model, names::entry_names(Some(provider))),
    }
}

fn table(limits: &[Line]) -> String {
    let mut table = TextTable::new(&COLUMNS);
    for line in limits {
        table.push(line.cells(line.name.to_owned()));
    }
    table.render()
}
