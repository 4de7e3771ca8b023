//! The hash of names: the generator's and the lookup's, which is a link to this file.
//!
//! Multiplications of 64 by 64 bits folded to 64, sixteen bytes at a time, after wyhash (Wang Yi, 2019) and
//! foldhash (Orson Peters, 2024).

const K0: u64 = 0x9E37_79B9_7F4A_7C15;
const K1: u64 = 0xA076_1D64_78BD_642F;

const fn fold(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    product as u64 ^ (product >> 64) as u64
}

const fn word(bytes: &[u8]) -> u64 {
    match bytes.first_chunk::<8>() {
        Some(chunk) => u64::from_le_bytes(*chunk),
        None => 0,
    }
}

const fn half(bytes: &[u8]) -> u64 {
    match bytes.first_chunk::<4>() {
        Some(chunk) => u32::from_le_bytes(*chunk) as u64,
        None => 0,
    }
}

/// The hash of a name within a scope: a provider, region, plan and kind, packed in 32 bits.
#[inline]
pub(crate) const fn hash(scope: u32, name: &[u8]) -> u64 {
    let len = name.len();
    let mut state = K0 ^ scope as u64;
    let (a, b) = if len > 16 {
        let mut rest = name;
        while rest.len() > 16 {
            let (head, tail) = rest.split_at(16);
            state = fold(word(head) ^ K1, word(head.split_at(8).1) ^ state);
            rest = tail;
        }
        // The last sixteen bytes overlap what was read before.
        let last = name.split_at(len - 16).1;
        (word(last), word(last.split_at(8).1))
    } else if len >= 8 {
        (word(name), word(name.split_at(len - 8).1))
    } else if len >= 4 {
        (half(name), half(name.split_at(len - 4).1))
    } else if len > 0 {
        ((name[0] as u64) << 16 | (name[len / 2] as u64) << 8 | name[len - 1] as u64, 0)
    } else {
        (0, 0)
    };
    fold(a ^ K1 ^ len as u64, b ^ state)
}

/// Maps 32 bits evenly onto `0..end`.
#[inline]
pub(crate) const fn reduce(bits: u64, end: usize) -> usize {
    (((bits & 0xFFFF_FFFF) * end as u64) >> 32) as usize
}

/// The bucket of a hash, whose pilot leads to its slot.
#[inline]
pub(crate) const fn bucket(hash: u64, buckets: usize) -> usize {
    reduce(hash >> 32, buckets)
}

/// The slot of a hash under its bucket's pilot: of the half of the hash that its bucket leaves unused.
#[inline]
pub(crate) const fn slot(hash: u64, pilot: u16, slots: usize) -> usize {
    reduce(hash ^ (pilot as u64).wrapping_mul(K1 & 0xFFFF_FFFF), slots)
}

/// What of a hash stands beside its slot, so that names that are not there are told without reading any.
#[inline]
pub(crate) const fn fingerprint(hash: u64) -> u8 {
    (hash >> 24) as u8
}
