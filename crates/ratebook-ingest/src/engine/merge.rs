//! The pages of one provider together.
//!
//! The limits of all pages are one list. Where two pages state one key with other amounts, the page that the recipe
//! prefers is used, and the other is a warning; without a preference it is an error. What rules must claim is counted
//! over all pages.

use std::collections::BTreeMap;

use ratebook_source::{
    EntryKey, Evidence, Limit, LimitKey, Plan, PolicySource, ProviderSource, ProviderState, SizeClass, validate,
};

use crate::page::BlockKind;
use crate::reading::{Diagnostic, Reading, Severity};
use crate::recipe::{self, Count, Recipe, RecipePage};
use crate::reviewed::Subject;

use super::facts::GROWTH;
use super::{Inputs, NO_LIMITS, growth, policy_page, rising};

/// The readings of a provider's pages, merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The limits, sorted, with the pages in the order of the recipe.
    pub source: ProviderSource,
    /// The diagnostics that need all pages, each with the id of its page. `None`: it is about no single page.
    pub diagnostics: Vec<(Option<String>, Diagnostic)>,
}

/// Merges the readings of pages, in the order of the recipe. A page that could not be read may be left out, or be present
/// as its last fact page. What its rules must claim is then not checked.
pub fn merge(recipe: &Recipe, parts: &[(&RecipePage, &Reading)], inputs: Inputs<'_>) -> Merged {
    let mut merger = Merger { recipe, parts, found: Vec::new() };
    let mut source = ProviderSource::new(&recipe.provider);
    source.pages = parts.iter().flat_map(|(_, reading)| reading.source.pages.iter().cloned()).collect();
    source.plans = merger.plans();
    source.classes = merger.classes();
    source.limits = merger.limits();
    merger.names(&mut source);
    source.state = state(parts, &source);
    source.sort();
    merger.required();
    merger.growths(inputs.policy);
    merger.listed(&source);
    merger.rising(&source);
    let reviewed: Vec<&Limit> = source.limits.iter().filter(|limit| limit.evidence == Evidence::Reviewed).collect();
    for decision in &inputs.decisions.decisions {
        if !reviewed.iter().any(|limit| decision.is_about(limit)) {
            let region = decision.region.as_deref().unwrap_or("no region");
            if let Subject::Row { rows, .. } = decision.subject
                && merger.is_complete()
            {
                let message = format!(
                    "the decision on `{}` ({region}) expects {rows} rows with one key, found none: decide again in reviewed.toml",
                    decision.name
                );
                merger.add(None, Severity::Error, None, message);
                continue;
            }
            let message = format!(
                "the decision on `{}` ({region}) applies to no cell: the cell is gone, changed or no longer ambiguous",
                decision.name
            );
            merger.add(None, Severity::Warning, None, message);
        }
    }
    // If a line could not be read, its error is the reason.
    let is_readable = parts.iter().all(|(_, reading)| !reading.has_errors());
    if source.limits.is_empty() && source.state == ProviderState::Published && is_readable {
        merger.add(None, Severity::Error, None, NO_LIMITS.to_owned());
    }
    for problem in validate(&source) {
        merger.add(None, Severity::Error, None, problem.to_string());
    }
    Merged { source, diagnostics: merger.found }
}

/// Returns the state of a provider: withdrawn if all its pages with limits are, or why its pages state none.
fn state(parts: &[(&RecipePage, &Reading)], source: &ProviderSource) -> ProviderState {
    let is_withdrawn =
        |id: Option<&String>| source.pages.iter().any(|page| Some(&page.id) == id && page.withdrawn_on.is_some());
    let is_stated = source.limits.iter().any(|limit| !is_withdrawn(limit.page.as_ref()));
    if is_stated {
        ProviderState::Published
    } else if source.pages.iter().any(|page| page.withdrawn_on.is_some()) {
        ProviderState::Withdrawn
    } else {
        let stated = parts.iter().find_map(|(recipe_page, _)| recipe_page.state.as_ref());
        stated.map_or(ProviderState::Published, |state| state.is)
    }
}

/// The pages that are being merged.
struct Merger<'a> {
    recipe: &'a Recipe,
    parts: &'a [(&'a RecipePage, &'a Reading)],
    found: Vec<(Option<String>, Diagnostic)>,
}

