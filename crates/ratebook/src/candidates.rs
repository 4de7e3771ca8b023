//! The entries that may hold for a call: by its names, in its places.

use crate::alike::{alike, only_alike};
use crate::find::{Place, find_at};
use crate::parameters;
use crate::{Call, Context, Deployment, Entry, Family, Kind, Mode, Pattern, Plan, Region, Rule, SizeClass};

impl<'a> Call<'a> {
    /// Returns the model's part of the name. Some vendors prefix the account or the maker, and append the deployment:
    /// `accounts/fireworks/models/deepseek-r1#accounts/acme/deployments/1`.
    #[inline]
    pub(crate) fn own_name(&self) -> &'a str {
        let (model, _) = self.model.split_once('#').unwrap_or((self.model, ""));
        model.rsplit_once('/').map_or(model, |(_, own)| own)
    }

    /// Returns the only model of the provider whose name or alias is alike to the call's.
    #[inline]
    pub(crate) fn model_alike(&self) -> Option<&'static str> {
        let models = self.provider.entries().filter(|entry| entry.kind() == Kind::Model);
        let names = models.flat_map(|entry| {
            core::iter::once(entry.name()).chain(entry.aliases()).map(move |name| (entry.name(), name))
        });
        only_alike(self.model, names)
    }

    /// Returns the families of the model.
    #[inline]
    pub(crate) fn families(&self) -> impl Iterator<Item = &'static Family> {
        let (model, own_name) = (self.model, self.own_name());
        let is_member = move |family: &&Family| {
            let is_listed = || family.members.iter().any(|member| alike(member, model) || alike(member, own_name));
            let has = |patterns: &[Pattern]| {
                patterns.iter().any(|pattern| pattern.matches(model) || pattern.matches(own_name))
            };
            !has(family.exceptions) && (has(family.patterns) || is_listed())
        };
        self.provider.families().iter().filter(is_member)
    }

    #[inline]
    pub(crate) fn size_class(&self) -> Option<(&'static SizeClass, Rule)> {
        let classes = self.provider.size_classes();
        let own_name = self.own_name();
        let is_named = |member: &&str| alike(member, self.model) || alike(member, own_name);
        let member = |class: &&SizeClass| class.members.iter().any(is_named);
        if let Some(class) = classes.iter().find(member) {
            return Some((class, Rule::Member { class: class.name }));
        }
        let parameters = parameters::of_name(own_name)?;
        let class = classes
            .iter()
            .find(|class| class.from <= parameters && class.to.is_none_or(|largest| parameters <= largest))?;
        Some((class, Rule::SizeClass { class: class.name, parameters }))
    }

    /// Returns the call's region, and none. The limits of both apply: the entries of retired models have no region.
    #[inline]
    pub(crate) fn regions(&self) -> [Option<Option<Region>>; 2] {
        [self.region.map(Some), Some(None)]
    }

    /// Returns the call's plan, its enclosing plan, and none. The limits of all three apply.
    #[inline]
    pub(crate) fn plans(&self) -> [Option<Option<Plan>>; 3] {
        let within = self.plan.and_then(|plan| self.provider.parent_plan(plan));
        [self.plan.map(Some), within.map(Some), Some(None)]
    }

    /// Returns the call's deployment, and none. The limits of both apply.
    #[inline]
    pub(crate) fn deployments(&self) -> [Option<Option<Deployment>>; 2] {
        [self.deployment.map(Some), Some(None)]
    }

    /// Returns the modes and contexts whose limits apply, the most specific first. Those after the first with limits do not
    /// apply.
    #[inline]
    pub(crate) fn variants(&self) -> impl Iterator<Item = (Option<Mode>, Option<Context>)> {
        let (mode, context) = (self.mode, self.context);
        let both = (mode.is_some() && context.is_some()).then_some((mode, context));
        let of_mode = mode.map(|mode| (Some(mode), None));
        let of_context = context.map(|context| (None, Some(context)));
        [both, of_mode, of_context, Some((None, None))].into_iter().flatten()
    }

    /// Returns the entries of a kind and name in the call's regions, plans and deployments, in its mode and context if there
    /// are any, and else in the usual ones.
    #[inline]
    pub(crate) fn each_entry(&self, kind: Kind, name: &str) -> impl Iterator<Item = Entry> {
        let (provider, regions, plans, deployments) = (self.provider, self.regions(), self.plans(), self.deployments());
        let of_variant = move |(mode, context)| {
            let places = regions.into_iter().flatten().flat_map(move |region| {
                let deployments = deployments.into_iter().flatten();
                plans.into_iter().flatten().flat_map(move |plan| deployments.clone().map(move |of| (region, plan, of)))
            });
            places.filter_map(move |(region, plan, deployment)| {
                find_at(Place { provider, region, plan, deployment, mode, context }, kind, name)
            })
        };
        self.variants().map(of_variant).find(|entries| entries.clone().next().is_some()).into_iter().flatten()
    }

    /// Returns the size class with the lowest limits in the call's regions and plans. Limits are compared in their order.
    #[inline]
    pub(crate) fn strictest_class(&self) -> Option<&'static SizeClass> {
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
    pub(crate) fn is_named_elsewhere(&self) -> bool {
        self.provider.entries().any(|entry| is_called(entry, self.model))
    }

    #[inline]
    pub(crate) fn has_limits_in_its_region(&self) -> bool {
        self.region.is_none_or(|region| {
            self.provider.lists(region) || self.provider.entries().any(|entry| entry.region() == Some(region))
        })
    }
}

/// Returns whether an entry is of a model with this name or alias.
#[inline]
pub(crate) fn is_called(entry: Entry, model: &str) -> bool {
    entry.kind() == Kind::Model && (entry.name() == model || entry.aliases().any(|alias| alias == model))
}
