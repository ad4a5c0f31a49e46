//! What users and their things are called.

use std::ops::Deref;

use wsgiservice::Parameter;

use crate::{IntoValue, Type, Value};

/// The ID of a user: 1 to 190 characters without control characters, but not `.` and `..`, which are no segments of a path.
#[derive(Clone, Debug, PartialEq, Eq, Parameter)]
#[validate(re = r"([^.\x00-\x1f\x7f-\x9f]|\.[^.\x00-\x1f\x7f-\x9f]|\.\.[^\x00-\x1f\x7f-\x9f])[^\x00-\x1f\x7f-\x9f]*", len = 1..=190)]
pub struct User(String);

/// The name that a client gives to something of a user: 1 to 190 characters without control characters, but not `.` and `..`.
///
/// That is what fits into a key on every database.
#[derive(Clone, Debug, PartialEq, Eq, Parameter)]
#[validate(re = r"([^.\x00-\x1f\x7f-\x9f]|\.[^.\x00-\x1f\x7f-\x9f]|\.\.[^\x00-\x1f\x7f-\x9f])[^\x00-\x1f\x7f-\x9f]*", len = 1..=190)]
pub struct Name(String);

macro_rules! text {
    ($($name:ident)*) => { $(
        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl IntoValue for &$name {
            const TYPE: Type = Type::Text;

            fn into_value(self) -> Value {
                Value::Text(self.0.clone())
            }
        }
    )* };
}

text! { User Name }
