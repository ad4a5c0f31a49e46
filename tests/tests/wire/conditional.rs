//! `#[cfg]` on methods, hooks, arguments and representations.
//!
//! `test` is true, and `any()` is false.

use serde_json::Value;
use wsgiservice::{
    Application, Authorized, Bearer, Content, Problem, mount, resource, testing::Client,
};

use super::{strict, violations};

#[mount("/pages/{id}", representations = [json, html])]
struct Page;

#[resource]
impl Page {
    #[cfg(any())]
    fn authorize(&self, missing: Missing) -> Result<(), Problem> {
        missing.nothing()
    }

    #[cfg(test)]
    fn authorize(&self, login: Option<Bearer>) -> Result<u8, Problem> {
        login.map(|_| 7).ok_or_else(Bearer::refused)
    }

    #[cfg(any())]
    fn etag(&self) -> Option<Missing> {
        missing()
    }

    #[cfg(any())]
    fn get(&self, id: Missing) -> Missing {
        missing(id)
    }

    /// The one that exists.
    #[cfg(test)]
    #[cfg(not(any()))]
    fn get(
        &self,
        #[cfg(any())] before: Missing,
        #[cfg(test)] id: u32,
        #[cfg(test)]
        #[cfg(any())]
        between: Content<Missing>,
        #[validate(range = 1..=9)] count: u32,
        #[cfg(test)] user: Authorized<u8>,
        #[cfg(any())]
        #[validate(range = Missing::MOST..)]
        after: Authorized<Missing>,
        word: Option<String>,
    ) -> String {
        format!("{id} {count} {word:?} {}", *user)
    }

    fn put(
        &self,
        #[cfg(any())] content: Content<Missing>,
        content: Content<u32>,
        #[cfg(any())] preconditions: Missing,
    ) -> u32 {
        content.into_inner()
    }

    #[cfg(any())]
    #[representation(".csv", "text/csv")]
    fn csv(&self, value: &Missing) -> String {
        missing(value)
    }

    #[cfg(test)]
    #[representation(".html", "text/html")]
    fn html(&self, value: &String) -> String {
        format!("<p>{value}</p>")
    }
}

/// With a type parameter, the assertions are elsewhere.
#[mount("/generic")]
struct Generic<T: Send + Sync + 'static>(T);

#[resource]
impl<T: Send + Sync + 'static> Generic<T> {
    #[cfg(any())]
    fn get(&self, other: Missing) -> u32 {
        other.missing()
    }

    fn put(&self, #[cfg(any())] other: Missing, count: u32, content: Content<u32>) -> u32 {
        count + content.into_inner()
    }
}

fn client() -> Client {
    strict(Application::new("conditional").mount(Page).mount(Generic(())))
}

#[tokio::test]
async fn what_is_absent_does_not_shift_what_exists() {
    let client = client();
    let response = client.get("/pages/3?count=4&word=a").bearer("b").send().await;
    assert_eq!(response.json::<Value>(), r#"3 4 Some("a") 7"#);
    let response = client.get("/pages/3.html?count=4").bearer("b").send().await;
    assert_eq!(response.text(), "<p>3 4 None 7</p>");
    let response = client.put("/pages/3").bearer("b").json(&5).send().await;
    assert_eq!(response.json::<Value>(), 5);
    let response = client.put("/generic?count=1").json(&5).send().await;
    assert_eq!(response.json::<Value>(), 6);
}

#[tokio::test]
async fn all_violations_are_reported() {
    let response = client().get("/pages/x?count=10").bearer("b").send().await;
    let names: Vec<_> = violations(&response).into_iter().map(|it| it.0).collect();
    assert_eq!(names, ["id", "count"]);
}

#[tokio::test]
async fn what_is_absent_is_not_documented() {
    let client = client();
    assert_eq!(client.get("/pages/3?count=4").send().await.status(), 401);
    let document = client.get("/_internal/openapi").send().await.json::<Value>();
    let get = &document["paths"]["/pages/{id}"]["get"];
    let names: Vec<_> = get["parameters"].as_array().expect("parameters").iter().collect();
    let names: Vec<_> = names.iter().map(|it| it["name"].as_str()).collect();
    assert_eq!(names, [Some("id"), Some("count"), Some("word")]);
    assert_eq!(get["summary"], "The one that exists.");
    assert!(document["paths"]["/generic"]["get"].is_null());
}
