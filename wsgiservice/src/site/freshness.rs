//! How long responses stay fresh (RFC 9111, sections 4.2, 5.2 and 5.3).

use std::{cell::RefCell, time::SystemTime};

use http::{HeaderMap, HeaderValue, header};

use crate::{declaration::Freshness, http::date};

thread_local! {
    /// For each `max-age` of the program, the second in which `Expires` was formatted last, and its value: a cache. With
    /// it, [`Lifetime::write`] takes 130 instructions besides its inserts; formatting a date for each request takes 700.
    static EXPIRES: RefCell<Vec<(u64, u64, HeaderValue)>> = const { RefCell::new(Vec::new()) };
}

/// The freshness of an operation's responses, as header values.
#[derive(Debug)]
pub(crate) struct Lifetime {
    cache_control: HeaderValue,
    max_age: u64,
}

impl Lifetime {
    pub(crate) fn new(freshness: &Freshness) -> Self {
        Self {
            cache_control: HeaderValue::from_static(freshness.cache_control),
            max_age: freshness.max_age,
        }
    }

    /// Sets `Cache-Control` and a matching `Expires`.
    pub(crate) fn write(&self, fields: &mut HeaderMap) {
        fields.insert(header::CACHE_CONTROL, self.cache_control.clone());
        fields.insert(header::EXPIRES, expires(self.max_age));
    }
}

/// The value of `Expires`, formatted once a second for each `max-age`. The list is short: a program has few `#[expires]`.
fn expires(max_age: u64) -> HeaderValue {
    let second = date::second(SystemTime::now());
    EXPIRES.with_borrow_mut(|cached| {
        if let Some((_, at, value)) = cached.iter_mut().find(|(age, ..)| *age == max_age) {
            if *at != second {
                (*at, *value) = (second, format(second, max_age));
            }
            return value.clone();
        }
        let value = format(second, max_age);
        cached.push((max_age, second, value.clone()));
        value
    })
}

fn format(second: u64, max_age: u64) -> HeaderValue {
    date::of_second(second.saturating_add(max_age))
}
