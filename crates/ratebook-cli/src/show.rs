//! `ratebook show`.

use std::collections::BTreeSet;

use ratebook::load::Catalog;
use ratebook::{
    Amount, Call, Context, Deployment, Entry, Kind, Mode, Plan, Provider, ProviderState, Region, Resolution, Unknown,
    UnknownKind,
};
use serde::Serialize;

use crate::args::Show;
use crate::line::{Line, columns};
use crate::names::{self, UnknownName};
use crate::table::{Color, TextTable};

/// The limits that govern a call in one region, plan and deployment.
#[derive(Serialize)]
struct Shown {
    region: Option<&'static str>,
    /// The plan, if none was requested and limits differ by plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<&'static str>,
    deployment: Option<&'static str>,
    rule: String,
    /// The pattern by which the model's name stands for another name.
    #[serde(skip_serializing_if = "Option::is_none")]
    renamed_by: Option<&'static str>,
    limits: Vec<Line>,
    /// What the limits leave open.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    open: Vec<String>,
    /// Whether more than a default was found.
    #[serde(skip)]
    is_specific: bool,
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

/// Returns the limits that govern a call, in the requested region and deployment, or else in each that has the model.
///
/// # Errors
/// Returns an error if a name is unknown, or if no limits govern the call.
pub(crate) fn show(options: &Show, catalog: Catalog, color: Color) -> Result<String, UnknownName> {
    let provider = names::provider(&options.provider, catalog)?;
    let plan = options.plan.as_deref().map(|name| names::plan(name, &[provider])).transpose()?;
    let call = call(options, provider, plan)?;
    let regions: Vec<Option<Region>> = match &options.region {
        Some(name) => vec![Some(names::region(name, &[provider])?)],
        None => std::iter::once(None).chain(provider.regions().map(Some)).collect(),
    };
    let deployments: Vec<Option<Deployment>> = match &options.deployment {
        Some(name) => vec![Some(names::deployment(name, &[provider])?)],
        None => std::iter::once(None).chain(provider.deployments().map(Some)).collect(),
    };
    let without_limits = endpoint_without_limits(options, provider);
    let mut unknown = None;
    let mut resolutions: Vec<Shown> = Vec::new();
    for (region, deployment) in regions.iter().flat_map(|region| deployments.iter().map(move |it| (*region, *it))) {
        let call = region.map_or(call, |region| call.region(region));
        let call = deployment.map_or(call, |deployment| call.deployment(deployment));
        let mut add = |mut shown: Shown| {
            shown.open.extend(without_limits.clone());
            // A name that selects its deployment, and a retired model, have the same limits everywhere.
            if resolutions.iter().all(|before| !before.is_same(&shown)) {
                resolutions.push(shown);
            }
        };
        match call.resolve() {
            Ok(found) => add(shown(region, None, deployment, &found, &options.model)),
            Err(error) => {
                // A default of each plan would answer a name that the catalog does not have.
                for plan in provider.plans().filter(|_| plan.is_none()) {
                    if let Ok(found) = call.plan(plan).resolve()
                        && found.knows_model()
                    {
                        add(shown(region, Some(plan), deployment, &found, &options.model));
                    }
                }
                unknown = Some(error);
            }
        }
    }
    // A deployment without limits of its own adds nothing to a place that has some.
    if resolutions.iter().any(|shown| shown.is_specific) {
        resolutions.retain(|shown| shown.is_specific);
    }
    if resolutions.is_empty() {
        return Err(explain(options, provider, unknown));
    }
    let withdrawn_on = provider.withdrawn_on().map(|date| date.to_string());
    if options.json {
        let plan = plan.map(Plan::name);
        let answer = Answer { provider: provider.name(), model: &options.model, plan, withdrawn_on, resolutions };
        return Ok(serde_json::to_string_pretty(&answer).expect("names and numbers are JSON") + "\n");
    }
    let mut text = String::new();
    if let Some(date) = withdrawn_on {
        text.push_str(&format!("{provider} no longer states limits since {date}: these are the last ones.\n"));
    }
    for shown in &resolutions {
        let place = shown.region.map(|region| format!(" in {region}")).unwrap_or_default();
        let plan = shown.plan.map(|plan| format!(", {plan}")).unwrap_or_default();
        let deployment = shown.deployment.map(|deployment| format!(", {deployment}")).unwrap_or_default();
        let renamed = shown.renamed_by.map(|pattern| format!(", by the pattern {pattern}")).unwrap_or_default();
        text.push_str(&format!("{provider} {}{place}{plan}{deployment}: {}{renamed}\n", options.model, shown.rule));
        text.push_str(&table(&shown.limits, color));
        for line in sources(&shown.limits).into_iter().chain(shown.open.iter().cloned()) {
            text.push_str(&format!("- {line}\n"));
        }
    }
    Ok(text)
}

/// Returns the call without region and deployment.
fn call<'a>(options: &'a Show, provider: Provider, plan: Option<Plan>) -> Result<Call<'a>, UnknownName> {
    let mut call = Call::new(provider, &options.model);
    if let Some(plan) = plan {
        call = call.plan(plan);
    }
    if let Some(mode) = &options.mode {
        call = call.mode(names::mode(mode, &[provider])?);
    }
    if let Some(context) = &options.context {
        call = call.context(names::context(context, &[provider])?);
    }
    if let Some(endpoint) = &options.endpoint {
        call = call.endpoint(endpoint);
    }
    if let Some(task) = &options.task {
        call = call.task(task);
    }
    Ok(call)
}

