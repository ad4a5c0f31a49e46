//! How a resource asks for credentials.

use std::fmt;

use http::HeaderValue;

use crate::{http::path::segment, problem::place::Place};

/// How a resource asks for credentials, which the documentation shows as a security scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// A challenge of HTTP (RFC 9110, section 11.3).
    Http(&'static str),
    /// A key in the parameter of this name.
    Key(Place, &'static str),
}

/// The authentication scheme of keys. It is not registered, but a 401 must have a challenge (RFC 9110, section 15.5.2), and
/// a client that does not know its scheme ignores it.
const KEY: &str = "ApiKey";

impl Challenge {
    /// Whether both ask for credentials of one scheme.
    pub(crate) fn is_of_scheme_of(self, other: Self) -> bool {
        match (self, other) {
            (Self::Http(_), Self::Http(_)) => self.scheme() == other.scheme(),
            (Self::Key(..), Self::Key(..)) => self == other,
            // The errors of `authorize` can have the challenge of a key, but not say where the key is.
            _ => self.scheme() == other.scheme(),
        }
    }

    /// The name of its scheme.
    pub(crate) fn scheme(self) -> &'static str {
        match self {
            Self::Http(challenge) => challenge.split_whitespace().next().unwrap_or_default(),
            Self::Key(..) => KEY,
        }
    }

    /// The value of `WWW-Authenticate`.
    pub(super) fn value(self) -> HeaderValue {
        HeaderValue::try_from(self.to_string()).unwrap_or(HeaderValue::from_static(KEY))
    }
}

impl fmt::Display for Challenge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(challenge) => formatter.write_str(challenge),
            // A name in the query can have any character.
            Self::Key(place, name) => {
                write!(formatter, "{KEY} in=\"{}\", name=\"{}\"", place.name(), segment(name))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_is_a_valid_challenge() {
        let challenge = Challenge::Key(Place::Query, "a \"b\\ü");
        assert_eq!(challenge.value(), r#"ApiKey in="query", name="a%20%22b%5C%C3%BC""#);
    }
}
