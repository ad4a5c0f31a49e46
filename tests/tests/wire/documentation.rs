//! The documentation of an application: the help page and the OpenAPI document.

use std::net::SocketAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use wsgiservice::{
    Application, Content, Created, EntityTag, Problem, Resource, Secret, content::File, mount,
    resource, testing::Client,
};

use super::{status, strict, text};

/// A note, with <b>markup</b> of its own.
#[mount("/notes/{id}", etag = auto)]
#[validate(id, range = 1..=1000, example = 7, doc = "The number of the *note*.")]
struct Note;

#[derive(Serialize, Deserialize, JsonSchema)]
struct Text {
    /// The text of the note.
    text: String,
    tags: Vec<String>,
}

#[derive(Debug, thiserror::Error, Problem)]
enum NoteError {
    /// A note with this number already exists.
    #[error("the note already exists")]
    #[problem(409)]
    Taken,
}

#[derive(Debug, thiserror::Error, Problem)]
enum Denied {
    #[error("who are you?")]
    #[problem(401, challenge = "Basic realm=\"notes\"")]
    Unknown,
    #[error("not you")]
    #[problem(403)]
    Forbidden,
}

#[resource]
impl Note {
    fn authorize(&self, #[from(header = "X-Key")] key: Option<String>) -> Result<(), Denied> {
        match key.as_deref() {
            Some("no") => Err(Denied::Forbidden),
            Some("none") => Err(Denied::Unknown),
            _ => Ok(()),
        }
    }

    /// Return the note.
    ///
    /// The note includes its full text.
    #[expires(days = 1)]
    fn get(
        &self,
        id: u32,
        #[validate(len = 1..=20, re = "[a-z]+")] word: Option<String>,
        #[validate(default = 10)] count: u8,
        tag: Vec<String>,
    ) -> Option<Text> {
        (id == 7).then(|| Text { text: format!("{word:?} {count}"), tags: tag })
    }

    /// Create the note.
    fn put(&self, id: u32, content: Content<Text>) -> Result<Created<Text>, NoteError> {
        match id {
            7 => Err(NoteError::Taken),
            _ => Ok(Created::at(Self::path(id), content.into_inner())),
        }
    }

    /// Delete the note.
    #[deprecated(note = "Write an empty note instead.")]
    #[sunset(since = "2026-11-24", on = "2027-06-30")]
    fn delete(&self, id: u32) {
        let _ = id;
    }
}

/// All notes.
#[mount("/notes")]
struct Notes;

#[resource]
impl Notes {
    /// Add a note.
    fn post(
        &self,
        #[validate(len = 1..=20)] text: String,
        password: Option<Secret<String>>,
        picture: Option<File>,
    ) -> Result<Created<()>, Problem> {
        drop((password, picture));
        Ok(Created::at(text, ()))
    }
}

fn application() -> Application {
    Application::new("notes").mount(Notes).mount(Note)
}

/// The OpenAPI document of an application with one resource.
async fn document_of(resource: impl Resource) -> Value {
    let client = Client::new(Application::new("one").mount(resource));
    client.get("/_internal/openapi.json").send().await.json::<Value>()
}

fn client() -> Client {
    strict(application())
}

async fn openapi() -> Value {
    client().get("/_internal/openapi.json").send().await.json::<Value>()
}

/// The value at a JSON pointer.
fn at<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    value.pointer(pointer).unwrap_or_else(|| panic!("{pointer} in {value}"))
}

#[tokio::test]
async fn the_help_page_is_negotiated_like_any_resource() {
    let html = client().get("/_internal/help").header("accept", "text/html").send().await;
    assert_eq!(html.field("content-type"), Some("text/html; charset=utf-8"));
    let json = client().get("/_internal/help").send().await;
    assert_eq!(json.json::<Value>()["name"], "notes");
    assert_eq!(text(&client(), "/_internal/help.json").await, json.text());
    let xml = text(&client(), "/_internal/help.xml").await;
    assert!(xml.starts_with("<response><name>notes</name>"), "{xml}");
    roxmltree::Document::parse(&xml).expect("XML");
    let etag = json.field("etag").expect("a tag");
    let again = client().get("/_internal/help").header("if-none-match", etag).send().await;
    assert_eq!(again.status(), 304);
}

