//! How long a service asks to wait.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, header};

/// The longest wait.
const LONGEST: Duration = Duration::from_secs(30);

/// What `Retry-After` says (RFC 9110, section 10.2.3), at most 30 s. A date counts from that of the response.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds = value.parse().unwrap_or(u64::MAX);
        return (!value.is_empty()).then(|| Duration::from_secs(seconds).min(LONGEST));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let date = headers.get(header::DATE).and_then(|date| date.to_str().ok());
    let now = date.and_then(|date| httpdate::parse_http_date(date).ok());
    let wait = until.duration_since(now.unwrap_or_else(SystemTime::now)).ok()?;
    Some(wait.min(LONGEST))
}

/// The wait with up to 20 % more, so that clients that were sent away together do not come back together.
pub(crate) fn spread(wait: Duration) -> Duration {
    wait.mul_f64(1.0 + 0.2 * fastrand::f64())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn waits(value: &'static str) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert(header::DATE, HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT"));
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static(value));
        retry_after(&headers).map(|wait| wait.as_secs())
    }

    #[test]
    fn it_is_seconds_or_a_date() {
        assert_eq!(waits("7"), Some(7));
        assert_eq!(waits("0"), Some(0));
        assert_eq!(waits("Sun, 06 Nov 1994 08:49:47 GMT"), Some(10));
    }

    #[test]
    fn a_wait_is_thirty_seconds_at_most() {
        assert_eq!(waits("600"), Some(30));
        assert_eq!(waits("99999999999999999999999"), Some(30));
        assert_eq!(waits("Sat, 06 Nov 2094 08:49:47 GMT"), Some(30));
    }

    #[test]
    fn what_cannot_be_read_or_is_past_is_absent() {
        for value in ["", "-1", "soon", "1.5", "Sun, 06 Nov 1994 08:49:27 GMT"] {
            assert_eq!(waits(value), None, "{value}");
        }
    }
}
