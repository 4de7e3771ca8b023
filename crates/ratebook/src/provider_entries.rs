//! The entries of a provider, and the names that they have.

use crate::alike::named;
use crate::packed::CatalogRef;
use crate::{Context, Deployment, Entry, Kind, Mode, Plan, Provider, Region};

impl Provider {
    /// Returns the entries, sorted by region, plan, deployment, mode, context, kind and name.
    #[inline]
    pub const fn entries(self) -> Entries {
        let (next, end) = self.data().entries;
        Entries { catalog: self.catalog_ref(), next, end }
    }

    /// Returns the tasks with limits, without duplicates, sorted by name within a region and plan.
    #[inline]
    pub fn tasks(self) -> impl Iterator<Item = &'static str> {
        let of_tasks = move || self.entries().filter(|entry| entry.kind() == Kind::Task);
        // A task may have entries in several regions and plans, which are not adjacent.
        of_tasks()
            .enumerate()
            .filter(move |(at, entry)| of_tasks().take(*at).all(|before| before.name() != entry.name()))
            .map(|(_, entry)| entry.name())
    }

    /// Returns the names of models on the pages, including aliases, the members of families and the examples of size classes.
    #[inline]
    pub fn model_names(self) -> impl Iterator<Item = &'static str> {
        let models = self.entries().filter(|entry| entry.kind() == Kind::Model);
        let names = models.flat_map(|entry| core::iter::once(entry.name()).chain(entry.aliases()));
        let members = self.families().iter().flat_map(|family| family.members.iter().copied());
        names.chain(members).chain(self.size_classes().iter().flat_map(|class| class.members.iter().copied()))
    }

    /// Returns the regions, sorted by name: those with limits, and those that have the provider's limits for themselves.
    #[inline]
    pub fn regions(self) -> impl Iterator<Item = Region> + Clone {
        let has_limits = move |region| self.entries().any(|entry| entry.region() == Some(region));
        self.catalog_ref().regions().iter().copied().filter(move |region| self.lists(*region) || has_limits(*region))
    }

    /// Returns the deployments with limits, sorted by name.
    #[inline]
    pub fn deployments(self) -> impl Iterator<Item = Deployment> + Clone {
        let has = move |deployment| self.entries().any(|entry| entry.deployment() == Some(deployment));
        self.catalog_ref().deployments().iter().copied().filter(move |deployment| has(*deployment))
    }

    /// Returns the modes with limits, sorted by name.
    #[inline]
    pub fn modes(self) -> impl Iterator<Item = Mode> + Clone {
        let has = move |mode| self.entries().any(|entry| entry.mode() == Some(mode));
        self.catalog_ref().modes().iter().copied().filter(move |mode| has(*mode))
    }

    /// Returns the classes of context lengths with limits, sorted by name.
    #[inline]
    pub fn contexts(self) -> impl Iterator<Item = Context> + Clone {
        let has = move |context| self.entries().any(|entry| entry.context() == Some(context));
        self.catalog_ref().contexts().iter().copied().filter(move |context| has(*context))
    }

    /// Returns the region that people call by a name: its name, or another name of it, without regard to case, spaces and
    /// punctuation. `None` if there is none, or if several are alike.
    ///
    /// ```
    /// use ratebook::{Provider, Region};
    ///
    /// assert_eq!(Provider::Alibaba.region_named("China Mainland"), Some(Region::ChinaMainland));
    /// assert_eq!(Provider::Alibaba.region_named("mars"), None);
    /// ```
    #[inline]
    pub fn region_named(self, name: &str) -> Option<Region> {
        let own = self.regions().map(|region| (region, region.name()));
        let listed = self.data().regions.iter();
        let others = listed.flat_map(|data| data.names.iter().map(|name| (data.region, *name)));
        named(name, own.chain(others))
    }

    /// Returns the plan that people call by a name, without regard to case, spaces and punctuation. `None` if there is none,
    /// or if several are alike.
    ///
    /// ```
    /// use ratebook::{Plan, Provider};
    ///
    /// for name in ["Tier 2", "tier2", "TIER_2", "tier-2"] {
    ///     assert_eq!(Provider::Fireworks.plan_named(name), Some(Plan::Tier2));
    /// }
    /// ```
    #[inline]
    pub fn plan_named(self, name: &str) -> Option<Plan> {
        named(name, self.plans().map(|plan| (plan, plan.name())))
    }

    /// Like [`plan_named`](Self::plan_named), but returns a deployment.
    #[inline]
    pub fn deployment_named(self, name: &str) -> Option<Deployment> {
        named(name, self.deployments().map(|deployment| (deployment, deployment.name())))
    }

    /// Like [`plan_named`](Self::plan_named), but returns a mode.
    #[inline]
    pub fn mode_named(self, name: &str) -> Option<Mode> {
        named(name, self.modes().map(|mode| (mode, mode.name())))
    }

    /// Like [`plan_named`](Self::plan_named), but returns a class of context lengths.
    #[inline]
    pub fn context_named(self, name: &str) -> Option<Context> {
        named(name, self.contexts().map(|context| (context, context.name())))
    }
}

/// An iterator over the entries of a provider, sorted by region, plan, deployment, mode, context, kind and name.
#[derive(Clone, Debug)]
pub struct Entries {
    pub(crate) catalog: CatalogRef,
    pub(crate) next: u32,
    pub(crate) end: u32,
}

impl Iterator for Entries {
    type Item = Entry;

    #[inline]
    fn next(&mut self) -> Option<Entry> {
        let entry = (self.next < self.end).then_some(Entry(self.catalog, self.next))?;
        self.next += 1;
        Some(entry)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = (self.end - self.next) as usize;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Entries {}
