//! The names that an element can have.
//!
//! They are those of [XML 1.0] without the colon ([NCName]), which would refer to an undeclared namespace, and without the
//! prefix `xml`, which the standard reserves.
//!
//! [XML 1.0]: https://www.w3.org/TR/xml/#NT-Name
//! [NCName]: https://www.w3.org/TR/xml-names/#NT-NCName

use super::byte_set::ByteSet;

/// The ASCII characters of names. Almost all names have no others.
static ASCII: ByteSet =
    ByteSet::of(b"-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz");

/// Returns whether an element can have this name.
pub(crate) fn is_name(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(is_name_start)
        && (text.bytes().all(|byte| ASCII.contains(byte)) || characters.all(is_name_character))
        && !is_reserved(text)
}

fn is_reserved(name: &str) -> bool {
    name.starts_with(['x', 'X'])
        && name.get(..3).is_some_and(|prefix| prefix.eq_ignore_ascii_case("xml"))
}

/// `NameStartChar` of XML 1.0 §2.3, without the colon.
fn is_name_start(character: char) -> bool {
    matches!(
        character,
        'A'..='Z'
            | '_'
            | 'a'..='z'
            | '\u{C0}'..='\u{D6}'
            | '\u{D8}'..='\u{F6}'
            | '\u{F8}'..='\u{2FF}'
            | '\u{370}'..='\u{37D}'
            | '\u{37F}'..='\u{1FFF}'
            | '\u{200C}'..='\u{200D}'
            | '\u{2070}'..='\u{218F}'
            | '\u{2C00}'..='\u{2FEF}'
            | '\u{3001}'..='\u{D7FF}'
            | '\u{F900}'..='\u{FDCF}'
            | '\u{FDF0}'..='\u{FFFD}'
            | '\u{10000}'..='\u{EFFFF}'
    )
}

/// `NameChar` of XML 1.0 §2.3, without the colon.
fn is_name_character(character: char) -> bool {
    is_name_start(character)
        || matches!(
            character,
            '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_standard() {
        for name in ["a", "_", "größe", "a-b.c1", "x\u{300}", "\u{65E5}\u{672C}", "\u{10000}"] {
            assert!(is_name(name), "{name:?} is a name");
        }
    }

    #[test]
    fn other_text_is_not_a_name() {
        for text in
            ["", "1a", "-a", ".a", "\u{300}", "a b", "a/b", "\u{D7}", "a\u{37E}", "\u{F0000}"]
        {
            assert!(!is_name(text), "{text:?} is not a name");
        }
    }

    #[test]
    fn a_name_with_a_colon_is_rejected() {
        assert!(!is_name("a:b"));
        assert!(!is_name(":a"));
    }

    #[test]
    fn names_that_begin_with_xml_are_reserved() {
        for text in ["xml", "XML", "xMlns", "xmlfile"] {
            assert!(!is_name(text), "{text:?} is reserved");
        }
        assert!(is_name("xm"));
        assert!(is_name("axml"));
    }
}
