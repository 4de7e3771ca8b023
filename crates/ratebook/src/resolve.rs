//! Resolution of a call to every limit that governs it, with the fallbacks of the provider's page.

use core::fmt;

use crate::find::find_of_kind;
use crate::nearest::Nearest;
use crate::parameters;
use crate::{Entry, Kind, Limit, Plan, Provider, Region, SizeClass};

/// The properties of a call that determine its limits.
///
/// ```
/// use ratebook::{Call, Metric, Plan, Provider};
///
/// // At Fireworks, the limits of the account, the size class and the tier apply at once.
/// let call = Call::new(Provider::Fireworks, "llama-v3p1-70b-instruct").plan(Plan::Tier2);
/// let limits: Vec<_> = call.resolve().unwrap().limits().map(|limit| limit.metric).collect();
/// assert!(limits.contains(&Metric::Requests) && limits.contains(&Metric::Tokens) && limits.contains(&Metric::SpendUsd));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Call<'a> {
    provider: Provider,
    region: Option<Region>,
    plan: Option<Plan>,
    model: &'a str,
    task: Option<&'a str>,
}

/// The rule by which the limits of a call were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// The model's name is in the catalog.
    Exact,
    /// The name is an alias of a model in the catalog.
    Alias {
        /// The model's name in the catalog.
        of: &'static str,
    },
    /// The page lists the model as an example of a size class.
    Member {
        /// The size class.
        class: &'static str,
    },
    /// The number of parameters in the name is in a size class.
    SizeClass {
        /// The size class.
        class: &'static str,
        /// The number of parameters in the name.
        parameters: u64,
    },
    /// The model has no limits of its own, and the default of its task applies.
    TaskDefault {
        /// The task.
        task: &'static str,
    },
    /// The size of the model is unknown, and the provider's limits differ by size: those of the strictest size class.
    UnknownSize {
        /// The size class.
        class: &'static str,
    },
    /// Only the limits of every call of the account were found.
    ProviderDefault,
}

impl Rule {
    /// Returns whether the rule is a default for unknown models: the limits of every call, or of models of unknown size. The
    /// name may be misspelled.
    #[inline]
    pub const fn is_default(self) -> bool {
        match self {
            Self::UnknownSize { .. } | Self::ProviderDefault => true,
            Self::Exact
            | Self::Alias { .. }
            | Self::Member { .. }
            | Self::SizeClass { .. }
            | Self::TaskDefault { .. } => false,
        }
    }
}

impl fmt::Display for Rule {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact => f.write_str("exact name"),
            Self::Alias { of } => write!(f, "alias of {of}"),
            Self::Member { class } => write!(f, "example of size class {class}"),
            Self::SizeClass { class, parameters } => {
                write!(f, "size class {class} by {parameters} parameters in the name")
            }
            Self::TaskDefault { task } => write!(f, "default of task {task}"),
            Self::UnknownSize { class } => write!(f, "strictest size class {class}, since the name states no size"),
            Self::ProviderDefault => f.write_str("default of the provider"),
        }
    }
}

/// The part of a call that is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownKind {
    /// The region is missing although limits differ by region, or the provider does not have it.
    Region,
    /// The plan is missing although limits differ by plan, or the provider does not have it, or it has no limits.
    Plan,
    /// No rule maps the model's name to limits.
    Model,
    /// The provider does not have the task; or the task is missing, and the model has no limits of its own.
    Task,
}

/// The error of a call that has no limits in the catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unknown {
    provider: Provider,
    what: UnknownKind,
    nearest: Nearest<'static>,
}

impl Unknown {
    /// Returns the part of the call that is unknown.
    #[inline]
    pub const fn what(&self) -> UnknownKind {
        self.what
    }

    /// Returns up to three known names that are nearest, best first.
    #[inline]
    pub fn nearest(&self) -> impl Iterator<Item = &'static str> {
        self.nearest.names()
    }
}

impl fmt::Display for Unknown {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.what {
            UnknownKind::Region => "expected a region of the provider, whose limits differ by region",
            UnknownKind::Plan => "expected a plan of the provider with limits, which differ by plan",
            UnknownKind::Model => "no rule maps this model's name to limits",
            UnknownKind::Task => "expected a task of the provider: the model has no limits of its own",
        })?;
        for (at, name) in self.nearest().enumerate() {
            write!(f, "{}{name}", if at == 0 { "; the nearest names are " } else { ", " })?;
        }
        if self.what == UnknownKind::Task && self.nearest().next().is_none() {
            for (at, name) in self.provider.tasks().enumerate() {
                write!(f, "{}{name}", if at == 0 { "; the tasks are " } else { ", " })?;
            }
        }
        Ok(())
    }
}

