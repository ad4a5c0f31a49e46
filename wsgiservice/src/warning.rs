//! What clients cause as often as they like is logged at most once a minute.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// The time between two lines.
const PAUSE: Duration = Duration::from_secs(60);

/// When it was last logged.
#[derive(Debug, Default)]
pub(crate) struct Warning(Mutex<Option<Instant>>);

impl Warning {
    /// Whether to log it now.
    pub(crate) fn is_due(&self) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = last.is_none_or(|last| last.elapsed() >= PAUSE);
        if is_due {
            *last = Some(Instant::now());
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_is_not_repeated_at_once() {
        let warning = Warning::default();
        assert!(warning.is_due());
        assert!(!warning.is_due());
    }
}
