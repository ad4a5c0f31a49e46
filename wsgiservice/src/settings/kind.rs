//! What serde says of a type: whether it is optional, secret, a list.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, Visitor, value},
    forward_to_deserialize_any,
};

use crate::declaration::SECRET;

/// What serde says of the type of a value.
#[derive(Clone, Copy, Debug, Default)]
pub struct ValueKind {
    pub(super) is_optional: bool,
    pub(super) is_secret: bool,
    pub(super) is_list: bool,
    pub(super) is_bool: bool,
    pub(super) choices: &'static [&'static str],
}

/// Asks a type how it is deserialized, which tells it apart by what it does and not by its name.
#[must_use]
pub(super) fn kind_of<'de, T: Deserialize<'de>>() -> ValueKind {
    let mut kind = ValueKind::default();
    let _ = T::deserialize(Probe(&mut kind));
    kind
}

/// Has no value, and notes what it is asked for.
struct Probe<'a>(&'a mut ValueKind);

impl fmt::Debug for Probe<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Probe")
    }
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, value::Error> {
        Err(Error::custom("no value"))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, value::Error> {
        self.0.is_optional = true;
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, value::Error> {
        self.0.is_secret |= name == SECRET;
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, value::Error> {
        self.0.is_list = true;
        self.deserialize_any(visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, value::Error> {
        self.0.is_bool = true;
        self.deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, value::Error> {
        self.0.choices = variants;
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{parameters::Secret, server::Runtime};

    #[test]
    fn a_type_says_what_it_is_by_how_it_is_read() {
        type Alias = Option<Vec<u8>>;
        let kind = kind_of::<Alias>();
        assert!(kind.is_optional && kind.is_list && !kind.is_secret);
        let kind = kind_of::<Option<Secret<String>>>();
        assert!(kind.is_optional && kind.is_secret);
        assert!(kind_of::<Secret<u8>>().is_secret);
        assert!(kind_of::<bool>().is_bool);
        assert_eq!(kind_of::<Runtime>().choices, ["shared", "per-core"]);
    }
}