#[tokio::test]
async fn the_help_page_documents_every_detail_of_a_method() {
    let help = client().get("/_internal/help").send().await.json::<Value>();
    let resources = help["resources"].as_array().expect("resources");
    let paths: Vec<_> = resources.iter().map(|resource| &resource["path"]).collect();
    assert_eq!(paths, ["/notes", "/notes/{id}"], "sorted");
    let get = at(&help, "/resources/1/methods/0");
    assert_eq!(get["method"], "GET");
    assert_eq!(get["summary"], "Return the note.");
    assert_eq!(get["description"], "The note includes its full text.");
    assert_eq!(get["cache_control"], "max-age=86400");
    let parameter = |index: usize| &get["parameters"][index];
    assert_eq!(parameter(0)["in"], "path");
    assert_eq!(parameter(0)["rules"][0], "from 1 to 1000");
    assert_eq!(parameter(0)["example"], "7");
    assert_eq!(
        parameter(1)["rules"],
        serde_json::json!(["matches `[a-z]+`", "1 to 20 characters"])
    );
    assert_eq!(parameter(2)["default"], "10");
    assert_eq!(parameter(3)["repeated"], true);
    let key = parameter(4);
    assert_eq!(
        (&key["name"], &key["in"], &key["key"]),
        (&"key".into(), &"header".into(), &"X-Key".into())
    );
    let statuses = get["responses"].as_array().expect("responses").iter().map(|it| &it["status"]);
    let expected = [200, 304, 400, 401, 403, 404, 406, 412, 413, 500];
    assert_eq!(statuses.filter_map(Value::as_u64).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn the_help_page_escapes_markup_in_doc_comments() {
    let page = text(&client(), "/_internal/help.html").await;
    assert!(page.contains("A note, with &lt;b&gt;markup&lt;/b&gt; of its own."), "{page}");
    assert!(page.contains("The number of the <em>note</em>."));
}

#[tokio::test]
async fn the_help_page_loads_nothing_from_other_origins() {
    let page = client().get("/_internal/help.html").send().await;
    let policy = page.field("content-security-policy").expect("a policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'self'; script-src 'self'"));
    assert!(!page.text().contains("<style") && !page.text().contains("onclick"));
    let source = page.text().split("<script src=\"help/").nth(1).expect("a script");
    assert!(source.starts_with("script.js?"), "{source}");
    for (name, media_type) in [("style.css", "text/css"), ("script.js", "text/javascript")] {
        let response = client().get(&format!("/_internal/help/{name}")).send().await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.field("content-type"), Some(&*format!("{media_type}; charset=utf-8")));
    }
}

#[tokio::test]
async fn the_help_page_escapes_the_host_of_the_request() {
    let request = client().get("/_internal/help.html").header("host", "a\"><script>");
    assert!(!request.send().await.text().contains("a\"><script>"));
}

async fn status_over_a_socket(application: Application) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
    let address: SocketAddr = listener.local_addr().expect("an address");
    let server = tokio::spawn(application.serve(listener));
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let request = "GET /_internal/help HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut response = String::new();
    stream.read_to_string(&mut response).await.expect("a response");
    server.abort();
    response.split(' ').nth(1).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn internal_paths_are_served_only_to_trusted_networks() {
    let trusting = |networks: &str| {
        let networks = networks.split(',').map(|network| network.parse().expect("a network"));
        application().trusted(networks)
    };
    assert_eq!(status_over_a_socket(application()).await, "200");
    assert_eq!(status_over_a_socket(trusting("127.0.0.1,10.0.0.0/8")).await, "200");
    assert_eq!(status_over_a_socket(trusting("10.0.0.0/8")).await, "404");
}

