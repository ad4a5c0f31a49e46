//! Preconditions about whether a resource exists, and those that are ignored because the response is not a success.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use http::StatusCode;
use wsgiservice::{
    Application, EntityTag, NoContent, Preconditions, Problem,
    answer::{PermanentRedirect, Put, SeeOther},
    mount, resource,
    testing::{Client, TestResponse},
};

use super::strict;

/// A text without hooks: only `get` tells whether it exists.
#[mount("/plain/{id}")]
struct Plain {
    text: Arc<Mutex<Option<String>>>,
}

#[resource]
impl Plain {
    fn get(&self, id: u32) -> Result<Option<String>, Problem> {
        match id {
            1 => Ok(self.text.lock().expect("the text").clone()),
            410 => Err(Problem::gone()),
            _ => Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE)),
        }
    }

    fn put(&self, id: u32) -> Put<u32> {
        match self.text.lock().expect("the text").replace("new".to_owned()) {
            Some(_) => Put::Replaced(id),
            None => Put::Created(id),
        }
    }

    fn patch(&self) -> Option<()> {
        self.text.lock().expect("the text").as_ref().map(drop)
    }

    fn post(&self) -> &'static str {
        "posted"
    }

    fn delete(&self, id: u32) -> Result<Option<()>, Problem> {
        match id {
            1 => Ok(self.text.lock().expect("the text").take().map(drop)),
            _ => Err(Problem::gone()),
        }
    }
}

/// A resource with a tag only while it is published, and a hook that counts.
#[mount("/draft/{id}")]
struct Draft {
    retrieved: Arc<AtomicUsize>,
}

#[resource]
impl Draft {
    fn etag(&self, id: u32) -> Option<EntityTag> {
        (id == 1).then(|| EntityTag::strong("a"))
    }

    fn get(&self, id: u32, unit: String) -> Option<String> {
        self.retrieved.fetch_add(1, Ordering::Relaxed);
        (id <= 2).then_some(unit)
    }

    fn put(&self, _preconditions: Preconditions) -> NoContent {
        NoContent
    }

    /// The same for what does not exist.
    fn delete(&self, _preconditions: Preconditions) -> NoContent {
        NoContent
    }
}

/// A resource without `get`.
#[mount("/inbox")]
struct Inbox;

#[resource]
impl Inbox {
    fn post(&self) -> &'static str {
        "posted"
    }

    fn delete(&self) -> Option<()> {
        None
    }
}

/// A resource that has moved.
#[mount("/moved")]
struct Moved;

#[resource]
impl Moved {
    fn etag(&self) -> Option<EntityTag> {
        Some(EntityTag::strong("a"))
    }

    fn get(&self) -> SeeOther {
        SeeOther::to("/plain/1")
    }

    fn put(&self, _preconditions: Preconditions) -> PermanentRedirect {
        PermanentRedirect::to("/plain/1")
    }
}

#[mount("/broken/{status}", etag = auto)]
struct Broken;

#[resource]
impl Broken {
    fn get(&self, status: u16) -> Result<String, Problem> {
        Err(Problem::new(StatusCode::from_u16(status).expect("a status")))
    }
}

/// A text with a computed tag.
#[mount("/counted", etag = auto)]
struct Counted {
    retrieved: Arc<AtomicUsize>,
}

#[resource]
impl Counted {
    fn get(&self) -> &'static str {
        self.retrieved.fetch_add(1, Ordering::Relaxed);
        "text"
    }

    fn put(&self) -> NoContent {
        NoContent
    }
}

struct World {
    client: Client,
    text: Arc<Mutex<Option<String>>>,
    retrieved: Arc<AtomicUsize>,
}

impl World {
    /// With this text at `/plain/1`.
    fn with(text: Option<&str>) -> Self {
        let text = Arc::new(Mutex::new(text.map(str::to_owned)));
        let retrieved = Arc::new(AtomicUsize::new(0));
        let application = Application::new("existence")
            .mount(Plain { text: Arc::clone(&text) })
            .mount(Draft { retrieved: Arc::clone(&retrieved) })
            .mount(Counted { retrieved: Arc::clone(&retrieved) })
            .mount(Inbox)
            .mount(Moved)
            .mount(Broken);
        Self { client: strict(application), text, retrieved }
    }