impl<'a> Merger<'a> {
    fn add(&mut self, page: Option<&str>, severity: Severity, line: Option<u32>, message: String) {
        // If the provider has one page, the diagnostic is about that page.
        let only = match self.parts {
            [(recipe_page, _)] => Some(recipe_page.id.as_str()),
            _ => None,
        };
        self.found.push((page.or(only).map(str::to_owned), Diagnostic { severity, line, message }));
    }

    /// Returns the plans of all pages, in order. Each has the fields that any of the pages states.
    fn plans(&mut self) -> Vec<Plan> {
        let mut plans: Vec<Plan> = Vec::new();
        for (recipe_page, plan) in self.each(|source| &source.plans) {
            let Some(known) = plans.iter_mut().find(|known| known.name == plan.name) else {
                plans.push(plan.clone());
                continue;
            };
            let is_same =
                agrees(&mut known.within, &plan.within) & agrees(&mut known.qualifies_usd, &plan.qualifies_usd);
            if !is_same {
                let message = format!("the plan `{}` is another on an earlier page", plan.name);
                self.add(Some(&recipe_page.id), Severity::Error, None, message);
            }
        }
        plans
    }

    fn classes(&mut self) -> Vec<SizeClass> {
        let mut classes: Vec<SizeClass> = Vec::new();
        for (recipe_page, class) in self.each(|source| &source.classes) {
            let Some(known) = classes.iter_mut().find(|known| known.name == class.name) else {
                classes.push(class.clone());
                continue;
            };
            let is_same = (known.from, known.to) == (class.from, class.to);
            known.members.extend(class.members.iter().cloned());
            known.members.sort();
            known.members.dedup();
            if !is_same {
                let message = format!("the size class `{}` has other bounds on an earlier page", class.name);
                self.add(Some(&recipe_page.id), Severity::Error, None, message);
            }
        }
        classes
    }

    /// Returns the items of every page, in order.
    fn each<T>(&self, items: fn(&ProviderSource) -> &Vec<T>) -> Vec<(&'a RecipePage, &'a T)> {
        let parts = self.parts.iter();
        parts.flat_map(|&(page, reading)| items(&reading.source).iter().map(move |item| (page, item))).collect()
    }

    /// Returns the limits of all pages, sorted, one for each key.
    fn limits(&mut self) -> Vec<Limit> {
        let mut kept: BTreeMap<LimitKey<'a>, (&'a RecipePage, &'a Limit)> = BTreeMap::new();
        for (recipe_page, limit) in self.each(|source| &source.limits) {
            let Some(&(first_page, first)) = kept.get(&limit.key()) else {
                kept.insert(limit.key(), (recipe_page, limit));
                continue;
            };
            if is_equal(first, limit) {
                continue;
            }
            if prefers(recipe_page, first_page) {
                self.contradiction(Severity::Warning, (recipe_page, limit), (first_page, first));
            } else if prefers(first_page, recipe_page) {
                self.contradiction(Severity::Warning, (first_page, first), (recipe_page, limit));
                kept.insert(limit.key(), (recipe_page, limit));
            } else {
                self.contradiction(Severity::Error, (recipe_page, limit), (first_page, first));
            }
        }
        let mut limits: Vec<Limit> = kept.into_values().map(|(_, limit)| limit.clone()).collect();
        self.share_aliases(&mut limits);
        limits
    }

    /// Reports a limit that another page states with another amount.
    fn contradiction(
        &mut self,
        severity: Severity,
        (recipe_page, limit): (&RecipePage, &Limit),
        other: (&RecipePage, &Limit),
    ) {
        let key = limit.entry_key();
        let key = key.parts().into_iter().flatten().chain([key.name]).collect::<Vec<_>>().join(" ");
        let per = limit.per.map(|per| format!(" per {per}")).unwrap_or_default();
        let (here, there, page) = (limit.amount, other.1.amount, &other.0.id);
        let what = format!("{key}: {}{per} is {here} here, {there} on the page `{page}`", limit.metric);
        let message = match severity {
            Severity::Warning => format!("{what}, which is preferred"),
            Severity::Error => format!("{what}: name the page to use in `prefer` of the other"),
        };
        self.add(Some(&recipe_page.id), severity, limit.line, message);
    }

