//! Request content, and the parameters in it.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use wsgiservice::{
    Application, Content, Policy,
    content::Body,
    mount, resource,
    server::Limits,
    testing::{Client, TestResponse},
};

use super::{content_limit, sha256, strict, violations};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

#[derive(Deserialize)]
struct Order {
    customer: String,
    lines: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    count: u32,
}

#[mount("/orders")]
struct Orders;

#[resource]
impl Orders {
    fn post(&self, content: Content<Order>) -> String {
        let order = content.into_inner();
        format!("{} {}", order.customer, order.lines.iter().map(|line| line.count).sum::<u32>())
    }

    fn patch(&self, content: Content<u32>) -> u32 {
        content.into_inner()
    }

    fn put(&self, content: Bytes) -> usize {
        content.len()
    }
}

#[mount("/users/{id}")]
#[validate(email, format = "email")]
struct Users;

#[resource]
impl Users {
    fn post(&self, id: u32, email: String, age: Option<u8>, tag: Vec<String>) -> String {
        format!("{id} {email} {age:?} {tag:?}")
    }

    fn get(&self, email: Option<String>) -> Option<String> {
        email
    }
}

#[mount("/checked/{id}")]
struct Checked;

#[resource]
impl Checked {
    fn post(&self, id: u32, content: Content<Order>) -> String {
        format!("{id} {}", content.into_inner().customer)
    }

    fn put(&self, content: Option<Content<Line>>) -> String {
        format!("{:?}", content.map(|content| content.into_inner().count))
    }
}

#[mount("/numbers")]
struct Numbers;

#[resource]
impl Numbers {
    fn post(&self, number: Vec<u32>) -> usize {
        number.len()
    }

    fn patch(&self, content: Content<std::collections::BTreeMap<String, u32>>) -> usize {
        content.into_inner().len()
    }
}

#[mount("/limited")]
#[limit(content = 10)]
struct Limited;

#[resource]
impl Limited {
    fn put(&self, content: Bytes) -> usize {
        content.len()
    }

    #[limit(content = 10 * 10)]
    fn post(&self, content: Bytes) -> usize {
        content.len()
    }
}

fn client() -> Client {
    let application = Application::new("content").mount(Orders).mount(Users);
    strict(application.mount(Checked).mount(Numbers))
}

async fn send(
    method: &str,
    target: &str,
    media_type: &str,
    content: impl Into<Body>,
) -> TestResponse {
    client().request(method, target).header("content-type", media_type).body(content).send().await
}

#[tokio::test]
async fn content_is_deserialised_by_its_media_type() {
    let json = r#"{"customer": "Ada", "lines": [{"count": 2}, {"count": 3}]}"#;
    assert_eq!(send("POST", "/orders", JSON, json).await.text(), r#""Ada 5""#);
    assert_eq!(
        send("POST", "/orders", "application/vnd.order+json; a=b", json).await.status(),
        200
    );
}

#[tokio::test]
async fn a_patch_format_is_not_read_as_a_value() {
    let json = r#"{"customer": "Ada", "lines": []}"#;
    for media_type in ["application/json-patch+json", "application/Merge-Patch+json"] {
        assert_eq!(send("POST", "/orders", media_type, json).await.status(), 415, "{media_type}");
    }
}

#[tokio::test]
async fn content_over_the_limit_gets_a_413() {
    let response = send("PUT", "/orders", "image/png", vec![0; (2 << 20) + 1]).await;
    assert_eq!(response.status(), 413);
    assert_eq!(send("PUT", "/orders", "image/png", vec![0; 2 << 20]).await.text(), "2097152");
}

/// Content that declares its length, and panics if it is read.
struct Declared(u64);

impl http_body::Body for Declared {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        panic!("the content was read")
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(self.0)
    }
}

#[tokio::test]
async fn a_declared_length_over_the_limit_is_rejected_before_reading() {
    let response = send("PUT", "/orders", "image/png", Body::new(Declared(u64::MAX))).await;
    assert_eq!(response.status(), 413);
}

/// Endless content in chunks of 1 MiB, which panics if it is read after the limit was exceeded.
struct Trickle(u8);

impl http_body::Body for Trickle {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        assert!(self.0 < 3, "the content was read beyond the limit");
        self.0 += 1;
        std::task::Poll::Ready(Some(Ok(http_body::Frame::data(Bytes::from(vec![0; 1 << 20])))))
    }
}

