//! Validation of a source, which the generator requires.

use crate::limit::{Limit, Pool};
use crate::provider::ProviderSource;
use crate::{Amount, Kind};

/// One inconsistency of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
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
        let same_entry = selector_key(&pair[0], &pair[0].name) == selector_key(&pair[1], &pair[1].name);
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
        if limit.kind == Kind::Size && !source.classes.iter().any(|class| class.name == limit.name) {
            problem(&describe(limit), format!("expected a line `@class` for `{}`, found none", limit.name));
        }
    }
    for plan in &source.plans {
        if let Some(within) = &plan.within
            && !source.plans.iter().any(|known| known.name == *within && known.within.is_none())
        {
            problem(&plan.name, format!("is within `{within}`, which is unknown or itself within a plan"));
        }
    }
    for pair in source.classes.windows(2) {
        if pair[0].to >= pair[1].from {
            problem(&pair[1].name, format!("overlaps the class `{}`", pair[0].name));
        }
    }
    for class in source.classes.iter().filter(|class| class.from > class.to) {
        problem(&class.name, "is empty: its smallest number of parameters is above its largest".into());
    }
    problems
}

type SelectorKey<'a> = (Option<&'a str>, Option<&'a str>, Kind, &'a str);

fn selector_key<'a>(limit: &'a Limit, name: &'a str) -> SelectorKey<'a> {
    (limit.region.as_deref(), limit.plan.as_deref(), limit.kind, name)
}

/// Returns the aliases that are also a name or alias of another entry in the same region, plan and kind.
fn shared_names(limits: &[Limit]) -> Vec<(&Limit, &str, &str)> {
    // Aliases with their owners, sorted by selector. Names are unique by the order of the file.
    let mut owners: Vec<(SelectorKey<'_>, &str)> = Vec::new();
    let mut shared = Vec::new();
    for limit in limits {
        for alias in &limit.aliases {
            let wanted = selector_key(limit, alias);
            let at = limits.partition_point(|other| selector_key(other, &other.name) < wanted);
            if limits.get(at).is_some_and(|other| selector_key(other, &other.name) == wanted) {
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
    if limit.kind == Kind::Any && limit.name != "*" {
        problem("expected the name `*` for an entry of every call".into());
    }
    if limit.pool == Pool::Model && limit.kind != Kind::Model {
        problem("only a model can have the pool `model`".into());
    }
    if std::iter::once(&limit.name)
        .chain(&limit.aliases)
        .any(|name| name.is_empty() || name.bytes().any(|byte| byte == b','))
    {
        problem("a name is empty or has a comma".into());
    }
}

/// Returns the name of a limit in messages: `international qwen-plus requests per minute`.
pub(crate) fn describe(limit: &Limit) -> String {
    let mut text = String::new();
    for part in [&limit.region, &limit.plan].into_iter().flatten() {
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
