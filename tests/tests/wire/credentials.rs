//! Several kinds of credentials: which a request may have, what its refusal says, and how they are documented.

use serde_json::{Value, json};
use wsgiservice::{
    ApiKey, Application, Authorize, Authorized, Basic, Bearer, FromRequest, Problem, Request,
    credentials::{Challenge, Credentials, KeyPlace, KeySource},
    http::HeaderValue,
    mount, resource,
    testing::{Client, TestResponse},
};

use super::strict;

const BASIC: &str = "Basic realm=\"service\", charset=\"UTF-8\"";
const BEARER: &str = "Bearer realm=\"service\"";
const SESSION: &str = "ApiKey in=\"cookie\", name=\"session\"";

/// The cookie of a session.
struct Session;

impl KeySource for Session {
    const PLACE: KeyPlace = KeyPlace::Cookie;
    const NAME: &'static str = "session";
}

/// The key of a program.
struct Program;

impl KeySource for Program {
    const PLACE: KeyPlace = KeyPlace::Header;
    const NAME: &'static str = "X-Program";
}

/// The key in a link.
struct Link;

impl KeySource for Link {
    const PLACE: KeyPlace = KeyPlace::Query;
    const NAME: &'static str = "link key";
}

/// Credentials that a service defines.
struct Signature(String);

impl FromRequest for Signature {
    const CHALLENGE: Option<Challenge> = Some(Challenge::key(KeyPlace::Header, "X-Signature"));
    const FIELDS: &'static [&'static str] = &["X-Signature"];

    async fn from_request(request: &Request) -> Result<Self, Problem> {
        let signature = request.fields().get("x-signature").and_then(|value| value.to_str().ok());
        let signature = signature.ok_or_else(Problem::missing_credentials)?;
        Ok(Self(signature.to_owned()))
    }
}

/// The whole application takes these.
type All = (Option<Bearer>, Option<ApiKey<Session>>, Option<Basic>);

struct Login;

impl Authorize for Login {
    type Credentials = All;
    type Principal = String;

    async fn authorize(
        &self,
        credentials: Self::Credentials,
        _: &Request,
    ) -> Result<String, Problem> {
        match credentials {
            (Some(token), ..) if token.token().matches("right") => Ok("token".to_owned()),
            (Some(_), ..) => Err(Bearer::refused()),
            (None, Some(session), _) if session.secret().matches("right") => {
                Ok("session".to_owned())
            }
            (None, Some(session), _) => Err(session.refused()),
            (None, None, Some(login)) => Ok(login.user().to_owned()),
            (None, None, None) => Err(Problem::missing_credentials()),
        }
    }
}

#[mount("/who")]
struct Who;

#[resource]
impl Who {
    fn get(&self, who: Authorized<String>) -> String {
        who.into_inner()
    }

    /// Refuses what `authorize` allowed.
    fn put(&self) -> Result<String, Problem> {
        Err(Problem::missing_credentials())
    }
}

/// A hook with several arguments, one of which every request must have.
#[mount("/signed")]
struct Signed;

#[resource]
impl Signed {
    fn authorize(
        &self,
        signature: Signature,
        program: Option<ApiKey<Program>>,
        link: Option<ApiKey<Link>>,
    ) -> Result<String, Problem> {
        let keys = [program.map(|it| it.secret().clone()), link.map(|it| it.secret().clone())];
        let [program, link] = keys.map(|key| key.map(|key| key.expose().clone()));
        Ok(format!("{} {program:?} {link:?}", signature.0))
    }

    fn get(&self, who: Authorized<String>) -> String {
        who.into_inner()
    }
}

/// An error states the challenge of a key, which no argument takes.
#[derive(Debug, thiserror::Error, Problem)]
enum Refused {
    #[error("no")]
    #[problem(401, challenge = "ApiKey in=\"header\", name=\"X-Key\"")]
    No,
}

#[mount("/stated")]
struct Stated;

#[resource]
impl Stated {
    fn authorize(&self, request: &Request) -> Result<(), Refused> {
        match request.fields().contains_key("x-key") {
            true => Ok(()),
            false => Err(Refused::No),
        }
    }

    fn get(&self) -> u8 {
        1
    }
}

fn client() -> Client {
    let application = Application::new("all").mount(Who).mount(Signed).mount(Stated);
    strict(application.authorize(Login))
}

async fn document() -> Value {
    client().get("/_internal/openapi").send().await.json::<Value>()
}

fn challenges(response: &TestResponse) -> Vec<&str> {
    let challenges = response.fields().get_all("www-authenticate").iter();
    challenges.map(|value| value.to_str().expect("text")).collect()
}

#[tokio::test]
async fn an_application_accepts_any_of_several_credentials() {
    let get = || client().get("/who");
    for (request, expected) in [
        (get().bearer("right"), "token"),
        (get().cookie("session", "right"), "session"),
        (get().basic("ada", ""), "ada"),
        (get().bearer("right").cookie("session", "wrong"), "token"),
        (get().basic("ada", "").cookie("session", "right"), "session"),
    ] {
        assert_eq!(request.send().await.json::<String>(), expected);
    }
}

