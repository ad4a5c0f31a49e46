//! Elements as serde's data model. There is only text, so the requested type determines the conversion.

use indexmap::IndexMap;
use serde::{
    Deserializer,
    de::{
        DeserializeSeed, EnumAccess, Error as _, IntoDeserializer, Unexpected, VariantAccess,
        Visitor,
        value::{MapDeserializer, SeqDeserializer},
    },
};

use super::{
    Dialect, Element,
    error::Error,
    interpretation::{Interpretation, Reading},
    key::Key,
};

/// One value: an element, or all elements of the same name in a parent.
#[derive(Clone, Debug)]
pub(super) struct Node<'d> {
    elements: Elements<'d>,
    /// Whether it is the only entry of a list that is not written as one: it cannot be such a list again.
    is_only_entry: bool,
    reading: &'d Reading,
}

#[derive(Clone, Debug)]
enum Elements<'d> {
    One(&'d Element<'d>),
    Many(Vec<&'d Element<'d>>),
}

impl<'d> Node<'d> {
    pub(super) fn root(element: &'d Element<'d>, reading: &'d Reading) -> Self {
        Self { elements: Elements::One(element), is_only_entry: false, reading }
    }

    /// Another element of the same document.
    fn other(&self, element: &'d Element<'d>) -> Self {
        Self::root(element, self.reading)
    }

    fn is_xml(&self) -> bool {
        self.reading.dialect == Dialect::Xml
    }

    fn one(&self) -> Result<&'d Element<'d>, Error> {
        match self.elements {
            Elements::One(element) => Ok(element),
            Elements::Many(_) => Err(Error::invalid_type(Unexpected::Seq, &"given only once")),
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

    /// Returns the text of a number or a boolean, around which XML can have whitespace.
    fn scalar(&self, expected: &'static str) -> Result<&'d str, Error> {
        let text = self.text(expected)?;
        Ok(if self.is_xml() { text.trim() } else { text })
    }

    /// Returns the entries of a list: the children, or the repeated element.
    fn entries(self) -> Result<Vec<Self>, Error> {
        let (is_xml, reading) = (self.is_xml(), self.reading);
        let all =
            |elements: Vec<_>| elements.into_iter().map(|it| Self::root(it, reading)).collect();
        match self.elements {
            Elements::Many(elements) => Ok(all(elements)),
            Elements::One(element) if is_xml && element.is_list() => {
                Ok(all(element.children.iter().collect()))
            }
            Elements::One(element) if is_xml && element.is_blank() => Ok(Vec::new()),
            Elements::One(_) if self.is_only_entry => {
                Err(Error::invalid_type(Unexpected::Other("a value"), &"a list"))
            }
            Elements::One(_) => Ok(vec![Self { is_only_entry: true, ..self }]),
        }
    }

    /// Returns the members in order, grouped by name.
    fn members(&self) -> Result<IndexMap<&'d str, Elements<'d>>, Error> {
        let element = self.one()?;
        if element.children.is_empty() && !element.is_blank() {
            return Err(Error::invalid_type(Unexpected::Str(&element.text), &"an object"));
        }
        let mut members = IndexMap::<_, Vec<_>>::new();
        for child in &element.children {
            members.entry(&*child.name).or_default().push(child);
        }
        let grouped = |elements: Vec<&'d Element<'d>>| match elements.as_slice() {
            [element] => Elements::One(element),
            _ => Elements::Many(elements),
        };
        Ok(members.into_iter().map(|(name, elements)| (name, grouped(elements))).collect())
    }
}

macro_rules! parsed {
    ($($method:ident $visit:ident $type:ty, $expected:literal;)*) => {$(
        fn $method<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Error> {
            let text = self.scalar($expected)?;
            let value = text.parse::<$type>();
            visitor.$visit(value.map_err(|_| Error::invalid_value(Unexpected::Str(text), &$expected))?)
        }
    )*};
}

macro_rules! finite {
    ($($method:ident $visit:ident $type:ty, $expected:literal;)*) => {$(
        fn $method<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Error> {
            let text = self.scalar($expected)?;
            let value = text.parse::<$type>().ok().filter(|number| number.is_finite());
            visitor.$visit(value.ok_or_else(|| Error::invalid_value(Unexpected::Str(text), &$expected))?)
        }
    )*};
}

impl<'d> Deserializer<'d> for Node<'d> {
    type Error = Error;

    parsed! {
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
    }

    finite! {
        deserialize_f32 visit_f32 f32, "f32";
        deserialize_f64 visit_f64 f64, "f64";
    }

    fn deserialize_bool<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Error> {
        match (self.scalar("a boolean")?, self.reading.dialect) {
            // A checkbox without a value is sent as `on` (HTML, section 4.10.5.1.15).
            ("true" | "1", _) | ("on", Dialect::Form) => visitor.visit_bool(true),
            ("false" | "0", _) => visitor.visit_bool(false),
            (text, _) => Err(Error::invalid_value(Unexpected::Str(text), &"a boolean")),
        }
    }

    fn deserialize_any<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Error> {
        let Elements::One(element) = self.elements else { return self.deserialize_seq(visitor) };
        match self.reading.of_value(element, self.is_only_entry) {
            Interpretation::Null => visitor.visit_unit(),
            Interpretation::Boolean(value) => visitor.visit_bool(value),
            Interpretation::Integer(number) => match (u64::try_from(number), i64::try_from(number))
            {
                (Ok(number), _) => visitor.visit_u64(number),
                (_, Ok(number)) => visitor.visit_i64(number),
                _ => visitor.visit_i128(number),
            },
            Interpretation::Number(number) => visitor.visit_f64(number),
            Interpretation::List => self.deserialize_seq(visitor),
            Interpretation::Map => self.deserialize_map(visitor),
            Interpretation::Text | Interpretation::Present => self.deserialize_str(visitor),
        }
    }

    fn deserialize_char<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
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
        match self.elements {
            Elements::One(element) if !self.reading.is_present(element) => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.one()? {
            element if element.is_blank() => visitor.visit_unit(),
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
        match self.elements {
            // The fields of a form, as pairs.
            Elements::One(root) if !self.is_xml() && !root.children.is_empty() => {
                let pairs = root.children.iter().map(|it| (Key(&it.name), self.other(it)));
                visitor.visit_seq(MapDeserializer::new(pairs))
            }
            _ => visitor.visit_seq(SeqDeserializer::new(self.entries()?.into_iter())),
        }
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
        let members = self.members()?.into_iter();
        let members =
            members.map(|(name, elements)| (Key(name), Self { elements, ..self.clone() }));
        visitor.visit_map(MapDeserializer::new(members))
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
            [] => Ok((seed.deserialize(self.clone())?, self)),
            [variant] => Ok((seed.deserialize(Key(&variant.name))?, self.other(variant))),
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

impl<'d> IntoDeserializer<'d, Error> for Node<'d> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}