#[tokio::test]
async fn content_of_unknown_length_is_rejected_at_the_limit() {
    let response = send("PUT", "/orders", "image/png", Body::new(Trickle(0))).await;
    assert_eq!(response.status(), 413);
}

#[tokio::test]
async fn an_unsupported_media_type_gets_a_415() {
    let expected = "application/json, application/x-www-form-urlencoded, multipart/form-data, application/xml, text/xml";
    let response = send("POST", "/orders", "image/png", "x").await;
    assert_eq!(response.status(), 415);
    assert_eq!(response.field("accept"), Some(expected));
    let response = send("PATCH", "/orders", "image/png", "x").await;
    let expected = "application/json, application/xml, text/xml";
    assert_eq!(response.field("accept-patch"), Some(expected), "a form cannot be a number");
}

#[tokio::test]
async fn an_unsupported_content_coding_gets_a_415() {
    let request = client().put("/orders").header("content-encoding", "compress").body("x");
    let response = request.send().await;
    assert_eq!(response.status(), 415);
    assert!(response.field("accept-encoding").is_some());
}

/// Encodes `content` with a content coding.
fn coded(coding: &str, content: &[u8]) -> Vec<u8> {
    use std::io::Write;

    let mut coded = Vec::new();
    match coding {
        "gzip" => flate2::write::GzEncoder::new(&mut coded, flate2::Compression::best())
            .write_all(content),
        "deflate" => flate2::write::ZlibEncoder::new(&mut coded, flate2::Compression::best())
            .write_all(content),
        "br" => brotli::CompressorWriter::new(&mut coded, 4096, 9, 22).write_all(content),
        _ => zstd::stream::copy_encode(content, &mut coded, 3),
    }
    .expect("written");
    coded
}

async fn put_coded(coding: &str, content: Vec<u8>) -> TestResponse {
    client().put("/orders").header("content-encoding", coding).body(content).send().await
}

const CODINGS: [&str; 4] = ["gzip", "deflate", "br", "zstd"];

#[tokio::test]
async fn encoded_content_is_decoded() {
    for coding in CODINGS {
        assert_eq!(
            put_coded(coding, coded(coding, b"twelve bytes")).await.text(),
            "12",
            "{coding}"
        );
    }
    let mut limits = Limits::default();
    limits.codings = 2;
    let client = strict(Application::new("content").mount(Orders).limits(limits));
    let twice = coded("br", &coded("gzip", b"twelve bytes"));
    let request = client.put("/orders").header("content-encoding", "gzip, br").body(twice);
    assert_eq!(request.send().await.text(), "12");
}

#[tokio::test]
async fn the_limit_applies_to_the_decoded_size() {
    let zeros = vec![0; (2 << 20) + 1];
    for coding in CODINGS {
        assert_eq!(put_coded(coding, coded(coding, &zeros)).await.status(), 413, "{coding}");
    }
}

#[tokio::test]
async fn content_that_cannot_be_decoded_gets_a_400() {
    for coding in CODINGS {
        assert_eq!(put_coded(coding, b"twelve bytes".to_vec()).await.status(), 400, "{coding}");
    }
}

async fn put_with(name: &str, value: &str) -> u16 {
    let request = client().put("/orders").header(name, value).body("hello");
    request.send().await.status().as_u16()
}

#[tokio::test]
async fn a_digest_of_the_content_is_verified() {
    let sha256 = "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:";
    for name in ["content-digest", "repr-digest"] {
        assert_eq!(put_with(name, sha256).await, 200);
        assert_eq!(put_with(name, &sha256.replace("LPJ", "LPK")).await, 400);
        assert_eq!(put_with(name, "sha-256=no").await, 400);
        assert_eq!(put_with(name, "sha-256=:").await, 400);
        assert_eq!(put_with(name, "other=:AAAA:").await, 200);
    }
    let sha512 = "sha-512=:m3HSJL1i83hdltRq0+o9czGb+8KJDKra4t/3JRlnPKcjI8PZm6XBHXx6zG4UuMXaDEZjR1wuXDre9G9zvN7AQw==:";
    assert_eq!(put_with("content-digest", sha512).await, 200);
    assert_eq!(
        put_with("content-digest", &format!("{sha256}, {}", sha512.replace("m3H", "m3J"))).await,
        400
    );
}

