//! Prefixes: of nested applications, of hosts and of proxies. Whatever a response links to leads back.

use std::net::SocketAddr;

use http::StatusCode;
use serde_json::{Value, json};
use tower_layer::layer_fn;
use tower_service::Service as _;
use wsgiservice::{
    Application, Created, Problem,
    answer::{MultipleChoices, SeeOther},
    mount, resource,
    testing::{Client, TestResponse},
};

use super::{strict, text};

#[mount("/notes")]
struct Notes;

#[resource]
impl Notes {
    fn get(&self) -> SeeOther {
        SeeOther::to(Note::path(7))
    }

    fn post(&self) -> Created<String> {
        Created::at(Note::path(7), Note::path(7))
    }

    fn put(&self) -> Created<u32> {
        Created::at("7", 7)
    }

    fn patch(&self) -> MultipleChoices<[String; 2]> {
        let choices = [Note::path(1), Note::path(2)];
        MultipleChoices::of(choices).preferring(Note::path(2))
    }

    async fn delete(&self) -> Result<String, Problem> {
        let spawned = tokio::spawn(async { Note::path(7) });
        tokio::task::yield_now().await;
        spawned.await.map_err(Problem::internal)
    }
}

#[mount("/notes/{id}")]
struct Note;

#[resource]
impl Note {
    fn get(&self, id: u32) -> String {
        Self::path(id)
    }

    fn delete(&self, id: u32) -> SeeOther {
        let _ = id;
        SeeOther::to(Notes::path())
    }
}

/// A resource that names those of other applications.
#[mount("/links")]
struct Links;

#[resource]
impl Links {
    fn get(&self) -> [String; 3] {
        [Note::path(7), Top::path(), Unmounted::path()]
    }
}

#[mount("/top")]
struct Top;

#[resource]
impl Top {
    fn get(&self) -> [String; 2] {
        [Note::path(7), Self::path()]
    }
}

#[mount("/unmounted")]
struct Unmounted;

#[resource]
impl Unmounted {
    fn get(&self) -> u32 {
        0
    }
}

fn notes() -> Application {
    Application::new("notes").mount(Notes).mount(Note).mount(Links)
}

fn location(response: &TestResponse) -> &str {
    response.field("location").expect("a location")
}

#[tokio::test]
async fn a_path_in_a_nested_application_leads_back() {
    let application = Application::new("inner").nest("/inner", notes());
    let client = strict(Application::new("all").nest("/outer", application));
    let prefix = "/outer/inner";
    let target = format!("{prefix}/notes");
    let created = client.post(&target).send().await;
    assert_eq!(location(&created), format!("{prefix}/notes/7"));
    assert_eq!(created.json::<Value>(), location(&created));
    assert_eq!(client.get(location(&created)).send().await.json::<Value>(), location(&created));
    assert_eq!(location(&client.get(&target).send().await), format!("{prefix}/notes/7"));
    assert_eq!(location(&client.put(&target).send().await), format!("{prefix}/notes/7"));
    let choices = client.request("PATCH", &target).send().await;
    assert_eq!(location(&choices), format!("{prefix}/notes/2"));
    assert_eq!(choices.json::<Value>()[0], format!("{prefix}/notes/1"));
    let deleted = client.delete(&format!("{prefix}/notes/7")).send().await;
    assert_eq!(location(&deleted), target);
}

