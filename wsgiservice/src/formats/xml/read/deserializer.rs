//! Elements as serde's data model. XML has only text, so the requested type determines the conversion.

use indexmap::IndexMap;
use serde::{
    Deserializer,
    de::{
        DeserializeSeed, EnumAccess, Error as _, Unexpected, VariantAccess, Visitor,
        value::{Error, MapDeserializer, SeqDeserializer},
    },
};

use super::Element;

/// One value: an element, or all elements of the same name in a parent.
#[derive(Clone, Debug)]
pub(crate) enum Node<'d> {
    One(&'d Element<'d>),
    Many(Vec<&'d Element<'d>>),
}

impl<'d> Node<'d> {
    fn one(&self) -> Result<&'d Element<'d>, Error> {
        match self {
            Self::One(element) => Ok(element),
            Self::Many(_) => Err(Error::invalid_type(Unexpected::Seq, &"a single element")),
        }
    }

    /// Returns the text; fails if the element contains elements.
    fn text(&self, expected: &'static str) -> Result<&'d str, Error> {
        let element = self.one()?;
        match element.children.is_empty() {
            true => Ok(&element.text),
            false => Err(Error::invalid_type(Unexpected::Map, &expected)),
        }
    }

    /// Returns the entries of a list: the children, or the repeated element.
    fn entries(self) -> Vec<&'d Element<'d>> {
        match self {
            Self::Many(elements) => elements,
            Self::One(element) if is_list(element) => element.children.iter().collect(),
            Self::One(element) if is_empty(element) => Vec::new(),
            Self::One(element) => vec![element],
        }
    }

    /// Returns the members in order, grouped by name.
    fn members(&self) -> Result<IndexMap<&'d str, Self>, Error> {
        let element = self.one()?;
        if element.children.is_empty() && !is_empty(element) {
            return Err(Error::invalid_type(Unexpected::Str(&element.text), &"elements"));
        }
        let mut members = IndexMap::<_, Vec<_>>::new();
        for child in &element.children {
            members.entry(&*child.name).or_default().push(child);
        }
        let node = |elements: Vec<&'d Element<'d>>| match elements.as_slice() {
            [element] => Self::One(element),
            _ => Self::Many(elements),
        };
        Ok(members.into_iter().map(|(name, elements)| (name, node(elements))).collect())
    }
}

fn is_list(element: &Element<'_>) -> bool {
    !element.children.is_empty() && element.children.iter().all(|child| child.name == "child")
}

fn is_empty(element: &Element<'_>) -> bool {
    element.children.is_empty() && element.text.trim().is_empty()
}

macro_rules! parsed {
    ($($method:ident $visit:ident $type:ty, $expected:literal;)*) => {$(
        fn $method<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Error> {
            let text = self.text($expected)?;
            let value = text.trim().parse::<$type>();
            visitor.$visit(value.map_err(|_| Error::invalid_value(Unexpected::Str(text), &$expected))?)
        }
    )*};
}

impl<'d> Deserializer<'d> for Node<'d> {
    type Error = Error;

    parsed! {
        deserialize_bool visit_bool bool, "a boolean";
        deserialize_i8 visit_i8 i8, "i8";
        deserialize_i16 visit_i16 i16, "i16";
        deserialize_i32 visit_i32 i32, "i32";
        deserialize_i64 visit_i64 i64, "i64";
        deserialize_i128 visit_i128 i128, "i128";
        deserialize_u8 visit_u8 u8, "u8";
        deserialize_u16 visit_u16 u16, "u16";
        deserialize_u32 visit_u32 u32, "u32";
        deserialize_u64 visit_u64 u64, "u64";
        deserialize_u128 visit_u128 u128, "u128";
        deserialize_f32 visit_f32 f32, "f32";
        deserialize_f64 visit_f64 f64, "f64";
        deserialize_char visit_char char, "a character";
    }

    fn deserialize_any<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self {
            Self::Many(_) => self.deserialize_seq(visitor),
            Self::One(element) if is_list(element) => self.deserialize_seq(visitor),
            Self::One(element) if element.children.is_empty() => self.deserialize_str(visitor),
            Self::One(_) => self.deserialize_map(visitor),
        }
    }

    fn deserialize_str<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(self.text("text")?)
    }

    fn deserialize_string<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_option<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self {
            Self::One(element) if is_empty(element) => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.one()? {
            element if is_empty(element) => visitor.visit_unit(),
            _ => Err(Error::invalid_type(Unexpected::Other("content"), &"an empty element")),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'d>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'d>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Error> {
        let entries = self.entries().into_iter().map(Self::One);
        visitor.visit_seq(SeqDeserializer::new(entries))
    }

    fn deserialize_tuple<V: Visitor<'d>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'d>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(MapDeserializer::new(self.members()?.into_iter()))
    }

    fn deserialize_struct<V: Visitor<'d>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'d>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(self)
    }

    fn deserialize_identifier<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }
}

/// A variant is the text, or the only child element.
impl<'d> EnumAccess<'d> for Node<'d> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'d>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        let element = self.one()?;
        match element.children.as_slice() {
            [] => Ok((seed.deserialize(Self::One(element))?, self)),
            [variant] => {
                let name = serde::de::value::BorrowedStrDeserializer::<Error>::new(&variant.name);
                Ok((seed.deserialize(name)?, Self::One(variant)))
            }
            _ => Err(Error::invalid_type(Unexpected::Map, &"one element")),
        }
    }
}

impl<'d> VariantAccess<'d> for Node<'d> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'d>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'d>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'d>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }
}

impl<'d> serde::de::IntoDeserializer<'d, Error> for Node<'d> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}