#[tokio::test]
async fn a_client_behind_a_proxy_is_trusted_only_if_its_network_was_chosen() {
    let unset = strict(application());
    let networks = ["127.0.0.0/8", "10.0.0.0/8"].map(|network| network.parse().expect("a network"));
    let chosen = strict(application().trusted(networks));
    for (name, value, expected) in [
        ("x-forwarded-for", "10.0.0.7", 200),
        ("x-forwarded-for", "10.0.0.7, 127.0.0.1", 200),
        ("forwarded", "for=10.0.0.7", 200),
        ("x-forwarded-for", "203.0.113.7", 404),
        ("x-forwarded-for", "10.0.0.7, 203.0.113.7", 404),
        ("x-forwarded-for", "unknown", 404),
        ("forwarded", "for=_hidden", 404),
        ("via", "1.1 proxy", 404),
    ] {
        let ask = |client: &Client| client.get("/_internal/help").header(name, value).send();
        assert_eq!(ask(&unset).await.status(), 404, "{name}: {value}");
        assert_eq!(ask(&chosen).await.status(), expected, "{name}: {value}");
    }
}

#[tokio::test]
async fn a_client_of_unknown_address_is_not_trusted() {
    use tower_service::Service;

    let request = http::Request::get("/_internal/help").body(String::new()).expect("a request");
    let response =
        application().build().expect("a service").call(request).await.expect("a response");
    assert_eq!(response.status(), 404);
}

#[tokio::test]
async fn openapi_documents_an_operation() {
    let document = openapi().await;
    assert_eq!(document["openapi"], "3.1.1");
    let get = at(&document, "/paths/~1notes~1{id}/get");
    assert_eq!(get["operationId"], "getNote");
    assert_eq!(get["tags"], serde_json::json!(["Note"]));
    let id = at(get, "/parameters/0");
    assert_eq!(id["required"], true);
    assert_eq!(id["schema"]["minimum"], 1);
    assert_eq!(id["example"], 7);
    assert_eq!(at(get, "/parameters/1/schema/pattern"), "^(?:[a-z]+)$");
    assert_eq!(at(get, "/parameters/2/schema/default"), 10);
    assert_eq!(at(get, "/parameters/3/schema/type"), "array");
    let reference = "/responses/200/content/application~1json/schema/$ref";
    assert_eq!(at(get, reference), "#/components/schemas/Text");
    for name in ["ETag", "Cache-Control", "Vary"] {
        at(get, &format!("/responses/200/headers/{name}"));
    }
    assert_eq!(
        at(&document, "/components/schemas/Text/properties/text/description"),
        "The text of the note."
    );
}

#[mount("/offers")]
struct Offers;

#[resource]
impl Offers {
    fn get(&self, accept: bool, #[from(header = "Accept")] types: Option<String>) -> bool {
        drop(types);
        accept
    }
}

#[tokio::test]
async fn openapi_omits_the_accept_header_but_not_a_query_parameter_named_accept() {
    let document = document_of(Offers).await;
    let parameters =
        at(&document, "/paths/~1offers/get/parameters").as_array().expect("parameters");
    let named: Vec<_> = parameters.iter().map(|it| (&it["name"], &it["in"])).collect();
    assert_eq!(named, [(&"accept".into(), &"query".into())]);
}

#[mount("/dice/{sides}")]
#[validate(sides, one_of = ["6", "20"], example = 20)]
struct Dice;

#[resource]
impl Dice {
    fn get(&self, sides: u8, #[validate(one_of = ["0.5", "2"])] times: Option<f64>) -> f64 {
        f64::from(sides) * times.unwrap_or(1.0)
    }
}

#[tokio::test]
async fn allowed_numbers_are_documented_as_numbers() {
    let document = document_of(Dice).await;
    let get = at(&document, "/paths/~1dice~1{sides}/get");
    assert_eq!(at(get, "/parameters/0/schema/enum"), &serde_json::json!([6, 20]));
    assert_eq!(at(get, "/parameters/1/schema/enum"), &serde_json::json!([0.5, 2]));
    let client = strict(Application::new("dice").mount(Dice));
    let page = text(&client, "/_internal/help.html").await;
    assert!(page.contains("<option>6</option><option selected>20</option>"), "{page}");
}

