//! A method that accepts no request without preconditions (RFC 6585, section 3).

use serde_json::Value;
use wsgiservice::{
    Application, EntityTag, NoContent, Preconditions, Problem, mount, resource, testing::Client,
};

use super::strict;

#[derive(Debug, thiserror::Error, Problem)]
enum Failure {
    /// The request has no preconditions.
    #[error("State the entity tag of what you have read in If-Match.")]
    #[problem(428)]
    Unconditional,
    #[error(transparent)]
    #[problem(transparent)]
    Other(#[from] Problem),
}

#[mount("/document")]
struct Document;

#[resource]
impl Document {
    fn etag(&self) -> Option<EntityTag> {
        Some(EntityTag::strong(7))
    }

    fn get(&self, preconditions: Preconditions) -> bool {
        preconditions.is_stated()
    }

    fn put(&self, preconditions: Preconditions) -> Result<NoContent, Failure> {
        if !preconditions.is_stated() {
            return Err(Failure::Unconditional);
        }
        preconditions.check(Some(&EntityTag::strong(7)), None)?;
        Ok(NoContent)
    }
}

fn client() -> Client {
    strict(Application::new("a").mount(Document))
}

#[tokio::test]
async fn a_request_without_preconditions_gets_a_428() {
    let response = client().put("/document").send().await;
    assert_eq!(response.status(), 428);
    let detail = response.json::<Value>()["detail"].clone();
    assert_eq!(detail, "State the entity tag of what you have read in If-Match.");
    for (field, value, status) in [
        ("if-match", "\"7\"", 204),
        ("if-match", "\"7_json\"", 204),
        ("if-match", "*", 204),
        ("if-match", "\"8\"", 412),
        ("if-match", "malformed", 412),
        ("if-none-match", "\"8\"", 204),
        ("if-none-match", "*", 412),
        ("if-unmodified-since", "Thu, 01 Jan 2026 00:00:00 GMT", 204),
        // These are no preconditions of a PUT (RFC 9110, sections 13.1.3 and 13.1.4).
        ("if-modified-since", "Thu, 01 Jan 2026 00:00:00 GMT", 428),
        ("if-unmodified-since", "yesterday", 428),
    ] {
        let response = client().put("/document").header(field, value).send().await;
        assert_eq!(response.status(), status, "{field}: {value}");
    }
}

#[tokio::test]
async fn a_get_knows_its_preconditions() {
    assert_eq!(client().get("/document").send().await.text(), "false");
    let response = client().get("/document").header("if-none-match", "\"8_json\"").send().await;
    assert_eq!(response.text(), "true");
}

#[tokio::test]
async fn the_428_is_documented() {
    let document = client().get("/_internal/openapi").send().await.json::<Value>();
    let response = &document["paths"]["/document"]["put"]["responses"]["428"];
    assert_eq!(response["description"], "The request has no preconditions.");
}
