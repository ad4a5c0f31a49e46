//! Section 4: the content of a request, and the parameters within it.

use bytes::Bytes;
use serde::Deserialize;
use wsgiservice::{
    Application, Body, Content, mount, resource,
    testing::{Client, TestResponse},
};

use super::violations;

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

fn client() -> Client {
    Client::new(Application::new("content").mount(Orders).mount(Users))
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
async fn over_the_limit_is_too_large() {
    let response = send("PUT", "/orders", "image/png", vec![0; (2 << 20) + 1]).await;
    assert_eq!(response.status(), 413);
    assert_eq!(send("PUT", "/orders", "image/png", vec![0; 2 << 20]).await.text(), "2097152");
}

/// Content that says how long it is, and must not be asked for.
struct Declared(u64);

impl http_body::Body for Declared {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        panic!("it was read")
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(self.0)
    }
}

#[tokio::test]
async fn what_is_declared_over_the_limit_is_refused_before_a_byte_is_read() {
    let response = send("PUT", "/orders", "image/png", Body::new(Declared(u64::MAX))).await;
    assert_eq!(response.status(), 413);
}

/// Content of unknown length, in two pieces.
struct Trickle(u8);

impl http_body::Body for Trickle {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        assert!(self.0 < 3, "it was read beyond the limit");
        self.0 += 1;
        std::task::Poll::Ready(Some(Ok(http_body::Frame::data(Bytes::from(vec![0; 1 << 20])))))
    }
}

#[tokio::test]
async fn what_is_not_declared_is_refused_at_the_byte_that_goes_over() {
    let response = send("PUT", "/orders", "image/png", Body::new(Trickle(0))).await;
    assert_eq!(response.status(), 413);
}

#[tokio::test]
async fn another_media_type_is_unsupported() {
    let expected = "application/json, application/x-www-form-urlencoded";
    let response = send("POST", "/orders", "image/png", "x").await;
    assert_eq!(response.status(), 415);
    assert_eq!(response.field("accept"), Some(expected));
    let response = send("PATCH", "/orders", "image/png", "x").await;
    assert_eq!(response.field("accept-patch"), Some(expected));
}

#[tokio::test]
async fn another_content_coding_is_unsupported() {
    let request = client().put("/orders").header("content-encoding", "compress").body("x");
    let response = request.send().await;
    assert_eq!(response.status(), 415);
    assert!(response.field("accept-encoding").is_some());
}

/// Content in a content coding.
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
async fn content_is_decoded() {
    for coding in CODINGS {
        assert_eq!(
            put_coded(coding, coded(coding, b"twelve bytes")).await.text(),
            "12",
            "{coding}"
        );
    }
    let twice = coded("br", &coded("gzip", b"twelve bytes"));
    assert_eq!(put_coded("gzip, br", twice).await.text(), "12");
}

#[tokio::test]
async fn the_limit_holds_for_the_decoded_size() {
    let zeros = vec![0; (2 << 20) + 1];
    for coding in CODINGS {
        assert_eq!(put_coded(coding, coded(coding, &zeros)).await.status(), 413, "{coding}");
    }
}

#[tokio::test]
async fn content_that_is_not_of_its_coding_is_a_bad_request() {
    for coding in CODINGS {
        assert_eq!(put_coded(coding, b"twelve bytes".to_vec()).await.status(), 400, "{coding}");
    }
}

async fn put_with(name: &str, value: &str) -> u16 {
    let request = client().put("/orders").header(name, value).body("hello");
    request.send().await.status().as_u16()
}

#[tokio::test]
async fn a_digest_is_verified() {
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
async fn a_content_md5_is_verified_in_base64_and_as_the_original_wrote_it() {
    assert_eq!(put_with("content-md5", "XUFAKrxLKna5cZ2REBfFkg==").await, 200);
    assert_eq!(put_with("content-md5", "5d41402abc4b2a76b9719d911017c592").await, 200);
    assert_eq!(put_with("content-md5", "5d41402abc4b2a76b9719d911017c593").await, 400);
}

#[tokio::test]
async fn empty_content_where_some_is_needed_is_a_bad_request() {
    assert_eq!(client().post("/orders").send().await.status(), 400);
    assert_eq!(client().put("/orders").send().await.text(), "0");
}

#[tokio::test]
async fn json_that_does_not_parse_is_told_by_line_and_column() {
    let response = send("POST", "/orders", JSON, "{\n\"secret\" 1}").await;
    assert_eq!(response.status(), 400);
    assert_eq!(
        response.json()["errors"][0]["detail"],
        "Invalid JSON content data at line 2, column 10."
    );
    assert!(!response.text().contains("secret"));
}

#[tokio::test]
async fn nesting_is_bounded() {
    let response = send("POST", "/users/1", JSON, "[".repeat(100_000)).await;
    assert_eq!(response.status(), 400);
}

#[tokio::test]
async fn a_part_that_does_not_fit_is_told_by_its_path_and_never_with_its_value() {
    let json = r#"{"customer": "Ada", "lines": [{"count": 2}, {"count": "hunter2"}]}"#;
    let response = send("POST", "/orders", JSON, json).await;
    assert_eq!(response.status(), 400);
    let error = &response.json()["errors"][0];
    assert_eq!(error["name"], "lines[1].count");
    assert_eq!(error["in"], "content");
    assert_eq!(error["detail"], "Value for lines[1].count does not validate. It must be u32.");
    assert!(!response.text().contains("hunter2"));
}

#[tokio::test]
async fn parameters_come_from_a_form() {
    let response = send("POST", "/users/1", FORM, "email=a%40b.ch&tag=x&tag=y+z&other=1").await;
    assert_eq!(response.json(), r#"1 a@b.ch None ["x", "y z"]"#);
}

#[tokio::test]
async fn parameters_come_from_a_json_object() {
    let json = r#"{"email": "a@b.ch", "age": 7, "tag": ["x", "y"], "other": {"a": null}}"#;
    assert_eq!(send("POST", "/users/1", JSON, json).await.json(), r#"1 a@b.ch Some(7) ["x", "y"]"#);
    let json = r#"{"email": "a@b.ch", "age": null}"#;
    assert_eq!(send("POST", "/users/1", JSON, json).await.json(), "1 a@b.ch None []");
}

#[tokio::test]
async fn the_path_wins_and_then_the_query_and_then_the_content() {
    let response = send("POST", "/users/1?email=q@b.ch", FORM, "id=2&email=c@b.ch&age=3").await;
    assert_eq!(response.json(), "1 q@b.ch Some(3) []");
}

#[tokio::test]
async fn json_that_is_no_object_has_no_parameters() {
    let response = send("POST", "/users/1", JSON, "[1, 2]").await;
    assert_eq!(violations(&response), [("email".into(), "query".into(), "missing".into())]);
}

#[tokio::test]
async fn violations_in_the_content_are_reported_with_the_others() {
    let response = send("POST", "/users/one", FORM, "email=no&age=300").await;
    let found = violations(&response);
    let expected =
        [("id", "path", "invalid"), ("email", "content", "format"), ("age", "content", "invalid")];
    let expected =
        expected.map(|(name, place, code)| (name.to_owned(), place.to_owned(), code.to_owned()));
    assert_eq!(found, expected);
}

#[tokio::test]
async fn content_that_cannot_hold_parameters_is_unsupported() {
    assert_eq!(send("POST", "/users/1?email=a@b.ch", "image/png", "x").await.status(), 415);
}

#[tokio::test]
async fn a_get_looks_for_no_parameters_in_its_content() {
    assert_eq!(send("GET", "/users/1", FORM, "email=a@b.ch").await.status(), 404);
}
