//! Values in formats that have only text: XML and forms.
//!
//! The type that serde asks for decides how a text is read. Where it asks for none, since it buffers a value (`flatten`, an
//! enum with an internal tag or without one), there are several [interpretations](interpretation), and the first that
//! fits is taken: so a type means the same as in JSON.

mod deserializer;
mod error;
mod interpretation;
mod key;

use std::{borrow::Cow, collections::VecDeque};

use serde::de::DeserializeOwned;

use self::{
    deserializer::Node,
    error::{Error, Found},
    interpretation::{Choices, Reading},
};
use super::{elements::Elements, mismatch, strict::Strict};
use crate::problem::violation::Violation;

/// The maximum number of attempts to read a value.
const MAX_ATTEMPTS: usize = 32;

/// The maximum number of interpretations in all attempts but the last, so that the time is bounded for large content.
const MAX_INTERPRETATIONS: usize = 100_000;

/// An element with its text or its children: that of an XML document, or a field of a form.
#[derive(Debug)]
pub(crate) struct Element<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) text: Cow<'a, str>,
    pub(crate) children: Vec<Self>,
}

/// The rules of a format for empty texts, lists and booleans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Xml,
    /// The children of the root are the fields, and have no children.
    Form,
}

/// Reads a value.
///
/// # Errors
/// A violation with the path of the value that does not fit.
pub(crate) fn read<T: DeserializeOwned>(
    root: &Element<'_>,
    dialect: Dialect,
) -> Result<T, Violation> {
    let mut queue = VecDeque::from([Choices::default()]);
    let mut violation = None;
    let mut interpretations = 0;
    // They were counted when the elements were parsed.
    let elements = Elements::unlimited();
    for _ in 0..MAX_ATTEMPTS {
        let Some(choices) = queue.pop_front() else { break };
        let reading = Reading::new(dialect, choices);
        let node = Strict::explaining(Node::root(root, &reading), &elements);
        let error = match serde_path_to_error::deserialize(node) {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        violation.get_or_insert_with(|| violation_of(root, &error));
        interpretations += reading.len();
        if interpretations > MAX_INTERPRETATIONS {
            break;
        }
        queue.extend(reading.alternatives(error.inner().found()).take(MAX_ATTEMPTS));
    }
    Err(violation.unwrap_or_else(Violation::no_content))
}

/// Reports the error of the first attempt, which has the most likely interpretation.
fn violation_of(root: &Element<'_>, error: &serde_path_to_error::Error<Error>) -> Violation {
    let path = error.path().to_string();
    // The path of a buffered value is lost, but its text is known.
    let name = match (path.as_str(), error.inner().found()) {
        (".", Found::Text(address)) => root.name_of_text(address),
        _ => None,
    };
    mismatch::violation(name.unwrap_or(&path), &error.inner().to_string())
}

impl Element<'_> {
    /// Whether it has neither children nor a text of more than whitespace.
    fn is_blank(&self) -> bool {
        self.children.is_empty() && self.text.trim().is_empty()
    }

    fn is_empty(&self) -> bool {
        self.children.is_empty() && self.text.is_empty()
    }

    /// Whether its children are the entries of a list, as in responses.
    fn is_list(&self) -> bool {
        !self.children.is_empty() && self.children.iter().all(|child| child.name == "child")
    }

    fn name_of_text(&self, address: usize) -> Option<&str> {
        self.children.iter().find_map(|child| {
            let is_found = !child.text.is_empty() && child.text.as_ptr().addr() == address;
            if is_found { Some(&*child.name) } else { child.name_of_text(address) }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use serde::Deserialize;

    use super::*;

    fn leaf(name: &'static str, text: &'static str) -> Element<'static> {
        Element { name: name.into(), text: text.into(), children: Vec::new() }
    }

    fn form<T: DeserializeOwned>(fields: &[(&'static str, &'static str)]) -> Result<T, Violation> {
        let children = fields.iter().map(|(name, text)| leaf(name, text)).collect();
        read(&Element { children, ..leaf("", "") }, Dialect::Form)
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Search {
        q: String,
        #[serde(flatten)]
        paging: Paging,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Paging {
        page: u32,
        label: String,
        #[serde(default)]
        tag: Vec<String>,
        size: Option<u32>,
        exact: Option<bool>,
    }

    #[test]
    fn a_flattened_value_is_read_by_its_types() {
        let paging = |label: &str, tag: &[&str]| {
            let tag = tag.iter().copied().map(str::to_owned).collect();
            let (size, exact) = (None, Some(true));
            Search {
                q: "1".into(),
                paging: Paging { page: 2, label: label.into(), tag, size, exact },
            }
        };
        let fields = [("q", "1"), ("page", "2"), ("label", "a"), ("exact", "true")];
        assert_eq!(form(&fields), Ok(paging("a", &[])));
        // Texts that look like other types, one of them equal to that of a number.
        let fields = [
            ("q", "1"),
            ("page", "2"),
            ("label", "2"),
            ("exact", "on"),
            ("tag", "3"),
            ("size", ""),
        ];
        assert_eq!(form(&fields), Ok(paging("2", &["3"])));
    }

    #[test]
    fn a_violation_in_a_flattened_value_has_its_name() {
        let error = form::<Search>(&[("q", "a"), ("page", "x"), ("label", "a")]).expect_err("page");
        assert_eq!(
            error.detail(),
            "Value for page does not validate. It must be a whole number from 0 to 4294967295."
        );
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(untagged)]
    enum Key {
        Number(u32),
        Flag(bool),
        Name(String),
    }

    #[test]
    fn an_untagged_value_is_what_it_looks_like_in_json() {
        let key =
            |text| form::<HashMap<String, Key>>(&[("key", text)]).map(|mut it| it.remove("key"));
        assert_eq!(key("5"), Ok(Some(Key::Number(5))));
        assert_eq!(key("true"), Ok(Some(Key::Flag(true))));
        assert_eq!(key("05"), Ok(Some(Key::Name("05".into()))));
        assert_eq!(key("-5"), Ok(Some(Key::Name("-5".into()))));
        assert_eq!(key(""), Ok(Some(Key::Name(String::new()))));
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(tag = "kind", rename_all = "lowercase")]
    enum Shape {
        Circle { radius: f64 },
        Label { text: String, size: u8 },
    }

    #[test]
    fn an_internally_tagged_value_is_read_by_its_types() {
        let circle = form(&[("kind", "circle"), ("radius", "2")]);
        assert_eq!(circle, Ok(Shape::Circle { radius: 2.0 }));
        let label = form(&[("size", "7"), ("text", "7"), ("kind", "label")]);
        assert_eq!(label, Ok(Shape::Label { text: "7".into(), size: 7 }));
    }

    #[test]
    fn integers_have_128_bits() {
        let read =
            form::<BTreeMap<String, u128>>(&[("a", "340282366920938463463374607431768211455")]);
        assert_eq!(read, Ok(BTreeMap::from([("a".to_owned(), u128::MAX)])));
        assert!(
            form::<BTreeMap<String, i128>>(&[("a", "340282366920938463463374607431768211455")])
                .is_err()
        );
    }

    #[test]
    fn keys_are_read_by_their_type() {
        let read = form::<BTreeMap<i64, char>>(&[("-1", "a"), ("2", " ")]);
        assert_eq!(read, Ok(BTreeMap::from([(-1, 'a'), (2, ' ')])));
        assert!(form::<BTreeMap<u8, char>>(&[("256", "a")]).is_err());
        assert!(form::<BTreeMap<bool, char>>(&[("true", "a")]).is_ok());
    }

    #[test]
    fn a_form_may_be_read_as_pairs() {
        let pairs: Vec<(String, u32)> = form(&[("a", "1"), ("b", "2"), ("a", "3")]).expect("pairs");
        assert_eq!(pairs, [("a".to_owned(), 1), ("b".to_owned(), 2), ("a".to_owned(), 3)]);
    }

    #[test]
    fn attempts_are_bounded() {
        #[derive(Debug, Deserialize)]
        #[serde(untagged)]
        enum Never {
            #[expect(dead_code, reason = "it is never read")]
            Map(HashMap<String, [u8; 3]>),
        }
        let fields: Vec<_> = (0..10_000).map(|_| ("a", "1")).collect();
        assert!(form::<Never>(&fields).is_err());
        let names: Vec<&'static str> = (0..1000).map(|it| &*format!("a{it}").leak()).collect();
        let fields: Vec<_> = names.into_iter().map(|name| (name, "1")).collect();
        assert!(form::<Never>(&fields).is_err());
    }
}
