//! The type of what `authorize` returns.

use std::{
    any::{Any, TypeId, type_name},
    fmt::{self, Write},
};

/// The type of what `authorize` returns.
#[derive(Clone, Copy, Debug)]
pub struct PrincipalType {
    id: fn() -> TypeId,
    name: fn() -> &'static str,
}

/// A role that a method requires of who a request comes from.
#[derive(Clone, Copy, Debug)]
pub struct RequiredRole {
    /// The detail of the 403.
    pub detail: &'static str,
    /// Whether this principal has it.
    pub is_held_by: fn(&(dyn Any + Send + Sync)) -> bool,
}

impl PrincipalType {
    /// This type.
    #[must_use]
    pub const fn of<T: 'static>() -> Self {
        Self { id: TypeId::of::<T>, name: type_name::<T> }
    }

    /// Whether it says whether the request is allowed, which only an `Err` of `authorize` can.
    pub(crate) fn is_verdict(self) -> bool {
        const WRAPPERS: [&str; 2] = ["core::option::Option<", "core::result::Result<"];
        const VERDICTS: [&str; 3] =
            ["bool", "http::status::StatusCode", "wsgiservice::problem::Problem"];
        let name = (self.name)();
        VERDICTS.contains(&name) || WRAPPERS.iter().any(|wrapper| name.starts_with(wrapper))
    }
}

impl PartialEq for PrincipalType {
    fn eq(&self, other: &Self) -> bool {
        (self.id)() == (other.id)()
    }
}

impl fmt::Display for PrincipalType {
    /// Its name, without the modules.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_of_path = |character: char| character.is_alphanumeric() || "_:".contains(character);
        let mut rest = (self.name)();
        while !rest.is_empty() {
            let end = rest.find(|character| !is_of_path(character)).unwrap_or(rest.len());
            let (path, after) = rest.split_at(end);
            formatter.write_str(path.rsplit("::").next().unwrap_or(path))?;
            let mut characters = after.chars();
            characters.next().into_iter().try_for_each(|it| formatter.write_char(it))?;
            rest = characters.as_str();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_shown_without_modules() {
        let shown = PrincipalType::of::<Vec<(std::net::IpAddr, Option<String>)>>().to_string();
        assert_eq!(shown, "Vec<(IpAddr, Option<String>)>");
    }
}
