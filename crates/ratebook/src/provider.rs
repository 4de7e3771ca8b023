//! Data of a provider as a whole.

use core::fmt;

use crate::entry::Entries;
use crate::packed::same;
use crate::pattern::RenamingData;
use crate::{
    Context, Date, Deployment, Family, Metric, Mode, OverLimit, PROVIDERS, Plan, Policy, Provider, ProviderState,
    Region, UsageFormat, VendorPage,
};

/// The data of a provider in the tables, besides its entries.
pub(crate) struct ProviderData {
    pub(crate) state: ProviderState,
    pub(crate) pages: &'static [VendorPage],
    pub(crate) entries: (u32, u32),
    pub(crate) plans: &'static [PlanData],
    pub(crate) size_classes: &'static [SizeClass],
    pub(crate) families: &'static [Family],
    pub(crate) renamings: &'static [RenamingData],
    pub(crate) policy: Policy,
}

/// The data of a plan in the tables.
pub(crate) struct PlanData {
    pub(crate) plan: Plan,
    pub(crate) within: Option<Plan>,
    pub(crate) qualifies_usd: Option<u64>,
}

/// A class of models by their number of parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SizeClass {
    /// The class's name, such as `small`.
    pub name: &'static str,
    /// The smallest number of parameters.
    pub from: u64,
    /// The largest number of parameters. `None` if the class has no upper bound.
    pub to: Option<u64>,
    /// The models that the page lists as examples, in its spelling.
    pub members: &'static [&'static str],
}

macro_rules! from_name {
    ($name:ident, $what:literal) => {
        impl $name {
            #[doc = concat!("Returns the ", $what, " with a name, or `None` if it is unknown. Usable in constants.")]
            #[inline]
            pub const fn from_name(name: &str) -> Option<Self> {
                let mut at = 0;
                while at < Self::ALL.len() {
                    if same(Self::ALL[at].name().as_bytes(), name.as_bytes()) {
                        return Some(Self::ALL[at]);
                    }
                    at += 1;
                }
                None
            }
        }

        impl fmt::Display for $name {
            #[inline]
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }
    };
}

from_name!(Provider, "provider");
from_name!(Region, "region");
from_name!(Plan, "plan");
from_name!(Deployment, "deployment");
from_name!(Mode, "mode");
from_name!(Context, "class of context lengths");

