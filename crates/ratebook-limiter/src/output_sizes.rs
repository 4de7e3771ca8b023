//! Estimates of output tokens from recent responses.

use std::sync::atomic::{AtomicU32, Ordering};

/// The number of responses kept.
const MAX_RESPONSES: usize = 64;
/// The number of responses below which there is no estimate.
const MIN_RESPONSES: usize = 20;

/// A ring of the output tokens of the last responses.
///
/// All accesses are relaxed: each count stands for itself, and no other memory is published through them. Two responses
/// recorded at the same time may take one slot, which an estimate tolerates.
#[derive(Debug)]
pub(crate) struct OutputSizes {
    counts: [AtomicU32; MAX_RESPONSES],
    /// The next slot; from `MAX_RESPONSES` on, the ring is full.
    next: AtomicU32,
}

impl OutputSizes {
    pub(crate) fn new() -> Self {
        Self { counts: std::array::from_fn(|_| AtomicU32::new(0)), next: AtomicU32::new(0) }
    }

    /// Records a response.
    #[inline]
    pub(crate) fn record(&self, tokens: u64) {
        let next = self.next.load(Ordering::Relaxed);
        self.counts[next as usize % MAX_RESPONSES].store(u32::try_from(tokens).unwrap_or(u32::MAX), Ordering::Relaxed);
        // After the first round the counter stays in the second, so it shows that the ring is full.
        let after = next + 1;
        self.next
            .store(if after as usize == 2 * MAX_RESPONSES { MAX_RESPONSES as u32 } else { after }, Ordering::Relaxed);
    }

    /// Returns the 95th percentile of the last responses; `None` while there are fewer than `MIN_RESPONSES`.
    pub(crate) fn p95(&self) -> Option<u64> {
        let recorded = (self.next.load(Ordering::Relaxed) as usize).min(MAX_RESPONSES);
        if recorded < MIN_RESPONSES {
            return None;
        }
        let mut counts = [0; MAX_RESPONSES];
        for (count, stored) in counts.iter_mut().zip(&self.counts) {
            *count = stored.load(Ordering::Relaxed);
        }
        let counts = &mut counts[..recorded];
        let rank = (recorded * 95).div_ceil(100) - 1;
        Some(u64::from(*counts.select_nth_unstable(rank).1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estimate_is_the_95th_percentile_of_the_last_responses() {
        let outputs = OutputSizes::new();
        (0..19).for_each(|_| outputs.record(500));
        assert_eq!(outputs.p95(), None);
        (0..300).for_each(|count| outputs.record(count));
        // The last 64 are 236 to 299.
        assert_eq!(outputs.p95(), Some(296));
    }
}
