//! Values as they are written in paths.

use std::{
    borrow::Cow,
    fmt::{self, Display},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    num::NonZero,
    rc::Rc,
    sync::Arc,
};

/// A value in the path of a resource: what its function `path` takes.
///
/// These are text, and the types of [parameters](trait@crate::Parameter): `#[derive(Parameter)]` implements it, too. It is not
/// `Display`, which a type may need for people: a path has the text that the parameter is read from.
///
/// ```
/// use wsgiservice::{Parameter, mount, resource};
///
/// #[derive(Parameter)]
/// enum Section {
///     LostAndFound,
/// }
///
/// #[derive(Parameter)]
/// struct Id(u32);
///
/// #[mount("/{section}/{id}")]
/// struct Notice;
///
/// #[resource]
/// impl Notice {
///     fn get(&self, section: Section, id: Id) -> u32 {
///         id.0
///     }
/// }
///
/// assert_eq!(Notice::path(Section::LostAndFound, Id(7)), "/lost_and_found/7");
/// assert_eq!(Notice::path("a b", 7), "/a%20b/7");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a value in a path",
    label = "not a value in a path",
    note = "add `#[derive(wsgiservice::Parameter)]` to the type, or `impl wsgiservice::parameter::PathValue` if its `Parameter` is written by hand",
    note = "to pass its text, write `.to_string()`"
)]
pub trait PathValue {
    /// Writes the text that the parameter is read from. The function `path` encodes it.
    ///
    /// # Errors
    ///
    /// If the formatter has one.
    fn write(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result;
}

#[diagnostic::do_not_recommend]
impl<T: PathValue + ?Sized> PathValue for &T {
    fn write(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).write(formatter)
    }
}

macro_rules! displayed {
    ($($type:ty)*) => {$(
        #[diagnostic::do_not_recommend]
        impl PathValue for $type {
            fn write(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                Display::fmt(self, formatter)
            }
        }
    )*};
}

macro_rules! integers {
    ($($type:ty)*) => { displayed! { $($type NonZero<$type>)* } };
}

integers! { u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize }
displayed! {
    f32 f64 bool char str String Cow<'_, str> Box<str> Arc<str> Rc<str> fmt::Arguments<'_>
    IpAddr Ipv4Addr Ipv6Addr SocketAddr uuid::Uuid
}
#[cfg(feature = "jiff")]
displayed! {
    jiff::Timestamp jiff::civil::Date jiff::civil::Time jiff::civil::DateTime jiff::Span
}

/// A value that is displayed as in a path.
#[derive(Debug)]
pub struct InPath<T>(pub T);

impl<T: PathValue> Display for InPath<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write(formatter)
    }
}
