//! Checks of a whole page.

use std::collections::BTreeMap;

use ratebook_source::{Amount, Kind, Limit, Metric, PolicySource, ProviderSource, RampPoint};

use super::TITLE_BLOCKS;
use super::passes::contradictions;
use crate::page::{Block, BlockKind, Page};
use crate::reading::{Diagnostic, Severity};
use crate::recipe::{Check, Recipe, RecipePage};

fn warning(line: u32, message: String) -> Diagnostic {
    Diagnostic { severity: Severity::Warning, line: Some(line), message }
}

/// Returns a warning about the whole page.
fn note(message: String) -> Diagnostic {
    Diagnostic { severity: Severity::Warning, line: None, message }
}

fn error(line: u32, message: String) -> Diagnostic {
    Diagnostic { severity: Severity::Error, line: Some(line), message }
}

/// Returns an error about the whole page.
fn whole_error(message: String) -> Diagnostic {
    Diagnostic { severity: Severity::Error, line: None, message }
}

/// Warns of response headers that the policy does not describe, and of those that the page no longer describes, unless
/// the recipe has a reason.
pub(super) fn headers(
    recipe: &Recipe,
    stated: &[(u32, String)],
    policy: Option<&PolicySource>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let Some(policy) = policy.filter(|_| !stated.is_empty()) else { return };
    // Every dialect reads it.
    let is_known = |header: &str| header.eq_ignore_ascii_case("retry-after") || recipe.has_reason_for_header(header);
    for (line, header) in stated.iter().filter(|(_, header)| !is_known(header)) {
        if !policy.headers.iter().any(|known| known.name.eq_ignore_ascii_case(header)) {
            diagnostics.push(warning(*line, format!("the response header `{header}` is new: add it to policy.toml")));
        }
    }
    for known in policy.headers.iter().filter(|known| !is_known(&known.name)) {
        let times = stated.iter().filter(|(_, header)| known.name.eq_ignore_ascii_case(header)).count();
        if times != 1 {
            let message = format!("expected one description of the response header `{}`, found {times}", known.name);
            diagnostics.push(note(message));
        }
    }
}

/// Warns of a missing title, and of each section without a heading that `recipe_page` expects. A page without any heading
/// passes.
pub(super) fn sections(page: &Page, recipe_page: &RecipePage, diagnostics: &mut Vec<Diagnostic>) {
    let headings: Vec<(u8, String)> = page.blocks.iter().filter_map(heading).collect();
    if headings.is_empty() {
        return;
    }
    let is_title = |block: &&Block| {
        let title = recipe_page.title.as_deref().unwrap_or_default();
        matches!(&block.kind, BlockKind::Paragraph(text) if !title.is_empty() && text.to_lowercase().starts_with(title))
    };
    let in_front_matter = page.title.as_ref().map(|title| title.to_lowercase());
    let has_title = match &recipe_page.title {
        Some(title) => {
            in_front_matter.is_some_and(|found| found.starts_with(title.as_str()))
                || headings.iter().any(|(level, text)| *level == 1 && text.starts_with(title.as_str()))
                || page.blocks.iter().take(TITLE_BLOCKS).any(|block| is_title(&block))
        }
        None => in_front_matter.is_some() || headings.iter().any(|(level, _)| *level == 1),
    };
    if !has_title {
        diagnostics.push(note("expected a title, found none".to_owned()));
    }
    for (what, words) in &recipe_page.sections {
        if !headings.iter().any(|(level, text)| *level > 1 && words.iter().any(|word| text.contains(word.as_str()))) {
            let message = format!("expected a heading of {what}, found none: it is missing or renamed");
            diagnostics.push(note(message));
        }
    }
}

/// Returns the level and the lowercase text of a heading.
fn heading(block: &Block) -> Option<(u8, String)> {
    match &block.kind {
        BlockKind::Heading { level, text } => Some((*level, text.to_lowercase())),
        BlockKind::Paragraph(_)
        | BlockKind::Item { .. }
        | BlockKind::Table(_)
        | BlockKind::Code(_)
        | BlockKind::Unread { .. }
        | BlockKind::Statement { .. } => None,
    }
}

