//! Whether content is JSON at all.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::malformed;
use crate::problem::violation::Violation;

/// Checks that the content is JSON that does not nest too deeply.
///
/// # Errors
/// A violation with the position where it is not.
pub(crate) fn check(content: &[u8]) -> Result<(), Violation> {
    serde_json::from_slice::<Bounded>(content).map(|_| ()).map_err(|error| malformed(&error))
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
