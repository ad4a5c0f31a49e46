//! Roles that methods require: who gets a 403, before what, and how that is documented.

use serde_json::{Value, json};
use wsgiservice::{
    Application, Authorize, Authorized, Bearer, Content, EntityTag, NoContent, Preconditions,
    Problem, Request, Role, mount, resource, testing::Client,
};

use super::strict;

struct User {
    roles: String,
}

/// Those who may change something.
struct Editor;

impl Role<User> for Editor {
    const DETAIL: &'static str = "Only editors may do this.";

    fn is_held_by(user: &User) -> bool {
        user.roles.contains("editor")
    }
}

/// Those who may do anything.
struct Admin;

impl Role<User> for Admin {
    fn is_held_by(user: &User) -> bool {
        user.roles.contains("admin")
    }
}

struct Login;

impl Authorize for Login {
    type Credentials = Option<Bearer>;
    type Principal = User;

    async fn authorize(&self, login: Option<Bearer>, _: &Request) -> Result<User, Problem> {
        let login = login.ok_or_else(Problem::missing_credentials)?;
        Ok(User { roles: login.token().expose().clone() })
    }
}

#[mount("/news/{id}")]
struct News;

#[resource]
impl News {
    fn etag(&self) -> Option<EntityTag> {
        Some(EntityTag::strong("a"))
    }

    fn get(&self, user: Authorized<User>, id: u32) -> String {
        format!("{} {id}", user.roles)
    }

    fn put(
        &self,
        editor: Authorized<User, Editor>,
        id: u32,
        content: Content<u32>,
        _preconditions: Preconditions,
    ) -> String {
        format!("{} {id} {}", editor.roles, content.into_inner())
    }

    /// Requires two roles.
    fn delete(
        &self,
        editor: Authorized<User, Editor>,
        _admin: Authorized<User, Admin>,
        _preconditions: Preconditions,
    ) -> NoContent {
        let _ = editor.clone();
        NoContent
    }
}

fn client() -> Client {
    strict(Application::new("roles").mount(News).authorize(Login))
}

#[tokio::test]
async fn only_who_has_the_role_may_use_the_method() {
    let get = client().get("/news/1").bearer("reader").send().await;
    assert_eq!(get.json::<String>(), "reader 1");
    let put = |token| client().put("/news/1").bearer(token).json(&7).send();
    assert_eq!(put("editor").await.json::<String>(), "editor 1 7");
    let refused = put("reader").await;
    assert_eq!(refused.status(), 403);
    assert_eq!(refused.json::<Value>()["detail"], "Only editors may do this.");
    for (token, status) in [("editor", 403), ("admin", 403), ("reader", 403), ("editor.admin", 204)]
    {
        let response = client().delete("/news/1").bearer(token).send().await;
        assert_eq!(response.status(), status, "{token}");
    }
}

#[tokio::test]
async fn without_the_role_a_request_learns_nothing_else() {
    let put = |target| client().put(target).bearer("reader");
    for request in [
        put("/news/a").json(&7),
        put("/news/1").body("a").header("content-type", "text/unknown"),
        put("/news/1").body("{").header("content-type", "application/json"),
        put("/news/1").json(&7).header("if-match", "\"other\""),
        put("/news/1").json(&7).header("accept", "image/png"),
        put("/news/1").json(&7).header("expect", "100-continue"),
    ] {
        assert_eq!(request.send().await.status(), 403);
    }
    assert_eq!(client().put("/news/1").json(&7).send().await.status(), 401);
}

#[tokio::test]
async fn a_role_is_documented_as_a_403_of_its_methods() {
    let document = client().get("/_internal/openapi").send().await.json::<Value>();
    let responses = |method: &str| &document["paths"]["/news/{id}"][method]["responses"];
    assert_eq!(responses("put")["403"]["description"], "Only editors may do this.");
    assert_eq!(responses("delete")["403"]["description"], "Only editors may do this.");
    assert_eq!(responses("get")["403"], json!(null));
}

#[test]
fn a_role_of_a_hook_is_reported_at_start_up() {
    #[mount("/hook")]
    struct ByHook;

    #[resource]
    impl ByHook {
        fn exists(&self, _admin: Authorized<User, Admin>) -> bool {
            true
        }

        fn get(&self) -> u8 {
            1
        }
    }

    let error = Application::new("a").mount(ByHook).authorize(Login).build().unwrap_err();
    assert!(error.to_string().contains("hook `exists` cannot require a role"), "{error}");
    let error = Application::new("a").mount(News).build().unwrap_err().to_string();
    assert!(
        error.contains("`PUT` takes an `Authorized<User>`, but nothing authorizes it"),
        "{error}"
    );
}
