//! What the text of a parameter can be.

use wsgiservice_grammar::value::Kind;

use crate::declaration::{Argument, TypeConstraint};

/// What the text of a [`Parameter`](crate::Parameter) can be, for its documentation and for the compiler's checks of rules.
///
/// ```
/// use wsgiservice::{
///     Parameter,
///     parameter::{ParameterKind, ParseError},
/// };
///
/// struct Even(u32);
///
/// impl Parameter for Even {
///     const KIND: ParameterKind = ParameterKind::integer(0, u32::MAX as i128);
///
///     fn parse(text: &str) -> Result<Self, ParseError> {
///         match u32::parse(text)? {
///             number if number % 2 == 0 => Ok(Self(number)),
///             _ => Err(ParseError::new("It must be even.")),
///         }
///     }
/// }
///
/// assert_eq!(Even::parse("4").map(|even| even.0), Ok(4));
/// assert!(Even::parse("5").is_err());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ParameterKind(Kind);

impl ParameterKind {
    /// A whole number between these, both included.
    #[must_use]
    pub const fn integer(minimum: i128, maximum: i128) -> Self {
        Self(Kind::Integer { minimum, maximum })
    }

    /// A number.
    #[must_use]
    pub const fn number() -> Self {
        Self(Kind::Number)
    }

    /// `true` or `false`.
    #[must_use]
    pub const fn boolean() -> Self {
        Self(Kind::Boolean)
    }

    /// Any text.
    #[must_use]
    pub const fn text() -> Self {
        Self(Kind::Text(None))
    }

    /// Text in a format with this name, as in JSON Schema: `uuid`, `date-time`.
    #[must_use]
    pub const fn format(name: &'static str) -> Self {
        Self(Kind::Text(Some(name)))
    }

    /// One of these words.
    #[must_use]
    pub const fn choice(words: &'static [&'static str]) -> Self {
        Self(Kind::Choice(words))
    }

    /// A text, a number or a boolean: only `parse` decides.
    #[must_use]
    pub const fn any() -> Self {
        Self(Kind::Any)
    }

    /// An argument with such a text, for checks of rules on a type.
    #[doc(hidden)]
    #[must_use]
    pub const fn as_argument(self) -> Argument {
        Argument::Value {
            kind: self.0,
            converts: |_| true,
            constraint: &TypeConstraint::NONE,
            optional: false,
            repeated: false,
            secret: false,
        }
    }

    pub(crate) const fn into_kind(self) -> Kind {
        self.0
    }
}
