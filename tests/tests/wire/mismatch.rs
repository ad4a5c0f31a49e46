//! Content that does not fit: each violation names the member, and reads as that of a parameter.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use wsgiservice::{
    Application, Content, mount, resource,
    testing::{Client, TestResponse},
};

use super::{strict, violations};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=b";
const XML: &str = "text/xml";

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Change {
    title: Option<String>,
    count: u8,
    ratio: f32,
    exact: f64,
    done: bool,
    initial: char,
    day: Option<jiff::civil::Date>,
    size: Option<std::num::NonZero<u16>>,
    color: Option<Color>,
    id: Option<uuid::Uuid>,
    number: Vec<u32>,
    tag: Vec<String>,
    lines: Vec<Line>,
    point: Option<Point>,
    pair: Option<(u8, u8)>,
    by_name: BTreeMap<String, Line>,
    shape: Option<Shape>,
    large: Option<u128>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Color {
    Red,
    Green,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "it is shown by its `Debug`")]
struct Line {
    quantity: u8,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "it is shown by its `Debug`")]
struct Point(u8, u8);

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "it is shown by its `Debug`")]
enum Shape {
    Square { side: u8 },
    Pair(u8, u8),
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "it is shown by its `Debug`")]
struct Title {
    title: String,
    count: u8,
}

#[mount("/change")]
struct Changes;

#[resource]
impl Changes {
    fn put(&self, content: Content<Change>) -> String {
        format!("{:?}", content.into_inner())
    }

    fn post(&self, content: Content<Title>) -> String {
        format!("{:?}", content.into_inner())
    }

    fn patch(&self, content: Content<Vec<Line>>) -> String {
        format!("{:?}", content.into_inner())
    }
}

#[mount("/arguments")]
struct Arguments;

#[resource]
impl Arguments {
    fn put(
        &self,
        title: Option<String>,
        number: Vec<u32>,
        tag: Vec<String>,
        ratio: Option<f32>,
    ) -> String {
        format!("{title:?} {number:?} {tag:?} {ratio:?}")
    }

    fn post(&self, title: String, note: Option<String>) -> String {
        format!("{title} {note:?}")
    }

    /// Nothing of it is in the content.
    fn get(&self, title: Option<String>) -> String {
        format!("{title:?}")
    }

    /// The content is taken as a whole, and can have parameters.
    fn patch(&self, content: Content<Value>, silent: Option<bool>) -> String {
        format!("{} {silent:?}", content.into_inner())
    }

    fn delete(&self, #[validate(len = 2..)] reason: String) -> String {
        reason
    }
}

#[mount("/denying", deny_unknown)]
struct Denying;

#[resource]
impl Denying {
    fn put(&self, title: Option<String>) -> String {
        format!("{title:?}")
    }
}

fn client() -> Client {
    strict(Application::new("mismatch").mount(Changes).mount(Arguments).mount(Denying))
}

async fn send(method: &str, target: &str, media_type: &str, content: &str) -> TestResponse {
    let request = client().request(method, target).header("content-type", media_type);
    request.body(content.to_owned()).send().await
}

/// A field of a multipart form.
fn part(name: &str, value: &str) -> String {
    format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n--b--\r\n")
}

/// The violations of a response, each as `place name code: detail`.
fn details(response: &TestResponse) -> Vec<String> {
    assert_eq!(response.status(), 400, "{}", response.text());
    let document = response.json::<Value>();
    let found = violations(response).into_iter().enumerate();
    found
        .map(|(position, (name, place, code))| {
            let detail = document["errors"][position]["detail"].as_str().expect("a detail");
            format!("{place} {name} {code}: {detail}")
        })
        .collect()
}

#[track_caller]
fn assert_only(response: &TestResponse, expected: &str, content: &str) {
    assert_eq!(details(response), [expected], "{content}");
}

