//! Quantities as people read them.

use std::time::{Duration, SystemTime};

use crate::http::date;

/// A duration in the unit that suits it.
pub(super) fn duration(duration: Duration) -> String {
    match duration.as_secs_f64() {
        seconds @ 3600.0.. => format!("{} h", short(seconds / 3600.0)),
        seconds @ 60.0.. => format!("{} min", short(seconds / 60.0)),
        seconds @ 1.0.. => format!("{} s", short(seconds)),
        seconds @ 0.001.. => format!("{} ms", short(seconds * 1e3)),
        seconds => format!("{:.0} µs", seconds * 1e6),
    }
}

/// A number of 1 or more with two significant digits, or as an integer.
fn short(number: f64) -> String {
    // What is just below 10 would be rounded to `10.0`.
    if number < 9.95 { format!("{number:.1}") } else { format!("{number:.0}") }
}

/// A number of bytes in the unit that suits it.
pub(super) fn bytes(bytes: u64) -> String {
    match bytes as f64 {
        bytes @ 1_073_741_824.0.. => format!("{:.1} GiB", bytes / f64::from(1 << 30)),
        bytes @ 1_048_576.0.. => format!("{:.1} MiB", bytes / f64::from(1 << 20)),
        bytes => format!("{:.0} KiB", bytes / 1024.0),
    }
}

/// A number with commas between its thousands.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number with up to three decimal places, and with commas between its thousands if it is an integer.
pub(super) fn decimal(value: f64) -> String {
    if value.fract() == 0.0 && (0.0..1e15).contains(&value) {
        return number(value as u64);
    }
    let text = format!("{value:.3}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// A number per second, with two significant digits or more.
pub(super) fn rate(rate: f64) -> String {
    match rate {
        0.0 => "0".to_owned(),
        10.0.. => number(rate.round() as u64),
        1.0.. => format!("{rate:.1}"),
        _ => format!("{rate:.2}"),
    }
}

/// A part of a whole in percent.
pub(super) fn percent(part: u64, whole: u64) -> String {
    match part as f64 / whole.max(1) as f64 * 100.0 {
        0.0 => "0 %".to_owned(),
        percent @ 10.0.. => format!("{percent:.0} %"),
        percent @ 0.01.. => format!("{percent:.2} %"),
        _ => "< 0.01 %".to_owned(),
    }
}

/// The time of a moment in UTC: `03:05:10`.
pub(super) fn time(at: SystemTime) -> String {
    let second = date::second(at) % 86_400;
    format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

/// A moment with its day in UTC, as `06 Nov 08:49:37`.
pub(super) fn moment(at: SystemTime) -> String {
    let date = date::value(at);
    let mut words = date.to_str().unwrap_or_default().split(' ').skip(1);
    let (day, month) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    format!("{day} {month} {}", time(at))
}

/// How long a service has been up, in two units.
pub(super) fn uptime(uptime: Duration) -> String {
    let seconds = uptime.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, ..) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn quantities_have_the_unit_that_suits_them() {
        let at = UNIX_EPOCH + Duration::from_secs(784_111_777);
        for (told, expected) in [
            (duration(Duration::from_micros(41)), "41 µs"),
            (duration(Duration::from_micros(4_100)), "4.1 ms"),
            (duration(Duration::from_micros(9_960)), "10 ms"),
            (duration(Duration::from_millis(204)), "204 ms"),
            (duration(Duration::from_secs(90)), "1.5 min"),
            (bytes(7 << 20), "7.0 MiB"),
            (bytes(2048), "2 KiB"),
            (bytes(3 << 30), "3.0 GiB"),
            (number(1_234_567), "1,234,567"),
            (number(123), "123"),
            (rate(0.0), "0"),
            (rate(0.016), "0.02"),
            (rate(1.25), "1.2"),
            (rate(1023.4), "1,023"),
            (percent(0, 0), "0 %"),
            (percent(1, 5_000), "0.02 %"),
            (percent(1, 50_000), "< 0.01 %"),
            (percent(1, 2), "50 %"),
            (time(at), "08:49:37"),
        ] {
            assert_eq!(told, expected);
        }
    }

    #[test]
    fn moments_and_uptimes_are_short() {
        let at = UNIX_EPOCH + Duration::from_secs(784_111_777);
        assert_eq!(moment(at), "06 Nov 08:49:37");
        for (seconds, expected) in
            [(59, "59 s"), (61, "1 min"), (7_300, "2 h 1 min"), (273_600, "3 d 4 h")]
        {
            assert_eq!(uptime(Duration::from_secs(seconds)), expected);
        }
    }
}
