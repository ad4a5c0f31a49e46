//! Methods: 405, 501, `OPTIONS` and `HEAD`.

use wsgiservice::{Application, Content, NoContent, mount, resource, testing::Client};

use super::strict;

#[mount("/page")]
struct Page;

#[resource]
impl Page {
    fn get(&self) -> &'static str {
        "page"
    }

    fn delete(&self) -> NoContent {
        NoContent
    }
}

#[mount("/form")]
struct Form;

#[resource]
impl Form {
    fn post(&self, content: Content<u32>) -> u32 {
        content.into_inner()
    }

    fn patch(&self, content: Content<u32>) -> u32 {
        content.into_inner()
    }

    fn query(&self, content: Content<u32>) -> u32 {
        content.into_inner()
    }

    fn propfind(&self) -> &'static str {
        "properties"
    }
}

fn client() -> Client {
    strict(Application::new("method").mount(Page).mount(Form))
}

#[tokio::test]
async fn an_unregistered_method_gets_a_501() {
    for method in ["BREW", "get", "Get"] {
        let response = client().request(method, "/page").send().await;
        assert_eq!(response.status(), 501, "{method}");
        assert_eq!(response.field("allow"), Some("DELETE, GET, HEAD, OPTIONS"));
    }
}

#[tokio::test]
async fn a_registered_method_that_the_resource_lacks_gets_a_405() {
    for method in ["PUT", "POST", "PROPFIND", "QUERY"] {
        let response = client().request(method, "/page").send().await;
        assert_eq!(response.status(), 405, "{method}");
        assert_eq!(response.field("allow"), Some("DELETE, GET, HEAD, OPTIONS"));
    }
}

#[tokio::test]
async fn a_resource_may_implement_any_registered_method() {
    let response = client().request("PROPFIND", "/form").send().await;
    assert_eq!(response.text(), r#""properties""#);
}

#[tokio::test]
async fn options_lists_the_allowed_methods() {
    let response = client().request("OPTIONS", "/page").send().await;
    assert_eq!(response.status(), 204);
    assert_eq!(response.fields().get_all("allow").iter().count(), 1);
    assert_eq!(response.field("allow"), Some("DELETE, GET, HEAD, OPTIONS"));
    assert_eq!(response.field("vary"), None);
}

#[tokio::test]
async fn options_lists_the_accepted_media_types() {
    let response = client().request("OPTIONS", "/form").send().await;
    assert_eq!(
        response.field("accept-post"),
        Some("application/json, application/xml, text/xml"),
        "a form cannot be a number"
    );
    assert_eq!(response.field("accept-patch"), Some("application/json, application/xml, text/xml"));
    assert_eq!(response.field("accept-query"), Some("application/json, application/xml, text/xml"));
}

#[tokio::test]
async fn a_415_lists_the_media_types_in_the_field_of_the_method() {
    for (method, field) in
        [("POST", "accept"), ("PATCH", "accept-patch"), ("QUERY", "accept-query")]
    {
        let request = client().request(method, "/form").header("content-type", "text/plain");
        let response = request.body("7").send().await;
        assert_eq!(response.status(), 415, "{method}");
        let media_types = Some("application/json, application/xml, text/xml");
        assert_eq!(response.field(field), media_types, "{method}");
    }
}

#[tokio::test]
async fn options_of_the_server_gets_a_204() {
    let response = client().request("OPTIONS", "*").send().await;
    assert_eq!(response.status(), 204);
    assert_eq!(response.field("allow"), Some("OPTIONS"));
}

#[tokio::test]
async fn head_has_the_fields_of_get_and_no_content() {
    let get = client().get("/page").send().await;
    let head = client().request("HEAD", "/page").send().await;
    assert_eq!(head.status(), 200);
    assert_eq!(head.content(), b"");
    assert_eq!(head.field("content-length"), Some("6"));
    for (name, value) in get.fields() {
        assert_eq!(head.fields().get(name), Some(value));
    }
}

#[tokio::test]
async fn trace_and_connect_get_a_405() {
    assert_eq!(client().request("TRACE", "/page").send().await.status(), 405);
    assert_eq!(client().request("CONNECT", "example.org:80").send().await.status(), 405);
}
