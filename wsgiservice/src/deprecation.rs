//! What clients are told of a method that is to go: `Deprecation` (RFC 9745) and `Sunset` (RFC 8594).

use std::time::{Duration, SystemTime};

use http::{HeaderName, HeaderValue};
use jiff::{civil::Date, tz::Offset};

use crate::{descriptor::Deprecation, fields::http_date};

/// The fields for a method; a day that is none, such as a version, is for the documentation alone.
pub(crate) fn fields(deprecation: Option<Deprecation>) -> Vec<(HeaderName, HeaderValue)> {
    let Some(deprecation) = deprecation else { return Vec::new() };
    let since = deprecation.since.and_then(day).map(|since| {
        let value = HeaderValue::try_from(format!("@{}", since.as_secs()));
        (HeaderName::from_static("deprecation"), value)
    });
    let sunset = deprecation.sunset.and_then(day).map(|sunset| {
        let time = SystemTime::UNIX_EPOCH.checked_add(sunset);
        let value = http_date::value(time.unwrap_or(SystemTime::UNIX_EPOCH));
        (HeaderName::from_static("sunset"), Ok(value))
    });
    let fields = since.into_iter().chain(sunset);
    fields.filter_map(|(name, value)| Some((name, value.ok()?))).collect()
}

/// The beginning of a day, since 1970.
fn day(text: &str) -> Option<Duration> {
    let day: Date = text.parse().ok()?;
    let begin = Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()?;
    u64::try_from(begin.as_second()).ok().map(Duration::from_secs)
}