#[tokio::test]
async fn content_md5_is_verified_in_base64_and_in_hexadecimal() {
    assert_eq!(put_with("content-md5", "XUFAKrxLKna5cZ2REBfFkg==").await, 200);
    assert_eq!(put_with("content-md5", "5d41402abc4b2a76b9719d911017c592").await, 200);
    assert_eq!(put_with("content-md5", "5d41402abc4b2a76b9719d911017c593").await, 400);
}

#[tokio::test]
async fn missing_required_content_gets_a_400() {
    assert_eq!(client().post("/orders").send().await.status(), 400);
    assert_eq!(client().put("/orders").send().await.text(), "0");
}

#[tokio::test]
async fn nested_compression_bombs_are_rejected() {
    // Each byte is a complete, empty Brotli stream.
    let nothing = vec![0x06; 8 << 20];
    let mut limits = Limits::default();
    limits.codings = 2;
    let client = strict(Application::new("content").mount(Orders).limits(limits));
    for outer in ["br", "gzip", "zstd"] {
        let request = client.put("/orders").header("content-encoding", &format!("br, {outer}"));
        let response = request.body(coded(outer, &nothing)).send().await;
        assert!(response.status().is_client_error(), "{outer}");
    }
    assert_eq!(put_coded("br", vec![0x06; 1 << 20]).await.status(), 400);
}

#[tokio::test]
async fn a_declared_length_over_the_limit_is_rejected_even_if_the_content_is_unused() {
    for length in [10 << 30, u64::MAX] {
        let request = client().get("/users/1").body(Body::new(Declared(length)));
        assert_eq!(request.send().await.status(), 413);
    }
}

#[tokio::test]
async fn a_digest_is_verified_even_if_the_content_is_unused() {
    let digest = format!("sha-256=:{}:", sha256(b"a"));
    let get = async |content: &'static str| {
        let request = client().get("/users/1?email=a@b.ch").header("content-digest", &digest);
        request.body(content).send().await.status()
    };
    assert_eq!(get("a").await, 200);
    assert_eq!(get("b").await, 400);
}

/// Empty content of unknown length.
fn nothing() -> Body {
    Body::of_stream(futures_util::stream::iter(Vec::<Result<Bytes, std::io::Error>>::new()))
}

#[tokio::test]
async fn content_of_unknown_length_may_be_empty() {
    assert_eq!(client().put("/checked/1").body(nothing()).send().await.json::<Value>(), "None");
    let coded = client().put("/checked/1").header("content-encoding", "gzip");
    assert_eq!(coded.body(nothing()).send().await.json::<Value>(), "None");
}

