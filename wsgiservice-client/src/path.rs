//! The path of a call.

use std::fmt::{self, Display, Write};

use http::uri::PathAndQuery;
use percent_encoding::{
    AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode, utf8_percent_encode,
};
use serde::{Serialize, Serializer, ser::Error as _};

use crate::error::{Error, Result};

/// What is encoded in a segment: all but `pchar` (RFC 3986, section 3.3).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

/// What is encoded in several segments.
const SEGMENTS: &AsciiSet = &SEGMENT.remove(b'/');

/// What is encoded in literal text, which may have slashes and encoded characters.
const LITERAL: &AsciiSet = &SEGMENTS.remove(b'%');

/// A path that [`path!`](crate::path!) has made of literal text and of variables.
///
/// ```
/// use wsgiservice_client::path;
///
/// let (user, label) = (17, "to read/later");
/// assert_eq!(path!("/1/label/{user}/{label}").as_str(), "/1/label/17/to%20read%2Flater");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Path {
    text: String,
    /// What is wrong with a variable.
    problem: Option<String>,
}

impl Path {
    /// The path, percent-encoded.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// A path in the one way of writing that [`path!`](crate::path!) has, by which paths can be compared: each segment
    /// decoded, and encoded again.
    ///
    /// ```
    /// use wsgiservice_client::Path;
    ///
    /// assert_eq!(Path::normal("/1/item/%61/b%2fc"), "/1/item/a/b%2Fc");
    /// ```
    #[must_use]
    pub fn normal(path: &str) -> String {
        let segment = |segment| {
            let bytes: Vec<u8> = percent_decode_str(segment).collect();
            percent_encode(&bytes, SEGMENT).to_string()
        };
        path.split('/').map(segment).collect::<Vec<_>>().join("/")
    }

    /// Appends literal text.
    #[doc(hidden)]
    #[must_use]
    pub fn literal(mut self, text: &'static str) -> Self {
        // With room for a variable.
        self.text.reserve(text.len() + 32);
        self.text.extend(utf8_percent_encode(text, LITERAL));
        self
    }

    /// Appends the value of a variable, as text within one segment.
    #[doc(hidden)]
    #[must_use]
    pub fn variable(mut self, name: &'static str, value: &dyn Display) -> Self {
        let encoded = self.encode(value, SEGMENT);
        if matches!(encoded, "" | "." | "..") {
            self.refuse(name, value);
        }
        self
    }

    /// Appends the value of a variable, as any number of segments.
    #[doc(hidden)]
    #[must_use]
    pub fn segments(mut self, name: &'static str, value: &dyn Display) -> Self {
        let encoded = self.encode(value, SEGMENTS);
        if encoded.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
            self.refuse(name, value);
        }
        self
    }

    /// Appends a value, and returns what was appended.
    fn encode(&mut self, value: &dyn Display, set: &'static AsciiSet) -> &str {
        let start = self.text.len();
        let mut encoder = Encoder { text: &mut self.text, set };
        write!(encoder, "{value}").unwrap_or_default();
        self.text.get(start..).unwrap_or_default()
    }

    fn refuse(&mut self, name: &str, value: &dyn Display) {
        let value = value.to_string();
        let problem = || format!("{value:?} cannot be the value of `{{{name}}}` in a path");
        self.problem.get_or_insert_with(problem);
    }
}

/// As a text: in the content of a request, such as a step of a batch, it is what it is in a call.
///
/// ```
/// use serde_json::json;
/// use wsgiservice_client::path;
///
/// let (user, item) = ("ann", "to read");
/// let step = json!({"method": "PUT", "path": path!("/1/item/{user}/{item}")});
/// assert_eq!(step["path"], "/1/item/ann/to%20read");
/// ```
///
/// A path with a variable that cannot be a segment cannot be written.
impl Serialize for Path {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match &self.problem {
            Some(problem) => Err(S::Error::custom(problem)),
            None => serializer.serialize_str(&self.text),
        }
    }
}

/// Encodes what is written.
struct Encoder<'a> {
    text: &'a mut String,
    set: &'static AsciiSet,
}

impl Write for Encoder<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.text.extend(utf8_percent_encode(text, self.set));
        Ok(())
    }
}

/// What can be the path of a call: a text, or what [`path!`](crate::path!) returns.
pub trait IntoPath: sealed::Sealed {}

impl<P: sealed::Sealed> IntoPath for P {}

pub(crate) mod sealed {
    #[expect(unnameable_types, reason = "no other crate may implement it")]
    pub trait Sealed {
        /// The path, checked, with room for a query.
        fn into_checked(self) -> Result<String, crate::error::Error>;
    }
}

impl sealed::Sealed for Path {
    fn into_checked(self) -> Result<String> {
        match self.problem {
            Some(problem) => Err(Error::invalid(problem)),
            None => checked(self.text),
        }
    }
}

