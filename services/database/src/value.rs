//! Values and rows, of the four types that all databases have.

use crate::error::{Error, ErrorKind};

/// A value of a column or of an argument.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// No value, of a type.
    Null(Type),
    /// `BIGINT`.
    Integer(i64),
    /// `DOUBLE`.
    Real(f64),
    /// `TEXT`.
    Text(String),
    /// `BLOB`.
    Bytes(Vec<u8>),
}

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// `BIGINT`.
    Integer,
    /// `DOUBLE`.
    Real,
    /// `TEXT`.
    Text,
    /// `BLOB`.
    Bytes,
}

/// What can be a value.
pub trait IntoValue {
    /// Its type.
    const TYPE: Type;

    /// The value.
    fn into_value(self) -> Value;
}

macro_rules! into_value {
    ($($type:ty, $self:ident => $kind:ident($value:expr);)*) => { $(
        impl IntoValue for $type {
            const TYPE: Type = Type::$kind;

            fn into_value($self) -> Value {
                Value::$kind($value)
            }
        }
    )* };
}

into_value! {
    i64, self => Integer(self);
    u32, self => Integer(self.into());
    bool, self => Integer(self.into());
    f64, self => Real(self);
    String, self => Text(self);
    &str, self => Text(self.to_owned());
    &String, self => Text(self.clone());
    Vec<u8>, self => Bytes(self);
    &[u8], self => Bytes(self.to_vec());
}

impl<T: IntoValue> IntoValue for Option<T> {
    const TYPE: Type = T::TYPE;

    fn into_value(self) -> Value {
        self.map_or(Value::Null(T::TYPE), T::into_value)
    }
}

/// The arguments of a statement.
///
/// ```
/// use database::{Value, values};
///
/// let title: Option<&str> = None;
/// assert_eq!(values!["abc", 7_i64, title].len(), 3);
/// ```
#[macro_export]
macro_rules! values {
    ($($value:expr),* $(,)?) => {
        [$($crate::IntoValue::into_value($value)),*]
    };
}

/// A row, with its columns in the order of the statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Row(pub(crate) Vec<Value>);

/// What can be read from a column.
pub trait FromValue: Sized {
    /// Reads the value, if it is of this type.
    fn from_value(value: &Value) -> Option<Self>;
}

impl Row {
    /// Reads the column at this position, from 0.
    ///
    /// # Errors
    ///
    /// If the column does not exist or has another type.
    pub fn get<T: FromValue>(&self, column: usize) -> Result<T, Error> {
        let value = self.0.get(column);
        value.and_then(T::from_value).ok_or_else(|| {
            Error::new(ErrorKind::Other, format!("column {column} is not as expected: {value:?}"))
        })
    }

    /// The values.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.0
    }
}

impl FromValue for i64 {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Integer(number) => Some(*number),
            _ => None,
        }
    }
}

impl FromValue for bool {
    fn from_value(value: &Value) -> Option<Self> {
        i64::from_value(value).map(|number| number != 0)
    }
}

impl FromValue for f64 {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Real(number) => Some(*number),
            Value::Integer(number) => Some(*number as Self),
            _ => None,
        }
    }
}

impl FromValue for String {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Bytes(bytes) => Some(bytes.clone()),
            _ => None,
        }
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Null(_) => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}
