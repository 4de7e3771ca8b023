//! Exact lookup of an entry.
//!
//! A perfect hash maps provider, region, plan, kind and name to a slot. The slot has the offset of the one stored name that
//! may match, and a fingerprint of its hash, which rejects most unknown names before the stored name is read.

use crate::hash::{bucket, fingerprint, hash, slot};
use crate::layout::{EntryRecord, HEADER, Variant, gather, hashed_key_bits, key_bits, read_header, unpack_slot};
use crate::packed::{CatalogRef, same};
use crate::{Context, Deployment, Entry, Kind, Mode, Plan, Provider, Region};

/// Returns the entry of a model or one of its aliases, in exactly this region and plan.
///
/// Entries without region or plan, such as those of retired models, are found with `None`. For an entry of a deployment, mode
/// or context, use [`EntryKey`]. For fallbacks and for every limit that governs a call, use
/// [`Call::resolve`](crate::Call::resolve).
///
/// ```
/// use ratebook::{Provider, Region, find};
///
/// let qwen = find(Provider::Alibaba, Some(Region::International), None, "qwen-max-0125").unwrap();
/// assert_eq!(qwen.name(), "qwen-max-2025-01-25");
/// ```
#[inline(always)]
pub fn find(provider: Provider, region: Option<Region>, plan: Option<Plan>, name: &str) -> Option<Entry> {
    find_of_kind(provider, region, plan, Kind::Model, name)
}

/// Like [`find`], but takes the provider, region and plan by name. Returns `None` if one of them is unknown.
///
/// ```
/// let qwen = ratebook::find_named("alibaba", Some("us"), None, "qwen-plus-us").unwrap();
/// assert_eq!(qwen, ratebook::providers::alibaba::us::QWEN_PLUS_US);
/// assert_eq!(ratebook::find_named("alibaba", Some("mars"), None, "qwen-plus-us"), None);
/// ```
#[inline]
pub fn find_named(provider: &str, region: Option<&str>, plan: Option<&str>, name: &str) -> Option<Entry> {
    let region = match region {
        Some(region) => Some(Region::from_name(region)?),
        None => None,
    };
    let plan = match plan {
        Some(plan) => Some(Plan::from_name(plan)?),
        None => None,
    };
    find(Provider::from_name(provider)?, region, plan, name)
}

/// Like [`find`], but for any kind of entry: a model, task, size class, resource, family, endpoint, or every call (`*`).
#[inline(always)]
pub fn find_of_kind(
    provider: Provider,
    region: Option<Region>,
    plan: Option<Plan>,
    kind: Kind,
    name: &str,
) -> Option<Entry> {
    let place = Place { region, plan, ..Place::of(provider) };
    let (catalog, stored, entry) = candidate(place, kind, name.as_bytes())?;
    (stored == name.as_bytes()).then(|| Entry(catalog, gather(entry)))
}

/// The whole key of an entry, built part by part.
///
/// ```
/// use ratebook::{EntryKey, Kind, Plan, Provider};
///
/// let large = EntryKey::new(Provider::Castai, "large").kind(Kind::Size).plan(Plan::Growth).find().unwrap();
/// assert_eq!(large, ratebook::providers::castai::growth::LARGE);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EntryKey<'a> {
    pub(crate) provider: Provider,
    pub(crate) region: Option<Region>,
    pub(crate) plan: Option<Plan>,
    pub(crate) deployment: Option<Deployment>,
    pub(crate) mode: Option<Mode>,
    pub(crate) context: Option<Context>,
    pub(crate) kind: Kind,
    pub(crate) name: &'a str,
}

impl<'a> EntryKey<'a> {
    /// Returns the key of a model, or one of its aliases, without region, plan, deployment, mode and context.
    #[inline]
    pub const fn new(provider: Provider, name: &'a str) -> Self {
        Self {
            provider,
            region: None,
            plan: None,
            deployment: None,
            mode: None,
            context: None,
            kind: Kind::Model,
            name,
        }
    }

    key_parts!();

    /// Sets the provider. Default: that of [`new`](Self::new). The key of an entry thus finds the same entry in another
    /// catalog.
    #[must_use]
    #[inline]
    pub const fn provider(self, provider: Provider) -> Self {
        Self { provider, ..self }
    }

    /// Sets the kind of selector. Default: [`Kind::Model`].
    #[must_use]
    #[inline]
    pub const fn kind(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    /// Sets the name. Default: that of [`new`](Self::new).
    #[must_use]
    #[inline]
    pub const fn name(self, name: &'a str) -> Self {
        Self { name, ..self }
    }

    /// Returns the entry of exactly this key, or `None` if there is none. Usable in constants.
    #[inline]
    pub const fn find(self) -> Option<Entry> {
        find_const(self.place(), self.kind, self.name)
    }

    #[inline]
    const fn place(self) -> Place {
        let Self { provider, region, plan, deployment, mode, context, .. } = self;
        Place { provider, region, plan, deployment, mode, context }
    }
}

impl Entry {
    /// Returns the entry's key.
    #[inline]
    pub const fn key(self) -> EntryKey<'static> {
        EntryKey {
            provider: self.provider(),
            region: self.region(),
            plan: self.plan(),
            deployment: self.deployment(),
            mode: self.mode(),
            context: self.context(),
            kind: self.kind(),
            name: self.name(),
        }
    }
}