#[tokio::test]
async fn a_refusal_has_the_challenge_of_everything_that_is_accepted() {
    let invalid_token = "Bearer realm=\"service\", error=\"invalid_token\"";
    let get = || client().get("/who");
    let twice = get().header("authorization", "Bearer right");
    let twice = twice.header("authorization", "Bearer right");
    for (request, expected) in [
        (get(), [BEARER, SESSION, BASIC]),
        (get().bearer("wrong"), [invalid_token, SESSION, BASIC]),
        (get().cookie("session", "wrong"), [SESSION, BEARER, BASIC]),
        (get().cookie("session", ""), [SESSION, BEARER, BASIC]),
        (get().header("authorization", "Basic ?"), [BASIC, BEARER, SESSION]),
        (get().header("authorization", "Unknown a"), [BEARER, SESSION, BASIC]),
        (twice, [BEARER, SESSION, BASIC]),
    ] {
        let response = request.send().await;
        assert_eq!(response.status(), 401, "{expected:?}");
        assert_eq!(challenges(&response), expected);
    }
}

#[tokio::test]
async fn a_method_that_refuses_a_request_has_the_same_challenges() {
    let response = client().put("/who").bearer("right").send().await;
    assert_eq!(response.status(), 401);
    assert_eq!(challenges(&response), [BEARER, SESSION, BASIC]);
}

#[tokio::test]
async fn a_hook_that_takes_several_has_all_challenges() {
    let get = |target| client().get(target);
    let response = get("/signed?link+key=a").header("x-signature", "me").send().await;
    assert_eq!(response.json::<String>(), "me None Some(\"a\")");
    let response = get("/signed").send().await;
    assert_eq!(
        challenges(&response),
        [
            "ApiKey in=\"header\", name=\"X-Signature\"",
            "ApiKey in=\"header\", name=\"X-Program\"",
            "ApiKey in=\"query\", name=\"link%20key\"",
        ]
    );
    let twice = get("/signed").header("x-signature", "me").header("x-program", "a");
    let response = twice.header("x-program", "a").send().await;
    assert_eq!(response.status(), 401);
    assert_eq!(challenges(&response)[0], "ApiKey in=\"header\", name=\"X-Program\"");
}

#[tokio::test]
async fn a_stated_challenge_is_not_repeated() {
    /// States its own realm, in one line with another scheme.
    struct Own;

    impl Authorize for Own {
        type Credentials = (Option<Basic>, Option<Bearer>);
        type Principal = ();

        async fn authorize(&self, _: Self::Credentials, _: &Request) -> Result<(), Problem> {
            let own = HeaderValue::from_static("Digest realm=\"a, b\", basic realm=\"own\"");
            Err(Problem::unauthorized(own))
        }
    }

    #[mount("/own")]
    struct Resource;

    #[resource]
    impl Resource {
        fn get(&self) -> u8 {
            1
        }
    }

    let response = strict(Application::new("a").mount(Resource).authorize(Own)).get("/own");
    let response = response.send().await;
    assert_eq!(challenges(&response), ["Digest realm=\"a, b\", basic realm=\"own\"", BEARER]);
}

#[tokio::test]
async fn a_response_depends_on_all_credentials() {
    let response = client().get("/who").bearer("right").send().await;
    let vary = response.field("vary").unwrap_or_default().to_lowercase();
    for field in ["authorization", "cookie"] {
        assert!(vary.split(", ").any(|it| it == field), "{vary}");
    }
}

#[tokio::test]
async fn optional_credentials_of_one_kind_let_anybody_in() {
    struct Anybody;

    impl Authorize for Anybody {
        type Credentials = Option<Basic>;
        type Principal = String;

        async fn authorize(&self, login: Option<Basic>, _: &Request) -> Result<String, Problem> {
            Ok(login.map_or("anybody".to_owned(), |login| login.user().to_owned()))
        }
    }

    let client = strict(Application::new("a").mount(Who).authorize(Anybody));
    assert_eq!(client.get("/who").send().await.json::<String>(), "anybody");
    assert_eq!(client.get("/who").basic("ada", "").send().await.json::<String>(), "ada");
    let refused = client.put("/who").send().await;
    assert_eq!((refused.status().as_u16(), challenges(&refused)), (401, vec![BASIC]));
}

#[tokio::test]
async fn required_credentials_of_a_tuple_are_all_required() {
    struct Both;

    impl Authorize for Both {
        type Credentials = (Basic, ApiKey<Program>);
        type Principal = String;

        async fn authorize(
            &self,
            (login, _): Self::Credentials,
            _: &Request,
        ) -> Result<String, Problem> {
            Ok(login.user().to_owned())
        }
    }

    let client = strict(Application::new("a").mount(Who).authorize(Both));
    assert_eq!(client.get("/who").basic("ada", "").send().await.status(), 401);
    assert_eq!(client.get("/who").header("x-program", "a").send().await.status(), 401);
    let both = client.get("/who").basic("ada", "").header("x-program", "a");
    assert_eq!(both.send().await.json::<String>(), "ada");
    let document = client.get("/_internal/openapi").send().await.json::<Value>();
    let security = &document["paths"]["/who"]["get"]["security"];
    assert_eq!(*security, json!([{"basic": [], "apikey": []}]));
}

