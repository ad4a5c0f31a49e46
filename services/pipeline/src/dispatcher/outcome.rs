//! What a response to a delivery means.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode, header};
use wsgiservice_client::{Error, ErrorKind};

use super::schedule::{self, Tries};
use crate::spool::DeliveryResult;

/// What a delivery was sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Service,
    Url,
}

/// What a response means.
pub(crate) fn of_response(
    kind: Kind,
    status: StatusCode,
    fields: &HeaderMap,
    tries: Tries,
    now: i64,
) -> DeliveryResult {
    match status {
        _ if status.is_success() => DeliveryResult::Done,
        StatusCode::GONE if kind == Kind::Url => {
            DeliveryResult::SwitchedOff("it responded 410 (Gone)".to_owned())
        }
        // What the message is about is gone.
        StatusCode::GONE => DeliveryResult::Done,
        StatusCode::BAD_REQUEST
        | StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::UNSUPPORTED_MEDIA_TYPE
        | StatusCode::UNPROCESSABLE_ENTITY => DeliveryResult::Dead,
        _ => schedule::after(tries, retry_after(fields), now),
    }
}

/// What a call without a response means.
pub(crate) fn of_error(error: &Error, tries: Tries, now: i64) -> DeliveryResult {
    match error.kind() {
        // The user was removed, and with that what the message is about.
        ErrorKind::Unresolved if error.status() == Some(StatusCode::GONE) => {
            DeliveryResult::Dropped
        }
        ErrorKind::InvalidRequest => DeliveryResult::Dead,
        _ => schedule::after(tries, None, now),
    }
}

/// How long a listener asks to wait (RFC 9110, section 10.2.3).
fn retry_after(fields: &HeaderMap) -> Option<Duration> {
    let value = fields.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // What does not fit is longer than anything.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    httpdate::parse_http_date(value).ok()?.duration_since(SystemTime::now()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(kind: Kind, status: u16) -> &'static str {
        let tries = Tries { tries: 1, most: 20, first: 0 };
        let status = StatusCode::from_u16(status).expect("a status");
        match of_response(kind, status, &HeaderMap::new(), tries, 0) {
            DeliveryResult::Done => "done",
            DeliveryResult::Dead => "dead",
            DeliveryResult::Dropped => "dropped",
            DeliveryResult::SwitchedOff(_) => "off",
            DeliveryResult::Later(_) => "later",
        }
    }

    #[test]
    fn a_status_says_what_comes_of_a_delivery() {
        for status in [200, 201, 202, 204] {
            assert_eq!(result(Kind::Service, status), "done", "{status}");
            assert_eq!(result(Kind::Url, status), "done", "{status}");
        }
        for status in [400, 413, 415, 422] {
            assert_eq!(result(Kind::Service, status), "dead", "{status}");
            assert_eq!(result(Kind::Url, status), "dead", "{status}");
        }
        for status in [301, 308, 401, 403, 404, 405, 408, 409, 421, 423, 429, 500, 502, 503, 504] {
            assert_eq!(result(Kind::Service, status), "later", "{status}");
            assert_eq!(result(Kind::Url, status), "later", "{status}");
        }
        assert_eq!(result(Kind::Service, 410), "done");
        assert_eq!(result(Kind::Url, 410), "off");
    }

    #[test]
    fn a_wait_is_seconds_or_a_date() {
        let asked = |value: &str| {
            let mut fields = HeaderMap::new();
            fields.insert(header::RETRY_AFTER, value.parse().expect("a value"));
            retry_after(&fields)
        };
        assert_eq!(asked("7"), Some(Duration::from_secs(7)));
        let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(100));
        assert!(asked(&date).is_some_and(|wait| (90..=100).contains(&wait.as_secs())));
        assert_eq!(asked("Sun, 06 Nov 1994 08:49:37 GMT"), None);
        for wrong in ["soon", "", "-5", "+5"] {
            assert_eq!(asked(wrong), None, "{wrong}");
        }
        assert_eq!(asked("99999999999999999999999"), Some(Duration::from_secs(u64::MAX)));
    }
}
