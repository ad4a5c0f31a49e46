//! URI references (RFC 3986, section 4): in `Location`, and in problems.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// The characters to encode in a reference (RFC 3986, section 2); `%` is not among them, so encoded ones are kept.
const REFERENCE: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The characters to encode in a path, in addition.
const PATH: &AsciiSet = &REFERENCE.add(b'#').add(b'?').add(b'[').add(b']');

/// Encodes what a reference cannot contain.
pub(crate) fn encode(reference: &str) -> String {
    utf8_percent_encode(reference, REFERENCE).to_string()
}

/// Whether it begins with a scheme or a slash, so that it does not depend on the path of the target.
pub(crate) fn is_absolute(reference: &str) -> bool {
    reference.starts_with('/') || has_scheme(reference)
}

fn has_scheme(reference: &str) -> bool {
    reference.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    })
}

/// Makes a reference of the path of a target, and of the base before it.
///
/// What a path cannot contain is encoded, and slashes and backslashes at the start become one slash: clients would take
/// the text after two for the name of a host (RFC 3986, section 4.2), and browsers take a backslash for a slash.
pub(crate) fn of_path<'a>(base: &str, path: &'a str) -> Cow<'a, str> {
    let is_network_path = base.is_empty() && path.starts_with("//");
    if base.is_empty() && is_path(path) && !is_network_path {
        return Cow::Borrowed(path);
    }
    let joined = format!("{base}{path}");
    let rest = joined.trim_start_matches(['/', '\\']);
    let slash = if joined.starts_with('/') { "/" } else { "" };
    let encoded = utf8_percent_encode(rest, PATH).to_string();
    Cow::Owned(format!("{slash}{}", encode_invalid_percent_signs(&encoded)))
}

/// Whether a path has only characters that a path can contain, and percent signs only before two hexadecimal digits.
pub(crate) fn is_path(path: &str) -> bool {
    path.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"#<>?[\\]^`{|}".contains(&byte))
        && path.split('%').skip(1).all(begins_with_digits)
}

fn encode_invalid_percent_signs(text: &str) -> String {
    let mut parts = text.split('%');
    let mut encoded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        encoded.push_str(if begins_with_digits(part) { "%" } else { "%25" });
        encoded.push_str(part);
    }
    encoded
}

fn begins_with_digits(text: &str) -> bool {
    text.get(..2).is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

/// Resolves a relative reference below a path, as if that were a folder, as in the Python original.
pub(crate) fn below(path: &str, reference: &str) -> String {
    format!("{}/{reference}", path.trim_end_matches('/'))
}

/// The same as a relative reference, which clients resolve (RFC 3986, section 5.2): it is right whatever precedes the
/// path. The scheme of a URI would end at the first colon, so a colon in the first segment needs `./` before it.
pub(crate) fn relative_below(path: &str, reference: &str) -> String {
    let relative = match path.rsplit('/').next() {
        None | Some("") => reference.to_owned(),
        Some(last) => format!("{last}/{reference}"),
    };
    let first = relative.split('/').next().unwrap_or_default();
    if first.contains(':') || first.is_empty() { format!("./{relative}") } else { relative }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_reference_is_resolved_below_a_path() {
        assert_eq!(below("/notes", "1"), "/notes/1");
        assert_eq!(below("/", "1"), "/1");
    }

    #[test]
    fn a_relative_reference_begins_with_the_last_segment() {
        assert_eq!(relative_below("/notes", "1"), "notes/1");
        assert_eq!(relative_below("/notes/", "1"), "1");
        assert_eq!(relative_below("/", "1"), "1");
        assert_eq!(relative_below("/a:b", "1"), "./a:b/1");
        assert_eq!(relative_below("/", "a/b:c"), "a/b:c");
        assert_eq!(relative_below("/", "?page=2"), "?page=2");
    }

    #[test]
    fn a_reference_cannot_split_a_response() {
        assert_eq!(encode("/a\r\nSet-Cookie: b"), "/a%0D%0ASet-Cookie:%20b");
    }

    #[test]
    fn what_a_path_cannot_contain_is_encoded() {
        assert_eq!(of_path("", "/a/%2F;b=1:@"), "/a/%2F;b=1:@");
        assert_eq!(of_path("", "/a[x]\\|é"), "/a%5Bx%5D%5C%7C%C3%A9");
        assert_eq!(of_path("", "/%zz/%4"), "/%25zz/%254");
        assert_eq!(of_path("", "*"), "*");
    }

    #[test]
    fn a_path_is_never_a_network_path() {
        for path in ["//evil.example", "///evil.example", "/\\evil.example", "/\\/evil.example"] {
            assert_eq!(of_path("", path), "/evil.example", "{path}");
        }
        assert_eq!(of_path("/api", "//a"), "/api//a");
    }

    proptest! {
        #[test]
        fn the_reference_of_a_path_is_a_path(base in "(/[a-z]{1,3}){0,2}", path in "/\\PC{0,20}") {
            let reference = of_path(&base, &path);
            prop_assert!(is_path(&reference), "{}", reference);
            prop_assert!(!reference.starts_with("//"), "{}", reference);
        }
    }
}
