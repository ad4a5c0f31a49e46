//! Return types of methods.

use serde::Serialize;
use serde_json::Value;
use wsgiservice::{
    Application, Created, Problem,
    answer::{
        Accepted, Found, MovedPermanently, PermanentRedirect, Put, SeeOther, TemporaryRedirect,
    },
    mount, resource,
    testing::Client,
};

use super::strict;

#[derive(Debug, thiserror::Error, Problem)]
enum Failure {
    #[error("no document {0}")]
    #[problem(404)]
    Missing(u32),
    #[error("the document was changed concurrently")]
    #[problem(409)]
    Stale,
    #[error(transparent)]
    #[problem(500)]
    Database { source: std::io::Error },
}

type Maybe<T> = Option<T>;
type Fallible<T> = Result<T, Failure>;

#[derive(Serialize)]
struct Saved {
    id: u32,
}

#[mount("/result/{id}")]
struct Results;

#[resource]
impl Results {
    fn get(&self, id: u32) -> Fallible<Maybe<Saved>> {
        match id {
            0 => Ok(None),
            1 => Err(Failure::Missing(1)),
            2 => Err(Failure::Stale),
            3 => Err(Failure::Database { source: std::io::Error::other("disk /dev/sda1 is gone") }),
            _ => Ok(Some(Saved { id })),
        }
    }

    fn post(&self, id: u32) -> Fallible<Option<Created<Saved>>> {
        Ok(Some(Created::at(Self::path(id), Saved { id })))
    }

    fn put(&self, id: u32) -> Result<Put<Saved>, Problem> {
        Ok(if id == 1 { Put::Replaced(Saved { id }) } else { Put::Created(Saved { id }) })
    }

    fn patch(&self) -> Option<Fallible<Saved>> {
        Some(Err(Failure::Stale))
    }

    fn delete(&self) -> Accepted<Saved> {
        Accepted(Saved { id: 1 })
    }
}

macro_rules! redirects {
    ($($name:ident $path:literal $status:literal;)*) => {
        mod redirect {
            $(
                #[wsgiservice::mount($path)]
                pub(super) struct $name;

                #[wsgiservice::resource]
                impl $name {
                    fn get(&self) -> super::$name {
                        super::$name::to("/there")
                    }
                }
            )*
        }

        #[tokio::test]
        async fn a_redirect_has_its_status_and_its_location() {
            let application = Application::new("redirects")$(.mount(redirect::$name))*;
            let client = strict(application);
            $(
                let response = client.get($path).send().await;
                assert_eq!(response.status(), $status);
                assert_eq!(response.field("location"), Some("/there"));
                assert_eq!(response.content(), b"");
            )*
        }
    };
}

redirects! {
    MovedPermanently "/301" 301;
    Found "/302" 302;
    SeeOther "/303" 303;
    TemporaryRedirect "/307" 307;
    PermanentRedirect "/308" 308;
}

fn client() -> Client {
    strict(Application::new("outcomes").mount(Results))
}

async fn status(method: &str, target: &str) -> u16 {
    client().request(method, target).send().await.status().as_u16()
}

#[tokio::test]
async fn none_is_a_404_even_behind_a_type_alias() {
    assert_eq!(status("GET", "/result/0").await, 404);
    assert_eq!(status("GET", "/result/4").await, 200);
}

#[tokio::test]
async fn an_error_has_the_status_and_the_message_of_its_variant() {
    let response = client().get("/result/1").send().await;
    assert_eq!(response.status(), 404);
    assert_eq!(response.json::<Value>()["detail"], "no document 1");
    assert_eq!(status("GET", "/result/2").await, 409);
}

#[tokio::test]
async fn the_message_of_a_server_error_is_never_sent() {
    let response = client().get("/result/3").send().await;
    assert_eq!(response.status(), 500);
    assert!(!response.text().contains("disk"), "{}", response.text());
}

#[tokio::test]
async fn an_outcome_may_be_nested_in_an_option_in_a_result() {
    let response = client().post("/result/7").send().await;
    assert_eq!(response.status(), 201);
    assert_eq!(response.field("location"), Some("/result/7"));
    assert_eq!(response.text(), r#"{"id":7}"#);
}

#[tokio::test]
async fn a_result_may_be_nested_in_an_option() {
    assert_eq!(status("PATCH", "/result/1").await, 409);
}

#[tokio::test]
async fn a_put_creates_or_replaces() {
    assert_eq!(status("PUT", "/result/1").await, 200);
    assert_eq!(status("PUT", "/result/2").await, 201);
}

#[tokio::test]
async fn accepted_is_a_202() {
    assert_eq!(status("DELETE", "/result/1").await, 202);
}
