//! The keys of maps as text.
//!
//! The allowed keys and their text are those of JSON, so that every value with a JSON form has an XML form.

use serde::Serialize;
use serde::ser::{self, Impossible};

use super::Error;

/// A serializer that accepts valid keys of a map and passes their text to a function.
///
/// A function, because a key that is text already then needs no copy.
#[derive(Debug)]
pub(crate) struct KeySerializer<F>(pub(crate) F);

/// Implements methods for integers.
macro_rules! integers {
    ($($method:ident($type:ty);)*) => {
        $(fn $method(self, value: $type) -> Result<R, Error> {
            (self.0)(itoa::Buffer::new().format(value))
        })*
    };
}

impl<F: FnOnce(&str) -> Result<R, Error>, R> ser::Serializer for KeySerializer<F> {
    type Ok = R;
    type Error = Error;
    type SerializeSeq = Impossible<R, Error>;
    type SerializeTuple = Impossible<R, Error>;
    type SerializeTupleStruct = Impossible<R, Error>;
    type SerializeTupleVariant = Impossible<R, Error>;
    type SerializeMap = Impossible<R, Error>;
    type SerializeStruct = Impossible<R, Error>;
    type SerializeStructVariant = Impossible<R, Error>;

    fn serialize_bool(self, value: bool) -> Result<R, Error> {
        (self.0)(if value { "true" } else { "false" })
    }

    integers! {
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_i128(i128);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_u128(u128);
    }

    fn serialize_f32(self, value: f32) -> Result<R, Error> {
        (self.0)(&finite(value.is_finite(), &value)?)
    }

    fn serialize_f64(self, value: f64) -> Result<R, Error> {
        (self.0)(&finite(value.is_finite(), &value)?)
    }

    fn serialize_char(self, value: char) -> Result<R, Error> {
        (self.0)(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<R, Error> {
        (self.0)(value)
    }

    fn serialize_bytes(self, _value: &[u8]) -> Result<R, Error> {
        Err(not_a_key())
    }

    fn serialize_none(self) -> Result<R, Error> {
        Err(not_a_key())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<R, Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<R, Error> {
        Err(not_a_key())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<R, Error> {
        Err(not_a_key())
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<R, Error> {
        (self.0)(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<R, Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _value: &T,
    ) -> Result<R, Error> {
        Err(not_a_key())
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Self::SerializeSeq, Error> {
        Err(not_a_key())
    }

    fn serialize_tuple(self, _length: usize) -> Result<Self::SerializeTuple, Error> {
        Err(not_a_key())
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _length: usize,
    ) -> Result<Self::SerializeTupleStruct, Error> {
        Err(not_a_key())
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _length: usize,
    ) -> Result<Self::SerializeTupleVariant, Error> {
        Err(not_a_key())
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Self::SerializeMap, Error> {
        Err(not_a_key())
    }

    fn serialize_struct(
        self,
        _name: &'static str,
        _length: usize,
    ) -> Result<Self::SerializeStruct, Error> {
        Err(not_a_key())
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _length: usize,
    ) -> Result<Self::SerializeStructVariant, Error> {
        Err(not_a_key())
    }
}

fn finite<T: Serialize>(is_finite: bool, number: &T) -> Result<String, Error> {
    if is_finite {
        Ok(serde_json::to_string(number)?)
    } else {
        Err(Error("a number as the key of a map must be finite".into()))
    }
}

fn not_a_key() -> Error {
    Error("the key of a map must be a string, a number or a boolean".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Code(&'static str);

    #[derive(Serialize)]
    struct Unit;

    #[derive(Serialize)]
    enum Variant {
        Plain,
        Holding(u8),
    }

    fn key<T: Serialize>(value: T) -> Option<String> {
        value.serialize(KeySerializer(|key: &str| Ok(key.to_owned()))).ok()
    }

    #[test]
    fn text_is_unchanged() {
        assert_eq!(key("a b").as_deref(), Some("a b"));
        assert_eq!(key('x').as_deref(), Some("x"));
    }

    #[test]
    fn numbers_and_booleans_are_written_as_in_json() {
        assert_eq!(key(-7_i128).as_deref(), Some("-7"));
        assert_eq!(key(true).as_deref(), Some("true"));
        assert_eq!(key(1.0).as_deref(), Some("1.0"));
        assert_eq!(key(0.1_f32).as_deref(), Some("0.1"));
    }

    #[test]
    fn wrappers_are_transparent() {
        assert_eq!(key(Code("CH")).as_deref(), Some("CH"));
        assert_eq!(key(Some(1)).as_deref(), Some("1"));
    }

    #[test]
    fn a_unit_variant_is_its_name() {
        assert_eq!(key(Variant::Plain).as_deref(), Some("Plain"));
    }

    #[test]
    fn a_number_that_is_not_finite_is_rejected() {
        assert_eq!(key(f64::NAN), None);
        assert_eq!(key(f32::INFINITY), None);
    }

    #[test]
    fn a_value_without_text_is_rejected() {
        assert_eq!(key(()), None);
        assert_eq!(key(Unit), None);
        assert_eq!(key(None::<u8>), None);
        assert_eq!(key(Variant::Holding(1)), None);
        assert_eq!(key((1, 2)), None);
        assert_eq!(key(vec![1]), None);
    }
}
