//! The current time, to the second, cached.
//!
//! Every response with a lifetime needs the time. Reading it from the operating system costs about as much as writing a
//! header field, so a server stores the current second at each tick, and requests read that. Without a server, as in
//! tests or inside another server, [`now`] asks the system.
//!
//! # What the global is worth
//! It is a cache. `benches/README.md` has no figure for it alone, but one together with that of the formatted dates in
//! `site/freshness.rs`: 160 instructions per request instead of 700.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// The current second since the epoch, or 0 if nothing updates it.
static SECOND: AtomicU64 = AtomicU64::new(0);

/// How many tickers exist. The lock also orders the last reset of [`SECOND`] before the first tick of a new ticker.
static TICKERS: Mutex<usize> = Mutex::new(0);

/// Returns the current second, or the one before it.
pub(crate) fn now() -> SystemTime {
    match SECOND.load(Relaxed) {
        0 => SystemTime::now(),
        second => UNIX_EPOCH + Duration::from_secs(second),
    }
}

/// Keeps the cached second up to date: the owner calls [`tick`](Self::tick) once a second.
///
/// When the last ticker is dropped, the cache is switched off, so that it is never stale.
#[derive(Debug)]
pub(crate) struct Ticker(());

impl Ticker {
    pub(crate) fn start() -> Self {
        *tickers() += 1;
        Self(())
    }

    /// Caches the current second.
    pub(crate) fn tick(&self) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        SECOND.store(now.map_or(0, |now| now.as_secs()), Relaxed);
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        let mut tickers = tickers();
        *tickers -= 1;
        if *tickers == 0 {
            SECOND.store(0, Relaxed);
        }
    }
}

fn tickers() -> MutexGuard<'static, usize> {
    TICKERS.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cached_second_is_the_current_one() {
        let before = SystemTime::now();
        let ticker = Ticker::start();
        ticker.tick();
        let cached = now();
        assert!(cached <= SystemTime::now());
        assert!(cached + Duration::from_secs(2) > before);
    }

    #[test]
    fn the_end_of_one_ticker_leaves_the_second_of_another() {
        let (one, other) = (Ticker::start(), Ticker::start());
        other.tick();
        drop(one);
        assert_ne!(SECOND.load(Relaxed), 0);
    }
}
