//! How much content requests and responses had.

use std::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

/// The number of classes: one for each power of four from 4 B up to 4 GiB, and one for all that is larger.
const CLASSES: usize = 17;

/// Sizes in bytes, counted by several threads. A size of 0 is not counted: it is the most frequent one, and known from the
/// number of requests.
#[derive(Debug, Default)]
pub(super) struct Sizes {
    classes: [AtomicU64; CLASSES],
    sum: AtomicU64,
}

/// Sizes that were counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SizeDistribution {
    classes: [u64; CLASSES],
    /// All bytes.
    pub(crate) sum: u64,
}

impl Sizes {
    #[inline]
    pub(super) fn add(&self, bytes: u64) {
        if bytes == 0 {
            return;
        }
        // The bits of the largest size of the class, from which on it has an odd number of them.
        let class = ((u64::BITS - 1 - ((bytes - 1) | 1).leading_zeros()) / 2) as usize;
        if let Some(count) = self.classes.get(class.min(CLASSES - 1)) {
            // Whoever reads this size then reads that its request was counted.
            count.fetch_add(1, Release);
        }
        self.sum.fetch_add(bytes, Relaxed);
    }

    /// Adds what was counted to this.
    pub(super) fn read(&self, into: &mut SizeDistribution) {
        for (sum, count) in into.classes.iter_mut().zip(&self.classes) {
            *sum += count.load(Acquire);
        }
        into.sum += self.sum.load(Relaxed);
    }
}

impl SizeDistribution {
    /// For each bound in bytes, how many of this number of sizes are at most that.
    pub(crate) fn at_most(&self, number: u64) -> impl Iterator<Item = (u64, u64)> {
        let mut seen = number.saturating_sub(self.classes.iter().sum());
        let bounds = (0..CLASSES as u32 - 1).map(|class| 4 << (2 * class));
        bounds.zip(self.classes).map(move |(bound, count)| {
            seen += count;
            (bound, seen)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_counts_for_each_bound_that_it_does_not_exceed() {
        for bytes in [0, 1, 2, 4, 5, 16, 17, 64, 65, 1 << 32, (1 << 32) + 1, u64::MAX] {
            let sizes = Sizes::default();
            sizes.add(bytes);
            let mut read = SizeDistribution::default();
            sizes.read(&mut read);
            assert_eq!(read.sum, bytes);
            for (bound, number) in read.at_most(1) {
                assert_eq!(number, u64::from(bytes <= bound), "{bytes} {bound}");
            }
        }
    }
}
