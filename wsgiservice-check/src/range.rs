//! Ranges, as the guidelines of the Monitoring Plugins have them.

use std::{fmt, str::FromStr};

/// What a value may be: `[@][START:][END]`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Range {
    /// As it was written, which is also its form in performance data.
    text: String,
    start: f64,
    end: f64,
    /// Whether values in the range are the alarming ones.
    is_inverted: bool,
}

/// The error for text that is not a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a range such as 10, 10:, ~:10, 10:20 or @10:20")]
pub(crate) struct InvalidRange;

impl Range {
    /// Whether a value is a reason for an alarm.
    pub(crate) fn alerts(&self, value: f64) -> bool {
        (self.start..=self.end).contains(&value) == self.is_inverted
    }
}

impl FromStr for Range {
    type Err = InvalidRange;

    fn from_str(text: &str) -> Result<Self, InvalidRange> {
        let (is_inverted, range) = match text.strip_prefix('@') {
            Some(range) => (true, range),
            None => (false, text),
        };
        let (start, end) = range.split_once(':').unwrap_or(("", range));
        let start = match start {
            "~" => f64::NEG_INFINITY,
            "" => 0.0,
            start => number(start)?,
        };
        let end = match end {
            // Something has to be said.
            "" if range.trim_start_matches(':').is_empty() => return Err(InvalidRange),
            "" => f64::INFINITY,
            end => number(end)?,
        };
        if start > end {
            return Err(InvalidRange);
        }
        Ok(Self { text: text.to_owned(), start, end, is_inverted })
    }
}

/// A plain decimal.
fn number(text: &str) -> Result<f64, InvalidRange> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"-.".contains(&byte));
    text.parse().ok().filter(|_| is_plain).ok_or(InvalidRange)
}

impl fmt::Display for Range {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_alerts_as_the_guidelines_say() {
        for (range, alerting, quiet) in [
            ("10", &[-0.1, 10.1][..], &[0.0, 10.0][..]),
            ("10:", &[9.9], &[10.0, 1e9]),
            ("~:10", &[10.1], &[-1e9, 10.0]),
            ("10:20", &[9.9, 20.1], &[10.0, 20.0]),
            ("@10:20", &[10.0, 20.0], &[9.9, 20.1]),
            ("@~:-1.5", &[-1.5, -9.0], &[-1.4]),
            ("~:", &[], &[-1e9, 1e9]),
            (":5", &[-0.1, 5.1], &[0.0]),
            ("0.5", &[0.51], &[0.5]),
            ("-5:-1", &[0.0], &[-3.0]),
        ] {
            let range: Range = range.parse().expect(range);
            alerting.iter().for_each(|value| assert!(range.alerts(*value), "{range} {value}"));
            quiet.iter().for_each(|value| assert!(!range.alerts(*value), "{range} {value}"));
        }
    }

    #[test]
    fn all_else_is_refused() {
        for text in [
            "", "@", ":", "@:", "a", "1e3", "inf", "~", "10:~", "20:10", "-1", "1:2:3", "1,5",
            " 1", "+1", "1 ", "@@1", "--1", "NaN:",
        ] {
            assert_eq!(text.parse::<Range>(), Err(InvalidRange), "{text}");
        }
    }
}