#[tokio::test]
async fn request_content_is_documented_by_media_type() {
    let document = openapi().await;
    let put = at(&document, "/paths/~1notes~1{id}/put/requestBody");
    assert_eq!(put["required"], true);
    assert_eq!(at(put, "/content/application~1json/schema/$ref"), "#/components/schemas/Text");
    let post = at(&document, "/paths/~1notes/post/requestBody");
    let schema = at(post, "/content/multipart~1form-data/schema");
    assert_eq!(
        (&post["required"], &schema["required"]),
        (&true.into(), &serde_json::json!(["text"]))
    );
    assert_eq!(at(schema, "/properties/picture/contentMediaType"), "application/octet-stream");
    assert_eq!(at(schema, "/properties/text/maxLength"), 20);
}

#[tokio::test]
async fn possible_errors_are_documented() {
    let document = openapi().await;
    let put = at(&document, "/paths/~1notes~1{id}/put/responses");
    assert_eq!(at(put, "/409/description"), "A note with this number already exists.");
    assert_eq!(at(put, "/201/headers/Location/schema/type"), "string");
    at(put, "/415/headers/Accept");
    at(put, "/401/headers/WWW-Authenticate");
    let problem = at(put, "/409/content/application~1problem+json/schema/$ref");
    assert_eq!(problem, "#/components/schemas/Problem");
    at(&document, "/paths/~1notes/post/responses/default");
}

#[mount("/exists")]
struct There;

#[resource]
impl There {
    fn exists(&self) -> bool {
        true
    }

    fn get(&self) -> u8 {
        1
    }
}

#[tokio::test]
async fn a_304_based_on_the_exists_hook_is_documented() {
    let client = strict(Application::new("there").mount(There));
    let response = client.get("/exists").header("if-none-match", "*").send().await;
    assert_eq!(response.status(), 304);
}

#[derive(Debug, thiserror::Error, Problem)]
enum Shut {
    /// The shop is closed for the night.
    #[error("the shop is closed")]
    #[problem(423)]
    ForTheNight,
    #[error("the shop is gone")]
    #[problem(410)]
    ForGood,
}

#[mount("/shop/{day}", etag = auto)]
struct Shop;

#[resource]
impl Shop {
    fn get(&self, day: u8) -> Result<u8, Shut> {
        match day {
            0 => Err(Shut::ForTheNight),
            1 => Err(Shut::ForGood),
            day => Ok(day),
        }
    }

    fn put(&self, day: u8) {
        let _ = day;
    }
}

#[tokio::test]
async fn a_put_documents_the_errors_of_computing_the_current_etag() {
    let client = strict(Application::new("shop").mount(Shop));
    for (target, status) in [("/shop/0", 423), ("/shop/1", 204), ("/shop/2", 412)] {
        let response = client.put(target).header("if-none-match", "*").send().await;
        assert_eq!(response.status(), status, "{target}");
    }
    let document = document_of(Shop).await;
    let put = at(&document, "/paths/~1shop~1{day}/put/responses");
    assert_eq!(at(put, "/423/description"), "The shop is closed for the night.");
    assert_eq!(put.get("410"), None, "a missing resource can be written");
}

#[tokio::test]
async fn authentication_is_documented_and_requested_by_a_challenge() {
    let document = openapi().await;
    assert_eq!(at(&document, "/components/securitySchemes/basic/scheme"), "basic");
    assert_eq!(at(&document, "/paths/~1notes~1{id}/get/security/0/basic"), &serde_json::json!([]));
    let response = client().get("/notes/7").header("x-key", "none").send().await;
    assert_eq!(response.status(), 401);
    assert_eq!(response.field("www-authenticate"), Some("Basic realm=\"notes\""));
}

