//! XML as the content of a request: in the dialect of responses, or with repeated elements for lists.
//!
//! Only the predefined entities are allowed, and no document type: entities that expand, or that refer to other documents,
//! are attacks ("billion laughs" and XXE in OWASP's terms).

mod deserializer;

use std::borrow::Cow;

use quick_xml::{Reader, XmlVersion, escape::resolve_xml_entity, events::Event};
use serde::de::DeserializeOwned;

use self::deserializer::Node;
use crate::{formats::mismatch::expectation, problem::violation::Violation};

/// The maximum nesting of elements, which is that of `serde_json`.
const MAX_DEPTH: usize = 128;

/// Deserialises the content.
///
/// # Errors
/// A violation with the path of the value that does not fit, or with the position if the content is malformed.
pub(crate) fn read<T: DeserializeOwned>(content: &[u8]) -> Result<T, Violation> {
    let document = Document::parse(content)?;
    serde_path_to_error::deserialize(document.root()).map_err(|error| {
        let reason = expectation(&error.inner().to_string());
        Violation::within_content(&error.path().to_string(), reason)
    })
}

/// A well-formed document.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    root: Element<'a>,
}

/// An element without its attributes.
#[derive(Debug)]
pub(crate) struct Element<'a> {
    name: Cow<'a, str>,
    text: Cow<'a, str>,
    children: Vec<Self>,
}

/// The state of the parser: the open elements, and the root once it is closed.
#[derive(Debug, Default)]
struct TreeBuilder<'a> {
    has_begun: bool,
    stack: Vec<Element<'a>>,
    root: Option<Element<'a>>,
}

impl<'a> Document<'a> {
    /// # Errors
    /// A violation with line and column if the document is malformed.
    pub(crate) fn parse(content: &'a [u8]) -> Result<Self, Violation> {
        let text =
            std::str::from_utf8(content).map_err(|error| at(content, error.valid_up_to()))?;
        let mut reader = Reader::from_str(text);
        let mut builder = TreeBuilder::default();
        loop {
            let position = position(reader.buffer_position());
            let event = reader.read_event();
            let event = event.map_err(|_| at(content, self::position(reader.error_position())))?;
            if let Event::Eof = event {
                break;
            }
            builder.take(event).ok_or_else(|| at(content, position))?;
        }
        let root = builder.root.filter(|_| builder.stack.is_empty());
        root.map(|root| Self { root }).ok_or_else(|| at(content, content.len()))
    }

    /// Returns the root element as a value.
    pub(crate) fn root(&self) -> Node<'_> {
        Node::One(&self.root)
    }
}

impl<'a> TreeBuilder<'a> {
    /// Takes the next event; `None` if it is not allowed at this position.
    fn take(&mut self, event: Event<'a>) -> Option<()> {
        let is_first = !std::mem::replace(&mut self.has_begun, true);
        match event {
            Event::Start(start) => self.begin(name(&start)?),
            Event::Empty(start) => self.begin(name(&start)?).and_then(|()| self.end()),
            Event::End(_) => self.end(),
            Event::Text(text) => self.text(text.xml10_content()),
            Event::CData(text) => self.text(text.xml10_content()),
            Event::GeneralRef(reference) => match reference.resolve_char_ref().ok()? {
                Some(character) if is_legal(character) => self.text(character.to_string().into()),
                Some(_) => None,
                None => self.text(resolve_xml_entity(&reference)?.into()),
            },
            Event::Decl(declaration) => match declaration.encoding() {
                _ if !is_first => None,
                Some(Ok(encoding)) if encoding.eq_ignore_ascii_case("utf-8") => Some(()),
                None => Some(()),
                Some(_) => None,
            },
            Event::Comment(_) | Event::PI(_) | Event::Eof => Some(()),
            Event::DocType(_) => None,
        }
    }

    fn begin(&mut self, name: Cow<'a, str>) -> Option<()> {
        if self.root.is_some() || self.stack.len() >= MAX_DEPTH {
            return None;
        }
        self.stack.push(Element { name, text: Cow::Borrowed(""), children: Vec::new() });
        Some(())
    }

    fn end(&mut self) -> Option<()> {
        let element = self.stack.pop()?;
        match self.stack.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
        Some(())
    }

    /// Adds text to the current element; outside the root, only whitespace is allowed.
    fn text(&mut self, text: Cow<'a, str>) -> Option<()> {
        if !text.chars().all(is_legal) {
            return None;
        }
        match self.stack.last_mut() {
            Some(element) if element.text.is_empty() => element.text = text,
            Some(element) => element.text.to_mut().push_str(&text),
            None => return text.trim().is_empty().then_some(()),
        }
        Some(())
    }
}