impl core::error::Error for Unknown {}

impl<'a> Call<'a> {
    /// Returns a call of a model, without region, plan and task.
    #[inline]
    pub const fn new(provider: Provider, model: &'a str) -> Self {
        Self { provider, region: None, plan: None, model, task: None }
    }

    /// Sets the region of the account's endpoint. Default: none.
    #[must_use]
    #[inline]
    pub const fn region(self, region: Region) -> Self {
        Self { region: Some(region), ..self }
    }

    /// Sets the account's plan or tier. Default: none.
    #[must_use]
    #[inline]
    pub const fn plan(self, plan: Plan) -> Self {
        Self { plan: Some(plan), ..self }
    }

    /// Sets the task of the call, by its name in the catalog: `text-generation`. Default: none.
    #[must_use]
    #[inline]
    pub const fn task(self, task: &'a str) -> Self {
        Self { task: Some(task), ..self }
    }

    /// Returns every limit that governs the call. The rule is the first of these that finds limits: exact name, alias, size
    /// class with the model as an example, size class by the number of parameters in the name, default of the task, limits
    /// of every call. The limits of the plan that encloses the call's plan also apply, and those without plan or region.
    ///
    /// The number of parameters is read from the last part of the model's name, after the account or the maker:
    /// `accounts/acme-7b/models/x` states none. If only the limits of every call are found, and the provider has limits by
    /// size, the model is assigned to the strictest size class. The model is of some class, and every class allows at least
    /// as much. [`Rule::is_default`] is then true.
    ///
    /// A call without plan gets the limits without plan. [`Resolution::lacks_plan`] is then true if the provider has plans.
    /// Limits of resources (GPUs, LoRAs) govern no call.
    ///
    /// # Errors
    /// Returns an error if no limit is found, with the unknown part of the call and the nearest names.
    #[inline]
    pub fn resolve(&self) -> Result<Resolution, Unknown> {
        if self.plan.is_some_and(|plan| self.provider.plans().all(|known| known != plan)) {
            return Err(self.unknown(UnknownKind::Plan));
        }
        let lacks_plan = self.plan.is_none() && self.provider.plans().next().is_some();
        let mut found =
            Resolution { rule: Rule::ProviderDefault, lacks_plan, knows_model: true, entries: [None; MAX_ENTRIES] };
        let (regions, plans) = (self.regions(), self.plans());
        let each = |kind: Kind, name: &str, found: &mut Resolution| {
            let mut first = None;
            for region in regions.iter().flatten() {
                for plan in plans.iter().flatten() {
                    let here = find_of_kind(self.provider, *region, *plan, kind, name);
                    if let Some(entry) = here {
                        found.push(entry);
                        first = first.or(here);
                    }
                }
            }
            first
        };
        let mut rule = None;
        let own = each(Kind::Model, self.model, &mut found);
        if let Some(own) = own {
            rule = Some(if own.name() == self.model { Rule::Exact } else { Rule::Alias { of: own.name() } });
        }
        let class = self.size_class();
        if let Some((class, by)) = class
            && each(Kind::Size, class.name, &mut found).is_some()
        {
            rule = rule.or(Some(by));
        }
        let is_default = self.provider.policy().task_default;
        if let Some(task) = self.task
            && !(is_default && own.is_some())
        {
            match each(Kind::Task, task, &mut found) {
                Some(entry) if is_default => rule = rule.or(Some(Rule::TaskDefault { task: entry.name() })),
                Some(_) => {}
                None if self.provider.entries().any(|entry| entry.kind() == Kind::Task) => {
                    return Err(self.unknown(UnknownKind::Task));
                }
                // If no limit depends on tasks, any task is valid.
                None => {}
            }
        }
        if rule.is_none() {
            found.knows_model = class.is_some() || self.is_named_elsewhere();
            if !found.knows_model
                && self.each_entry(Kind::Any, "*").next().is_some()
                && let Some(class) = self.strictest_class()
            {
                each(Kind::Size, class.name, &mut found);
                rule = Some(Rule::UnknownSize { class: class.name });
            }
        }
        each(Kind::Any, "*", &mut found);
        match rule {
            Some(rule) => Ok(Resolution { rule, ..found }),
            None if found.entries[0].is_some() && self.has_limits_in_its_region() => Ok(found),
            None => Err(self.why_unknown()),
        }
    }