#[derive(Debug, thiserror::Error, Problem)]
enum Unknown {
    #[error("who are you?")]
    #[problem(401, challenge = "Basic realm=\"others\"")]
    Nobody,
    #[error("who else are you?")]
    #[problem(401, challenge = "Basic realm=\"others\"")]
    Somebody,
}

#[mount("/others")]
struct Others;

#[resource]
impl Others {
    fn authorize(&self, #[from(header = "X-Name")] name: Option<String>) -> Result<(), Unknown> {
        name.map_or(Err(Unknown::Nobody), |_| Err(Unknown::Somebody))
    }

    fn get(&self) -> u8 {
        1
    }
}

#[tokio::test]
async fn each_realm_is_documented_once() {
    let client = strict(application().mount(Others));
    let document = client.get("/_internal/openapi.json").send().await.json::<Value>();
    let realm = |name: &str| {
        at(&document, &format!("/components/securitySchemes/{name}/description")).clone()
    };
    assert_eq!(
        (realm("basic"), realm("basic2")),
        ("Basic realm=\"notes\"".into(), "Basic realm=\"others\"".into())
    );
    let security = |path: &str| at(&document, &format!("/paths/{path}/get/security")).clone();
    assert_eq!(security("~1notes~1{id}"), serde_json::json!([{"basic": []}]));
    assert_eq!(security("~1others"), serde_json::json!([{"basic2": []}]));
}

#[tokio::test]
async fn the_options_method_is_documented() {
    let client = client();
    let document = client.get("/_internal/openapi.json").send().await.json::<Value>();
    let options = at(&document, "/paths/~1notes~1{id}/options");
    assert_eq!(options["operationId"], "optionsNote");
    assert_eq!(at(options, "/parameters/0/in"), "path");
    at(options, "/responses/204/headers/Allow");
    assert_eq!(at(options, "/responses/204/headers").get("Accept-Post"), None);
    at(&document, "/paths/~1notes/options/responses/204/headers/Accept-Post");
    let response = client.request("OPTIONS", "/notes").send().await;
    assert_eq!(
        (response.status(), response.field("allow")),
        (204.try_into().expect("a status"), Some("OPTIONS, POST"))
    );
    assert!(response.field("accept-post").is_some());
    let help = client.get("/_internal/help").send().await.json::<Value>();
    assert_eq!(at(&help, "/resources/0/allow"), "OPTIONS, POST");
}

#[tokio::test]
async fn deprecation_is_documented_and_sent() {
    let document = openapi().await;
    let delete = at(&document, "/paths/~1notes~1{id}/delete");
    assert_eq!(delete["deprecated"], true);
    assert!(delete["description"].as_str().is_some_and(|it| it.contains("Write an empty note")));
    for status in ["204", "400", "500"] {
        at(delete, &format!("/responses/{status}/headers/Deprecation"));
        at(delete, &format!("/responses/{status}/headers/Sunset"));
    }
    for target in ["/notes/7", "/notes/none"] {
        let response = client().delete(target).send().await;
        assert_eq!(response.field("deprecation"), Some("@1795478400"), "{target}");
        assert_eq!(response.field("sunset"), Some("Wed, 30 Jun 2027 00:00:00 GMT"));
    }
    assert_eq!(client().get("/notes/7").send().await.field("deprecation"), None);
}

#[mount("/old")]
struct Old;

#[resource]
impl Old {
    #[deprecated(since = "2.0.0")]
    fn get(&self) -> u8 {
        1
    }
}

#[tokio::test]
async fn deprecation_since_a_version_is_documented_but_not_sent() {
    let client = strict(Application::new("old").mount(Old));
    assert_eq!(client.get("/old").send().await.field("deprecation"), None);
    let document = document_of(Old).await;
    let get = at(&document, "/paths/~1old/get");
    assert_eq!(get["deprecated"], true);
    assert_eq!(at(get, "/responses/200/headers").get("Deprecation"), None);
}

