//! The encoding of paths, and their normalisation (RFC 3986, sections 2 and 6.2.2).
//!
//! To normalise a path: octets that need no percent-encoding are decoded, the others get upper-case digits. Dot segments stay, and so do
//! invalid percent-encodings, which the parameters report later.

use std::{borrow::Cow, fmt::Display, ops::Deref};

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

use super::incoming::Request;

/// All characters except the unreserved ones (RFC 3986, section 2.3).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

const REST: &AsciiSet = &SEGMENT.remove(b'/');

/// The characters that a declared path may contain and a target must not.
const LITERAL: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`');

/// The normalised path of a request, which is matched against templates.
#[derive(Debug)]
pub(crate) struct Path<'a> {
    normal: Cow<'a, str>,
    sent: &'a str,
}

impl<'a> Path<'a> {
    pub(crate) fn of(request: &'a Request) -> Self {
        Self::new(request.target().path())
    }

    /// The path of a target, as it was sent.
    pub(crate) fn new(sent: &'a str) -> Self {
        Self { normal: normalise(sent), sent }
    }

    /// Returns whether any octet was percent-encoded.
    pub(crate) fn is_encoded(&self) -> bool {
        matches!(self.normal, Cow::Owned(_))
    }

    /// Returns whether it was sent with this ending, no octet of which was percent-encoded.
    pub(crate) fn ends_unencoded(&self, ending: &str) -> bool {
        self.sent.ends_with(ending)
    }
}

impl Deref for Path<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.normal
    }
}

/// Normalises a path; borrows it if no octet is percent-encoded.
pub(crate) fn normalise(path: &str) -> Cow<'_, str> {
    if !has_percent_sign(path.as_bytes()) {
        return Cow::Borrowed(path);
    }
    let mut normal = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('%') {
        normal.push_str(before);
        rest = octet(after, &mut normal);
    }
    normal.push_str(rest);
    Cow::Owned(normal)
}

/// Whether there is a percent sign. Sixteen bytes at once are compared in five instructions, and most paths are short, so that
/// this costs less than a library that compares more.
#[inline]
fn has_percent_sign(path: &[u8]) -> bool {
    let (parts, _) = path.as_chunks::<16>();
    // The last bytes may overlap the ones before.
    match (path.last_chunk::<16>(), path.first_chunk::<8>(), path.last_chunk::<8>()) {
        (Some(last), ..) => has_one(last) || parts.iter().any(has_one),
        (None, Some(first), Some(last)) => has_one(first) || has_one(last),
        _ => path.contains(&b'%'),
    }
}

fn has_one<const LENGTH: usize>(bytes: &[u8; LENGTH]) -> bool {
    bytes.iter().fold(false, |has, byte| has | (*byte == b'%'))
}

/// Encodes literal text of a declared path as matching targets are encoded.
pub(crate) fn literal(text: &str) -> String {
    normalise(&utf8_percent_encode(text, LITERAL).to_string()).into_owned()
}

/// Encodes a value for a segment, or for any other part of a target: only unreserved characters stay.
pub fn segment(value: impl Display) -> String {
    utf8_percent_encode(&value.to_string(), SEGMENT).to_string()
}

/// Encodes a value for all segments that remain: like [`segment`], except for its slashes.
pub fn rest(value: impl Display) -> String {
    utf8_percent_encode(&value.to_string(), REST).to_string()
}

/// Writes the octet after a percent sign and returns the rest.
fn octet<'a>(after: &'a str, normal: &mut String) -> &'a str {
    let digits =
        after.get(..2).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
    let parsed = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
    let (Some(digits), Some(octet)) = (digits, parsed) else {
        normal.push('%');
        return after;
    };
    if octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'~') {
        normal.push(char::from(octet));
    } else {
        normal.push('%');
        normal.push_str(&digits.to_ascii_uppercase());
    }
    after.get(2..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn unreserved_characters_are_decoded() {
        assert_eq!(normalise("/%31/%7eme/a%2Ejson"), "/1/~me/a.json");
    }

    #[test]
    fn an_encoded_slash_stays_encoded() {
        assert_eq!(normalise("/a%2fb"), "/a%2Fb");
    }

    #[test]
    fn an_invalid_encoding_is_kept() {
        assert_eq!(normalise("/100%/%zz/%4"), "/100%/%zz/%4");
    }

    #[test]
    fn literal_text_is_encoded_like_its_targets() {
        assert_eq!(literal("/café/%7e"), "/caf%C3%A9/~");
    }

    #[test]
    fn only_unreserved_characters_of_a_value_stay() {
        assert_eq!(segment("a-b._~/c ü?"), "a-b._~%2Fc%20%C3%BC%3F");
        assert_eq!(rest("a/b c"), "a/b%20c");
    }

    proptest! {
        #[test]
        fn an_unencoded_path_is_unchanged(path in "[ -$&-~]{0,40}") {
            prop_assert!(normalise(&path) == path);
        }

        #[test]
        fn arbitrary_text_does_not_panic(path in ".{0,40}") {
            let _ = normalise(&path);
        }
    }

    #[test]
    fn a_percent_sign_is_found_at_each_position() {
        for length in 0..40 {
            let plain = "a".repeat(length);
            assert!(!has_percent_sign(plain.as_bytes()), "{length}");
            for position in 0..length {
                let mut path = plain.clone().into_bytes();
                path[position] = b'%';
                assert!(has_percent_sign(&path), "{length} {position}");
            }
        }
    }
}
