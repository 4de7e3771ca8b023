//! What must hold of a source before tables are made of it.

use crate::limit::{Limit, Pool};
use crate::provider::ProviderSource;
use crate::{Amount, Kind};

/// One thing that is wrong with a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The limit, class or plan that is wrong.
    pub subject: String,
    /// What is wrong, and what was expected.
    pub message: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.subject, self.message)
    }
}

/// Everything that is wrong with a source; empty when tables can be made of it.
pub fn validate(source: &ProviderSource) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut problem = |subject: &str, message: String| problems.push(Problem { subject: subject.to_owned(), message });
    if !is_slug(&source.provider) {
        problem(&source.provider, "a provider's name is lowercase letters, digits and `-`".into());
    }
    for pair in source.limits.windows(2) {
        match pair[0].key().cmp(&pair[1].key()) {
            std::cmp::Ordering::Less => {}
            std::cmp::Ordering::Equal => problem(&describe(&pair[1]), "stands twice".into()),
            std::cmp::Ordering::Greater => {
                problem(&describe(&pair[1]), "is out of order: the file is sorted by key".into())
            }
        }
    }
    for pair in source.limits.windows(2) {
        let same_entry = place(&pair[0], &pair[0].name) == place(&pair[1], &pair[1].name);
        if same_entry && (pair[0].aliases != pair[1].aliases || pair[0].retired_on != pair[1].retired_on) {
            problem(
                &describe(&pair[1]),
                "has other aliases or another retirement than the limit above it of the same entry".into(),
            );
        }
    }
    for (limit, name, owner) in shared_names(&source.limits) {
        problem(&describe(limit), format!("`{name}` is a name of `{owner}` too"));
    }
    for limit in &source.limits {
        check_limit(limit, &mut |message| problem(&describe(limit), message));
        if let Some(plan) = &limit.plan
            && !source.plans.iter().any(|known| known.name == *plan)
        {
            problem(&describe(limit), format!("no `@plan` line for `{plan}`"));
        }
        if limit.kind == Kind::Size && !source.classes.iter().any(|class| class.name == limit.name) {
            problem(&describe(limit), format!("no `@class` line for `{}`", limit.name));
        }
    }
    for plan in &source.plans {
        if let Some(within) = &plan.within
            && !source.plans.iter().any(|known| known.name == *within && known.within.is_none())
        {
            problem(&plan.name, format!("is within `{within}`, which is no outermost plan"));
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

type Place<'a> = (Option<&'a str>, Option<&'a str>, Kind, &'a str);

fn place<'a>(limit: &'a Limit, name: &'a str) -> Place<'a> {
    (limit.region.as_deref(), limit.plan.as_deref(), limit.kind, name)
}

/// Aliases that name another entry too: a name and its aliases are one entry's, per region, plan and kind.
fn shared_names(limits: &[Limit]) -> Vec<(&Limit, &str, &str)> {
    // Sorted by place. Names themselves are told apart by their order in the file.
    let mut owners: Vec<(Place<'_>, &str)> = Vec::new();
    let mut shared = Vec::new();
    for limit in limits {
        for alias in &limit.aliases {
            let wanted = place(limit, alias);
            let at = limits.partition_point(|other| place(other, &other.name) < wanted);
            if limits.get(at).is_some_and(|other| place(other, &other.name) == wanted) {
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
        problem("its ramp's points are not in order of time".into());
    }
    if let Some(first) = limit.ramp.first()
        && Amount::Count(first.amount) != limit.amount
    {
        problem(format!("its ramp starts at {}, its amount is {}", first.amount, limit.amount));
    }
    if limit.kind == Kind::Any && limit.name != "*" {
        problem("an entry for every call is named `*`".into());
    }
    if limit.pool == Pool::Model && limit.kind != Kind::Model {
        problem("only a model has a pool of its own".into());
    }
    if std::iter::once(&limit.name).chain(&limit.aliases).any(|name| name.is_empty() || name.contains(',')) {
        problem("a name is neither empty nor holds a comma".into());
    }
}

/// Names a limit for a message: `international qwen-plus requests per minute`.
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
