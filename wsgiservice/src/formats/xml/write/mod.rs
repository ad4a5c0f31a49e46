//! Values as XML documents.
//!
//! XML has no standard form for maps and lists, so this is a dialect: keys become elements, list entries become
//! `<child order="0">`. It has the structure and the order of the JSON form, so that one description of a resource covers
//! both. `serde` writes directly into the document, without an intermediate tree.
//!
//! The document is always well-formed: a key that cannot be the name of an element becomes an attribute, and characters
//! that XML cannot express are dropped, so that a stray byte in a database does not fail the response.

mod byte_set;
mod escape;
mod key;
mod markup;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod reference;
mod serializer;

use std::fmt;

use bytes::Bytes;
use serde::{Serialize, ser};
use wsgiservice_grammar::xml::is_name;

use self::markup::{Entries, Markup, Tag};
use crate::formats::scratch;

/// The root element if the given name is not valid.
const DEFAULT_ROOT: &str = "response";

/// The form of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form<'a> {
    /// That of the dialect, with this root element.
    Rooted(&'a str),
    /// That of a problem (RFC 9457, appendix B).
    Problem,
}

/// Writes a value as an XML document.
///
/// # Errors
///
/// Fails if the key of a map is not a string, a number or a boolean, or if the value itself fails to serialise.
pub(crate) fn write<T: Serialize + ?Sized>(value: &T, form: Form<'_>) -> Result<Bytes, Error> {
    let (root, entries) = match form {
        Form::Rooted(root) if is_name(root) => (Tag::Name(root), Entries::Numbered),
        Form::Rooted(_) => (Tag::Name(DEFAULT_ROOT), Entries::Numbered),
        Form::Problem => (Tag::Problem, Entries::Plain),
    };
    scratch::written(|document| Markup { document, entries }.element(root, value))
}

/// The error for a value without an XML form.
#[derive(Debug, thiserror::Error)]
#[error("cannot be written as XML: {0}")]
pub(crate) struct Error(Box<str>);

