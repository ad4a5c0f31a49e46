//! Parameters: sources, types and rules.

use std::net::{IpAddr, Ipv6Addr};

use proptest::prelude::*;
use serde_json::Value;
use wsgiservice::{
    Application, Parameter, Request, mount,
    parameter::{ParameterKind, ParseError},
    resource,
    testing::Client,
};

use super::{status, strict, text, violations};

#[derive(Parameter)]
enum Sort {
    ByName,
    #[parameter(name = "newest-first")]
    Newest,
}

#[derive(Parameter)]
struct Id(u32);

fn even(text: &str) -> Result<u32, String> {
    match text.parse::<u32>() {
        Ok(number) if number % 2 == 0 => Ok(number),
        _ => Err("It must be even.".to_owned()),
    }
}

#[mount("/rules/{word}")]
#[validate(word, re = "[a-z]+|x", doc = "A word.")]
#[validate(count, range = 1..=100)]
struct Rules;

#[resource]
impl Rules {
    #[validate(label, len = 2..=3)]
    fn get(
        &self,
        word: String,
        #[validate(default = 10)] count: u32,
        label: Option<String>,
        #[validate(one_of = ["a", "b"])] letter: Option<String>,
        #[validate(format = "email")] mail: Option<String>,
        #[validate(convert = even)] half: Option<u32>,
        #[validate(range = 0.5..)] ratio: Option<f64>,
        tag: Vec<u8>,
        #[from(header = "Accept-Language")] language: Option<String>,
        any: Option<String>,
    ) -> String {
        let rest = (label, letter, mail, half, ratio, tag, language, any);
        format!("{word} {count} {rest:?}")
    }

    #[validate(word, re = "[0-9]+")]
    fn put(&self, word: String) -> String {
        word
    }
}

#[mount("/mandatory")]
struct Mandatory;

#[resource]
impl Mandatory {
    fn get(
        &self,
        a: u8,
        #[validate(len = ..=9)] b: String,
        #[validate(doc = "Anything.", example = "c")] c: String,
    ) -> String {
        format!("{a}{b}{c}")
    }
}

macro_rules! typed {
    ($name:ident, $path:literal, $type:ty, $format:literal) => {
        #[mount($path)]
        struct $name;

        #[resource]
        impl $name {
            fn get(&self, value: $type) -> String {
                format!($format, value)
            }
        }
    };
}

typed!(Boolean, "/bool", bool, "{}");
typed!(Address, "/ip", IpAddr, "{}");
typed!(Address6, "/ipv6", Ipv6Addr, "{}");
typed!(Identifier, "/uuid", uuid::Uuid, "{}");
typed!(Day, "/date", jiff::civil::Date, "{}");
typed!(Instant, "/timestamp", jiff::Timestamp, "{}");
typed!(Signed, "/i8", i8, "{}");
typed!(Float, "/f32", f32, "{}");

#[mount("/enum")]
struct Enum;

#[resource]
impl Enum {
    fn get(&self, value: Sort) -> &'static str {
        match value {
            Sort::ByName => "name",
            Sort::Newest => "newest",
        }
    }
}

#[mount("/newtype/{id}")]
struct Newtype;

#[resource]
impl Newtype {
    fn get(&self, id: Id, request: &Request) -> String {
        format!("{} {}", id.0, request.target().path())
    }
}

fn client() -> Client {
    let application = Application::new("parameters")
        .mount(Rules)
        .mount(Mandatory)
        .mount(Boolean)
        .mount(Address)
        .mount(Address6)
        .mount(Identifier)
        .mount(Day)
        .mount(Instant)
        .mount(Signed)
        .mount(Float)
        .mount(Enum)
        .mount(Newtype);
    strict(application)
}

/// The violations of a target, each as `name: code`.
async fn codes(target: &str) -> Vec<String> {
    let response = client().get(target).send().await;
    assert_eq!(response.status(), 400, "{target}");
    violations(&response).into_iter().map(|(name, _, code)| format!("{name}: {code}")).collect()
}

#[mount("/tags")]
struct Tags;

