//! A constant of a service in `#[validate]`, whose value only the compiler knows.

use wsgiservice_grammar::{bound::Bound, value::Literal};

/// A constant. The functions that there are for its type are inherent, since a constant cannot call those of a trait.
#[derive(Debug)]
pub struct Constant<T>(pub T);

macro_rules! numbers {
    ($kind:ident as $as:ty: $($type:ty)*) => {$(
        impl Constant<$type> {
            /// As an end of a range.
            #[must_use]
            pub const fn bound(self) -> Bound {
                Bound::$kind(self.0 as $as)
            }

            /// As a default, an example or a number.
            #[must_use]
            pub const fn literal(self) -> Literal<'static> {
                Literal::Constant(self.bound())
            }
        }
    )*};
}

numbers!(Integer as i128: i8 i16 i32 i64 i128 isize u8 u16 u32 u64 usize);
numbers!(Number as f64: f32 f64);

impl Constant<bool> {
    /// As a default or an example.
    #[must_use]
    pub const fn literal(self) -> Literal<'static> {
        Literal::Boolean(self.0)
    }
}

impl Constant<&'static str> {
    /// As a default or an example.
    #[must_use]
    pub const fn literal(self) -> Literal<'static> {
        Literal::Text(self.0)
    }
}
