//! When a delivery is tried again, and when no more.

use std::time::Duration;

use crate::{spool::DeliveryResult, time};

/// The first wait, at most; each further one is twice as long, up to the second.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_hours(1));

/// How long a delivery is tried: a listener knows its key for longer.
const LONGEST: Duration = Duration::from_hours(24);

/// How far a delivery has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tries {
    /// How many attempts there were, with the last one.
    pub(crate) tries: i64,
    /// How many there may be.
    pub(crate) most: i64,
    /// When the first one began.
    pub(crate) first: i64,
}

/// What comes of a delivery whose last attempt has failed, and perhaps said how long to wait.
pub(crate) fn after(tries: Tries, asked: Option<Duration>, now: i64) -> DeliveryResult {
    if tries.tries >= tries.most || is_over(tries.first, now) {
        return DeliveryResult::Dead;
    }
    let wait = longest_pause(tries.tries).mul_f64(fastrand::f64());
    let wait = wait.max(asked.unwrap_or_default()).min(PAUSES.1);
    DeliveryResult::Later(now.saturating_add(time::milliseconds(wait)))
}

/// Whether the first attempt was too long ago for another one.
pub(crate) fn is_over(first: i64, now: i64) -> bool {
    now.saturating_sub(first) >= time::milliseconds(LONGEST)
}

fn longest_pause(tries: i64) -> Duration {
    let doublings = u32::try_from(tries.saturating_sub(1)).unwrap_or_default().min(20);
    PAUSES.0.saturating_mul(1 << doublings).min(PAUSES.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000_000;

    /// The wait after so many attempts, in milliseconds.
    fn wait(tries: i64, asked: Option<Duration>) -> i64 {
        match after(Tries { tries, most: 100, first: NOW }, asked, NOW) {
            DeliveryResult::Later(due) => due - NOW,
            result => panic!("{result:?}"),
        }
    }

    #[test]
    fn a_wait_is_random_up_to_twice_the_one_before() {
        for (tries, longest) in [(1, 1_000), (2, 2_000), (5, 16_000), (12, 2_048_000)] {
            let waits: Vec<_> = (0..200).map(|_| wait(tries, None)).collect();
            assert!(waits.iter().all(|wait| (0..=longest).contains(wait)), "{tries}");
            assert!(waits.iter().any(|wait| *wait > longest / 2), "{tries}");
            assert!(waits.iter().any(|wait| *wait < longest / 2), "{tries}");
        }
        assert!((13..100).all(|tries| wait(tries, None) <= 3_600_000));
    }

    #[test]
    fn what_a_listener_asks_for_is_honoured_up_to_an_hour() {
        assert!((7_000..=8_000).contains(&wait(1, Some(Duration::from_secs(7)))));
        assert_eq!(wait(1, Some(Duration::from_hours(48))), 3_600_000);
    }

    #[test]
    fn a_delivery_is_dead_after_its_attempts_or_a_day() {
        let tries = |tries, first| after(Tries { tries, most: 20, first }, None, NOW);
        assert!(matches!(tries(19, NOW), DeliveryResult::Later(_)));
        assert_eq!(tries(20, NOW), DeliveryResult::Dead);
        assert!(matches!(tries(1, NOW - 86_399_999), DeliveryResult::Later(_)));
        assert_eq!(tries(1, NOW - 86_400_000), DeliveryResult::Dead);
    }
}
