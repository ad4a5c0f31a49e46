//! For how long an answer stays fresh (RFC 9111, sections 4.2, 5.2 and 5.3).

use std::{
    cell::RefCell,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use http::{HeaderMap, HeaderValue, header};

use crate::{descriptor::Freshness, fields::http_date};

thread_local! {
    /// `Expires` for each lifetime that the program knows, and the second it was formatted in.
    static EXPIRES: RefCell<Vec<(u64, u64, HeaderValue)>> = const { RefCell::new(Vec::new()) };
}

/// Writes `Cache-Control` and a matching `Expires`; a response that has a `Cache-Control` of its own keeps it.
pub(crate) fn write(freshness: &Freshness, fields: &mut HeaderMap) {
    if fields.contains_key(header::CACHE_CONTROL) {
        return;
    }
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static(freshness.cache_control));
    fields.insert(header::EXPIRES, expires(freshness.max_age));
}

/// A date is formatted once a second for each lifetime; there are as many as the program has `#[expires]`.
fn expires(max_age: u64) -> HeaderValue {
    let now = SystemTime::now();
    let second = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    EXPIRES.with_borrow_mut(|known| {
        if let Some((_, at, value)) = known.iter_mut().find(|(age, ..)| *age == max_age) {
            if *at != second {
                (*at, *value) = (second, format(now, max_age));
            }
            return value.clone();
        }
        let value = format(now, max_age);
        known.push((max_age, second, value.clone()));
        value
    })
}

fn format(now: SystemTime, max_age: u64) -> HeaderValue {
    http_date::value(now.checked_add(Duration::from_secs(max_age)).unwrap_or(now))
}
