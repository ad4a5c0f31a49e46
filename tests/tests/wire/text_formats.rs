//! A type means the same in JSON, XML and forms.

#![expect(dead_code, reason = "the values are shown by their `Debug`")]

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wsgiservice::{
    Application, Content, mount, resource,
    testing::{Client, TestResponse},
};

use super::{strict, violations};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
const XML: &str = "text/xml";

#[derive(Debug, Deserialize)]
struct Search {
    q: String,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(Debug, Deserialize)]
struct Paging {
    page: u32,
    label: Option<String>,
    #[serde(default)]
    tag: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct By {
    key: Key,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Key {
    Number(u32),
    Name(String),
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Shape {
    Circle { radius: f64 },
    Label { text: String, size: u8 },
}

#[derive(Debug, Deserialize)]
struct Change {
    note: Option<String>,
    options: Option<Options>,
}

#[derive(Debug, Deserialize)]
struct Options {
    #[serde(default)]
    size: u32,
}

#[derive(Debug, Deserialize, Serialize)]
struct Large {
    unsigned: u128,
    signed: i128,
}

macro_rules! read {
    ($($name:ident $path:literal $type:ty;)*) => {$(
        #[mount($path)]
        struct $name;

        #[resource]
        impl $name {
            fn post(&self, content: Content<$type>) -> String {
                format!("{:?}", content.into_inner())
            }
        }
    )*};
}

read! {
    OfSearch "/search" Search;
    OfKey "/key" By;
    OfShape "/shape" Shape;
    OfChange "/change" Change;
    OfLarge "/large" Large;
    OfPairs "/pairs" Vec<(String, u32)>;
}

#[mount("/map")]
struct OfMap;

#[resource]
impl OfMap {
    fn post(&self, content: Content<BTreeMap<u32, String>>) -> BTreeMap<u32, String> {
        content.into_inner()
    }
}

#[mount("/marked")]
struct Marked;

#[resource]
impl Marked {
    fn post(&self, a: String, b: Option<u32>) -> String {
        format!("{a} {b:?}")
    }

    fn put(&self, content: Bytes) -> usize {
        content.len()
    }
}

fn client() -> Client {
    let application = Application::new("formats").mount(OfSearch).mount(OfKey).mount(OfShape);
    let application = application.mount(OfChange).mount(OfLarge).mount(OfMap).mount(OfPairs);
    strict(application.mount(Marked))
}

async fn post(target: &str, media_type: &str, content: &str) -> TestResponse {
    let request = client().post(target).header("content-type", media_type);
    request.body(content.to_owned()).send().await
}

/// Checks that each media type gives the same value.
async fn same(target: &str, json: &str, form: Option<&str>, xml: &str) {
    let expected = post(target, JSON, json).await;
    assert_eq!(expected.status(), 200, "{json}: {}", expected.text());
    let read = post(target, XML, &format!("<r>{xml}</r>")).await;
    assert_eq!(read.json::<Value>(), expected.json::<Value>(), "{xml}");
    let Some(form) = form else { return };
    assert_eq!(post(target, FORM, form).await.json::<Value>(), expected.json::<Value>(), "{form}");
    let parts = form.split('&').filter_map(|pair| pair.split_once('=')).map(|(name, value)| {
        format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    });
    let form = parts.collect::<String>() + "--b--\r\n";
    let read = post(target, "multipart/form-data; boundary=b", &form).await;
    assert_eq!(read.json::<Value>(), expected.json::<Value>(), "{form}");
}

#[tokio::test]
async fn what_is_flattened_is_the_same_in_each_media_type() {
    let json = r#"{"q": "a", "page": 2}"#;
    same("/search", json, Some("q=a&page=2"), "<q>a</q><page>2</page>").await;
    let json = r#"{"q": "1", "page": 2, "label": "2", "tag": ["3"]}"#;
    let xml = "<q>1</q><page>2</page><label>2</label><tag>3</tag>";
    same("/search", json, Some("q=1&page=2&label=2&tag=3"), xml).await;
    let json = r#"{"q": "1", "page": 2, "tag": ["true", "4"]}"#;
    let xml = r#"<q>1</q><page>2</page><tag><child order="0">true</child><child order="1">4</child></tag>"#;
    same("/search", json, Some("q=1&page=2&tag=true&tag=4"), xml).await;
}

#[tokio::test]
async fn a_violation_in_what_is_flattened_has_its_name() {
    for (media_type, content) in
        [(FORM, "q=a&page=hunter2"), (XML, "<r><q>a</q><page>hunter2</page></r>")]
    {
        let response = post("/search", media_type, content).await;
        assert_eq!(violations(&response), [("page".into(), "content".into(), "invalid".into())]);
        assert!(!response.text().contains("hunter2"));
    }
}

#[tokio::test]
async fn an_untagged_value_is_the_same_in_each_media_type() {
    same("/key", r#"{"key": 5}"#, Some("key=5"), "<key>5</key>").await;
    same("/key", r#"{"key": "a"}"#, Some("key=a"), "<key>a</key>").await;
    same("/key", r#"{"key": "05"}"#, Some("key=05"), "<key>05</key>").await;
}

#[tokio::test]
async fn a_tagged_value_is_the_same_in_each_media_type() {
    let json = r#"{"kind": "circle", "radius": 2}"#;
    let xml = "<kind>circle</kind><radius>2</radius>";
    same("/shape", json, Some("kind=circle&radius=2"), xml).await;
    let json = r#"{"kind": "label", "text": "7", "size": 7}"#;
    let xml = "<size>7</size><text>7</text><kind>label</kind>";
    same("/shape", json, Some("size=7&text=7&kind=label"), xml).await;
}

#[tokio::test]
async fn a_large_integer_is_the_same_in_each_media_type() {
    let (unsigned, signed) = (u128::MAX, i128::MIN);
    let json = format!(r#"{{"unsigned": {unsigned}, "signed": {signed}}}"#);
    let xml = format!("<unsigned>{unsigned}</unsigned><signed>{signed}</signed>");
    same("/large", &json, Some(&format!("unsigned={unsigned}&signed={signed}")), &xml).await;
}

#[tokio::test]
async fn a_number_as_a_key_is_the_same_in_each_media_type() {
    let xml = r#"<entry key="1">a</entry><entry key="2">b</entry>"#;
    same("/map", r#"{"1": "a", "2": "b"}"#, Some("1=a&2=b"), xml).await;
    let request = client().post("/map").header("content-type", JSON).header("accept", XML);
    let written = request.body(r#"{"1": "a"}"#).send().await;
    assert_eq!(post("/map", XML, written.text()).await.json::<Value>(), json!({"1": "a"}));
    assert_eq!(post("/map", FORM, "a=1").await.status(), 400);
}

#[tokio::test]
async fn the_fields_of_a_form_may_be_pairs() {
    assert_eq!(
        post("/pairs", FORM, "a=1&b=2&a=3").await.json::<Value>(),
        r#"[("a", 1), ("b", 2), ("a", 3)]"#
    );
}

#[tokio::test]
async fn a_text_of_spaces_is_a_text() {
    for (xml, expected) in [
        ("<note>  </note>", r#"Change { note: Some("  "), options: None }"#),
        ("<note></note>", "Change { note: None, options: None }"),
        (
            "<note/><options>\n</options>",
            "Change { note: None, options: Some(Options { size: 0 }) }",
        ),
        (
            "<options> <size> 2 </size> </options>",
            "Change { note: None, options: Some(Options { size: 2 }) }",
        ),
    ] {
        assert_eq!(
            post("/change", XML, &format!("<r>{xml}</r>")).await.json::<Value>(),
            expected,
            "{xml}"
        );
    }
}

#[tokio::test]
async fn a_byte_order_mark_is_passed_over() {
    for (media_type, content) in
        [(JSON, r#"{"1": "a"}"#), (FORM, "1=a"), (XML, r#"<r><entry key="1">a</entry></r>"#)]
    {
        let response = post("/map", media_type, &format!("\u{feff}{content}")).await;
        assert_eq!(response.json::<Value>(), json!({"1": "a"}), "{media_type}");
    }
    for (media_type, content) in [(JSON, r#"{"a": "x", "b": 2}"#), (FORM, "a=x&b=2")] {
        let response = post("/marked", media_type, &format!("\u{feff}{content}")).await;
        assert_eq!(response.json::<Value>(), "x Some(2)", "{media_type}");
    }
    let response = post("/map", JSON, "\u{feff}").await;
    assert_eq!(response.json::<Value>()["errors"][0]["code"], "malformed");
    let raw = client().put("/marked").header("content-type", JSON).body("\u{feff}{}");
    assert_eq!(raw.send().await.json::<Value>(), 5);
}
