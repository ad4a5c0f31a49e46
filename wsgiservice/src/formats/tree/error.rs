//! The error of an attempt to read a value, with what was found in place of the value.

use std::fmt::{self, Display};

use serde::de::{self, Expected, Unexpected};

/// Why a value cannot be read.
#[derive(Debug)]
pub(super) struct Error {
    message: String,
    found: Found,
}

/// What was found where something else was expected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Found {
    /// A text at this address, which tells it from an equal one.
    Text(usize),
    Integer(i128),
    Number(f64),
    Boolean(bool),
    Null,
    List,
    Map,
    /// Not a value, but a wrong set of members: no other interpretation can mend it.
    Members,
    /// Anything: the error does not tell.
    Unknown,
}

impl Error {
    pub(super) fn found(&self) -> Found {
        self.found
    }
}

impl Found {
    fn of(unexpected: Unexpected<'_>) -> Self {
        match unexpected {
            Unexpected::Str(text) => Self::Text(text.as_ptr().addr()),
            Unexpected::Unsigned(number) => Self::Integer(number.into()),
            Unexpected::Signed(number) => Self::Integer(number.into()),
            Unexpected::Float(number) => Self::Number(number),
            Unexpected::Bool(value) => Self::Boolean(value),
            Unexpected::Unit | Unexpected::Option => Self::Null,
            Unexpected::Seq => Self::List,
            Unexpected::Map => Self::Map,
            _ => Self::Unknown,
        }
    }
}

impl de::Error for Error {
    fn custom<T: Display>(message: T) -> Self {
        Self { message: message.to_string(), found: Found::Unknown }
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let message = format!("invalid type: {unexpected}, expected {expected}");
        Self { message, found: Found::of(unexpected) }
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let message = format!("invalid value: {unexpected}, expected {expected}");
        Self { message, found: Found::of(unexpected) }
    }

    fn missing_field(field: &'static str) -> Self {
        Self { message: format!("missing field `{field}`"), found: Found::Members }
    }
}

impl Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
