//! How a service asks for credentials (RFC 9110, section 11.3).

use std::fmt;

use http::HeaderValue;
use wsgiservice_grammar::token::is_token;

use super::{field_lines::elements, path::segment};

/// How a service asks for credentials: in `WWW-Authenticate` of a 401, and as a security scheme in the documentation.
///
/// ```
/// use wsgiservice::credentials::{Challenge, KeyPlace};
///
/// let login = Challenge::http("Digest realm=\"accounts\"");
/// assert_eq!(login.to_string(), "Digest realm=\"accounts\"");
/// let session = Challenge::key(KeyPlace::Cookie, "session");
/// assert_eq!(session.to_string(), r#"ApiKey in="cookie", name="session""#);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Challenge(ChallengeKind);

/// What a challenge asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChallengeKind {
    /// The credentials of an authentication scheme.
    Http(&'static str),
    /// The key with this name.
    Key(KeyPlace, &'static str),
}

/// Where the key of a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyPlace {
    /// In a header field.
    Header,
    /// In a cookie.
    Cookie,
    /// In the query, from where it ends up in logs and histories.
    Query,
}

/// The authentication scheme of keys. It is not registered, but a 401 must have a challenge (RFC 9110, section 15.5.2), and
/// a client that does not know its scheme ignores it.
const KEY: &str = "ApiKey";

impl Challenge {
    /// Creates the challenge of an authentication scheme, which is sent as it is.
    ///
    /// # Panics
    /// If its scheme is `ApiKey`, which [`key`](Self::key) creates. In a constant, this is an error of the compiler.
    #[must_use]
    pub const fn http(challenge: &'static str) -> Self {
        assert!(!is_of_key(challenge), "`ApiKey` is not a scheme of HTTP: write `Challenge::key`");
        Self(ChallengeKind::Http(challenge))
    }

    /// Creates the challenge for the key of a client.
    ///
    /// # Panics
    /// If the name is empty or, except for the query, not a token. In a constant, this is an error of the compiler.
    #[must_use]
    pub const fn key(place: KeyPlace, name: &'static str) -> Self {
        let is_any = matches!(place, KeyPlace::Query) && !name.is_empty();
        assert!(is_any || is_token(name), "the name of a key must be a token, as in `X-Api-Key`");
        Self(ChallengeKind::Key(place, name))
    }

    /// The challenge for a key whose name was checked before.
    pub(crate) const fn of_key(place: KeyPlace, name: &'static str) -> Self {
        Self(ChallengeKind::Key(place, name))
    }

    /// The challenge that an error states as text. `None` if it asks for a key, and does not say where.
    pub(crate) fn stated(text: &'static str) -> Option<Self> {
        if !is_of_key(text) {
            return Some(Self(ChallengeKind::Http(text)));
        }
        let place = match parameter(text, "in")? {
            "header" => KeyPlace::Header,
            "cookie" => KeyPlace::Cookie,
            "query" => KeyPlace::Query,
            _ => return None,
        };
        Some(Self(ChallengeKind::Key(place, parameter(text, "name")?)))
    }

    pub(crate) const fn is_of_key(self) -> bool {
        matches!(self.0, ChallengeKind::Key(..))
    }

    /// The name of the key that it asks for.
    pub(crate) const fn name_of_key(self) -> Option<&'static str> {
        match self.0 {
            ChallengeKind::Http(_) => None,
            ChallengeKind::Key(_, name) => Some(name),
        }
    }

    pub(crate) const fn kind(self) -> ChallengeKind {
        self.0
    }

    /// Whether both ask for credentials of one scheme, which for keys is the place and the name.
    pub(crate) fn is_of_scheme_of(self, other: Self) -> bool {
        match (self.0, other.0) {
            (ChallengeKind::Key(..), ChallengeKind::Key(..)) => self == other,
            _ => self.scheme().eq_ignore_ascii_case(other.scheme()),
        }
    }

    /// Whether a value of `WWW-Authenticate` has a challenge of this scheme.
    pub(crate) fn is_in(self, value: &HeaderValue) -> bool {
        match self.0 {
            ChallengeKind::Key(..) => *value == self.value(),
            ChallengeKind::Http(_) => value.to_str().is_ok_and(|value| {
                elements(value).any(|it| scheme(it).eq_ignore_ascii_case(self.scheme()))
            }),
        }
    }

    /// The name of its scheme.
    pub(crate) fn scheme(self) -> &'static str {
        match self.0 {
            ChallengeKind::Http(challenge) => scheme(challenge),
            ChallengeKind::Key(..) => KEY,
        }
    }

    /// The value of `WWW-Authenticate`.
    pub(crate) fn value(self) -> HeaderValue {
        HeaderValue::try_from(self.to_string()).unwrap_or(HeaderValue::from_static(KEY))
    }
}

impl KeyPlace {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Cookie => "cookie",
            Self::Query => "query",
        }
    }
}

impl fmt::Display for Challenge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ChallengeKind::Http(challenge) => formatter.write_str(challenge),
            // A name in the query can have any character.
            ChallengeKind::Key(place, name) => {
                write!(formatter, "{KEY} in=\"{}\", name=\"{}\"", place.name(), segment(name))
            }
        }
    }
}

/// The first word.
fn scheme(challenge: &str) -> &str {
    challenge.split_whitespace().next().unwrap_or_default()
}

/// Whether the scheme of a challenge is that of keys.
const fn is_of_key(challenge: &str) -> bool {
    match challenge.as_bytes().split_at_checked(KEY.len()) {
        Some((scheme, rest)) => {
            scheme.eq_ignore_ascii_case(KEY.as_bytes()) && matches!(rest, [] | [b' ' | b'\t', ..])
        }
        None => false,
    }
}

/// The value of a parameter of a challenge.
fn parameter(challenge: &'static str, name: &str) -> Option<&'static str> {
    let (_, parameters) = challenge.split_once([' ', '\t'])?;
    let mut parameters = elements(parameters).filter_map(|it| it.split_once('='));
    let (_, value) = parameters.find(|(key, _)| key.trim().eq_ignore_ascii_case(name))?;
    Some(value.trim().trim_matches('"')).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_is_a_valid_challenge() {
        let challenge = Challenge::key(KeyPlace::Query, "a \"b\\ü");
        assert_eq!(challenge.value(), r#"ApiKey in="query", name="a%20%22b%5C%C3%BC""#);
    }

    #[test]
    fn a_stated_challenge_of_a_key_has_its_place() {
        let key = Challenge::key(KeyPlace::Header, "X-Key");
        for text in [
            r#"ApiKey in="header", name="X-Key""#,
            "apikey name=X-Key,in=header",
            r#"ApiKey realm="a, name=b", in="header", name="X-Key""#,
        ] {
            assert_eq!(Challenge::stated(text), Some(key), "{text}");
        }
        for text in ["ApiKey", "ApiKey in=\"header\"", "ApiKey in=body, name=a", "ApiKey a"] {
            assert_eq!(Challenge::stated(text), None, "{text}");
        }
        assert_eq!(Challenge::stated("ApiKeys a"), Some(Challenge::http("ApiKeys a")));
    }

    #[test]
    fn a_value_can_have_several_challenges() {
        let basic = Challenge::http("Basic realm=\"service\"");
        for (value, expected) in [
            ("Basic", true),
            ("Digest realm=\"a\", basic realm=\"b\"", true),
            ("Digest realm=\"Basic \", a=b", false),
            ("Basics", false),
        ] {
            assert_eq!(basic.is_in(&HeaderValue::from_static(value)), expected, "{value}");
        }
    }
}
