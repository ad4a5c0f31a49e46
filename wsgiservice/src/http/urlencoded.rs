//! `application/x-www-form-urlencoded` (WHATWG URL, section 5.1) in a query or a form.
//!
//! The crate `form_urlencoded` replaces invalid UTF-8 with U+FFFD; this parser keeps the bytes so that they can be
//! reported.

use std::borrow::Cow;

use percent_encoding::percent_decode;

/// A name, and a value that may not be UTF-8.
pub(crate) type Pair<'a> = (Cow<'a, str>, Cow<'a, [u8]>);

/// Parses the pairs, in order.
pub(crate) fn pairs(text: &[u8]) -> impl Iterator<Item = Pair<'_>> {
    text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        let mut parts = pair.splitn(2, |byte| *byte == b'=');
        let (name, value) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        (lossy(decoded(name)), decoded(value))
    })
}

/// Parses the pairs, in order; `None` if there are more than this.
pub(crate) fn bounded_pairs(text: &[u8], most: usize) -> Option<Vec<Pair<'_>>> {
    let mut pairs = pairs(text);
    let bounded = pairs.by_ref().take(most).collect();
    pairs.next().is_none().then_some(bounded)
}

fn decoded(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'+') {
        return percent_decode(text).into();
    }
    let spaced: Vec<_> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    Cow::Owned(percent_decode(&spaced).collect())
}

/// Decodes a name lossily: parameter names are UTF-8, so an invalid name matches none of them.
fn lossy(name: Cow<'_, [u8]>) -> Cow<'_, str> {
    match name {
        Cow::Borrowed(name) => String::from_utf8_lossy(name),
        Cow::Owned(name) => Cow::Owned(String::from_utf8_lossy(&name).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(text: &str) -> Vec<(String, Vec<u8>)> {
        pairs(text.as_bytes())
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect()
    }

    #[test]
    fn an_invalid_utf_8_value_is_kept() {
        assert_eq!(all("a=%ff"), [("a".to_owned(), vec![0xff])]);
    }

    proptest! {
        #[test]
        fn pairs_are_those_of_the_standard(text in "[a-c=&+%2D0-9é]{0,20}") {
            let expected = form_urlencoded::parse(text.as_bytes());
            let expected: Vec<_> =
                expected.map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
            let lossy = |value: Vec<u8>| String::from_utf8_lossy(&value).into_owned();
            let read: Vec<_> = all(&text).into_iter().map(|(name, value)| (name, lossy(value))).collect();
            prop_assert_eq!(read, expected);
        }
    }
}
