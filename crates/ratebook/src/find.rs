//! Exact lookup of an entry.

use crate::hash::{bucket, fingerprint, hash, slot};
use crate::packed::{same, u16_at, u32_at};
use crate::{Entry, FINGERPRINTS, Kind, NAMES, PILOTS, Plan, Provider, Region, SLOTS};

/// The entry of a model or one of its aliases, in a region and plan exactly as given.
///
/// Limits that hold in no region or plan in particular, such as those of retired models, are found with `None`. Fallbacks,
/// and every limit that governs a call, are for [`Call::resolve`](crate::Call::resolve).
///
/// ```
/// use ratebook::{Provider, Region, find};
///
/// let qwen = find(Provider::Alibaba, Some(Region::International), None, "qwen-max-0125").unwrap();
/// assert_eq!(qwen.name(), "qwen-max-2025-01-25");
/// ```
#[inline]
pub fn find(provider: Provider, region: Option<Region>, plan: Option<Plan>, name: &str) -> Option<Entry> {
    find_kind(provider, region, plan, Kind::Model, name)
}

/// The entry of a model, task, size class, resource, or of every call (`*`), in a region and plan exactly as given.
#[inline]
pub fn find_kind(
    provider: Provider,
    region: Option<Region>,
    plan: Option<Plan>,
    kind: Kind,
    name: &str,
) -> Option<Entry> {
    let scope = scope(provider, region, plan, kind);
    let record = candidate(hash(scope, name.as_bytes()))?;
    (is_candidate(record, scope, name.len()) && bytes_of(record) == name.as_bytes()).then(|| entry_of(record))
}

/// [`find_kind`] in constants, where bytes are compared one by one.
pub(crate) const fn find_const(
    provider: Provider,
    region: Option<Region>,
    plan: Option<Plan>,
    kind: Kind,
    name: &str,
) -> Option<Entry> {
    let scope = scope(provider, region, plan, kind);
    match candidate(hash(scope, name.as_bytes())) {
        Some(record) if is_candidate(record, scope, name.len()) && same(bytes_of(record), name.as_bytes()) => {
            Some(entry_of(record))
        }
        _ => None,
    }
}

/// Provider, region, plan and kind, as the tables number them.
const fn scope(provider: Provider, region: Option<Region>, plan: Option<Plan>, kind: Kind) -> u32 {
    let region = match region {
        Some(region) => region as u8 + 1,
        None => 0,
    };
    let plan = match plan {
        Some(plan) => plan as u8 + 1,
        None => 0,
    };
    u32::from_le_bytes([provider as u8, region, plan, kind as u8])
}

/// The one slot in which a name of this hash can be; of names that are not there hardly any pass its fingerprint.
#[inline]
const fn candidate(hash: u64) -> Option<&'static [u8; 16]> {
    if SLOTS.is_empty() {
        return None;
    }
    let pilot = u16::from_le_bytes(PILOTS[bucket(hash, PILOTS.len())]);
    let slot = slot(hash, pilot, SLOTS.len());
    if FINGERPRINTS[slot][0] != fingerprint(hash) {
        return None;
    }
    Some(&SLOTS[slot])
}

/// Whether a slot's scope and length agree.
#[inline]
const fn is_candidate(record: &[u8; 16], scope: u32, len: usize) -> bool {
    u32_at(record, 0) == scope && u16_at(record, 12) as usize == len
}

#[inline]
const fn bytes_of(record: &[u8; 16]) -> &'static [u8] {
    NAMES.as_bytes().split_at(u32_at(record, 4) as usize).1.split_at(u16_at(record, 12) as usize).0
}

#[inline]
const fn entry_of(record: &[u8; 16]) -> Entry {
    Entry(u32_at(record, 8))
}