    /// Returns the call's region, and none. The limits of both apply: the entries of retired models have no region.
    #[inline]
    fn regions(&self) -> [Option<Option<Region>>; 2] {
        [self.region.map(Some), Some(None)]
    }

    /// Returns the call's plan, its enclosing plan, and none. The limits of all three apply.
    #[inline]
    fn plans(&self) -> [Option<Option<Plan>>; 3] {
        let within = self.plan.and_then(|plan| self.provider.parent_plan(plan));
        [self.plan.map(Some), within.map(Some), Some(None)]
    }

    #[inline]
    fn size_class(&self) -> Option<(&'static SizeClass, Rule)> {
        let classes = self.provider.size_classes();
        let own_name = self.own_name();
        let is_named = |member: &&str| alike(member, self.model) || alike(member, own_name);
        let member = |class: &&SizeClass| class.members.iter().any(is_named);
        if let Some(class) = classes.iter().find(member) {
            return Some((class, Rule::Member { class: class.name }));
        }
        let parameters = parameters::of_name(own_name)?;
        let class = classes.iter().find(|class| (class.from..=class.to).contains(&parameters))?;
        Some((class, Rule::SizeClass { class: class.name, parameters }))
    }

    /// Returns the model's part of the name. Some vendors prefix the account or the maker, and append the deployment:
    /// `accounts/fireworks/models/deepseek-r1#accounts/acme/deployments/1`.
    #[inline]
    fn own_name(&self) -> &'a str {
        let (model, _) = self.model.split_once('#').unwrap_or((self.model, ""));
        model.rsplit_once('/').map_or(model, |(_, own)| own)
    }

    /// Returns the entries of a kind and name in the call's regions and plans.
    #[inline]
    fn each_entry(&self, kind: Kind, name: &str) -> impl Iterator<Item = Entry> {
        let (regions, plans) = (self.regions(), self.plans());
        let places = regions
            .into_iter()
            .flatten()
            .flat_map(move |region| plans.into_iter().flatten().map(move |plan| (region, plan)));
        places.filter_map(move |(region, plan)| find_of_kind(self.provider, region, plan, kind, name))
    }

    /// Returns the size class with the lowest limits in the call's regions and plans. Limits are compared in their order.
    #[inline]
    fn strictest_class(&self) -> Option<&'static SizeClass> {
        let lower = |one: Entry, other: Entry| {
            let amounts = |entry: Entry| {
                let limits = (0..entry.limit_count()).filter_map(move |at| entry.limit(at));
                limits.map(|limit| (limit.metric, limit.per, limit.amount.count().unwrap_or(u64::MAX)))
            };
            let pairs = amounts(one).flat_map(|(metric, per, amount)| {
                let same = amounts(other).find(|limit| (limit.0, limit.1) == (metric, per));
                same.map(|(_, _, of_other)| amount.cmp(&of_other))
            });
            pairs.into_iter().find(|order| order.is_ne()).is_some_and(core::cmp::Ordering::is_lt)
        };
        let classes = self.provider.size_classes().iter();
        let with_limits = classes.filter_map(|class| Some((class, self.each_entry(Kind::Size, class.name).next()?)));
        let strictest = with_limits.reduce(|best, next| if lower(next.1, best.1) { next } else { best });
        strictest.map(|(class, _)| class)
    }

    /// Returns whether the catalog has the model in any region or plan.
    #[inline]
    fn is_named_elsewhere(&self) -> bool {
        let models = self.provider.entries().filter(|entry| entry.kind() == Kind::Model);
        let mut names = models.flat_map(|entry| core::iter::once(entry.name()).chain(entry.aliases()));
        names.any(|name| name == self.model)
    }

    #[inline]
    fn has_limits_in_its_region(&self) -> bool {
        self.region.is_none() || self.provider.entries().any(|entry| entry.region() == self.region)
    }

    #[inline]
    fn why_unknown(&self) -> Unknown {
        let entries = || self.provider.entries();
        let plans = self.plans();
        let in_plan = |entry: Entry| self.holds_here(entry) && plans.contains(&Some(entry.plan()));
        let region_is_missing = self.region.is_none() && entries().any(|entry| entry.region().is_some());
        self.unknown(if region_is_missing || !self.has_limits_in_its_region() {
            UnknownKind::Region
        } else if !entries().any(in_plan) {
            UnknownKind::Plan
        } else if self.task.is_none() && self.provider.policy().task_default {
            UnknownKind::Task
        } else {
            UnknownKind::Model
        })
    }

    #[inline]
    fn holds_here(&self, entry: Entry) -> bool {
        self.regions().contains(&Some(entry.region()))
    }

    #[inline]
    fn unknown(&self, what: UnknownKind) -> Unknown {
        let mut nearest = Nearest::new();
        match what {
            UnknownKind::Region => {
                for region in self.provider.regions() {
                    let has_model =
                        find_of_kind(self.provider, Some(region), self.plan, Kind::Model, self.model).is_some();
                    if has_model || self.provider.entries().all(|entry| entry.name() != self.model) {
                        // A missing name has no similar regions, so each region is offered as its own match.
                        nearest.offer(region.name(), region.name());
                    }
                }
            }
            UnknownKind::Plan => self.provider.plans().for_each(|plan| nearest.offer(plan.name(), plan.name())),
            UnknownKind::Model | UnknownKind::Task => {
                let kind = if what == UnknownKind::Task { Kind::Task } else { Kind::Model };
                let name = if what == UnknownKind::Task { self.task.unwrap_or_default() } else { self.model };
                let entries = self.provider.entries().filter(|entry| entry.kind() == kind);
                for entry in entries.filter(|entry| self.holds_here(*entry)) {
                    nearest.offer(name, entry.name());
                }
            }
        }
        Unknown { provider: self.provider, what, nearest }
    }
}

