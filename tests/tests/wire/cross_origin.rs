//! Requests for pages of other sites: what is refused, and what a policy allows.

use std::time::Duration;

use http::{HeaderName, Method};
use wsgiservice::{
    Application, Cors, NoContent, Policy, Problem, mount, resource, testing::Client,
};

#[mount("/thing")]
struct Thing;

#[resource]
impl Thing {
    fn authorize(
        &self,
        #[from(header = "Authorization")] login: Option<String>,
    ) -> Result<(), Problem> {
        login.map(drop).ok_or_else(|| {
            Problem::unauthorized(http::HeaderValue::from_static("Basic realm=\"a\""))
        })
    }

    fn get(&self) -> &'static str {
        "thing"
    }

    fn post(&self) -> NoContent {
        NoContent
    }

    fn query(&self) -> NoContent {
        NoContent
    }
}

fn client(policy: Policy) -> Client {
    Client::new(Application::new("things").mount(Thing).policy(policy))
}

async fn status(client: &Client, method: &str, fields: &[(&str, &str)]) -> u16 {
    let request = client.request(method, "/thing").header("authorization", "a");
    let request = request.header("host", "Api.example:80");
    let request = fields.iter().fold(request, |request, (name, value)| request.header(name, value));
    request.send().await.status().as_u16()
}

const CROSS: (&str, &str) = ("sec-fetch-site", "cross-site");
const EVIL: (&str, &str) = ("origin", "http://evil.example");

#[tokio::test]
async fn a_change_for_another_site_is_refused() {
    let client = client(Policy::new());
    for fields in [
        &[CROSS][..],
        &[EVIL],
        &[CROSS, EVIL],
        &[("origin", "null")],
        &[("origin", "http://api.example")],
        &[("sec-fetch-site", "same-site"), EVIL],
    ] {
        assert_eq!(status(&client, "POST", fields).await, 403, "{fields:?}");
        for safe in ["GET", "HEAD"] {
            assert_eq!(status(&client, safe, fields).await, 200, "{safe} {fields:?}");
        }
        assert_eq!(status(&client, "QUERY", fields).await, 204, "{fields:?}");
    }
}

#[tokio::test]
async fn a_change_for_the_same_site_or_without_a_browser_is_made() {
    let client = client(Policy::new());
    for fields in [
        &[][..],
        &[("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "same-origin"), ("origin", "https://behind-a-proxy.example")],
        &[("sec-fetch-site", "none")],
        &[("origin", "http://api.example:80")],
        &[("origin", "https://API.example:80")],
    ] {
        assert_eq!(status(&client, "POST", fields).await, 204, "{fields:?}");
    }
}

#[tokio::test]
async fn each_response_of_a_nested_application_depends_on_its_origins() {
    let nested = Application::new("nested").mount(Thing);
    let nested = nested.policy(Policy::new().cors(Cors::new(["https://app.example"])));
    let client = Client::new(Application::new("outer").nest("/nested", nested));
    for (method, fields, status) in [
        ("GET", &[("authorization", "a")][..], 200),
        ("GET", &[], 401),
        ("PATCH", &[], 405),
        ("BREW", &[], 501),
        ("POST", &[CROSS, EVIL], 403),
    ] {
        let mut request = client.request(method, "/nested/thing");
        for (name, value) in fields {
            request = request.header(name, value);
        }
        let response = request.send().await;
        assert_eq!(response.status(), status);
        let vary = response.field("vary").unwrap_or_default();
        assert!(vary.split(", ").any(|name| name == "Origin"), "{method} {status}: {vary}");
    }
}

#[tokio::test]
async fn a_policy_allows_origins() {
    let cors = Cors::new(["https://app.example"]).credentials(true);
    let client = client(Policy::new().cors(cors));
    assert_eq!(status(&client, "POST", &[CROSS, ("origin", "https://app.example")]).await, 204);
    assert_eq!(status(&client, "POST", &[CROSS, EVIL]).await, 403);
    for (origin, allowed) in [("https://app.example", Some("https://app.example")), (EVIL.1, None)]
    {
        let response = client.get("/thing").header("origin", origin).send().await;
        assert_eq!(response.status(), 401, "errors can be read, too");
        assert_eq!(response.field("access-control-allow-origin"), allowed);
        assert_eq!(response.field("access-control-allow-credentials"), allowed.map(|_| "true"));
        assert_eq!(
            response.field("access-control-expose-headers"),
            allowed.map(|_| "etag, location")
        );
    }
    for target in ["/thing", "/nothing"] {
        let response = client.get(target).header("authorization", "a").send().await;
        let vary = response.field("vary").expect("a vary");
        assert!(vary.split(", ").any(|name| name == "Origin"), "{target}: {vary}");
        assert_eq!(response.field("access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn a_preflight_is_answered_before_authorization() {
    let cors = Cors::new(["https://app.example"]).max_age(Duration::from_secs(60));
    let custom = cors.clone().methods([Method::GET]).fields([HeaderName::from_static("x-a")]);
    for (cors, methods, fields) in [
        (cors, "GET, HEAD, OPTIONS, POST, QUERY", "content-type, if-match, if-none-match"),
        (custom, "GET", "x-a"),
    ] {
        let client = client(Policy::new().cors(cors));
        let request = client.request("OPTIONS", "/thing").header("origin", "https://app.example");
        let response = request.header("access-control-request-method", "POST").send().await;
        assert_eq!(response.status(), 204);
        for (name, value) in [
            ("access-control-allow-origin", "https://app.example"),
            ("access-control-allow-methods", methods),
            ("access-control-allow-headers", fields),
            ("access-control-max-age", "60"),
        ] {
            assert_eq!(response.field(name), Some(value), "{name}");
        }
    }
}

#[tokio::test]
async fn every_origin_can_be_allowed_without_credentials() {
    let client = client(Policy::new().cors(Cors::new(["*"])));
    for origin in [None, Some(EVIL.1)] {
        let request = client.get("/thing");
        let response = match origin {
            Some(origin) => request.header("origin", origin).send().await,
            None => request.send().await,
        };
        assert_eq!(response.field("access-control-allow-origin"), origin.map(|_| "*"));
        // A cache keeps the response to a request without an origin apart.
        assert!(response.field("vary").unwrap_or_default().contains("Origin"));
    }
}

#[test]
fn what_is_wrong_with_the_origins_is_reported_at_start_up() {
    let cors = Cors::new(["app.example", "https://app.example/", "*"]).credentials(true);
    let application = Application::new("things").mount(Thing).policy(Policy::new().cors(cors));
    let error = application.build().expect_err("an error").to_string();
    for wrong in ["`app.example`", "`https://app.example/`", "CORS with credentials"] {
        assert!(error.contains(wrong), "{wrong}: {error}");
    }
}
