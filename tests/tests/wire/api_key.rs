//! Keys of clients: where they are, and what a request without a valid one gets.

use serde_json::{Value, json};
use wsgiservice::{
    ApiKey, Application, Authorized, Problem, mount, resource,
    testing::{Client, TestResponse},
};

use super::strict;

/// The hook asks for a key.
#[mount("/hook")]
struct ByHook;

#[resource]
impl ByHook {
    fn authorize(&self, #[from(header = "X-Api-Key")] key: ApiKey) -> Result<(), Problem> {
        if key.secret().matches("right") { Ok(()) } else { Err(key.refused()) }
    }

    fn get(&self) -> &'static str {
        "welcome"
    }
}

/// What the keys of a request were.
struct Keys([Option<String>; 2]);

/// The hook takes keys from two places.
#[mount("/optional", deny_unknown)]
struct Optional;

#[resource]
impl Optional {
    fn authorize(
        &self,
        #[from(cookie = "key")] cookie: Option<ApiKey>,
        #[from(query = "api key")] query: Option<ApiKey>,
    ) -> Result<Keys, Problem> {
        Ok(Keys([cookie, query].map(|key| key.map(|key| key.secret().expose().clone()))))
    }

    fn get(&self, keys: Authorized<Keys>) -> String {
        format!("{:?}", keys.0)
    }
}

/// The hook shows its key.
#[mount("/shown")]
struct Shown;

#[resource]
impl Shown {
    fn authorize(&self, #[from(query = "api key")] key: ApiKey) -> Result<String, Problem> {
        Ok(format!("{key:?}"))
    }

    fn post(&self, key: Authorized<String>) -> String {
        key.into_inner()
    }
}

fn client() -> Client {
    strict(Application::new("keys").mount(ByHook).mount(Optional).mount(Shown))
}

async fn get(target: &str, fields: &[(&str, &str)]) -> TestResponse {
    let request = fields
        .iter()
        .fold(client().get(target), |request, (name, value)| request.header(name, value));
    request.send().await
}

#[tokio::test]
async fn a_key_is_found_where_it_is_declared() {
    assert_eq!(get("/hook", &[("x-api-key", "right")]).await.text(), r#""welcome""#);
    let response = get("/optional?api+key=a+b", &[("cookie", "x=y; key=c")]).await;
    assert_eq!(response.json::<Value>(), r#"[Some("c"), Some("a b")]"#);
    assert_eq!(get("/optional", &[]).await.json::<Value>(), "[None, None]");
}

#[tokio::test]
async fn a_request_without_a_valid_key_gets_a_challenge() {
    for fields in [
        &[][..],
        &[("x-api-key", "")],
        &[("x-api-key", "wrong")],
        &[("x-api-key", "right"), ("x-api-key", "right")],
        &[("cookie", "X-Api-Key=right")],
        &[("authorization", "ApiKey right")],
    ] {
        let response = get("/hook", fields).await;
        assert_eq!(response.status(), 401, "{fields:?}");
        let challenge = r#"ApiKey in="header", name="X-Api-Key""#;
        assert_eq!(response.field("www-authenticate"), Some(challenge));
        assert!(!response.text().contains("wrong"), "{}", response.text());
    }
    let response = client().post("/shown").send().await;
    assert_eq!(response.status(), 401);
    let challenge = r#"ApiKey in="query", name="api%20key""#;
    assert_eq!(response.field("www-authenticate"), Some(challenge));
}

#[tokio::test]
async fn a_key_is_never_shown() {
    let response = client().post("/shown?api+key=s3cr3t").send().await;
    assert_eq!(response.status(), 200);
    assert!(!response.text().contains("s3cr3t"), "{}", response.text());
    for target in ["/optional?api+key=s3cr3t&api+key=s3cr3t", "/optional?api+key=s3cr3t%FF"] {
        let response = client().get(target).header("accept", "text/xml").send().await;
        assert!(response.status().is_client_error());
        let errors = response.text().replace(&format!("<instance>{target}</instance>"), "");
        assert!(!errors.contains("value s3cr3t"), "{errors}");
    }
}

#[tokio::test]
async fn a_response_depends_on_the_key() {
    let response = get("/hook", &[("x-api-key", "right")]).await;
    assert_eq!(response.field("vary"), Some("Accept, Accept-Encoding, X-Api-Key"));
    let response = get("/optional", &[]).await;
    assert_eq!(response.field("vary"), Some("Accept, Accept-Encoding, Cookie"));
}

#[tokio::test]
async fn a_key_is_a_security_scheme_and_no_parameter() {
    let document = client().get("/_internal/openapi").send().await.json::<Value>();
    let mut schemes: Vec<_> = document["components"]["securitySchemes"]
        .as_object()
        .expect("schemes")
        .values()
        .cloned()
        .collect();
    schemes.sort_by_key(ToString::to_string);
    assert_eq!(
        schemes,
        [
            json!({"type": "apiKey", "in": "cookie", "name": "key"}),
            json!({"type": "apiKey", "in": "header", "name": "X-Api-Key"}),
            json!({"type": "apiKey", "in": "query", "name": "api key"}),
        ]
    );
    let get = &document["paths"]["/optional"]["get"];
    assert_eq!(get["security"].as_array().map(Vec::len), Some(2));
    assert_eq!(get["parameters"], Value::Null);
    assert!(get["responses"]["401"]["headers"]["WWW-Authenticate"].is_object());
}

#[tokio::test]
async fn the_help_page_has_a_field_for_the_key() {
    let page = client().get("/_internal/help").header("accept", "text/html").send().await;
    let page = page.text();
    for expected in [
        r#"type="password" autocomplete="off" data-in="header" data-name="X-Api-Key""#,
        "-H 'X-Api-Key: KEY'",
        "-b 'key=KEY'",
        "?api%20key=KEY",
        "ApiKey in=&quot;header&quot;, name=&quot;X-Api-Key&quot;",
    ] {
        assert!(page.contains(expected), "{expected}");
    }
}
