//! What the client of the tests sends, as a service sees it.

use serde::{Deserialize, Serialize};
use wsgiservice::{
    Application, Content, Request,
    content::File,
    mount, resource,
    testing::{Client, Multipart, TestRequest},
};

/// Returns a header field of the request.
#[mount("/field/{name}")]
struct Field;

#[resource]
impl Field {
    fn get(&self, name: String, request: &Request) -> Option<String> {
        Some(request.fields().get(name)?.to_str().ok()?.to_owned())
    }
}

#[derive(Deserialize, Serialize, Debug, PartialEq)]
struct Order {
    article: String,
    quantity: u32,
}

#[mount("/orders")]
struct Orders;

#[resource]
impl Orders {
    fn post(&self, article: String, quantity: u32) -> Order {
        Order { article, quantity }
    }

    fn patch(&self, content: Content<Order>) -> Order {
        content.into_inner()
    }

    fn put(&self, article: String, photo: File) -> String {
        let name = photo.file_name().unwrap_or_default();
        format!("{article}: {name}, {:?}, {} bytes", photo.media_type(), photo.content().len())
    }
}

fn client() -> Client {
    Client::new(Application::new("orders").mount(Field).mount(Orders))
}

#[tokio::test]
async fn a_field_of_the_client_is_in_each_request() {
    let client = client().header("x-tenant", "one");
    for _ in 0..2 {
        assert_eq!(client.get("/field/x-tenant").send().await.json::<String>(), "one");
    }
    let other = client.get("/field/x-tenant").header("x-tenant", "two");
    assert_eq!(other.send().await.json::<String>(), "two");
}

#[tokio::test]
async fn a_request_can_log_in() {
    let field = async |request: TestRequest| request.send().await.json::<String>();
    let request = || client().get("/field/authorization");
    assert_eq!(
        field(request().basic("Aladdin", "open sesame")).await,
        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    );
    assert_eq!(field(request().bearer("mF_9.B5f-4.1JqM")).await, "Bearer mF_9.B5f-4.1JqM");
    assert_eq!(field(request().bearer("a").bearer("b")).await, "Bearer b");
}

#[tokio::test]
async fn cookies_are_sent_in_one_field() {
    let request = client().get("/field/cookie").cookie("a", "1").cookie("b", "2");
    assert_eq!(request.send().await.json::<String>(), "a=1; b=2");
}

#[tokio::test]
async fn content_is_sent_with_its_media_type() {
    let order = Order { article: "tea & milk".to_owned(), quantity: 2 };
    let json = client().post("/orders").json(&order).send().await;
    assert_eq!(json.json::<Order>(), order);
    let form = [("article", "tea & milk"), ("quantity", "2")];
    assert_eq!(client().post("/orders").form(form).send().await.json::<Order>(), order);
    let form = Multipart::new().text("article", "tea").file("photo", "tea.png", "image/png", "abc");
    let response = client().put("/orders").multipart(form).send().await;
    assert_eq!(response.json::<String>(), r#"tea: tea.png, Some("image/png"), 3 bytes"#);
}

#[tokio::test]
async fn a_media_type_that_was_set_stays() {
    let order = Order { article: "tea".to_owned(), quantity: 2 };
    let request = client().patch("/orders").header("content-type", "text/plain");
    assert_eq!(request.json(&order).send().await.status(), 415);
    let request = client().patch("/orders").json(&order).header("content-type", "text/plain");
    assert_eq!(request.send().await.status(), 415);
    assert_eq!(client().patch("/orders").json(&order).send().await.json::<Order>(), order);
}

#[tokio::test]
#[should_panic(expected = "the content is not JSON of this type: invalid type: map")]
async fn content_of_another_type_is_shown() {
    let order = Order { article: "tea".to_owned(), quantity: 2 };
    let _ = client().post("/orders").json(&order).send().await.json::<u32>();
}
