//! The time of a service.

use std::{
    ops::ControlFlow,
    time::{Duration, UNIX_EPOCH},
};

use wsgiservice::server::Stopping;

/// Returns the time in milliseconds since 1970, in UTC.
///
/// Under the feature `test-clock`, the file that `WSGISERVICE_TEST_CLOCK` names has a number of milliseconds that are added.
///
/// ```
/// assert!(test_hooks::now() > 1_700_000_000_000);
/// ```
#[must_use]
pub fn now() -> i64 {
    let elapsed = UNIX_EPOCH.elapsed().unwrap_or_default();
    i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX).saturating_add(offset())
}

/// Calls a function at once and then once in each period, until the server stops or the function breaks.
///
/// A period that passes on the test clock passes at once.
pub async fn every<F>(period: Duration, stopping: &Stopping, mut work: impl FnMut() -> F)
where
    F: Future<Output = ControlFlow<()>>,
{
    let length = i64::try_from(period.as_millis()).unwrap_or(i64::MAX);
    while work().await.is_continue() {
        let end = now().saturating_add(length);
        loop {
            let left = end.saturating_sub(now());
            if left <= 0 {
                break;
            }
            let left = Duration::from_millis(left.unsigned_abs());
            if !stopping.pause(left.min(LONGEST_PAUSE)).await {
                return;
            }
        }
        if stopping.is_requested() {
            return;
        }
    }
}

/// How long the clock is not looked at.
#[cfg(feature = "test-clock")]
const LONGEST_PAUSE: Duration = Duration::from_millis(100);
#[cfg(not(feature = "test-clock"))]
const LONGEST_PAUSE: Duration = Duration::MAX;

#[cfg(feature = "test-clock")]
fn offset() -> i64 {
    let offset = std::env::var_os("WSGISERVICE_TEST_CLOCK").map(std::fs::read_to_string);
    offset.and_then(|text| text.ok()?.trim().parse().ok()).unwrap_or(0)
}

#[cfg(not(feature = "test-clock"))]
fn offset() -> i64 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_work_is_done_again_until_it_breaks() {
        let mut times = 0;
        every(Duration::ZERO, &Stopping::default(), || {
            times += 1;
            let is_last = times == 3;
            async move { if is_last { ControlFlow::Break(()) } else { ControlFlow::Continue(()) } }
        })
        .await;
        assert_eq!(times, 3);
    }

    #[tokio::test]
    async fn the_work_ends_when_the_server_stops() {
        let (stopping, mut times) = (Stopping::default(), 0);
        every(Duration::from_secs(3600), &stopping.clone(), || {
            times += 1;
            stopping.request();
            async { ControlFlow::Continue(()) }
        })
        .await;
        assert_eq!(times, 1);
    }
}
