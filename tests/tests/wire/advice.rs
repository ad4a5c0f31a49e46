//! What the compiler advises to write (`tests/ui/`), followed.

use serde::{Deserialize, Serialize};
use wsgiservice::{
    Application, Content, Created, NoContent, Problem,
    answer::{Accepted, Binary},
    bytes::Bytes,
    content::Body,
    http, mount, resource,
    testing::Client,
};

/// `/{id:[0-9]+}`, an argument `_id`, and text or slices that are borrowed.
#[mount("/numbers/{id}")]
#[validate(id, re = "[0-9]+")]
struct Number;

#[resource]
impl Number {
    fn get(&self, id: String, tag: Vec<u32>) -> String {
        format!("{id}{tag:?}")
    }
}

/// `/{file:path}`.
#[mount("/files/{*file}")]
struct Files;

#[resource]
impl Files {
    fn get(&self, file: String) -> String {
        file
    }
}

#[derive(Serialize, Deserialize)]
struct New {
    title: String,
}

/// Patterns, a struct without `Content`, and parts of responses.
#[mount("/documents")]
struct Documents;

#[resource]
impl Documents {
    #[limit(content = 5 << 20)]
    fn post(&self, content: Content<New>) -> Created<New> {
        let new = content.into_inner();
        Created::at("/documents/1", new)
    }

    fn put(&self) -> Accepted<&'static str> {
        Accepted("queued")
    }

    fn delete(&self) -> Result<NoContent, Problem> {
        Err(Problem::not_found())
    }

    fn patch(&self) -> Binary {
        Binary::new(Bytes::from("a"), http::HeaderValue::from_static("text/plain"))
    }

    fn get(&self) -> http::Response<Body> {
        http::Response::new(Body::from("whole"))
    }
}

/// Rules and their names in other libraries.
#[mount("/rules")]
struct Rules;

#[resource]
impl Rules {
    fn get(
        &self,
        #[validate(range = 1.., default = 5)] low: u32,
        #[validate(range = ..=10, example = 9)] high: u32,
        #[validate(len = 2..)] short: String,
        #[validate(format = "email")] mail: String,
        #[validate(re = "[a-z]+")] word: String,
        #[validate(one_of = ["a"])] letter: String,
    ) -> String {
        format!("{low}{high}{short}{mail}{word}{letter}")
    }

    #[representation(".csv", "text/csv")]
    fn csv(&self, value: &String) -> Bytes {
        Bytes::from(value.clone())
    }
}

fn client() -> Client {
    Client::new(Application::new("advice").mount(Number).mount(Files).mount(Documents).mount(Rules))
}

#[tokio::test]
async fn a_variable_has_its_expression_in_a_rule() {
    assert_eq!(client().get("/numbers/12?tag=1").send().await.text(), r#""12[1]""#);
    assert_eq!(client().get("/numbers/a").send().await.status(), 400);
    assert_eq!(client().get("/files/a/b").send().await.text(), r#""a/b""#);
}

#[tokio::test]
async fn a_method_returns_a_whole_response() {
    let request = client().post("/documents").header("content-type", "application/json");
    let response = request.body(r#"{"title":"a"}"#).send().await;
    assert_eq!(
        (response.status(), response.field("location")),
        (201.try_into().unwrap(), Some("/documents/1"))
    );
    assert_eq!(client().put("/documents").send().await.status(), 202);
    assert_eq!(client().delete("/documents").send().await.status(), 404);
    assert_eq!(client().request("PATCH", "/documents").send().await.text(), "a");
    assert_eq!(client().get("/documents").send().await.text(), "whole");
}

#[tokio::test]
async fn the_rules_have_the_names_of_this_library() {
    let target = "/rules.csv?high=9&short=ab&mail=a@example.org&word=w&letter=a";
    assert_eq!(client().get(target).send().await.text(), "59aba@example.orgwa");
}
