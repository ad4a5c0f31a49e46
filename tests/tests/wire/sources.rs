//! Where a parameter comes from, and by which name, if `#[from]` says so.

use serde_json::{Value, json};
use wsgiservice::{
    Application, Secret,
    content::File,
    mount, resource,
    testing::{Client, TestResponse},
};

use super::{strict, violations};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

#[mount("/users/{id}", deny_unknown)]
#[validate(id, range = 1..=9, doc = "The number of the user.")]
#[validate(size, range = 1..=100)]
struct User;

#[resource]
impl User {
    fn exists(&self, #[from(path = "id")] user: u32) -> bool {
        user < 9
    }

    fn get(
        &self,
        #[from(path = "id")] user: u32,
        #[from(query = "page-size")]
        #[validate(default = 10)]
        size: u32,
        #[from(query = "type")] kind: Option<String>,
        #[from(cookie = "theme")]
        #[validate(one_of = ["dark", "light"])]
        theme: Option<String>,
        #[from(cookie = "session")] session: Option<Secret<String>>,
        #[from(header = "X-Key")] key: Option<Secret<String>>,
    ) -> String {
        let secrets = [session, key].map(|secret| secret.map(Secret::into_inner));
        format!("{user} {size} {kind:?} {theme:?} {secrets:?}")
    }

    fn post(
        &self,
        #[from(path = "id")] user: u32,
        #[from(query = "dry-run")] is_trial: Option<bool>,
        #[from(content = "last-name")]
        #[validate(len = 1..)]
        name: String,
        #[from(content = "tag[]")] tags: Vec<String>,
        #[from(content = "profile-picture")] picture: Option<File>,
    ) -> String {
        format!("{user} {is_trial:?} {name} {tags:?} {}", picture.is_some())
    }
}

#[mount("/files/{*path}")]
struct Tree;

#[resource]
impl Tree {
    fn get(
        &self,
        #[from(path = "path")] segments: Vec<String>,
        #[from(cookie = "id")] ids: Vec<u32>,
    ) -> String {
        format!("{segments:?} {ids:?}")
    }
}

fn client() -> Client {
    strict(Application::new("sources").mount(User).mount(Tree))
}

async fn get(target: &str, fields: &[(&str, &str)]) -> TestResponse {
    let request = fields
        .iter()
        .fold(client().get(target), |request, (name, value)| request.header(name, value));
    request.send().await
}

async fn post(target: &str, content_type: &str, content: &str) -> TestResponse {
    let request = client().post(target).header("content-type", content_type);
    request.body(content.to_owned()).send().await
}