fn shown(
    region: Option<Region>,
    plan: Option<Plan>,
    deployment: Option<Deployment>,
    found: &Resolution,
    model: &str,
) -> Shown {
    let limits: Vec<Line> = found
        .limits()
        .map(|limit| {
            let alias = limit.entry.aliases().find(|alias| *alias == model);
            Line::new(&limit, alias.unwrap_or(limit.entry.name()))
        })
        .collect();
    let region = region.filter(|_| found.entries().any(|entry| entry.region().is_some())).map(Region::name);
    let deployment = deployment.filter(|_| found.entries().any(|entry| entry.deployment().is_some()));
    let deployment = deployment.map(Deployment::name);
    let (rule, renamed_by) = (found.rule().to_string(), found.renamed_by());
    let is_specific = !found.rule().is_default();
    let mut open = open(found, &limits);
    open.extend(variants(found));
    Shown { region, plan: plan.map(Plan::name), deployment, rule, renamed_by, limits, open, is_specific }
}

impl Shown {
    /// Returns whether two places have the same limits, by the same rule.
    fn is_same(&self, other: &Self) -> bool {
        self.plan == other.plan && self.rule == other.rule && self.limits == other.limits
    }
}

/// Returns what the limits leave open: what the catalog does not know of the call.
fn open(found: &Resolution, limits: &[Line]) -> Vec<String> {
    let mut open = Vec::new();
    if !found.knows_model() {
        open.push("the catalog does not have this name: the limits are a default".to_owned());
    }
    if found.lacks_plan() {
        open.push("limits also differ by plan: set it with --plan".to_owned());
    }
    if limits.iter().any(|line| line.partial) {
        open.push("only an excerpt of a page was read: it may state more limits".to_owned());
    }
    let elsewhere = limits.iter().filter(|line| line.amount == Amount::Elsewhere).map(|line| line.metric.name());
    let elsewhere: BTreeSet<&str> = elsewhere.collect();
    if !elsewhere.is_empty() {
        let metrics = elsewhere.into_iter().collect::<Vec<_>>().join(", ");
        open.push(format!("the page refers to another place, such as a console, for {metrics}"));
    }
    if let Some(reason) = found.entries().next().and_then(|entry| why_incomplete(entry.provider().state())) {
        open.push(reason.to_owned());
    }
    open
}

/// Returns that the catalog has no limits of an endpoint, with the nearest that it has. It is not an error: most endpoints have
/// none of their own.
fn endpoint_without_limits(options: &Show, provider: Provider) -> Option<String> {
    let name = options.endpoint.as_deref()?;
    let known = || names::endpoint_names(provider);
    known().all(|known| known != name).then(|| {
        let nearest = UnknownName::among("endpoint", name, known()).nearest;
        let nearest = if nearest.is_empty() { String::new() } else { format!("; it has {}", nearest.join(", ")) };
        format!("the catalog has no limits of the endpoint `{name}`{nearest}")
    })
}

