//! Validation of a source, which the generator requires.

use crate::limit::{EntryKey, Limit, Pool};
use crate::provider::ProviderSource;
use crate::{Amount, Bound, Kind};

/// One inconsistency of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The limit, class or plan.
    pub subject: String,
    /// What is wrong, and what was expected.
    pub message: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.subject, self.message)
    }
}

/// Returns every inconsistency of a source. The generator accepts a source without any.
pub fn validate(source: &ProviderSource) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut problem = |subject: &str, message: String| problems.push(Problem { subject: subject.to_owned(), message });
    if !is_slug(&source.provider) {
        problem(&source.provider, "expected lowercase letters, digits and `-` as the name of a provider".into());
    }
    for pair in source.limits.windows(2) {
        match pair[0].key().cmp(&pair[1].key()) {
            std::cmp::Ordering::Less => {}
            std::cmp::Ordering::Equal => problem(&describe(&pair[1]), "is stated twice".into()),
            std::cmp::Ordering::Greater => problem(&describe(&pair[1]), "is out of order: sort the file by key".into()),
        }
    }
    for pair in source.limits.windows(2) {
        let same_entry = pair[0].entry_key() == pair[1].entry_key();
        if same_entry && (pair[0].aliases != pair[1].aliases || pair[0].retired_on != pair[1].retired_on) {
            problem(
                &describe(&pair[1]),
                "has other aliases or another date of retirement than the limit above, of the same entry".into(),
            );
        }
    }
    for (limit, name, owner) in shared_names(&source.limits) {
        problem(&describe(limit), format!("`{name}` is also a name of `{owner}`"));
    }
    for limit in &source.limits {
        check_limit(limit, &mut |message| problem(&describe(limit), message));
        if let Some(plan) = &limit.plan
            && !source.plans.iter().any(|known| known.name == *plan)
        {
            problem(&describe(limit), format!("expected a line `@plan` for `{plan}`, found none"));
        }
        if let Some(factor) = &limit.factor
            && !source.plans.iter().any(|known| known.name == factor.plan)
        {
            problem(
                &describe(limit),
                format!("expected a line `@plan` for `{}` of its factor, found none", factor.plan),
            );
        }
        if let Some(page) = &limit.page
            && !source.pages.iter().any(|known| known.id == *page)
        {
            problem(&describe(limit), format!("expected a line `@page` for `{page}`, found none"));
        }
        if limit.kind == Kind::Family && !source.families.iter().any(|family| family.name == limit.name) {
            problem(
                &describe(limit),
                format!("expected a line `family` for `{}` in names.tsv, found none", limit.name),
            );
        }
        if limit.kind == Kind::Size && !source.classes.iter().any(|class| class.name == limit.name) {
            problem(&describe(limit), format!("expected a line `@class` for `{}`, found none", limit.name));
        }
    }
    for (at, removed) in source.removed.iter().enumerate() {
        let key = removed.entry_key();
        if source.limits.iter().any(|limit| limit.entry_key() == key) {
            problem(&removed.name, "is stated and removed: remove its line of names.tsv".into());
        }
        if source.removed[..at].iter().any(|other| other.entry_key() == key) {
            problem(&removed.name, "is removed twice".into());
        }
    }
    for plan in &source.plans {
        if let Some(within) = &plan.within
            && !source.plans.iter().any(|known| known.name == *within && known.within.is_none())
        {
            problem(&plan.name, format!("is within `{within}`, which is unknown or itself within a plan"));
        }
    }
    for pair in source.pages.windows(2) {
        if source.pages.iter().filter(|page| page.id == pair[1].id).count() > 1 {
            problem(&pair[1].id, "is the id of two pages".into());
        }
    }
    for pair in source.classes.windows(2) {
        if pair[0].to.is_none_or(|to| to >= pair[1].from) {
            problem(&pair[1].name, format!("overlaps the class `{}`", pair[0].name));
        }
    }
    for class in source.classes.iter().filter(|class| class.to.is_some_and(|to| class.from > to)) {
        problem(&class.name, "is empty: its smallest number of parameters is above its largest".into());
    }
    problems
}

/// Returns the aliases that are also a name or alias of another entry in the same region, plan and kind.
fn shared_names(limits: &[Limit]) -> Vec<(&Limit, &str, &str)> {
    // Aliases with their owners, sorted by selector. Names are unique by the order of the file.
    let mut owners: Vec<(EntryKey<'_>, &str)> = Vec::new();
    let mut shared = Vec::new();
    for limit in limits {
        for alias in &limit.aliases {
            let wanted = EntryKey { name: alias, ..limit.entry_key() };
            let at = limits.partition_point(|other| other.entry_key() < wanted);
            if limits.get(at).is_some_and(|other| other.entry_key() == wanted) {
                shared.push((limit, alias.as_str(), alias.as_str()));
            }
            let at = owners.partition_point(|(known, _)| *known < wanted);
            match owners.get(at) {
                Some((known, owner)) if *known == wanted => {
                    if *owner != limit.name {
                        shared.push((limit, alias.as_str(), *owner));
                    }
                }
                _ => owners.insert(at, (wanted, &limit.name)),
            }
        }
    }
    shared
}

fn check_limit(limit: &Limit, problem: &mut dyn FnMut(String)) {
    let grows = limit.ramp.windows(2).all(|pair| pair[0].after_minutes < pair[1].after_minutes);
    if !grows {
        problem("the points of its ramp are not in order of time".into());
    }
    if let Some(first) = limit.ramp.first()
        && Amount::Count(first.amount) != limit.amount
    {
        problem(format!("its ramp starts at {}, but its amount is {}", first.amount, limit.amount));
    }
    if matches!(limit.kind, Kind::Any | Kind::Rest) && limit.name != "*" {
        problem(format!("expected the name `*` for an entry of the kind `{}`", limit.kind));
    }
    if limit.until.is_some() && limit.bound != Bound::Temporary {
        problem("expected the bound `temporary` for a limit with a last day".into());
    }
    if limit.pool == Pool::Model && matches!(limit.kind, Kind::Resource | Kind::Endpoint) {
        problem(format!("expected the pool `account` or a group for an entry of the kind `{}`", limit.kind));
    }
    if std::iter::once(&limit.name).chain(&limit.aliases).any(|name| name.is_empty() || name.contains(',')) {
        problem("a name is empty or has a comma".into());
    }
}

/// Returns the name of a limit in messages, such as [`Problem::subject`]: `international qwen-plus requests per minute`.
pub fn describe(limit: &Limit) -> String {
    let mut text = String::new();
    for part in limit.entry_key().parts().into_iter().flatten() {
        text.push_str(part);
        text.push(' ');
    }
    text.push_str(&format!("{} {}", limit.name, limit.metric));
    if let Some(per) = limit.per {
        text.push_str(&format!(" per {per}"));
    }
    text
}

fn is_slug(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