#[tokio::test]
async fn several_credentials_are_alternatives_in_the_document() {
    let document = document().await;
    let schemes = document["components"]["securitySchemes"].as_object().expect("schemes");
    let alternatives = |path: &str| {
        let security = document["paths"][path]["get"]["security"].as_array().expect("security");
        let names = |it: &Value| it.as_object().map(|it| it.keys().cloned().collect::<Vec<_>>());
        let named = security.iter().map(|it| names(it).expect("an object"));
        named
            .map(|names| names.iter().map(|name| schemes[name].clone()).collect::<Vec<_>>())
            .collect::<Vec<_>>()
    };
    let key = |place: &str, name: &str| json!({"type": "apiKey", "in": place, "name": name});
    let http =
        |scheme: &str, text: &str| json!({"type": "http", "scheme": scheme, "description": text});
    assert_eq!(
        alternatives("/who"),
        [vec![http("bearer", BEARER)], vec![key("cookie", "session")], vec![http("basic", BASIC)]]
    );
    let signature = key("header", "X-Signature");
    let mut signed = alternatives("/signed");
    signed.iter_mut().for_each(|set| set.sort_by_key(|it| it["name"] != "X-Signature"));
    assert_eq!(
        signed,
        [
            vec![signature.clone()],
            vec![signature.clone(), key("header", "X-Program")],
            vec![signature, key("query", "link key")],
        ]
    );
    assert_eq!(alternatives("/stated"), [vec![key("header", "X-Key")]]);
}

#[tokio::test]
async fn the_help_page_has_fields_and_a_command_for_each_of_several_credentials() {
    let page = client().get("/_internal/help").header("accept", "text/html").send().await;
    let page = page.text();
    for expected in [
        "data-credential=\"token\"",
        "data-credential=\"user\"",
        "type=\"password\" autocomplete=\"off\" data-credential=\"password\"",
        "data-in=\"cookie\" data-name=\"session\"",
        "data-in=\"header\" data-name=\"X-Key\"",
        "curl -H 'Authorization: Bearer TOKEN' &#39;http",
        "curl -b 'session=KEY' ",
        "curl -u USER:PASSWORD ",
        "-H 'X-Signature: KEY' -H 'X-Program: KEY'",
        "</code> or <code>ApiKey in=",
    ] {
        let expected = expected.replace("&#39;", "'");
        assert!(page.contains(&expected), "{expected}");
    }
}

#[derive(Debug, thiserror::Error, Problem)]
enum Denied {
    #[error("who are you?")]
    #[problem(401)]
    Unknown,
}

#[tokio::test]
async fn an_error_needs_no_challenge_if_authorize_takes_credentials() {
    #[mount("/denied")]
    struct Resource;

    #[resource]
    impl Resource {
        fn authorize(&self, login: Option<Basic>, token: Option<Bearer>) -> Result<(), Denied> {
            login.map(drop).or(token.map(drop)).ok_or(Denied::Unknown)
        }

        fn get(&self) -> Result<u8, Denied> {
            Ok(1)
        }
    }

    let client = strict(Application::new("a").mount(Resource));
    let response = client.get("/denied").send().await;
    assert_eq!(response.status(), 401);
    assert_eq!(challenges(&response), [BASIC, BEARER]);
    assert_eq!(client.get("/denied").bearer("a").send().await.status(), 200);
}

#[test]
fn an_error_without_any_challenge_is_reported_at_start_up() {
    #[mount("/denied")]
    struct Resource;

    #[resource]
    impl Resource {
        fn get(&self) -> Result<u8, Denied> {
            Err(Denied::Unknown)
        }
    }

    let error = Application::new("a").mount(Resource).build().unwrap_err().to_string();
    assert!(error.contains("`GET` can fail with a 401 without a challenge"), "{error}");
    assert!(Application::new("a").mount(Resource).authorize(Login).build().is_ok());
}

#[test]
fn a_challenge_of_a_key_without_its_place_is_reported_at_start_up() {
    #[derive(Debug, thiserror::Error, Problem)]
    enum Nowhere {
        #[error("no")]
        #[problem(401, challenge = "ApiKey")]
        No,
    }

    #[mount("/nowhere")]
    struct Resource;

    #[resource]
    impl Resource {
        fn authorize(&self) -> Result<(), Nowhere> {
            Err(Nowhere::No)
        }

        fn get(&self) -> u8 {
            1
        }
    }

    let error = Application::new("a").mount(Resource).build().unwrap_err().to_string();
    assert!(error.contains("the challenge `ApiKey` of an error does not say where"), "{error}");
}

/// Every kind can be taken alone, in an `Option`, and in tuples of tuples.
#[test]
fn credentials_can_be_nested() {
    fn are_credentials<T: Credentials>() {}

    are_credentials::<ApiKey<Session>>();
    are_credentials::<Option<Signature>>();
    are_credentials::<(All, Option<Signature>)>();
    are_credentials::<(Basic, Bearer, ApiKey<Program>, Option<ApiKey<Link>>)>();
}
