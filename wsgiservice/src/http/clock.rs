//! The present time, to the second.
//!
//! To ask the system for it costs as much as to write a header field. So where there is a server, its tick tells the second
//! that it is, and whoever wants to know reads that.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// The second that was told last; 0 where nobody tells it.
static TOLD: AtomicU64 = AtomicU64::new(0);

/// The present second, or the one before it.
pub(crate) fn now() -> SystemTime {
    match TOLD.load(Relaxed) {
        0 => SystemTime::now(),
        second => UNIX_EPOCH + Duration::from_secs(second),
    }
}

/// Tells the second that it is. Whoever begins with that does it each second, and then says that it will not go on.
pub(crate) fn tell() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    TOLD.store(now.map_or(0, |now| now.as_secs()), Relaxed);
}

/// Says that nobody tells the second any more; others who do will tell the next.
pub(crate) fn forget() {
    TOLD.store(0, Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_that_was_told_is_the_present_one() {
        let before = SystemTime::now();
        tell();
        let told = now();
        forget();
        assert!(told <= SystemTime::now());
        assert!(told + Duration::from_secs(2) > before);
    }
}