impl sealed::Sealed for &str {
    fn into_checked(self) -> Result<String> {
        checked(self.to_owned())
    }
}

impl sealed::Sealed for String {
    fn into_checked(self) -> Result<String> {
        checked(self)
    }
}

impl sealed::Sealed for &String {
    fn into_checked(self) -> Result<String> {
        checked(self.clone())
    }
}

fn checked(path: String) -> Result<String> {
    match problem_of(&path) {
        Some(problem) => Err(Error::invalid(format!("the path {path:?} {problem}"))),
        None => Ok(path),
    }
}

/// What is wrong with a path.
fn problem_of(path: &str) -> Option<&'static str> {
    if is_plain(path) {
        return None;
    }
    if !path.starts_with('/') || path.starts_with("//") {
        return Some("must start with one `/`");
    }
    if path.contains('?') {
        return Some(
            "has a `?`: query parameters go into `.query(…)`, and `path!` encodes variables",
        );
    }
    if path.contains('#') {
        return Some("has a `#`, which `path!` encodes in a variable");
    }
    if path.split('/').any(is_dot_segment) {
        return Some("has a segment `.` or `..`");
    }
    let is_valid = path.is_ascii() && PathAndQuery::try_from(path).is_ok() && !path.contains(' ');
    (!is_valid).then_some("has a character that must be percent-encoded, as `path!` does")
}

/// Whether a path is absolute, has only characters of segments, and no segment that starts with a dot or a code: most
/// paths are so, and need no closer look.
fn is_plain(path: &str) -> bool {
    let is_pchar =
        |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:@".contains(&byte);
    let is_start = |byte: u8| !matches!(byte, b'/' | b'.' | b'%');
    let mut previous = b' ';
    path.starts_with('/')
        && path.bytes().all(|byte| {
            let follows = previous != b'/' || is_start(byte);
            previous = byte;
            follows && is_pchar(byte)
        })
}

/// Whether a segment means the same folder or the parent, encoded or not (RFC 3986, section 3.3).
fn is_dot_segment(segment: &str) -> bool {
    let mut rest = segment;
    let mut dots = 0_u8;
    while !rest.is_empty() {
        let dot = rest.strip_prefix('.').or_else(|| rest.strip_prefix("%2e"));
        match dot.or_else(|| rest.strip_prefix("%2E")) {
            Some(after) if dots < 2 => rest = after,
            _ => return false,
        }
        dots += 1;
    }
    dots > 0
}

/// Appends pairs to the query of a target.
pub(crate) fn append_query(target: &mut String, query: &str) {
    if !query.is_empty() {
        let separator = if target.contains('?') { '&' } else { '?' };
        write!(target, "{separator}{query}").unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::{sealed::Sealed, *};

    #[test]
    fn a_text_is_an_absolute_path_without_query_and_dot_segments() {
        for path in ["/", "/1/a%2Fb", "/1/.hidden/...", "/1/a:b@c;d", "/1/x/", "/1//x", "/%41"] {
            assert_eq!(path.into_checked().ok().as_deref(), Some(path));
        }
        for path in [
            "",
            "1/x",
            "//host/x",
            "/x?a=b",
            "/x#a",
            "/.",
            "/x/..",
            "/%2e%2E/x",
            "/a b",
            "/ö",
            "/\n",
        ] {
            assert!(path.into_checked().is_err(), "{path}");
        }
    }

    #[test]
    fn a_variable_is_one_segment() {
        let path =
            |value: &str| Path::default().literal("/1/").variable("x", &value).into_checked();
        assert_eq!(path("a/b?c#d e%ö").ok().as_deref(), Some("/1/a%2Fb%3Fc%23d%20e%25%C3%B6"));
        for value in ["", ".", ".."] {
            let message = path(value).expect_err(value).to_string();
            assert_eq!(message, format!("{value:?} cannot be the value of `{{x}}` in a path"));
        }
    }

    #[test]
    fn a_variable_for_all_that_remains_keeps_its_slashes() {
        let path =
            |value: &str| Path::default().literal("/1/").segments("x", &value).into_checked();
        assert_eq!(path("a b/c").ok().as_deref(), Some("/1/a%20b/c"));
        for value in ["", "/a", "a//b", "a/../b", "a/"] {
            assert!(path(value).is_err(), "{value}");
        }
    }

    #[test]
    fn a_path_is_written_in_one_way() {
        for (path, expected) in [
            ("/1/item/u/%61", "/1/item/u/a"),
            ("/1/item/u/a%2fb", "/1/item/u/a%2Fb"),
            ("/1/item/%c3%a9/~'%7E", "/1/item/%C3%A9/~'~"),
        ] {
            assert_eq!(Path::normal(path), expected);
        }
    }
}
