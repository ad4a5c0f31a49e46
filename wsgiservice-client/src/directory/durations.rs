//! How long the responses of a service take.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// The responses that are remembered.
const KEPT: usize = 256;

/// The responses without which nothing is known.
const ENOUGH: usize = 100;

/// The times to the heads of the last responses, in microseconds.
#[derive(Debug, Default)]
pub(crate) struct Durations(Mutex<Ring>);

#[derive(Debug, Default)]
struct Ring {
    micros: Vec<u32>,
    next: usize,
}

impl Durations {
    pub(crate) fn add(&self, duration: Duration) {
        let micros = u32::try_from(duration.as_micros()).unwrap_or(u32::MAX);
        let mut ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let next = ring.next;
        match ring.micros.get_mut(next) {
            Some(oldest) => *oldest = micros,
            None => ring.micros.push(micros),
        }
        ring.next = (next + 1) % KEPT;
    }

    /// The time that 95 % of the responses did not exceed.
    pub(crate) fn p95(&self) -> Option<Duration> {
        let mut micros = self.0.lock().unwrap_or_else(PoisonError::into_inner).micros.clone();
        if micros.len() < ENOUGH {
            return None;
        }
        let rank = micros.len() * 95 / 100;
        let (_, p95, _) = micros.select_nth_unstable(rank);
        Some(Duration::from_micros((*p95).into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_responses_decide() {
        let durations = Durations::default();
        for _ in 0..99 {
            durations.add(Duration::from_secs(9));
        }
        assert_eq!(durations.p95(), None);
        for millis in 1..=256 {
            durations.add(Duration::from_millis(millis));
        }
        assert_eq!(durations.p95(), Some(Duration::from_millis(244)));
    }
}
