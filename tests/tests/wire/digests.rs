//! Digests of response content.

use http::HeaderValue;
use wsgiservice::{Application, Policy, answer::Binary, mount, resource, testing::TestResponse};

use super::{sha256, strict};

#[mount("/text")]
struct Text;

#[resource]
impl Text {
    fn get(&self) -> String {
        "a".repeat(2000)
    }
}

#[mount("/image")]
struct Image;

#[resource]
impl Image {
    fn get(&self) -> Binary {
        Binary::new("0123456789", HeaderValue::from_static("image/png"))
    }

    fn put(&self) -> http::Response<String> {
        let response = http::Response::builder().header("content-digest", "its own");
        response.body("a".to_owned()).expect("a response")
    }
}

fn application() -> Application {
    Application::new("digests").mount(Text).mount(Image)
}

async fn ask(method: &str, target: &str, fields: &[(&str, &str)]) -> TestResponse {
    let client = strict(application());
    let request = client.request(method, target);
    fields.iter().fold(request, |request, (name, value)| request.header(name, value)).send().await
}

#[tokio::test]
async fn digests_are_sent_only_if_requested() {
    let response = ask("GET", "/text", &[]).await;
    for name in ["content-digest", "repr-digest", "content-md5"] {
        assert_eq!(response.field(name), None);
    }
}

#[tokio::test]
async fn a_requested_digest_covers_the_encoded_content() {
    for name in ["content-digest", "repr-digest"] {
        let fields = [(format!("want-{name}"), "sha-256=1"), ("accept-encoding".into(), "gzip")];
        let fields = fields.each_ref().map(|(name, value)| (name.as_str(), *value));
        let response = ask("GET", "/text", &fields).await;
        assert_eq!(response.field("content-encoding"), Some("gzip"));
        let expected = format!("sha-256=:{}:", sha256(response.content()));
        assert_eq!(response.field(name), Some(&*expected));
    }
}

#[tokio::test]
async fn a_partial_response_has_distinct_content_and_representation_digests() {
    let wants = [("want-content-digest", "sha-256=1"), ("want-repr-digest", "sha-256=1")];
    for (range, part) in [("bytes=2-4", Some("234")), ("bytes=0-1, 3-4", None)] {
        let response = ask("GET", "/image", &[wants[0], wants[1], ("range", range)]).await;
        assert_eq!(response.status(), 206);
        assert!(part.is_none_or(|part| response.text() == part));
        let content = format!("sha-256=:{}:", sha256(response.content()));
        let representation = format!("sha-256=:{}:", sha256(b"0123456789"));
        assert_eq!(response.field("content-digest"), Some(&*content));
        assert_eq!(response.field("repr-digest"), Some(&*representation));
    }
}

#[tokio::test]
async fn the_preferred_digest_algorithm_is_used() {
    for (wanted, algorithm) in [
        ("sha-256=1, sha-512=2", "sha-512="),
        ("sha-512=1, sha-256=10, md5=10", "sha-256="),
        ("sha-512=0, sha-256=3", "sha-256="),
    ] {
        let response = ask("GET", "/image", &[("want-repr-digest", wanted)]).await;
        let field = response.field("repr-digest").unwrap_or_default();
        assert!(field.starts_with(algorithm), "{wanted}: {field}");
    }
}

#[tokio::test]
async fn malformed_and_unsupported_digest_preferences_are_ignored() {
    for wanted in
        ["sha-256=0", "md5=5", "sha-256=11", "sha-256=-1", "sha-256=a", "sha-256", "=", ""]
    {
        let response = ask("GET", "/image", &[("want-repr-digest", wanted)]).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.field("repr-digest"), None, "{wanted}");
    }
}

#[tokio::test]
async fn head_has_the_representation_digest_and_the_digest_of_empty_content() {
    let wants = [("want-content-digest", "sha-256=1"), ("want-repr-digest", "sha-256=1")];
    let head = ask("HEAD", "/image", &wants).await;
    let digest = |content| Some(format!("sha-256=:{}:", sha256(content)));
    assert_eq!(head.field("repr-digest").map(str::to_owned), digest(b"0123456789"));
    assert_eq!(head.field("content-digest").map(str::to_owned), digest(b""));
}

#[tokio::test]
async fn a_digest_set_by_the_method_is_kept() {
    let response = ask("PUT", "/image", &[("want-content-digest", "sha-256=1")]).await;
    assert_eq!(response.fields().get_all("content-digest").iter().count(), 1);
    assert_eq!(response.field("content-digest"), Some("its own"));
}

#[tokio::test]
async fn a_nested_application_keeps_its_content_md5_setting() {
    let client = strict(
        Application::new("all").nest("/a", application().policy(Policy::new().content_md5(true))),
    );
    assert!(client.get("/a/image").send().await.field("content-md5").is_some());
}

#[tokio::test]
async fn content_md5_is_sent_if_the_application_enables_it() {
    let client = strict(application().policy(Policy::new().content_md5(true)));
    let response = client.get("/image").send().await;
    assert_eq!(response.field("content-md5"), Some("eB5eJF1ptWaXm4bijSPyxw=="));
    assert!(client.get("/nowhere").send().await.field("content-md5").is_some());
}
