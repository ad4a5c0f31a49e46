//! The hook `admit`, and `IdempotencyKey`.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::Value;
use wsgiservice::{
    Application, EntityTag, IdempotencyKey, Preconditions, Problem,
    bytes::Bytes,
    http::Response,
    mount, resource,
    testing::{Client, TestResponse},
};

use super::strict;

/// A counter that keeps what it responded to each key.
#[mount("/counter/{user}")]
struct Counter {
    count: Arc<AtomicU32>,
    known: Mutex<HashMap<String, (IdempotencyKey, u32)>>,
}

#[resource]
impl Counter {
    async fn admit(
        &self,
        user: String,
        key: Option<IdempotencyKey>,
    ) -> Result<Option<Response<String>>, Problem> {
        match user.as_str() {
            "moved" => {
                let mut response = Response::new(String::new());
                *response.status_mut() = StatusCode::MISDIRECTED_REQUEST;
                return Ok(Some(response));
            }
            "frozen" => return Err(Problem::new(StatusCode::LOCKED)),
            "busy" => return Err(IdempotencyKey::in_progress()),
            _ => {}
        }
        let known = self.known.lock().expect("the keys");
        let Some(key) = key else { return Ok(None) };
        let Some((first, count)) = known.get(key.key()) else { return Ok(None) };
        if first.fingerprint() != key.fingerprint() {
            return Err(IdempotencyKey::reused());
        }
        let mut replay = Response::new(count.to_string());
        let name = HeaderName::from_static("idempotency-replayed");
        replay.headers_mut().insert(name, HeaderValue::from_static("true"));
        Ok(Some(replay))
    }

    fn etag(&self) -> Option<EntityTag> {
        Some(EntityTag::strong(self.count.load(Ordering::Relaxed)))
    }

    fn get(&self) -> u32 {
        self.count.load(Ordering::Relaxed)
    }

    fn put(
        &self,
        key: IdempotencyKey,
        step: Option<u32>,
        content: Bytes,
        _preconditions: Preconditions,
    ) -> u32 {
        let _ = content;
        let count = self.count.fetch_add(step.unwrap_or(1), Ordering::Relaxed) + step.unwrap_or(1);
        self.known.lock().expect("the keys").insert(key.key().to_owned(), (key, count));
        count
    }

    fn post(&self, step: u32) -> u32 {
        step
    }
}

/// Only an owner may write.
#[mount("/owned")]
struct Owned;

#[resource]
impl Owned {
    fn authorize(&self) -> Result<(), Problem> {
        Err(Problem::forbidden())
    }

    fn admit(&self) -> Result<(), Problem> {
        Err(Problem::gone())
    }

    fn get(&self) -> u32 {
        7
    }
}

fn client() -> Client {
    let counter = Counter { count: Arc::default(), known: Mutex::default() };
    strict(Application::new("keys").mount(counter).mount(Owned))
}

async fn ask(client: &Client, method: &str, target: &str, fields: &[(&str, &str)]) -> TestResponse {
    let request = client.request(method, target);
    fields.iter().fold(request, |request, (name, value)| request.header(name, value)).send().await
}

async fn put(client: &Client, target: &str, key: &str, tag: &str) -> TestResponse {
    ask(client, "PUT", target, &[("idempotency-key", key), ("if-match", tag)]).await
}

#[tokio::test]
async fn a_request_that_is_sent_again_gets_the_first_response_despite_its_precondition() {
    let client = client();
    assert_eq!(put(&client, "/counter/a", "\"k\"", "\"0_json\"").await.text(), "1");
    for key in ["\"k\"", "k"] {
        let again = put(&client, "/counter/a", key, "\"0_json\"").await;
        assert_eq!((again.status().as_u16(), again.text()), (200, "1"));
        assert_eq!(again.field("idempotency-replayed"), Some("true"));
    }
    assert_eq!(put(&client, "/counter/a", "other", "\"0_json\"").await.status(), 412);
    let fields = [("idempotency-key", "k"), ("if-match", "\"0_json\""), ("expect", "100-continue")];
    assert_eq!(ask(&client, "PUT", "/counter/a", &fields).await.text(), "1");
    assert_eq!(ask(&client, "GET", "/counter/a", &[]).await.text(), "1");
}

