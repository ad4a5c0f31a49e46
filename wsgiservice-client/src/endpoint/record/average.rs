//! The average time to the head of a response.

use std::time::Duration;

use tokio::time::Instant;

/// The time after which an old sample counts nothing.
const DECAY: Duration = Duration::from_secs(10);

/// An average that goes up at once, and down as its samples get old ("peak EWMA").
#[derive(Debug)]
pub(super) struct Average {
    seconds: f64,
    at: Instant,
}

impl Average {
    pub(super) fn new(sample: Duration, now: Instant) -> Self {
        Self { seconds: sample.as_secs_f64(), at: now }
    }

    pub(super) fn add(&mut self, sample: Duration, now: Instant) {
        let (sample, kept) = (sample.as_secs_f64(), self.kept(now));
        let mixed = self.seconds * kept + sample * (1.0 - kept);
        self.seconds = mixed.max(sample);
        self.at = now;
    }

    /// Goes up to a sample that would have been greater.
    pub(super) fn raise(&mut self, sample: Duration, now: Instant) {
        if sample.as_secs_f64() > self.at(now) {
            self.seconds = sample.as_secs_f64();
            self.at = now;
        }
    }

    /// The average in seconds, at this time.
    pub(super) fn at(&self, now: Instant) -> f64 {
        self.seconds * self.kept(now)
    }

    /// The part of the average that its age leaves.
    fn kept(&self, now: Instant) -> f64 {
        let age = now.saturating_duration_since(self.at).as_secs_f64();
        (1.0 - age / DECAY.as_secs_f64()).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(average: &Average, at: Instant) -> u64 {
        (average.at(at) * 1000.0).round() as u64
    }

    #[test]
    fn it_goes_up_at_once_and_down_in_ten_seconds() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut average = Average::new(Duration::from_millis(100), start);
        average.add(Duration::from_millis(900), start);
        assert_eq!(seconds(&average, start), 900);
        assert_eq!(seconds(&average, after(5)), 450);
        assert_eq!(seconds(&average, after(10)), 0);
        assert_eq!(seconds(&average, after(99)), 0);

        average.add(Duration::from_millis(100), after(5));
        assert_eq!(seconds(&average, after(5)), 500);
        average.raise(Duration::from_millis(200), after(5));
        assert_eq!(seconds(&average, after(5)), 500);
        average.raise(Duration::from_millis(700), after(5));
        assert_eq!(seconds(&average, after(5)), 700);
    }
}
