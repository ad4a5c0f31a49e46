//! The values of a parameter: what a type allows, and what an author writes as a default or an example.

use crate::text::among;

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
}

impl<'a> Literal<'a> {
    /// The text that a client would send for it.
    #[must_use]
    pub const fn text(&self) -> &'a str {
        match self {
            Self::Integer(_, text) | Self::Number(_, text) | Self::Text(text) => text,
            Self::Boolean(true) => "true",
            Self::Boolean(false) => "false",
        }
    }

    /// Whether it can be a value of the kind.
    #[must_use]
    pub const fn fits(&self, kind: &Kind) -> bool {
        match (kind, self) {
            (Kind::Integer { minimum, maximum }, Self::Integer(value, _)) => {
                *minimum <= *value && *value <= *maximum
            }
            (Kind::Number, Self::Integer(..) | Self::Number(..))
            | (Kind::Boolean, Self::Boolean(_))
            | (Kind::Text(_), Self::Text(_)) => true,
            (Kind::Choice(words), Self::Text(text)) => among(words, text),
            _ => false,
        }
    }
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
        literals.map(|literal| literal.text()).collect()
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
    fn a_literal_cannot_be_converted() {
        assert!(fitting(Kind::Any).is_empty());
    }
}
