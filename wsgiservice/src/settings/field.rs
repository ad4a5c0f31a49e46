//! How a field is read. The only place with bounds on its type, so that the compiler reports a type that cannot be read once.

use std::fmt;

use serde::Deserialize;
use wsgiservice_grammar::rule::Rule;

use super::{
    Settings,
    key::{Field, Leaf, Literal},
    kind::kind_of,
    values::Values,
};

/// How a field of this type is read.
pub struct FieldReader<T> {
    /// What the field holds.
    pub field: Field,
    /// Takes the value of the field with this name.
    pub take: fn(&mut Values, &str) -> Option<T>,
    /// Replaces the value of the field with this name, if it is written somewhere.
    pub update: fn(&mut Values, &str, &mut T),
}

/// A field with a value.
#[must_use]
pub const fn leaf<T: for<'de> Deserialize<'de>>(
    default: Option<Literal>,
    value_name: Option<&'static str>,
    rules: &'static [Rule<'static>],
) -> FieldReader<T> {
    FieldReader {
        field: Field::Leaf(Leaf { default, value_name, rules, kind: kind_of::<T> }),
        take: |values, name| values.take(name),
        update: |values, name, field| {
            if let Some(value) = values.written(name) {
                *field = value;
            }
        },
    }
}

/// A field that is made of a value of another type.
#[must_use]
pub const fn leaf_from<T: From<U>, U: for<'de> Deserialize<'de>>(
    default: Option<Literal>,
    value_name: Option<&'static str>,
    rules: &'static [Rule<'static>],
) -> FieldReader<T> {
    FieldReader {
        field: Field::Leaf(Leaf { default, value_name, rules, kind: kind_of::<U> }),
        take: |values, name| values.take::<U>(name).map(T::from),
        update: |values, name, field| {
            if let Some(value) = values.written::<U>(name) {
                *field = T::from(value);
            }
        },
    }
}

/// A field with further fields.
#[must_use]
pub const fn table<T: Settings>() -> FieldReader<T> {
    FieldReader {
        field: Field::Table(T::KEYS),
        take: |values, name| values.table(name),
        update: |values, name, field| values.update_table(name, field),
    }
}

impl<T> fmt::Debug for FieldReader<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("FieldReader").field("field", &self.field).finish_non_exhaustive()
    }
}