#[tokio::test]
async fn a_duplicate_json_member_is_a_repeated_parameter() {
    let response =
        send("POST", "/users/1", JSON, r#"{"email": "a@b.ch", "email": "c@b.ch"}"#).await;
    assert_eq!(violations(&response), [("email".into(), "content".into(), "repeated".into())]);
    let response = send("POST", "/users/1", JSON, r#"{"email": ["a@b.ch"]}"#).await;
    assert_eq!(violations(&response), [("email".into(), "content".into(), "repeated".into())]);
}

#[tokio::test]
async fn a_json_member_must_have_the_type_of_its_parameter() {
    for json in [
        r#"{"email": 1}"#,
        r#"{"email": true}"#,
        r#"{"email": {"a": "b"}}"#,
        r#"{"email": "a@b.ch", "age": true}"#,
        r#"{"email": "a@b.ch", "age": {}}"#,
        r#"{"email": "a@b.ch", "tag": [["x"]]}"#,
    ] {
        let response = send("POST", "/users/1", JSON, json).await;
        let found = violations(&response);
        assert_eq!(found.len(), 1, "{json}");
        assert_eq!(found[0].2, "invalid", "{json}");
    }
    let json = r#"{"email": "a@b.ch", "age": "7"}"#;
    assert_eq!(send("POST", "/users/1", JSON, json).await.json::<Value>(), "1 a@b.ch Some(7) []");
}

#[tokio::test]
async fn a_response_reports_at_most_a_hundred_violations() {
    let lines = (0..5_000).map(|line| format!("{line}x")).collect::<Vec<_>>();
    let json = serde_json::json!({"number": lines}).to_string();
    assert_eq!(violations(&send("POST", "/numbers", JSON, json).await).len(), 100);
}

#[tokio::test]
async fn a_long_name_from_the_client_is_truncated() {
    let json = format!(r#"{{"{}": "x"}}"#, "k".repeat(10_000));
    let response = send("PATCH", "/numbers", JSON, json).await;
    assert_eq!(response.status(), 400);
    assert!(response.text().len() < 2_000);
}

#[tokio::test]
async fn optional_content_may_be_absent() {
    assert_eq!(client().put("/checked/1").send().await.json::<Value>(), "None");
    assert_eq!(send("PUT", "/checked/1", JSON, r#"{"count": 2}"#).await.json::<Value>(), "Some(2)");
    assert_eq!(send("PUT", "/checked/1", JSON, "{").await.status(), 400);
}

#[tokio::test]
async fn content_is_deserialised_from_urlencoded_and_multipart_forms() {
    let part = "--b\r\ncontent-disposition: form-data; name=\"count\"\r\n\r\n2\r\n--b--\r\n";
    let multipart = "multipart/form-data; boundary=b";
    assert_eq!(send("PUT", "/checked/1", FORM, "count=2").await.json::<Value>(), "Some(2)");
    assert_eq!(send("PUT", "/checked/1", multipart, part).await.json::<Value>(), "Some(2)");
    assert_eq!(send("PUT", "/checked/1", multipart, part.replace('2', "x")).await.status(), 400);
    let no_text =
        [&b"--b\r\ncontent-disposition: form-data; name=\"count\"\r\n\r\n"[..], b"\xff\r\n--b--"];
    let response = send("PUT", "/checked/1", multipart, no_text.concat()).await;
    assert_eq!(violations(&response), [("count".into(), "content".into(), "encoding".into())]);
    // A form without members is valid.
    let empty = send("PUT", "/checked/1", FORM, "").await;
    assert_eq!(empty.json::<Value>()["errors"][0]["detail"], "Value for count is missing.");
}

#[tokio::test]
async fn a_violation_in_a_form_reports_the_name_and_never_the_value() {
    for (form, code, detail) in [
        (
            "count=secret",
            "invalid",
            "Value for count does not validate. It must be a whole number from 0 to 4294967295.",
        ),
        (
            "count=1&count=2",
            "repeated",
            "Value for count does not validate. It was given more than once.",
        ),
    ] {
        let response = send("PUT", "/checked/1", FORM, form).await;
        assert_eq!(violations(&response), [("count".into(), "content".into(), code.into())]);
        assert_eq!(response.json::<Value>()["errors"][0]["detail"], detail);
        assert!(!response.text().contains("secret"));
    }
}

#[tokio::test]
async fn invalid_json_is_reported_by_line_and_column() {
    let response = send("POST", "/orders", JSON, "{\n\"secret\" 1}").await;
    assert_eq!(response.status(), 400);
    assert_eq!(
        response.json::<Value>()["errors"][0]["detail"],
        "Invalid JSON content data at line 2, column 10."
    );
    assert!(!response.text().contains("secret"));
}

#[tokio::test]
async fn json_nesting_is_bounded() {
    let response = send("POST", "/users/1", JSON, "[".repeat(100_000)).await;
    assert_eq!(response.status(), 400);
}

#[tokio::test]
async fn a_violation_in_json_reports_the_path_and_never_the_value() {
    let json = r#"{"customer": "Ada", "lines": [{"count": 2}, {"count": "hunter2"}]}"#;
    let response = send("POST", "/orders", JSON, json).await;
    assert_eq!(response.status(), 400);
    let error = &response.json::<Value>()["errors"][0];
    assert_eq!(error["name"], "lines[1].count");
    assert_eq!(error["in"], "content");
    assert_eq!(
        error["detail"],
        "Value for lines[1].count does not validate. It must be a whole number from 0 to 4294967295."
    );
    assert!(!response.text().contains("hunter2"));
}

#[tokio::test]
async fn parameters_are_read_from_a_form() {
    let response = send("POST", "/users/1", FORM, "email=a%40b.ch&tag=x&tag=y+z&other=1").await;
    assert_eq!(response.json::<Value>(), r#"1 a@b.ch None ["x", "y z"]"#);
}

#[tokio::test]
async fn parameters_are_read_from_a_json_object() {
    let json = r#"{"email": "a@b.ch", "age": 7, "tag": ["x", "y"], "other": {"a": null}}"#;
    assert_eq!(
        send("POST", "/users/1", JSON, json).await.json::<Value>(),
        r#"1 a@b.ch Some(7) ["x", "y"]"#
    );
    let json = r#"{"email": "a@b.ch", "age": null}"#;
    assert_eq!(send("POST", "/users/1", JSON, json).await.json::<Value>(), "1 a@b.ch None []");
}

#[tokio::test]
async fn the_path_overrides_the_query_and_the_query_overrides_the_content() {
    let response = send("POST", "/users/1?email=q@b.ch", FORM, "id=2&email=c@b.ch&age=3").await;
    assert_eq!(response.json::<Value>(), "1 q@b.ch Some(3) []");
}

#[tokio::test]
async fn violations_in_the_content_are_reported_with_all_others() {
    let response = send("POST", "/users/one", FORM, "email=no&age=300").await;
    let found = violations(&response);
    let expected =
        [("id", "path", "invalid"), ("email", "content", "format"), ("age", "content", "invalid")];
    let expected =
        expected.map(|(name, place, code)| (name.to_owned(), place.to_owned(), code.to_owned()));
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_media_type_that_cannot_hold_parameters_gets_a_415() {
    let response = send("POST", "/users/1?email=a@b.ch", "image/png", "x").await;
    assert_eq!(response.status(), 415);
    let expected = "application/json, application/x-www-form-urlencoded, multipart/form-data";
    assert_eq!(response.field("accept"), Some(expected));
    assert_eq!(
        send("POST", "/users/1", "text/xml", "<a><email>a@b.ch</email></a>").await.status(),
        415
    );
}

#[tokio::test]
async fn invalid_content_is_reported_with_all_other_violations() {
    for content in ["{", r#"{"customer": 1}"#, ""] {
        let response = send("POST", "/checked/one", JSON, content).await;
        assert_eq!(response.status(), 400);
        let found = violations(&response);
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(found[0], ("id".into(), "path".into(), "invalid".into()));
        assert_eq!(found[1].1, "content");
    }
    let found = violations(&send("POST", "/users/one", JSON, "{").await);
    assert_eq!(found.len(), 2, "one violation for all parameters: {found:?}");
    assert_eq!(found[1], ("content".into(), "content".into(), "malformed".into()));
}

#[tokio::test]
async fn invalid_content_gets_a_400_even_if_violations_get_a_422() {
    let client = strict(
        Application::new("content")
            .mount(Checked)
            .policy(Policy::new().unprocessable_violations(true)),
    );
    let post = async |content: &'static str| {
        let request = client.post("/checked/1").header("content-type", JSON);
        request.body(content).send().await.status().as_u16()
    };
    assert_eq!(post("{").await, 400);
    assert_eq!(post("").await, 400);
    assert_eq!(post(r#"{"customer": 1, "lines": []}"#).await, 422);
}

#[tokio::test]
async fn content_is_deserialised_from_xml() {
    let xml = r#"<order><customer>Ada</customer>
        <lines><child order="0"><count>2</count></child><child order="1"><count>3</count></child></lines></order>"#;
    let repeated = "<order><customer>Ada</customer><lines><count>2</count></lines><lines><count>3</count></lines></order>";
    for (media_type, xml) in [
        ("application/xml", xml),
        ("text/xml; charset=utf-8", xml),
        ("application/vnd.order+xml", xml),
        ("text/xml", repeated),
    ] {
        assert_eq!(
            send("POST", "/orders", media_type, xml).await.json::<Value>(),
            "Ada 5",
            "{media_type}"
        );
    }
}

#[tokio::test]
async fn invalid_xml_is_reported_by_line_and_column() {
    let response = send("POST", "/orders", "text/xml", "<a>\n<secret></a>").await;
    assert_eq!(response.status(), 400);
    let error = &response.json::<Value>()["errors"][0];
    assert_eq!(error["detail"], "Invalid XML content data at line 2, column 9.");
    assert_eq!(error["code"], "malformed");
    assert!(!response.text().contains("secret"));
}

#[tokio::test]
async fn xml_with_entities_or_deep_nesting_is_rejected() {
    let bomb = "<!DOCTYPE a [<!ENTITY b 'bbbbbbbb'><!ENTITY c '&b;&b;&b;&b;'>]><a>&c;</a>";
    let file = "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>";
    let deep = "<a>".repeat(100_000);
    for xml in [bomb, file, &deep] {
        let response = send("POST", "/orders", "application/xml", xml.to_owned()).await;
        assert_eq!(response.json::<Value>()["errors"][0]["code"], "malformed");
    }
}

#[tokio::test]
async fn a_violation_in_xml_reports_the_path_and_never_the_value() {
    let xml = "<a><customer>Ada</customer><lines><count>hunter2</count></lines></a>";
    let response = send("POST", "/orders", "text/xml", xml).await;
    let error = &response.json::<Value>()["errors"][0];
    assert_eq!(error["name"], "lines[0].count");
    assert_eq!(
        error["detail"],
        "Value for lines[0].count does not validate. It must be a whole number from 0 to 4294967295."
    );
    assert!(!response.text().contains("hunter2"));
}

#[tokio::test]
async fn the_most_specific_content_limit_applies() {
    let client = strict(Application::new("limits").mount(Limited).limits(content_limit(1)));
    let status = async |method: &str, size| {
        let request = client.request(method, "/limited").body(vec![0; size]);
        request.send().await.status().as_u16()
    };
    assert_eq!((status("PUT", 10).await, status("PUT", 11).await), (200, 413));
    assert_eq!((status("POST", 100).await, status("POST", 101).await), (200, 413));
}

#[tokio::test]
async fn a_zstd_window_over_eight_mebibytes_is_rejected() {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).expect("an encoder");
    encoder.window_log(24).expect("a window");
    std::io::Write::write_all(&mut encoder, b"twelve bytes").expect("written");
    let content = encoder.finish().expect("finished");
    assert_eq!(put_coded("zstd", content).await.status(), 400);
}

#[tokio::test]
async fn bytes_after_encoded_content_are_rejected() {
    for coding in CODINGS {
        let mut content = coded(coding, b"twelve bytes");
        content.extend_from_slice(b"more of it");
        assert_eq!(put_coded(coding, content).await.status(), 400, "{coding}");
    }
}

#[tokio::test]
async fn a_digest_covers_the_encoded_content() {
    let content = coded("gzip", b"twelve bytes");
    let digest = sha256(&content);
    let put = async |digest: String| {
        let request = client().put("/orders").header("content-encoding", "gzip");
        request.header("content-digest", &digest).body(content.clone()).send().await.status()
    };
    assert_eq!(put(format!("sha-256=:{digest}:")).await, 200);
    let other = sha256(b"twelve bytes");
    assert_eq!(put(format!("sha-256=:{other}:")).await, 400);
}

#[tokio::test]
async fn a_put_of_a_part_does_not_replace_the_whole() {
    let part = ("content-range", "bytes 0-2/10");
    for (method, target, status) in [
        ("PUT", "/orders", 400),
        ("PUT", "/users/1", 405),
        ("PATCH", "/orders", 200),
        ("GET", "/users/1?email=a@b.ch", 200),
    ] {
        let request = client().request(method, target).header("content-type", JSON);
        let response = request.header(part.0, part.1).body("7").send().await;
        assert_eq!(response.status(), status, "{method} {target}");
    }
}

#[tokio::test]
async fn content_types_that_differ_get_a_400() {
    for (first, second, status) in
        [(JSON, JSON, 200), (JSON, "text/plain", 400), (JSON, FORM, 400), (FORM, JSON, 400)]
    {
        let request = client().request("PATCH", "/orders").header("content-type", first);
        let response = request.header("content-type", second).body("7").send().await;
        assert_eq!(response.status(), status, "{first} {second}");
    }
    // Without content, nothing is ambiguous.
    let request = client().get("/users/1?email=a@b.ch").header("content-type", JSON);
    assert_eq!(request.header("content-type", FORM).send().await.status(), 200);
}

#[tokio::test]
async fn a_client_that_accepts_nothing_is_not_read() {
    let body = Body::of_stream(futures_util::stream::poll_fn(
        |_| -> std::task::Poll<Option<std::io::Result<Bytes>>> { panic!("read") },
    ));
    let request = client().request("PATCH", "/orders").header("content-type", JSON);
    assert_eq!(request.header("accept", "image/png").body(body).send().await.status(), 406);
}

#[tokio::test]
async fn a_get_reads_no_parameters_from_its_content() {
    assert_eq!(send("GET", "/users/1", FORM, "email=a@b.ch").await.status(), 404);
}
