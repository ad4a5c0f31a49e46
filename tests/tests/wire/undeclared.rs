//! What a client sends and no method declares, and what it leaves out: nothing is lost silently.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use wsgiservice::{
    Application, Content,
    content::{File, Patch},
    mount, resource,
    testing::{Client, TestResponse},
};

use super::{strict, violations};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=b";

#[mount("/notes/{id}", deny_unknown)]
struct Note;

#[resource]
impl Note {
    fn exists(&self, id: u32, draft: Option<bool>) -> bool {
        id > 0 && draft.is_none()
    }

    fn get(&self, id: u32, draft: Option<bool>) -> String {
        format!("{id} {draft:?}")
    }

    fn put(&self, id: u32, text: String, tag: Vec<String>, picture: Option<File>) -> String {
        format!("{id} {text} {tag:?} {}", picture.is_some())
    }

    fn patch(&self, content: Content<Change>, silent: Option<bool>) -> String {
        format!("{:?} {silent:?}", content.into_inner())
    }

    fn delete(&self, content: Bytes) -> usize {
        content.len()
    }
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "it is shown by its `Debug`")]
struct Change {
    title: Patch<String>,
    size: Patch<u32>,
}

#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Strict {
    name: Option<String>,
}

#[mount("/strict")]
struct OfContent;

#[resource]
impl OfContent {
    fn put(&self, content: Content<Strict>) -> Option<String> {
        content.into_inner().name
    }
}

fn client() -> Client {
    strict(Application::new("undeclared").mount(Note).mount(OfContent))
}

async fn send(method: &str, target: &str, media_type: &str, content: &str) -> TestResponse {
    let request = client().request(method, target).header("content-type", media_type);
    request.body(content.to_owned()).send().await
}

/// The violations of a response, each as `place name code`.
fn found(response: &TestResponse) -> Vec<String> {
    let all = violations(response).into_iter();
    all.map(|(name, place, code)| format!("{place} {name} {code}")).collect()
}

#[tokio::test]
async fn an_unknown_name_in_the_query_is_a_violation() {
    let response = client().get("/notes/1?drafts=true").send().await;
    assert_eq!(response.status(), 400);
    assert_eq!(found(&response), ["query drafts unknown"]);
    let detail = &response.json::<Value>()["errors"][0]["detail"];
    assert_eq!(detail, "drafts is unknown. Supported are: draft.");
    assert_eq!(client().get("/notes/1?draft=true").send().await.json::<Value>(), "1 Some(true)");
}

#[tokio::test]
async fn a_parameter_of_a_hook_is_known_to_each_method() {
    assert_eq!(send("PUT", "/notes/1?draft=true", FORM, "text=a").await.status(), 200);
}

