//! Behaviour of the Python original, covered by its own tests, that this framework keeps.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use serde_json::Value;
use wsgiservice::{
    Application, Created, EntityTag, Policy, Problem, mount, resource,
    testing::{Client, TestResponse},
};

use super::strict;

#[mount("/res1/{id}", representations = [xml, json])]
#[validate(id, re = "[a-z]{5}")]
struct Resource1;

#[resource]
impl Resource1 {
    fn get(&self, id: String, number: Option<String>) -> String {
        format!(
            "GET was called with id {id}, number {}",
            number.unwrap_or_else(|| "None".to_owned())
        )
    }

    #[validate(number, re = "[0-9]+")]
    fn post(&self, id: String, number: String) -> String {
        format!("POST was called with id {id}, number {number}")
    }
}

#[mount("/res2")]
struct Resource2;

#[resource]
impl Resource2 {
    fn post(&self) -> Created<()> {
        Created::at("/res2/test", ())
    }

    fn put(&self) -> Created<()> {
        Created::at("foo", ())
    }
}

#[mount("/res4", representations = [xml, json])]
struct Resource4;

#[resource]
impl Resource4 {
    fn etag(&self, id: Option<String>) -> Option<EntityTag> {
        id.map(EntityTag::strong)
    }

    fn last_modified(&self) -> Option<SystemTime> {
        Some(UNIX_EPOCH + Duration::from_secs(1_241_188_200))
    }

    #[expires(seconds = 138)]
    fn get(&self, id: Option<String>) -> String {
        format!("Called with id: {id:?}")
    }

    fn post(&self, id: Option<String>) -> String {
        format!("POST Called with id: {id:?}")
    }
}

#[mount("/res5", representations = [xml, json])]
struct Resource5;

#[resource]
impl Resource5 {
    fn get(&self, throw: Option<String>) -> Result<&'static str, Problem> {
        match throw.as_deref() {
            Some("1") => Err(Problem::internal("Some random exception.")),
            _ => Ok("Throwing nothing"),
        }
    }
}

#[mount("/res6/{id}", representations = [xml, json])]
struct Resource6 {
    items: BTreeMap<&'static str, &'static str>,
}

#[resource]
impl Resource6 {
    #[expires(days = 1, vary = ["Authorization"])]
    fn get(&self, id: String) -> Option<&'static str> {
        self.items.get(&*id).copied()
    }
}

#[mount("/user")]
struct User;

#[resource]
impl User {
    fn post(
        &self,
        #[validate(default = 5)] id: u32,
        #[validate(convert = reversed, len = 1..)] name: String,
        #[validate(doc = "May be empty.")] nick: Option<String>,
    ) -> String {
        format!("{id} {name} {nick:?}")
    }

    fn put(&self, content: Bytes) -> String {
        format!("{content:?}")
    }
}

fn reversed(text: &str) -> Result<String, &'static str> {
    match text {
        "bad" => Err("It must be good."),
        text => Ok(text.chars().rev().collect()),
    }
}

#[mount("/{*path}")]
struct Anything;

#[resource]
impl Anything {
    fn get(&self, path: String) -> String {
        path
    }
}

/// A resource with a custom representation as its default, and without JSON.
#[mount("/res8", representations = [txt, xml])]
struct Resource8;

#[resource]
impl Resource8 {
    fn get(&self) -> String {
        "works".to_owned()
    }

    #[representation(".txt", "text/plain")]
    fn text(&self, text: &String) -> String {
        format!("Text: {text}")
    }
}

fn client() -> Client {
    let application = Application::new("original").mount(Resource1).mount(Resource2);
    let application = application.mount(Resource4).mount(Resource5).mount(User).mount(Resource8);
    strict(application.mount(Resource6 { items: [("uid", "works")].into() }))
}

async fn ask(method: &str, target: &str, fields: &[(&str, &str)]) -> TestResponse {
    let request = client().request(method, target);
    fields.iter().fold(request, |request, (name, value)| request.header(name, value)).send().await
}

async fn post(target: &str, media_type: &str, content: &'static str) -> TestResponse {
    client().post(target).header("content-type", media_type).body(content).send().await
}

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

#[tokio::test]
async fn a_get_ignores_the_parameters_in_its_content() {
    for (method, text) in
        [("GET", "<response>GET was called with id theid, number None</response>"), ("HEAD", "")]
    {
        let request = client().request(method, "/res1/theid").header("content-type", FORM);
        let response = request.body("number=42&baz=foobar").send().await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.text(), text);
    }
}

