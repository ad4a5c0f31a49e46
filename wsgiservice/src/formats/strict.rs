//! A deserializer around that of a format, for what serde allows and a client does not mean.
//!
//! - A struct is read from an object, and never by position from a list.
//! - A number that is too large for `f32` is an error, and not infinity.
//! - A list or an object with more elements than are allowed is an error.
//! - If it explains errors, a text that is not a value of its type is reported by what the type expects. The message of the
//!   type itself can quote the text, which can be secret.
//!
//! What serde buffers before it knows the type (`flatten`, enums that are tagged internally or not at all) is out of reach.

use std::fmt;

use serde::{
    Deserializer,
    de::{
        DeserializeSeed, EnumAccess, Error, Expected, IgnoredAny, MapAccess, SeqAccess, Unexpected,
        VariantAccess, Visitor,
    },
};

use super::{elements::Elements, mismatch};

/// A deserializer, an access or a seed of the format, and everything within it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Strict<'e, D> {
    inner: D,
    rules: Rules<'e>,
}

#[derive(Clone, Copy, Debug)]
struct Rules<'e> {
    /// Whether errors say what a type expects. To know that takes an allocation for each text.
    explains: bool,
    elements: &'e Elements,
}

/// The access to the elements of a list or an object, which counts them.
struct Counted<'e, A> {
    access: A,
    rules: Rules<'e>,
    count: usize,
}

/// A visitor of the type.
struct Checked<'e, V> {
    visitor: V,
    shape: Shape,
    rules: Rules<'e>,
}

/// What the visitor asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Any,
    Struct,
    F32,
}

impl<'e, D> Strict<'e, D> {
    pub(super) fn new(inner: D, elements: &'e Elements) -> Self {
        Self { inner, rules: Rules { explains: false, elements } }
    }

    pub(super) fn explaining(inner: D, elements: &'e Elements) -> Self {
        Self { inner, rules: Rules { explains: true, elements } }
    }

    fn visitor<V>(&self, visitor: V, shape: Shape) -> Checked<'e, V> {
        Checked { visitor, shape, rules: self.rules }
    }
}

impl<'e> Rules<'e> {
    fn around<T>(self, inner: T) -> Strict<'e, T> {
        Strict { inner, rules: self }
    }

    fn counted<A>(self, access: A) -> Counted<'e, A> {
        self.elements.add();
        Counted { access, rules: self, count: 0 }
    }
}

