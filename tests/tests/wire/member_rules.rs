//! Rules of garde on the members of the content.

use std::collections::BTreeMap;

use garde::Validate;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use wsgiservice::{
    Application, Content, mount, resource,
    testing::{Client, TestResponse},
};

use super::{strict, violations};

#[derive(Deserialize, JsonSchema, Validate)]
#[serde(rename_all = "camelCase")]
struct Order {
    #[garde(length(chars, max = 5))]
    customer_name: String,
    #[garde(email)]
    contact: Option<String>,
    #[garde(dive, length(min = 1))]
    order_lines: Vec<Line>,
    #[garde(dive)]
    by_name: BTreeMap<String, Line>,
}

#[derive(Deserialize, JsonSchema, Validate)]
struct Line {
    #[garde(range(min = 1, max = 9))]
    quantity: u32,
    #[serde(rename = "unit-price")]
    #[garde(custom(is_even))]
    unit_price: u32,
}

fn is_even(price: &u32, _: &()) -> garde::Result {
    if price.is_multiple_of(2) { Ok(()) } else { Err(garde::Error::new("it must be even")) }
}

/// Without a schema, the names are those in the code.
#[derive(Deserialize, Validate)]
#[garde(transparent)]
struct Name(#[garde(length(max = 3))] String);

#[derive(Deserialize, Validate)]
struct Renamed {
    #[serde(rename = "theName")]
    #[garde(dive)]
    the_name: Name,
}

#[derive(Deserialize)]
struct WithoutRules {
    quantity: u32,
}

#[mount("/orders")]
struct Orders;

#[resource]
impl Orders {
    fn post(
        &self,
        content: Content<Order>,
        #[from(query = "dry-run")]
        #[validate(one_of = ["yes"])]
        trial: Option<String>,
    ) -> usize {
        let order = content.into_inner();
        let prices = order.order_lines.iter().chain(order.by_name.values()).map(|it| it.unit_price);
        let _ = (trial, order.customer_name, order.contact, prices.count());
        order.order_lines.len()
    }

    fn put(&self, content: Option<Content<Name>>) -> bool {
        content.is_some_and(|name| !name.into_inner().0.is_empty())
    }

    fn patch(&self, content: Content<WithoutRules>) -> u32 {
        content.into_inner().quantity
    }
}

type Contents = Content<Vec<Renamed>>;

#[mount("/generic")]
struct Generic<T: Send + Sync + 'static>(T);

#[resource]
impl<T: Send + Sync + 'static> Generic<T> {
    fn post(&self, names: Contents) -> usize {
        names.into_inner().iter().map(|it| it.the_name.0.len()).sum()
    }
}

fn client() -> Client {
    strict(Application::new("orders").mount(Orders).mount(Generic(())))
}

async fn post(target: &str, content: &Value) -> TestResponse {
    client().post(target).json(content).send().await
}

#[tokio::test]
async fn content_that_breaks_no_rule_is_accepted() {
    let line = json!({"quantity": 1, "unit-price": 2});
    let order = json!({"customerName": "äöüäö", "contact": "a@b.example", "orderLines": [line], "byName": {"a": line}});
    assert_eq!(post("/orders", &order).await.json::<Value>(), 1);
    assert_eq!(client().put("/orders").send().await.json::<Value>(), false);
    assert_eq!(client().put("/orders").json(&"abc").send().await.json::<Value>(), true);
    let request = client().request("PATCH", "/orders").json(&json!({"quantity": 0}));
    assert_eq!(request.send().await.json::<Value>(), 0);
}

#[tokio::test]
async fn all_broken_rules_are_reported_with_those_of_parameters() {
    let line = json!({"quantity": 10, "unit-price": 3});
    let order = json!({"customerName": "äöüäöü", "contact": "a", "orderLines": [line], "byName": {"a.b": line}});
    let response = post("/orders?dry-run=no", &order).await;
    assert_eq!(response.status(), 400);
    let reported: Vec<_> =
        violations(&response).into_iter().map(|it| format!("{} {}", it.1, it.0)).collect();
    assert_eq!(
        reported,
        [
            "content byName.a.b.quantity",
            "content byName.a.b.unit-price",
            "content contact",
            "content customerName",
            "content orderLines[0].quantity",
            "content orderLines[0].unit-price",
            "query dry-run",
        ]
    );
    let detail = |index: usize| response.json::<Value>()["errors"][index]["detail"].clone();
    assert_eq!(
        detail(4),
        "Value for orderLines[0].quantity does not validate. It is greater than 9."
    );
    assert_eq!(detail(5), "Value for orderLines[0].unit-price does not validate. It must be even.");
}

#[tokio::test]
async fn a_rule_of_the_whole_is_a_violation_of_the_content() {
    let response = client().put("/orders").json(&"abcd").send().await;
    assert_eq!(violations(&response), [("content".into(), "content".into(), "invalid".into())]);
    assert!(!response.text().contains("abcd"), "{}", response.text());
}

#[tokio::test]
async fn rules_are_found_behind_an_alias_and_in_a_generic_resource() {
    let response = post("/generic", &json!([{"theName": "abc"}, {"theName": "abcd"}])).await;
    assert_eq!(
        violations(&response),
        [("[1].the_name".into(), "content".into(), "invalid".into())]
    );
}

#[tokio::test]
async fn malformed_content_is_the_only_violation_of_it() {
    let response = post("/orders", &json!({"customerName": "äöüäöü"})).await;
    assert_eq!(violations(&response).len(), 1);
}

#[tokio::test]
async fn the_schema_has_the_rules() {
    let document = client().get("/_internal/openapi").send().await.json::<Value>();
    let schemas = &document["components"]["schemas"];
    assert_eq!(schemas["Order"]["properties"]["customerName"]["maxLength"], 5);
    assert_eq!(schemas["Order"]["properties"]["orderLines"]["minItems"], 1);
    assert_eq!(schemas["Line"]["properties"]["quantity"]["maximum"], 9);
}