#[tokio::test]
async fn internal_paths_are_not_documented() {
    let document = openapi().await;
    let paths = document["paths"].as_object().expect("paths");
    assert!(paths.keys().all(|path| !path.contains("_internal")));
    assert_eq!(status(&client(), "/_internal/nothing").await, 404);
}

/// Parameters that are looked for in the query and in the content.
#[mount("/search")]
struct Search;

/// A value without a schema.
#[derive(Deserialize)]
struct Opaque(serde::de::IgnoredAny);

/// Whole content that need not be an object, beside a parameter.
#[mount("/lists")]
struct Lists;

#[resource]
impl Lists {
    fn post(&self, content: Content<Vec<u8>>, q: Option<String>) -> usize {
        content.into_inner().len() + q.map_or(0, |q| q.len())
    }

    fn put(&self, content: Content<Opaque>, q: Option<String>) -> usize {
        let Opaque(_) = content.into_inner();
        q.map_or(0, |q| q.len())
    }

    fn patch(&self, content: Content<Text>, picture: File) -> usize {
        content.into_inner().tags.len() + picture.content().len()
    }
}

/// A parameter of a hook and of a method.
#[mount("/tagged")]
struct Tagged;

#[resource]
impl Tagged {
    fn etag(&self, q: String) -> Option<EntityTag> {
        Some(EntityTag::strong(&q))
    }

    fn post(&self, q: String) -> String {
        q
    }
}

#[resource]
impl Search {
    fn post(&self, #[validate(doc = "What to look for.")] q: String) -> String {
        q
    }

    fn put(&self, content: Content<Text>, q: String) -> String {
        format!("{q} in {}", content.into_inner().text)
    }

    fn patch(&self, picture: File, q: Option<String>) -> String {
        format!("{} {}", q.unwrap_or_default(), picture.content().len())
    }
}

/// A parameter that a hook takes from the query and a method from a header field.
#[mount("/traced")]
struct Traced;

#[resource]
impl Traced {
    fn etag(&self, q: String) -> Option<EntityTag> {
        Some(EntityTag::strong(&q))
    }

    fn get(&self, #[from(header = "X-Query")] q: String) -> String {
        q
    }
}

async fn search_document() -> Value {
    let client = Client::new(Application::new("search").mount(Search));
    client.get("/_internal/openapi").send().await.json::<Value>()
}

