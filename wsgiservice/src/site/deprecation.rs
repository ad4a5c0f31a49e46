//! What clients are told of a method that is to go: `Deprecation` (RFC 9745) and `Sunset` (RFC 8594).

use std::time::{Duration, SystemTime};

use http::{HeaderName, HeaderValue};
use wsgiservice_grammar::date::Day;

use crate::{declaration::Deprecation, http::date};

/// The fields for a method; a day that is none, such as a version, is for the documentation alone.
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

/// The beginning of a day, since 1970.
fn day(text: &str) -> Option<Duration> {
    let days = u64::try_from(Day::parse(text)?.days_since_epoch()).ok()?;
    Some(Duration::from_secs(days * 24 * 60 * 60))
}