macro_rules! forward_to_format {
    ($($method:ident($($argument:ident: $type:ty),*);)*) => {$(
        fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, D::Error> {
            let visitor = self.visitor(visitor, Shape::Any);
            self.inner.$method($($argument,)* visitor)
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Strict<'_, D> {
    type Error = D::Error;

    forward_to_format! {
        deserialize_any();
        deserialize_bool();
        deserialize_i8();
        deserialize_i16();
        deserialize_i32();
        deserialize_i64();
        deserialize_i128();
        deserialize_u8();
        deserialize_u16();
        deserialize_u32();
        deserialize_u64();
        deserialize_u128();
        deserialize_f64();
        deserialize_char();
        deserialize_str();
        deserialize_string();
        deserialize_bytes();
        deserialize_byte_buf();
        deserialize_option();
        deserialize_unit();
        deserialize_unit_struct(name: &'static str);
        deserialize_newtype_struct(name: &'static str);
        deserialize_seq();
        deserialize_tuple(length: usize);
        deserialize_tuple_struct(name: &'static str, length: usize);
        deserialize_map();
        deserialize_identifier();
        deserialize_ignored_any();
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let visitor = self.visitor(visitor, Shape::F32);
        self.inner.deserialize_f32(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let visitor = self.visitor(visitor, Shape::Struct);
        self.inner.deserialize_struct(name, fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let explains = self.rules.explains;
        let visitor = self.visitor(visitor, Shape::Any);
        self.inner.deserialize_enum(name, variants, visitor).map_err(|error| {
            // What `serde_json` reports for a number, a boolean, a list or null.
            match explains && error.to_string().starts_with("expected value") {
                true => D::Error::unknown_variant("", variants),
                false => error,
            }
        })
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

impl<V> Checked<'_, V> {
    /// Visits a text. An error with a message of the type's own becomes one that says what the type expects.
    fn text<'de, E: Error>(
        self,
        visit: impl FnOnce(V) -> Result<V::Value, E>,
    ) -> Result<V::Value, E>
    where
        V: Visitor<'de>,
    {
        if !self.rules.explains {
            return visit(self.visitor);
        }
        let expected = (&self.visitor as &dyn Expected).to_string();
        visit(self.visitor).map_err(|error| match mismatch::is_of_serde(&error.to_string()) {
            true => error,
            false => E::invalid_value(Unexpected::Other("text"), &expected.as_str()),
        })
    }
}

macro_rules! forward_to_type {
    ($($method:ident($type:ty);)*) => {$(
        fn $method<E: Error>(self, value: $type) -> Result<V::Value, E> {
            self.visitor.$method(value)
        }
    )*};
}

macro_rules! texts {
    ($($method:ident($type:ty);)*) => {$(
        fn $method<E: Error>(self, value: $type) -> Result<V::Value, E> {
            self.text(|visitor| visitor.$method(value))
        }
    )*};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Checked<'_, V> {
    type Value = V::Value;

    forward_to_type! {
        visit_bool(bool);
        visit_i8(i8);
        visit_i16(i16);
        visit_i32(i32);
        visit_i64(i64);
        visit_i128(i128);
        visit_u8(u8);
        visit_u16(u16);
        visit_u32(u32);
        visit_u64(u64);
        visit_u128(u128);
        visit_f32(f32);
        visit_char(char);
        visit_bytes(&[u8]);
        visit_borrowed_bytes(&'de [u8]);
        visit_byte_buf(Vec<u8>);
    }

    texts! {
        visit_str(&str);
        visit_borrowed_str(&'de str);
        visit_string(String);
    }

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.shape {
            Shape::Struct => formatter.write_str("an object"),
            Shape::Any | Shape::F32 => self.visitor.expecting(formatter),
        }
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<V::Value, E> {
        match self.shape == Shape::F32 && !(value as f32).is_finite() {
            true => Err(E::invalid_value(Unexpected::Float(value), &self)),
            false => self.visitor.visit_f64(value),
        }
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        let value = self.rules.around(value);
        self.visitor.visit_some(value)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        let value = self.rules.around(value);
        self.visitor.visit_newtype_struct(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, entries: A) -> Result<V::Value, A::Error> {
        if self.shape == Shape::Struct {
            return Err(A::Error::invalid_type(Unexpected::Seq, &self));
        }
        let entries = self.rules.counted(entries);
        self.visitor.visit_seq(entries)
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<V::Value, A::Error> {
        let members = self.rules.counted(members);
        self.visitor.visit_map(members)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, variant: A) -> Result<V::Value, A::Error> {
        let variant = self.rules.around(variant);
        self.visitor.visit_enum(variant)
    }
}

impl<A> Counted<'_, A> {
    /// Counts the next element, before memory is spent on it; returns false if it exceeds the limit.
    fn add(&mut self) -> bool {
        let has_room = self.rules.elements.have_room(self.count);
        if has_room {
            self.count += 1;
            self.rules.elements.add();
        }
        has_room
    }

    /// Takes it back if there was none.
    fn counted<T>(&self, read: Option<T>) -> Option<T> {
        if read.is_none() {
            self.rules.elements.take_back();
        }
        read
    }

    /// What follows the last element for which there is room.
    fn end<T, E: Error>(&self, excess: Option<IgnoredAny>) -> Result<Option<T>, E> {
        match excess {
            None => Ok(None),
            Some(_) => Err(E::custom(self.rules.elements.excess(self.count))),
        }
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Counted<'_, A> {
    type Error = A::Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, A::Error> {
        if !self.add() {
            let excess = self.access.next_element()?;
            return self.end(excess);
        }
        let element = self.access.next_element_seed(self.rules.around(seed))?;
        Ok(self.counted(element))
    }

    fn size_hint(&self) -> Option<usize> {
        self.access.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Counted<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        if !self.add() {
            let excess = self.access.next_key()?;
            return self.end(excess);
        }
        let key = self.access.next_key_seed(seed)?;
        Ok(self.counted(key))
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, A::Error> {
        self.access.next_value_seed(self.rules.around(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.access.size_hint()
    }
}

impl<'de, 'e, A: EnumAccess<'de>> EnumAccess<'de> for Strict<'e, A> {
    type Error = A::Error;
    type Variant = Strict<'e, A::Variant>;

    fn variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<(T::Value, Self::Variant), A::Error> {
        let (name, variant) = self.inner.variant_seed(seed)?;
        Ok((name, self.rules.around(variant)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Strict<'_, A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.inner.unit_variant()
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, A::Error> {
        let seed = self.rules.around(seed);
        self.inner.newtype_variant_seed(seed)
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        let visitor = self.visitor(visitor, Shape::Any);
        self.inner.tuple_variant(length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        let visitor = self.visitor(visitor, Shape::Struct);
        self.inner.struct_variant(fields, visitor)
    }
}

impl<'de, T: DeserializeSeed<'de>> DeserializeSeed<'de> for Strict<'_, T> {
    type Value = T::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T::Value, D::Error> {
        let deserializer = self.rules.around(deserializer);
        self.inner.deserialize(deserializer)
    }
}
