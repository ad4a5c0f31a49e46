//! Whether a default fits the type of its field, which the compiler checks.

use std::marker::PhantomData;

use super::key::Literal;

/// What a type of the language can be. Of any other type, serde knows when the program starts.
#[derive(Clone, Copy, Debug)]
pub enum Primitive {
    /// Text.
    Text,
    /// A truth value.
    Bool,
    /// An integer from the first to the last, or as far as a literal goes.
    Integer(i64, i64),
    /// A number.
    Number,
    /// Of another type.
    Other,
}

impl Primitive {
    /// Whether a literal is such a value.
    #[must_use]
    pub const fn fits(self, literal: &Literal) -> bool {
        match (self, literal) {
            (Self::Integer(first, last), Literal::Integer(number)) => {
                first <= *number && *number <= last
            }
            (Self::Text, Literal::Text(_))
            | (Self::Bool, Literal::Bool(_))
            | (Self::Number, Literal::Integer(_) | Literal::Float(_))
            | (Self::Other, _) => true,
            _ => false,
        }
    }
}

/// A field of this type. The constants that there are for its type are inherent.
#[derive(Debug)]
pub struct DefaultOf<T>(PhantomData<T>);

/// A field of any other type.
pub trait OtherDefault {
    /// What it can be.
    const PRIMITIVE: Primitive = Primitive::Other;
}

impl<T> OtherDefault for DefaultOf<T> {}

macro_rules! primitives {
    ($($type:ty => $primitive:expr;)*) => {$(
        impl DefaultOf<$type> {
            /// What it can be.
            pub const PRIMITIVE: Primitive = $primitive;
        }
    )*};
}

primitives! {
    i8 => Primitive::Integer(i8::MIN as i64, i8::MAX as i64);
    i16 => Primitive::Integer(i16::MIN as i64, i16::MAX as i64);
    i32 => Primitive::Integer(i32::MIN as i64, i32::MAX as i64);
    i64 => Primitive::Integer(i64::MIN, i64::MAX);
    i128 => Primitive::Integer(i64::MIN, i64::MAX);
    isize => Primitive::Integer(i64::MIN, i64::MAX);
    u8 => Primitive::Integer(0, u8::MAX as i64);
    u16 => Primitive::Integer(0, u16::MAX as i64);
    u32 => Primitive::Integer(0, u32::MAX as i64);
    u64 => Primitive::Integer(0, i64::MAX);
    u128 => Primitive::Integer(0, i64::MAX);
    usize => Primitive::Integer(0, i64::MAX);
    f32 => Primitive::Number;
    f64 => Primitive::Number;
    bool => Primitive::Bool;
    String => Primitive::Text;
}
