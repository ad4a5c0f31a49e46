//! The entity tag in a response to a method that changed the resource.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use http::{HeaderValue, header};
use wsgiservice::{
    Application, Created, EntityTag, NoContent, Preconditions, Problem,
    answer::{Accepted, Put, WithFields},
    mount, resource,
    testing::{Client, TestResponse},
};

use super::strict;

/// A resource whose tag is its number of changes.
#[mount("/counter/{how}")]
struct Counter {
    changes: Arc<AtomicU32>,
}

#[resource]
impl Counter {
    fn etag(&self, how: String) -> Result<Option<EntityTag>, Problem> {
        let changes = self.changes.load(Ordering::Relaxed);
        match (how.as_str(), changes) {
            ("broken", 1..) => Err(Problem::internal("the store is unavailable")),
            ("gone", _) => Ok(None),
            _ => Ok(Some(EntityTag::strong(changes))),
        }
    }

    fn get(&self) -> String {
        "x".repeat(2_000)
    }

    fn put(&self, _preconditions: Preconditions) -> Put<u32> {
        Put::Created(self.changes.fetch_add(1, Ordering::Relaxed))
    }

    fn patch(&self, _preconditions: Preconditions) -> NoContent {
        self.changes.fetch_add(1, Ordering::Relaxed);
        NoContent
    }

    fn post(&self, how: String) -> Result<http::Response<String>, Problem> {
        self.changes.fetch_add(1, Ordering::Relaxed);
        if how == "refused" {
            return Err(Problem::conflict("no"));
        }
        let mut response = http::Response::new("posted".to_owned());
        if how == "elsewhere" {
            *response.status_mut() = http::StatusCode::CREATED;
            response.headers_mut().insert(header::LOCATION, HeaderValue::from_static("/other"));
        }
        Ok(response)
    }

    fn delete(&self, _preconditions: Preconditions) -> NoContent {
        NoContent
    }
}

/// Text whose tag is computed.
#[mount("/text", etag = auto)]
struct Text(Arc<Mutex<String>>);

#[resource]
impl Text {
    fn get(&self) -> String {
        self.0.lock().expect("the text").clone()
    }

    fn put(&self, text: String) -> usize {
        *self.0.lock().expect("the text") = text;
        7
    }
}

/// Responses about something else, or with their own tag.
#[mount("/other")]
struct Other;

#[resource]
impl Other {
    fn etag(&self) -> Option<EntityTag> {
        Some(EntityTag::strong("a"))
    }

    fn get(&self) -> bool {
        true
    }

    fn post(&self) -> Created<bool> {
        Created::at("1", true)
    }

    fn patch(&self, _preconditions: Preconditions) -> Accepted<bool> {
        Accepted(true)
    }

    fn put(&self, _preconditions: Preconditions) -> WithFields<bool> {
        WithFields::new(true).field(header::ETAG, HeaderValue::from_static("\"own\""))
    }
}

/// Creates resources whose tags it states.
#[mount("/creator/{what}")]
struct Creator;

#[resource]
impl Creator {
    fn post(&self, what: String) -> Created<bool> {
        let location = match what.as_str() {
            "here" => Counter::path("a"),
            "xml" => format!("{}.xml?a=b#c", Text::path()),
            "nowhere" => "/nowhere".to_owned(),
            _ => "https://example.org/counter/a".to_owned(),
        };
        Created::at(location, true).etag(EntityTag::strong("0"))
    }
}

fn client() -> Client {
    let application = Application::new("tags").mount(Counter { changes: Arc::default() });
    strict(application.mount(Text(Arc::default())).mount(Other).mount(Creator))
}

async fn ask(client: &Client, method: &str, target: &str, fields: &[(&str, &str)]) -> TestResponse {
    let request = client.request(method, target);
    fields.iter().fold(request, |request, (name, value)| request.header(name, value)).send().await
}

#[tokio::test]
async fn a_change_responds_with_the_tag_of_the_new_state() {
    let client = client();
    for (method, status, tag) in
        [("PUT", 201, "\"1_json\""), ("PATCH", 204, "\"2_json\""), ("POST", 200, "\"3_json\"")]
    {
        let response = ask(&client, method, "/counter/a", &[]).await;
        assert_eq!((response.status().as_u16(), response.field("etag")), (status, Some(tag)));
        let fields = [("if-none-match", tag)];
        assert_eq!(ask(&client, "GET", "/counter/a", &fields).await.status(), 304);
    }
}

