//! Elements that are well-formed by construction.

use std::fmt;

use serde::Serialize;
use wsgiservice_grammar::xml::is_name;

use super::{Error, escape};

/// The end of a document in progress.
#[derive(Debug)]
pub(crate) struct Markup<'a> {
    pub(crate) document: &'a mut Vec<u8>,
    pub(crate) entries: Entries,
}

/// How the entries of a list are written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Entries {
    /// As `<child order="0">`.
    Numbered,
    /// As `<i>`.
    Plain,
}

impl Markup<'_> {
    /// Writes an element and the value in it, or nothing if the value fails to serialise.
    ///
    /// A `Serialize` may ignore the error and continue; without the rollback, the partial element would leave open tags.
    pub(crate) fn element<T: Serialize + ?Sized>(
        &mut self,
        tag: Tag<'_>,
        value: &T,
    ) -> Result<(), Error> {
        let before = self.document.len();
        self.open(tag);
        if let Err(error) = value.serialize(self.reborrow()) {
            self.document.truncate(before);
            return Err(error);
        }
        self.close(tag);
        Ok(())
    }

    pub(crate) fn reborrow(&mut self) -> Markup<'_> {
        Markup { document: self.document, entries: self.entries }
    }

    /// Returns the tags for an entry of a list.
    pub(crate) fn entry(&self, order: usize) -> Tag<'static> {
        match self.entries {
            Entries::Numbered => Tag::Child(order),
            Entries::Plain => Tag::Name("i"),
        }
    }

    /// Writes the start tag of an element, which the caller closes.
    pub(crate) fn open(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Name(name) => {
                self.document.push(b'<');
                self.document.extend_from_slice(name.as_bytes());
                self.document.push(b'>');
            }
            Tag::Entry(key) => {
                self.document.extend_from_slice(b"<entry key=\"");
                escape::push_attribute(self.document, key);
                self.document.extend_from_slice(b"\">");
            }
            Tag::Problem => {
                self.document.extend_from_slice(b"<problem xmlns=\"urn:ietf:rfc:7807\">");
            }
            Tag::Child(order) => {
                self.document.extend_from_slice(b"<child order=\"");
                self.document.extend_from_slice(itoa::Buffer::new().format(order).as_bytes());
                self.document.extend_from_slice(b"\">");
            }
        }
    }

    /// Writes the end tag that belongs to a start tag.
    pub(crate) fn close(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Name(name) => {
                self.document.extend_from_slice(b"</");
                self.document.extend_from_slice(name.as_bytes());
                self.document.push(b'>');
            }
            Tag::Entry(_) => self.document.extend_from_slice(b"</entry>"),
            Tag::Child(_) => self.document.extend_from_slice(b"</child>"),
            Tag::Problem => self.document.extend_from_slice(b"</problem>"),
        }
    }

    /// Writes text between tags.
    pub(crate) fn text(&mut self, text: &str) {
        escape::push_text(self.document, text);
    }

    /// Writes text between tags that has no characters to escape.
    pub(crate) fn plain(&mut self, text: &str) {
        self.document.extend_from_slice(text.as_bytes());
    }
}

impl fmt::Write for Markup<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.text(text);
        Ok(())
    }
}

/// The tags of an element.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tag<'a> {
    /// A valid name.
    Name(&'a str),
    /// A key that is not a name, in an attribute.
    Entry(&'a str),
    /// The position of an entry of a list.
    Child(usize),
    /// The root of a problem, with its namespace.
    Problem,
}

impl<'a> Tag<'a> {
    /// Returns the tags for the value of a key.
    pub(crate) fn of(key: &'a str) -> Self {
        if is_name(key) { Self::Name(key) } else { Self::Entry(key) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn empty(tag: Tag<'_>) -> String {
        let mut document = Vec::new();
        let mut markup = Markup { document: &mut document, entries: Entries::Numbered };
        markup.element(tag, &()).expect("an element can be written");
        String::from_utf8(document).expect("XML is written as UTF-8")
    }

    #[test]
    fn a_key_that_is_a_name_is_the_name_of_the_element() {
        assert_eq!(empty(Tag::of("a-b.c")), "<a-b.c></a-b.c>");
    }

    #[test]
    fn another_key_is_escaped_in_an_attribute() {
        assert_eq!(
            empty(Tag::of("\"<&>\r\n\t")),
            r#"<entry key="&quot;&lt;&amp;&gt;&#13;&#10;&#9;"></entry>"#
        );
    }

    #[test]
    fn a_key_in_an_attribute_loses_characters_outside_xml() {
        assert_eq!(empty(Tag::of("a\u{0}b")), r#"<entry key="ab"></entry>"#);
    }

    #[test]
    fn an_empty_key_is_an_attribute() {
        assert_eq!(empty(Tag::of("")), r#"<entry key=""></entry>"#);
    }

    #[test]
    fn an_end_tag_has_no_attributes() {
        assert_eq!(empty(Tag::Child(3)), r#"<child order="3"></child>"#);
    }
}
