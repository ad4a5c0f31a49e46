//! The hooks of a resource: what the framework asks it before it calls a method.

/// A hook of a resource.
///
/// ```
/// use wsgiservice_grammar::hook::Hook;
///
/// assert_eq!(Hook::named("last_modified"), Some(Hook::LastModified));
/// assert_eq!(Hook::LastModified.name(), "last_modified");
/// assert_eq!(Hook::named("get"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hook {
    /// Whether the request is allowed.
    Authorize,
    /// Whether the request goes on, or has an answer already.
    Admit,
    /// Whether the resource has a representation.
    Exists,
    /// The entity tag (RFC 9110, section 8.8.3).
    Etag,
    /// The time of the last change (RFC 9110, section 8.8.2).
    LastModified,
}

impl Hook {
    /// All hooks.
    pub const ALL: &'static [Self] =
        &[Self::Authorize, Self::Admit, Self::Exists, Self::Etag, Self::LastModified];

    /// The name of the function that implements it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Authorize => "authorize",
            Self::Admit => "admit",
            Self::Exists => "exists",
            Self::Etag => "etag",
            Self::LastModified => "last_modified",
        }
    }

    /// The hook that a function of this name implements.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|hook| hook.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hook_has_its_name() {
        for hook in Hook::ALL {
            assert_eq!(Hook::named(hook.name()), Some(*hook));
        }
    }

    #[test]
    fn a_hook_is_not_a_method() {
        assert!(Hook::ALL.iter().all(|hook| crate::method::of_function(hook.name()).is_none()));
    }
}
