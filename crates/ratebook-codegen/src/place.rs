//! Perfect hashing after PTHash (Pibiri and Trani, 2021).
//!
//! Each bucket of names has a pilot under which all its names hash to free slots. The largest buckets are placed first,
//! while most slots are free.

use crate::hash::{bucket, slot};

/// The slots of the keys, and the pilots that lead to them.
pub(crate) struct Placement {
    /// The pilot of each bucket.
    pub(crate) pilots: Vec<u16>,
    /// The index of the key in each slot; `None` for a free slot.
    pub(crate) slots: Vec<Option<u32>>,
}

/// Places the keys of distinct hashes. If a bucket finds no pilot, the number of slots is doubled, up to three times. Returns
/// `None` if that does not help, as when two hashes are equal.
pub(crate) fn place(hashes: &[u64]) -> Option<Placement> {
    // Two to four keys per bucket. With more, there are fewer pilots, but the search for them takes longer.
    let buckets = (hashes.len() / 4).max(2).next_power_of_two();
    // At least one slot in 32 stays free: the last ones take the longest to find.
    let slots = (hashes.len() + hashes.len() / 32).max(2).next_power_of_two();
    (0..4).find_map(|doubled| try_place(hashes, buckets, slots << doubled))
}

fn try_place(hashes: &[u64], buckets: usize, slots: usize) -> Option<Placement> {
    // Keys sorted by bucket, then buckets by size: counting sorts, because build scripts are not optimized.
    let mut starts = vec![0u32; buckets + 1];
    for &hash in hashes {
        starts[bucket(hash, buckets) + 1] += 1;
    }
    for at in 0..buckets {
        starts[at + 1] += starts[at];
    }
    let mut next = starts.clone();
    let mut keys = vec![0u32; hashes.len()];
    for (key, &hash) in hashes.iter().enumerate() {
        let at = &mut next[bucket(hash, buckets)];
        keys[*at as usize] = key as u32;
        *at += 1;
    }
    let size = |bucket: u32| (starts[bucket as usize + 1] - starts[bucket as usize]) as usize;
    let mut by_size: Vec<Vec<u32>> = Vec::new();
    for bucket in 0..buckets as u32 {
        while by_size.len() <= size(bucket) {
            by_size.push(Vec::new());
        }
        by_size[size(bucket)].push(bucket);
    }

    let mut placement = Placement { pilots: vec![0; buckets], slots: vec![None; slots] };
    let mut taken = Vec::new();
    for buckets in by_size.iter().skip(1).rev() {
        for &bucket in buckets {
            let keys = &keys[starts[bucket as usize] as usize..starts[bucket as usize + 1] as usize];
            let pilot = (0..=u16::MAX).find(|&pilot| {
                taken.clear();
                for &key in keys {
                    let at = slot(hashes[key as usize], pilot, slots);
                    if placement.slots[at].is_some() || taken.contains(&at) {
                        return false;
                    }
                    taken.push(at);
                }
                true
            })?;
            placement.pilots[bucket as usize] = pilot;
            for (&at, &key) in taken.iter().zip(keys) {
                placement.slots[at] = Some(key);
            }
        }
    }
    Some(placement)
}

#[cfg(test)]
mod tests {
    use super::place;
    use crate::hash::{bucket, hash, slot};

    #[test]
    fn every_key_has_its_own_slot_under_its_pilot() {
        for count in (0..200).chain([250, 511, 512, 1000, 1024, 5000]) {
            let hashes: Vec<u64> = (0..count).map(|key| hash(1, 0, format!("model-{key}").as_bytes())).collect();
            let placement = place(&hashes).unwrap();
            for (key, &hash) in hashes.iter().enumerate() {
                let pilot = placement.pilots[bucket(hash, placement.pilots.len())];
                let at = slot(hash, pilot, placement.slots.len());
                assert_eq!(placement.slots[at], Some(key as u32), "{count} keys");
            }
            assert!(placement.slots.len() <= 4 * count.max(1), "{} slots for {count} keys", placement.slots.len());
        }
    }

    #[test]
    fn equal_hashes_have_no_placement() {
        assert!(place(&[7, 9, 7]).is_none());
    }
}
