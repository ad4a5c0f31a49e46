//! Whether content is JSON at all.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::malformed;
use crate::{
    formats::{elements::Elements, mismatch, strict::Strict},
    problem::violation::Violation,
};

/// Checks that the content is JSON that does not nest too deeply, and has at most this number of elements in each list and
/// object.
///
/// # Errors
/// A violation with the position where it is not, or with the path of what has too many elements.
pub(crate) fn check(content: &[u8], elements: usize) -> Result<(), Violation> {
    check_with(content, &Elements::new(elements), || located(content, elements))
}

/// Checks that the content is JSON that does not nest too deeply.
///
/// # Errors
/// A violation with the position where it is not.
pub(super) fn check_syntax(content: &[u8]) -> Result<(), Violation> {
    check_with(content, &Elements::unlimited(), || Ok(()))
}

fn check_with(
    content: &[u8],
    elements: &Elements,
    too_many: impl FnOnce() -> Result<(), Violation>,
) -> Result<(), Violation> {
    let mut reader = serde_json::Deserializer::from_slice(content);
    let read = Bounded::deserialize(Strict::new(&mut reader, elements));
    match read.and_then(|_| reader.end()) {
        Ok(()) => Ok(()),
        // Any data is read, except for too many elements.
        Err(error) if error.is_data() => too_many(),
        Err(error) => Err(malformed(&error)),
    }
}

/// Reads once more, and keeps track of where in the content it is.
fn located(content: &[u8], elements: usize) -> Result<(), Violation> {
    let elements = Elements::new(elements);
    let mut reader = serde_json::Deserializer::from_slice(content);
    let read: Result<Bounded, _> =
        serde_path_to_error::deserialize(Strict::new(&mut reader, &elements));
    read.map(|_| ())
        .map_err(|error| mismatch::violation(&error.path().to_string(), &error.inner().to_string()))
}

/// Any JSON within the nesting limit, which `serde_json` checks only if a value is visited.
struct Bounded;

impl<'de> Deserialize<'de> for Bounded {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Anything;

        macro_rules! scalars {
            ($($method:ident($type:ty);)*) => {
                $(fn $method<E>(self, _: $type) -> Result<Bounded, E> { Ok(Bounded) })*
            };
        }

        impl<'de> Visitor<'de> for Anything {
            type Value = Bounded;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a value")
            }

            scalars! {
                visit_bool(bool);
                visit_i64(i64);
                visit_u64(u64);
                visit_f64(f64);
                visit_str(&str);
            }

            fn visit_unit<E>(self) -> Result<Bounded, E> {
                Ok(Bounded)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Bounded, A::Error> {
                while entries.next_element::<Bounded>()?.is_some() {}
                Ok(Bounded)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Bounded, A::Error> {
                while entries.next_entry::<IgnoredAny, Bounded>()?.is_some() {}
                Ok(Bounded)
            }
        }

        deserializer.deserialize_any(Anything)
    }
}