#[tokio::test]
async fn a_key_is_for_one_request() {
    let client = client();
    assert_eq!(put(&client, "/counter/a", "k", "*").await.status(), 200);
    assert_eq!(put(&client, "/counter/a?step=2", "k", "*").await.status(), 422);
    assert_eq!(put(&client, "/counter/b", "k", "*").await.status(), 422);
    let content = client.put("/counter/a").header("idempotency-key", "k").body("x");
    assert_eq!(content.send().await.status(), 422);
    assert_eq!(
        ask(&client, "POST", "/counter/a?step=1", &[("idempotency-key", "k")]).await.status(),
        422
    );
    assert_eq!(put(&client, "/counter/a", "k", "\"any\"").await.text(), "1");
}

#[tokio::test]
async fn a_key_is_required_and_well_formed() {
    let client = client();
    let missing = ask(&client, "PUT", "/counter/a", &[]).await;
    let error = &missing.json::<Value>()["errors"][0];
    assert_eq!((missing.status().as_u16(), &error["name"]), (400, &"Idempotency-Key".into()));
    let long = "a".repeat(256);
    for key in ["", "\"\"", "\"a", "a\"", "\"a\"b", "\"a\";b", "a b", "\"a b\"", "a,b", &long] {
        let response = put(&client, "/counter/a", key, "*").await;
        assert_eq!(response.status(), 400, "{key}");
        assert!(!response.text().contains(&long), "the value is not sent");
    }
    for key in ["\"a\\\"b\"", "123", "8e03978e-40d5-43dd-bc93-6894a57f9324", &long[1..]] {
        assert_eq!(put(&client, "/counter/a", key, "*").await.status(), 200, "{key}");
    }
    let twice = [("idempotency-key", "a"), ("idempotency-key", "b")];
    assert_eq!(ask(&client, "PUT", "/counter/a", &twice).await.status(), 400);
}

#[tokio::test]
async fn the_hook_answers_or_refuses_after_the_parameters_and_before_the_preconditions() {
    let client = client();
    for (target, status) in [
        ("/counter/moved?step=1", 421),
        ("/counter/frozen?step=1", 423),
        ("/counter/busy?step=1", 409),
        ("/counter/moved", 400),
        ("/counter/a?step=1", 412),
    ] {
        let response = ask(&client, "POST", target, &[("if-match", "\"old\"")]).await;
        assert_eq!(response.status(), status, "{target}");
    }
    let busy = ask(&client, "GET", "/counter/busy", &[]).await;
    assert_eq!(busy.field("retry-after"), Some("1"));
    assert_eq!(ask(&client, "HEAD", "/counter/moved", &[]).await.status(), 421);
}

#[tokio::test]
async fn the_hook_is_not_asked_before_authorization() {
    assert_eq!(client().get("/owned").send().await.status(), 403);
}

#[tokio::test]
async fn the_field_is_documented() {
    let document = client().get("/_internal/openapi.json").send().await.json::<Value>();
    let parameter = |method: &str| {
        let parameters = &document["paths"]["/counter/{user}"][method]["parameters"];
        let all = parameters.as_array().expect("parameters");
        all.iter().find(|it| it["name"] == "Idempotency-Key").cloned().unwrap_or_default()
    };
    for (method, is_required) in [("put", true), ("post", false), ("get", false)] {
        let parameter = parameter(method);
        assert_eq!(
            (&parameter["in"], &parameter["required"]),
            (&"header".into(), &is_required.into())
        );
        assert!(parameter["description"].is_string());
    }
}