/// The key of an entry without its selector.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) provider: Provider,
    pub(crate) region: Option<Region>,
    pub(crate) plan: Option<Plan>,
    pub(crate) deployment: Option<Deployment>,
    pub(crate) mode: Option<Mode>,
    pub(crate) context: Option<Context>,
}

impl Place {
    /// Returns the place without region, plan, deployment, mode and context.
    #[inline]
    pub(crate) const fn of(provider: Provider) -> Self {
        Self { provider, region: None, plan: None, deployment: None, mode: None, context: None }
    }

    /// Returns whether the place has more than a provider.
    #[inline]
    pub(crate) const fn has_parts(self) -> bool {
        let Self { provider: _, region, plan, deployment, mode, context } = self;
        region.is_some() || plan.is_some() || deployment.is_some() || mode.is_some() || context.is_some()
    }
}

/// Returns the optional number of an optional word in the tables, and `None` from the function if the catalog does not have
/// the word.
macro_rules! number_or_return {
    ($word:expr, $catalog:expr) => {
        match $word {
            Some(word) => match word.number_in($catalog) {
                Some(number) => Some(number),
                None => return None,
            },
            None => None,
        }
    };
}

/// Like [`find_of_kind`], but also by deployment, mode and context.
#[inline]
pub(crate) fn find_at(place: Place, kind: Kind, name: &str) -> Option<Entry> {
    let (catalog, stored, entry) = candidate(place, kind, name.as_bytes())?;
    (stored == name.as_bytes()).then(|| Entry(catalog, gather(entry)))
}

/// Like [`find_at`], but usable in constants. It compares bytes one by one.
#[inline]
pub(crate) const fn find_const(place: Place, kind: Kind, name: &str) -> Option<Entry> {
    match candidate(place, kind, name.as_bytes()) {
        Some((catalog, stored, entry)) if same(stored, name.as_bytes()) => Some(Entry(catalog, gather(entry))),
        _ => None,
    }
}

/// Returns the only stored name that can be equal to `name`, with its catalog and the encoded number of its entry. Returns
/// `None` if the fingerprint, the key bits, the variant or the length differs, or if the catalog does not have a word of the place.
#[inline(always)]
const fn candidate(place: Place, kind: Kind, name: &[u8]) -> Option<(CatalogRef, &'static [u8], u32)> {
    let Place { provider, region, plan, deployment, mode, context } = place;
    let catalog = provider.catalog_ref();
    // The absent region and plan have the number after the last. The compiler does the same, so nothing is converted.
    let region = match number_or_return!(region, catalog) {
        Some(number) => number,
        None => catalog.regions().len() as u8,
    };
    let plan = match number_or_return!(plan, catalog) {
        Some(number) => number,
        None => catalog.plans().len() as u8,
    };
    let variant = Variant {
        deployment: number_or_return!(deployment, catalog),
        mode: number_or_return!(mode, catalog),
        context: number_or_return!(context, catalog),
    }
    .pack();
    let (seed, pilots, slots) = (catalog.seed(), catalog.pilots(), catalog.slots());
    let key_bits = key_bits(provider.number(), region, plan, kind as u8, variant != 0);
    let hash = hash(hashed_key_bits(key_bits, variant, seed), seed, name);
    let pilot = u16::from_le_bytes(pilots[bucket(hash, pilots.len())]);
    let (header, print) = unpack_slot(u32::from_le_bytes(slots[slot(hash, pilot, slots.len())]));
    if print != fingerprint(hash) {
        return None;
    }
    let Some((_, rest)) = catalog.names().as_bytes().split_at_checked(header) else { return None };
    let Some((whole, _)) = rest.split_at_checked(HEADER + name.len() + 1) else { return None };
    let Some((header, [stored @ .., b'\n'])) = whole.split_first_chunk::<HEADER>() else { return None };
    let (stored_bits, entry) = read_header(header);
    if stored_bits != key_bits {
        return None;
    }
    // The key bits say only whether there is a variant. An entry without one needs no look at its record.
    if variant != 0 && EntryRecord::variant(&catalog.entries()[gather(entry) as usize]) != variant {
        return None;
    }
    Some((catalog, stored, entry))
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::find_at;
    use crate::{Kind, Provider};
    use proptest::prelude::*;
    use std::{format, string::String, vec::Vec};

    #[test]
    fn find_const_finds_every_name() {
        for entry in Provider::ALL.iter().flat_map(|provider| provider.entries()) {
            for name in core::iter::once(entry.name()).chain(entry.aliases()) {
                assert_eq!(entry.key().name(name).find(), Some(entry), "{name}");
                assert_eq!(find_at(entry.key().place(), entry.kind(), name), Some(entry), "{name}");
            }
        }
    }

    proptest! {
        #[test]
        fn find_const_and_find_at_agree_on_unknown_names(at in any::<prop::sample::Index>(), by in ".{0,3}") {
            let entries: Vec<_> = Provider::ALL.iter().flat_map(|provider| provider.entries()).collect();
            let entry = entries[at.index(entries.len())];
            let cut: String = entry.name().chars().skip(1).collect();
            for name in [format!("{}{by}", entry.name()), format!("{by}{}", entry.name()), cut, by] {
                for kind in Kind::ALL {
                    let found = find_at(entry.key().place(), *kind, &name);
                    prop_assert_eq!(found, entry.key().kind(*kind).name(&name).find());
                    let is_named = found.is_none_or(|found| found.name() == name || found.aliases().any(|alias| alias == name));
                    prop_assert!(is_named, "{} leads to {:?}", name, found);
                }
            }
        }
    }
}
