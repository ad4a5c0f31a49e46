//! Times, in milliseconds since 1970, and as RFC 3339 writes them.

use std::time::Duration;

use jiff::Timestamp;

/// A time in milliseconds, as RFC 3339 writes it.
pub(crate) fn text(milliseconds: i64) -> String {
    let time = Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX);
    time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// A duration in milliseconds.
pub(crate) fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
