//! What the tables have of a provider, besides its entries.

use crate::pattern::RenamingData;
use crate::{Family, Plan, Policy, ProviderState, Region, VendorPage};

/// The data of a provider in the tables, besides its entries.
pub(crate) struct ProviderData {
    pub(crate) state: ProviderState,
    pub(crate) pages: &'static [VendorPage],
    pub(crate) entries: (u32, u32),
    pub(crate) plans: &'static [PlanData],
    /// Those of `names.tsv`.
    pub(crate) regions: &'static [RegionData],
    pub(crate) size_classes: &'static [SizeClass],
    pub(crate) families: &'static [Family],
    pub(crate) renamings: &'static [RenamingData],
    /// The names of retired and removed entries that others replace, each with the other.
    pub(crate) replacements: &'static [(&'static str, &'static str)],
    pub(crate) policy: Policy,
}

/// The data of a plan in the tables.
pub(crate) struct PlanData {
    pub(crate) plan: Plan,
    pub(crate) within: Option<Plan>,
    pub(crate) qualifies_usd: Option<u64>,
}

/// A region in the tables.
pub(crate) struct RegionData {
    pub(crate) region: Region,
    /// Names besides the region's own.
    pub(crate) names: &'static [&'static str],
}

/// A class of models by their number of parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
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
