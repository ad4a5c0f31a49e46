//! The one form of a path that means the same in several (RFC 3986, section 6.2.2).
//!
//! An octet that needs no percent-encoding is decoded, the others are encoded in capitals. Dot segments stay as they
//! are, and so does whatever is no percent-encoding: the parameters will say what is wrong with it.

use std::{borrow::Cow, ops::Deref};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::request::Request;

/// What the path of a declaration may have that a target must not.
const LITERAL: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`');

/// The path of a request in its one form, which templates are compared with.
#[derive(Debug)]
pub(crate) struct Path<'a>(Cow<'a, str>);

impl<'a> Path<'a> {
    pub(crate) fn of(request: &'a Request) -> Self {
        Self(normalise(request.target().path()))
    }

    /// Whether any octet was percent-encoded.
    pub(crate) fn is_encoded(&self) -> bool {
        matches!(self.0, Cow::Owned(_))
    }
}

impl Deref for Path<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// A path in its one form; borrowed where no octet is percent-encoded.
pub(crate) fn normalise(path: &str) -> Cow<'_, str> {
    // Without an early end, many bytes are compared at once.
    if !path.bytes().fold(false, |is_encoded, byte| is_encoded | (byte == b'%')) {
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

/// Literal text of a declared path, as the targets that match it are written.
pub(crate) fn literal(text: &str) -> String {
    normalise(&utf8_percent_encode(text, LITERAL).to_string()).into_owned()
}

/// Writes the octet after a percent sign, and gives what follows it.
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
    fn what_needs_no_encoding_is_decoded() {
        assert_eq!(normalise("/%31/%7eme/a%2Ejson"), "/1/~me/a.json");
    }

    #[test]
    fn an_encoded_slash_stays_encoded() {
        assert_eq!(normalise("/a%2fb"), "/a%2Fb");
    }

    #[test]
    fn what_is_no_encoding_stays_as_it_is() {
        assert_eq!(normalise("/100%/%zz/%4"), "/100%/%zz/%4");
    }

    #[test]
    fn literal_text_is_encoded_as_its_targets_are() {
        assert_eq!(literal("/café/%7e"), "/caf%C3%A9/~");
    }

    proptest! {
        #[test]
        fn an_unencoded_path_is_its_own_normal_form(path in "[ -$&-~]{0,40}") {
            prop_assert!(normalise(&path) == path);
        }

        #[test]
        fn any_text_is_normalised_without_a_panic(path in ".{0,40}") {
            let _ = normalise(&path);
        }
    }
}