#[tokio::test]
async fn a_parameter_of_query_or_content_is_documented_in_the_content_and_read_from_both() {
    let document = search_document().await;
    let post = at(&document, "/paths/~1search/post");
    assert_eq!(post["parameters"], Value::Null);
    let content = at(post, "/requestBody");
    assert_eq!(content["required"], true);
    let schema = at(content, "/content/application~1json/schema");
    assert_eq!(schema["required"], serde_json::json!(["q"]));
    assert_eq!(schema["properties"]["q"]["description"], "What to look for.");

    let client = Client::new(Application::new("search").mount(Search)).strict();
    let json = |target| client.post(target).header("content-type", "application/json");
    let response = json("/search").body(r#"{"q": "content"}"#).send().await;
    assert_eq!(response.text(), r#""content""#);
    let response = json("/search?q=query").body(r#"{"q": "content"}"#).send().await;
    assert_eq!(response.text(), r#""query""#);
}

#[tokio::test]
async fn a_parameter_beside_whole_content_is_documented_in_the_query_and_read_from_both() {
    let document = search_document().await;
    let put = at(&document, "/paths/~1search/put");
    assert_eq!(at(put, "/parameters/0/in"), "query");
    assert_eq!(at(put, "/parameters/0/required"), true);
    let schema = at(put, "/requestBody/content/application~1json/schema");
    assert_eq!(schema["$ref"], "#/components/schemas/Text");

    let client = Client::new(Application::new("search").mount(Search)).strict();
    let json = |target| client.put(target).header("content-type", "application/json");
    let response =
        json("/search").body(r#"{"text": "a", "tags": [], "q": "content"}"#).send().await;
    assert_eq!(response.text(), r#""content in a""#);
    let response = json("/search?q=query").body(r#"{"text": "a", "tags": []}"#).send().await;
    assert_eq!(response.text(), r#""query in a""#);
}

#[mount("/login")]
struct Login;

#[resource]
impl Login {
    fn post(&self, name: String, password: Secret<String>) -> String {
        format!("{name} {}", password.expose().len())
    }
}

#[tokio::test]
async fn a_parameter_that_can_only_be_in_the_content_is_documented_as_required_there() {
    let document = document_of(Login).await;
    let content = at(&document, "/paths/~1login/post/requestBody");
    assert_eq!(content["required"], true);
    let schema = at(content, "/content/application~1json/schema");
    assert_eq!(schema["required"], serde_json::json!(["name", "password"]));
    // What the document does not say: the name can be in the query.
    let client = strict(Application::new("login").mount(Login));
    let post = client.post("/login?name=ada").header("content-type", "application/json");
    assert_eq!(post.body(r#"{"password": "secret"}"#).send().await.json::<Value>(), "ada 6");
}

#[tokio::test]
async fn parameters_beside_whole_content_do_not_require_that_it_is_an_object() {
    let document = document_of(Lists).await;
    let schema = "/requestBody/content/application~1json/schema";
    let schema = |method| at(&document, &format!("/paths/~1lists/{method}{schema}"));
    assert_eq!(schema("post")["type"], "array");
    assert_eq!(schema("put")["type"], Value::Null);
}

#[tokio::test]
async fn parameters_are_not_documented_as_members_of_xml() {
    let document = search_document().await;
    let schema = "/paths/~1search/put/requestBody/content/application~1xml/schema";
    assert_eq!(at(&document, schema), &serde_json::json!({"$ref": "#/components/schemas/Text"}));
}

#[tokio::test]
async fn a_parameter_that_a_hook_also_takes_is_documented_in_the_query_alone() {
    let document = document_of(Tagged).await;
    let post = at(&document, "/paths/~1tagged/post");
    let q = at(post, "/parameters/0");
    assert_eq!((&q["in"], &q["required"]), (&"query".into(), &true.into()));
    let json = at(post, "/requestBody/content/application~1json");
    assert_eq!(json.pointer("/schema/properties/q"), None);
}

#[tokio::test]
async fn a_parameter_with_one_name_and_two_places_is_documented_in_both() {
    let document = document_of(Traced).await;
    let parameters = at(&document, "/paths/~1traced/get/parameters");
    let parameters = parameters.as_array().expect("a list").iter();
    let places: Vec<_> = parameters.map(|it| (it["in"].clone(), it["name"].clone())).collect();
    assert_eq!(places, [("header".into(), "X-Query".into()), ("query".into(), "q".into())]);

    let client = strict(Application::new("traced").mount(Traced));
    let response = client.get("/traced?q=a").header("x-query", "b").send().await;
    assert_eq!((response.text(), response.field("etag")), (r#""b""#, Some("\"a_json\"")));
}

#[tokio::test]
async fn the_fields_of_a_415_are_documented() {
    let document = search_document().await;
    let fields = |method| {
        let path = format!("/paths/~1search/{method}/responses/415/headers");
        at(&document, &path).as_object().expect("fields").keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(fields("post"), ["Accept", "Accept-Encoding", "Vary"]);
    assert_eq!(fields("patch"), ["Accept-Encoding", "Accept-Patch", "Vary"]);
}

#[tokio::test]
async fn a_strict_client_does_not_judge_the_resources_of_the_framework() {
    let untrusted = strict(Application::new("notes").mount(Lists));
    assert_eq!(status(&untrusted, "/_internal/help/nothing").await, 404);
}

#[tokio::test]
async fn a_method_that_requires_a_file_reads_and_documents_multipart_forms_alone() {
    for (document, path) in
        [(search_document().await, "search"), (document_of(Lists).await, "lists")]
    {
        let content = at(&document, &format!("/paths/~1{path}/patch/requestBody/content"));
        let media_types: Vec<_> = content.as_object().expect("an object").keys().collect();
        assert_eq!(media_types, ["multipart/form-data"], "{path}");
    }

    let client = Client::new(Application::new("search").mount(Search)).strict();
    let request = client.request("PATCH", "/search").header("content-type", "application/json");
    let response = request.body("{}").send().await;
    assert_eq!(response.status(), 415);
    assert_eq!(response.field("accept-patch"), Some("multipart/form-data"));
}

/// Block.
/**
 * More of it.
 */
#[mount("/docs")]
struct Docs;

#[resource]
impl Docs {
    #[doc = concat!("Return ", "it.")]
    ///
    /// Literal.
    #[doc = include_str!("documentation.md")]
    fn get(&self) -> u8 {
        1
    }
}

#[tokio::test]
async fn documentation_that_a_macro_writes_is_shown() {
    let document = document_of(Docs).await;
    let get = at(&document, "/paths/~1docs/get");
    assert_eq!(get["summary"], "Return it.");
    assert_eq!(get["description"], "Literal.\n\nFrom a file.");
    assert_eq!(at(&document, "/tags/0/description"), "Block.\n\nMore of it.");
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Account {
    #[serde(rename(serialize = "accountId", deserialize = "id"))]
    id: u64,
    #[serde(skip_serializing, default)]
    #[expect(dead_code, reason = "only read from requests")]
    password: String,
    #[serde(skip_deserializing)]
    created: String,
}

#[mount("/accounts")]
struct Accounts;

#[resource]
impl Accounts {
    /// Create an account.
    fn post(&self, content: Content<Account>) -> Created<Vec<Account>> {
        Created::at("1", vec![content.into_inner()])
    }
}

#[tokio::test]
async fn a_response_is_documented_as_it_is_sent_and_a_request_as_it_is_read() {
    let document = document_of(Accounts).await;
    let schema = |name: &str| at(&document, &format!("/components/schemas/{name}")).clone();
    let members = |schema: &Value| -> Vec<String> {
        schema["properties"].as_object().expect("members").keys().cloned().collect()
    };
    assert_eq!(members(&schema("Account")), ["accountId", "created"]);
    assert_eq!(members(&schema("AccountInput")), ["id", "password"]);
    let response = at(&document, "/paths/~1accounts/post/responses/201/content/application~1json");
    assert_eq!(response["schema"]["items"]["$ref"], "#/components/schemas/Account");
    let client = strict(Application::new("accounts").mount(Accounts));
    let request = client.post("/accounts").header("content-type", "application/json");
    let response = request.body(r#"{"id": 1, "password": "a"}"#).send().await;
    assert_eq!(response.text(), r#"[{"accountId":1,"created":""}]"#);
}

#[tokio::test]
async fn a_description_does_not_repeat_the_summary() {
    let document = document_of(Accounts).await;
    let post = at(&document, "/paths/~1accounts/post");
    assert_eq!(post["summary"], "Create an account.");
    assert_eq!(post.get("description"), None);
}

#[tokio::test]
async fn a_secret_is_documented_as_a_password() {
    let document = openapi().await;
    let content = at(&document, "/paths/~1notes/post/requestBody/content/multipart~1form-data");
    let password = at(content, "/schema/properties/password");
    assert_eq!((&password["format"], &password["writeOnly"]), (&"password".into(), &true.into()));
}

#[mount("/counted")]
struct Counted;

#[resource]
impl Counted {
    fn get(
        &self,
        #[validate(range = 1..=100)] count: u8,
        #[validate(range = 1..)] page: u8,
    ) -> String {
        format!("{count} {page}")
    }
}

#[tokio::test]
async fn the_ends_of_a_range_replace_those_of_the_type() {
    let client = Client::new(Application::new("counted").mount(Counted));
    let page = client.get("/_internal/help.html").send().await;
    let has = |text: &str| page.text().contains(&format!("<td data-label=\"Type\">{text}</td>"));
    assert!(has("whole number") && has("whole number from 0 to 255"), "{}", page.text());
}
