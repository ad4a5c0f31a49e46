//! Text as XML: characters with a meaning in markup are escaped, and characters that XML cannot express are dropped.
//!
//! Whitespace is escaped where a parser would change it: [carriage returns], and in attributes also [tabs and line feeds].
//!
//! [carriage returns]: https://www.w3.org/TR/xml/#sec-line-ends
//! [tabs and line feeds]: https://www.w3.org/TR/xml/#AVNormalize

use super::byte_set::ByteSet;

/// The bytes that cannot be copied between tags. Quotes have no meaning there.
static TEXT: ByteSet = ByteSet::of(b"<>&\r").with(EXCLUDED);

/// The bytes that cannot be copied into an attribute.
static ATTRIBUTE: ByteSet = ByteSet::of(b"<>&'\"\r\n\t").with(EXCLUDED);

/// The first bytes of characters that are not a `Char` of XML 1.0 §2.2. Surrogates are already excluded by `str`.
const EXCLUDED: &[u8] =
    b"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x0B\x0C\x0E\x0F\x10\x11\x12\x13\x14\x15\x16\x17\x18\
    \x19\x1A\x1B\x1C\x1D\x1E\x1F\xEF";

/// The first byte of U+FFFE and U+FFFF, but also of other characters, in UTF-8.
const NONCHARACTER_LEAD: u8 = 0xEF;

/// Appends text between tags.
pub(crate) fn push_text(document: &mut Vec<u8>, text: &str) {
    push(document, text, &TEXT);
}

/// Appends the value of an attribute, without its quotes.
pub(crate) fn push_attribute(document: &mut Vec<u8>, text: &str) {
    push(document, text, &ATTRIBUTE);
}

fn push(document: &mut Vec<u8>, text: &str, special: &ByteSet) {
    let mut rest = text.as_bytes();
    let mut scanned = plain_chunks(rest, special);
    while let Some(position) = rest.iter().skip(scanned).position(|&byte| special.contains(byte)) {
        let (plain, tail) = rest.split_at(scanned + position);
        if !plain.is_empty() {
            document.extend_from_slice(plain);
        }
        rest = match tail {
            [NONCHARACTER_LEAD, 0xBF, 0xBE | 0xBF, after @ ..] => after,
            [byte, after @ ..] => {
                push_special(document, *byte);
                after
            }
            [] => tail,
        };
        scanned = 0;
    }
    document.extend_from_slice(rest);
}

/// Returns the length of the chunks at the start without a special byte.
///
/// Most texts have no special byte at all, and a chunk takes one branch, not one for each byte.
fn plain_chunks(bytes: &[u8], special: &ByteSet) -> usize {
    const LENGTH: usize = 8;
    let is_plain = |chunk: &&[u8; LENGTH]| {
        !chunk.iter().fold(false, |any, &byte| any | special.contains(byte))
    };
    let (chunks, _) = bytes.as_chunks();
    LENGTH * chunks.iter().take_while(is_plain).count()
}

fn push_special(document: &mut Vec<u8>, byte: u8) {
    match byte {
        b'<' => document.extend_from_slice(b"&lt;"),
        b'>' => document.extend_from_slice(b"&gt;"),
        b'&' => document.extend_from_slice(b"&amp;"),
        b'\'' => document.extend_from_slice(b"&apos;"),
        b'"' => document.extend_from_slice(b"&quot;"),
        b'\t' => document.extend_from_slice(b"&#9;"),
        b'\n' => document.extend_from_slice(b"&#10;"),
        b'\r' => document.extend_from_slice(b"&#13;"),
        NONCHARACTER_LEAD => document.push(byte),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> String {
        let mut document = Vec::new();
        push_text(&mut document, text);
        String::from_utf8(document).expect("XML is written as UTF-8")
    }

    fn attribute(text: &str) -> String {
        let mut document = Vec::new();
        push_attribute(&mut document, text);
        String::from_utf8(document).expect("XML is written as UTF-8")
    }

    #[test]
    fn markup_in_text_is_escaped() {
        assert_eq!(text("<b>Q&A</b> ]]>"), "&lt;b&gt;Q&amp;A&lt;/b&gt; ]]&gt;");
    }

    #[test]
    fn quotes_and_line_feeds_in_text_are_kept() {
        assert_eq!(text("\"it's\"\n\t"), "\"it's\"\n\t");
    }

    #[test]
    fn a_carriage_return_survives_as_a_reference() {
        assert_eq!(text("a\r\nb"), "a&#13;\nb");
    }

    #[test]
    fn quotes_and_whitespace_in_an_attribute_are_escaped() {
        assert_eq!(attribute("\"<&>' \r\n\t"), "&quot;&lt;&amp;&gt;&apos; &#13;&#10;&#9;");
    }

    #[test]
    fn a_character_is_escaped_at_any_position() {
        for before in 0..20 {
            for after in 0..20 {
                let (before, after) = ("é".repeat(before), "-".repeat(after));
                let escaped = format!("{before}&amp;{after}&lt;");
                assert_eq!(text(&format!("{before}&{after}<")), escaped);
                assert_eq!(attribute(&format!("{before}&{after}<")), escaped);
            }
        }
    }

    #[test]
    fn characters_outside_xml_are_dropped() {
        let controls = ('\0'..' ').filter(|control| !['\t', '\n', '\r'].contains(control));
        for excluded in controls.chain(['\u{FFFE}', '\u{FFFF}']) {
            assert_eq!(text(&format!("a{excluded}b")), "ab", "for {excluded:?}");
            assert_eq!(attribute(&format!("a{excluded}b")), "ab", "for {excluded:?}");
        }
    }

    #[test]
    fn characters_at_the_limits_of_xml_are_kept() {
        let edges =
            "\u{7F}\u{85}\u{D7FF}\u{E000}\u{F000}\u{FFC0}\u{FFFD}\u{10000}\u{1FFFE}\u{10FFFF}";
        assert_eq!(text(edges), edges);
        assert_eq!(attribute(edges), edges);
    }
}
