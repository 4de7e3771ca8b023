// The hash of names, shared by the generator and the catalog: see `layout.rs`.
//
// It multiplies 64 by 64 bits and folds the product to 64, in two lanes of sixteen bytes, after wyhash (Wang Yi, 2019) and
// foldhash (Orson Peters, 2024).

const K0: u64 = 0x9E37_79B9_7F4A_7C15;
const K1: u64 = 0xA076_1D64_78BD_642F;
const K2: u64 = 0xE703_7ED1_A0B4_28DB;

#[inline]
const fn fold(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    product as u64 ^ (product >> 64) as u64
}

/// Returns the hash of a name under the bits of a key. The generator tries another seed if some names find no slot.
#[inline]
pub(crate) const fn hash(key_bits: u32, seed: u32, name: &[u8]) -> u64 {
    let len = name.len();
    // The product spreads the key bits: key bits that differ in one bit must not undo a difference of one bit in the name.
    let state = K0 ^ (len as u64) << 32 ^ (key_bits as u64 | (seed as u64) << 32).wrapping_mul(K2);
    if len <= 16 {
        let (a, b) = short(name);
        return fold(a ^ state, b ^ K1);
    }
    let (mut one, mut two) = (state, state ^ K2);
    let mut rest = name;
    while rest.len() > 32 {
        let Some((first, after)) = rest.split_first_chunk::<16>() else { break };
        let Some((second, after)) = after.split_first_chunk::<16>() else { break };
        (one, two) = (mix(one, first), mix(two, second));
        rest = after;
    }
    let (first, second) = last(name);
    mix(one, first) ^ mix(two, second)
}

#[inline]
const fn mix(state: u64, bytes: &[u8; 16]) -> u64 {
    let words = u128::from_le_bytes(*bytes);
    fold(words as u64 ^ state, (words >> 64) as u64 ^ K1)
}

/// Returns all bytes of a text of at most sixteen, some of them twice.
#[inline]
const fn short(text: &[u8]) -> (u64, u64) {
    let len = text.len();
    if len >= 8 {
        (u64::from_le_bytes(*chunk(text, 0)), u64::from_le_bytes(*chunk(text, len - 8)))
    } else if len >= 4 {
        (u32::from_le_bytes(*chunk(text, 0)) as u64, u32::from_le_bytes(*chunk(text, len - 4)) as u64)
    } else if len > 0 {
        ((text[0] as u64) << 8 | text[len - 1] as u64, text[len / 2] as u64)
    } else {
        (0, 0)
    }
}

/// Returns the last 32 bytes of a text of more than sixteen. A shorter text gives some of them twice.
#[inline]
const fn last(text: &[u8]) -> (&[u8; 16], &[u8; 16]) {
    (chunk(text, text.len().saturating_sub(32)), chunk(text, text.len() - 16))
}

#[inline]
const fn chunk<const N: usize>(text: &[u8], at: usize) -> &[u8; N] {
    match text.split_at(at).1.first_chunk() {
        Some(chunk) => chunk,
        None => panic!("the text is longer"),
    }
}

/// Returns the bucket of a hash. The bucket's pilot determines the slot. `buckets` is a power of two above 1.
#[inline]
pub(crate) const fn bucket(hash: u64, buckets: usize) -> usize {
    (hash >> (64 - buckets.trailing_zeros())) as usize
}

/// Returns the slot of a hash under its bucket's pilot. `slots` is a power of two above 1.
#[inline]
pub(crate) const fn slot(hash: u64, pilot: u16, slots: usize) -> usize {
    ((hash ^ pilot as u64).wrapping_mul(K1) >> (64 - slots.trailing_zeros())) as usize
}

/// Returns the part of a hash that its slot stores. It rejects most unknown names without reading a stored one.
#[inline]
pub(crate) const fn fingerprint(hash: u64) -> u8 {
    hash as u8
}