#[tokio::test]
async fn the_tag_lets_a_client_change_it_again() {
    let client = client();
    let first = ask(&client, "PUT", "/counter/a", &[("if-match", "\"0_json\"")]).await;
    let tag = first.field("etag").expect("a tag");
    assert_eq!(ask(&client, "PUT", "/counter/a", &[("if-match", tag)]).await.status(), 201);
    assert_eq!(ask(&client, "PUT", "/counter/a", &[("if-match", tag)]).await.status(), 412);
}

#[tokio::test]
async fn the_tag_is_that_of_the_variant_that_a_get_would_get() {
    let client = client();
    for fields in
        [&[("accept", "text/xml")][..], &[("accept-encoding", "gzip")], &[("accept", "text/plain")]]
    {
        let put = ask(&client, "PATCH", "/counter/a", fields).await;
        let tag = put.field("etag").expect("a tag").to_owned();
        let get = ask(&client, "GET", "/counter/a", fields).await;
        if get.status() == 200 {
            assert_eq!(get.field("etag"), Some(tag.as_str()));
        } else {
            assert!(tag.ends_with("_json\""), "the default representation: {tag}");
        }
    }
    let put = ask(&client, "PUT", "/text.xml?text=one", &[]).await;
    let tag = put.field("etag").expect("a tag");
    assert_eq!(ask(&client, "GET", "/text.xml", &[]).await.field("etag"), Some(tag));
}

#[tokio::test]
async fn an_automatic_tag_is_that_of_what_get_returns_afterwards() {
    let client = client();
    let put = ask(&client, "PUT", "/text?text=one", &[]).await;
    let tag = put.field("etag").expect("a tag");
    assert_eq!(ask(&client, "GET", "/text", &[]).await.field("etag"), Some(tag));
    assert_eq!(ask(&client, "PUT", "/text?text=two", &[("if-match", tag)]).await.status(), 200);
    assert_eq!(ask(&client, "PUT", "/text?text=six", &[("if-match", tag)]).await.status(), 412);
}

#[tokio::test]
async fn a_response_that_is_not_about_the_new_state_has_no_tag() {
    let client = client();
    for (method, target, status) in [
        ("POST", "/other", 201),
        ("POST", "/counter/elsewhere", 201),
        ("PATCH", "/other", 202),
        ("DELETE", "/counter/a", 204),
        ("POST", "/counter/refused", 409),
        ("PUT", "/counter/gone", 201),
    ] {
        let response = ask(&client, method, target, &[]).await;
        assert_eq!((response.status().as_u16(), response.field("etag")), (status, None));
    }
}

#[tokio::test]
async fn the_tag_of_the_method_itself_is_kept() {
    assert_eq!(ask(&client(), "PUT", "/other", &[]).await.field("etag"), Some("\"own\""));
}

#[tokio::test]
async fn a_change_that_succeeded_stays_a_success_if_the_tag_cannot_be_had() {
    let response = ask(&client(), "PUT", "/counter/broken", &[]).await;
    assert_eq!((response.status().as_u16(), response.field("etag")), (201, None));
}

#[tokio::test]
async fn a_created_states_the_tag_that_a_get_of_its_location_has() {
    let client = client();
    for accept in ["*/*", "text/xml"] {
        let fields = [("accept", accept)];
        let created = ask(&client, "POST", "/creator/here", &fields).await;
        let location = created.field("location").expect("a location");
        let get = ask(&client, "GET", location, &fields).await;
        assert_eq!((created.status().as_u16(), created.field("etag")), (201, get.field("etag")));
    }
    for (what, tag) in [("xml", "\"0_xml\""), ("nowhere", "\"0\""), ("elsewhere", "\"0\"")] {
        let created = ask(&client, "POST", &format!("/creator/{what}"), &[]).await;
        assert_eq!(created.field("etag"), Some(tag), "{what}");
    }
}
