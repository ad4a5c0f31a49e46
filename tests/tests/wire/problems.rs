//! Errors as problem documents.

use std::time::{Duration, SystemTime};

use http::HeaderValue;
use serde_json::Value;
use wsgiservice::{
    Application, Content, EntityTag, NoContent, Preconditions, Problem, mount, resource,
    testing::Client,
};

use super::{content_limit, strict};

#[mount("/word/{id}")]
#[validate(id, re = "[a-z]+", doc = "A word.")]
struct Word;

#[resource]
impl Word {
    fn get(&self, id: String, q: Option<String>) -> Result<Option<String>, Problem> {
        match id.as_str() {
            "none" => Ok(None),
            "secret" => Err(Problem::internal("the password is hunter2").detail("at /etc/passwd")),
            _ => Ok(Some(id + &q.unwrap_or_default())),
        }
    }

    fn put(&self, #[validate(len = 1..)] q: String) -> String {
        q
    }

    fn post(&self, content: Content<u32>) -> u32 {
        content.into_inner()
    }
}

#[mount("/statuses")]
struct Statuses;

#[resource]
impl Statuses {
    fn get(&self) -> Result<(), Problem> {
        Err(Problem::method_not_allowed())
    }

    fn put(&self) -> Result<(), Problem> {
        Err(Problem::service_unavailable(Duration::from_millis(119_001))
            .detail("the primary is down"))
    }

    fn post(&self) -> Result<(), Problem> {
        Err(Problem::unsupported_media_type(HeaderValue::from_static("image/png")))
    }
}

#[tokio::test]
async fn a_status_has_the_fields_that_the_standard_requires() {
    let client = strict(Application::new("statuses").mount(Statuses));
    for (method, status, name, value) in [
        ("GET", 405, "allow", "GET, HEAD, OPTIONS, POST, PUT"),
        ("PUT", 503, "retry-after", "120"),
        ("POST", 415, "accept", "image/png"),
    ] {
        let response = client.request(method, "/statuses").send().await;
        assert_eq!(response.status(), status);
        assert_eq!(response.field(name), Some(value));
        assert!(!response.text().contains("primary"));
    }
}

#[mount("/dated")]
struct Dated;

#[resource]
impl Dated {
    fn etag(&self) -> Option<EntityTag> {
        Some(EntityTag::strong(2))
    }

    fn last_modified(&self) -> Option<SystemTime> {
        Some(SystemTime::now())
    }

    fn delete(&self, _preconditions: Preconditions) -> NoContent {
        NoContent
    }
}

fn client() -> Client {
    strict(Application::new("problems").mount(Word))
}

#[tokio::test]
async fn a_problem_has_the_standard_members_and_the_text_of_the_original() {
    let response = client().get("/word/none").send().await;
    assert_eq!(response.field("content-type"), Some("application/problem+json"));
    let expected = serde_json::json!({
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "instance": "/word/none",
        "error": "Not Found",
    });
    assert_eq!(response.json::<Value>(), expected);
}

#[tokio::test]
async fn a_missing_parameter_is_missing_and_not_empty() {
    let response = client().put("/word/a").send().await.json::<Value>();
    assert_eq!(response["detail"], "Value for q is missing.");
    assert_eq!(response["errors"][0]["detail"], "Value for q is missing.");
    assert_eq!(response["error"], "Value for q must not be empty.");
}

#[tokio::test]
async fn a_412_says_which_precondition_is_false() {
    let time = "Sun, 06 Nov 1994 08:49:37 GMT";
    let state = "The current state of the resource does not satisfy";
    let quotes =
        "If-Match must be `*` or a list of entity tags in double quotes, as they are in ETag.";
    for (name, value, detail) in [
        ("if-match", "\"3\"", format!("{state} If-Match.")),
        ("if-match", "2", quotes.to_owned()),
        ("if-match", "\"2", quotes.to_owned()),
        ("if-none-match", "*", format!("{state} If-None-Match.")),
        ("if-unmodified-since", time, format!("{state} If-Unmodified-Since.")),
    ] {
        let client = strict(Application::new("problems").mount(Dated));
        let response = client.delete("/dated").header(name, value).send().await;
        assert_eq!(response.status(), 412, "{name}: {value}");
        assert_eq!(response.json::<Value>()["detail"], detail);
    }
}

#[tokio::test]
async fn a_problem_is_negotiated() {
    for (accept, media_type) in [
        ("application/xml", "application/problem+xml; charset=utf-8"),
        ("text/xml", "text/xml; charset=utf-8"),
        ("application/problem+xml", "application/problem+xml; charset=utf-8"),
        ("application/json", "application/problem+json"),
        ("application/problem+json", "application/problem+json"),
        ("image/png", "application/problem+json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8"),
    ] {
        let response = client().get("/nothing").header("accept", accept).send().await;
        assert_eq!(response.field("content-type"), Some(media_type), "{accept}");
    }
}

#[tokio::test]
async fn an_extension_selects_the_format_of_a_problem() {
    let response = client().get("/word/none.xml").send().await;
    assert_eq!(response.field("content-type"), Some("application/problem+xml; charset=utf-8"));
}

#[tokio::test]
async fn a_problem_in_xml_has_the_form_of_its_standard() {
    const NAMESPACE: &str = "urn:ietf:rfc:7807";
    let request = client().post("/word/a").header("accept", "application/problem+xml, */*;q=0.1");
    let response = request.header("content-type", "application/json").body("[1").send().await;
    let document = roxmltree::Document::parse(response.text()).expect("XML");
    assert!(document.root_element().has_tag_name((NAMESPACE, "problem")));
    let title = document.descendants().find(|node| node.has_tag_name((NAMESPACE, "title")));
    assert_eq!(title.and_then(|node| node.text()), Some("Bad Request"));
    let errors = document.descendants().find(|node| node.has_tag_name((NAMESPACE, "errors")));
    let entries: Vec<_> = errors.into_iter().flat_map(|errors| errors.children()).collect();
    assert!(!entries.is_empty() && entries.iter().all(|it| it.has_tag_name((NAMESPACE, "i"))));
}

