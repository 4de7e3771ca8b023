//! Data of a provider as a whole.

use core::fmt;

#[cfg(not(feature = "load"))]
use crate::packed::COMPILED;
use crate::packed::{CatalogRef, same};
use crate::pattern::RenamingData;
use crate::provider_data::{PlanData, ProviderData};
use crate::{
    Context, Date, Deployment, Family, Metric, Mode, OutputWeight, OverLimit, Pattern, Plan, Policy, Provider,
    ProviderState, Quantity, Region, SizeClass, UsageFormat, VendorPage,
};

macro_rules! from_name {
    ($name:ident, $what:literal) => {
        impl $name {
            #[doc = concat!("Returns the ", $what, " of the compiled catalog with a name, or `None` if it has none. Usable in constants.")]
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

/// Defines the number of a word in the tables of a catalog, whose words are the slice `list`.
macro_rules! number_in {
    ($name:ident, $list:ident) => {
        impl $name {
            /// Returns the number in the tables of a catalog, or `None` if the catalog does not have the word.
            #[inline]
            pub(crate) const fn number_in(self, catalog: CatalogRef) -> Option<u8> {
                let Some(tables) = catalog.tables() else { return self.number() };
                let mut at = 0;
                while at < tables.$list.len() {
                    if same(tables.$list[at].name().as_bytes(), self.name().as_bytes()) {
                        return Some(at as u8);
                    }
                    at += 1;
                }
                None
            }
        }
    };
}

number_in!(Region, regions);
number_in!(Plan, plans);
number_in!(Deployment, deployments);
number_in!(Mode, modes);
number_in!(Context, contexts);

impl Provider {
    /// Returns the provider with a number in the tables of a catalog.
    #[cfg(not(feature = "load"))]
    #[inline]
    pub(crate) const fn of(_: CatalogRef, number: u8) -> Self {
        Self::ALL[number as usize]
    }

    /// Returns the catalog of the provider.
    #[cfg(not(feature = "load"))]
    #[inline]
    pub(crate) const fn catalog_ref(self) -> CatalogRef {
        COMPILED
    }

    #[inline]
    pub(crate) const fn data(self) -> &'static ProviderData {
        &self.catalog_ref().providers()[self.number() as usize]
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
    pub(crate) fn replacement(self, name: &str) -> Option<&'static str> {
        self.data().replacements.iter().find(|(former, _)| *former == name).map(|(_, new)| *new)
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
    pub fn plans(self) -> impl Iterator<Item = Plan> + Clone {
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

    /// Returns whether the provider serves a region by its list of regions.
    #[inline]
    pub(crate) fn lists(self, region: Region) -> bool {
        self.data().regions.iter().any(|data| data.region == region)
    }
}

impl UsageFormat {
    /// Returns the format in which a provider's responses report usage.
    #[inline]
    pub const fn of(provider: Provider) -> Self {
        provider.policy().usage_format
    }
}

impl OutputWeight {
    /// Returns whether the weight is that of a model with a name.
    #[inline]
    pub fn is_of(&self, model: &str) -> bool {
        Pattern(self.models).matches(model)
    }
}

impl Policy {
    /// Returns the number of tokens that a token of output counts as against limits on a metric, if one of a model's names is
    /// in [`output_weights`](Self::output_weights). 1 otherwise, and for metrics that do not count input and output together.
    #[inline]
    pub fn output_weight<'a>(&self, metric: Metric, names: impl IntoIterator<Item = &'a str>) -> u16 {
        if !matches!(metric.quantity(), Quantity::Tokens | Quantity::UncachedTokens) {
            return 1;
        }
        let mut names = names.into_iter();
        let of_name =
            |name: &str| self.output_weights.iter().find(|weight| weight.is_of(name)).map(|weight| weight.tokens);
        names.find_map(of_name).unwrap_or(1)
    }

    /// Returns the actions on calls over a limit on a metric, in their order. Empty if the page does not state them.
    #[inline]
    pub fn over(&self, metric: Metric) -> &'static [OverLimit] {
        let actions = |wanted: Option<Metric>| self.over.iter().find(|over| over.metric == wanted);
        actions(Some(metric)).or_else(|| actions(None)).map_or(&[], |over| over.then)
    }
}
