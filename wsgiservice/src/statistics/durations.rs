//! How long requests took, with two significant digits.
//!
//! The buckets are those of an HDR histogram: each power of two has 64 of equal width, so that a duration is known to 1.6 %. The
//! crate `hdrhistogram` has no atomics: a shard would need a lock for each request.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

/// The unit, as a power of two, in nanoseconds: 128 ns, since a shift costs less than a division.
const UNIT_BITS: u32 = 7;

/// How many bits of a duration are exact.
const EXACT_BITS: u32 = 7;

/// The longest duration that is told apart, in units: 275 s.
const LONGEST: u64 = u32::MAX as u64 >> 1;

/// The number of buckets.
const BUCKETS: usize = bucket(LONGEST) + 1;

/// Durations, counted by several threads.
#[derive(Debug)]
pub(super) struct Durations {
    buckets: Box<[AtomicU64; BUCKETS]>,
    /// In nanoseconds.
    sum: AtomicU64,
}

/// Durations that were counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Distribution {
    /// The number of durations in each bucket, up to the last one that has any.
    buckets: Vec<u64>,
    /// In nanoseconds.
    sum: u64,
}

/// Durations that were counted, without their sum.
#[derive(Clone, Debug)]
pub(crate) struct PackedDistribution(Box<[(u16, u32)]>);

/// The bucket of a duration in units.
const fn bucket(units: u64) -> usize {
    let shift = u64::BITS - EXACT_BITS - (units | (1 << (EXACT_BITS - 1))).leading_zeros();
    (((shift as u64) << (EXACT_BITS - 1)) + (units >> shift)) as usize
}

/// The first duration after those of a bucket, in nanoseconds.
const fn end(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    let half = 1 << (EXACT_BITS - 1);
    let shift = (bucket / half).saturating_sub(1);
    ((bucket - shift * half + 1) << shift) << UNIT_BITS
}

impl Default for Durations {
    fn default() -> Self {
        Self {
            buckets: Box::new([const { AtomicU64::new(0) }; BUCKETS]),
            sum: AtomicU64::default(),
        }
    }
}

impl Durations {
    /// Counts a duration in nanoseconds.
    #[inline]
    pub(super) fn add(&self, nanos: u64) {
        let units = (nanos >> UNIT_BITS).min(LONGEST);
        if let Some(count) = self.buckets.get(bucket(units)) {
            count.fetch_add(1, Relaxed);
        }
        self.sum.fetch_add(nanos, Relaxed);
    }

    /// Adds what was counted to this.
    pub(super) fn read(&self, into: &mut Distribution) {
        let counts = self.buckets.iter().map(|count| count.load(Relaxed));
        into.add(counts, self.sum.load(Relaxed));
    }
}

impl Distribution {
    pub(crate) const EMPTY: Self = Self { buckets: Vec::new(), sum: 0 };

    /// The number of durations.
    pub(crate) fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// All durations together.
    pub(crate) fn sum(&self) -> Duration {
        Duration::from_nanos(self.sum)
    }

    /// How many durations are at most this long, to the precision of a bucket.
    pub(crate) fn at_most(&self, duration: Duration) -> u64 {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let last = bucket((nanos >> UNIT_BITS).min(LONGEST));
        self.buckets.iter().take(last + 1).sum()
    }

    /// The duration that this share of all durations does not exceed; `None` if there are none.
    pub(crate) fn quantile(&self, share: f64) -> Option<Duration> {
        let rank = ((self.count() as f64 * share).ceil() as u64).max(1);
        let mut seen = 0;
        let position = self.buckets.iter().position(|count| {
            seen += count;
            seen >= rank
        })?;
        Some(Duration::from_nanos(end(position)))
    }

    /// The longest duration of each bucket that has any, and how many it has.
    pub(crate) fn buckets(&self) -> impl Iterator<Item = (Duration, u64)> {
        let counts = self.buckets.iter().copied().enumerate().filter(|(_, count)| *count > 0);
        counts.map(|(bucket, count)| (Duration::from_nanos(end(bucket)), count))
    }

