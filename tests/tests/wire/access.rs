//! Access control with the `authorize` hook.

use http::HeaderValue;
use serde_json::Value;
use wsgiservice::{Application, EntityTag, Problem, Request, mount, resource, testing::Client};

use super::strict;

#[mount("/account/{id}")]
struct Account;

#[resource]
impl Account {
    fn authorize(&self, request: &Request, id: u32) -> Result<(), Problem> {
        match request.fields().get("authorization") {
            None => {
                Err(Problem::unauthorized(HeaderValue::from_static("Bearer realm=\"accounts\"")))
            }
            Some(token) if token == format!("Bearer {id}").as_str() => Ok(()),
            Some(_) => Err(Problem::forbidden()),
        }
    }

    async fn etag(&self) -> Option<EntityTag> {
        Some(EntityTag::strong("secret"))
    }

    fn get(&self, id: u32, page: u32) -> String {
        format!("account {id}, page {page}")
    }
}

fn client() -> Client {
    strict(Application::new("access").mount(Account))
}

#[tokio::test]
async fn missing_credentials_get_a_401_with_a_challenge() {
    let response = client().get("/account/1?page=1").send().await;
    assert_eq!(response.status(), 401);
    assert_eq!(response.field("www-authenticate"), Some("Bearer realm=\"accounts\""));
}

#[tokio::test]
async fn wrong_credentials_get_a_403() {
    let request = client().get("/account/1?page=1").header("authorization", "Bearer 2");
    assert_eq!(request.send().await.status(), 403);
}

#[tokio::test]
async fn valid_credentials_reach_the_method() {
    let request = client().get("/account/1?page=2").header("authorization", "Bearer 1");
    assert_eq!(request.send().await.text(), r#""account 1, page 2""#);
}

#[tokio::test]
async fn an_unauthorized_request_learns_nothing_about_the_resource() {
    for (name, value) in
        [("accept", "image/png"), ("if-none-match", "\"secret_json\""), ("if-match", "\"x\"")]
    {
        let response = client().get("/account/1?page=no").header(name, value).send().await;
        assert_eq!(response.status(), 401, "{name}");
        assert_eq!(response.field("etag"), None);
        assert_eq!(response.json::<Value>().get("errors"), None);
    }
}
