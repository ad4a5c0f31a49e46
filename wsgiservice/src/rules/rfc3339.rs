//! Dates and times as RFC 3339 writes them, section 5.6, no more and no less; and those without an offset, as HTML does.
//!
//! Libraries read more: ISO 8601's short forms, names of time zones, and years of more than four digits. A service that
//! passes the text on would pass those on, too.

use wsgiservice_grammar::date::Day;

/// Whether a text is a `date-time`.
pub(crate) fn is_date_time(text: &str) -> bool {
    let Some((date, rest)) = text.split_at_checked(10) else { return false };
    let Some((separator, time)) = rest.split_at_checked(1) else { return false };
    is_date(date) && matches!(separator, "T" | "t") && is_time(time)
}

/// Whether a text is a `full-date`.
pub(crate) fn is_date(text: &str) -> bool {
    Day::parse(text).is_some()
}

/// Whether a text is a `full-time`, which has an offset.
pub(crate) fn is_time(text: &str) -> bool {
    let Some((time, offset)) = partial_time(text) else { return false };
    let Some(offset) = offset_minutes(offset) else { return false };
    let minute_of_day = time.hour * 60 + time.minute - offset;
    // A leap second is the last one of a day in UTC (appendix D).
    time.second < 60 || minute_of_day.rem_euclid(24 * 60) == 24 * 60 - 1
}

/// Whether a text is a time without an offset, whose seconds may be left out, as HTML's `<input type=time>` does.
#[cfg_attr(not(feature = "jiff"), allow(dead_code))]
pub(crate) fn is_local_time(text: &str) -> bool {
    let whole = if text.len() == 5 { format!("{text}:00") } else { text.to_owned() };
    partial_time(&whole).is_some_and(|(time, rest)| time.second < 60 && rest.is_empty())
}

/// Whether a text is a date and a time without an offset, as HTML's `<input type=datetime-local>` sends it.
#[cfg_attr(not(feature = "jiff"), allow(dead_code))]
pub(crate) fn is_local_date_time(text: &str) -> bool {
    let Some((date, rest)) = text.split_at_checked(10) else { return false };
    is_date(date) && rest.strip_prefix(['T', 't', ' ']).is_some_and(is_local_time)
}

struct Time {
    hour: i32,
    minute: i32,
    second: i32,
}

/// The `partial-time` at the start of a text, and what follows it.
fn partial_time(text: &str) -> Option<(Time, &str)> {
    let (time, rest) = text.split_at_checked(8)?;
    let &[h1, h2, b':', m1, m2, b':', s1, s2] = time.as_bytes() else { return None };
    let hour = two_digits(h1, h2).filter(|hour| *hour < 24)?;
    let minute = two_digits(m1, m2).filter(|minute| *minute < 60)?;
    let second = two_digits(s1, s2).filter(|second| *second <= 60)?;
    let rest = match rest.strip_prefix('.') {
        None => rest,
        Some(fraction) => {
            let rest = fraction.trim_start_matches(|digit: char| digit.is_ascii_digit());
            (rest.len() < fraction.len()).then_some(rest)?
        }
    };
    Some((Time { hour, minute, second }, rest))
}

/// The minutes of a `time-offset`.
fn offset_minutes(text: &str) -> Option<i32> {
    match text.as_bytes() {
        b"Z" | b"z" => Some(0),
        &[sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let hours = two_digits(h1, h2).filter(|hours| *hours < 24)?;
            let minutes = two_digits(m1, m2).filter(|minutes| *minutes < 60)?;
            let minutes = hours * 60 + minutes;
            Some(if sign == b'-' { -minutes } else { minutes })
        }
        _ => None,
    }
}

fn two_digits(tens: u8, ones: u8) -> Option<i32> {
    let digit = |digit: u8| digit.is_ascii_digit().then(|| i32::from(digit - b'0'));
    Some(digit(tens)? * 10 + digit(ones)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_time_is_that_of_rfc_3339() {
        for text in [
            "2026-11-24T12:00:00Z",
            "2026-11-24t12:00:00z",
            "2026-11-24T12:00:00.123456789012Z",
            "2026-11-24T12:00:00+02:00",
            "2026-11-24T12:00:00-00:00",
            "9999-12-31T23:59:59Z",
            "0000-01-01T00:00:00Z",
            "1998-12-31T23:59:60Z",
            "1998-12-31T15:59:60.5-08:00",
        ] {
            assert!(is_date_time(text), "{text}");
        }
        for text in [
            "20261124T120000Z",
            "2026-11-24T12Z",
            "2026-11-24T12:00Z",
            "2026-11-24 12:00:00Z",
            "2026-11-24T12:00:00",
            "2026-11-24T12:00:00,5Z",
            "2026-11-24T12:00:00.Z",
            "2026-11-24T12:00:00+0200",
            "2026-11-24T12:00:00+24:00",
            "+002026-11-24T12:00:00Z",
            "2026-11-24T12:00:00-05[America/New_York]",
            "2026-11-24T12:00:00-05:00[America/New_York]",
            "2026-02-29T12:00:00Z",
            "2026-11-24T24:00:00Z",
            "1998-12-31T23:58:60Z",
            "1998-12-31T23:59:60+01:00",
            "2026-11-24T12:00:00Zé",
            "2026-11-2éT12:00:00Z",
            "",
        ] {
            assert!(!is_date_time(text), "{text}");
        }
    }

    #[test]
    fn a_time_has_an_offset() {
        for text in ["12:30:00Z", "12:30:00.5+02:00", "23:59:60Z"] {
            assert!(is_time(text), "{text}");
        }
        for text in ["12", "12:30", "12:30:00", "12:30Z", "25:00:00Z", "22:59:60Z"] {
            assert!(!is_time(text), "{text}");
        }
    }

    #[test]
    fn a_date_is_a_full_date() {
        assert!(is_date("2028-02-29") && is_date("0000-02-29"));
        assert!(!is_date("20280229") && !is_date("2026-02-29") && !is_date("2026-1-1"));
    }

    #[test]
    fn a_local_time_is_that_of_html() {
        for text in ["12:30", "12:30:00", "12:30:00.5"] {
            assert!(is_local_time(text), "{text}");
            assert!(is_local_date_time(&format!("2026-11-24T{text}")), "{text}");
        }
        for text in ["12", "12:30:60", "12:30:00Z", "T12:30", "é2:3", ""] {
            assert!(!is_local_time(text), "{text}");
        }
        assert!(!is_local_date_time("2026-11-24"));
    }
}