/// Returns whether two names have the same letters and digits, without regard to case: `Qwen 3 Coder Next` and
/// `qwen3-coder-next`.
#[inline]
fn alike(a: &str, b: &str) -> bool {
    Letters(a.bytes()).eq(Letters(b.bytes()))
}

struct Letters<'a>(core::str::Bytes<'a>);

impl Iterator for Letters<'_> {
    type Item = u8;

    #[inline]
    fn next(&mut self) -> Option<u8> {
        self.0.find(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase())
    }
}

/// The largest number of entries that govern a call: four kinds, in two regions and three plans.
const MAX_ENTRIES: usize = 24;

/// The entries that govern a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolution {
    rule: Rule,
    lacks_plan: bool,
    knows_model: bool,
    entries: [Option<Entry>; MAX_ENTRIES],
}

impl Resolution {
    #[inline]
    fn push(&mut self, entry: Entry) {
        if let Some(free) = self.entries.iter_mut().find(|place| place.is_none()) {
            *free = Some(entry);
        }
    }

    /// Returns the rule by which the limits were found.
    #[inline]
    pub const fn rule(&self) -> Rule {
        self.rule
    }

    /// Returns whether the call has no plan although the provider has plans. The limits of plans are then missing here.
    #[inline]
    pub const fn lacks_plan(&self) -> bool {
        self.lacks_plan
    }

    /// Returns whether the catalog knows the model. `false` if only a [default](Rule::is_default) was found, no other region
    /// or plan has the model, and its name is in no size class.
    #[inline]
    pub const fn knows_model(&self) -> bool {
        self.knows_model
    }

    /// Returns the entries that govern the call, the most specific first.
    #[inline]
    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        let entries = self.entries;
        entries.into_iter().flatten()
    }

    /// Returns every limit that governs the call, the most specific first.
    #[inline]
    pub fn limits(&self) -> GoverningLimits {
        GoverningLimits { entries: self.entries, entry: 0, limit: 0 }
    }
}

/// An iterator over every limit that governs a call.
#[derive(Clone, Debug)]
pub struct GoverningLimits {
    entries: [Option<Entry>; MAX_ENTRIES],
    entry: usize,
    limit: usize,
}

impl Iterator for GoverningLimits {
    type Item = Limit;

    #[inline]
    fn next(&mut self) -> Option<Limit> {
        loop {
            let entry = (*self.entries.get(self.entry)?)?;
            if let Some(limit) = entry.limit(self.limit) {
                self.limit += 1;
                return Some(limit);
            }
            self.entry += 1;
            self.limit = 0;
        }
    }
}
