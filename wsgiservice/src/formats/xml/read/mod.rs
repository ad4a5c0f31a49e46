//! XML as the content of a request: in the dialect of responses, or with repeated elements for lists.
//!
//! Only the predefined entities are allowed, and no document type: entities that expand, or that refer to other documents,
//! are attacks ("billion laughs" and XXE in OWASP's terms).

use std::borrow::Cow;

use quick_xml::{Reader, XmlVersion, escape::resolve_xml_entity, events::Event};
use serde::de::DeserializeOwned;

use crate::{
    formats::{
        elements::Elements,
        mismatch,
        tree::{self, Dialect, Element},
    },
    problem::violation::Violation,
};

/// The maximum nesting of elements, which is that of `serde_json`.
const MAX_DEPTH: usize = 128;

/// Deserialises the content.
///
/// # Errors
/// A violation with the path of the value that does not fit or has too many elements, or with the position if the content is
/// malformed.
pub(crate) fn read<T: DeserializeOwned>(content: &[u8], elements: usize) -> Result<T, Violation> {
    tree::read(&parse(content, &Elements::new(elements))?, Dialect::Xml)
}

/// The state of the parser: the open elements, and the root once it is closed.
#[derive(Debug, Default)]
struct TreeBuilder<'a> {
    has_begun: bool,
    stack: Vec<Element<'a>>,
    root: Option<Element<'a>>,
}

/// Parses a document; returns its root element.
///
/// # Errors
/// A violation with line and column if the document is malformed, or with the path of an element that has too many.
fn parse<'a>(content: &'a [u8], elements: &Elements) -> Result<Element<'a>, Violation> {
    let text = std::str::from_utf8(content).map_err(|error| at(content, error.valid_up_to()))?;
    let mut reader = Reader::from_str(text);
    let mut builder = TreeBuilder::default();
    loop {
        let position = position(reader.buffer_position());
        let event = reader.read_event();
        let event = event.map_err(|_| at(content, self::position(reader.error_position())))?;
        match event {
            Event::Eof => break,
            Event::Start(_) | Event::Empty(_) => builder.count(elements)?,
            _ => {}
        }
        builder.take(event).ok_or_else(|| at(content, position))?;
    }
    let root = builder.root.filter(|_| builder.stack.is_empty());
    root.ok_or_else(|| at(content, content.len()))
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

    /// Counts an element that begins within another.
    fn count(&self, elements: &Elements) -> Result<(), Violation> {
        let Some(parent) = self.stack.last() else { return Ok(()) };
        let siblings = parent.children.len();
        if !elements.have_room(siblings) {
            let within_root = self.stack.iter().skip(1).map(|element| &*element.name);
            let path = within_root.collect::<Vec<_>>().join(".");
            return mismatch::too_many(&path, &elements.excess(siblings)).map_or(Ok(()), Err);
        }
        elements.add();
        if siblings == 0 {
            // The parent is a list or an object.
            elements.add();
        }
        Ok(())
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
            Some(parent) => {
                if parent.children.is_empty() {
                    // `push` would make room for four, which is most of the memory of a document that nests.
                    parent.children.reserve_exact(1);
                }
                parent.children.push(element);
            }
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

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    enum Kind {
        Usual,
        Express { hours: u8 },
        Other(String),
    }

    fn written(value: &impl Represent) -> String {
        String::from_utf8(value.xml("response").expect("written").into()).expect("UTF-8")
    }

    fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
        super::read(text.as_bytes(), usize::MAX).ok()
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
        assert!(parse(nested(MAX_DEPTH).as_bytes(), &Elements::unlimited()).is_ok());
        assert!(parse(nested(MAX_DEPTH + 1).as_bytes(), &Elements::unlimited()).is_err());
        assert!(parse(nested(1_000_000).as_bytes(), &Elements::unlimited()).is_err());
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Everything {
        by_number: BTreeMap<i64, f64>,
        by_flag: BTreeMap<bool, char>,
        by_name: BTreeMap<String, Option<String>>,
        large: Vec<(u128, i128)>,
        nested: Vec<Vec<String>>,
        kinds: Vec<Kind>,
    }

    /// Characters that XML can express; others are dropped.
    const TEXT: &str = "[^\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f\\ufffe\\uffff]{0,6}";

    fn everything() -> impl Strategy<Value = Everything> {
        use prop::collection::{btree_map, vec};
        let number = prop::num::f64::NORMAL | prop::num::f64::ZERO | prop::num::f64::SUBNORMAL;
        let kind = prop_oneof![
            Just(Kind::Usual),
            any::<u8>().prop_map(|hours| Kind::Express { hours }),
            TEXT.prop_map(Kind::Other),
        ];
        // An empty text is that of `None`.
        let text = prop::option::of(TEXT.prop_filter("empty", |text| !text.is_empty()));
        let maps = (
            btree_map(any::<i64>(), number, 0..4),
            btree_map(any::<bool>(), prop::char::range(' ', '~'), 0..3),
            btree_map(TEXT, text, 0..4),
        );
        let lists = (vec(any::<(u128, i128)>(), 0..3), vec(vec(TEXT, 0..3), 0..3), vec(kind, 0..3));
        (maps, lists).prop_map(|((by_number, by_flag, by_name), (large, nested, kinds))| {
            Everything { by_number, by_flag, by_name, large, nested, kinds }
        })
    }

    /// The texts of the children of an element, by the key of each, as another parser reads them.
    fn read_by_another(text: &str, name: &str) -> BTreeMap<String, String> {
        let document = roxmltree::Document::parse(text).expect("XML");
        let parent = document.root_element().children().find(|node| node.has_tag_name(name));
        let children = parent.into_iter().flat_map(|parent| parent.children().collect::<Vec<_>>());
        let key = |node: roxmltree::Node<'_, '_>| {
            node.attribute("key").unwrap_or(node.tag_name().name()).to_owned()
        };
        children.map(|node| (key(node), node.text().unwrap_or_default().to_owned())).collect()
    }

    proptest! {
        #[test]
        fn any_written_value_is_read_back(value in everything()) {
            let text = written(&value);
            prop_assert_eq!(read::<Everything>(&text), Some(value.clone()), "{}", text);
            let by_name = value.by_name.into_iter().map(|(key, text)| (key, text.unwrap_or_default()));
            prop_assert_eq!(read_by_another(&text, "by_name"), by_name.collect());
            let by_number = value.by_number.keys().map(ToString::to_string);
            let keys = read_by_another(&text, "by_number").into_keys();
            let sorted: std::collections::BTreeSet<_> = by_number.collect();
            prop_assert_eq!(keys.collect::<std::collections::BTreeSet<_>>(), sorted);
        }

        #[test]
        fn any_written_map_of_strings_is_read_back(
            map in prop::collection::btree_map("[^\\x00-\\x1f\\x7f\\ufffe\\uffff]*", "[^\\x00-\\x1f\\x7f\\ufffe\\uffff]*", 0..5)
        ) {
            let text = written(&map);
            prop_assert_eq!(read::<BTreeMap<String, String>>(&text), Some(map));
        }

        #[test]
        fn arbitrary_text_does_not_panic(text in "(<a>|</a>|<b/>|&lt;|&#1;|x| |<!--|-->|\\PC){0,20}") {
            let _ = parse(text.as_bytes(), &Elements::unlimited());
        }
    }
}
