//! Responses: freshness, `Location`, and responses without content.

use std::time::SystemTime;

use http::Response;
use wsgiservice::{
    Application, Created, NoContent, Problem,
    answer::{ResetContent, SeeOther},
    content::Body,
    mount, resource,
    testing::Client,
};

use super::strict;

#[mount("/fresh/{what}")]
struct Fresh;

#[resource]
impl Fresh {
    #[expires(days = 365)]
    fn get(&self, what: String) -> Result<Option<u32>, Problem> {
        match what.as_str() {
            "missing" => Ok(None),
            "broken" => Err(Problem::internal("broken")),
            _ => Ok(Some(1)),
        }
    }

    #[expires(
        weeks = 1,
        days = 1,
        vary = ["Authorization", "Cookie"],
        private,
        immutable,
        stale_while_revalidate = 60
    )]
    fn query(&self) -> u32 {
        1
    }
}

#[mount("/places")]
struct Places;

#[resource]
impl Places {
    fn get(&self) -> SeeOther {
        SeeOther::to("https://example.org/a b")
    }

    fn post(&self) -> Created<u32> {
        Created::at("7", 7)
    }

    fn put(&self) -> Created<u32> {
        Created::at("/elsewhere/7", 7)
    }
}

#[mount("/nothing")]
struct Nothing;

#[resource]
impl Nothing {
    fn get(&self) {}

    fn post(&self) -> ResetContent {
        ResetContent
    }

    fn delete(&self) -> NoContent {
        NoContent
    }

    fn put(&self) -> Response<String> {
        Response::builder()
            .header("server", "me")
            .header("vary", "Origin")
            .body("own".to_owned())
            .expect("valid")
    }
}

fn client() -> Client {
    strict(Application::new("response").mount(Fresh).mount(Places).mount(Nothing))
}

#[tokio::test]
async fn expires_matches_max_age() {
    let response = client().get("/fresh/a").send().await;
    assert_eq!(response.field("cache-control"), Some("max-age=31536000"));
    let expires = response.field("expires").expect("a date");
    let expires = httpdate::parse_http_date(expires).expect("a date");
    let left = expires.duration_since(SystemTime::now()).expect("in the future");
    assert!((31_535_990..=31_536_000).contains(&left.as_secs()));
}

#[tokio::test]
async fn cache_directives_and_vary_are_sent_as_declared() {
    let response = client().request("QUERY", "/fresh/a").send().await;
    let expected = "private, max-age=691200, immutable, stale-while-revalidate=60";
    assert_eq!(response.field("cache-control"), Some(expected));
    let vary: Vec<_> = response.fields().get_all("vary").iter().collect();
    assert_eq!(vary, ["Accept, Accept-Encoding, Authorization, Cookie"]);
}

#[tokio::test]
async fn errors_have_no_freshness() {
    for (target, status) in [("/fresh/missing", 404), ("/fresh/broken", 500)] {
        let response = client().get(target).send().await;
        assert_eq!(response.status(), status);
        assert_eq!(response.field("cache-control"), None);
        assert_eq!(response.field("expires"), None);
    }
}

#[tokio::test]
async fn a_relative_location_is_resolved_against_the_path() {
    assert_eq!(client().post("/places").send().await.field("location"), Some("/places/7"));
}

#[tokio::test]
async fn a_relative_location_is_resolved_without_the_extension() {
    assert_eq!(client().post("/places.xml").send().await.field("location"), Some("/places/7"));
}

#[tokio::test]
async fn an_absolute_location_is_kept() {
    assert_eq!(client().put("/places").send().await.field("location"), Some("/elsewhere/7"));
    let response = client().get("/places").send().await;
    assert_eq!(response.field("location"), Some("https://example.org/a%20b"));
}

#[tokio::test]
async fn a_response_without_content_has_no_content_type() {
    for (method, status) in [("GET", 204), ("POST", 205), ("DELETE", 204)] {
        let response = client().request(method, "/nothing").send().await;
        assert_eq!(response.status(), status);
        assert_eq!(response.content(), b"");
        assert_eq!(response.field("content-type"), None);
    }
}

#[tokio::test]
async fn every_response_has_nosniff_and_no_server_field() {
    for method in ["GET", "PUT", "PATCH", "OPTIONS"] {
        let response = client().request(method, "/nothing").send().await;
        assert_eq!(response.field("x-content-type-options"), Some("nosniff"));
        assert_eq!(response.field("server"), None);
    }
}

#[tokio::test]
async fn a_custom_response_is_sent_unchanged() {
    let response = client().put("/nothing").header("accept", "image/png").send().await;
    assert_eq!(response.text(), "own");
    assert_eq!(response.field("vary"), Some("Origin"));
}

/// A response with this status and content, however wrong that is.
#[mount("/own/{status}")]
struct Own;

#[resource]
impl Own {
    fn get(&self, status: u16) -> Response<Body> {
        let response = Response::builder().status(status);
        response.body(Body::from("content")).expect("a response")
    }
}

#[tokio::test]
async fn a_response_of_the_method_has_what_its_status_requires() {
    let client = Client::new(Application::new("own").mount(Own));
    for status in [204, 205, 304] {
        let response = client.get(&Own::path(status)).send().await;
        assert_eq!((response.status().as_u16(), response.text()), (status, ""));
    }
    for status in [405, 501] {
        let response = client.get(&Own::path(status)).send().await;
        assert_eq!(response.field("allow"), Some("GET, HEAD, OPTIONS"), "{status}");
    }
}
