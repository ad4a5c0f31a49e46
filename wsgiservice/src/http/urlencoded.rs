//! `application/x-www-form-urlencoded` (WHATWG URL, section 5.1), of a query or a form.
//!
//! The crate `form_urlencoded` would put U+FFFD in the place of what is no UTF-8; here it stays, to be told.

use std::borrow::Cow;

use percent_encoding::percent_decode;

/// A name, and a value that need not be UTF-8.
pub(crate) type Pair<'a> = (Cow<'a, str>, Cow<'a, [u8]>);

/// The pairs of a text, in order.
pub(crate) fn pairs(text: &[u8]) -> impl Iterator<Item = Pair<'_>> {
    text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        let mut parts = pair.splitn(2, |byte| *byte == b'=');
        let (name, value) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        (lossy(decoded(name)), decoded(value))
    })
}

fn decoded(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'+') {
        return percent_decode(text).into();
    }
    let spaced: Vec<_> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    Cow::Owned(percent_decode(&spaced).collect())
}

/// A name that is no UTF-8 is no parameter's.
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
    fn what_is_no_utf_8_stays_as_it_is() {
        assert_eq!(all("a=%ff"), [("a".to_owned(), vec![0xff])]);
    }

    proptest! {
        #[test]
        fn text_is_read_as_the_standard_says(text in "[a-c=&+%2D0-9é]{0,20}") {
            let expected = form_urlencoded::parse(text.as_bytes());
            let expected: Vec<_> =
                expected.map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
            let lossy = |value: Vec<u8>| String::from_utf8_lossy(&value).into_owned();
            let read: Vec<_> = all(&text).into_iter().map(|(name, value)| (name, lossy(value))).collect();
            prop_assert_eq!(read, expected);
        }
    }
}
