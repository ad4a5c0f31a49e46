//! Header fields around what a method returns.

use http::{HeaderName, HeaderValue, header};
use wsgiservice::{
    Application, Created, EntityTag, NoContent, Preconditions, Problem,
    answer::{Accepted, Binary, Put, ResetContent, SeeOther, WithFields},
    mount, resource,
    testing::{Client, TestResponse},
};

use super::strict;

const VERSION: HeaderName = HeaderName::from_static("x-version");

fn with_version<T>(value: T) -> WithFields<T> {
    WithFields::new(value).field(VERSION, HeaderValue::from_static("7"))
}

/// Each method returns another type.
#[mount("/types")]
struct Types;

#[resource]
impl Types {
    fn get(&self) -> WithFields<Binary> {
        with_version(Binary::new("0123456789", HeaderValue::from_static("text/plain")))
    }

    fn post(&self) -> WithFields<Created<u32>> {
        with_version(Created::at("1", 1))
    }

    fn put(&self) -> WithFields<Put<u32>> {
        with_version(Put::Replaced(1))
    }

    fn patch(&self) -> WithFields<NoContent> {
        with_version(NoContent)
    }

    fn delete(&self) -> WithFields<()> {
        with_version(())
    }
}

/// More types.
#[mount("/more")]
struct More;

#[resource]
impl More {
    fn get(&self) -> WithFields<SeeOther> {
        with_version(SeeOther::to("/there"))
    }

    fn post(&self) -> WithFields<ResetContent> {
        with_version(ResetContent)
    }

    fn put(&self) -> WithFields<Accepted<u32>> {
        with_version(Accepted(1))
    }

    fn patch(&self) -> WithFields<http::Response<String>> {
        let mut response = http::Response::new("teapot".to_owned());
        *response.status_mut() = http::StatusCode::IM_A_TEAPOT;
        with_version(response)
    }

    fn delete(&self) -> WithFields<u32> {
        with_version(1)
    }
}

/// What can be absent or fail, within and outside of the fields.
#[mount("/wrapped/{how}")]
struct Wrapped;

type Returned = Result<Option<u32>, Problem>;

fn returned(how: &str) -> Returned {
    match how {
        "absent" => Ok(None),
        "failed" => Err(Problem::conflict("no")),
        _ => Ok(Some(1)),
    }
}

#[resource]
impl Wrapped {
    fn get(&self, how: String) -> WithFields<Returned> {
        with_version(returned(&how))
    }

    fn post(&self, how: String) -> Result<Option<WithFields<u32>>, Problem> {
        returned(&how).map(|value| value.map(with_version))
    }

    fn put(&self, how: String) -> Result<WithFields<Option<u32>>, Problem> {
        returned(&how).map(with_version)
    }
}

/// Fields that the framework sets, too.
#[mount("/own")]
struct Own;

#[resource]
impl Own {
    fn etag(&self) -> Option<EntityTag> {
        Some(EntityTag::strong("a"))
    }

    fn get(&self) -> WithFields<Binary> {
        let binary = Binary::new("{}", HeaderValue::from_static("application/json"));
        let cookies =
            WithFields::new(binary).field(header::SET_COOKIE, HeaderValue::from_static("a=1"));
        let cookies = cookies.field(header::SET_COOKIE, HeaderValue::from_static("b=2"));
        cookies.field(header::CONTENT_TYPE, HeaderValue::from_static("application/geo+json"))
    }

    fn put(&self, _preconditions: Preconditions) -> WithFields<Put<u32>> {
        let location = HeaderValue::from_static("/elsewhere");
        WithFields::new(Put::Created(1)).field(header::LOCATION, location)
    }
}

/// A representation of its own, with fields.
#[mount("/csv", representations = [csv])]
struct Table;

#[resource]
impl Table {
    fn get(&self) -> WithFields<Option<u32>> {
        with_version(Some(1))
    }

    #[representation(".csv", "text/csv")]
    fn csv(&self, value: &u32) -> String {
        format!("value\n{value}\n")
    }
}

fn client() -> Client {
    let application = Application::new("fields").mount(Types).mount(More);
    strict(application.mount(Wrapped).mount(Own).mount(Table))
}

async fn ask(method: &str, target: &str) -> TestResponse {
    client().request(method, target).send().await
}

#[tokio::test]
async fn fields_are_sent_with_whatever_a_method_returns() {
    for (method, target, status) in [
        ("GET", "/types", 200),
        ("POST", "/types", 201),
        ("PUT", "/types", 200),
        ("PATCH", "/types", 204),
        ("DELETE", "/types", 204),
        ("GET", "/more", 303),
        ("POST", "/more", 205),
        ("PUT", "/more", 202),
        ("PATCH", "/more", 418),
        ("DELETE", "/more", 200),
        ("GET", "/csv", 200),
    ] {
        let response = ask(method, target).await;
        let found = (response.status().as_u16(), response.field("x-version"));
        assert_eq!(found, (status, Some("7")), "{method} {target}");
    }
    assert_eq!(ask("POST", "/types").await.field("location"), Some("/types/1"));
    assert_eq!(ask("GET", "/more").await.field("location"), Some("/there"));
    assert_eq!(ask("PATCH", "/more").await.text(), "teapot");
    assert_eq!(ask("GET", "/csv").await.text(), "value\n1\n");
}

#[tokio::test]
async fn a_range_has_the_fields_of_the_whole() {
    for range in ["bytes=2-4", "bytes=0-1,4-5"] {
        let response = client().get("/types").header("range", range).send().await;
        assert_eq!((response.status().as_u16(), response.field("x-version")), (206, Some("7")));
    }
}

#[tokio::test]
async fn fields_around_an_option_or_a_result_are_sent_with_the_problem_and_those_within_are_not() {
    for (how, status, within) in
        [("there", 200, true), ("absent", 404, false), ("failed", 409, false)]
    {
        let target = format!("/wrapped/{how}");
        for (method, has_version) in [("GET", true), ("POST", within), ("PUT", status != 409)] {
            let response = ask(method, &target).await;
            let found = (response.status().as_u16(), response.field("x-version").is_some());
            assert_eq!(found, (status, has_version), "{method} {target}");
        }
    }
}

#[tokio::test]
async fn the_content_type_is_replaced_and_other_fields_are_added() {
    let response = ask("GET", "/own").await;
    let types: Vec<_> = response.fields().get_all("content-type").iter().collect();
    assert_eq!(types, ["application/geo+json"]);
    assert_eq!(response.fields().get_all("set-cookie").iter().count(), 2);
}

#[tokio::test]
async fn a_location_among_the_fields_is_another_resource() {
    let response = ask("PUT", "/own").await;
    assert_eq!((response.status().as_u16(), response.field("etag")), (201, None));
}
