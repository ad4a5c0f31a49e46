//! Dates (RFC 9110, section 5.6.7).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderValue;

/// The last second of the year 9999, the latest that HTTP can express.
const LAST: u64 = 253_402_300_799;

/// Parses the date of a field; a field with several lines or a malformed date is ignored.
pub(crate) fn parse<'v>(values: impl IntoIterator<Item = &'v HeaderValue>) -> Option<SystemTime> {
    let mut values = values.into_iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    httpdate::parse_http_date(value.to_str().ok()?).ok()
}

/// Formats a time as a field value.
pub(crate) fn value(time: SystemTime) -> HeaderValue {
    of_second(second(time))
}

/// The second of a time since the epoch, which is 0 for earlier times.
pub(crate) fn second(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Formats a second since the epoch as a field value.
pub(crate) fn of_second(second: u64) -> HeaderValue {
    let text = httpdate::fmt_http_date(of_epoch(second));
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("Thu, 01 Jan 1970 00:00:00 GMT"))
}

/// Limits a time to the present and to what HTTP can express (RFC 9110, section 8.8.2.1).
pub(crate) fn not_future(time: SystemTime) -> SystemTime {
    whole_seconds(time.min(SystemTime::now()))
}

/// Limits a time to what HTTP can express: whole seconds, from 1970 to 9999.
pub(crate) fn whole_seconds(time: SystemTime) -> SystemTime {
    of_epoch(second(time))
}

fn of_epoch(second: u64) -> SystemTime {
    UNIX_EPOCH.checked_add(Duration::from_secs(second.min(LAST))).unwrap_or(UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &'static str) -> Option<SystemTime> {
        parse([&HeaderValue::from_static(text)])
    }

    #[test]
    fn all_three_formats_are_read() {
        let expected = Some(UNIX_EPOCH + Duration::from_secs(784_111_777));
        assert_eq!(parsed("Sun, 06 Nov 1994 08:49:37 GMT"), expected);
        assert_eq!(parsed("Sunday, 06-Nov-94 08:49:37 GMT"), expected);
        assert_eq!(parsed("Sun Nov  6 08:49:37 1994"), expected);
    }

    #[test]
    fn two_lines_are_ignored() {
        let date = HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(parse([&date, &date]), None);
    }

    #[test]
    fn times_outside_the_range_of_http_are_clamped() {
        assert_eq!(value(UNIX_EPOCH - Duration::from_secs(1)), "Thu, 01 Jan 1970 00:00:00 GMT");
        let far = UNIX_EPOCH + Duration::from_secs(LAST + 1);
        assert_eq!(value(far), "Fri, 31 Dec 9999 23:59:59 GMT");
    }

    proptest! {
        #[test]
        fn a_written_date_is_read_back(seconds in 0..=LAST) {
            let time = UNIX_EPOCH + Duration::from_secs(seconds);
            prop_assert_eq!(parse([&value(time)]), Some(time));
        }
    }
}
