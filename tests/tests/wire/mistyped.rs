//! JSON that is sent as a form, as by `curl -d` without `-H`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wsgiservice::{
    Application, Content, bytes::Bytes, content::File, mount, resource, testing::Client,
};

use super::strict;

#[derive(Deserialize, Serialize, JsonSchema)]
struct Flat {
    name: String,
}

#[derive(Deserialize, Serialize, JsonSchema)]
struct Nested {
    lines: Vec<Flat>,
}

#[mount("/content")]
struct Whole;

#[resource]
impl Whole {
    fn post(&self, content: Content<Flat>) -> String {
        content.into_inner().name
    }

    fn put(&self, content: Content<Nested>) -> usize {
        content.into_inner().lines.len()
    }

    fn patch(&self, content: Bytes) -> usize {
        content.len()
    }
}

#[mount("/parameters")]
struct Parameters;

#[resource]
impl Parameters {
    fn post(&self, name: String) -> String {
        name
    }

    fn put(&self, picture: File) -> usize {
        picture.content().len()
    }
}

fn client() -> Client {
    strict(Application::new("mistyped").mount(Whole).mount(Parameters))
}

async fn detail(method: &str, target: &str, content: &str) -> (u16, String) {
    let client = client();
    let request = match method {
        "POST" => client.post(target),
        "PUT" => client.put(target),
        _ => client.patch(target),
    };
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let response = request.body(content.to_owned()).send().await;
    let status = response.status().as_u16();
    (status, response.json::<Value>()["detail"].as_str().unwrap_or_default().to_owned())
}

const NEEDED: &str = "`Content-Type: application/json`";

#[tokio::test]
async fn a_violation_by_json_in_a_form_has_a_hint() {
    for target in ["/content", "/parameters"] {
        for content in [r#"{"name": "a"}"#, "\r\n [1]"] {
            let (status, detail) = detail("POST", target, content).await;
            assert_eq!(status, 400, "{target} {content}");
            assert!(detail.contains("looks like JSON") && detail.contains(NEEDED), "{detail}");
            assert!(!detail.contains("\"a\""), "{detail}");
        }
    }
}

#[tokio::test]
async fn a_media_type_of_a_form_has_a_hint_if_json_is_read() {
    let (status, detail_of_content) = detail("PUT", "/content", r#"{"lines": []}"#).await;
    assert_eq!(status, 415);
    assert!(detail_of_content.contains(NEEDED), "{detail_of_content}");
    let (status, detail_of_file) = detail("PUT", "/parameters", "{}").await;
    assert_eq!(status, 415);
    assert!(!detail_of_file.contains(NEEDED), "{detail_of_file}");
}

#[tokio::test]
async fn other_content_has_no_hint() {
    let (status, of_form) = detail("POST", "/content", "other=1").await;
    assert_eq!(status, 400);
    assert!(!of_form.contains("JSON"), "{of_form}");
    let response = client().patch("/content").body("{}");
    let response = response.header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(response.send().await.text(), "2");
    let json = client().post("/content").header("content-type", "application/json").body("{}");
    let text = json.send().await.text().to_owned();
    assert!(!text.contains("looks like"), "{text}");
}

#[tokio::test]
async fn a_name_that_begins_with_a_brace_is_a_name() {
    #[mount("/braces")]
    struct Braces;

    #[resource]
    impl Braces {
        fn post(&self, #[from(content = "{a")] a: u8) -> u8 {
            a
        }
    }

    let client = strict(Application::new("a").mount(Braces));
    assert_eq!(client.post("/braces").form([("{a", "1")]).send().await.text(), "1");
}
