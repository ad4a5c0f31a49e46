//! The header fields of a deprecated method: `Deprecation` (RFC 9745) and `Sunset` (RFC 8594).

use std::time::{Duration, SystemTime};

use http::{HeaderName, HeaderValue};
use wsgiservice_grammar::date::Day;

use crate::{declaration::Deprecation, http::date};

/// The fields of a method. A value that is not a date, for example a version, is only documented.
pub(crate) fn fields(deprecation: Option<Deprecation>) -> Vec<(HeaderName, HeaderValue)> {
    let Some(deprecation) = deprecation else { return Vec::new() };
    let since = deprecation.since.and_then(day).map(|since| {
        let value = HeaderValue::try_from(format!("@{}", since.as_secs()));
        (HeaderName::from_static("deprecation"), value)
    });
    let sunset = deprecation.sunset.and_then(day).map(|sunset| {
        let time = SystemTime::UNIX_EPOCH.checked_add(sunset);
        let value = date::value(time.unwrap_or(SystemTime::UNIX_EPOCH));
        (HeaderName::from_static("sunset"), Ok(value))
    });
    let fields = since.into_iter().chain(sunset);
    fields.filter_map(|(name, value)| Some((name, value.ok()?))).collect()
}

/// The time from 1970 to the start of a day, UTC.
fn day(text: &str) -> Option<Duration> {
    let days = u64::try_from(Day::parse(text)?.days_since_epoch()).ok()?;
    Some(Duration::from_secs(days * 24 * 60 * 60))
}
