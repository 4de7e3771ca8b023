//! The differences between two readings.

use std::collections::BTreeMap;

use ratebook_ingest::accounts::Passage;
use ratebook_source::{
    Bound, CallMode, EntryKey, Evidence, Kind, Limit, Pattern, Pool, ProviderSource, VendorPage, Weight, diff,
};
use similar::{Algorithm, ChangeTag, capture_diff_slices};

use crate::report::{Change, ChangeKind};

/// Returns every limit, plan, class and fact of the provider that differs.
pub(crate) fn changes(before: &ProviderSource, after: &ProviderSource) -> Vec<Change> {
    let mut changes = Vec::new();
    for change in diff(&before.limits, &after.limits) {
        changes.push(match change {
            ratebook_source::Change::Added(limit) => one(ChangeKind::Added, limit),
            ratebook_source::Change::Removed(limit) => one(ChangeKind::Removed, limit),
            ratebook_source::Change::Changed { before, after } => Change {
                kind: ChangeKind::Changed,
                subject: subject(after),
                before: Some(value(before)),
                after: Some(value(after)),
                line: after.line,
                page: after.page.clone(),
            },
        });
    }
    compare_facts(&facts(before), &facts(after), &mut changes);
    changes
}

fn one(kind: ChangeKind, limit: &Limit) -> Change {
    let text = Some(value(limit));
    let (before, after) = if kind == ChangeKind::Removed { (text, None) } else { (None, text) };
    Change { kind, subject: subject(limit), before, after, line: limit.line, page: limit.page.clone() }
}

fn subject(limit: &Limit) -> String {
    let EntryKey { region, plan, deployment, mode, context, name, .. } = limit.entry_key();
    let mut parts: Vec<String> =
        [region, plan, deployment, mode, context, Some(name)].into_iter().flatten().map(str::to_owned).collect();
    parts.push(match limit.per {
        Some(per) => format!("{} per {per}", limit.metric),
        None => limit.metric.to_string(),
    });
    if limit.calls != CallMode::All {
        parts.push(format!("({} calls)", limit.calls));
    }
    if limit.bound != Bound::Hard {
        parts.push(format!("({})", limit.bound));
    }
    parts.join(" ")
}

/// Returns everything of a limit except its key, in one line.
fn value(limit: &Limit) -> String {
    let mut text = limit.amount.to_string();
    let ramp: Vec<String> =
        limit.ramp.iter().map(|point| format!("{} at {} min", point.amount, point.after_minutes)).collect();
    let mut more = Vec::new();
    if limit.evidence != Evidence::Stated {
        more.push(limit.evidence.to_string());
    }
    more.extend(limit.alternative.map(|amount| format!("or {amount}")));
    more.extend((!ramp.is_empty()).then(|| ramp.join(", ")));
    more.extend((limit.weight != Weight::ONE).then(|| format!("weight {}", limit.weight)));
    more.extend(limit.factor.as_ref().map(ToString::to_string));
    more.extend(limit.until.map(|date| format!("until {date}")));
    more.extend(limit.each_region.then(|| "in each region".to_owned()));
    more.extend(limit.retired_on.map(|date| format!("retired {date}")));
    more.extend((!limit.aliases.is_empty()).then(|| format!("also {}", limit.aliases.join(", "))));
    match &limit.pool {
        Pool::Group(group) => more.push(format!("shared by {group}")),
        Pool::Account if limit.kind == Kind::Model => more.push("shared by the account".to_owned()),
        Pool::Account | Pool::Model => {}
    }
    if !more.is_empty() {
        text.push_str(&format!(" ({})", more.join("; ")));
    }
    text
}

/// Returns a passage beside limits that is not settled, as a change.
pub(crate) fn new_prose(page: &str, passage: &Passage) -> Change {
    Change {
        kind: ChangeKind::NewProse,
        subject: format!("passage {} in {}", passage.fingerprint, passage.section),
        before: None,
        after: Some(passage.text.clone()),
        line: Some(passage.line),
        page: Some(page.to_owned()),
    }
}

