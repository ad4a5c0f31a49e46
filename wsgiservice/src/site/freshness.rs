//! For how long an answer stays fresh (RFC 9111, sections 4.2, 5.2 and 5.3).

use std::{
    cell::RefCell,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use http::{HeaderMap, HeaderValue, header};

use crate::{
    declaration::Freshness,
    http::{clock, date},
};

thread_local! {
    /// `Expires` for each lifetime that the program knows, and the second it was formatted in.
    static EXPIRES: RefCell<Vec<(u64, u64, HeaderValue)>> = const { RefCell::new(Vec::new()) };
}

/// The freshness of an operation's answers, prepared.
#[derive(Debug)]
pub(crate) struct Lifetime {
    cache_control: HeaderValue,
    max_age: u64,
    /// What else the answers depend on.
    pub(crate) vary: Vec<HeaderValue>,
}

impl Lifetime {
    pub(crate) fn new(freshness: &Freshness) -> Self {
        let vary = freshness.vary.iter().filter_map(|name| HeaderValue::from_str(name).ok());
        Self {
            cache_control: HeaderValue::from_static(freshness.cache_control),
            max_age: freshness.max_age,
            vary: vary.collect(),
        }
    }

    /// Writes `Cache-Control` and a matching `Expires`.
    pub(crate) fn write(&self, fields: &mut HeaderMap) {
        fields.insert(header::CACHE_CONTROL, self.cache_control.clone());
        fields.insert(header::EXPIRES, expires(self.max_age));
    }
}

/// A date is formatted once a second for each lifetime; there are as many as the program has `#[expires]`.
fn expires(max_age: u64) -> HeaderValue {
    let now = clock::now();
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
    date::value(now.checked_add(Duration::from_secs(max_age)).unwrap_or(now))
}
