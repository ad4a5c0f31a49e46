//! `Vary`: what a response depends on, on every exit, in one field line.

use http::{HeaderValue, header};
use serde_json::Value;
use tower_http::set_header::SetResponseHeaderLayer;
use wsgiservice::{
    Application, EntityTag, Problem,
    answer::WithFields,
    mount, resource,
    testing::{Client, TestResponse},
};

use super::strict;

/// A page in the client's language, for subscribers.
#[mount("/page/{length}")]
struct Page;

#[resource]
impl Page {
    fn authorize(
        &self,
        #[from(header = "Authorization")] credentials: Option<String>,
    ) -> Result<(), Problem> {
        match credentials.as_deref() {
            Some("none") => Err(Problem::forbidden()),
            _ => Ok(()),
        }
    }

    fn etag(&self, #[from(header = "X-Edition")] edition: Option<String>) -> Option<EntityTag> {
        edition.map(EntityTag::strong)
    }

    #[expires(minutes = 5, vary = ["Cookie", "authorization"])]
    fn get(
        &self,
        length: usize,
        #[from(header = "Accept-Language")] language: Option<String>,
    ) -> Option<String> {
        (length < 10_000).then(|| language.unwrap_or_default() + &"x".repeat(length))
    }

    fn post(&self) -> &'static str {
        "posted"
    }
}

/// A resource that sets `Vary` itself.
#[mount("/own/{names}")]
struct Own;

#[resource]
impl Own {
    fn get(&self, names: String) -> WithFields<&'static str> {
        let mut response = WithFields::new("own");
        for name in names.split('+') {
            response = response.field(header::VARY, HeaderValue::from_str(name).expect("a name"));
        }
        response
    }
}

fn client() -> Client {
    strict(Application::new("vary").mount(Page).mount(Own))
}

async fn ask(method: &str, target: &str, fields: &[(&str, &str)]) -> TestResponse {
    let request = client().request(method, target);
    fields.iter().fold(request, |request, (name, value)| request.header(name, value)).send().await
}

fn vary(response: &TestResponse) -> Vec<&str> {
    response.fields().get_all("vary").iter().filter_map(|value| value.to_str().ok()).collect()
}

const OF_PAGE: &str = "Accept, Accept-Encoding, Cookie, authorization, Accept-Language, X-Edition";

#[tokio::test]
async fn fields_that_a_method_or_a_hook_takes_are_in_vary_on_every_exit() {
    for (target, fields, status) in [
        ("/page/3", &[][..], 200),
        ("/page/3", &[("x-edition", "a"), ("if-none-match", "\"a_json\"")], 304),
        ("/page/word", &[], 400),
        ("/page/3", &[("authorization", "none")], 403),
        ("/page/10000", &[], 404),
        ("/page/3", &[("accept", "image/png")], 406),
        ("/page/3", &[("x-edition", "a"), ("if-match", "\"b\"")], 412),
    ] {
        let response = ask("GET", target, fields).await;
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(vary(&response), [OF_PAGE], "{status}");
    }
}

#[tokio::test]
async fn an_extension_takes_only_accept_out_of_vary() {
    let vary_of = async |target| ask("GET", target, &[]).await.field("vary").map(str::to_owned);
    assert_eq!(vary_of("/page/3.json").await.as_deref(), OF_PAGE.strip_prefix("Accept, "));
}

#[tokio::test]
async fn a_method_does_not_vary_by_the_fields_of_another() {
    let response = ask("POST", "/page/3", &[]).await;
    assert_eq!(vary(&response), ["Accept, Accept-Encoding, Authorization, X-Edition"]);
    let response = ask("PUT", "/page/3", &[]).await;
    assert_eq!(
        (response.status().as_u16(), vary(&response)),
        (405, vec!["Accept, Accept-Encoding"])
    );
}

#[tokio::test]
async fn the_fields_of_the_method_itself_are_in_the_same_line() {
    let of = async |names: &str| {
        let response = ask("GET", &format!("/own/{names}"), &[]).await;
        vary(&response).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(of("Origin").await, ["Origin, Accept, Accept-Encoding"]);
    assert_eq!(of("accept+Origin").await, ["accept, Origin, Accept-Encoding"]);
    assert_eq!(of("*").await, ["*"]);
}

#[tokio::test]
async fn the_line_of_a_layer_is_joined_to_the_others() {
    // As layers for CORS do.
    let layer = SetResponseHeaderLayer::appending(header::VARY, HeaderValue::from_static("Origin"));
    let client = strict(Application::new("vary").mount(Page).layer(layer));
    let response = client.get("/page/3").send().await;
    assert_eq!(vary(&response), [format!("{OF_PAGE}, Origin")]);
}

#[tokio::test]
async fn the_documentation_names_the_fields() {
    let response = client().get("/_internal/openapi.json").send().await;
    let document = response.json::<Value>();
    for status in ["200", "304", "400", "404"] {
        let vary =
            &document["paths"]["/page/{length}"]["get"]["responses"][status]["headers"]["Vary"];
        let description = vary["description"].as_str().expect("a description");
        assert!(description.contains(OF_PAGE), "{status}: {description}");
    }
}
