//! Exact lookup of an entry.

use crate::hash::{bucket, hash, slot};
use crate::packed::{same, text, u16_at, u32_at};
use crate::{Entry, Kind, PILOTS, Plan, Provider, Region, SLOTS};

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
    let hash = hash(scope, name.as_bytes());
    let record = candidate(hash)?;
    let is_it = is_candidate(record, scope, hash, name.len());
    (is_it && text_of(record).as_bytes() == name.as_bytes()).then(|| entry_of(record))
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
    let hash = hash(scope, name.as_bytes());
    match candidate(hash) {
        Some(record)
            if is_candidate(record, scope, hash, name.len()) && same(text_of(record).as_bytes(), name.as_bytes()) =>
        {
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

/// The one slot in which a name of this hash can be.
#[inline]
const fn candidate(hash: u64) -> Option<&'static [u8; 16]> {
    if SLOTS.is_empty() {
        return None;
    }
    let pilot = u16::from_le_bytes(PILOTS[bucket(hash, PILOTS.len())]);
    Some(&SLOTS[slot(hash, pilot, SLOTS.len())])
}

/// Whether a slot's scope, length and fingerprint agree: of names that are not there hardly any pass.
#[inline]
const fn is_candidate(record: &[u8; 16], scope: u32, hash: u64, len: usize) -> bool {
    u32_at(record, 0) == scope && u16_at(record, 12) as usize == len && u16_at(record, 14) == (hash >> 24) as u16
}

#[inline]
const fn text_of(record: &[u8; 16]) -> &'static str {
    text(u32_at(record, 4), u16_at(record, 12) as usize)
}

#[inline]
const fn entry_of(record: &[u8; 16]) -> Entry {
    Entry::at(u32_at(record, 8))
}
