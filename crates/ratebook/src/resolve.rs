//! Resolution of a call to every limit that governs it, with the fallbacks of the provider's page.

use crate::pattern::RenamingData;
use crate::resolution::MAX_FAMILIES;
use crate::{Call, Entry, Kind, Resolution, Rule, Unknown, UnknownKind};

impl<'a> Call<'a> {
    /// Returns every limit that governs the call. The rule is the first of these that finds limits:
    ///
    /// 1. the exact name;
    /// 2. an alias;
    /// 3. a family;
    /// 4. a size class that has the model as an example;
    /// 5. a size class, by the number of parameters in the name;
    /// 6. the default of the task;
    /// 7. the endpoint;
    /// 8. the rest of the models;
    /// 9. the limits of every call.
    ///
    /// # Which limits apply together
    /// A model's own limits apply beside those of its families, those of the plan that encloses the call's plan, and those
    /// without plan, region or deployment. The limits of a mode or a class of context lengths replace those of the same
    /// selector without one. A region's own limit replaces the one that the page states for each other region.
    ///
    /// # Name matching
    /// If only a default finds limits, the name is read as people write names, in two steps. Exact names cost nothing more.
    ///
    /// 1. A pattern of the provider may map the name to another name and set parts of the key. So may what routers and
    ///    vendors put around names: a prefix up to a `/` (`azure/gpt-4.1`, `models/gemini-2.5-flash`), a suffix from the last
    ///    `:` or `@` (`deepseek-r1:free`, `claude-sonnet-4@20250514`), and a fine-tuned model stands for its base
    ///    (`ft:gpt-4o:acme::1`). Several may apply, one after the other. See [`Resolution::renamed_by`].
    /// 2. The same, without regard to case, spaces and punctuation of models' names: [`Rule::Alike`]. A name that is alike to
    ///    several models finds none.
    ///
    /// # Size from the name
    /// The number of parameters is read from the last part of the model's name, after the account or the maker:
    /// `accounts/acme-7b/models/x` states none. If only the limits of every call are found, and the provider has limits by
    /// size, the model is assigned to the strictest size class. The model is of some class, and every class allows at least
    /// as much. [`Rule::is_default`] is then true.
    ///
    /// # Calls without a plan
    /// A call without plan gets the limits without plan. [`Resolution::lacks_plan`] is then true if the provider has plans.
    /// Limits of resources (GPUs, LoRAs) govern no call.
    ///
    /// # Errors
    /// Returns an error if no limit is found, with the unknown part of the call and the nearest names.
    #[inline]
    pub fn resolve(&self) -> Result<Resolution, Unknown> {
        self.resolve_as().map(|(found, _)| found)
    }

    /// Like [`resolve`](Self::resolve), but also returns the name whose limits were found: the model's own, or the one that
    /// it stands for by a [pattern](Resolution::renamed_by). Aliases are not replaced. For a family or a size class, it is the
    /// part after the account or the maker.
    ///
    /// ```
    /// use ratebook::{Call, Plan, Provider};
    ///
    /// let call = Call::new(Provider::Castai, "Llama 3.3 70B").plan(Plan::Growth);
    /// assert_eq!(call.resolve_as().unwrap().1, "Llama 3.3 70B");
    /// ```
    ///
    /// # Errors
    /// Those of [`resolve`](Self::resolve).
    #[inline]
    pub fn resolve_as(&self) -> Result<(Resolution, &'a str), Unknown> {
        let own = self.resolve_own(Match::Exact);
        if own.is_ok_and(|(found, _)| !found.rule.is_default()) {
            return own;
        }
        let exactly = || self.resolve_other(Match::Exact, MAX_RENAMINGS);
        let alike = || self.resolve_known(Match::Alike).or_else(|| self.resolve_other(Match::Alike, MAX_RENAMINGS));
        exactly().or_else(alike).map_or(own, Ok)
    }

    /// Resolves the call by its own name. `None` if there is no more than a default.
    #[inline]
    fn resolve_known(&self, by: Match) -> Option<(Resolution, &'a str)> {
        self.resolve_own(by).ok().filter(|(found, _)| !found.rule.is_default())
    }

    /// Resolves the call by a name that its own stands for. `None` if there is none with more than a default: a default for
    /// the other name is none for this one.
    #[inline]
    fn resolve_other(&self, by: Match, renamings: u8) -> Option<(Resolution, &'a str)> {
        let renamings = renamings.checked_sub(1)?;
        let own = self.provider.renamings().iter();
        let renamed = own.filter_map(|renaming| Some((self.renamed(renaming)?, renaming.pattern.as_str(), true)));
        let around = AROUND_NAMES.iter().filter_map(|(pattern, inner)| {
            let model = inner(self.model).filter(|inner| !inner.is_empty())?;
            Some((Self { model, ..*self }, *pattern, false))
        });
        renamed.chain(around).find_map(|(call, pattern, is_providers)| {
            let (mut found, name) = call.resolve_known(by).or_else(|| call.resolve_other(by, renamings))?;
            // A size may be that of another part of the name: `m#accounts/acme/deployments/8b`.
            let is_by_size = matches!(found.rule, Rule::SizeClass { .. });
            found.renamed_by = Some(pattern);
            (is_providers || !is_by_size).then_some((found, name))
        })
    }