    fn text(&self) -> Option<String> {
        self.text.lock().expect("the text").clone()
    }

    /// How often `get` was called since the last time.
    fn retrieved(&self) -> usize {
        self.retrieved.swap(0, Ordering::Relaxed)
    }

    async fn ask(&self, method: &str, target: &str, field: (&str, &str)) -> TestResponse {
        self.client.request(method, target).header(field.0, field.1).send().await
    }

    async fn status(&self, method: &str, target: &str, field: (&str, &str)) -> u16 {
        self.ask(method, target, field).await.status().as_u16()
    }
}

const NONE: (&str, &str) = ("if-none-match", "*");
/// How often `get` is called for the new tag after a change.
const NEW_TAG: usize = 1;
const ANY: (&str, &str) = ("if-match", "*");

#[tokio::test]
async fn if_none_match_any_never_overwrites_what_get_finds() {
    let world = World::with(Some("old"));
    for method in ["PUT", "PATCH", "POST", "DELETE"] {
        assert_eq!(world.status(method, "/plain/1", NONE).await, 412, "{method}");
        assert_eq!(world.text().as_deref(), Some("old"), "{method}");
    }
}

#[tokio::test]
async fn if_none_match_any_creates_what_get_does_not_find() {
    let world = World::with(None);
    assert_eq!(world.status("PUT", "/plain/1", NONE).await, 201);
    assert_eq!(world.text().as_deref(), Some("new"));
}

#[tokio::test]
async fn if_match_any_passes_if_get_finds_something() {
    for (method, status) in [("PUT", 200), ("PATCH", 204), ("POST", 200), ("DELETE", 204)] {
        let world = World::with(Some("old"));
        assert_eq!(world.status(method, "/plain/1", ANY).await, status, "{method}");
    }
}

#[tokio::test]
async fn if_match_fails_for_what_would_create_or_change_what_get_does_not_find() {
    for field in [ANY, ("if-match", "\"a\"")] {
        for method in ["PUT", "PATCH", "POST"] {
            let world = World::with(None);
            assert_eq!(world.status(method, "/plain/1", field).await, 412, "{method}");
            assert_eq!(world.text(), None);
        }
    }
}

#[tokio::test]
async fn a_delete_of_what_does_not_exist_is_what_it_is_without_preconditions() {
    let world = World::with(None);
    for field in [ANY, ("if-match", "\"a\"")] {
        assert_eq!(world.status("DELETE", "/plain/1", field).await, 404);
        assert_eq!(world.status("DELETE", "/plain/410", field).await, 410);
        assert_eq!(world.status("DELETE", "/plain/503", field).await, 503);
    }
    // This method succeeds for what does not exist, so the precondition counts.
    assert_eq!(world.status("DELETE", "/draft/3?unit=m", ANY).await, 412);
}

#[tokio::test]
async fn a_get_with_an_asterisk_asks_whether_it_finds_something() {
    let world = World::with(Some("old"));
    for method in ["GET", "HEAD"] {
        assert_eq!(world.status(method, "/plain/1", NONE).await, 304);
        assert_eq!(world.status(method, "/plain/1", ANY).await, 200);
        assert_eq!(world.status(method, "/plain/410", NONE).await, 410);
    }
}

#[tokio::test]
async fn preconditions_are_ignored_if_get_does_not_succeed_without_them() {
    let world = World::with(None);
    for field in
        [ANY, NONE, ("if-match", "\"x\""), ("if-unmodified-since", "Thu, 01 Jan 1970 00:00:00 GMT")]
    {
        assert_eq!(world.status("GET", "/plain/1", field).await, 404);
        assert_eq!(world.status("GET", "/plain/503", field).await, 503);
        for status in [404, 410, 503] {
            assert_eq!(world.status("GET", &format!("/broken/{status}"), field).await, status);
        }
    }
    assert_eq!(world.status("GET", "/moved", ("if-match", "\"x\"")).await, 303);
    assert_eq!(world.status("PUT", "/moved", ("if-match", "\"x\"")).await, 308);
    assert_eq!(world.status("GET", "/draft/3?unit=m", ("if-match", "\"x\"")).await, 404);
}

