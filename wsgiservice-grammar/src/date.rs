//! Days of the calendar, for the attribute `sunset`.

use std::fmt;

/// A day of the Gregorian calendar, which is extended to the years before its introduction (ISO 8601).
///
/// ```
/// use wsgiservice_grammar::date::Day;
///
/// let today = Day::parse("2027-02-28").expect("a day");
/// let tomorrow = Day::parse("2027-03-01").expect("a day");
///
/// assert!(today < tomorrow);
/// assert_eq!(tomorrow.days_since_epoch() - today.days_since_epoch(), 1);
/// assert_eq!(Day::parse("2027-02-29"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    year: u16,
    month: u8,
    day: u8,
}

impl Day {
    /// Parses a day of the years 0000 to 9999, which is written `YYYY-MM-DD` (RFC 3339, section 5.6: `full-date`).
    ///
    /// ```
    /// # use wsgiservice_grammar::date::Day;
    /// assert!(Day::parse("2028-02-29").is_some());
    /// assert_eq!(Day::parse("2027-2-1"), None);
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else { return None };
        let year = number(&[y1, y2, y3, y4])?;
        let month = u8::try_from(number(&[m1, m2])?).ok()?;
        let day = u8::try_from(number(&[d1, d2])?).ok()?;
        let is_day = (1..=days_in_month(year, month)).contains(&day);
        is_day.then_some(Self { year, month, day })
    }

    /// The number of days since 1970-01-01, which is negative for a day before.
    ///
    /// ```
    /// # use wsgiservice_grammar::date::Day;
    /// let days = |text| Day::parse(text).map(Day::days_since_epoch);
    /// assert_eq!(days("1970-01-01"), Some(0));
    /// assert_eq!(days("1969-12-31"), Some(-1));
    /// assert_eq!(days("2000-01-01"), Some(10_957));
    /// ```
    #[must_use]
    pub fn days_since_epoch(self) -> i64 {
        let years = i64::from(self.year) - 1;
        let leap_days = years.div_euclid(4) - years.div_euclid(100) + years.div_euclid(400);
        let months = (1..self.month).map(|month| i64::from(days_in_month(self.year, month)));
        let days_since_year_1 =
            years * 365 + leap_days + months.sum::<i64>() + i64::from(self.day) - 1;
        days_since_year_1 - DAYS_FROM_YEAR_1_TO_1970
    }
}

impl fmt::Display for Day {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

const DAYS_FROM_YEAR_1_TO_1970: i64 = 719_162;

/// The number of at most four decimal digits.
fn number(digits: &[u8]) -> Option<u16> {
    digits.iter().try_fold(0_u16, |number, digit| {
        let digit = char::from(*digit).to_digit(10).and_then(|digit| u16::try_from(digit).ok())?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

/// The number of days of a month, 0 for a number that is not a month.
fn days_in_month(year: u16, month: u8) -> u8 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap_year(year) => 29,
        2 => 28,
        _ => 0,
    }
}

fn is_leap_year(year: u16) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_day_follows_the_day_before() {
        let days = (0..=9999).flat_map(|year| {
            (1..=12).flat_map(move |month| {
                (1..=days_in_month(year, month)).map(move |day| Day { year, month, day })
            })
        });
        let first = Day { year: 0, month: 1, day: 1 }.days_since_epoch();
        let mut count = 0;
        for (day, number) in days.zip(first..) {
            assert_eq!(day.days_since_epoch(), number, "{day}");
            count += 1;
        }
        assert_eq!(count, 3_652_425);
    }

    #[test]
    fn a_day_is_in_the_calendar() {
        for text in
            ["0000-02-29", "0001-01-01", "2000-02-29", "2024-02-29", "2027-06-30", "9999-12-31"]
        {
            assert_eq!(Day::parse(text).expect("a day").to_string(), text);
        }
        for text in [
            "1900-02-29",
            "2027-02-29",
            "2027-02-30",
            "2027-04-31",
            "2027-00-01",
            "2027-13-01",
            "2027-01-00",
        ] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_day_is_written_in_one_way() {
        for text in [
            "",
            "2027",
            "2027-6-30",
            "27-06-30",
            "+027-06-30",
            "2027-06-30Z",
            " 2027-06-30",
            "2027/06/30",
            "20270630",
            "2027-06-3é",
            "1.2.3",
        ] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
    }
}
