//! Principals, credentials, and arguments of types that a service defines.

use serde_json::{Value, json};
use wsgiservice::{
    Application, Authorize, Authorized, Basic, Bearer, EntityTag, FromRequest, NoContent, Problem,
    Request, mount, resource, testing::Client,
};

use super::strict;

#[derive(Clone)]
struct User {
    name: String,
}

/// A resource with a hook of its own.
#[mount("/own/{id}")]
struct Own;

#[resource]
impl Own {
    async fn authorize(&self, login: Option<Basic>, id: u32) -> Result<User, Problem> {
        match login {
            Some(login) if login.password().expose() == &id.to_string() => {
                Ok(User { name: login.user().to_owned() })
            }
            Some(_) => Err(Basic::refused()),
            None => Ok(User { name: "anybody".to_owned() }),
        }
    }

    fn etag(&self, user: Authorized<User>) -> Option<EntityTag> {
        Some(EntityTag::strong(user.name.clone()))
    }

    fn get(&self, user: Authorized<User>, id: u32) -> String {
        format!("{} {id}", user.into_inner().name)
    }
}

/// The customer whose data a request is about.
struct Tenant(String);

impl FromRequest for Tenant {
    const FIELDS: &'static [&'static str] = &["X-Tenant"];

    async fn from_request(request: &Request) -> Result<Self, Problem> {
        let tenant = Self::from_request_or_none(request).await?;
        tenant.ok_or_else(|| Problem::bad_request("The field X-Tenant is missing."))
    }

    async fn from_request_or_none(request: &Request) -> Result<Option<Self>, Problem> {
        let tenant = request.fields().get("x-tenant").map(|name| name.to_str());
        match tenant.transpose() {
            Ok(name) => Ok(name.map(|name| Self(name.to_owned()))),
            Err(_) => Err(Problem::bad_request("The field X-Tenant is not text.")),
        }
    }
}

/// Takes an argument of a type of the service beside parameters.
#[mount("/tenants")]
struct Tenants;

#[resource]
impl Tenants {
    fn get(&self, number: u32, tenant: Tenant) -> String {
        format!("{number} {}", tenant.0)
    }

    fn put(&self, tenant: Option<Tenant>) -> Option<String> {
        tenant.map(|tenant| tenant.0)
    }
}

/// A resource that the application authorizes.
#[mount("/shared")]
struct Shared;

#[resource]
impl Shared {
    fn get(&self, user: Authorized<User>) -> String {
        user.name.clone()
    }

    fn delete(&self) -> NoContent {
        NoContent
    }
}

struct Login;

impl Authorize for Login {
    type Credentials = Bearer;
    type Principal = User;

    async fn authorize(&self, login: Bearer, request: &Request) -> Result<User, Problem> {
        match login.token().expose().as_str() {
            "reader" if request.method() != "GET" => Err(Problem::forbidden()),
            "reader" | "writer" => Ok(User { name: login.token().expose().clone() }),
            _ => Err(Bearer::refused()),
        }
    }
}

fn client() -> Client {
    strict(Application::new("all").mount(Own).mount(Tenants))
}

fn shared() -> Client {
    strict(Application::new("all").mount(Own).mount(Shared).authorize(Login))
}

#[tokio::test]
async fn methods_and_hooks_take_what_authorize_returns() {
    let response = client().get("/own/7").basic("ada", "7").send().await;
    assert_eq!(response.json::<String>(), "ada 7");
    assert_eq!(response.field("etag"), Some("\"ada_json\""));
    assert_eq!(client().get("/own/7").basic("ada", "8").send().await.status(), 401);
}

#[tokio::test]
async fn optional_credentials_are_none_without_any_of_their_scheme() {
    for request in [client().get("/own/7"), client().get("/own/7").bearer("7")] {
        assert_eq!(request.send().await.json::<String>(), "anybody 7");
    }
}