impl Provider {
    #[inline]
    const fn data(self) -> &'static ProviderData {
        &PROVIDERS[self.number() as usize]
    }

    /// Returns whether the provider's pages state limits, and why not.
    #[inline]
    pub const fn state(self) -> ProviderState {
        self.data().state
    }

    /// Returns the pages that state limits, the main one first.
    #[inline]
    pub const fn pages(self) -> &'static [VendorPage] {
        self.data().pages
    }

    #[inline]
    pub(crate) const fn main_page(self) -> Option<&'static VendorPage> {
        self.pages().first()
    }

    /// Returns the URL of the main page.
    #[inline]
    pub const fn url(self) -> Option<&'static str> {
        match self.main_page() {
            Some(page) => page.url,
            None => None,
        }
    }

    /// Returns the date on the main page.
    #[inline]
    pub const fn page_date(self) -> Option<Date> {
        match self.main_page() {
            Some(page) => page.date,
            None => None,
        }
    }

    /// Returns the day on which the main page was last read with a change.
    #[inline]
    pub const fn read_on(self) -> Option<Date> {
        match self.main_page() {
            Some(page) => page.read_on,
            None => None,
        }
    }

    /// Returns the day on which the main page was last fetched, changed or not.
    #[inline]
    pub const fn checked_on(self) -> Option<Date> {
        match self.main_page() {
            Some(page) => page.checked_on,
            None => None,
        }
    }

    /// Returns the day from which the main page no longer states limits. Its limits are then the last reading.
    #[inline]
    pub const fn withdrawn_on(self) -> Option<Date> {
        match self.main_page() {
            Some(page) => page.withdrawn_on,
            None => None,
        }
    }

    /// Returns how the provider enforces its limits.
    #[inline]
    pub const fn policy(self) -> &'static Policy {
        &self.data().policy
    }

    /// Returns the size classes, by size.
    #[inline]
    pub const fn size_classes(self) -> &'static [SizeClass] {
        self.data().size_classes
    }

    /// Returns the families of models, sorted by name.
    #[inline]
    pub const fn families(self) -> &'static [Family] {
        self.data().families
    }

    #[inline]
    pub(crate) const fn renamings(self) -> &'static [RenamingData] {
        self.data().renamings
    }

    /// Returns the plans, in the order of the page.
    #[inline]
    pub fn plans(self) -> impl Iterator<Item = Plan> {
        self.data().plans.iter().map(|data| data.plan)
    }

    /// Returns the plan whose limits also apply to a plan: every `tier-2` account is a `self-serve` account.
    #[inline]
    pub fn parent_plan(self, plan: Plan) -> Option<Plan> {
        self.plan_data(plan)?.within
    }

    /// Returns the minimum that an account of a plan must have paid or been credited, in whole US dollars.
    #[inline]
    pub fn plan_min_spend_usd(self, plan: Plan) -> Option<u64> {
        self.plan_data(plan)?.qualifies_usd
    }

    #[inline]
    fn plan_data(self, plan: Plan) -> Option<&'static PlanData> {
        self.data().plans.iter().find(|data| data.plan == plan)
    }

    /// Returns the entries, sorted by region, plan, deployment, mode, context, kind and name.
    #[inline]
    pub const fn entries(self) -> Entries {
        let (next, end) = self.data().entries;
        Entries { next, end }
    }

    /// Returns the tasks with limits, without duplicates, sorted by name within a region and plan.
    #[inline]
    pub fn tasks(self) -> impl Iterator<Item = &'static str> {
        let of_tasks = move || self.entries().filter(|entry| entry.kind() == crate::Kind::Task);
        // A task may have entries in several regions and plans, which are not adjacent.
        of_tasks()
            .enumerate()
            .filter(move |(at, entry)| of_tasks().take(*at).all(|before| before.name() != entry.name()))
            .map(|(_, entry)| entry.name())
    }

    /// Returns the names of models on the pages, including aliases, the members of families and the examples of size classes.
    #[inline]
    pub fn model_names(self) -> impl Iterator<Item = &'static str> {
        let models = self.entries().filter(|entry| entry.kind() == crate::Kind::Model);
        let names = models.flat_map(|entry| core::iter::once(entry.name()).chain(entry.aliases()));
        let members = self.families().iter().flat_map(|family| family.members.iter().copied());
        names.chain(members).chain(self.size_classes().iter().flat_map(|class| class.members.iter().copied()))
    }

    /// Returns the regions with limits, sorted by name.
    #[inline]
    pub fn regions(self) -> impl Iterator<Item = Region> {
        Region::ALL.iter().copied().filter(move |region| self.entries().any(|entry| entry.region() == Some(*region)))
    }

    /// Returns the deployments with limits, sorted by name.
    #[inline]
    pub fn deployments(self) -> impl Iterator<Item = Deployment> {
        let has = move |deployment| self.entries().any(|entry| entry.deployment() == Some(deployment));
        Deployment::ALL.iter().copied().filter(move |deployment| has(*deployment))
    }

    /// Returns the modes with limits, sorted by name.
    #[inline]
    pub fn modes(self) -> impl Iterator<Item = Mode> {
        Mode::ALL.iter().copied().filter(move |mode| self.entries().any(|entry| entry.mode() == Some(*mode)))
    }

    /// Returns the classes of context lengths with limits, sorted by name.
    #[inline]
    pub fn contexts(self) -> impl Iterator<Item = Context> {
        let has = move |context| self.entries().any(|entry| entry.context() == Some(context));
        Context::ALL.iter().copied().filter(move |context| has(*context))
    }
}

impl UsageFormat {
    /// Returns the format in which a provider's responses report usage.
    #[inline]
    pub const fn of(provider: Provider) -> Self {
        provider.policy().usage_format
    }
}

impl Policy {
    /// Returns the actions on calls over a limit on a metric, in their order. Empty if the page does not state them.
    #[inline]
    pub fn over(&self, metric: Metric) -> &'static [OverLimit] {
        let of = |wanted: Option<Metric>| self.over.iter().find(|over| over.metric == wanted);
        of(Some(metric)).or_else(|| of(None)).map_or(&[], |over| over.then)
    }
}
