//! Tags and text that are well-formed by construction.
//!
//! Only this module decides which characters XML can express, and which of them are escaped. Which names an element can
//! have is a question to the grammar crate, since a declaration names a root element.

use std::borrow::Cow;

use quick_xml::Writer;
use quick_xml::escape::partial_escape;
use quick_xml::events::{BytesStart, BytesText, Event};
use serde::Serialize;
use wsgiservice_grammar::xml::is_name;

use super::Error;

/// A document in progress.
#[derive(Debug, Default)]
pub(crate) struct Markup {
    document: Vec<u8>,
}

impl Markup {
    /// Returns the document.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.document
    }

    /// Writes an element and the value in it, or nothing if the value fails to serialise.
    ///
    /// A `Serialize` may ignore the error and continue; without the rollback, the partial element would leave open tags.
    pub(crate) fn element<T: Serialize + ?Sized>(
        &mut self,
        tag: &BytesStart<'_>,
        value: &T,
    ) -> Result<(), Error> {
        let before = self.document.len();
        self.open(tag)?;
        if let Err(error) = value.serialize(&mut *self) {
            self.document.truncate(before);
            return Err(error);
        }
        self.close(tag)
    }

    /// Writes the start tag of an element, which the caller closes.
    pub(crate) fn open(&mut self, tag: &BytesStart<'_>) -> Result<(), Error> {
        self.write(Event::Start(tag.borrow()))
    }

    /// Writes the end tag that belongs to a start tag.
    pub(crate) fn close(&mut self, tag: &BytesStart<'_>) -> Result<(), Error> {
        self.write(Event::End(tag.to_end()))
    }

    /// Writes text between tags.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), Error> {
        // `BytesText::new` would also escape quotes, which have no meaning between tags.
        let escaped = partial_escape(writable(text));
        self.write(Event::Text(BytesText::from_escaped(escaped)))
    }

    fn write(&mut self, event: Event<'_>) -> Result<(), Error> {
        Ok(Writer::new(&mut self.document).write_event(event)?)
    }
}

/// Returns the tag for the value of a key.
pub(crate) fn tag(key: &str) -> BytesStart<'_> {
    if is_name(key) {
        BytesStart::new(key)
    } else {
        BytesStart::new("entry").with_attributes([("key", writable(key).as_ref())])
    }
}

/// Returns the tag for an entry of a list.
pub(crate) fn child_tag(order: usize) -> BytesStart<'static> {
    BytesStart::new("child").with_attributes([("order", order.to_string().as_str())])
}

/// Removes the characters that XML cannot express, not even as a reference.
fn writable(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_character) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.chars().filter(|&character| is_character(character)).collect())
    }
}

/// `Char` of XML 1.0 §2.2; surrogates are already excluded by `char`.
fn is_character(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> String {
        let mut markup = Markup::default();
        markup.text(text).expect("text can be written");
        String::from_utf8(markup.into_bytes()).expect("XML is written as UTF-8")
    }

    fn opened(tag: &BytesStart<'_>) -> String {
        let mut markup = Markup::default();
        markup.open(tag).expect("a tag can be written");
        String::from_utf8(markup.into_bytes()).expect("XML is written as UTF-8")
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
    fn characters_outside_xml_are_dropped() {
        assert_eq!(text("a\u{0}\u{8}\u{B}\u{1F}\u{FFFE}\u{FFFF}b"), "ab");
    }

    #[test]
    fn characters_at_the_limits_of_xml_are_kept() {
        let edges = "\u{7F}\u{85}\u{D7FF}\u{E000}\u{FFFD}\u{10000}\u{1FFFE}\u{10FFFF}";
        assert_eq!(text(edges), edges);
    }

    #[test]
    fn a_key_in_an_attribute_is_escaped() {
        assert_eq!(
            opened(&tag("\"<&>\r\n\t")),
            r#"<entry key="&quot;&lt;&amp;&gt;&#13;&#10;&#9;">"#
        );
    }

    #[test]
    fn a_key_in_an_attribute_loses_characters_outside_xml() {
        assert_eq!(opened(&tag("a\u{0}b")), r#"<entry key="ab">"#);
    }

    #[test]
    fn an_empty_key_is_an_attribute() {
        assert_eq!(opened(&tag("")), r#"<entry key="">"#);
    }

    #[test]
    fn an_end_tag_has_no_attributes() {
        let mut markup = Markup::default();
        markup.element(&child_tag(3), &()).expect("an element can be written");
        assert_eq!(markup.into_bytes(), br#"<child order="3"></child>"#);
    }
}
