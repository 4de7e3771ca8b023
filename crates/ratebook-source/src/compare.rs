//! The difference between two catalogs, as people read it: limits that were raised, entries that were retired, facts and
//! policies that changed.
//!
//! [`diff`] compares limits by their key. [`compare`] classifies its changes, and adds the other facts of a provider.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::validate::describe;
use crate::{
    Amount, Bound, Change, Evidence, Invocation, Kind, Limit, Pattern, Pool, ProviderSource, VendorPage, Weight, diff,
};

/// What a difference is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// One limit.
    Limit,
    /// All limits of a model, task, class or other selector.
    Entry,
    /// A plan, a size class, a family, a region, a pattern of names, a page or the state of the provider.
    Fact,
    /// A line of the policy.
    Policy,
}

impl Topic {
    /// Returns the word: `limit`, `entry`, `fact` or `policy`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::Entry => "entry",
            Self::Fact => "fact",
            Self::Policy => "policy",
        }
    }
}

/// The kind of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DifferenceKind {
    /// It is only in the newer catalog.
    Added,
    /// The amount of a limit is larger. `unlimited` is larger than any number, and ranges are compared by their lower end
    /// first, which is enforced.
    Raised,
    /// The amount of a limit is smaller.
    Lowered,
    /// It differs otherwise: in its evidence, its pool, its growth or its text.
    Changed,
    /// The entry is refused by the vendor from a day on, and was not in the older catalog.
    Retired,
    /// It is only in the older catalog.
    Removed,
}

impl DifferenceKind {
    /// Every kind, in the order of a summary.
    pub const ALL: [Self; 6] = [Self::Added, Self::Raised, Self::Lowered, Self::Changed, Self::Retired, Self::Removed];

    /// Returns the word, such as `raised`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Raised => "raised",
            Self::Lowered => "lowered",
            Self::Changed => "changed",
            Self::Retired => "retired",
            Self::Removed => "removed",
        }
    }
}

/// One difference between two catalogs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference<'a> {
    /// What it is about.
    pub topic: Topic,
    /// Its kind.
    pub kind: DifferenceKind,
    /// The limit, entry, fact or policy word, in one line: `developer llama-3.1-8b-instant requests per minute`.
    pub subject: String,
    /// The value in the older catalog.
    pub before: Option<String>,
    /// The value in the newer catalog.
    pub after: Option<String>,
    /// The limit in the older catalog. `None` if it has none, and for entries, facts and policies.
    pub old: Option<&'a Limit>,
    /// The limit in the newer catalog, or the first limit of the entry. `None` for facts and policies.
    pub new: Option<&'a Limit>,
}

impl<'a> Difference<'a> {
    /// Returns the limit, or the first limit of the entry: in the newer catalog, or in the older one if it was removed. `None`
    /// for facts and policies.
    pub fn limit(&self) -> Option<&'a Limit> {
        self.new.or(self.old)
    }
}

