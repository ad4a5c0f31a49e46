//! The clock by which requests are measured. It is read twice for each of them, so it has to be cheap.

/// A moment, in nanoseconds since another one that is the same for the whole process. To subtract two of them takes one
/// instruction; to subtract two `Instant`s takes forty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(u64);

impl Moment {
    #[cfg(target_os = "linux")]
    #[inline]
    pub(crate) fn now() -> Self {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        Self((time.tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add(time.tv_nsec as u64))
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn now() -> Self {
        use std::{sync::LazyLock, time::Instant};

        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        Self(u64::try_from(START.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    /// How many nanoseconds it is after an earlier moment.
    #[inline]
    pub(crate) fn nanos_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_passes() {
        let (first, second) = (Moment::now(), Moment::now());
        assert!(first <= second);
        assert_eq!(first.nanos_since(second), 0);
    }
}
