//! The words of loaded catalogs, and the order of words by name.

use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use crate::packed::{COMPILED, CatalogRef, Tables};
use crate::{Context, Deployment, Mode, Plan, Provider, Region};

/// A word of a loaded catalog that the compiled catalog does not have: a region, plan, deployment, mode or class of context
/// lengths. Words with the same name are equal, whatever their catalogs.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LoadedWord(&'static str);

impl LoadedWord {
    /// Returns the name.
    #[inline]
    pub const fn name(self) -> &'static str {
        self.0
    }
}

impl fmt::Debug for LoadedWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A provider of a loaded catalog. Two are equal if they have the same name in the same catalog.
#[derive(Clone, Copy)]
pub struct LoadedProvider {
    tables: &'static Tables,
    number: u8,
}

impl LoadedProvider {
    /// Returns the name.
    #[inline]
    pub const fn name(self) -> &'static str {
        self.tables.provider_names[self.number as usize]
    }

    /// Returns the number in the tables of the catalog.
    #[inline]
    pub(crate) const fn number(self) -> u8 {
        self.number
    }
}

impl PartialEq for LoadedProvider {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number && self.tables == other.tables
    }
}

impl Eq for LoadedProvider {}

impl Hash for LoadedProvider {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.tables, self.number).hash(state);
    }
}

impl fmt::Debug for LoadedProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} of {}", self.name(), self.tables.version)
    }
}

impl Provider {
    /// Returns the catalog of the provider.
    #[inline]
    pub(crate) const fn catalog_ref(self) -> CatalogRef {
        if let Self::Loaded(LoadedProvider { tables, .. }) = self { CatalogRef::loaded(tables) } else { COMPILED }
    }

    /// Returns the provider with a number in the tables of a catalog.
    #[inline]
    pub(crate) const fn of(catalog: CatalogRef, number: u8) -> Self {
        match catalog.tables() {
            Some(tables) => Self::Loaded(LoadedProvider { tables, number }),
            None => Self::ALL[number as usize],
        }
    }
}

/// Catalogs are equal only to themselves.
impl PartialEq for Tables {
    fn eq(&self, other: &Self) -> bool {
        core::ptr::eq(self, other)
    }
}

impl Eq for Tables {}

impl Hash for Tables {
    fn hash<H: Hasher>(&self, state: &mut H) {
        core::ptr::from_ref(self).hash(state);
    }
}

impl PartialOrd for Tables {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Tables {
    fn cmp(&self, other: &Self) -> Ordering {
        core::ptr::from_ref(self).cmp(&core::ptr::from_ref(other))
    }
}

macro_rules! ordered_by_name {
    ($($word:ident),+) => { $(
        impl PartialOrd for $word {
            #[inline]
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }
    )+ };
}

macro_rules! word {
    ($($word:ident),+) => { $(
        /// Ordered by name.
        impl Ord for $word {
            #[inline]
            fn cmp(&self, other: &Self) -> Ordering {
                self.name().cmp(other.name())
            }
        }

        impl $word {
            /// Returns the word of a name: that of the compiled catalog if it has it.
            pub(super) fn named(name: &str) -> Self {
                Self::from_name(name).unwrap_or_else(|| Self::Loaded(LoadedWord(interned(name))))
            }
        }
    )+ };
}

ordered_by_name!(Provider, Region, Plan, Deployment, Mode, Context);
word!(Region, Plan, Deployment, Mode, Context);

/// Ordered by name, then by catalog.
impl Ord for Provider {
    fn cmp(&self, other: &Self) -> Ordering {
        self.name().cmp(other.name()).then_with(|| self.catalog_ref().cmp(&other.catalog_ref()))
    }
}

/// Returns a name that lives as long as the process. Equal names are stored once.
pub(super) fn interned(name: &str) -> &'static str {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(name) {
        return known;
    }
    let name: &'static str = std::boxed::Box::leak(name.into());
    names.insert(name);
    name
}