#[tokio::test]
async fn a_parameter_has_the_name_of_its_source() {
    let response = get("/users/7?page-size=5&type=a", &[]).await;
    assert_eq!(response.json::<Value>(), r#"7 5 Some("a") None [None, None]"#);
    let response = get("/users/7", &[]).await;
    assert_eq!(response.json::<Value>(), "7 10 None None [None, None]");
    let content = json!({"last-name": "Ada", "tag[]": ["a", "b"]}).to_string();
    let response = post("/users/7?dry-run=true", JSON, &content).await;
    assert_eq!(response.json::<Value>(), r#"7 Some(true) Ada ["a", "b"] false"#);
    let response = post("/users/7", FORM, "last-name=Ada&tag%5B%5D=a&tag%5B%5D=b").await;
    assert_eq!(response.json::<Value>(), r#"7 None Ada ["a", "b"] false"#);
    let response = get("/files/a/b", &[]).await;
    assert_eq!(response.json::<Value>(), r#"["a", "b"] []"#);
}

#[tokio::test]
async fn a_file_has_the_name_of_its_source() {
    let content = "--b\r\ncontent-disposition: form-data; name=\"last-name\"\r\n\r\nAda\r\n\
        --b\r\ncontent-disposition: form-data; name=\"profile-picture\"; filename=\"a\"\r\n\r\nx\r\n--b--\r\n";
    let response = post("/users/7", "multipart/form-data; boundary=b", content).await;
    assert_eq!(response.json::<Value>(), "7 None Ada [] true");
}

#[tokio::test]
async fn another_source_is_not_read() {
    let content = json!({"last-name": "Ada", "dry-run": true}).to_string();
    let response = post("/users/7", JSON, &content).await;
    assert_eq!(violations(&response), [("dry-run".into(), "content".into(), "unknown".into())]);
    let response = post("/users/7?last-name=Ada", JSON, "{}").await;
    assert_eq!(
        violations(&response),
        [
            ("last-name".into(), "content".into(), "missing".into()),
            ("last-name".into(), "query".into(), "unknown".into()),
        ]
    );
}

#[tokio::test]
async fn the_name_of_the_argument_is_unknown_to_clients() {
    let response = get("/users/7?size=5&kind=a", &[]).await;
    assert_eq!(
        violations(&response),
        [
            ("size".into(), "query".into(), "unknown".into()),
            ("kind".into(), "query".into(), "unknown".into()),
        ]
    );
}

#[tokio::test]
async fn a_violation_has_the_name_of_the_source() {
    let response = get("/users/10?page-size=101", &[("cookie", "theme=pink")]).await;
    assert_eq!(
        violations(&response),
        [
            ("id".into(), "path".into(), "range".into()),
            ("page-size".into(), "query".into(), "range".into()),
            ("theme".into(), "cookie".into(), "one_of".into()),
        ]
    );
}

#[tokio::test]
async fn a_hook_takes_a_path_variable_by_another_name() {
    for (id, expected) in [(8, 200), (9, 412)] {
        let request = client().get(&format!("/users/{id}")).header("if-match", "*");
        assert_eq!(request.send().await.status(), expected, "{id}");
    }
}

#[tokio::test]
async fn cookies_are_in_one_line_or_in_several() {
    for fields in [
        &[("cookie", "a=1; theme=dark; session=x=y")][..],
        &[("cookie", "theme=dark"), ("cookie", "session=x=y")],
        &[("cookie", "Theme=light;theme=dark; ; session=x=y;")],
    ] {
        let response = get("/users/7", fields).await;
        let expected = r#"7 10 None Some("dark") [Some("x=y"), None]"#;
        assert_eq!(response.json::<Value>(), expected, "{fields:?}");
    }
    let response = get("/files/a", &[("cookie", "id=1; id=2"), ("cookie", "id=3")]).await;
    assert_eq!(response.json::<Value>(), r#"["a"] [1, 2, 3]"#);
}

#[tokio::test]
async fn a_cookie_that_is_sent_twice_is_a_violation() {
    let response = get("/users/7", &[("cookie", "theme=dark; theme=light")]).await;
    assert_eq!(violations(&response), [("theme".into(), "cookie".into(), "repeated".into())]);
}

#[tokio::test]
async fn the_value_of_a_cookie_is_never_echoed() {
    for cookie in ["theme=s3cr3t", "session=s3cr3t; session=s3cr3t"] {
        for accept in ["application/json", "text/xml"] {
            let response = get("/users/7", &[("cookie", cookie), ("accept", accept)]).await;
            assert_eq!(response.status(), 400);
            assert!(!response.text().contains("s3cr3t"), "{}", response.text());
        }
    }
}

#[tokio::test]
async fn a_secret_can_be_in_a_field_or_a_cookie() {
    let response = get("/users/7", &[("cookie", "session=a"), ("x-key", "b")]).await;
    assert_eq!(response.json::<Value>(), r#"7 10 None None [Some("a"), Some("b")]"#);
}

#[tokio::test]
async fn a_response_depends_on_the_cookies_that_are_read() {
    let response = get("/users/7", &[]).await;
    assert_eq!(response.field("vary"), Some("Accept, Accept-Encoding, Cookie, X-Key"));
    let response = post("/users/7", FORM, "last-name=Ada").await;
    assert_eq!(response.field("vary"), Some("Accept, Accept-Encoding"));
}

#[tokio::test]
async fn openapi_has_the_names_of_the_sources() {
    let document = client().get("/_internal/openapi").send().await.json::<Value>();
    let get = &document["paths"]["/users/{id}"]["get"];
    let parameters = get["parameters"].as_array().expect("parameters").iter();
    let listed: Vec<_> =
        parameters.map(|it| format!("{} {}", it["in"], it["name"]).replace('"', "")).collect();
    assert_eq!(
        listed,
        [
            "path id",
            "query page-size",
            "query type",
            "cookie theme",
            "cookie session",
            "header X-Key"
        ]
    );
    assert_eq!(get["parameters"][0]["description"], "The number of the user.");
    assert_eq!(get["parameters"][0]["schema"]["maximum"], 9);
    assert_eq!(get["parameters"][4]["schema"], json!({"type": "string", "format": "password"}));
    let post = &document["paths"]["/users/{id}"]["post"];
    let schema = &post["requestBody"]["content"][JSON]["schema"];
    assert_eq!(schema["required"], json!(["last-name"]));
    assert!(schema["properties"]["tag[]"]["items"].is_object(), "{schema}");
    assert_eq!(post["parameters"][1]["name"], "dry-run");
}

#[tokio::test]
async fn the_help_page_has_the_names_of_the_sources() {
    let page = client().get("/_internal/help").header("accept", "text/html").send().await;
    let page = page.text();
    for expected in [
        r#"data-in="query" data-name="page-size""#,
        r#"data-in="cookie" data-name="theme""#,
        r#"data-in="path" data-name="id""#,
        r#"data-in="content" data-name="last-name""#,
        "--data-urlencode 'last-name=",
        "<td data-label=\"In\">cookie</td>",
    ] {
        assert!(page.contains(expected), "{expected}");
    }
    assert!(!page.contains("is_trial"), "the name of an argument is not shown");
}

/// Without a name, `#[from]` fixes the source, and the name is that of the argument.
#[tokio::test]
async fn a_source_without_a_name_has_that_of_the_argument() {
    #[mount("/bare/{id}")]
    struct Bare;

    #[resource]
    impl Bare {
        fn post(
            &self,
            #[from(path)] id: u32,
            #[from(query)] r#type: Option<String>,
            #[from(content)]
            #[validate(len = ..=3)]
            name: Option<String>,
            #[from(cookie)] theme: Option<String>,
        ) -> String {
            format!("{id} {type:?} {name:?} {theme:?}")
        }
    }

    let client = strict(Application::new("bare").mount(Bare));
    let content = json!({ "type": "content", "name": "n" });
    let response = client.post("/bare/7?type=t&name=query").cookie("theme", "dark").json(&content);
    assert_eq!(response.send().await.json::<Value>(), r#"7 Some("t") Some("n") Some("dark")"#);
    let response = client.post("/bare/7?name=query").json(&json!({ "type": "content" }));
    assert_eq!(response.send().await.json::<Value>(), "7 None None None");
    let response = client.post("/bare/x").json(&json!({ "name": "long" })).send().await;
    let expected = [("id", "path", "invalid"), ("name", "content", "length")]
        .map(|(name, place, code)| (name.to_owned(), place.to_owned(), code.to_owned()));
    assert_eq!(violations(&response), expected);
}