#[tokio::test]
async fn if_match_of_a_get_that_succeeds_fails() {
    let world = World::with(Some("old"));
    assert_eq!(world.status("GET", "/plain/1", ("if-match", "\"x\"")).await, 412);
    assert_eq!(world.status("GET", "/draft/1?unit=m", ("if-match", "\"x\"")).await, 412);
}

#[tokio::test]
async fn get_is_not_asked_if_a_hook_tells() {
    let world = World::with(None);
    assert_eq!(world.status("PUT", "/draft/1", NONE).await, 412);
    assert_eq!(world.status("PUT", "/draft/1", ANY).await, 204);
    assert_eq!(world.status("GET", "/draft/1?unit=m", NONE).await, 304);
    assert_eq!(world.retrieved.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn get_is_asked_if_no_hook_tells_and_needs_its_parameters() {
    let world = World::with(None);
    assert_eq!(world.status("PUT", "/draft/2", ANY).await, 400);
    assert_eq!(world.status("PUT", "/draft/2?unit=m", ANY).await, 204);
    assert_eq!(world.status("PUT", "/draft/2?unit=m", NONE).await, 412);
    assert_eq!(world.status("PUT", "/draft/3?unit=m", NONE).await, 204);
    assert_eq!(world.retrieved.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_resource_without_get_has_no_representation() {
    let world = World::with(None);
    assert_eq!(world.status("POST", "/inbox", NONE).await, 200);
    assert_eq!(world.status("POST", "/inbox", ANY).await, 412);
    assert_eq!(world.status("DELETE", "/inbox", ANY).await, 412);
}

#[tokio::test]
async fn a_412_has_the_current_validators() {
    let world = World::with(None);
    let stale = ("if-match", "\"x\"");
    for (method, target, tag) in [
        ("GET", "/draft/1?unit=m", "\"a_json\""),
        ("PUT", "/draft/1", "\"a_json\""),
        ("DELETE", "/draft/1.xml", "\"a_xml\""),
    ] {
        let response = world.ask(method, target, stale).await;
        assert_eq!((response.status().as_u16(), response.field("etag")), (412, Some(tag)));
    }
}

#[tokio::test]
async fn get_is_called_for_the_stated_tags_until_one_is_current() {
    let world = World::with(None);
    let tag = async |extension: &str| {
        let response = world.client.get(&format!("/counted.{extension}")).send().await;
        response.field("etag").expect("a tag").to_owned()
    };
    let (json, xml) = (tag("json").await, tag("xml").await);
    world.retrieved();
    for (tags, status, retrieved) in [
        (json.clone(), 204, 1 + NEW_TAG),
        (xml.clone(), 204, 1 + NEW_TAG),
        (format!("{json}, {xml}"), 204, 1 + NEW_TAG),
        (format!("\"other_json\", {xml}"), 204, 2 + NEW_TAG),
        ("\"other_json\", \"other_xml\"".to_owned(), 412, 2),
    ] {
        assert_eq!(world.status("PUT", "/counted", ("if-match", &tags)).await, status, "{tags}");
        assert_eq!(world.retrieved(), retrieved, "{tags}");
    }
}

#[tokio::test]
async fn get_is_not_called_for_preconditions_that_do_not_ask_whether_something_exists() {
    let world = World::with(None);
    let target = "/draft/2?unit=m";
    assert_eq!(world.status("PUT", target, ("if-match", "\"a\"")).await, 412);
    assert_eq!(world.retrieved(), 0);
    assert_eq!(world.status("PUT", target, ANY).await, 204);
    assert_eq!(world.retrieved(), 1);
}

#[tokio::test]
async fn get_is_not_called_for_preconditions_that_are_ignored() {
    let world = World::with(None);
    for field in [("if-modified-since", "yesterday"), ("if-unmodified-since", "yesterday")] {
        assert_eq!(world.status("PUT", "/counted", field).await, 204, "{field:?}");
        assert_eq!(world.retrieved(), NEW_TAG, "{field:?}");
    }
}