/// Returns the facts of a provider besides limits, by name.
fn facts(source: &ProviderSource) -> BTreeMap<String, String> {
    let mut facts = BTreeMap::new();
    for class in &source.classes {
        let members = class.members.join(", ");
        let to = if class.to == u64::MAX { "more".to_owned() } else { class.to.to_string() };
        facts.insert(format!("size class {}", class.name), format!("{} to {to} parameters: {members}", class.from));
    }
    for family in &source.families {
        let patterns = |patterns: &[Pattern]| patterns.iter().map(Pattern::as_str).collect::<Vec<_>>().join(", ");
        let members =
            if family.members.is_empty() { String::new() } else { format!(": {}", family.members.join(", ")) };
        let except = match family.exceptions.as_slice() {
            [] => String::new(),
            exceptions => format!(", except {}", patterns(exceptions)),
        };
        facts.insert(format!("family {}", family.name), format!("{}{except}{members}", patterns(&family.patterns)));
    }
    for region in &source.regions {
        facts.insert(format!("region {}", region.name), format!("served: {}", region.aliases.join(", ")));
    }
    for renaming in &source.renamings {
        let sets = renaming.sets.parts().into_iter().filter_map(|(part, value)| Some(format!(", {part} {}", value?)));
        let text = format!("stands for {}{}", renaming.name, sets.collect::<String>());
        facts.insert(format!("name {}", renaming.pattern), text);
    }
    facts.insert("state".to_owned(), source.state.to_string());
    for (at, plan) in source.plans.iter().enumerate() {
        let within = plan.within.as_ref().map(|within| format!(", within {within}")).unwrap_or_default();
        let qualifies = plan.qualifies_usd.map(|usd| format!(", from ${usd}")).unwrap_or_default();
        facts.insert(format!("plan {}", plan.name), format!("number {}{within}{qualifies}", at + 1));
    }
    for page in &source.pages {
        let of = if page.id == VendorPage::MAIN { String::new() } else { format!(" of {}", page.id) };
        facts.extend(page.date.map(|date| (format!("page date{of}"), date.to_string())));
        facts.extend(page.url.clone().map(|url| (format!("page{of}"), url)));
        facts.extend(page.withdrawn_on.map(|date| (format!("withdrawn on{of}"), date.to_string())));
    }
    facts
}

fn compare_facts(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>, changes: &mut Vec<Change>) {
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in names {
        let (old, new) = (before.get(name), after.get(name));
        let kind = match (old, new) {
            (Some(old), Some(new)) if old == new => continue,
            (Some(_), Some(_)) => ChangeKind::Changed,
            (None, _) => ChangeKind::Added,
            (_, None) => ChangeKind::Removed,
        };
        let (before, after) = (old.cloned(), new.cloned());
        changes.push(Change { kind, subject: name.clone(), before, after, line: None, page: None });
    }
}

/// Returns the lines of `policy.tsv` that were added or removed.
pub(crate) fn policy_changes(before: &str, after: &str) -> Vec<Change> {
    let lines = |text: &str| -> Vec<String> {
        text.lines().filter(|line| !line.starts_with('#')).map(|line| line.replace('\t', " ")).collect()
    };
    let (before, after) = (lines(before), lines(after));
    let one =
        |kind, before, after| Change { kind, subject: "policy".to_owned(), before, after, line: None, page: None };
    capture_diff_slices(Algorithm::Myers, &before, &after)
        .iter()
        .flat_map(|op| op.iter_changes(&before, &after))
        .filter_map(|change| match change.tag() {
            ChangeTag::Equal => None,
            ChangeTag::Delete => Some(one(ChangeKind::Removed, Some(change.value()), None)),
            ChangeTag::Insert => Some(one(ChangeKind::Added, None, Some(change.value()))),
        })
        .collect()
}
