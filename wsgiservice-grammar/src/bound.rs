//! The ends of a range.

use std::{cmp::Ordering, fmt};

use crate::value::Literal;

/// An end of a range, which belongs to the range.
///
/// ```
/// use wsgiservice_grammar::bound::Bound;
///
/// assert_eq!(Bound::Integer(100).to_string(), "100");
/// assert_eq!(Bound::Number(0.5).to_string(), "0.5");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// The range does not end.
    Open,
    /// An integer.
    Integer(i128),
    /// A number.
    Number(f64),
}

impl Bound {
    /// The number of a literal, or [`Bound::Open`] if it is not a number.
    #[must_use]
    pub const fn of(literal: &Literal<'_>) -> Self {
        match literal {
            Literal::Integer(value, _) => Self::Integer(*value),
            Literal::Number(value, _) => Self::Number(*value),
            Literal::Constant(number) => *number,
            Literal::Boolean(_) | Literal::Text(_) => Self::Open,
        }
    }

    /// How a number in a request compares to this bound.
    ///
    /// `None` if the bound is open, or if the text is not a number, or is `NaN`.
    ///
    /// ```
    /// use std::cmp::Ordering;
    /// # use wsgiservice_grammar::bound::Bound;
    ///
    /// assert_eq!(Bound::Integer(100).compare("7"), Some(Ordering::Less));
    /// assert_eq!(Bound::Integer(100).compare("100.5"), Some(Ordering::Greater));
    /// assert_eq!(Bound::Open.compare("7"), None);
    /// ```
    #[must_use]
    pub fn compare(self, text: &str) -> Option<Ordering> {
        match self {
            Self::Open => None,
            Self::Integer(bound) => match text.parse::<i128>() {
                Ok(number) => Some(number.cmp(&bound)),
                Err(_) => text.parse::<f64>().ok()?.partial_cmp(&(bound as f64)),
            },
            Self::Number(bound) => text.parse::<f64>().ok()?.partial_cmp(&bound),
        }
    }

    /// Whether both are numbers, and this is the lesser.
    ///
    /// ```
    /// # use wsgiservice_grammar::bound::Bound;
    /// const { assert!(Bound::Integer(1).is_less_than(Bound::Number(1.5))) };
    /// const { assert!(!Bound::Open.is_less_than(Bound::Integer(1))) };
    /// ```
    #[must_use]
    pub const fn is_less_than(self, other: Self) -> bool {
        match (self, other) {
            (Self::Open, _) | (_, Self::Open) => false,
            (Self::Integer(one), Self::Integer(other)) => one < other,
            (Self::Integer(one), Self::Number(other)) => (one as f64) < other,
            (Self::Number(one), Self::Integer(other)) => one < other as f64,
            (Self::Number(one), Self::Number(other)) => one < other,
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => formatter.write_str("unbounded"),
            Self::Integer(number) => number.fmt(formatter),
            Self::Number(number) => number.fmt(formatter),
        }
    }
}

/// A range in words, or `None` if it is open at both ends.
///
/// ```
/// use wsgiservice_grammar::bound::{Bound, between};
///
/// let words = |least, most| between(least, most).unwrap_or_default();
/// assert_eq!(words(Bound::Integer(1), Bound::Integer(100)), "from 1 to 100");
/// assert_eq!(words(Bound::Integer(1), Bound::Open), "1 or more");
/// assert_eq!(words(Bound::Open, Bound::Number(0.5)), "0.5 or less");
/// ```
#[must_use]
pub fn between(least: Bound, most: Bound) -> Option<String> {
    match (least, most) {
        (Bound::Open, Bound::Open) => None,
        (least, Bound::Open) => Some(format!("{least} or more")),
        (Bound::Open, most) => Some(format!("{most} or less")),
        (least, most) => Some(format!("from {least} to {most}")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn integers_are_compared_exactly() {
        let bound = Bound::Integer(i128::from(u64::MAX));
        assert_eq!(bound.compare("18446744073709551614"), Some(Ordering::Less));
        assert_eq!(bound.compare("18446744073709551615"), Some(Ordering::Equal));
        assert!(Bound::Integer(i128::MAX - 1).is_less_than(Bound::Integer(i128::MAX)));
    }

    #[test]
    fn an_integer_and_a_number_are_compared() {
        assert_eq!(Bound::Integer(1).compare("0.5"), Some(Ordering::Less));
        assert_eq!(Bound::Number(0.5).compare("1"), Some(Ordering::Greater));
        assert!(Bound::Number(0.5).is_less_than(Bound::Integer(1)));
    }

    #[test]
    fn what_is_not_a_number_is_not_compared() {
        for text in ["", "a", "NaN", " 1"] {
            assert_eq!(Bound::Integer(1).compare(text), None, "{text}");
            assert_eq!(Bound::Number(1.0).compare(text), None, "{text}");
        }
        assert_eq!(Bound::of(&Literal::Text("1")), Bound::Open);
    }

    #[test]
    fn an_open_range_has_no_words() {
        assert_eq!(between(Bound::Open, Bound::Open), None);
    }

    proptest! {
        #[test]
        fn a_literal_compares_as_its_text(bound in any::<i32>(), value in any::<i32>()) {
            let (bound, text) = (Bound::Integer(bound.into()), value.to_string());
            let is_less = Bound::of(&Literal::Integer(value.into(), &text)).is_less_than(bound);
            prop_assert_eq!(is_less, bound.compare(&text) == Some(Ordering::Less));
        }
    }
}