#[tokio::test]
async fn an_unknown_member_is_a_violation_in_each_media_type() {
    let part = "--b\r\ncontent-disposition: form-data; name=\"tags\"\r\n\r\na\r\n--b--\r\n";
    for (media_type, content) in [(JSON, r#"{"tags": []}"#), (FORM, "tags=a"), (MULTIPART, part)] {
        let response = send("PUT", "/notes/1?text=a", media_type, content).await;
        assert_eq!(found(&response), ["content tags unknown"], "{media_type}");
    }
    let response = send("PUT", "/notes/1", JSON, r#"{"text": "a", "tag": ["b"]}"#).await;
    assert_eq!(response.json::<Value>(), r#"1 a ["b"] false"#);
}

#[tokio::test]
async fn unknown_names_are_reported_with_all_other_violations_and_without_values() {
    let response = send("PUT", "/notes/one?x=1&x=2", FORM, "txt=hunter2").await;
    let expected =
        ["path id invalid", "content text missing", "query x unknown", "content txt unknown"];
    assert_eq!(found(&response), expected);
    assert!(!response.text().contains("hunter2"), "{}", response.text());
}

#[tokio::test]
async fn a_member_that_the_query_overrides_is_a_violation() {
    let part = "--b\r\ncontent-disposition: form-data; name=\"text\"\r\n\r\nb\r\n--b--\r\n";
    for (media_type, content) in [(JSON, r#"{"text": "b"}"#), (FORM, "text=b"), (MULTIPART, part)] {
        let response = send("PUT", "/notes/1?text=a", media_type, content).await;
        assert_eq!(found(&response), ["content text repeated"], "{media_type}");
        let detail = &response.json::<Value>()["errors"][0]["detail"];
        let expected =
            "Value for text does not validate. It is in the query, too, which takes precedence.";
        assert_eq!(detail, expected);
    }
    let response = send("PUT", "/notes/1?tag=a", JSON, r#"{"text": "b", "tag": ["c"]}"#).await;
    assert_eq!(found(&response), ["content tag repeated"]);
    let response = send("PUT", "/notes/1?tag=a", JSON, r#"{"text": "b"}"#).await;
    assert_eq!(response.json::<Value>(), r#"1 b ["a"] false"#);
}

#[tokio::test]
async fn a_member_with_the_name_of_a_parameter_elsewhere_is_unknown() {
    for (target, json, expected) in [
        ("/notes/1", r#"{"text": "a", "id": 2}"#, "content id unknown"),
        ("/notes/1", r#"{"text": "a", "draft": true}"#, "content draft unknown"),
        ("/notes/1?draft=true", r#"{"text": "a", "draft": true}"#, "content draft unknown"),
        ("/notes/1?picture=a", r#"{"text": "a"}"#, "query picture unknown"),
        ("/notes/1?other=a", r#"{"text": "a", "other": "a"}"#, "query other unknown"),
    ] {
        let response = send("PUT", target, JSON, json).await;
        assert!(found(&response).contains(&expected.to_owned()), "{target} {json}");
    }
}

#[tokio::test]
async fn a_thousand_unknown_names_are_a_hundred_violations() {
    let form: Vec<_> = (0..1000).map(|number| format!("a{number}=1")).collect();
    let response = send("PUT", "/notes/1?text=a", FORM, &form.join("&")).await;
    assert_eq!(found(&response).len(), 100);
    let response = send("PUT", "/notes/1?text=a", FORM, &"a".repeat(1000)).await;
    assert!(response.text().len() < 1000, "{}", response.text());
}

#[tokio::test]
async fn whole_content_is_checked_by_its_type() {
    let patched = send("PATCH", "/notes/1?silent=true", JSON, r#"{"other": 1}"#).await;
    assert_eq!(patched.json::<Value>(), "Change { title: Absent, size: Absent } Some(true)");
    let response = send("PATCH", "/notes/1?loud=true", JSON, "{}").await;
    assert_eq!(found(&response), ["query loud unknown"]);
    assert_eq!(send("DELETE", "/notes/1", JSON, r#"{"other": 1}"#).await.json::<Value>(), 12);
}

#[tokio::test]
async fn content_can_deny_unknown_members() {
    for (media_type, content) in
        [(JSON, r#"{"nmae": "a"}"#), (FORM, "nmae=a"), ("text/xml", "<r><nmae>a</nmae></r>")]
    {
        let response = send("PUT", "/strict", media_type, content).await;
        assert_eq!(response.status(), 400, "{media_type}");
        assert_eq!(found(&response), ["content nmae unknown"], "{media_type}");
        let detail = &response.json::<Value>()["errors"][0]["detail"];
        assert_eq!(detail, "nmae is unknown. Supported are: name.", "{media_type}");
    }
    assert_eq!(send("PUT", "/strict", JSON, r#"{"name": "a"}"#).await.json::<Value>(), "a");
}

#[tokio::test]
async fn the_documents_say_that_unknown_names_are_denied() {
    let document = client().get("/_internal/openapi").send().await.json::<Value>();
    let put = &document["paths"]["/notes/{id}"]["put"];
    let schema = &put["requestBody"]["content"]["application/json"]["schema"];
    assert_eq!(schema["additionalProperties"], false);
    let sentence = "Other parameters are not accepted.";
    assert!(put["description"].as_str().is_some_and(|text| text.contains(sentence)), "{put}");
    let patch = &document["paths"]["/notes/{id}"]["patch"]["requestBody"]["content"];
    assert!(!patch.to_string().contains("additionalProperties"), "{patch}");
    assert_eq!(document["components"]["schemas"]["Strict"]["additionalProperties"], false);
    let help = client().get("/_internal/help").header("accept", "text/html").send().await;
    assert!(help.text().contains(sentence));
    let help = client().get("/_internal/help").send().await.json::<Value>();
    let note = &help["resources"][0];
    assert_eq!(note["methods"][0]["deny_unknown"], true, "{note}");
}

#[tokio::test]
async fn a_missing_member_of_a_patch_is_absent_and_null_is_null() {
    for (media_type, content, expected) in [
        (JSON, "{}", "Change { title: Absent, size: Absent }"),
        (JSON, r#"{"title": null}"#, "Change { title: Null, size: Absent }"),
        (JSON, r#"{"size": 2}"#, "Change { title: Absent, size: Value(2) }"),
        ("application/merge-patch+json", "{}", "Change { title: Absent, size: Absent }"),
        (FORM, "size=2", "Change { title: Absent, size: Value(2) }"),
        ("text/xml", "<r><size>2</size></r>", "Change { title: Absent, size: Value(2) }"),
        ("text/xml", "<r><title/></r>", "Change { title: Null, size: Absent }"),
    ] {
        let response = send("PATCH", "/notes/1", media_type, content).await;
        assert_eq!(
            response.json::<Value>(),
            json!(format!("{expected} None")),
            "{media_type} {content}"
        );
    }
    assert_eq!(send("PATCH", "/notes/1", JSON, r#"{"size": "a"}"#).await.status(), 400);
}
