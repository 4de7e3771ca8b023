//! Exact lookup of an entry.
//!
//! A perfect hash maps provider, region, plan, kind and name to a slot. The slot has the offset of the one stored name that
//! may match, and a fingerprint of its hash, which rejects most unknown names before the stored name is read.

use crate::hash::{bucket, fingerprint, hash, slot};
use crate::layout::{HEADER, gather, read_header, scope, unpack_slot};
use crate::packed::same;
use crate::{Entry, Kind, NAMES, PILOTS, Plan, Provider, Region, SEED, SLOTS};

/// Returns the entry of a model or one of its aliases, in exactly this region and plan.
///
/// Entries without region or plan, such as those of retired models, are found with `None`. For fallbacks and for every limit
/// that governs a call, use [`Call::resolve`](crate::Call::resolve).
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
/// assert_eq!(qwen, ratebook::alibaba::us::QWEN_PLUS_US);
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

/// Like [`find`], but for any kind of entry: a model, task, size class, resource, or every call (`*`).
#[inline(always)]
pub fn find_of_kind(
    provider: Provider,
    region: Option<Region>,
    plan: Option<Plan>,
    kind: Kind,
    name: &str,
) -> Option<Entry> {
    let (stored, entry) = candidate(provider, region, plan, kind, name.as_bytes())?;
    (stored == name.as_bytes()).then(|| Entry(gather(entry)))
}

/// Like [`find_of_kind`], but usable in constants. It compares bytes one by one.
#[inline]
pub(crate) const fn find_const(
    provider: Provider,
    region: Option<Region>,
    plan: Option<Plan>,
    kind: Kind,
    name: &str,
) -> Option<Entry> {
    match candidate(provider, region, plan, kind, name.as_bytes()) {
        Some((stored, entry)) if same(stored, name.as_bytes()) => Some(Entry(gather(entry))),
        _ => None,
    }
}

/// Returns the only stored name that can be equal to `name`, with the encoded number of its entry. Returns `None` if the
/// fingerprint, the scope or the length differs.
#[inline(always)]
const fn candidate(
    provider: Provider,
    region: Option<Region>,
    plan: Option<Plan>,
    kind: Kind,
    name: &[u8],
) -> Option<(&'static [u8], u32)> {
    // The absent region and plan have the number after the last. The compiler does the same, so nothing is converted.
    let region = match region {
        Some(region) => region as u8,
        None => Region::ALL.len() as u8,
    };
    let plan = match plan {
        Some(plan) => plan as u8,
        None => Plan::ALL.len() as u8,
    };
    let scope = scope(provider as u8, region, plan, kind as u8);
    let hash = hash(scope, SEED, name);
    let pilot = u16::from_le_bytes(PILOTS[bucket(hash, PILOTS.len())]);
    let (header, print) = unpack_slot(u32::from_le_bytes(SLOTS[slot(hash, pilot, SLOTS.len())]));
    if print != fingerprint(hash) {
        return None;
    }
    let Some((_, rest)) = NAMES.as_bytes().split_at_checked(header) else { return None };
    let Some((whole, _)) = rest.split_at_checked(HEADER + name.len() + 1) else { return None };
    let Some((header, [stored @ .., b'\n'])) = whole.split_first_chunk::<HEADER>() else { return None };
    let (stored_scope, entry) = read_header(header);
    if stored_scope == scope { Some((stored, entry)) } else { None }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::{find_const, find_of_kind};
    use crate::{Kind, Provider};
    use proptest::prelude::*;
    use std::{format, string::String, vec::Vec};

    #[test]
    fn find_const_finds_every_name() {
        for entry in Provider::ALL.iter().flat_map(|provider| provider.entries()) {
            for name in core::iter::once(entry.name()).chain(entry.aliases()) {
                let found = find_const(entry.provider(), entry.region(), entry.plan(), entry.kind(), name);
                assert_eq!(found, Some(entry), "{name}");
            }
        }
    }

    proptest! {
        #[test]
        fn find_const_and_find_kind_agree_on_unknown_names(at in any::<prop::sample::Index>(), by in ".{0,3}") {
            let entries: Vec<_> = Provider::ALL.iter().flat_map(|provider| provider.entries()).collect();
            let entry = entries[at.index(entries.len())];
            let cut: String = entry.name().chars().skip(1).collect();
            for name in [format!("{}{by}", entry.name()), format!("{by}{}", entry.name()), cut, by] {
                for kind in Kind::ALL {
                    let found = find_of_kind(entry.provider(), entry.region(), entry.plan(), *kind, &name);
                    prop_assert_eq!(found, find_const(entry.provider(), entry.region(), entry.plan(), *kind, &name));
                    let is_named = found.is_none_or(|found| found.name() == name || found.aliases().any(|alias| alias == name));
                    prop_assert!(is_named, "{} leads to {:?}", name, found);
                }
            }
        }
    }
}