#[resource]
impl Tags {
    fn get(&self, #[validate(default = "all")] tag: Vec<String>) -> Vec<String> {
        tag
    }
}

#[tokio::test]
async fn an_absent_list_gets_its_default() {
    let client = strict(Application::new("tags").mount(Tags));
    assert_eq!(client.get("/tags").send().await.json::<Value>(), serde_json::json!(["all"]));
    assert_eq!(
        client.get("/tags?tag=a&tag=b").send().await.json::<Value>(),
        serde_json::json!(["a", "b"])
    );
}

#[tokio::test]
async fn an_absent_parameter_is_its_default_or_none() {
    let expected = r#""word 10 (None, None, None, None, None, [], None, None)""#;
    assert_eq!(text(&client(), "/rules/word").await, expected);
}

#[tokio::test]
async fn values_are_read_from_the_path_the_query_and_header_fields() {
    let target =
        "/rules/word?count=5&label=ab&letter=a&mail=a@b.ch&half=4&ratio=.5&tag=1&tag=2&any=x%20y+z";
    let response = client().get(target).header("accept-language", "de").send().await;
    let expected = r#"word 5 (Some("ab"), Some("a"), Some("a@b.ch"), Some(4), Some(0.5), [1, 2], Some("de"), Some("x y z"))"#;
    assert_eq!(response.json::<Value>(), expected);
}

#[tokio::test]
async fn the_path_overrides_the_query() {
    assert!(text(&client(), "/rules/word?word=other").await.starts_with("\"word "));
}

#[tokio::test]
async fn each_rule_reports_its_violation() {
    for (query, expected) in [
        ("count=0", "count: range"),
        ("count=101", "count: range"),
        ("count=no", "count: invalid"),
        ("label=a", "label: length"),
        ("letter=c", "letter: one_of"),
        ("mail=no", "mail: format"),
        ("half=3", "half: invalid"),
        ("ratio=0.4", "ratio: range"),
        ("tag=256", "tag: invalid"),
        ("count=1&count=2", "count: repeated"),
    ] {
        assert_eq!(codes(&format!("/rules/word?{query}")).await, [expected], "{query}");
    }
    assert_eq!(codes("/rules/WORD").await, ["word: pattern"]);
    assert_eq!(codes("/rules/xx%0A").await, ["word: pattern"]);
}

#[tokio::test]
async fn the_error_of_a_conversion_reaches_the_client() {
    let response = client().get("/rules/word?half=3").send().await;
    assert_eq!(
        response.json::<Value>()["errors"][0]["detail"],
        "half value 3 does not validate. It must be even."
    );
}

#[tokio::test]
async fn a_method_rule_overrides_a_resource_rule() {
    assert_eq!(client().put("/rules/12").send().await.json::<Value>(), "12");
    assert_eq!(client().put("/rules/word").send().await.status(), 400);
}

