//! Texts in `const` evaluation, where `==` and `chars` cannot be called.

/// Whether two texts are the same.
///
/// ```
/// use wsgiservice_grammar::text::same;
///
/// const { assert!(same("id", "id")) };
/// const { assert!(!same("id", "ids")) };
/// ```
#[must_use]
pub const fn same(one: &str, other: &str) -> bool {
    same_bytes(one.as_bytes(), other.as_bytes())
}

/// Whether a text is one of several.
///
/// ```
/// use wsgiservice_grammar::text::among;
///
/// const { assert!(among(&["asc", "desc"], "desc")) };
/// const { assert!(!among(&["asc", "desc"], "des")) };
/// ```
#[must_use]
pub const fn among(mut texts: &[&str], text: &str) -> bool {
    while let [first, rest @ ..] = texts {
        if same(first, text) {
            return true;
        }
        texts = rest;
    }
    false
}

/// The number of characters of a text.
///
/// ```
/// use wsgiservice_grammar::text::characters;
///
/// const { assert!(characters("größe") == 5) };
/// ```
#[must_use]
pub const fn characters(text: &str) -> usize {
    let mut bytes = text.as_bytes();
    let mut count = 0_usize;
    while let [byte, rest @ ..] = bytes {
        // In UTF-8, each character has one byte that is not a continuation byte.
        if *byte & 0xc0 != 0x80 {
            count = count.saturating_add(1);
        }
        bytes = rest;
    }
    count
}

const fn same_bytes(mut one: &[u8], mut other: &[u8]) -> bool {
    while let ([a, one_rest @ ..], [b, other_rest @ ..]) = (one, other) {
        if *a != *b {
            return false;
        }
        (one, other) = (one_rest, other_rest);
    }
    one.is_empty() && other.is_empty()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_answers_are_those_of_std(one in "[aé]{0,3}", other in "[aé]{0,3}", any in any::<String>()) {
            prop_assert_eq!(same(&one, &other), one == other);
            prop_assert_eq!(among(&["a", &one], &other), other == "a" || other == one);
            prop_assert_eq!(characters(&any), any.chars().count());
        }
    }
}
