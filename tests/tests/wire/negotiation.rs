//! Content negotiation.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use serde::Serialize;
use wsgiservice::{
    Application, EntityTag, NoContent, Preconditions, mount, resource, testing::Client,
};

use super::strict;

#[derive(Serialize)]
struct Value {
    number: u32,
}

#[mount("/counted")]
#[derive(Default)]
struct Counted {
    calls: Arc<AtomicU32>,
}

#[resource]
impl Counted {
    fn etag(&self) -> Option<EntityTag> {
        Some(EntityTag::strong("a"))
    }

    fn get(&self) -> Value {
        Value { number: self.calls.fetch_add(1, Ordering::Relaxed) }
    }

    fn delete(&self, _preconditions: Preconditions) -> NoContent {
        NoContent
    }
}

#[mount("/xml-first", representations = [xml, json])]
struct XmlFirst;

#[resource]
impl XmlFirst {
    fn get(&self) -> Value {
        Value { number: 1 }
    }
}

#[mount("/report")]
struct Report;

#[resource]
impl Report {
    fn get(&self) -> Option<Value> {
        Some(Value { number: 1 })
    }

    fn post(&self) -> u32 {
        2
    }

    #[representation(".html", "text/html")]
    fn html(&self, value: &Value) -> String {
        format!("<p>{}</p>", value.number)
    }
}

fn client() -> Client {
    let application = Application::new("negotiation");
    strict(application.mount(Counted::default()).mount(XmlFirst).mount(Report))
}

async fn media_type(target: &str, accept: &str) -> String {
    let response = client().get(target).header("accept", accept).send().await;
    response.field("content-type").unwrap_or_default().to_owned()
}

#[tokio::test]
async fn an_extension_overrides_accept() {
    assert_eq!(media_type("/counted.xml", "application/json").await, "text/xml; charset=utf-8");
    let response = client().get("/counted.xml").send().await;
    assert_eq!(response.field("vary"), Some("Accept-Encoding"));
}

#[tokio::test]
async fn json_is_the_default_unless_the_resource_changes_it() {
    assert_eq!(media_type("/counted", "*/*").await, "application/json");
    assert_eq!(media_type("/xml-first", "*/*").await, "text/xml; charset=utf-8");
}

#[tokio::test]
async fn the_highest_quality_wins() {
    let accept = "application/json;q=0.5, application/xml;q=0.7, text/*;q=0.1";
    assert_eq!(media_type("/counted", accept).await, "application/xml; charset=utf-8");
}

#[tokio::test]
async fn the_requested_xml_media_type_is_sent() {
    assert_eq!(media_type("/counted", "text/xml").await, "text/xml; charset=utf-8");
    assert_eq!(media_type("/counted", "application/xml").await, "application/xml; charset=utf-8");
}

#[tokio::test]
async fn vary_is_sent_with_every_negotiated_response() {
    let client = client();
    let not_modified = client.get("/counted").header("if-none-match", "\"a_json\"").send().await;
    let refused = client.get("/counted").header("accept", "image/png").send().await;
    let missing = client.get("/nothing").send().await;
    for (response, status) in [(not_modified, 304), (refused, 406), (missing, 404)] {
        assert_eq!(response.status(), status);
        assert_eq!(response.field("vary"), Some("Accept, Accept-Encoding"));
    }
}

#[tokio::test]
async fn a_response_without_content_has_no_vary() {
    let response = client().delete("/counted").header("accept", "image/png").send().await;
    assert_eq!(response.status(), 204);
    assert_eq!(response.field("vary"), None);
}

#[tokio::test]
async fn a_406_lists_the_available_media_types() {
    let response = client().get("/counted").header("accept", "image/png").send().await;
    assert_eq!(response.status(), 406);
    assert_eq!(response.field("content-type"), Some("application/problem+json"));
    let available = &response.json::<serde_json::Value>()["available"];
    assert_eq!(*available, serde_json::json!(["application/json", "text/xml", "application/xml"]));
}

#[tokio::test]
async fn a_406_is_sent_without_calling_the_method() {
    let resource = Counted::default();
    let calls = Arc::clone(&resource.calls);
    let client = strict(Application::new("counted").mount(resource));
    client.get("/counted").header("accept", "image/png").send().await;
    assert_eq!(calls.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_resource_can_define_representations() {
    let response = client().get("/report").header("accept", "text/html").send().await;
    assert_eq!(response.text(), "<p>1</p>");
    assert_eq!(response.field("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(client().get("/report.html").send().await.text(), "<p>1</p>");
}

#[tokio::test]
async fn a_custom_representation_is_offered_only_for_its_type() {
    let response = client().post("/report").header("accept", "text/html").send().await;
    assert_eq!(response.status(), 406);
}

#[tokio::test]
async fn a_value_of_accept_that_was_seen_is_negotiated_for_each_resource() {
    let client = strict(Application::new("seen").mount(XmlFirst).mount(Report));
    for _ in 0..2 {
        for (target, media_type) in [("/xml-first", "text/xml"), ("/report", "application/json")] {
            let response = client.get(target).header("accept", "*/*;q=0.5").send().await;
            let content_type = response.field("content-type").expect("a media type");
            assert!(content_type.starts_with(media_type), "{target}: {content_type}");
            let response = client.get(target).header("accept", "image/png").send().await;
            assert_eq!(response.status(), 406, "{target}");
        }
    }
}