#[tokio::test]
async fn malformed_credentials_get_a_401_even_if_they_are_optional() {
    for value in [
        "Basic",
        "Basic ?",
        "Basic YWRh",
        "Basic /////w==",
        "Basic YTpiCg==",
        "basic YQ",
        "Basic\tYQ",
        "Basic caf\u{e9}",
    ] {
        let request = client().get("/own/7").header("authorization", value);
        let response = request.send().await;
        assert_eq!(response.status(), 401, "{value}");
        let challenge = "Basic realm=\"service\", charset=\"UTF-8\"";
        assert_eq!(response.field("www-authenticate"), Some(challenge));
    }
    let twice = client().get("/own/7").header("authorization", "Basic YWRhOjc=");
    assert_eq!(twice.header("authorization", "Basic YWRhOjc=").send().await.status(), 401);
}

#[tokio::test]
async fn the_application_authorizes_resources_without_a_hook_of_their_own() {
    let client = shared();
    assert_eq!(client.get("/shared").bearer("reader").send().await.json::<String>(), "reader");
    assert_eq!(client.delete("/shared").bearer("writer").send().await.status(), 204);
    assert_eq!(client.delete("/shared").bearer("reader").send().await.status(), 403);
    let missing = client.get("/shared").send().await;
    assert_eq!(
        (missing.status().as_u16(), missing.field("www-authenticate")),
        (401, Some("Bearer realm=\"service\""))
    );
    let wrong = client.get("/shared").bearer("other").send().await;
    assert_eq!(
        wrong.field("www-authenticate"),
        Some("Bearer realm=\"service\", error=\"invalid_token\"")
    );
    assert_eq!(client.get("/own/7").send().await.status(), 200);
    assert_eq!(client.get("/_internal/help.json").send().await.status(), 200);
}

#[tokio::test]
async fn a_nested_application_keeps_what_authorizes_it() {
    let nested = Application::new("nested").mount(Shared).authorize(Login);
    let client = strict(Application::new("outer").mount(Tenants).nest("/nested", nested));
    assert_eq!(client.get("/nested/shared").send().await.status(), 401);
    assert_eq!(client.put("/tenants").send().await.status(), 404);
    let nested = Application::new("nested").mount(Shared);
    let client = strict(Application::new("outer").nest("/nested", nested).authorize(Login));
    assert_eq!(client.get("/nested/shared").bearer("reader").send().await.status(), 200);
}

#[tokio::test]
async fn a_type_of_the_service_is_made_after_all_parameters_are_checked() {
    let get = |target| client().get(target);
    let response = get("/tenants?number=1").header("x-tenant", "one").send().await;
    assert_eq!(response.json::<String>(), "1 one");
    let vary = response.field("vary").unwrap_or_default();
    assert!(vary.split(", ").any(|name| name == "X-Tenant"), "{vary}");
    let missing = get("/tenants?number=1").send().await;
    assert_eq!(missing.json::<Value>()["detail"], "The field X-Tenant is missing.");
    let wrong = get("/tenants?number=a").send().await;
    assert_eq!(wrong.json::<Value>()["errors"][0]["name"], "number");
}

#[tokio::test]
async fn an_optional_type_of_the_service_tells_absent_from_wrong() {
    let put = || client().put("/tenants");
    assert_eq!(put().send().await.status(), 404);
    assert_eq!(put().header("x-tenant", "one").send().await.json::<String>(), "one");
    assert_eq!(put().header("x-tenant", "\u{fc}").send().await.status(), 400);
}

#[tokio::test]
async fn credentials_are_documented_as_security_schemes() {
    let document = shared().get("/_internal/openapi").send().await.json::<Value>();
    let operation = &document["paths"]["/shared"]["get"];
    let schemes = operation["security"].as_array().expect("security");
    let name = schemes[0].as_object().and_then(|it| it.keys().next()).expect("a scheme");
    let scheme = &document["components"]["securitySchemes"][name];
    assert_eq!(scheme["scheme"], "bearer");
    assert!(operation["responses"]["401"].is_object(), "{operation}");
    let page = shared().get("/_internal/help").header("accept", "text/html").send().await;
    for expected in ["-H 'Authorization: Bearer TOKEN'", "curl -u USER:PASSWORD "] {
        assert!(page.text().contains(expected), "{expected}");
    }
    let own = &document["paths"]["/own/{id}"]["get"];
    assert_ne!(own["security"], json!([]));
}