/// Returns the name of an element, or the attribute with its key if the key cannot be a name.
fn name<'a>(start: &quick_xml::events::BytesStart<'a>) -> Option<Cow<'a, str>> {
    let name = start.local_name();
    // Without the check for duplicates, whose cost is quadratic.
    if start.attributes().with_checks(false).any(|attribute| attribute.is_err()) {
        return None;
    }
    if name.as_ref() == "entry"
        && let Some(key) = start.try_get_attribute("key").ok()?
    {
        let key = key.normalized_value(XmlVersion::Implicit1_0).ok()?;
        return Some(Cow::Owned(key.into_owned()));
    }
    Some(Cow::Owned(name.as_ref().to_owned()))
}

/// Returns whether XML can express a character (XML 1.0, section 2.2).
fn is_legal(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

fn position(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

/// Creates a violation for malformed content, with line and column as for JSON.
fn at(content: &[u8], position: usize) -> Violation {
    let before = content.get(..position).unwrap_or(content);
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
    Violation::malformed("XML", line, column)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::representation::Represent;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Order {
        customer: String,
        note: Option<String>,
        lines: Vec<Line>,
        paid: bool,
        kind: Kind,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Line {
        count: u32,
        price: f64,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Kind {
        Usual,
        Express { hours: u8 },
        Other(String),
    }

    fn written(value: &impl Represent) -> String {
        String::from_utf8(value.xml("response").expect("written").into()).expect("UTF-8")
    }

    fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
        let document = Document::parse(text.as_bytes()).ok()?;
        T::deserialize(document.root()).ok()
    }

    #[test]
    fn a_written_value_is_read_back() {
        for kind in [Kind::Usual, Kind::Express { hours: 4 }, Kind::Other("a < b".to_owned())] {
            let lines = vec![Line { count: 1, price: 0.5 }, Line { count: 2, price: 1e9 }];
            let order = Order { customer: " Ada ".to_owned(), note: None, lines, paid: true, kind };
            let text = written(&order);
            assert_eq!(read::<Order>(&text), Some(order), "{text}");
        }
    }

    #[test]
    fn a_repeated_element_is_a_list() {
        #[derive(Debug, PartialEq, Deserialize)]
        struct Tags {
            tag: Vec<String>,
        }
        let tags = read("<a><tag>x</tag><tag>y</tag></a>");
        assert_eq!(tags, Some(Tags { tag: vec!["x".to_owned(), "y".to_owned()] }));
        assert_eq!(read("<a><tag>x</tag></a>"), Some(Tags { tag: vec!["x".to_owned()] }));
        assert_eq!(read("<a><tag/></a>"), Some(Tags { tag: Vec::new() }));
    }

    #[test]
    fn references_and_cdata_sections_are_text() {
        let text = "<?xml version='1.0' encoding='UTF-8'?>\n<!-- a --><a>1 &lt; &#50;<![CDATA[ <3]]></a>\n";
        assert_eq!(read::<String>(text), Some("1 < 2 <3".to_owned()));
    }

    #[test]
    fn a_custom_entity_is_rejected() {
        assert_eq!(read::<String>("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"), None);
        assert_eq!(read::<String>("<a>&b;</a>"), None);
    }

    #[test]
    fn malformed_documents_are_rejected() {
        for text in [
            "",
            "a",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "a<a/>",
            "<a/>b",
            "</a>",
            "<a>&#0;</a>",
            "<a>&#x1F;</a>",
            "<?xml version='1.0' encoding='latin1'?><a/>",
            "<a>\u{1}</a>",
            "<a b=1 b c></a>",
            "<a><?xml version='1.0'?></a>",
        ] {
            assert_eq!(read::<String>(text), None, "{text}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth| "<a>".repeat(depth) + &"</a>".repeat(depth);
        assert!(Document::parse(nested(MAX_DEPTH).as_bytes()).is_ok());
        assert!(Document::parse(nested(MAX_DEPTH + 1).as_bytes()).is_err());
        assert!(Document::parse(nested(1_000_000).as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn any_written_map_of_strings_is_read_back(
            map in prop::collection::btree_map("[^\\x00-\\x1f\\x7f\\ufffe\\uffff]*", "[^\\x00-\\x1f\\x7f\\ufffe\\uffff]*", 0..5)
        ) {
            let text = written(&map);
            prop_assert_eq!(read::<BTreeMap<String, String>>(&text), Some(map));
        }

        #[test]
        fn arbitrary_text_does_not_panic(text in "(<a>|</a>|<b/>|&lt;|&#1;|x| |<!--|-->|\\PC){0,20}") {
            let _ = Document::parse(text.as_bytes());
        }
    }
}