    /// The durations of both.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.add(other.buckets.iter().copied(), other.sum);
    }

    /// The durations that were counted since this earlier moment.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        let before = earlier.buckets.iter().copied().chain(std::iter::repeat(0));
        let buckets = self.buckets.iter().zip(before);
        let mut since = Self::EMPTY;
        since.add(
            buckets.map(|(now, before)| now.saturating_sub(before)),
            self.sum.saturating_sub(earlier.sum),
        );
        since
    }

    /// The buckets that have any, in the space that they need; the sum is lost.
    pub(crate) fn pack(&self) -> PackedDistribution {
        let counts = self.buckets.iter().enumerate().filter(|(_, count)| **count > 0);
        let counts = counts
            .map(|(bucket, count)| (bucket as u16, u32::try_from(*count).unwrap_or(u32::MAX)));
        PackedDistribution(counts.collect())
    }

    fn add(&mut self, counts: impl Iterator<Item = u64>, sum: u64) {
        for (bucket, count) in counts.enumerate().filter(|(_, count)| *count > 0) {
            self.add_to(bucket, count);
        }
        self.sum = self.sum.saturating_add(sum);
    }

    fn add_to(&mut self, bucket: usize, count: u64) {
        if self.buckets.len() <= bucket {
            self.buckets.resize(bucket + 1, 0);
        }
        if let Some(sum) = self.buckets.get_mut(bucket) {
            *sum += count;
        }
    }
}

impl PackedDistribution {
    /// Adds the durations to others.
    pub(crate) fn merge_into(&self, all: &mut Distribution) {
        for (bucket, count) in &self.0 {
            all.add_to(usize::from(*bucket), u64::from(*count));
        }
    }
}

#[cfg(test)]
impl Distribution {
    /// These durations.
    pub(crate) fn of(durations: impl IntoIterator<Item = Duration>) -> Self {
        let all = Durations::default();
        durations.into_iter().for_each(|duration| all.add(duration.as_nanos() as u64));
        let mut distribution = Self::EMPTY;
        all.read(&mut distribution);
        distribution
    }
}

impl Default for Distribution {
    fn default() -> Self {
        Self::EMPTY
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_duration_is_known_to_two_significant_digits(micros in 10..200_000_000_u64) {
            let duration = Duration::from_micros(micros);
            let told = Distribution::of([duration]).quantile(0.5).expect("a duration");
            prop_assert!(told >= duration, "{told:?}");
            prop_assert!(told.as_secs_f64() / duration.as_secs_f64() < 1.02, "{told:?}");
        }
    }

    #[test]
    fn what_is_shorter_or_longer_than_all_buckets_is_counted() {
        let all = Distribution::of([Duration::ZERO, Duration::from_secs(1 << 20)]);
        assert_eq!(all.count(), 2);
        assert_eq!(all.sum(), Duration::from_secs(1 << 20));
    }

    #[test]
    fn quantiles_are_of_the_durations_in_order() {
        let all = Distribution::of((1..=100).map(Duration::from_millis));
        let at = |share| all.quantile(share).map(|duration| duration.as_secs_f64() * 1000.0);
        for (share, millis) in [(0.0, 1.0), (0.5, 50.0), (0.99, 99.0), (1.0, 100.0)] {
            let told = at(share).expect("a duration");
            assert!(told / millis < 1.02 && told >= millis, "{share}: {told}");
        }
        assert_eq!(Distribution::EMPTY.quantile(0.5), None);
    }

    #[test]
    fn durations_up_to_a_bound_are_counted() {
        let all = Distribution::of((1..=10).map(Duration::from_millis));
        assert_eq!(all.at_most(Duration::from_millis(5)), 5);
        assert_eq!(all.at_most(Duration::from_secs(1 << 40)), 10);
    }

    #[test]
    fn the_durations_since_an_earlier_moment_are_the_difference() {
        let [first, second] = [5, 900].map(Duration::from_millis);
        let (before, now) = (Distribution::of([first]), Distribution::of([first, second]));
        assert_eq!(now.since(&before), Distribution::of([second]));
        let mut both = before;
        both.merge(&Distribution::of([second]));
        assert_eq!(both, now);
        let mut unpacked = Distribution::EMPTY;
        now.pack().merge_into(&mut unpacked);
        assert_eq!(unpacked.buckets, now.buckets);
    }
}
