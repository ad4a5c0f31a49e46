//! Properties of the writer for every value, checked with an independent parser and an independent writer.

use std::collections::BTreeMap;

use proptest::prelude::*;
use roxmltree::{Document, Node};
use serde::Serialize;
use serde_json::Value;
use wsgiservice_grammar::xml::is_name;

use super::{
    Form,
    reference::{self, expressible},
    write,
};

/// Values of all forms that `derive(Serialize)` produces. Fields are in alphabetical order because `serde_json::Value` may sort them.
#[derive(Clone, Debug, Serialize)]
enum Shape {
    Unit,
    Boolean(bool),
    Float(f64),
    Character(char),
    Pair(i64, Option<u64>),
    Newtype(Box<Self>),
    Struct { empty: (), items: Vec<Self> },
    Codes(BTreeMap<i32, Self>),
    Named(BTreeMap<String, Self>),
}

const RESPONSE: Form<'_> = Form::Rooted("response");

proptest! {
    #[test]
    fn every_json_value_is_read_back(value in json_values()) {
        let document = write(&value, RESPONSE).expect("every JSON value has an XML form");
        let document = String::from_utf8(document.into()).expect("XML is written as UTF-8");
        let parsed = Document::parse(&document).expect("the document is well-formed");

        prop_assert_eq!(parsed.root_element().tag_name().name(), "response");
        assert_reads_as(parsed.root_element(), &value);
    }

    #[test]
    fn every_json_value_is_written_as_by_quick_xml(value in json_values()) {
        let document = write(&value, RESPONSE).expect("every JSON value has an XML form");

        prop_assert_eq!(document, reference::write(&value, "response"));
    }

    #[test]
    fn a_name_is_what_a_parser_takes_for_one(text in texts()) {
        prop_assert_eq!(is_name(&text), reference::is_name(&text));
    }

    #[test]
    fn every_shape_is_written_like_its_json(shape in shapes()) {
        let json = serde_json::to_value(&shape).expect("every shape has a JSON form");

        prop_assert_eq!(
            write(&shape, RESPONSE).expect("what has a JSON form has an XML form"),
            write(&json, RESPONSE).expect("every JSON value has an XML form")
        );
    }

    #[test]
    fn every_root_is_well_formed(root in texts(), text in texts()) {
        let document = write(&text, Form::Rooted(&root)).expect("text has an XML form");
        let document = String::from_utf8(document.into()).expect("XML is written as UTF-8");
        let parsed = Document::parse(&document).expect("the document is well-formed");

        let name = parsed.root_element().tag_name().name();
        prop_assert!(name == root || name == "response");
        prop_assert_eq!(text_of(parsed.root_element()), expressible(&text));
    }
}

fn assert_reads_as(node: Node<'_, '_>, value: &Value) {
    match value {
        Value::Null => assert_is_text(node, ""),
        Value::Bool(boolean) => assert_is_text(node, &boolean.to_string()),
        Value::Number(number) => assert_is_text(node, &number.to_string()),
        Value::String(text) => assert_is_text(node, &expressible(text)),
        Value::Array(items) => {
            assert_holds_elements_only(node, items.len());
            for ((order, item), child) in items.iter().enumerate().zip(node.children()) {
                assert_eq!(child.tag_name().name(), "child");
                assert_eq!(child.attribute("order"), Some(order.to_string().as_str()));
                assert_reads_as(child, item);
            }
        }
        Value::Object(fields) => {
            assert_holds_elements_only(node, fields.len());
            for ((key, field), child) in fields.iter().zip(node.children()) {
                assert_eq!(key_of(child), expressible(key));
                assert_reads_as(child, field);
            }
        }
    }
}

fn assert_is_text(node: Node<'_, '_>, text: &str) {
    assert!(node.children().all(|child| child.is_text()));
    assert_eq!(text_of(node), text);
}

fn assert_holds_elements_only(node: Node<'_, '_>, count: usize) {
    assert!(node.children().all(|child| child.is_element()));
    assert_eq!(node.children().count(), count);
}

fn text_of<'a>(node: Node<'a, '_>) -> &'a str {
    node.text().unwrap_or_default()
}

fn key_of<'a>(node: Node<'a, '_>) -> &'a str {
    node.attribute("key").unwrap_or_else(|| node.tag_name().name())
}

fn json_values() -> impl Strategy<Value = Value> {
    let scalars = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        texts().prop_map(Value::from),
    ];
    scalars.prop_recursive(5, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((texts(), inner), 0..6).prop_map(Value::from_iter),
        ]
    })
}

fn shapes() -> impl Strategy<Value = Shape> {
    let scalars = prop_oneof![
        Just(Shape::Unit),
        any::<bool>().prop_map(Shape::Boolean),
        proptest::num::f64::ANY.prop_map(Shape::Float),
        any::<char>().prop_map(Shape::Character),
        any::<(i64, Option<u64>)>().prop_map(|(left, right)| Shape::Pair(left, right)),
    ];
    scalars.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(Box::new).prop_map(Shape::Newtype),
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| Shape::Struct { empty: (), items }),
            // At most one key: several would sort differently as numbers and as text.
            prop::collection::btree_map(any::<i32>(), inner.clone(), 0..2).prop_map(Shape::Codes),
            prop::collection::btree_map(texts(), inner, 0..4).prop_map(Shape::Named),
        ]
    })
}

/// Text as a key or value: names, text that resembles names or markup, and arbitrary characters.
fn texts() -> impl Strategy<Value = String> {
    let characters = prop_oneof![
        4 => any::<char>(),
        4 => prop::char::range('\0', '\u{7F}'),
        1 => prop::sample::select(vec!['\u{80}', '\u{85}', '\u{2028}', '\u{FFFD}', '\u{FFFE}', '\u{FFFF}']),
    ];
    prop_oneof![
        "[a-zA-Z_][a-zA-Z0-9_.-]{0,8}",
        "[xX][mM][lL][a-z]{0,3}",
        "[a-z:.0-9-]{1,4}",
        "[<>&\"'\\]!\\[/;#\\r\\n\\t -]{0,8}",
        "[a-z <é\u{FF01}]{0,80}",
        prop::collection::vec(characters, 0..12).prop_map(String::from_iter),
    ]
}
