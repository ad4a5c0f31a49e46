//! What the fuzz targets have in common: a service that has each kind of parameter, and one request to it.
//!
//! A panic within a request would become a 500, so each target asserts that no response is a 500.

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use serde::{Deserialize, Serialize};
use tokio::runtime::{Builder, Runtime};
use tower_service::Service as _;
use wsgiservice::{
    Application, Content, EntityTag,
    answer::Binary,
    content::{Body, File},
    mount, resource,
    server::Service,
};

/// Path variables and parameters of the query.
#[mount("/v{version}/{name}/{*rest}")]
#[validate(name, re = "[a-z.]*|x.*", len = ..=20)]
struct Target;

#[resource]
impl Target {
    fn get(
        &self,
        version: f64,
        name: String,
        rest: Vec<String>,
        q: Option<i16>,
        #[validate(format = "date-time")] at: Option<String>,
        flag: Vec<bool>,
    ) -> String {
        format!("{version} {name} {rest:?} {q:?} {at:?} {flag:?}")
    }
}

/// Content with ranges and validators.
#[mount("/file")]
pub struct Ranges;

impl Ranges {
    /// The content.
    pub const CONTENT: &'static str = "The quick brown fox jumps over the lazy dog.";
}

#[resource]
impl Ranges {
    fn etag(&self) -> Option<EntityTag> {
        Some(EntityTag::strong("fox"))
    }

    fn get(&self) -> Binary {
        Binary::new(Self::CONTENT, HeaderValue::from_static("text/plain"))
    }
}

/// A tree, as it can be nested.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Tree {
    name: String,
    size: Option<u64>,
    #[serde(default)]
    children: Vec<Tree>,
}

#[mount("/tree")]
struct Trees;

#[resource]
impl Trees {
    fn put(&self, content: Content<Tree>) -> Tree {
        content.into_inner()
    }
}

#[mount("/form")]
struct Form;

#[resource]
impl Form {
    fn post(&self, name: String, count: Option<u32>, file: Option<File>) -> usize {
        let size = file.map_or(0, |file| file.content().len());
        name.len() + size + count.unwrap_or_default() as usize
    }
}

fn service() -> Service {
    let application = Application::new("fuzz").mount(Target).mount(Ranges);
    application.mount(Trees).mount(Form).build().expect("a service")
}

/// Sends a request, and returns the response with its content.
///
/// # Panics
/// If the response says that the service has failed.
pub fn ask(request: Request<Vec<u8>>) -> Response<Bytes> {
    thread_local! {
        static SERVICE: (Service, Runtime) = (service(), runtime());
    }
    let request = request.map(|content| Body::new(Full::new(Bytes::from(content))));
    SERVICE.with(|(service, runtime)| {
        runtime.block_on(async {
            let Ok(response) = service.clone().call(request).await;
            let (head, body) = response.into_parts();
            assert_ne!(head.status, StatusCode::INTERNAL_SERVER_ERROR);
            Response::from_parts(head, body.collect().await.expect("content").to_bytes())
        })
    })
}

fn runtime() -> Runtime {
    Builder::new_current_thread().build().expect("a runtime")
}

/// A `GET` with this value of a header field, if it is one.
#[must_use]
pub fn get_with(target: &str, name: &str, value: &[u8]) -> Option<Request<Vec<u8>>> {
    let value = HeaderValue::from_bytes(value).ok()?;
    Request::get(target).header(name, value).body(Vec::new()).ok()
}
