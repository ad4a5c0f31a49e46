//! XML representations.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};
use wsgiservice::{Application, mount, resource};

use super::strict;

#[mount("/value")]
struct Given {
    value: Value,
}

#[resource]
impl Given {
    fn get(&self) -> Value {
        self.value.clone()
    }
}

#[mount("/named", xml_root = "user")]
struct Named;

#[resource]
impl Named {
    fn get(&self, id: Option<u32>) -> Option<u32> {
        id
    }
}

#[tokio::test]
async fn a_resource_can_name_its_root_element() {
    let client = strict(Application::new("xml").mount(Named));
    assert_eq!(client.get("/named.xml?id=7").send().await.text(), "<user>7</user>");
    assert!(client.get("/named.xml").send().await.text().starts_with("<problem "));
}

async fn xml(value: Value) -> String {
    let client = strict(Application::new("xml").mount(Given { value }));
    client.get("/value.xml").send().await.text().to_owned()
}

#[tokio::test]
async fn keys_become_elements_and_list_items_become_children() {
    let expected = r#"<response><a>1</a><b><child order="0">x</child><child order="1">y</child></b></response>"#;
    assert_eq!(xml(json!({"a": 1, "b": ["x", "y"]})).await, expected);
}

#[tokio::test]
async fn booleans_are_true_or_false_and_null_is_empty() {
    assert_eq!(xml(json!({"a": true, "b": null})).await, "<response><a>true</a><b></b></response>");
}

#[tokio::test]
async fn characters_forbidden_in_xml_are_dropped() {
    assert_eq!(xml(json!("a\u{0}\u{8}\u{ffff}<b>&")).await, "<response>a&lt;b&gt;&amp;</response>");
}

#[tokio::test]
async fn a_key_that_is_not_an_element_name_becomes_an_entry() {
    assert_eq!(xml(json!({"1 a": 2})).await, r#"<response><entry key="1 a">2</entry></response>"#);
}

proptest! {
    #[test]
    fn xml_is_well_formed_and_round_trips(values in prop::collection::btree_map("[a-z]{1,5}", "\\PC{0,20}", 0..5)) {
        prop_assume!(values.keys().all(|key| !key.starts_with("xml")));
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let written = runtime.block_on(xml(json!(values)));
        let document = roxmltree::Document::parse(&written).expect("well-formed");
        let read: BTreeMap<String, String> = document
            .root_element()
            .children()
            .map(|node| (node.tag_name().name().to_owned(), node.text().unwrap_or_default().to_owned()))
            .collect();
        prop_assert_eq!(read, values);
    }
}
