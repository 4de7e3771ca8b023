//! How many tokens a model's replies have, learnt from recent ones.

use std::sync::atomic::{AtomicU32, Ordering};

const KEPT: usize = 64;
/// Below so many replies, nothing is known.
const ENOUGH: usize = 20;

/// Output tokens of the last replies.
#[derive(Debug)]
pub(crate) struct OutputSizes {
    counts: [AtomicU32; KEPT],
    next: AtomicU32,
}

impl OutputSizes {
    pub(crate) fn new() -> Self {
        Self { counts: std::array::from_fn(|_| AtomicU32::new(0)), next: AtomicU32::new(0) }
    }

    /// Notes a reply. Two at the same instant may count as one: an estimate bears that.
    #[inline]
    pub(crate) fn record(&self, tokens: u64) {
        let next = self.next.load(Ordering::Relaxed);
        self.counts[next as usize % KEPT].store(u32::try_from(tokens).unwrap_or(u32::MAX), Ordering::Relaxed);
        // Past the first round the counter stays in the second, so that it tells a full ring.
        let after = next + 1;
        self.next.store(if after as usize == 2 * KEPT { KEPT as u32 } else { after }, Ordering::Relaxed);
    }

    /// The 95th percentile of the last replies, or `None` while there are too few.
    pub(crate) fn p95(&self) -> Option<u64> {
        let noted = (self.next.load(Ordering::Relaxed) as usize).min(KEPT);
        if noted < ENOUGH {
            return None;
        }
        let mut counts = [0; KEPT];
        for (count, noted) in counts.iter_mut().zip(&self.counts) {
            *count = noted.load(Ordering::Relaxed);
        }
        let counts = &mut counts[..noted];
        let rank = (noted * 95).div_ceil(100) - 1;
        Some(u64::from(*counts.select_nth_unstable(rank).1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estimate_is_the_95th_percentile_of_the_last_replies() {
        let outputs = OutputSizes::new();
        (0..19).for_each(|_| outputs.record(500));
        assert_eq!(outputs.p95(), None);
        (0..300).for_each(|count| outputs.record(count));
        // The last 64 are 236 to 299.
        assert_eq!(outputs.p95(), Some(296));
    }
}