#[tokio::test]
async fn a_path_leads_to_the_nearest_of_several_applications() {
    let all = Application::new("all")
        .mount(Top)
        .nest("/v1", notes())
        .nest("/v2", notes())
        .nest("/v2/old", notes());
    let client = strict(all);
    for prefix in ["/v1", "/v2", "/v2/old"] {
        let links = client.get(&format!("{prefix}/links")).send().await.json::<Value>();
        assert_eq!(links, json!([format!("{prefix}/notes/7"), "/top", "/unmounted"]));
    }
    // As near as the others, and mounted first.
    assert_eq!(text(&client, "/top").await, r#"["/v1/notes/7","/top"]"#);
}

#[tokio::test]
async fn a_variable_in_a_prefix_has_the_value_that_it_has_in_the_target() {
    let tenants = Application::new("all").nest("/{tenant}/v{version}", notes()).mount(Top);
    let client = Client::new(tenants);
    let created = client.post("/acme%20inc/v2/notes").send().await;
    assert_eq!(location(&created), "/acme%20inc/v2/notes/7");
    assert_eq!(text(&client, "/top").await, r#"["/notes/7","/top"]"#);
}

#[tokio::test]
async fn a_prefix_is_encoded_as_targets_are() {
    let client = strict(Application::new("all").nest("/größe", notes()));
    let created = client.post("/gr%C3%B6%C3%9Fe/notes").send().await;
    assert_eq!(location(&created), "/gr%C3%B6%C3%9Fe/notes/7");
}

#[tokio::test]
async fn a_path_outside_of_a_request_is_that_of_the_mount() {
    assert_eq!(Note::path(7), "/notes/7");
    let client = strict(Application::new("all").nest("/nested", notes()));
    let spawned = client.delete("/nested/notes").send().await;
    assert_eq!(spawned.json::<Value>(), "/notes/7");
    assert_eq!(Note::path(7), "/notes/7");
}

#[tokio::test]
async fn a_layer_of_a_nested_application_keeps_the_prefix() {
    let nested = notes().layer(layer_fn(|inner| inner));
    let all = Application::new("all").nest("/nested", nested).layer(layer_fn(|inner| inner));
    let client = strict(all);
    for method in ["POST", "PUT"] {
        let created = client.request(method, "/nested/notes").send().await;
        assert_eq!(location(&created), "/nested/notes/7");
    }
}

#[tokio::test]
async fn the_base_precedes_whatever_a_response_links_to() {
    let all = Application::new("all").nest("/nested", notes()).mount(Top).base("/api/");
    let client = strict(all);
    for method in ["GET", "POST", "PUT"] {
        let response = client.request(method, "/nested/notes").send().await;
        assert_eq!(location(&response), "/api/nested/notes/7", "{method}");
    }
    assert_eq!(text(&client, "/top").await, r#"["/api/nested/notes/7","/api/top"]"#);
    for target in ["/nested/notes/x", "/nobody/is/here"] {
        let problem = client.get(target).send().await.json::<Value>();
        assert_eq!(problem["instance"], format!("/api{target}"));
    }
    let document = client.get("/_internal/openapi.json").send().await.json::<Value>();
    assert_eq!(document["servers"], json!([{"url": "/api"}]));
    let page = client.get("/_internal/help.html").header("host", "example.org").send().await;
    assert!(page.text().contains("curl 'http://example.org/api/top'"));
}

#[test]
fn the_base_must_be_a_path() {
    for base in ["api", "//api", "/a?b", "https://example.org"] {
        let error = notes().base(base).build().expect_err("an error").to_string();
        assert_eq!(error, format!("base `{base}`: expected a path, for example /api"));
    }
    assert!(notes().base("").base("/").build().is_ok());
}

#[tokio::test]
async fn the_prefix_of_a_trusted_proxy_is_kept() {
    let client = strict(notes().base("/default"));
    let created = async |values: &[&str]| {
        let request = client.put("/notes");
        let request =
            values.iter().fold(request, |it, value| it.header("x-forwarded-prefix", value));
        location(&request.send().await).to_owned()
    };
    assert_eq!(created(&["/api"]).await, "/api/notes/7");
    assert_eq!(created(&["/outer", "/inner/"]).await, "/outer/inner/notes/7");
    assert_eq!(created(&["/"]).await, "/notes/7");
    for invalid in ["//evil.example", "https://evil.example", "/a, b", "/\\evil"] {
        assert_eq!(created(&[invalid]).await, "/default/notes/7", "{invalid}");
    }
    let forwarded = |target: &str| client.get(target).header("x-forwarded-prefix", "/api").send();
    assert_eq!(forwarded("/links").await.json::<Value>()[0], "/api/notes/7");
    let document = forwarded("/_internal/openapi.json").await.json::<Value>();
    assert_eq!(document["servers"], json!([{"url": "/api"}]));
}

#[tokio::test]
async fn the_prefix_of_any_other_peer_is_ignored() {
    let client = strict(notes().trusted([]));
    let request = client.put("/notes").header("x-forwarded-prefix", "/evil");
    assert_eq!(location(&request.send().await), "/notes/7");
}

/// Sends a request to an application within axum, which removes the prefix `/api`.
async fn within_axum(
    application: Application,
    request: http::request::Builder,
) -> http::Response<axum::body::Body> {
    let service = application.build().expect("a service");
    let mut host = axum::Router::new().nest_service("/api", service);
    let request = request.body(axum::body::Body::empty()).expect("a request");
    host.call(request).await.expect("a response")
}

fn peer(address: [u8; 4]) -> SocketAddr {
    SocketAddr::from((address, 1))
}

#[tokio::test]
async fn a_relative_location_stays_relative_within_a_host() {
    for application in [notes(), notes().layer(layer_fn(|inner| inner))] {
        let created = within_axum(application, http::Request::put("/api/notes")).await;
        assert_eq!(created.headers()["location"], "notes/7");
    }
    let created = within_axum(notes().base("/api"), http::Request::put("/api/notes")).await;
    assert_eq!(created.headers()["location"], "/api/notes/7");
}

#[tokio::test]
async fn the_prefix_of_a_proxy_precedes_that_of_a_host() {
    let request = || {
        let request = http::Request::put("/api/notes").header("x-forwarded-prefix", "/proxy");
        request.extension(peer([127, 0, 0, 1]))
    };
    let created = within_axum(notes().base("/api"), request()).await;
    assert_eq!(created.headers()["location"], "/proxy/api/notes/7");
    let created = within_axum(notes(), request()).await;
    assert_eq!(created.headers()["location"], "notes/7");
}

#[tokio::test]
async fn a_path_within_a_host_has_the_base() {
    let all = Application::new("all").nest("/nested", notes()).base("/api");
    let created = within_axum(all, http::Request::post("/api/nested/notes")).await;
    assert_eq!(created.headers()["location"], "/api/nested/notes/7");
}

#[tokio::test]
async fn a_host_can_pass_on_the_peer_for_which_there_is_documentation() {
    let request = || http::Request::get("/api/_internal/openapi.json");
    let status = async |request| within_axum(notes(), request).await.status();
    assert_eq!(status(request().extension(peer([127, 0, 0, 1]))).await, StatusCode::OK);
    assert_eq!(status(request().extension(peer([192, 0, 2, 1]))).await, StatusCode::NOT_FOUND);
    assert_eq!(status(request()).await, StatusCode::NOT_FOUND);
}

/// Matches every path, and redirects to a relative location.
#[mount("/{*path}")]
struct Anything;

#[resource]
impl Anything {
    fn get(&self, path: String) -> SeeOther {
        let _ = path;
        SeeOther::to("login")
    }

    fn put(&self, path: String) -> Created<String> {
        Created::at("login", path)
    }
}

#[tokio::test]
async fn a_relative_location_is_never_a_network_path() {
    let client = strict(Application::new("anything").mount(Anything));
    for target in ["//evil.example", "///evil.example", "/\\evil.example", "/\\/evil.example"] {
        for method in ["GET", "PUT"] {
            let response = client.request(method, target).send().await;
            assert_eq!(location(&response), "/evil.example/login", "{method} {target}");
        }
    }
    let client = strict(Application::new("anything").mount(Anything).base("/api"));
    assert_eq!(location(&client.get("//evil.example").send().await), "/api//evil.example/login");
}

#[tokio::test]
async fn a_relative_location_is_a_valid_reference() {
    let client = strict(Application::new("anything").mount(Anything));
    let response = client.get("/a\"{b}|[c]%2F").send().await;
    assert_eq!(location(&response), "/a%22%7Bb%7D%7C%5Bc%5D%2F/login");
}