impl ser::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string().into())
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        ser::Error::custom(error)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::ser::{Error as _, SerializeSeq, SerializeTupleVariant, Serializer};
    use serde_json::{Value, json};

    use super::*;

    const RESPONSE: Form<'_> = Form::Rooted("response");

    #[derive(Serialize)]
    enum Shape {
        Point,
        Circle(f64),
        Line(u8, u8),
        Rectangle { width: u8, height: u8 },
    }

    #[derive(Serialize)]
    struct Metres(u16);

    #[derive(Serialize)]
    struct Marker;

    /// Continues after a failed entry, as a hand-written `Serialize` can.
    struct SwallowsAnError;

    impl Serialize for SwallowsAnError {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut sequence = serializer.serialize_seq(None)?;
            let _ = sequence.serialize_element(&FailsInsideAVariant);
            sequence.serialize_element("kept")?;
            sequence.end()
        }
    }

    struct FailsInsideAVariant;

    impl Serialize for FailsInsideAVariant {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut variant = serializer.serialize_tuple_variant("Broken", 0, "Broken", 2)?;
            variant.serialize_field("half")?;
            Err(S::Error::custom("half-way"))
        }
    }

    fn response<T: Serialize + ?Sized>(value: &T) -> String {
        let document = write(value, RESPONSE).expect("the value has an XML form");
        let document = String::from_utf8(document.into()).expect("XML is written as UTF-8");
        document
            .strip_prefix("<response>")
            .and_then(|rest| rest.strip_suffix("</response>"))
            .expect("the root element has the given name")
            .to_owned()
    }

    fn document(root: &str) -> String {
        let document = write(&1, Form::Rooted(root)).expect("a number has an XML form");
        String::from_utf8(document.into()).expect("UTF-8")
    }

    #[test]
    fn the_document_is_only_the_root_element() {
        let document = write(&json!({"country_code": "CH"}), RESPONSE).expect("has an XML form");
        assert_eq!(document, "<response><country_code>CH</country_code></response>");
    }

    #[test]
    fn the_root_has_the_given_name() {
        assert_eq!(document("visitors"), "<visitors>1</visitors>");
    }

    #[test]
    fn a_problem_has_the_form_of_its_standard() {
        let document = write(&json!({"errors": [[1], 2], "status": 400}), Form::Problem);
        assert_eq!(
            document.expect("XML"),
            "<problem xmlns=\"urn:ietf:rfc:7807\"><errors><i><i>1</i></i><i>2</i></errors>\
             <status>400</status></problem>"
        );
    }

    #[test]
    fn an_invalid_root_name_is_replaced_by_response() {
        for root in ["", "1st", "a b", "a><b", "ns:name", "xml", "\u{0}"] {
            assert_eq!(document(root), "<response>1</response>", "for {root:?}");
        }
    }

    #[test]
    fn keys_become_elements_in_order_of_serialisation() {
        let shape = Shape::Rectangle { width: 2, height: 1 };
        assert_eq!(response(&shape), "<Rectangle><width>2</width><height>1</height></Rectangle>");
    }

    #[test]
    fn list_entries_become_numbered_children() {
        assert_eq!(
            response(&["a", "b"]),
            r#"<child order="0">a</child><child order="1">b</child>"#
        );
    }

    #[test]
    fn a_tuple_is_a_list() {
        assert_eq!(response(&(1, true)), response(&json!([1, true])));
    }

    #[test]
    fn nested_lists_are_numbered_separately() {
        assert_eq!(
            response(&json!([[7], [8]])),
            concat!(
                r#"<child order="0"><child order="0">7</child></child>"#,
                r#"<child order="1"><child order="0">8</child></child>"#
            )
        );
    }

    #[test]
    fn booleans_are_true_and_false() {
        assert_eq!(
            response(&[true, false]),
            r#"<child order="0">true</child><child order="1">false</child>"#
        );
    }

    #[test]
    fn null_is_an_empty_element_with_both_tags() {
        assert_eq!(response(&json!({"city": null})), "<city></city>");
        assert_eq!(response(&None::<u8>), "");
        assert_eq!(response(&()), "");
        assert_eq!(response(&Marker), "");
    }

    #[test]
    fn empty_containers_are_empty_elements() {
        assert_eq!(response(&json!({"list": [], "map": {}})), "<list></list><map></map>");
    }

    #[test]
    fn an_optional_value_is_written_like_the_value() {
        assert_eq!(response(&Some("CH")), "CH");
    }

    #[test]
    fn a_newtype_is_written_like_its_content() {
        assert_eq!(response(&Metres(408)), "408");
    }

    #[test]
    fn numbers_are_written_as_in_json() {
        assert_eq!(response(&1.0), "1.0");
        assert_eq!(response(&-0.1_f32), "-0.1");
        assert_eq!(response(&1e300), json!(1e300).to_string());
        assert_eq!(response(&u64::MAX), "18446744073709551615");
    }

    #[test]
    fn wide_integers_are_written_in_full() {
        assert_eq!(response(&u128::MAX), u128::MAX.to_string());
        assert_eq!(response(&i128::MIN), i128::MIN.to_string());
    }

    #[test]
    fn a_number_that_is_not_finite_is_null() {
        assert_eq!(response(&f64::NAN), "");
        assert_eq!(response(&f32::NEG_INFINITY), "");
    }

    #[test]
    fn variants_are_elements_with_the_name_of_their_json_key() {
        assert_eq!(response(&Shape::Point), "Point");
        assert_eq!(response(&Shape::Circle(0.5)), "<Circle>0.5</Circle>");
        assert_eq!(
            response(&Shape::Line(1, 2)),
            r#"<Line><child order="0">1</child><child order="1">2</child></Line>"#
        );
    }

    #[test]
    fn bytes_are_a_list_of_numbers() {
        struct Bytes(&'static [u8]);
        impl Serialize for Bytes {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_bytes(self.0)
            }
        }
        assert_eq!(response(&Bytes(&[1, 255])), response(&[1, 255]));
    }

    #[test]
    fn displayed_values_are_text() {
        struct Displayed(&'static str);
        impl Serialize for Displayed {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&format_args!("<{}>", self.0))
            }
        }
        assert_eq!(response(&Displayed("a&\u{0}b")), "&lt;a&amp;b&gt;");
        assert_eq!(response(&BTreeMap::from([("key", Displayed("a"))])), "<key>&lt;a&gt;</key>");
    }

    #[test]
    fn a_char_is_text() {
        assert_eq!(response(&'<'), "&lt;");
    }

    #[test]
    fn a_key_that_is_not_a_name_becomes_an_attribute() {
        assert_eq!(
            response(&json!({"first name": {"1st": 2}})),
            r#"<entry key="first name"><entry key="1st">2</entry></entry>"#
        );
    }

    #[test]
    fn the_keys_of_a_map_may_be_numbers() {
        assert_eq!(response(&BTreeMap::from([(7, "a")])), r#"<entry key="7">a</entry>"#);
    }

    #[test]
    fn a_composite_key_is_an_error() {
        let error =
            write(&BTreeMap::from([([1, 2], "a")]), RESPONSE).expect_err("the key is composite");
        assert_eq!(
            error.to_string(),
            "cannot be written as XML: the key of a map must be a string, a number or a boolean"
        );
    }

    #[test]
    fn the_error_of_a_value_is_passed_on() {
        let error =
            write(&FailsInsideAVariant, RESPONSE).expect_err("the value fails to serialise");
        assert_eq!(error.to_string(), "cannot be written as XML: half-way");
    }

    #[test]
    fn a_failed_entry_leaves_no_open_tag() {
        assert_eq!(response(&SwallowsAnError), r#"<child order="0">kept</child>"#);
    }

    #[test]
    fn deep_nesting_is_written_in_full() {
        let deep = (0..500).fold(json!("core"), |inner, _| Value::Array(vec![inner]));
        assert_eq!(response(&deep).matches(r#"<child order="0">"#).count(), 500);
    }
}