/// Returns every limit, plan, class and other fact of a provider that differs between two sorted readings: limits in the
/// order of the file, then retired entries, then facts by name. Days of change, lines and sections are not compared.
///
/// A model that is retired is one difference of the topic [`Topic::Entry`]. Its limits in the newer catalog, which are zero,
/// are not compared.
///
/// ```
/// use ratebook_source::{Amount, DifferenceKind, Limit, Metric, ProviderSource, compare};
///
/// let mut before = ProviderSource::new("acme");
/// before.limits.push(Limit::model("rocket-1", Metric::Requests, Amount::Count(600)));
/// let mut after = before.clone();
/// after.limits[0].amount = Amount::Count(500);
/// let [difference] = &compare(&before, &after)[..] else { panic!("one limit differs") };
/// assert_eq!((difference.kind, difference.subject.as_str()), (DifferenceKind::Lowered, "rocket-1 requests"));
/// ```
pub fn compare<'a>(before: &'a ProviderSource, after: &'a ProviderSource) -> Vec<Difference<'a>> {
    let served: BTreeSet<_> = before.limits.iter().filter(|limit| limit.retired_on.is_none()).map(selector).collect();
    let mut retired: BTreeMap<_, &Limit> = BTreeMap::new();
    for limit in after.limits.iter().filter(|limit| limit.retired_on.is_some() && served.contains(&selector(limit))) {
        retired.entry(selector(limit)).or_insert(limit);
    }
    let is_of_retirement = |limit: &Limit| limit.retired_on.is_some() && retired.contains_key(&selector(limit));
    let mut differences: Vec<Difference<'a>> = Vec::new();
    for change in diff(&before.limits, &after.limits) {
        differences.push(match change {
            Change::Added(limit) | Change::Changed { after: limit, .. } if is_of_retirement(limit) => continue,
            Change::Added(limit) => of_limit(DifferenceKind::Added, None, Some(limit), subject(limit)),
            Change::Removed(limit) => of_limit(DifferenceKind::Removed, Some(limit), None, subject(limit)),
            Change::Changed { before, after } => {
                let kind = match order(before.amount, after.amount) {
                    Some(Ordering::Less) => DifferenceKind::Raised,
                    Some(Ordering::Greater) => DifferenceKind::Lowered,
                    Some(Ordering::Equal) | None => DifferenceKind::Changed,
                };
                of_limit(kind, Some(before), Some(after), subject(after))
            }
        });
    }
    differences.extend(retired.into_values().map(|limit| Difference {
        topic: Topic::Entry,
        kind: DifferenceKind::Retired,
        subject: limit.name.clone(),
        before: None,
        after: limit.retired_on.map(|date| format!("retired {date}")),
        old: None,
        new: Some(limit),
    }));
    compare_facts(&facts(before), &facts(after), &mut differences);
    differences
}

/// Returns what an entry applies to. A retired model may lose its region, because vendors list it once.
fn selector(limit: &Limit) -> (Kind, &str) {
    (limit.kind, &limit.name)
}

/// Returns the difference of a limit. Of a limit on both sides, the values have only what differs.
fn of_limit<'a>(
    kind: DifferenceKind,
    old: Option<&'a Limit>,
    new: Option<&'a Limit>,
    subject: String,
) -> Difference<'a> {
    let (before, after) = (old.map(details), new.map(details));
    let value = |limit: Option<&Limit>, own: &Option<Vec<String>>, other: &Option<Vec<String>>| {
        let differs = |detail: &&String| !other.as_ref().is_some_and(|other| other.contains(*detail));
        let details: Vec<&str> = own.iter().flatten().filter(differs).map(String::as_str).collect();
        limit.map(|limit| match details.as_slice() {
            [] => limit.amount.to_string(),
            details => format!("{} ({})", limit.amount, details.join("; ")),
        })
    };
    let (before, after) = (value(old, &before, &after), value(new, &after, &before));
    Difference { topic: Topic::Limit, kind, subject, before, after, old, new }
}

/// Returns the order of two amounts. `None` if one of them is not a number, such as `custom`, and they differ.
fn order(before: Amount, after: Amount) -> Option<Ordering> {
    let ends = |amount| match amount {
        Amount::Count(count) => Some((count, count)),
        Amount::Range { from, to } => Some((from, to)),
        Amount::Unlimited | Amount::Custom | Amount::NotOffered | Amount::Elsewhere => None,
    };
    match (ends(before), ends(after)) {
        (Some(before), Some(after)) => Some(before.cmp(&after)),
        (Some(_), None) if after == Amount::Unlimited => Some(Ordering::Less),
        (None, Some(_)) if before == Amount::Unlimited => Some(Ordering::Greater),
        (Some(_), None) | (None, Some(_)) => None,
        (None, None) => (before == after).then_some(Ordering::Equal),
    }
}

fn subject(limit: &Limit) -> String {
    let mut parts = vec![describe(limit)];
    if limit.calls != Invocation::All {
        parts.push(format!("({} calls)", limit.calls));
    }
    if limit.bound != Bound::Hard {
        parts.push(format!("({})", limit.bound));
    }
    parts.join(" ")
}