#[tokio::test]
async fn a_client_that_asks_for_text_xml_gets_a_problem_as_the_original_wrote_it() {
    let response = client().get("/nothing").header("accept", "text/xml").send().await;
    assert!(response.text().starts_with("<response><"), "{}", response.text());
}

#[tokio::test]
async fn an_html_problem_escapes_values_from_the_client() {
    let request = client().put("/word/a?q=").header("accept", "text/html, */*;q=0.1");
    assert!(request.send().await.text().contains("Value for q must not be empty."));
    let response =
        client().get("/word/%3Cb%3E").header("accept", "text/html, */*;q=0.1").send().await;
    assert!(response.text().contains("&lt;b&gt;"), "{}", response.text());
    assert!(!response.text().contains("<b>"));
}

#[tokio::test]
async fn the_texts_of_the_original_are_kept() {
    let error =
        async |target: &str| client().get(target).send().await.json::<Value>()["error"].clone();
    assert_eq!(error("/nothing").await, "The requested resource does not exist.");
    assert_eq!(error("/word/none").await, "Not Found");
    let empty = client().put("/word/a?q=").send().await.json::<Value>()["error"].clone();
    assert_eq!(empty, "Value for q must not be empty.");
    assert_eq!(error("/word/A").await, "id value A does not validate.");
}

#[tokio::test]
async fn invalid_content_is_reported_only_by_its_position() {
    let request = client().post("/word/a").header("content-type", "application/json");
    let response = request.body("12 secret").send().await;
    assert_eq!(response.status(), 400);
    assert_eq!(response.json::<Value>()["error"], "Invalid JSON content data");
    assert_eq!(
        response.json::<Value>()["errors"][0]["detail"],
        "Invalid JSON content data at line 1, column 4."
    );
}

#[tokio::test]
async fn a_server_error_exposes_only_its_id() {
    let response = client().get("/word/secret").send().await;
    assert_eq!(response.status(), 500);
    let text = response.text();
    assert!(!text.contains("hunter2") && !text.contains("passwd"), "{text}");
    assert!(
        response.json::<Value>()["instance"]
            .as_str()
            .is_some_and(|instance| instance.starts_with("urn:uuid:"))
    );
}

#[tokio::test]
async fn the_instance_is_the_target_as_a_valid_reference() {
    for (target, instance) in [
        ("/nothing/%2Fa;b", "/nothing/%2Fa;b"),
        ("/nothing/\\x/[a]|{b}", "/nothing/%5Cx/%5Ba%5D%7C%7Bb%7D"),
        ("/%zz/%4", "/%25zz/%254"),
        ("//x/y/z", "/x/y/z"),
        ("/\\x/y/z", "/x/y/z"),
    ] {
        let response = client().get(target).send().await;
        assert_eq!(response.status(), 404, "{target}");
        assert_eq!(response.json::<Value>()["instance"], instance);
    }
}

#[tokio::test]
async fn a_value_is_truncated_to_a_hundred_characters() {
    let response = client().get(&format!("/word/{}", "A".repeat(5000))).send().await;
    assert_eq!(
        response.json::<Value>()["error"],
        format!("id value {}… does not validate.", "A".repeat(100))
    );
}

#[tokio::test]
async fn the_title_is_the_standard_reason_phrase() {
    let client = strict(Application::new("words").mount(Word).limits(content_limit(1)));
    let request = client.post("/word/a").header("content-type", "application/json").body("12");
    assert_eq!(request.send().await.json::<Value>()["title"], "Content Too Large");
}

#[mount("/unfinished/{text}")]
struct Unfinished;

#[resource]
impl Unfinished {
    fn get(&self, text: String) -> Result<String, Problem> {
        Err(Problem::conflict(text))
    }

    fn delete(&self) -> Result<String, Problem> {
        Err(Problem::not_implemented())
    }
}

#[tokio::test]
async fn a_501_returned_by_a_method_has_an_allow_field() {
    let client = strict(Application::new("words").mount(Unfinished));
    let response = client.delete("/unfinished/a").send().await;
    assert_eq!(response.status(), 501);
    assert_eq!(response.field("allow"), Some("DELETE, GET, HEAD, OPTIONS"));
}

#[tokio::test]
async fn a_long_problem_is_encoded_like_other_content() {
    let client = strict(Application::new("words").mount(Unfinished));
    for (length, coding) in [(2_000, Some("gzip")), (10, None)] {
        let target = format!("/unfinished/{}", "x".repeat(length));
        let response = client.get(&target).header("accept-encoding", "gzip").send().await;
        assert_eq!(response.status(), 409);
        assert_eq!(response.field("content-encoding"), coding);
        assert_eq!(response.field("vary"), Some("Accept, Accept-Encoding"));
    }
}

#[derive(Debug, thiserror::Error, wsgiservice::Problem)]
enum Busy {
    #[error("the database is locked")]
    #[problem(503, retry_after = 5)]
    Locked,
}

#[mount("/locked")]
struct Locked;

#[resource]
impl Locked {
    fn get(&self) -> Result<u32, Busy> {
        Err(Busy::Locked)
    }
}

#[tokio::test]
async fn an_error_says_when_to_try_again() {
    let response = strict(Application::new("locked").mount(Locked)).get("/locked").send().await;
    assert_eq!((response.status().as_u16(), response.field("retry-after")), (503, Some("5")));
}
