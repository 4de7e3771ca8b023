//! The entries that govern a call.

use crate::packed::CatalogRef;
use crate::{Entry, Limit, Region, Rule};

/// The largest number of families of one model that are found.
pub(crate) const MAX_FAMILIES: usize = 4;

/// The largest number of entries that govern a call: in two regions, three plans and two deployments, those of a model, its
/// families, size class, task and endpoint, of the rest and of every call.
const MAX_ENTRIES: usize = 2 * 3 * 2 * (6 + MAX_FAMILIES);

/// The entries that govern a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolution {
    pub(crate) rule: Rule,
    pub(crate) renamed_by: Option<&'static str>,
    pub(crate) lacks_plan: bool,
    region: Option<Region>,
    pub(crate) knows_model: bool,
    entries: Entries,
}

/// A list of entries of one catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entries {
    /// Those from `len` on are unused.
    numbers: [u32; MAX_ENTRIES],
    len: u8,
    catalog: CatalogRef,
}

impl Resolution {
    #[inline]
    pub(crate) const fn new(catalog: CatalogRef, lacks_plan: bool, region: Option<Region>) -> Self {
        let entries = Entries { numbers: [0; MAX_ENTRIES], len: 0, catalog };
        Self { rule: Rule::ProviderDefault, renamed_by: None, lacks_plan, region, knows_model: true, entries }
    }

    #[inline]
    pub(crate) fn push(&mut self, entry: Entry) {
        let Entry(_, number) = entry;
        self.entries.numbers[usize::from(self.entries.len)] = number;
        self.entries.len += 1;
    }

    #[inline]
    pub(crate) const fn is_empty(&self) -> bool {
        self.entries.len == 0
    }

    /// Returns the rule by which the limits were found.
    #[inline]
    pub const fn rule(&self) -> Rule {
        self.rule
    }

    /// Returns the pattern by which the model's name stands for another name, whose limits were found: `us.*` for the names of
    /// models with a prefix that selects a deployment, `…/*` for those with the prefix of a router. Of several, the outermost.
    /// `None` if the limits are those of the name itself.
    #[inline]
    pub const fn renamed_by(&self) -> Option<&'static str> {
        self.renamed_by
    }

    /// Returns whether the call has no plan although the provider has plans. The limits of plans are then missing here.
    #[inline]
    pub const fn lacks_plan(&self) -> bool {
        self.lacks_plan
    }

    /// Returns the region in which the limits were found: the call's, or the one that a [pattern](Self::renamed_by) sets.
    #[inline]
    pub const fn region(&self) -> Option<Region> {
        self.region
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
        let Entries { numbers, len, catalog } = self.entries;
        numbers.into_iter().take(usize::from(len)).map(move |number| Entry(catalog, number))
    }

    /// Returns every limit that governs the call, the most specific first. A limit of each region is not among them if the
    /// call's region has its own.
    #[inline]
    pub fn limits(&self) -> GoverningLimits {
        GoverningLimits { entries: self.entries, entry: 0, limit: 0 }
    }
}

/// An iterator over every limit that governs a call.
#[derive(Clone, Debug)]
pub struct GoverningLimits {
    entries: Entries,
    entry: usize,
    limit: usize,
}

impl GoverningLimits {
    /// Returns whether the region of another entry has a limit of its own instead of one of each region.
    #[inline]
    fn is_replaced(&self, limit: &Limit) -> bool {
        let Entries { numbers, len, catalog } = &self.entries;
        let limits = |number: &u32| {
            let entry = Entry(*catalog, *number);
            (0..entry.limit_count()).filter_map(move |at| entry.limit(at))
        };
        numbers[..usize::from(*len)].iter().flat_map(limits).any(|other| limit.is_replaced_by(&other))
    }
}

impl Iterator for GoverningLimits {
    type Item = Limit;

    #[inline]
    fn next(&mut self) -> Option<Limit> {
        loop {
            let Entries { numbers, len, catalog } = &self.entries;
            let entry = Entry(*catalog, *numbers[..usize::from(*len)].get(self.entry)?);
            if let Some(limit) = entry.limit(self.limit) {
                self.limit += 1;
                if limit.each_region && self.is_replaced(&limit) {
                    continue;
                }
                return Some(limit);
            }
            self.entry += 1;
            self.limit = 0;
        }
    }
}