/// Applies the checks of the rules that claimed a table.
pub(super) fn limits(
    recipe: &Recipe,
    claimed: &BTreeMap<String, u32>,
    source: &ProviderSource,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let used = recipe.tables.iter().filter(|table| claimed.contains_key(table.id.get_ref().as_str()));
    let mut checks: Vec<Check> = Vec::new();
    for check in used.flat_map(|table| table.check.iter().copied()) {
        if !checks.contains(&check) {
            checks.push(check);
        }
    }
    for check in checks {
        match check {
            Check::ClassesCompletePerPlan => classes_complete(source, diagnostics),
            Check::LargerClassLowerLimit => larger_is_lower(source, diagnostics),
            Check::RampRises => ramps(source, diagnostics, "a later point of the ramp has a lower amount", |ramp| {
                ramp.windows(2).any(|pair| pair[0].amount >= pair[1].amount)
            }),
            Check::RampOnALine => {
                ramps(source, diagnostics, "the points of the ramp are not linear in time", is_off_line);
            }
            Check::QualificationRises => qualifications(source, diagnostics),
            Check::SnapshotsBelowStable => contradictions::snapshots(source, diagnostics),
            Check::OneSectionPerModel => contradictions::sections(source, diagnostics),
            Check::ZeroIsRetired => contradictions::retired(source, diagnostics),
        }
    }
}

/// Returns the limits by size class of each plan and metric, from the smallest class on, with the first line.
fn by_class(source: &ProviderSource) -> Vec<(Option<&str>, Metric, u32, Vec<Amount>)> {
    let mut found = Vec::new();
    let mut plans: Vec<Option<&str>> = source.limits.iter().map(|limit| limit.plan.as_deref()).collect();
    plans.sort_unstable();
    plans.dedup();
    for plan in plans {
        for &metric in Metric::ALL {
            let limit_of = |name: &str| {
                source.limits.iter().find(|limit| {
                    limit.kind == Kind::Size
                        && limit.name == name
                        && limit.metric == metric
                        && limit.plan.as_deref() == plan
                })
            };
            let limits: Vec<&Limit> = source.classes.iter().filter_map(|class| limit_of(&class.name)).collect();
            let amounts = limits.iter().map(|limit| limit.amount).collect();
            if let Some(first) = limits.first() {
                found.push((plan, metric, first.line.unwrap_or(1), amounts));
            }
        }
    }
    found
}

fn classes_complete(source: &ProviderSource, diagnostics: &mut Vec<Diagnostic>) {
    let count = source.classes.len();
    for (plan, metric, line, amounts) in by_class(source) {
        if amounts.len() < count {
            let plan = plan.unwrap_or("-");
            let message = format!("the plan `{plan}` states {metric} for {} of {count} size classes", amounts.len());
            diagnostics.push(error(line, message));
        }
    }
    for class in &source.classes {
        if !source.limits.iter().any(|limit| limit.kind == Kind::Size && limit.name == class.name) {
            diagnostics.push(whole_error(format!("no plan has limits for the size class `{}`", class.name)));
        }
    }
    if source.classes.is_empty() && !source.limits.is_empty() {
        diagnostics.push(whole_error("expected a table of size classes, found none".to_owned()));
    }
}

fn larger_is_lower(source: &ProviderSource, diagnostics: &mut Vec<Diagnostic>) {
    for (plan, metric, line, amounts) in by_class(source) {
        if amounts.windows(2).any(|pair| pair[0] < pair[1]) {
            let plan = plan.unwrap_or("-");
            let message = format!("the plan `{plan}` allows a larger class more {metric} than a smaller one");
            diagnostics.push(warning(line, message));
        }
    }
}

fn ramps(
    source: &ProviderSource,
    diagnostics: &mut Vec<Diagnostic>,
    message: &str,
    is_wrong: fn(&[RampPoint]) -> bool,
) {
    for limit in source.limits.iter().filter(|limit| is_wrong(&limit.ramp)) {
        diagnostics.push(warning(limit.line.unwrap_or(1), message.to_owned()));
    }
}

/// Returns whether a ramp's points, from the second on, are not proportional to their time.
fn is_off_line(ramp: &[RampPoint]) -> bool {
    let product = |a: &RampPoint, b: &RampPoint| u128::from(a.amount) * u128::from(b.after_minutes);
    ramp.get(1..).unwrap_or_default().windows(2).any(|pair| product(&pair[0], &pair[1]) != product(&pair[1], &pair[0]))
}

fn qualifications(source: &ProviderSource, diagnostics: &mut Vec<Diagnostic>) {
    let qualified: Vec<(&str, u64)> =
        source.plans.iter().filter_map(|plan| Some((plan.name.as_str(), plan.qualifies_usd?))).collect();
    for pair in qualified.windows(2) {
        let ((_, before), (name, now)) = (pair[0], pair[1]);
        if now <= before {
            let message = format!("`{name}` requires ${now}, which is not above the ${before} of the tier before it");
            diagnostics.push(note(message));
        }
    }
}
