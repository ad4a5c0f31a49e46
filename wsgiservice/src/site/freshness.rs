//! How long responses stay fresh (RFC 9111, sections 4.2, 5.2 and 5.3).

use std::{cell::RefCell, time::SystemTime};

use http::{HeaderMap, HeaderValue, header};

use crate::{clock::Moment, declaration::Freshness, http::date};

thread_local! {
    /// For each `max-age` of the program, what `Expires` was last: a cache. Formatting a date for each request takes 700
    /// instructions, and to read the time of day for each request 80.
    static EXPIRES: RefCell<Vec<Expires>> = const { RefCell::new(Vec::new()) };
}

/// How long the time of day is not read again, in nanoseconds: a field of whole seconds may be that late.
const PAUSE: u64 = 50_000_000;

/// A value of `Expires`.
struct Expires {
    max_age: u64,
    /// When the time of day was read.
    read: Moment,
    /// The second in which it was.
    second: u64,
    value: HeaderValue,
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
    pub(crate) fn write(&self, fields: &mut HeaderMap, now: Moment) {
        fields.insert(header::CACHE_CONTROL, self.cache_control.clone());
        fields.insert(header::EXPIRES, expires(self.max_age, now));
    }
}

/// The value of `Expires`, formatted once a second for each `max-age`. The list is short: a program has few `#[expires]`.
fn expires(max_age: u64, now: Moment) -> HeaderValue {
    EXPIRES.with_borrow_mut(|cached| {
        if let Some(expires) = cached.iter_mut().find(|expires| expires.max_age == max_age) {
            if now.nanos_since(expires.read) > PAUSE {
                expires.read_time_of_day(now);
            }
            return expires.value.clone();
        }
        let second = date::second(SystemTime::now());
        let value = format(second, max_age);
        cached.push(Expires { max_age, read: now, second, value: value.clone() });
        value
    })
}

impl Expires {
    fn read_time_of_day(&mut self, now: Moment) {
        let second = date::second(SystemTime::now());
        if second != self.second {
            self.value = format(second, self.max_age);
        }
        (self.read, self.second) = (now, second);
    }
}

fn format(second: u64, max_age: u64) -> HeaderValue {
    date::of_second(second.saturating_add(max_age))
}