#[tokio::test]
async fn a_member_that_does_not_fit_is_named_and_explained() {
    for (json, expected) in [
        (r#"{"title": 5}"#, "title invalid: Value for title does not validate. It must be text."),
        (
            r#"{"count": 256}"#,
            "count invalid: Value for count does not validate. It must be a whole number from 0 to 255.",
        ),
        (
            r#"{"count": "7"}"#,
            "count invalid: Value for count does not validate. It must be a whole number from 0 to 255.",
        ),
        (
            r#"{"size": 0}"#,
            "size invalid: Value for size does not validate. It must be a whole number from 0 to 65535, except 0.",
        ),
        (
            r#"{"exact": "x"}"#,
            "exact invalid: Value for exact does not validate. It must be a number.",
        ),
        (
            r#"{"done": 1}"#,
            "done invalid: Value for done does not validate. It must be true or false.",
        ),
        (
            r#"{"initial": "ab"}"#,
            "initial invalid: Value for initial does not validate. It must be one character.",
        ),
        (
            r#"{"day": "tomorrow"}"#,
            "day invalid: Value for day does not validate. It must be a date, as in 2026-11-24.",
        ),
        (
            r#"{"day": 5}"#,
            "day invalid: Value for day does not validate. It must be a date, as in 2026-11-24.",
        ),
        (r#"{"id": "x"}"#, "id invalid: Value for id does not validate. It must be a UUID."),
        (
            r#"{"color": "blue"}"#,
            "color invalid: Value for color does not validate. It must be one of red, green.",
        ),
        (
            r#"{"color": 5}"#,
            "color invalid: Value for color does not validate. It must be one of red, green.",
        ),
        (
            r#"{"lines": {}}"#,
            "lines invalid: Value for lines does not validate. Wrong structure: expected a list.",
        ),
        (
            r#"{"lines": [{"quantity": 1}, {"quantity": -1}]}"#,
            "lines[1].quantity invalid: Value for lines[1].quantity does not validate. It must be a whole number from 0 to 255.",
        ),
        (
            r#"{"lines": [{}]}"#,
            "lines[0].quantity missing: Value for lines[0].quantity is missing.",
        ),
        (
            r#"{"lines": [{"quantity": 1, "quantity": 1}]}"#,
            "lines[0].quantity repeated: Value for lines[0].quantity does not validate. It was given more than once.",
        ),
        (
            r#"{"title": "a", "title": "b"}"#,
            "title repeated: Value for title does not validate. It was given more than once.",
        ),
        (
            r#"{"point": [1]}"#,
            "point invalid: Value for point does not validate. Wrong structure: expected a list of 2 values.",
        ),
        (
            r#"{"pair": [1, 2, 3]}"#,
            "pair invalid: Value for pair does not validate. Wrong structure: the list has too many values.",
        ),
        (
            r#"{"pair": 1}"#,
            "pair invalid: Value for pair does not validate. Wrong structure: expected a list of 2 values.",
        ),
        (
            r#"{"by_name": {"a": {}}}"#,
            "by_name.a.quantity missing: Value for by_name.a.quantity is missing.",
        ),
    ] {
        assert_only(
            &send("PUT", "/change", JSON, json).await,
            &format!("content {expected}"),
            json,
        );
    }
    let response = send("PUT", "/change", JSON, r#"{"lines": [], "titel": "a"}"#).await;
    let found = details(&response).join("\n");
    assert!(found.starts_with("content titel unknown: titel is unknown. Supported are: title, "));
}

#[tokio::test]
async fn a_violation_reads_the_same_in_each_media_type() {
    let count = "content count invalid: Value for count does not validate. It must be a whole number from 0 to 255.";
    let day = "content day invalid: Value for day does not validate. It must be a date, as in 2026-11-24.";
    let color =
        "content color invalid: Value for color does not validate. It must be one of red, green.";
    let ratio = "content ratio invalid: Value for ratio does not validate. It must be a number.";
    for (name, value, expected) in [
        ("count", "256", count),
        ("day", "tomorrow", day),
        ("color", "blue", color),
        ("ratio", "1e39", ratio),
        ("ratio", "-1e39", ratio),
    ] {
        let written = if name == "ratio" { value.to_owned() } else { format!("{value:?}") };
        for (media_type, content) in [
            (JSON, format!("{{\"{name}\": {written}}}")),
            (FORM, format!("{name}={value}")),
            (MULTIPART, part(name, value)),
            (XML, format!("<r><{name}>{value}</{name}></r>")),
        ] {
            assert_only(&send("PUT", "/change", media_type, &content).await, expected, &content);
        }
    }
    let missing = "content count missing: Value for count is missing.";
    let repeated =
        "content title repeated: Value for title does not validate. It was given more than once.";
    for (media_type, content, expected) in [
        (JSON, r#"{"title": "a"}"#.to_owned(), missing),
        (FORM, "title=a".to_owned(), missing),
        (MULTIPART, part("title", "a"), missing),
        (XML, "<r><title>a</title></r>".to_owned(), missing),
        (JSON, r#"{"title": "a", "title": "b"}"#.to_owned(), repeated),
        (FORM, "title=a&title=b".to_owned(), repeated),
        (MULTIPART, part("title", "a").replace("--b--\r\n", &part("title", "b")), repeated),
        (XML, "<r><title>a</title><title>b</title></r>".to_owned(), repeated),
    ] {
        assert_only(&send("POST", "/change", media_type, &content).await, expected, &content);
    }
}

#[tokio::test]
async fn a_violation_has_neither_the_value_nor_a_name_of_rust() {
    for json in [
        r#"["hunter2", 1, 2]"#,
        r#"{"title": ["hunter2"]}"#,
        r#"{"day": "hunter2"}"#,
        r#"{"id": "hunter2"}"#,
        r#"{"color": "hunter2"}"#,
        r#"{"color": ["hunter2"]}"#,
        r#"{"shape": "hunter2"}"#,
        r#"{"shape": {"Square": ["hunter2"]}}"#,
        r#"{"shape": {"Pair": {"a": "hunter2"}}}"#,
        r#"{"point": "hunter2"}"#,
        r#"{"lines": "hunter2"}"#,
        r#"{"by_name": ["hunter2"]}"#,
        r#"{"lines": ["hunter2"]}"#,
        r#"{"number": ["hunter2"]}"#,
    ] {
        let found = details(&send("PUT", "/change", JSON, json).await).join("\n");
        let foreign =
            ["hunter2", "struct ", "enum", "Change", "Line", "tuple", "u32", "map", "sequence"];
        for word in foreign {
            assert!(!found.contains(word), "{json}: {found}");
        }
    }
}

#[tokio::test]
async fn a_struct_is_not_read_from_a_list() {
    let object = "Wrong structure: expected an object.";
    for (method, json, name) in [
        ("POST", r#"["a", 1]"#, "content"),
        ("POST", "[]", "content"),
        ("POST", "5", "content"),
        ("POST", "null", "content"),
        ("PATCH", "[[1]]", "[0]"),
        ("PUT", r#"{"lines": [[1]]}"#, "lines[0]"),
        ("PUT", r#"{"by_name": {"a": [1]}}"#, "by_name.a"),
        ("PUT", r#"{"shape": {"Square": [1]}}"#, "shape.Square"),
    ] {
        let response = send(method, "/change", JSON, json).await;
        let expected =
            format!("content {name} invalid: Value for {name} does not validate. {object}");
        assert_only(&response, &expected, json);
    }
}

#[tokio::test]
async fn lists_tuples_and_large_numbers_are_read() {
    for (json, expected) in [
        (r#"{"point": [1, 2]}"#, "point: Some(Point(1, 2))"),
        (r#"{"pair": [1, 2]}"#, "pair: Some((1, 2))"),
        (r#"{"shape": {"Pair": [1, 2]}}"#, "shape: Some(Pair(1, 2))"),
        (r#"{"shape": {"Square": {"side": 1}}}"#, "shape: Some(Square { side: 1 })"),
        (r#"{"number": [1, 2]}"#, "number: [1, 2]"),
        (r#"{"ratio": 3.4e38}"#, "ratio: 3.4e38"),
        (
            r#"{"large": 340282366920938463463374607431768211455}"#,
            "large: Some(340282366920938463463374607431768211455)",
        ),
    ] {
        let response = send("PUT", "/change", JSON, json).await;
        assert!(response.text().contains(expected), "{json}: {}", response.text());
    }
    let response = send("PATCH", "/change", JSON, r#"[{"quantity": 1}]"#).await;
    assert_eq!(response.json::<Value>(), "[Line { quantity: 1 }]");
}

#[tokio::test]
async fn malformed_json_has_a_position_even_after_a_value_that_does_not_fit() {
    for json in [r#"{"title": 5"#, r#"{"title": 5, }"#, r#"{"color": }"#, r#"{"title": "a"} x"#] {
        let found = violations(&send("PUT", "/change", JSON, json).await);
        assert_eq!(found, [("content".into(), "content".into(), "malformed".into())], "{json}");
    }
}

#[tokio::test]
async fn content_that_cannot_have_parameters_is_a_violation() {
    let expected = "content content invalid: Value for content does not validate. Wrong structure: expected an object.";
    for json in ["[1]", "[]", "null", "5", r#""a""#] {
        for target in ["/arguments", "/arguments?title=a", "/denying"] {
            assert_only(&send("PUT", target, JSON, json).await, expected, json);
        }
    }
    for target in ["/arguments", "/arguments?title=a", "/denying?title=a"] {
        let response = send("PUT", target, JSON, "{").await;
        assert_eq!(violations(&response)[0].2, "malformed", "{target}");
        let response = send("PUT", target, MULTIPART, "--c").await;
        assert_eq!(violations(&response)[0].2, "malformed", "{target}");
    }
    assert_eq!(send("PUT", "/arguments", JSON, "{}").await.status(), 200);
    assert_eq!(send("PUT", "/arguments", JSON, "").await.status(), 200);
    // What has no parameters in the content does not look into it.
    assert_eq!(send("GET", "/arguments", JSON, "[1]").await.status(), 200);
    assert_eq!(send("PATCH", "/arguments", JSON, "[1]").await.json::<Value>(), "[1] None");
}

#[tokio::test]
async fn a_missing_parameter_is_named_where_the_others_are() {
    for (media_type, content) in [
        (JSON, r#"{"note": "a"}"#.to_owned()),
        (JSON, "{}".to_owned()),
        (JSON, r#"{"title": null}"#.to_owned()),
        (FORM, "note=a".to_owned()),
        (FORM, String::new()),
        (MULTIPART, part("note", "a")),
    ] {
        let response = send("POST", "/arguments", media_type, &content).await;
        let expected = "content title missing: Value for title is missing.";
        assert_only(&response, expected, &content);
    }
    let response = client().post("/arguments?note=a").send().await;
    let expected = "query title missing: Value for title is missing.";
    assert_only(&response, expected, "");
}

#[tokio::test]
async fn a_violation_does_not_repeat_itself() {
    let expected = "query reason empty: Value for reason must not be empty.";
    assert_only(&client().delete("/arguments?reason=").send().await, expected, "");
    for (media_type, content) in
        [(JSON, r#"{"number": [[1]]}"#), (FORM, "number="), (FORM, "number=+"), (FORM, "ratio=+")]
    {
        let found = details(&send("PUT", "/arguments", media_type, content).await).join("\n");
        assert!(!found.contains("  "), "{found}");
    }
}

#[tokio::test]
async fn an_empty_field_of_a_form_is_an_empty_text_and_no_number() {
    for (media_type, title, tag, number) in [
        (FORM, "title=".to_owned(), "tag=".to_owned(), "number=".to_owned()),
        (MULTIPART, part("title", ""), part("tag", ""), part("number", "")),
    ] {
        for target in ["/arguments", "/change"] {
            let response = send("PUT", target, media_type, &title).await;
            assert!(response.text().contains(r#"Some(\"\")"#), "{target}: {}", response.text());
            let response = send("PUT", target, media_type, &tag).await;
            assert!(response.text().contains(r#"[\"\"]"#), "{target}: {}", response.text());
            let response = send("PUT", target, media_type, &number).await;
            let found = violations(&response);
            assert_eq!(found.len(), 1, "{target}");
            assert!(found[0].0.starts_with("number"), "{target}: {found:?}");
        }
    }
}

#[tokio::test]
async fn a_number_that_is_too_large_for_its_type_is_a_violation() {
    for (media_type, content) in
        [(JSON, r#"{"ratio": 1e39}"#), (JSON, r#"{"ratio": "1e39"}"#), (FORM, "ratio=1e39")]
    {
        let response = send("PUT", "/arguments", media_type, content).await;
        let expected =
            "content ratio invalid: ratio value 1e39 does not validate. It must be a number.";
        assert_only(&response, expected, content);
    }
    assert_eq!(send("PUT", "/change", JSON, r#"{"exact": 1e400}"#).await.status(), 400);
    assert_eq!(send("PUT", "/change", JSON, r#"{"exact": 1e39}"#).await.status(), 200);
}
