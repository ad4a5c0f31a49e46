//! The dialect: the markup for each kind of value.
//!
//! The forms follow `serde_json` in every case, including enum variants and numbers, so that the XML of a resource has the
//! structure of its JSON. If JSON has `null`, also for numbers that are not finite, XML has an empty element.

use std::fmt::{self, Write};

use serde::Serialize;
use serde::ser;

use super::{
    Error,
    key::KeySerializer,
    markup::{Markup, Tag},
};

/// Implements methods for integers.
macro_rules! integers {
    ($($method:ident($type:ty);)*) => {
        $(fn $method(mut self, value: $type) -> Result<(), Error> {
            self.plain(itoa::Buffer::new().format(value));
            Ok(())
        })*
    };
}

impl<'a> ser::Serializer for Markup<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Sequence<'a>;
    type SerializeTuple = Sequence<'a>;
    type SerializeTupleStruct = Sequence<'a>;
    type SerializeTupleVariant = Sequence<'a>;
    type SerializeMap = Fields<'a>;
    type SerializeStruct = Fields<'a>;
    type SerializeStructVariant = Fields<'a>;

    fn serialize_bool(mut self, value: bool) -> Result<(), Error> {
        self.plain(if value { "true" } else { "false" });
        Ok(())
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

    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        if value.is_finite() {
            Ok(serde_json::to_writer(self.document, &value)?)
        } else {
            self.serialize_unit()
        }
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        if value.is_finite() {
            Ok(serde_json::to_writer(self.document, &value)?)
        } else {
            self.serialize_unit()
        }
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(mut self, value: &str) -> Result<(), Error> {
        self.text(value);
        Ok(())
    }

    fn collect_str<T: fmt::Display + ?Sized>(mut self, value: &T) -> Result<(), Error> {
        write!(self, "{value}").map_err(ser::Error::custom)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        mut self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.element(Tag::of(variant), value)
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Sequence<'a>, Error> {
        Ok(Sequence::new(self, None))
    }

    fn serialize_tuple(self, _length: usize) -> Result<Sequence<'a>, Error> {
        Ok(Sequence::new(self, None))
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _length: usize,
    ) -> Result<Sequence<'a>, Error> {
        Ok(Sequence::new(self, None))
    }

    fn serialize_tuple_variant(
        mut self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Sequence<'a>, Error> {
        let tag = Tag::of(variant);
        self.open(tag);
        Ok(Sequence::new(self, Some(tag)))
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Fields<'a>, Error> {
        Ok(Fields::new(self, None))
    }

    fn serialize_struct(self, _name: &'static str, _length: usize) -> Result<Fields<'a>, Error> {
        Ok(Fields::new(self, None))
    }

    fn serialize_struct_variant(
        mut self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Fields<'a>, Error> {
        let tag = Tag::of(variant);
        self.open(tag);
        Ok(Fields::new(self, Some(tag)))
    }
}

/// A list in progress, in the element of its enum variant if it has one.
#[derive(Debug)]
pub(crate) struct Sequence<'a> {
    markup: Markup<'a>,
    variant: Option<Tag<'static>>,
    order: usize,
}

impl<'a> Sequence<'a> {
    fn new(markup: Markup<'a>, variant: Option<Tag<'static>>) -> Self {
        Self { markup, variant, order: 0 }
    }

    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.markup.element(self.markup.entry(self.order), value)?;
        self.order += 1;
        Ok(())
    }
}

impl ser::SerializeSeq for Sequence<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.push(value)
    }

    fn end(self) -> Result<(), Error> {
        close(self.markup, self.variant)
    }
}

impl ser::SerializeTuple for Sequence<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.push(value)
    }

    fn end(self) -> Result<(), Error> {
        close(self.markup, self.variant)
    }
}

impl ser::SerializeTupleStruct for Sequence<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.push(value)
    }

    fn end(self) -> Result<(), Error> {
        close(self.markup, self.variant)
    }
}

impl ser::SerializeTupleVariant for Sequence<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.push(value)
    }

    fn end(self) -> Result<(), Error> {
        close(self.markup, self.variant)
    }
}

/// A map or struct in progress, in the element of its enum variant if it has one.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    markup: Markup<'a>,
    variant: Option<Tag<'static>>,
    key: Option<String>,
}

impl<'a> Fields<'a> {
    fn new(markup: Markup<'a>, variant: Option<Tag<'static>>) -> Self {
        Self { markup, variant, key: None }
    }

    fn push<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<(), Error> {
        self.markup.element(Tag::of(key), value)
    }
}

impl ser::SerializeMap for Fields<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.key = Some(key.serialize(KeySerializer(|key: &str| Ok(key.to_owned())))?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let Some(key) = self.key.take() else {
            return Err(Error("a map has a value without a key".into()));
        };
        self.push(&key, value)
    }

    fn serialize_entry<K: Serialize + ?Sized, V: Serialize + ?Sized>(
        &mut self,
        key: &K,
        value: &V,
    ) -> Result<(), Error> {
        key.serialize(KeySerializer(|key: &str| self.push(key, value)))
    }

    fn end(self) -> Result<(), Error> {
        close(self.markup, self.variant)
    }
}

impl ser::SerializeStruct for Fields<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.push(key, value)
    }

    fn end(self) -> Result<(), Error> {
        close(self.markup, self.variant)
    }
}

impl ser::SerializeStructVariant for Fields<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.push(key, value)
    }

    fn end(self) -> Result<(), Error> {
        close(self.markup, self.variant)
    }
}

fn close(mut markup: Markup<'_>, variant: Option<Tag<'_>>) -> Result<(), Error> {
    if let Some(tag) = variant {
        markup.close(tag);
    }
    Ok(())
}