    /// Gives each limit of an entry the aliases that any page has for the entry.
    fn share_aliases(&self, limits: &mut [Limit]) {
        let mut aliases: BTreeMap<EntryKey<'a>, Vec<String>> = BTreeMap::new();
        for (_, limit) in self.each(|source| &source.limits).into_iter().filter(|(_, limit)| !limit.aliases.is_empty())
        {
            aliases.entry(limit.entry_key()).or_default().extend(limit.aliases.iter().cloned());
        }
        for limit in limits {
            if let Some(all) = aliases.get(&limit.entry_key()).cloned() {
                limit.aliases = all;
                limit.aliases.sort();
                limit.aliases.dedup();
            }
        }
    }

    /// Returns whether every page with rules is present, in its newest shape: an older one may lack names and plans.
    fn is_complete(&self) -> bool {
        self.recipe.pages.iter().filter(|page| page.has_rules()).all(|page| self.is_newest(page))
    }

    /// Returns whether a page was read, in the newest of its shapes if it has any.
    fn is_newest(&self, page: &RecipePage) -> bool {
        let part = self.parts.iter().find(|(recipe_page, _)| recipe_page.id == page.id);
        part.is_some_and(|(_, reading)| {
            let newest = page.shapes.first();
            newest.is_none_or(|newest| reading.shape.as_ref() == Some(newest.id.get_ref()))
        })
    }

    /// Adds the names of the recipe, and reports aliases and families without limits.
    fn names(&mut self, source: &mut ProviderSource) {
        let names = self.recipe.checked_names();
        let unknown = names.apply(source);
        if !self.is_complete() {
            return;
        }
        for name in unknown {
            let span = self.recipe.names.keys().find(|key| key.get_ref() == name).map_or(0..0, |key| key.span());
            let line = self.recipe.line(&span);
            let message = format!("recipe.toml:{line}: expected limits of `{name}`, which [names] has, found none");
            self.add(None, Severity::Error, None, message);
        }
        for name in names.unused_families(source) {
            let families = self.recipe.families.iter();
            let span = families.map(|family| &family.name).find(|known| known.get_ref() == name);
            let line = self.recipe.line(&span.map_or(0..0, |name| name.span()));
            let message = format!("recipe.toml:{line}: expected limits of the family `{name}`, found none");
            self.add(None, Severity::Error, None, message);
        }
    }

    /// Reports the rules that claimed too few blocks, over all pages. A rule is not checked if one of its pages was not
    /// read.
    fn required(&mut self) {
        let recipe = self.recipe;
        let tables = recipe.tables.iter().map(|table| (&table.id, table.required, &table.pages));
        let lists = recipe.lists.iter().map(|list| (&list.id, list.required, &list.pages));
        let growths = recipe.growths.iter().map(|growth| (&growth.id, growth.required, &growth.pages));
        let rules = tables.chain(lists).chain(growths).map(|(id, required, pages)| {
            let (id, place) = (id.get_ref(), id.span());
            (id.clone(), id.clone(), place, required, pages.as_slice())
        });
        let defaults = recipe.defaults.iter().map(|default| {
            let pattern = default.pattern.get_ref();
            let place = default.pattern.span();
            (recipe::default_id(pattern), pattern.to_string(), place, default.required, default.pages.as_slice())
        });
        let tabs = recipe.tabs.iter().map(|tabs| {
            let rule = tabs.rule();
            (rule.clone(), rule, tabs.labels.span(), tabs.required, tabs.pages.as_slice())
        });
        for (rule, shown, place, required, pages) in rules.chain(defaults).chain(tabs) {
            if recipe.is_of_shape(&shown) {
                continue;
            }
            if let Some((times, least)) = self.too_few(&rule, required, pages) {
                let line = recipe.line(&place);
                let message = format!("expected at least {least} of `{shown}` (recipe.toml:{line}), found {times}");
                self.add(None, Severity::Error, None, message);
            }
        }
        for statement in &recipe.statements {
            let times = self.times(&recipe::statement_id(statement), &[]);
            if times == Some(0) && recipe.is_of_shape(&statement.says) {
                continue;
            }
            if let (Some(expected), Some(times)) = (statement.times, times)
                && expected != times
            {
                let message = format!("expected {expected} statements `{}`, found {times}", statement.says);
                self.add(None, Severity::Warning, None, message);
            }
        }
    }

