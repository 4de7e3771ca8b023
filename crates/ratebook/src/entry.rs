//! Entries of the catalog.

use core::fmt;

use crate::layout::{AliasRecord, EntryRecord, Variant, unpack_optional};
use crate::packed::{COMPILED, CatalogRef, unpacked_date};
use crate::{Context, Date, Deployment, Kind, Mode, Plan, Provider, Region};

/// One selector in one region, plan, deployment, mode and context, with all its limits. A handle of four bytes into the
/// tables.
///
/// With the feature `load`, the handle also refers to its catalog, and has sixteen bytes. Entries of two catalogs are never
/// equal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Entry(pub(crate) CatalogRef, pub(crate) u32);

/// The status of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Calls are served within the limits.
    Live,
    /// The model is refused from this day on.
    Retired(Date),
    /// The provider's pages no longer state the entry since this day. It has no limits, and only its constant refers to it:
    /// for a year, as deprecated. The vendor may serve the model nevertheless.
    Removed(Date),
}

impl Entry {
    /// Returns an entry of the compiled catalog.
    #[inline]
    pub(crate) const fn compiled(number: u32) -> Self {
        Self(COMPILED, number)
    }

    #[inline]
    pub(crate) const fn record(self) -> &'static [u8; EntryRecord::WIDTH] {
        &self.0.entries()[self.1 as usize]
    }

    /// Returns the model, task, size class, resource, family or endpoint. `*` for every call, and for every model without an
    /// entry of its own.
    #[inline]
    pub const fn name(self) -> &'static str {
        let record = self.record();
        self.0.text(EntryRecord::name(record), EntryRecord::name_len(record))
    }

    /// Returns the kind of selector.
    #[inline]
    pub const fn kind(self) -> Kind {
        Kind::ALL[EntryRecord::kind(self.record()) as usize]
    }

    /// Returns the provider.
    #[inline]
    pub const fn provider(self) -> Provider {
        Provider::of(self.0, EntryRecord::provider(self.record()))
    }

    /// Returns the region, if the entry has one.
    #[inline]
    pub const fn region(self) -> Option<Region> {
        match unpack_optional(EntryRecord::region(self.record())) {
            Some(number) => Some(self.0.regions()[number as usize]),
            None => None,
        }
    }

    /// Returns the plan, if the entry has one.
    #[inline]
    pub const fn plan(self) -> Option<Plan> {
        match unpack_optional(EntryRecord::plan(self.record())) {
            Some(number) => Some(self.0.plans()[number as usize]),
            None => None,
        }
    }

    #[inline]
    const fn variant(self) -> Variant {
        Variant::unpack(EntryRecord::variant(self.record()))
    }

    /// Returns how the capacity is bought or invoked, if limits differ by it.
    #[inline]
    pub const fn deployment(self) -> Option<Deployment> {
        match self.variant().deployment {
            Some(number) => Some(self.0.deployments()[number as usize]),
            None => None,
        }
    }

    /// Returns the mode of processing, such as batch, if the entry is for one. Entries for the usual mode have none.
    #[inline]
    pub const fn mode(self) -> Option<Mode> {
        match self.variant().mode {
            Some(number) => Some(self.0.modes()[number as usize]),
            None => None,
        }
    }

    /// Returns the class of context lengths, if the entry is for one.
    #[inline]
    pub const fn context(self) -> Option<Context> {
        match self.variant().context {
            Some(number) => Some(self.0.contexts()[number as usize]),
            None => None,
        }
    }

    /// Returns whether calls are served.
    #[inline]
    pub const fn status(self) -> Status {
        match unpacked_date(EntryRecord::retired_on(self.record())) {
            Some(date) if self.limit_count() == 0 => Status::Removed(date),
            Some(date) => Status::Retired(date),
            None => Status::Live,
        }
    }

    /// Returns the name that replaces the name of a retired or removed entry, if it is known.
    #[inline]
    pub fn replaced_by(self) -> Option<&'static str> {
        match self.status() {
            Status::Live => None,
            Status::Retired(_) | Status::Removed(_) => self.provider().replacement(self.name()),
        }
    }

    /// Returns the aliases of the model.
    #[inline]
    pub fn aliases(self) -> Aliases {
        let record = self.record();
        let start = EntryRecord::first_alias(record) as usize;
        let end = start + usize::from(EntryRecord::alias_count(record));
        Aliases { catalog: self.0, records: self.0.aliases()[start..end].iter() }
    }

    /// Returns the number of limits: 0 for a [removed](Status::Removed) entry, at least 1 for all others.
    #[inline]
    pub const fn limit_count(self) -> usize {
        EntryRecord::limit_count(self.record()) as usize
    }
}

impl fmt::Debug for Entry {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Entry");
        debug.field("provider", &self.provider()).field("region", &self.region()).field("plan", &self.plan());
        if let Some(deployment) = self.deployment() {
            debug.field("deployment", &deployment);
        }
        if let Some(mode) = self.mode() {
            debug.field("mode", &mode);
        }
        if let Some(context) = self.context() {
            debug.field("context", &context);
        }
        debug.field("kind", &self.kind()).field("name", &self.name()).finish()
    }
}

/// An iterator over the aliases of a model.
#[derive(Clone, Debug)]
pub struct Aliases {
    catalog: CatalogRef,
    records: core::slice::Iter<'static, [u8; AliasRecord::WIDTH]>,
}

impl Iterator for Aliases {
    type Item = &'static str;

    #[inline]
    fn next(&mut self) -> Option<&'static str> {
        let record = self.records.next()?;
        Some(self.catalog.text(AliasRecord::name(record), AliasRecord::name_len(record)))
    }
}