#[test]
fn credentials_outside_of_authorize_are_reported_at_start_up() {
    #[mount("/open")]
    struct Open;

    #[resource]
    impl Open {
        fn get(&self, login: Bearer) -> usize {
            login.token().expose().len()
        }
    }

    let error = Application::new("a").mount(Open).build().unwrap_err().to_string();
    assert!(error.contains("`Open` at `/open`: `GET` takes credentials"), "{error}");
}

#[test]
fn a_principal_that_looks_like_a_verdict_is_reported_at_start_up() {
    struct Lenient;

    impl Authorize for Lenient {
        type Credentials = Bearer;
        type Principal = Option<User>;

        async fn authorize(&self, _: Bearer, _: &Request) -> Result<Option<User>, Problem> {
            Ok(None)
        }
    }

    #[mount("/status")]
    struct Status;

    #[resource]
    impl Status {
        fn authorize(&self) -> Result<http::StatusCode, Problem> {
            Ok(http::StatusCode::FORBIDDEN)
        }

        fn get(&self) -> u8 {
            0
        }
    }

    /// Another name for a type that decides nothing, which a macro cannot see.
    type Verdict<T> = Result<T, Problem>;

    #[mount("/problem")]
    struct ByProblem;

    #[resource]
    impl ByProblem {
        fn authorize(&self) -> Verdict<Problem> {
            Ok(Problem::forbidden())
        }

        fn get(&self) -> u8 {
            0
        }
    }

    type Allowed = bool;

    #[mount("/allowed")]
    struct ByFlag;

    #[resource]
    impl ByFlag {
        fn authorize(&self) -> Verdict<Allowed> {
            Ok(false)
        }

        fn get(&self) -> u8 {
            0
        }
    }

    #[mount("/nobody")]
    struct Nobody;

    #[resource]
    impl Nobody {
        fn authorize(&self) -> Result<(), Problem> {
            Ok(())
        }

        fn get(&self, nobody: Authorized<()>) -> u8 {
            let _ = nobody;
            0
        }
    }

    let error = Application::new("a").mount(Shared).authorize(Lenient).build().unwrap_err();
    assert!(error.to_string().contains("so a `Option<User>` in it decides nothing"), "{error}");
    let error = Application::new("a").mount(Status).mount(ByProblem).mount(ByFlag).mount(Nobody);
    let error = error.build().unwrap_err().to_string();
    for verdict in ["StatusCode", "Problem", "bool"] {
        assert!(error.contains(&format!("so a `{verdict}` in it decides nothing")), "{error}");
    }
    assert!(error.contains("`GET` takes an `Authorized<()>`, which has nothing in it"), "{error}");
}

#[tokio::test]
async fn a_principal_that_nothing_returns_is_reported_at_start_up() {
    struct Other;
    impl Authorize for Other {
        type Credentials = Bearer;
        type Principal = u32;

        async fn authorize(&self, _: Bearer, _: &Request) -> Result<u32, Problem> {
            Ok(1)
        }
    }
    let error = Application::new("a").mount(Shared).build().unwrap_err().to_string();
    let expected = "`Shared` at `/shared`: `GET` takes an `Authorized<User>`, but nothing authorizes it: add a hook `authorize`, or `Application::authorize`";
    assert!(error.contains(expected), "{error}");
    let error = Application::new("a").mount(Shared).authorize(Other).build().unwrap_err();
    let expected = "`GET` takes an `Authorized<User>`, but `authorize` returns `u32`";
    assert!(error.to_string().contains(expected), "{error}");
}
