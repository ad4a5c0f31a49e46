//! The values of a parameter: what a type allows, and what an author writes as a default or an example.

use std::borrow::Cow;

use crate::{bound::Bound, text::among};

/// What the text of a value can be, which the type of an argument decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An integer.
    Integer {
        /// The least.
        minimum: i128,
        /// The greatest.
        maximum: i128,
    },
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// Text, possibly in a format that has a name.
    Text(Option<&'static str>),
    /// One of several words.
    Choice(&'static [&'static str]),
    /// Any text: a function of the service converts it.
    Any,
}

/// A literal in a declaration, such as a default.
///
/// A number has its text as well, so that the documentation shows it as it was written.
///
/// ```
/// use wsgiservice_grammar::value::{Kind, Literal};
///
/// const BYTE: Kind = Kind::Integer { minimum: 0, maximum: 255 };
///
/// const { assert!(Literal::Integer(200, "200").fits(&BYTE)) };
/// const { assert!(!Literal::Integer(300, "300").fits(&BYTE)) };
/// assert_eq!(Literal::Number(1e3, "1e3").text(), "1e3");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Literal<'a> {
    /// An integer, and its text.
    Integer(i128, &'a str),
    /// A number, and its text.
    Number(f64, &'a str),
    /// `true` or `false`.
    Boolean(bool),
    /// Text.
    Text(&'a str),
    /// A number that a constant has. A constant has no text.
    Constant(Bound),
}

impl<'a> Literal<'a> {
    /// The text that a client would send for it, unless it is the number of a constant.
    #[must_use]
    pub const fn known_text(&self) -> Option<&'a str> {
        match self {
            Self::Integer(_, text) | Self::Number(_, text) | Self::Text(text) => Some(text),
            Self::Boolean(true) => Some("true"),
            Self::Boolean(false) => Some("false"),
            Self::Constant(_) => None,
        }
    }

    /// The text that a client would send for it.
    ///
    /// ```
    /// use wsgiservice_grammar::{bound::Bound, value::Literal};
    ///
    /// assert_eq!(Literal::Constant(Bound::Integer(7)).text(), "7");
    /// ```
    #[must_use]
    pub fn text(&self) -> Cow<'a, str> {
        match self {
            Self::Constant(number) => Cow::Owned(number.to_string()),
            literal => Cow::Borrowed(literal.known_text().unwrap_or_default()),
        }
    }

    /// Whether it can be a value of the kind.
    #[must_use]
    pub const fn fits(&self, kind: &Kind) -> bool {
        match (kind, self) {
            (Kind::Integer { minimum, maximum }, Self::Integer(value, _)) => {
                *minimum <= *value && *value <= *maximum
            }
            (Kind::Integer { minimum, maximum }, Self::Constant(Bound::Integer(value))) => {
                *minimum <= *value && *value <= *maximum
            }
            (Kind::Number, Self::Integer(..) | Self::Number(..) | Self::Constant(_))
            | (Kind::Boolean, Self::Boolean(_))
            | (Kind::Text(_), Self::Text(_)) => true,
            (Kind::Choice(words), Self::Text(text)) => among(words, text),
            (Kind::Any, _) => true,
            _ => false,
        }
    }
}

impl Kind {
    /// Whether a text can be a value of the kind. A format is not checked.
    ///
    /// ```
    /// use wsgiservice_grammar::value::Kind;
    ///
    /// const { assert!(Kind::Integer { minimum: 0, maximum: 255 }.allows("255")) };
    /// const { assert!(!Kind::Integer { minimum: 0, maximum: 255 }.allows("256")) };
    /// const { assert!(!Kind::Boolean.allows("yes")) };
    /// ```
    #[must_use]
    pub const fn allows(&self, text: &str) -> bool {
        match self {
            Self::Integer { minimum, maximum } => match i128::from_str_radix(text, 10) {
                Ok(number) => *minimum <= number && number <= *maximum,
                Err(_) => false,
            },
            Self::Number => is_number(text.as_bytes()),
            Self::Boolean => among(&["true", "false"], text),
            Self::Choice(words) => among(words, text),
            Self::Text(_) | Self::Any => true,
        }
    }
}

/// Whether a text is a decimal number, with or without a fraction and an exponent.
const fn is_number(text: &[u8]) -> bool {
    let (whole, rest) = digits(unsigned(text));
    let (fraction, rest) = match rest {
        [b'.', rest @ ..] => digits(rest),
        rest => (0, rest),
    };
    let (exponent, rest) = match rest {
        [b'e' | b'E', rest @ ..] => digits(unsigned(rest)),
        rest => (1, rest),
    };
    whole + fraction > 0 && exponent > 0 && rest.is_empty()
}

const fn unsigned(text: &[u8]) -> &[u8] {
    match text {
        [b'+' | b'-', rest @ ..] => rest,
        text => text,
    }
}

/// The number of digits at the start of a text, and what follows them.
const fn digits(mut text: &[u8]) -> (usize, &[u8]) {
    let mut count = 0;
    while let [b'0'..=b'9', rest @ ..] = text {
        count += 1;
        text = rest;
    }
    (count, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Literal<'_> = Literal::Integer(1, "1");
    const HALF: Literal<'_> = Literal::Number(0.5, "0.5");
    const TRUE: Literal<'_> = Literal::Boolean(true);
    const WORD: Literal<'_> = Literal::Text("asc");

    fn fitting(kind: Kind) -> Vec<&'static str> {
        let literals = [ONE, HALF, TRUE, WORD].into_iter().filter(|literal| literal.fits(&kind));
        literals.filter_map(|literal| literal.known_text()).collect()
    }

    #[test]
    fn a_literal_fits_its_kind() {
        assert_eq!(fitting(Kind::Integer { minimum: 0, maximum: 1 }), ["1"]);
        assert_eq!(fitting(Kind::Number), ["1", "0.5"]);
        assert_eq!(fitting(Kind::Boolean), ["true"]);
        assert_eq!(fitting(Kind::Text(Some("uuid"))), ["asc"]);
        assert_eq!(fitting(Kind::Choice(&["asc", "desc"])), ["asc"]);
        assert!(fitting(Kind::Choice(&["desc"])).is_empty());
        assert!(fitting(Kind::Integer { minimum: 2, maximum: 3 }).is_empty());
    }

    #[test]
    fn a_text_is_a_value_of_its_kind() {
        let byte = Kind::Integer { minimum: 0, maximum: 255 };
        assert!(byte.allows("0") && byte.allows("255"));
        assert!(!byte.allows("-1") && !byte.allows("1.0") && !byte.allows("") && !byte.allows("a"));
        assert!(Kind::Boolean.allows("true") && !Kind::Boolean.allows("on"));
        assert!(Kind::Choice(&["asc"]).allows("asc") && !Kind::Choice(&["asc"]).allows("desc"));
        assert!(Kind::Text(Some("uuid")).allows("a") && Kind::Any.allows("a"));
    }

    #[test]
    fn a_number_is_decimal_and_finite() {
        for text in ["1", "-1.5", "+.5", "1.", "1e9", "1.5E-3"] {
            assert!(Kind::Number.allows(text), "{text}");
            assert!(text.parse::<f64>().is_ok(), "{text}");
        }
        for text in ["", ".", "-", "e1", "1e", "1.5.2", "a", "NaN", "inf", "0x1"] {
            assert!(!Kind::Number.allows(text), "{text}");
        }
    }

    #[test]
    fn a_function_may_convert_any_literal() {
        assert_eq!(fitting(Kind::Any).len(), 4);
    }
}
