//! The type of what `authorize` returns.

use std::{
    any::{TypeId, type_name},
    fmt,
};

/// The type of what `authorize` returns.
#[derive(Clone, Copy, Debug)]
pub struct PrincipalType {
    id: fn() -> TypeId,
    name: fn() -> &'static str,
}

impl PrincipalType {
    /// This type.
    #[must_use]
    pub const fn of<T: 'static>() -> Self {
        Self { id: TypeId::of::<T>, name: type_name::<T> }
    }
}

impl PartialEq for PrincipalType {
    fn eq(&self, other: &Self) -> bool {
        (self.id)() == (other.id)()
    }
}

impl fmt::Display for PrincipalType {
    /// Its name without its module.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = (self.name)();
        formatter.write_str(name.rsplit("::").next().unwrap_or(name))
    }
}