#[tokio::test]
async fn all_violations_are_in_one_response() {
    let response = client().get("/rules/WORD?count=0&letter=c&tag=x&tag=y").send().await;
    let violations = violations(&response);
    let found: Vec<_> =
        violations.iter().map(|(name, place, _)| (name.as_str(), place.as_str())).collect();
    let expected = [
        ("word", "path"),
        ("count", "query"),
        ("letter", "query"),
        ("tag", "query"),
        ("tag", "query"),
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn missing_required_parameters_are_reported() {
    assert_eq!(codes("/mandatory").await, ["a: missing", "b: missing", "c: missing"]);
}

#[tokio::test]
async fn only_required_parameters_with_a_rule_must_not_be_empty() {
    assert_eq!(codes("/mandatory?a=1&b=&c=").await, ["b: empty"]);
}

#[tokio::test]
async fn undeclared_parameters_are_ignored() {
    assert_eq!(status(&client(), "/mandatory?a=1&b=2&c=3&d=4&d=5").await, 200);
}

#[tokio::test]
async fn a_value_is_converted_to_its_type_or_is_invalid() {
    for (target, right, expected, wrong) in [
        ("/bool", "true", "true", "yes"),
        ("/ip", "2001:620::1", "2001:620::1", "1.2.3"),
        ("/ipv6", "::1", "::1", "127.0.0.1"),
        (
            "/uuid",
            "67e55044-10b1-426f-9247-bb680e5fe0c8",
            "67e55044-10b1-426f-9247-bb680e5fe0c8",
            "67e5",
        ),
        ("/date", "2026-11-24", "2026-11-24", "2026-02-30"),
        ("/timestamp", "2026-11-24T12:00:00Z", "2026-11-24T12:00:00Z", "yesterday"),
        ("/i8", "-128", "-128", "128"),
        ("/f32", "1e3", "1000", "one"),
        ("/enum", "by_name", "name", "ByName"),
        ("/enum", "newest-first", "newest", "newest"),
    ] {
        assert_eq!(
            text(&client(), &format!("{target}?value={right}")).await,
            format!("\"{expected}\"")
        );
        assert_eq!(codes(&format!("{target}?value={wrong}")).await, ["value: invalid"]);
    }
}

#[tokio::test]
async fn a_newtype_is_converted_like_its_inner_type() {
    assert_eq!(text(&client(), "/newtype/7").await, r#""7 /newtype/7""#);
    assert_eq!(status(&client(), "/newtype/seven").await, 400);
}

proptest! {
    #[test]
    fn no_query_causes_a_server_error(query in "[!-~]{0,40}") {
        let target = format!("/rules/word?{query}");
        prop_assume!(target.parse::<http::Uri>().is_ok());
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        prop_assert!(runtime.block_on(status(&client(), &target)) < 500);
    }
}

/// A type of a service with its own conversion.
struct Even(u32);

impl Parameter for Even {
    const KIND: ParameterKind = ParameterKind::integer(0, 100);

    fn parse(text: &str) -> Result<Self, ParseError> {
        let number = u32::parse(text)?;
        if number.is_multiple_of(2) {
            Ok(Self(number))
        } else {
            Err(ParseError::new("It must be even."))
        }
    }
}

#[mount("/half/{number}")]
struct Half;

#[resource]
impl Half {
    fn get(&self, number: Even) -> u32 {
        number.0 / 2
    }
}

#[tokio::test]
async fn a_type_of_the_service_can_be_a_parameter_with_its_own_conversion() {
    let client = strict(Application::new("half").mount(Half));
    assert_eq!(client.get("/half/8").send().await.text(), "4");
    let response = client.get("/half/7").send().await;
    assert_eq!(response.status(), 400);
    assert!(response.text().contains("It must be even."), "{}", response.text());
    let document = client.get("/_internal/openapi").send().await.json::<Value>();
    let schema = document.pointer("/paths/~1half~1{number}/get/parameters/0/schema");
    assert_eq!(schema.expect("a schema")["maximum"], 100);
}

#[mount("/items/{id}/{ratio}")]
struct Item;

#[resource]
impl Item {
    fn get(&self, id: i64, ratio: f64, count: Option<u32>) -> String {
        format!("{id} {ratio} {count:?}")
    }
}

#[mount("/newtypes/{id}")]
struct NewtypeItem;

#[resource]
impl NewtypeItem {
    fn get(&self, id: Id) -> u32 {
        id.0
    }
}

#[mount("/lists/{*id}")]
struct ItemList;

#[resource]
impl ItemList {
    fn get(&self, id: Vec<u8>) -> Vec<u8> {
        id
    }
}

#[mount("/converted/{half}")]
struct ConvertedItem;

#[resource]
impl ConvertedItem {
    fn get(&self, #[validate(convert = even)] half: u32) -> u32 {
        half
    }
}

#[tokio::test]
async fn a_whole_number_in_a_path_is_written_as_it_is_displayed() {
    let application = Application::new("items").mount(Item).mount(NewtypeItem).mount(ItemList);
    let client = strict(application.mount(ConvertedItem));
    for target in ["/items/1/1", "/items/0/01", "/items/-1/+1.0", "/items/10/1?count=01"] {
        assert_eq!(status(&client, target).await, 200, "{target}");
    }
    for (target, canonical) in [
        ("/items/01/1", "1"),
        ("/items/+1/1", "1"),
        ("/items/%2B1/1", "1"),
        ("/items/-01/1", "-1"),
        ("/items/-0/1", "0"),
        ("/items/00/1", "0"),
        ("/newtypes/007", "7"),
        ("/lists/1/02", "2"),
    ] {
        let response = client.get(target).send().await;
        assert_eq!(violations(&response).len(), 1, "{target}");
        let reason = format!(" In a path, it must be written as {canonical}.");
        let detail = response.json::<Value>()["errors"][0]["detail"].clone();
        assert!(detail.as_str().is_some_and(|it| it.ends_with(&reason)), "{target}: {detail}");
    }
    // A text that is not a number of the type is a violation of its own.
    for target in ["/newtypes/099999999999", "/newtypes/+", "/newtypes/0x1", "/newtypes/-0x"] {
        let detail = client.get(target).send().await.json::<Value>()["errors"][0]["detail"].clone();
        let reason = " It must be a whole number from 0 to 4294967295.";
        assert!(detail.as_str().is_some_and(|it| it.ends_with(reason)), "{target}: {detail}");
    }
    // A function alone knows what its texts are.
    assert_eq!(status(&client, "/converted/02").await, 200);
    assert_eq!(status(&client, "/lists/1/2").await, 200);
}

#[derive(Debug)]
#[expect(dead_code, reason = "it is shown by its `Debug`")]
struct Percent(f64);

fn percent(text: &str) -> Result<Percent, String> {
    if text == "all" {
        return Ok(Percent(1.0));
    }
    text.parse().map(|number: f64| Percent(number / 100.0)).map_err(|_| "No number.".to_owned())
}

#[mount("/percent")]
struct Percents;

#[resource]
impl Percents {
    fn post(
        &self,
        #[validate(convert = percent, range = 1..=100)] share: Percent,
        #[validate(convert = percent, multiple_of = 5)] step: Option<Percent>,
        #[validate(convert = percent)] any: Option<Percent>,
    ) -> String {
        format!("{share:?} {step:?} {any:?}")
    }
}

#[tokio::test]
async fn rules_check_the_text_before_it_is_converted() {
    let client = strict(Application::new("percent").mount(Percents));
    let post = async |query: &str| client.post(&format!("/percent?{query}")).send().await;
    let response = post("share=50&step=10&any=all").await;
    assert_eq!(response.json::<Value>(), "Percent(0.5) Some(Percent(0.1)) Some(Percent(1.0))");
    for (query, name, code) in [
        ("share=0.5", "share", "range"),
        ("share=101", "share", "range"),
        ("share=50&step=7", "step", "multiple_of"),
        // Only a number can be in a range.
        ("share=all", "share", "invalid"),
        ("share=inf", "share", "range"),
        ("share=50&step=all", "step", "invalid"),
    ] {
        let found = violations(&post(query).await);
        assert_eq!(found, [(name.into(), "query".into(), code.into())], "{query}");
    }
    let document = client.get("/_internal/openapi").send().await.json::<Value>();
    let content = &document["paths"]["/percent"]["post"]["requestBody"]["content"];
    let schema = &content["application/json"]["schema"]["properties"]["share"];
    let expected =
        serde_json::json!({"type": "number", "format": "double", "minimum": 1, "maximum": 100});
    assert_eq!(*schema, expected);
    let send = async |media_type: &str, content: &str| {
        let request = client.post("/percent").header("content-type", media_type);
        request.body(content.to_owned()).send().await
    };
    assert_eq!(send("application/json", r#"{"share": 50}"#).await.status(), 200);
    for (media_type, content) in [
        ("application/json", r#"{"share": "all"}"#),
        ("application/json", r#"{"share": 101}"#),
        ("application/json", r#"{"share": true}"#),
        ("application/x-www-form-urlencoded", "share=all"),
    ] {
        assert_eq!(send(media_type, content).await.status(), 400, "{content}");
    }
}