/// Returns everything of a limit except its key and its amount.
fn details(limit: &Limit) -> Vec<String> {
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
    more
}

/// Returns the facts of a provider besides limits, by name.
fn facts(source: &ProviderSource) -> BTreeMap<String, String> {
    let mut facts = BTreeMap::new();
    for class in &source.classes {
        let members = class.members.join(", ");
        let to = class.to.map_or_else(|| "more".to_owned(), |to| to.to_string());
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
    for replacement in &source.replacements {
        facts.insert(format!("name {} is replaced", replacement.name), format!("by {}", replacement.new));
    }
    facts.insert("state".to_owned(), source.state.to_string());
    for (at, plan) in source.plans.iter().enumerate() {
        let within = plan.within.as_ref().map(|within| format!(", within {within}")).unwrap_or_default();
        let qualifies = plan.qualifies_usd.map(|usd| format!(", from ${usd}")).unwrap_or_default();
        facts.insert(format!("plan {}", plan.name), format!("number {}{within}{qualifies}", at + 1));
    }
    for page in &source.pages {
        let of_page = if page.id == VendorPage::MAIN { String::new() } else { format!(" of {}", page.id) };
        facts.extend(page.date.map(|date| (format!("page date{of_page}"), date.to_string())));
        facts.extend(page.url.clone().map(|url| (format!("page{of_page}"), url)));
        facts.extend(page.withdrawn_on.map(|date| (format!("withdrawn on{of_page}"), date.to_string())));
    }
    facts
}

fn compare_facts(
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
    differences: &mut Vec<Difference<'_>>,
) {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in names {
        let (before, after) = (before.get(name), after.get(name));
        if before != after {
            differences.push(stated(Topic::Fact, name.clone(), before.cloned(), after.cloned()));
        }
    }
}

/// Returns the difference of a fact that has another value, or that one side does not have.
fn stated(topic: Topic, subject: String, before: Option<String>, after: Option<String>) -> Difference<'static> {
    let kind = match (&before, &after) {
        (None, _) => DifferenceKind::Added,
        (Some(_), None) => DifferenceKind::Removed,
        (Some(_), Some(_)) => DifferenceKind::Changed,
    };
    Difference { topic, kind, subject, before, after, old: None, new: None }
}

/// Returns the lines that differ between two texts of `policy.tsv`. The subject is the line's first word, the values are the
/// rest. The texts need not be in today's form: they are not parsed.
pub fn compare_policies(before: &str, after: &str) -> Vec<Difference<'static>> {
    let (before, after) = (policy_lines(before), policy_lines(after));
    let text = |(word, rest): &(&str, String)| (format!("policy: {word}"), Some(rest.clone()));
    let removed = |line| {
        let (subject, rest) = text(line);
        stated(Topic::Policy, subject, rest, None)
    };
    let added = |line| {
        let (subject, rest) = text(line);
        stated(Topic::Policy, subject, None, rest)
    };
    let mut differences = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &before, &after) {
        let (old, new) = (&before[op.old_range()], &after[op.new_range()]);
        match op {
            DiffOp::Equal { .. } => {}
            // Lines of a replaced block that begin with the same words are the same facts, with other values.
            DiffOp::Replace { .. } if old.iter().map(|line| line.0).eq(new.iter().map(|line| line.0)) => {
                differences.extend(old.iter().zip(new).map(|(old, new)| {
                    let (subject, before) = text(old);
                    stated(Topic::Policy, subject, before, text(new).1)
                }));
            }
            DiffOp::Delete { .. } | DiffOp::Insert { .. } | DiffOp::Replace { .. } => {
                differences.extend(old.iter().map(removed).chain(new.iter().map(added)));
            }
        }
    }
    differences
}

/// Returns the first word and the rest of each line, without comments.
fn policy_lines(text: &str) -> Vec<(&str, String)> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| line.split_once('\t').unwrap_or((line, "")))
        .map(|(word, rest)| (word, rest.replace('\t', " ")))
        .collect()
}