    /// Returns the part of the model's name by which a rule found its limits.
    #[inline]
    fn name_by(&self, rule: Rule) -> &'a str {
        match rule {
            Rule::Family { .. } | Rule::Member { .. } | Rule::SizeClass { .. } => self.own_name(),
            Rule::Alike { of } => of,
            Rule::Exact
            | Rule::Alias { .. }
            | Rule::TaskDefault { .. }
            | Rule::UnknownSize { .. }
            | Rule::Rest
            | Rule::Endpoint { .. }
            | Rule::ProviderDefault => self.model,
        }
    }

    /// Returns the call under the name that its own stands for. `None` if the pattern does not match, or changes nothing.
    #[inline]
    fn renamed(&self, renaming: &RenamingData) -> Option<Self> {
        let captured = renaming.pattern.captured(self.model)?;
        let renamed = Self {
            region: renaming.region.or(self.region),
            plan: renaming.plan.or(self.plan),
            deployment: renaming.deployment.or(self.deployment),
            mode: renaming.mode.or(self.mode),
            context: renaming.context.or(self.context),
            model: renaming.name.unwrap_or(captured),
            ..*self
        };
        (renamed != *self && !renamed.model.is_empty()).then_some(renamed)
    }

    /// Resolves the call by its own name, and returns the part of the name by which its limits were found.
    #[inline]
    fn resolve_own(&self, by: Match) -> Result<(Resolution, &'a str), Unknown> {
        if let Some(what) = self.unknown_part() {
            return Err(self.unknown(what));
        }
        let lacks_plan = self.plan.is_none() && self.provider.plans().next().is_some();
        let mut found = Resolution::new(self.provider.catalog_ref(), lacks_plan, self.region);
        let mut rule = None;
        let own = self.add(Kind::Model, self.model, &mut found);
        if let Some(own) = own {
            rule = Some(if own.name() == self.model { Rule::Exact } else { Rule::Alias { of: own.name() } });
        } else if by == Match::Alike
            && let Some(of) = self.model_alike()
            && self.add(Kind::Model, of, &mut found).is_some()
        {
            rule = Some(Rule::Alike { of });
        }
        for family in self.families().take(MAX_FAMILIES) {
            if self.add(Kind::Family, family.name, &mut found).is_some() {
                rule = rule.or(Some(Rule::Family { family: family.name }));
            }
        }
        let class = self.size_class();
        if let Some((class, by)) = class
            && self.add(Kind::Size, class.name, &mut found).is_some()
        {
            rule = rule.or(Some(by));
        }
        let is_default = self.provider.policy().task_default;
        if let Some(task) = self.task
            && !(is_default && own.is_some())
        {
            match self.add(Kind::Task, task, &mut found) {
                Some(entry) if is_default => rule = rule.or(Some(Rule::TaskDefault { task: entry.name() })),
                Some(_) => {}
                None if self.provider.entries().any(|entry| entry.kind() == Kind::Task) => {
                    return Err(self.unknown(UnknownKind::Task));
                }
                // If no limit depends on tasks, any task is valid.
                None => {}
            }
        }
        if let Some(endpoint) = self.endpoint
            && let Some(entry) = self.add(Kind::Endpoint, endpoint, &mut found)
        {
            rule = rule.or(Some(Rule::Endpoint { endpoint: entry.name() }));
        }
        if rule.is_none() {
            found.knows_model = class.is_some() || self.is_named_elsewhere();
            if self.add(Kind::Rest, "*", &mut found).is_some() {
                rule = Some(Rule::Rest);
            } else if !found.knows_model
                && self.each_entry(Kind::Any, "*").next().is_some()
                && let Some(class) = self.strictest_class()
            {
                self.add(Kind::Size, class.name, &mut found);
                rule = Some(Rule::UnknownSize { class: class.name });
            }
        }
        self.add(Kind::Any, "*", &mut found);
        match rule {
            Some(rule) => found.rule = rule,
            None if !found.is_empty() && self.has_limits_in_its_region() => {}
            None => return Err(self.why_unknown()),
        }
        Ok((found, self.name_by(found.rule)))
    }

    /// Adds the entries of a kind and name in the call's places, and returns the first.
    #[inline]
    fn add(&self, kind: Kind, name: &str, found: &mut Resolution) -> Option<Entry> {
        let mut first = None;
        for entry in self.each_entry(kind, name) {
            found.push(entry);
            first = first.or(Some(entry));
        }
        first
    }
}

/// The largest number of patterns that apply to a name one after the other: a router's prefix, a region, a suffix, a date.
const MAX_RENAMINGS: u8 = 4;

/// How a model's name is compared with those of the catalog.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Match {
    Exact,
    /// Also without regard to case, spaces and punctuation.
    Alike,
}

/// Returns the name within another, if it has the form.
type InnerName = fn(&str) -> Option<&str>;

/// The forms that routers and vendors put around names.
const AROUND_NAMES: &[(&str, InnerName)] = &[
    // A fine-tuned model: the base, and then the organization and an id.
    ("ft:*:…", |name| name.strip_prefix("ft:").map(|base| base.split_once(':').map_or(base, |(base, _)| base))),
    // The router, the maker, a collection.
    ("…/*", |name| name.split_once('/').map(|(_, inner)| inner)),
    // A variant or a price.
    ("*:…", |name| name.rsplit_once(':').map(|(inner, _)| inner)),
    // A version.
    ("*@…", |name| name.rsplit_once('@').map(|(inner, _)| inner)),
];
