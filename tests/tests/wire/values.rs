//! Values are what the standard says: numbers, dates and times, empty texts, checkboxes, `null`.

use serde::Deserialize;
use serde_json::{Value, json};
use wsgiservice::{
    Application, Content, Parameter, mount, resource,
    testing::{Client, TestResponse},
};

use super::{status, strict, violations};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
const MULTIPART: &str = "multipart/form-data; boundary=b";

#[derive(Debug, Parameter)]
enum Order {
    Newest,
}

#[mount("/optional")]
struct Optionals;

#[resource]
impl Optionals {
    fn get(
        &self,
        page: Option<u32>,
        #[validate(range = 1..=100, default = 10)] count: u32,
        ratio: Option<f64>,
        agreed: Option<bool>,
        day: Option<jiff::civil::Date>,
        order: Option<Order>,
        #[validate(format = "email")] mail: Option<String>,
        #[validate(len = ..=3, re = "[a-z]*")] short: Option<String>,
        #[validate(doc = "A note.", example = "a")] note: Option<String>,
    ) -> String {
        let numbers = (page, count, ratio, agreed);
        format!("{numbers:?} {:?}", (day, order.is_some(), mail, short, note))
    }

    fn post(&self, page: Option<u32>, agreed: Option<bool>, size: Option<u64>) -> String {
        format!("{page:?} {agreed:?} {size:?}")
    }
}

#[derive(Debug, Deserialize)]
struct Fields {
    page: Option<u32>,
    #[serde(default)]
    agreed: Option<bool>,
    size: Option<u64>,
}

#[mount("/content")]
struct OfContent;

#[resource]
impl OfContent {
    fn post(&self, content: Content<Fields>) -> String {
        let Fields { page, agreed, size } = content.into_inner();
        format!("{page:?} {agreed:?} {size:?}")
    }

    fn put(&self, content: Content<std::collections::BTreeMap<String, f64>>) -> usize {
        content.into_inner().len()
    }
}

#[mount("/required")]
struct Required;

#[resource]
impl Required {
    fn get(&self, page: u32, day: jiff::civil::Date) -> String {
        format!("{page} {day}")
    }
}

#[mount("/price")]
struct Price;

#[resource]
impl Price {
    fn get(&self, price: f64, small: Option<f32>) -> String {
        format!("{price} {small:?}")
    }

    fn post(&self, price: f64) -> f64 {
        price
    }
}

#[mount("/when")]
struct When;

#[resource]
impl When {
    fn get(
        &self,
        #[validate(format = "date-time")] at: Option<String>,
        #[validate(format = "date")] on: Option<String>,
        #[validate(format = "time")] time: Option<String>,
        timestamp: Option<jiff::Timestamp>,
        day: Option<jiff::civil::Date>,
    ) -> bool {
        at.or(on).or(time).is_some() || timestamp.is_some() || day.is_some()
    }
}

#[mount("/list")]
struct List;

#[resource]
impl List {
    fn post(&self, number: Vec<u32>, text: Vec<String>) -> String {
        format!("{number:?} {text:?}")
    }
}

fn client() -> Client {
    let application = Application::new("values").mount(Optionals).mount(OfContent).mount(Price);
    strict(application.mount(Required).mount(When).mount(List))
}

async fn send(method: &str, target: &str, media_type: &str, content: &str) -> TestResponse {
    let request = client().request(method, target).header("content-type", media_type);
    request.body(content.to_owned()).send().await
}

fn part(name: &str, content: &str) -> String {
    format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{content}\r\n--b--\r\n")
}

#[tokio::test]
async fn an_optional_value_that_is_left_empty_is_absent() {
    let target = "/optional?page=&count=&ratio=&agreed=&day=&order=&mail=";
    let response = client().get(target).send().await;
    let expected = "(None, 10, None, None) (None, false, None, None, None)";
    assert_eq!(response.json::<Value>(), expected);
}

#[tokio::test]
async fn an_optional_text_that_may_be_empty_is_empty() {
    let response = client().get("/optional?short=&note=").send().await;
    let expected = r#"(None, 10, None, None) (None, false, None, Some(""), Some(""))"#;
    assert_eq!(response.json::<Value>(), expected);
}

#[tokio::test]
async fn an_empty_value_beside_another_is_given_twice() {
    for query in ["page=5&page=", "page=&page=5", "page=&page="] {
        let response = client().get(&format!("/optional?{query}")).send().await;
        assert_eq!(violations(&response), [("page".into(), "query".into(), "repeated".into())]);
    }
}

#[tokio::test]
async fn a_required_value_that_is_left_empty_is_a_violation() {
    let response = client().get("/required?page=&day=").send().await;
    assert_eq!(response.status(), 400);
    let codes: Vec<_> = violations(&response).into_iter().map(|(_, _, code)| code).collect();
    assert_eq!(codes, ["invalid", "invalid"]);
}

#[tokio::test]
async fn a_form_is_read_alike_as_arguments_and_as_content() {
    for (form, expected) in [
        ("page=", "None None None"),
        ("agreed=on", "None Some(true) None"),
        ("agreed=true&page=3", "Some(3) Some(true) None"),
        ("agreed=false&size=", "None Some(false) None"),
        ("agreed=", "None None None"),
    ] {
        for target in ["/optional", "/content"] {
            let response = send("POST", target, FORM, form).await;
            assert_eq!(response.json::<Value>(), expected, "{target} {form}");
        }
    }
    for target in ["/optional", "/content"] {
        let response = send("POST", target, MULTIPART, &part("page", "")).await;
        assert_eq!(response.json::<Value>(), "None None None", "{target}");
        let response = send("POST", target, MULTIPART, &part("agreed", "on")).await;
        assert_eq!(response.json::<Value>(), "None Some(true) None", "{target}");
    }
}