#[tokio::test]
async fn a_post_reads_the_parameters_in_its_content() {
    let response = post("/res1/theid", FORM, "number=42&baz=foobar").await;
    assert_eq!(response.text(), "<response>POST was called with id theid, number 42</response>");
}

#[tokio::test]
async fn the_rules_of_a_method_and_of_its_resource_apply() {
    for (target, content, text) in [
        ("/res1/theid", "number=", "Value for number must not be empty."),
        ("/res1/theid", "", "Value for number must not be empty."),
        ("/res1/theid", "number=fo", "number value fo does not validate."),
        ("/res1/theidtoolong", "number=1", "id value theidtoolong does not validate."),
    ] {
        let response = post(target, FORM, content).await;
        assert_eq!(response.status(), 400);
        assert!(response.text().contains(&format!("<error>{text}</error>")), "{}", response.text());
    }
}

#[tokio::test]
async fn an_absent_parameter_gets_its_default_in_forms_and_json() {
    for (media_type, without, with) in [
        (FORM, "name=ab", "name=ab&id=7"),
        (JSON, r#"{"name": "ab"}"#, r#"{"name": "ab", "id": "7"}"#),
        (JSON, r#"{"name": "ab"}"#, r#"{"name": "ab", "id": 7}"#),
    ] {
        assert_eq!(post("/user", media_type, without).await.json::<Value>(), "5 ba None");
        assert_eq!(post("/user", media_type, with).await.json::<Value>(), "7 ba None");
    }
}

#[tokio::test]
async fn a_validated_parameter_must_not_be_empty_in_forms_and_json() {
    for (media_type, content) in [(FORM, "name=&nick="), (JSON, r#"{"name": "", "nick": ""}"#)] {
        let response = post("/user", media_type, content).await;
        assert_eq!(response.json::<Value>()["error"], "Value for name must not be empty.");
        assert_eq!(response.json::<Value>()["errors"].as_array().map(Vec::len), Some(1));
    }
}

#[tokio::test]
async fn a_failed_conversion_is_a_violation() {
    for (media_type, content) in [(FORM, "name=bad"), (JSON, r#"{"name": "bad"}"#)] {
        let response = post("/user", media_type, content).await;
        assert_eq!(response.status(), 400);
        assert_eq!(response.json::<Value>()["error"], "name value bad does not validate.");
    }
}

#[tokio::test]
async fn invalid_json_is_reported() {
    let response = post("/user", JSON, "{").await;
    assert_eq!(response.status(), 400);
    assert_eq!(response.json::<Value>()["error"], "Invalid JSON content data");
}

#[tokio::test]
async fn latin_1_content_reaches_the_method_unchanged() {
    let request = client().put("/user").header("content-type", FORM);
    assert_eq!(request.body(b"F\xfchler".to_vec()).send().await.json::<Value>(), r#"b"F\xfchler""#);
}

#[tokio::test]
async fn invalid_utf_8_in_a_parameter_is_reported() {
    for content in ["name=F%FChler", "name=a&id=%ff"] {
        assert_eq!(
            post("/user", FORM, content).await.json::<Value>()["errors"][0]["code"],
            "encoding"
        );
    }
    let response = ask("GET", "/res1/theid?number=F%FChler", &[("accept", JSON)]).await;
    assert_eq!(response.json::<Value>()["errors"][0]["code"], "encoding");
    assert_eq!(ask("GET", "/res1/theid?other=F%FChler", &[]).await.status(), 200);
}

#[tokio::test]
async fn a_location_may_be_absolute_or_relative_and_loses_the_extension() {
    for (method, target, location) in [
        ("POST", "/res2", "/res2/test"),
        ("PUT", "/res2", "/res2/foo"),
        ("PUT", "/res2.json", "/res2/foo"),
    ] {
        let response = ask(method, target, &[]).await;
        assert_eq!(response.status(), 201);
        assert_eq!(response.field("location"), Some(location), "{method} {target}");
    }
}

#[tokio::test]
async fn an_etag_has_its_representation_as_suffix() {
    assert_eq!(ask("GET", "/res4?id=myid", &[]).await.field("etag"), Some("\"myid_xml\""));
    let response = ask("GET", "/res4?id=myid", &[("accept", JSON)]).await;
    assert_eq!(response.field("etag"), Some("\"myid_json\""));
    let response = ask("GET", "/res4.json?id=myid", &[]).await;
    assert_eq!(response.field("etag"), Some("\"myid_json\""));
    assert_eq!(ask("GET", "/res4", &[]).await.field("etag"), None);
}

#[tokio::test]
async fn etag_preconditions_are_evaluated() {
    for (method, field, tag, status) in [
        ("GET", "if-match", "\"otherid\"", 412),
        ("GET", "if-match", "\"myid_xml\"", 200),
        ("GET", "if-none-match", "\"myid_xml\"", 304),
        ("HEAD", "if-none-match", "\"myid_xml\"", 304),
        ("POST", "if-none-match", "\"myid_xml\"", 412),
        ("GET", "if-none-match", "\"otherid\"", 200),
    ] {
        let response = ask(method, "/res4?id=myid", &[(field, tag)]).await;
        assert_eq!(response.status(), status, "{method} {field}");
    }
}

#[tokio::test]
async fn date_preconditions_are_evaluated() {
    let modified = "Fri, 01 May 2009 14:30:00 GMT";
    assert_eq!(ask("GET", "/res4", &[]).await.field("last-modified"), Some(modified));
    let (before, after) = ("Fri, 01 May 2009 14:18:10 GMT", "Fri, 01 May 2009 15:30:00 GMT");
    for (method, field, date, status) in [
        ("GET", "if-modified-since", before, 200),
        ("GET", "if-modified-since", modified, 304),
        ("GET", "if-unmodified-since", before, 412),
        ("HEAD", "if-unmodified-since", before, 412),
        ("POST", "if-unmodified-since", before, 412),
        ("GET", "if-unmodified-since", after, 200),
    ] {
        let response = ask(method, "/res4", &[(field, date)]).await;
        assert_eq!(response.status(), status, "{method} {field} {date}");
    }
}

#[tokio::test]
async fn an_error_is_a_500_in_the_requested_representation() {
    let response = ask("GET", "/res5?throw=1", &[("accept", JSON)]).await;
    assert_eq!(response.status(), 500);
    assert!(response.json::<Value>()["error"].is_string());
    let response = ask("GET", "/res5?throw=1", &[("accept", "text/xml")]).await;
    assert_eq!(response.status(), 500);
    assert!(response.text().starts_with("<response>") && response.text().contains("<error>"));
}

#[tokio::test]
async fn an_unknown_key_gets_a_404() {
    let response = ask("GET", "/res6/foo", &[]).await;
    assert_eq!(response.status(), 404);
    assert!(response.text().contains("<error>Not Found</error>"));
    let response = ask("GET", "/res6/uid", &[]).await;
    assert_eq!(response.text(), "<response>works</response>");
    assert_eq!(response.field("cache-control"), Some("max-age=86400"));
    let vary: Vec<_> = response.fields().get_all("vary").iter().collect();
    assert_eq!(vary, ["Accept, Accept-Encoding, Authorization"]);
}

#[tokio::test]
async fn a_custom_representation_can_be_the_default() {
    let response = ask("GET", "/res8", &[]).await;
    assert_eq!(response.text(), "Text: works");
    assert_eq!(response.field("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(ask("GET", "/res8.xml", &[]).await.text(), "<response>works</response>");
    assert_eq!(ask("GET", "/res8.json", &[]).await.status(), 404);
    assert_eq!(ask("GET", "/res8", &[("accept", JSON)]).await.status(), 406);
}

#[tokio::test]
async fn an_unacceptable_accept_gets_the_default_if_the_application_enables_it() {
    let application = Application::new("original")
        .mount(Resource5)
        .policy(Policy::new().default_for_unacceptable(true));
    let client = strict(application);
    for accept in ["image/png", "foo/bar, text/html;q=0.5"] {
        let response = client.get("/res5").header("accept", accept).send().await;
        assert_eq!(response.text(), "<response>Throwing nothing</response>", "{accept}");
        assert_eq!(response.field("vary"), Some("Accept, Accept-Encoding"));
    }
}

#[tokio::test]
async fn a_method_unknown_to_the_application_gets_a_501() {
    let client = strict(
        Application::new("original")
            .mount(Resource5)
            .policy(Policy::new().known_methods(["GET", "PUT"])),
    );
    for (method, status) in [("PUT", 405), ("PATCH", 501), ("OPTIONS", 204)] {
        let response = client.request(method, "/res5").send().await;
        assert_eq!(response.status(), status, "{method}");
        assert_eq!(response.field("allow"), Some("GET, HEAD, OPTIONS"), "{method}");
    }
}

#[tokio::test]
async fn only_the_exact_path_is_ignored() {
    let client = strict(Application::new("original").mount(Anything));
    let ignored = client.get("/favicon.ico").send().await;
    assert_eq!(ignored.status(), 404);
    assert_eq!(ignored.json::<Value>()["error"], "Not Found");
    assert_eq!(client.get("/foo/favicon.ico").send().await.json::<Value>(), "foo/favicon.ico");
}
