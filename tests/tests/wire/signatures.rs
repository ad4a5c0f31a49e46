//! What the signature of a method can have: lifetimes, keywords as names, documentation from a macro.

use std::borrow::Cow;

use serde_json::Value;
use wsgiservice::{Application, FromRequest, Problem, Request, mount, resource, testing::Client};

use super::{strict, violations};

struct Agent;

impl FromRequest for Agent {
    async fn from_request(_: &Request) -> Result<Self, Problem> {
        Ok(Self)
    }
}

#[doc = concat!("Words, ", "in a list.")]
#[mount("/words/{type}")]
struct Words {
    default: String,
}

#[resource]
impl Words {
    fn exists<'r>(&'r self, request: &'r Request) -> bool {
        request.method() == "GET" || !self.default.is_empty()
    }

    /// The first line.
    #[doc = include_str!("documented.md")]
    fn get<'a>(&'a self, request: &'a Request, r#type: String) -> Cow<'a, str> {
        match r#type.as_str() {
            "default" => self.default.as_str().into(),
            _ => request.target().path().into(),
        }
    }

    #[doc = include_str!("documented.md")]
    async fn put<'a, 'b>(&'a self, request: &'b Request, agent: Agent, r#in: u32) -> Option<&'a str>
    where
        'b: 'a,
    {
        let Agent = agent;
        (r#in > 0).then(|| request.target().path())
    }
}

#[mount("/text", representations = [json, txt])]
struct Text;

#[resource]
impl Text {
    fn get(&self) -> String {
        "a".to_owned()
    }

    #[representation(".txt", "text/plain")]
    fn txt<'a>(&'a self, text: &'a String) -> String {
        text.repeat(2)
    }
}

fn client() -> Client {
    strict(Application::new("words").mount(Words { default: "a".to_owned() }).mount(Text))
}

#[tokio::test]
async fn a_method_borrows_from_its_resource_and_its_request() {
    let client = client();
    assert_eq!(client.get("/words/default").send().await.json::<Value>(), "a");
    assert_eq!(client.get("/words/other").send().await.json::<Value>(), "/words/other");
    assert_eq!(client.get("/text.txt").send().await.text(), "aa");
    assert_eq!(client.put("/words/x?in=1").send().await.json::<Value>(), "/words/x");
}

#[tokio::test]
async fn a_keyword_is_a_name() {
    let response = client().put("/words/x?in=a").send().await;
    assert_eq!(violations(&response), [("in".into(), "query".into(), "invalid".into())]);
}

#[tokio::test]
async fn documentation_can_come_from_a_macro() {
    let document = client().get("/_internal/openapi").send().await.json::<Value>();
    assert_eq!(document["tags"][1]["description"], "Words, in a list.");
    let path = &document["paths"]["/words/{type}"];
    assert_eq!(path["get"]["summary"], "The first line. Return the words.");
    assert_eq!(path["get"]["description"], "They are *text*.");
    assert_eq!(path["put"]["summary"], "Return the words.");
}
