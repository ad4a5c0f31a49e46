//! Binary content of a declared media type.

use http::HeaderValue;
use serde_json::Value;
use wsgiservice::{
    Application, Policy, Problem,
    answer::{
        Binary, WithFields,
        media_type::{Csv, MediaType, Png, Svg},
    },
    mount, resource,
    testing::Client,
};

use super::strict;

#[derive(MediaType)]
#[media_type("application/toml")]
struct Toml;

#[mount("/logo")]
struct Logo;

#[resource]
impl Logo {
    /// The logo.
    fn get(&self) -> Binary<Png> {
        Binary::of("0123456789")
    }

    /// A representation, beside what is not represented.
    fn put(&self) -> u32 {
        7
    }
}

#[mount("/drawing/{name}")]
struct Drawing;

#[resource]
impl Drawing {
    fn get(&self, name: String) -> Result<Option<WithFields<Binary<Svg>>>, Problem> {
        Ok((name != "missing").then(|| WithFields::new(Binary::of("<svg/>"))))
    }

    fn post(&self, name: String) -> Binary<Csv> {
        Binary::of(name)
    }
}

#[mount("/manifest")]
struct Manifest;

#[resource]
impl Manifest {
    async fn get(&self) -> Result<Binary<Toml>, Problem> {
        Binary::of_file("Cargo.toml").await
    }

    fn post(&self) -> Binary<Toml> {
        Binary::of_stream("streamed")
    }

    fn put(&self) -> Binary {
        Binary::new("any", HeaderValue::from_static("text/plain"))
    }
}

fn application() -> Application {
    Application::new("media types").mount(Logo).mount(Drawing).mount(Manifest)
}

fn client() -> Client {
    strict(application())
}

#[tokio::test]
async fn the_content_has_the_declared_media_type() {
    for (method, target, expected) in [
        ("GET", "/logo", "image/png"),
        ("GET", "/drawing/a", "image/svg+xml; charset=utf-8"),
        ("POST", "/drawing/a", "text/csv; charset=utf-8"),
        ("GET", "/manifest", "application/toml"),
        ("POST", "/manifest", "application/toml"),
    ] {
        let response = client().request(method, target).send().await;
        assert_eq!(response.status(), 200, "{method} {target}");
        assert_eq!(response.field("content-type"), Some(expected));
        assert_eq!(response.field("vary"), Some("Accept"));
    }
}

#[tokio::test]
async fn a_client_that_does_not_accept_it_gets_a_406_that_says_what_there_is() {
    for accept in ["image/gif", "text/*", "image/png;q=0, application/json"] {
        let response = client().get("/logo").header("accept", accept).send().await;
        assert_eq!(response.status(), 406, "{accept}");
        assert!(response.field("vary").is_some_and(|vary| vary.starts_with("Accept,")));
    }
    let response = client().get("/logo").header("accept", "application/json").send().await;
    assert_eq!(response.json::<Value>()["available"], serde_json::json!(["image/png"]));
    for accept in ["image/png", "image/*", "*/*;q=0.1", ""] {
        let response = client().get("/logo").header("accept", accept).send().await;
        assert_eq!(response.status(), 200, "{accept}");
    }
    let any = client().put("/manifest").header("accept", "image/gif").send().await;
    assert_eq!((any.status().as_u16(), any.field("vary")), (200, None));
}

#[tokio::test]
async fn an_application_can_send_it_all_the_same() {
    let policy = Policy::new().default_for_unacceptable(true);
    let client = strict(application().policy(policy));
    let response = client.get("/logo").header("accept", "image/gif").send().await;
    assert_eq!(
        (response.status().as_u16(), response.field("content-type")),
        (200, Some("image/png"))
    );
}

#[tokio::test]
async fn ranges_and_head_work_as_without_a_declaration() {
    let response = client().get("/logo").header("range", "bytes=2-4").send().await;
    assert_eq!((response.status().as_u16(), response.text()), (206, "234"));
    let response = client().request("HEAD", "/logo").send().await;
    assert_eq!(response.field("content-length"), Some("10"));
    assert_eq!(client().get("/drawing/missing").send().await.status(), 404);
}

#[tokio::test]
async fn the_documentation_has_the_media_type() {
    let response = client().get("/_internal/openapi.json").send().await;
    let document = response.json::<Value>();
    let content = |path: &str, status: &str| {
        let responses = &document["paths"][path]["get"]["responses"];
        let content = responses[status]["content"].as_object().cloned().unwrap_or_default();
        content.keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(content("/logo", "200"), ["image/png"]);
    assert_eq!(content("/logo", "206"), ["image/png"]);
    assert_eq!(content("/manifest", "200"), ["application/toml"]);
    assert!(document["paths"]["/logo"]["get"]["responses"]["406"].is_object());
    let page = client().get("/_internal/help").header("accept", "text/html").send().await;
    assert!(page.text().contains("image/png"), "the help page");
}