#[tokio::test]
async fn a_fraction_is_no_integer_in_arguments_and_in_content() {
    for target in ["/optional", "/content"] {
        for content in [r#"{"size": 30.0}"#, r#"{"size": 30.5}"#, r#"{"size": 3e1}"#] {
            let response = send("POST", target, JSON, content).await;
            assert_eq!(response.status(), 400, "{target} {content}");
        }
        let response = send("POST", target, JSON, r#"{"size": 18446744073709551615}"#).await;
        assert_eq!(response.json::<Value>(), "None None Some(18446744073709551615)");
    }
}

#[tokio::test]
async fn a_number_is_finite() {
    for text in ["NaN", "nan", "inf", "-inf", "Infinity", "-infinity", "1e999", "-1e999"] {
        assert_eq!(status(&client(), &format!("/price?price={text}")).await, 400, "{text}");
        assert_eq!(status(&client(), &format!("/price?price=1&small={text}")).await, 400, "{text}");
        let json = json!({"price": text}).to_string();
        assert_eq!(send("POST", "/price", JSON, &json).await.status(), 400, "{text}");
        assert_eq!(send("POST", "/price", FORM, &format!("price={text}")).await.status(), 400);
        for (media_type, content) in [
            (JSON, format!(r#"{{"a": {text}}}"#)),
            (FORM, format!("a={text}")),
            (MULTIPART, part("a", text)),
            ("text/xml", format!("<r><a>{text}</a></r>")),
        ] {
            let response = send("PUT", "/content", media_type, &content).await;
            assert_eq!(response.status(), 400, "{media_type} {content}");
        }
    }
    assert_eq!(client().get("/price?price=1e308&small=.5").send().await.status(), 200);
    // Too large for an `f32` alone.
    assert_eq!(status(&client(), "/price?price=1&small=1e39").await, 400);
}

#[tokio::test]
async fn dates_and_times_are_those_of_rfc_3339() {
    for (name, text) in [
        ("at", "2026-11-24T12:00:00Z"),
        ("at", "2026-11-24t12:00:00.5-05:00"),
        ("at", "9999-12-31T23:59:59Z"),
        ("at", "2016-12-31T23:59:60Z"),
        ("timestamp", "2026-11-24T12:00:00%2B02:00"),
        ("timestamp", "2026-11-24t12:00:00z"),
        ("on", "2028-02-29"),
        ("day", "2028-02-29"),
        ("time", "12:30:00Z"),
        ("time", "12:30:00.25-02:00"),
    ] {
        let response = client().get(&format!("/when?{name}={text}")).send().await;
        assert_eq!(response.json::<Value>(), true, "{name}={text}");
    }
    for (name, texts) in [
        (
            "at",
            &[
                "20261124T120000Z",
                "2026-11-24T12Z",
                "2026-11-24T12:00:00,5Z",
                "2026-11-24T12:00:00%2B0200",
                "%2B002026-11-24T12:00:00Z",
                "2026-11-24T12:00:00-05[America/New_York]",
                "2026-11-24T12:00:00",
            ][..],
        ),
        ("timestamp", &["20261124T120000Z", "2026-11-24T12Z", "2026-11-24T12:00:00,5Z"]),
        ("timestamp", &["2026-11-24T12:00:00-05:00[America/New_York]", "2026-11-24%2012:00:00Z"]),
        ("on", &["20261124", "2026-11-24T12:00:00Z", "2026-02-29"]),
        ("day", &["20261124", "2026-11-24T12:00:00", "2026-W48-2", "%2B002026-11-24"]),
        ("time", &["12", "12:30", "12:30:00", "24:00:00Z"]),
    ] {
        for text in texts {
            assert_eq!(status(&client(), &format!("/when?{name}={text}")).await, 400, "{text}");
        }
    }
}

#[tokio::test]
async fn a_format_is_documented_by_its_name() {
    let document = client().get("/_internal/openapi").send().await.json::<Value>();
    let parameters = document["paths"]["/when"]["get"]["parameters"].as_array().cloned();
    let formats = parameters.into_iter().flatten().map(|it| it["schema"]["format"].clone());
    let formats: Vec<_> = formats.collect();
    assert_eq!(formats, ["date-time", "date", "time", "date-time", "date"]);
}

#[tokio::test]
async fn null_in_a_list_is_a_violation() {
    for (name, json) in
        [("number", r#"{"number": [1, null]}"#), ("text", r#"{"text": [null, "a"]}"#)]
    {
        let response = send("POST", "/list", JSON, json).await;
        assert_eq!(violations(&response), [(name.into(), "content".into(), "invalid".into())]);
        let detail = response.json::<Value>()["errors"][0]["detail"].clone();
        assert!(detail.as_str().is_some_and(|it| it.ends_with("An entry must not be null.")));
    }
    let response = send("POST", "/list", JSON, r#"{"number": null, "text": []}"#).await;
    assert_eq!(response.json::<Value>(), "[] []");
}

#[mount("/title")]
struct Title;

#[resource]
impl Title {
    fn post(&self, title: String) -> String {
        title
    }
}

#[tokio::test]
async fn a_member_of_another_type_is_named_without_a_value() {
    let client = strict(Application::new("titles").mount(Title));
    for content in [r#"{"title": 5}"#, r#"{"title": ["a"]}"#] {
        let request = client.post("/title").header("content-type", "application/json");
        let response = request.body(content.to_owned()).send().await;
        let detail = &response.json::<Value>()["detail"];
        assert_eq!(detail, "Value for title does not validate.", "{content}");
    }
}
