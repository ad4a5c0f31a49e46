//! How many attempts of the last seconds had a response.

use tokio::time::Instant;

/// The seconds that are remembered.
const SECONDS: usize = 10;

/// The attempts that the part of good ones says something about.
const ENOUGH: u32 = 20;

/// The attempts of the last ten seconds.
#[derive(Debug, Default)]
pub(super) struct Window {
    start: Option<Instant>,
    slots: [Slot; SECONDS],
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    /// Which second since the start it counts.
    second: u64,
    good: u32,
    bad: u32,
}

impl Window {
    pub(super) fn add(&mut self, is_good: bool, now: Instant) {
        let second = self.second(now);
        let slot = &mut self.slots[second as usize % SECONDS];
        if slot.second != second {
            *slot = Slot { second, ..Slot::default() };
        }
        *(if is_good { &mut slot.good } else { &mut slot.bad }) += 1;
    }

    /// Whether less than 80 % were good, of at least 20.
    pub(super) fn is_bad(&mut self, now: Instant) -> bool {
        let (good, bad) = self.counts(now);
        good + bad >= ENOUGH && good * 5 < (good + bad) * 4
    }

    /// The part that was good.
    pub(super) fn rate(&mut self, now: Instant) -> f64 {
        let (good, bad) = self.counts(now);
        f64::from(good) / f64::from((good + bad).max(1))
    }

    fn counts(&mut self, now: Instant) -> (u32, u32) {
        let second = self.second(now);
        let recent = self.slots.iter().filter(|slot| slot.second + SECONDS as u64 > second);
        recent.fold((0, 0), |(good, bad), slot| (good + slot.good, bad + slot.bad))
    }

    fn second(&mut self, now: Instant) -> u64 {
        let start = *self.start.get_or_insert(now);
        // From ten, so that a slot that was never used is too old.
        now.saturating_duration_since(start).as_secs() + SECONDS as u64
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_older_than_ten_seconds_is_forgotten() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut window = Window::default();
        for _ in 0..20 {
            window.add(false, start);
        }
        assert!(window.is_bad(after(9)));
        assert!(!window.is_bad(after(10)));
        window.add(true, after(10));
        assert_eq!(window.rate(after(10)), 1.0);
    }
}