/// Returns the modes and the classes of context lengths in which the same models have other limits.
fn variants(found: &Resolution) -> Vec<String> {
    let mut modes: BTreeSet<&str> = BTreeSet::new();
    let mut contexts: BTreeSet<&str> = BTreeSet::new();
    for entry in found.entries().filter(|entry| entry.kind() != Kind::Any) {
        let place = |entry: &Entry| (entry.kind(), entry.name(), entry.region(), entry.plan(), entry.deployment());
        for other in entry.provider().entries().filter(|other| place(other) == place(&entry)) {
            modes.extend(other.mode().filter(|_| entry.mode().is_none()).map(Mode::name));
            contexts.extend(other.context().filter(|_| entry.context().is_none()).map(Context::name));
        }
    }
    let list = |names: BTreeSet<&str>| names.into_iter().collect::<Vec<_>>().join(", ");
    let mut variants = Vec::new();
    if !modes.is_empty() {
        variants.push(format!("other modes have limits of their own: --mode {}", list(modes)));
    }
    if !contexts.is_empty() {
        variants.push(format!("other context lengths have limits of their own: --context {}", list(contexts)));
    }
    variants
}

/// Returns why a provider's pages state no limits, or not all of them.
fn why_incomplete(state: ProviderState) -> Option<&'static str> {
    match state {
        ProviderState::Published | ProviderState::Withdrawn => None,
        ProviderState::NoNumbers => Some("the pages describe limits without numbers"),
        ProviderState::Scripted => Some("a script draws the limits: the page as fetched has none"),
        ProviderState::Unread => Some("the pages state limits that the catalog does not have yet"),
        ProviderState::Console => Some("the console of the account shows its limits"),
        _ => Some("the pages do not state all limits"),
    }
}

/// Returns the pages that state the limits, each with its dates and the sections.
fn sources(limits: &[Line]) -> Vec<String> {
    let mut pages: Vec<(&ratebook::VendorPage, Vec<&str>)> = Vec::new();
    for line in limits {
        let Some(page) = line.page else { continue };
        let at = pages.iter().position(|(known, _)| *known == page).unwrap_or_else(|| {
            pages.push((page, Vec::new()));
            pages.len() - 1
        });
        let sections = &mut pages[at].1;
        sections.extend(line.section.filter(|section| !sections.contains(section)));
    }
    let text = |(page, sections): (&ratebook::VendorPage, Vec<&str>)| {
        let mut text = format!("page {}", page.url.unwrap_or(page.id));
        text.push_str(&page.date.map_or_else(|| ", undated".to_owned(), |date| format!(", of {date}")));
        if let Some(date) = page.checked_on {
            text.push_str(&format!(", checked {date}"));
        }
        if !sections.is_empty() {
            text.push_str(&format!(": {}", sections.join("; ")));
        }
        text
    };
    pages.into_iter().map(text).collect()
}

/// Returns the error of a call without limits.
fn explain(options: &Show, provider: Provider, unknown: Option<Unknown>) -> UnknownName {
    if why_incomplete(provider.state()).is_some() {
        let missing = UnknownName::missing("limits of the provider", std::iter::empty());
        return UnknownName { more: why_incomplete(provider.state()), ..missing };
    }
    let model = || UnknownName::among("model", &options.model, names::entry_names(&[provider]));
    let Some(unknown) = unknown else { return model() };
    let plans = || provider.plans().map(Plan::name);
    match unknown.what() {
        UnknownKind::Model => model(),
        UnknownKind::Region => {
            UnknownName::missing("--region, since limits differ by region", provider.regions().map(Region::name))
        }
        UnknownKind::Plan => match &options.plan {
            Some(plan) => UnknownName::among("plan", plan, plans()),
            None => UnknownName::missing("--plan, since limits differ by plan", plans()),
        },
        UnknownKind::Deployment => {
            let deployments = provider.deployments().map(Deployment::name);
            UnknownName::missing("--deployment, since limits differ by deployment", deployments)
        }
        UnknownKind::Mode => {
            UnknownName::missing("--mode, since limits differ by mode", provider.modes().map(Mode::name))
        }
        UnknownKind::Context => {
            let contexts = provider.contexts().map(Context::name);
            UnknownName::missing("--context, since limits differ by the class of context lengths", contexts)
        }
        UnknownKind::Task => match &options.task {
            Some(task) => UnknownName::among("task", task, names::task_names(provider)),
            None => UnknownName { more: Some("or set the task with --task"), ..model() },
        },
    }
}

fn table(limits: &[Line], color: Color) -> String {
    let columns = columns(limits);
    let mut table = TextTable::new(&columns.iter().map(|column| column.name).collect::<Vec<_>>());
    for line in limits {
        table.push(columns.iter().map(|column| (column.cell)(line)).collect());
    }
    table.render(color)
}