    /// Reports the growth of the policy that no page states, if rules of the recipe read growth. Nothing if a page of the
    /// provider has errors, or if a page of these rules is in an old shape.
    fn growths(&mut self, policy: Option<&PolicySource>) {
        let recipe = self.recipe;
        let is_readable = self.parts.iter().all(|(_, reading)| !reading.has_errors());
        let Some(policy) = policy.filter(|_| !recipe.growths.is_empty() && is_readable) else { return };
        let is_of_growth =
            |page: &&RecipePage| page.has_rules() && recipe.growths.iter().any(|rule| page.is_among(&rule.pages));
        // A rule that claimed too little is an error of its own.
        let is_missing =
            |rule: &recipe::GrowthRule| self.too_few(rule.id.get_ref(), rule.required, &rule.pages).is_some();
        if !recipe.pages.iter().filter(is_of_growth).all(|page| self.is_newest(page))
            || recipe.growths.iter().any(is_missing)
        {
            return;
        }
        let blocks = self.parts.iter().flat_map(|(_, reading)| &reading.page.blocks);
        let stated: Vec<&str> = blocks
            .filter_map(|block| match &block.kind {
                BlockKind::Statement { name, value } if name == GROWTH => Some(value.as_str()),
                _ => None,
            })
            .collect();
        for message in growth::unstated(recipe, &stated, policy) {
            self.add(None, Severity::Error, None, message);
        }
    }

    /// Returns how many blocks a rule claimed and the least that it must, if it claimed fewer.
    fn too_few(&self, rule: &str, required: Count, pages: &[String]) -> Option<(u32, u32)> {
        let Count::AtLeast(least) = required else { return None };
        self.times(rule, pages).filter(|times| *times < least).map(|times| (times, least))
    }

    /// Returns how many blocks a rule claimed on its pages, or `None` if one of them was not read from the vendor's.
    fn times(&self, rule: &str, pages: &[String]) -> Option<u32> {
        let mut times = 0;
        for page in self.recipe.pages.iter().filter(|page| page.has_rules() && page.is_among(pages)) {
            let (_, reading) = self.parts.iter().find(|(recipe_page, _)| recipe_page.id == page.id)?;
            times += reading.claimed.as_ref()?.get(rule).copied().unwrap_or(0);
        }
        Some(times)
    }

    /// Warns of limits that fall where the recipe says that they rise, and reports plans without limits.
    fn rising(&mut self, source: &ProviderSource) {
        let plans = &self.recipe.rising_plans;
        self.found.extend(rising::falls(plans, &source.limits));
        if !self.is_complete() {
            return;
        }
        for plan in plans {
            if !source.limits.iter().any(|limit| limit.plan.as_ref() == Some(plan)) {
                self.add(
                    None,
                    Severity::Error,
                    None,
                    format!("expected limits of the plan `{plan}` of `rising_plans`"),
                );
            }
        }
    }

    /// Warns of models that an index lists, and that have neither limits nor a page.
    fn listed(&mut self, source: &ProviderSource) {
        for &(recipe_page, reading) in self.parts {
            let Some(index) = &recipe_page.index else { continue };
            for block in &reading.page.blocks {
                let BlockKind::Statement { name, value } = &block.kind else { continue };
                let is_model = |name: &String| name.eq_ignore_ascii_case(value);
                let has_page = |page: &RecipePage| page.bindings().get("each").is_some_and(|each| each == value);
                let is_known = name != policy_page::LISTED
                    || index.except.iter().any(is_model)
                    || self.recipe.pages.iter().any(has_page)
                    || source.limits.iter().any(|limit| is_model(&limit.name) || limit.aliases.iter().any(is_model));
                if !is_known {
                    let message = format!("the page lists `{value}`, which has neither limits nor a page");
                    self.add(Some(&recipe_page.id), Severity::Warning, Some(block.line), message);
                }
            }
        }
    }
}

/// Returns whether the limits of the other page are used instead of a page's own.
fn prefers(recipe_page: &RecipePage, other: &RecipePage) -> bool {
    recipe_page.prefer.iter().any(|name| other.is_named(name))
}

/// Returns whether two limits of one key are equal, without regard to their names and places.
fn is_equal(one: &Limit, other: &Limit) -> bool {
    let other = Limit { aliases: one.aliases.clone(), evidence: one.evidence, ..other.clone() };
    one.states_the_same(&other)
}

/// Returns whether two values do not contradict each other. An absent value is set.
fn agrees<T: Clone + PartialEq>(known: &mut Option<T>, stated: &Option<T>) -> bool {
    match (&known, stated) {
        (Some(known), Some(stated)) => known == stated,
        (None, Some(stated)) => {
            *known = Some(stated.clone());
            true
        }
        (Some(_) | None, None) => true,
    }
}
