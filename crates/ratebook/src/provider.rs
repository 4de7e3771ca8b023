//! What is known of a provider as a whole.

use core::fmt;

use crate::entry::Entries;
use crate::packed::same;
use crate::{Date, Metric, OverLimit, PROVIDERS, Plan, Policy, Provider, Region};

/// What the tables hold of a provider besides its entries.
pub(crate) struct ProviderData {
    pub(crate) url: Option<&'static str>,
    pub(crate) page_date: Option<Date>,
    pub(crate) read_on: Option<Date>,
    pub(crate) checked_on: Option<Date>,
    pub(crate) withdrawn_on: Option<Date>,
    pub(crate) entries: (u32, u32),
    pub(crate) plans: &'static [PlanData],
    pub(crate) size_classes: &'static [SizeClass],
    pub(crate) policy: Policy,
}

/// What the tables hold of a provider's plan.
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
    /// Smallest number of parameters in the class.
    pub from: u64,
    /// Largest number of parameters in the class; `u64::MAX` where it has no upper bound.
    pub to: u64,
    /// Models that the page names as of this class, as it spells them.
    pub members: &'static [&'static str],
}

macro_rules! from_name {
    ($name:ident, $what:literal) => {
        impl $name {
            #[doc = concat!("The ", $what, " of that name, or `None`; also in constants.")]
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

impl Provider {
    #[inline]
    const fn data(self) -> &'static ProviderData {
        &PROVIDERS[self as usize]
    }

    /// Where the page of limits is published.
    #[inline]
    pub const fn url(self) -> Option<&'static str> {
        self.data().url
    }

    /// The date that the page gives itself.
    #[inline]
    pub const fn page_date(self) -> Option<Date> {
        self.data().page_date
    }

    /// The day on which the page was read as it stands in the catalog.
    #[inline]
    pub const fn read_on(self) -> Option<Date> {
        self.data().read_on
    }

    /// The day on which the page was last checked, changed or not.
    #[inline]
    pub const fn checked_on(self) -> Option<Date> {
        self.data().checked_on
    }

    /// The day from which the page no longer stated limits: every limit of the provider is its last reading.
    #[inline]
    pub const fn withdrawn_on(self) -> Option<Date> {
        self.data().withdrawn_on
    }

    /// How the provider enforces its limits.
    #[inline]
    pub const fn policy(self) -> &'static Policy {
        &self.data().policy
    }

    /// The provider's size classes, by size.
    #[inline]
    pub const fn size_classes(self) -> &'static [SizeClass] {
        self.data().size_classes
    }

    /// The provider's plans, in the page's order.
    #[inline]
    pub fn plans(self) -> impl Iterator<Item = Plan> {
        self.data().plans.iter().map(|data| data.plan)
    }

    /// The plan whose limits hold beside those of a plan: every `tier-2` account is a `self-serve` account.
    #[inline]
    pub fn plan_within(self, plan: Plan) -> Option<Plan> {
        self.plan_data(plan)?.within
    }

    /// What qualifies an account for a plan, in whole US dollars paid or credited before.
    #[inline]
    pub fn plan_qualifies_usd(self, plan: Plan) -> Option<u64> {
        self.plan_data(plan)?.qualifies_usd
    }

    #[inline]
    fn plan_data(self, plan: Plan) -> Option<&'static PlanData> {
        self.data().plans.iter().find(|data| data.plan == plan)
    }

    /// Every entry of the provider, in the order of region, plan, kind and name.
    #[inline]
    pub const fn entries(self) -> Entries {
        let (next, end) = self.data().entries;
        Entries { next, end }
    }

    /// The tasks that the provider has limits for, each once, in the order of their names.
    #[inline]
    pub fn tasks(self) -> impl Iterator<Item = &'static str> {
        let of_tasks = move || self.entries().filter(|entry| entry.kind() == crate::Kind::Task);
        // One task may have limits in several regions and plans, whose entries stand apart.
        of_tasks()
            .enumerate()
            .filter(move |(at, entry)| of_tasks().take(*at).all(|before| before.name() != entry.name()))
            .map(|(_, entry)| entry.name())
    }

    /// The names that the page has models by, aliases and the examples of size classes among them.
    #[inline]
    pub fn model_names(self) -> impl Iterator<Item = &'static str> {
        let models = self.entries().filter(|entry| entry.kind() == crate::Kind::Model);
        let names = models.flat_map(|entry| core::iter::once(entry.name()).chain(entry.aliases()));
        names.chain(self.size_classes().iter().flat_map(|class| class.members.iter().copied()))
    }

    /// The regions that the provider has limits for, in the order of their names.
    #[inline]
    pub fn regions(self) -> impl Iterator<Item = Region> {
        Region::ALL.iter().copied().filter(move |region| self.entries().any(|entry| entry.region() == Some(*region)))
    }
}

impl Policy {
    /// What is done with calls over a limit on a metric, first to last; empty where the page does not say.
    #[inline]
    pub fn over(&self, metric: Metric) -> &'static [OverLimit] {
        let of = |wanted: Option<Metric>| self.over.iter().find(|over| over.metric == wanted);
        of(Some(metric)).or_else(|| of(None)).map_or(&[], |over| over.then)
    }
}
