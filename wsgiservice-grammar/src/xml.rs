//! The names of XML elements.
//!
//! These are the names of [XML 1.0] without a colon ([NCName]), which would refer to a namespace that is not declared,
//! and without the prefix `xml`, which the standard reserves.
//!
//! [XML 1.0]: https://www.w3.org/TR/xml/#NT-Name
//! [NCName]: https://www.w3.org/TR/xml-names/#NT-NCName

/// Whether an element can have this name.
///
/// ```
/// use wsgiservice_grammar::xml::is_name;
///
/// assert!(is_name("user"));
/// assert!(!is_name("1st"));
/// assert!(!is_name("a:b"));
/// assert!(!is_name("xmlUser"));
/// ```
#[must_use]
pub fn is_name(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(is_name_start)
        && (text.bytes().all(is_ascii_name_char) || characters.all(is_name_char))
        && !is_reserved(text)
}

/// Whether a name can start with this character: `NameStartChar` of XML 1.0, section 2.3, without the colon.
///
/// ```
/// use wsgiservice_grammar::xml::is_name_start;
///
/// assert!(is_name_start('é'));
/// assert!(!is_name_start('1'));
/// ```
#[must_use]
pub const fn is_name_start(character: char) -> bool {
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

/// Whether a name can have this character after the first: `NameChar` of XML 1.0, section 2.3, without the colon.
///
/// ```
/// use wsgiservice_grammar::xml::is_name_char;
///
/// assert!(is_name_char('1'));
/// assert!(!is_name_char(':'));
/// ```
#[must_use]
pub const fn is_name_char(character: char) -> bool {
    is_name_start(character)
        || matches!(
            character,
            '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}'
        )
}

/// The ASCII characters that a name can have. Almost all names have no others, and a table takes one branch for each.
static ASCII: [bool; 128] = {
    let mut table = [false; 128];
    let mut rest = table.as_mut_slice();
    let mut byte = 0_u8;
    while let Some((slot, after)) = rest.split_first_mut() {
        *slot = is_name_char(byte as char);
        rest = after;
        byte += 1;
    }
    table
};

fn is_ascii_name_char(byte: u8) -> bool {
    ASCII.get(usize::from(byte)).is_some_and(|it| *it)
}

fn is_reserved(name: &str) -> bool {
    name.starts_with(['x', 'X'])
        && name.get(..3).is_some_and(|prefix| prefix.eq_ignore_ascii_case("xml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_standard() {
        for name in ["a", "_", "größe", "a-b.c1", "a·b", "x\u{300}", "日本", "\u{10000}", "xmé"]
        {
            assert!(is_name(name), "{name:?}");
        }
    }

    #[test]
    fn other_texts_are_not_names() {
        for text in
            ["", "1a", "-a", ".a", "·a", "ª", "\u{300}", "a b", "a/b", "×", "a\u{37E}", "\u{F0000}"]
        {
            assert!(!is_name(text), "{text:?}");
        }
    }

    #[test]
    fn a_name_with_a_colon_would_refer_to_a_namespace() {
        assert!(!is_name("a:b"));
        assert!(!is_name(":a"));
    }

    #[test]
    fn names_that_start_with_xml_are_reserved() {
        for text in ["xml", "XML", "xMlns", "xmlfile"] {
            assert!(!is_name(text), "{text:?}");
        }
        assert!(is_name("xm"));
        assert!(is_name("axml"));
    }
}
