//! Access to the packed tables.

use crate::layout::{AliasRecord, EntryRecord, LimitRecord, RampRecord, RangeRecord, RareRecord, unpack_date};
use crate::provider_data::ProviderData;
use crate::{
    ALIASES, Context, Date, Deployment, ENTRIES, LIMITS, Mode, NAMES, PILOTS, PROVIDERS, Plan, RAMPS, RANGES, RARES,
    Region, SEED, SLOTS,
};

/// A value aligned to a cache line of 64 bytes.
#[repr(align(64))]
pub(crate) struct Aligned<T>(pub(crate) T);

/// The tables of a catalog that was loaded at run time. Those of the compiled catalog are statics.
#[cfg_attr(not(feature = "load"), allow(dead_code, reason = "only a loaded catalog has a value of it"))]
pub(crate) struct Tables {
    pub(crate) version: &'static str,
    pub(crate) names: &'static str,
    pub(crate) entries: &'static [[u8; EntryRecord::WIDTH]],
    pub(crate) aliases: &'static [[u8; AliasRecord::WIDTH]],
    pub(crate) limits: &'static [[u8; LimitRecord::WIDTH]],
    pub(crate) rares: &'static [[u8; RareRecord::WIDTH]],
    pub(crate) ramps: &'static [[u8; RampRecord::WIDTH]],
    pub(crate) ranges: &'static [[u8; RangeRecord::WIDTH]],
    pub(crate) pilots: &'static [[u8; 2]],
    pub(crate) slots: &'static [[u8; 4]],
    pub(crate) seed: u32,
    /// The words of the catalog, by their numbers: sorted by name.
    pub(crate) regions: &'static [Region],
    pub(crate) plans: &'static [Plan],
    pub(crate) deployments: &'static [Deployment],
    pub(crate) modes: &'static [Mode],
    pub(crate) contexts: &'static [Context],
    /// The names of the providers, sorted.
    pub(crate) provider_names: &'static [&'static str],
    pub(crate) providers: &'static [ProviderData],
}

/// The catalog to which a handle refers. Without the feature `load` there is only the compiled one, and this has no size.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct CatalogRef(
    /// `None` for the compiled catalog.
    #[cfg(feature = "load")]
    Option<&'static Tables>,
);

/// The compiled catalog.
#[cfg(not(feature = "load"))]
pub(crate) const COMPILED: CatalogRef = CatalogRef();

/// The compiled catalog.
#[cfg(feature = "load")]
pub(crate) const COMPILED: CatalogRef = CatalogRef(None);

/// Defines a method for each table of a catalog.
macro_rules! tables {
    ($($field:ident: $item:ty = $compiled:expr),+ $(,)?) => { $(
        #[inline(always)]
        pub(crate) const fn $field(self) -> &'static [$item] {
            match self.tables() {
                None => $compiled,
                Some(tables) => tables.$field,
            }
        }
    )+ };
}

impl CatalogRef {
    /// Returns the catalog of tables that were loaded.
    #[cfg(feature = "load")]
    #[inline]
    pub(crate) const fn loaded(tables: &'static Tables) -> Self {
        Self(Some(tables))
    }

    /// Returns the tables of a loaded catalog. `None` for the compiled one.
    #[inline(always)]
    pub(crate) const fn tables(self) -> Option<&'static Tables> {
        #[cfg(feature = "load")]
        {
            self.0
        }
        #[cfg(not(feature = "load"))]
        {
            None
        }
    }

    tables! {
        entries: [u8; EntryRecord::WIDTH] = ENTRIES,
        aliases: [u8; AliasRecord::WIDTH] = ALIASES,
        limits: [u8; LimitRecord::WIDTH] = LIMITS,
        rares: [u8; RareRecord::WIDTH] = RARES,
        ramps: [u8; RampRecord::WIDTH] = RAMPS,
        ranges: [u8; RangeRecord::WIDTH] = RANGES,
        pilots: [u8; 2] = PILOTS,
        slots: [u8; 4] = SLOTS,
        regions: Region = Region::ALL,
        plans: Plan = Plan::ALL,
        deployments: Deployment = Deployment::ALL,
        modes: Mode = Mode::ALL,
        contexts: Context = Context::ALL,
        providers: ProviderData = PROVIDERS,
    }

    /// Returns the seed of the hash of names.
    #[inline(always)]
    pub(crate) const fn seed(self) -> u32 {
        match self.tables() {
            None => SEED,
            Some(tables) => tables.seed,
        }
    }

    /// Returns the text of all names.
    #[inline(always)]
    pub(crate) const fn names(self) -> &'static str {
        match self.tables() {
            None => NAMES,
            Some(tables) => tables.names,
        }
    }

    /// Returns a text of the tables. `offset` and `len` are in bytes.
    #[inline]
    pub(crate) const fn text(self, offset: u32, len: u16) -> &'static str {
        self.names().split_at(offset as usize).1.split_at(len as usize).0
    }
}

impl core::fmt::Debug for CatalogRef {
    #[inline]
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self.tables() {
            None => "compiled",
            Some(tables) => tables.version,
        })
    }
}

/// Returns a date of the tables.
#[inline]
pub(crate) const fn unpacked_date(packed: u32) -> Option<Date> {
    match unpack_date(packed) {
        Some((year, month, day)) => Date::new(year, month, day),
        None => None,
    }
}

/// Returns whether two byte strings are equal. Constants cannot use `==`.
#[inline]
pub(crate) const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}
