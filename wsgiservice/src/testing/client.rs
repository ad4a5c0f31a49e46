//! A client of an application in the same process.

use http::{HeaderMap, Method, Uri};

use super::request::{self, TestRequest};
#[cfg(feature = "server")]
use crate::{application::Life, error::Result};
use crate::{
    application::{Application, Service},
    http::body::Body,
};

/// A client of an application in the same process.
#[derive(Clone, Debug)]
pub struct Client {
    service: Service,
    is_strict: bool,
    /// The header fields of each request.
    fields: HeaderMap,
}

impl Client {
    /// Creates a client of an application, whose set-up does not run.
    ///
    /// # Panics
    /// Panics if the application cannot be built, with all reasons.
    #[must_use]
    #[track_caller]
    pub fn new(application: Application) -> Self {
        match application.build() {
            Ok(service) => Self { service, is_strict: false, fields: HeaderMap::new() },
            Err(error) => panic!("the application cannot be built: {error}"),
        }
    }

    /// Runs the set-up of an application (`on_start`), and creates a client of it. Its background tasks do not run.
    ///
    /// # Errors
    /// An error of the set-up.
    ///
    /// # Panics
    /// Panics if the application cannot be built, with all reasons.
    ///
    /// ```
    /// # use wsgiservice::{Application, mount, resource, testing::Client};
    /// # #[mount("/ping")]
    /// # struct Ping;
    /// # #[resource]
    /// # impl Ping {
    /// #     fn get(&self) -> &'static str { "pong" }
    /// # }
    /// # async fn migrate() -> Result<(), std::io::Error> { Ok(()) }
    /// # #[tokio::main]
    /// # async fn main() -> wsgiservice::Result<()> {
    /// let client = Client::after_set_up(Application::new("ping").mount(Ping).on_start(migrate())).await?;
    /// assert_eq!(client.get("/ping").send().await.status(), 200);
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "server")]
    pub async fn after_set_up(mut application: Application) -> Result<Self> {
        Life::set_up(std::mem::take(&mut application.life.start)).await?;
        Ok(Self::new(application))
    }

    /// Makes the client panic if the status of a response is not documented.
    ///
    /// The tests of a service then also test its documentation. A method that can fail with any status has the response
    /// `default` in OpenAPI, and each status is documented by it: such a method, or a hook before it, returns a [`Problem`]
    /// or an [`http::Response`], or the application has [`Application::authorize`]. An error of the service with
    /// `#[derive(Problem)]`, whose statuses are known, makes the check exact.
    ///
    /// [`Problem`]: struct@crate::Problem
    ///
    /// ```
    /// # use wsgiservice::{Application, mount, resource, testing::Client};
    /// # #[mount("/ping")]
    /// # struct Ping;
    /// # #[resource]
    /// # impl Ping {
    /// #     fn get(&self) -> &'static str { "pong" }
    /// # }
    /// # #[tokio::main]
    /// # async fn main() {
    /// let client = Client::new(Application::new("ping").mount(Ping)).strict();
    /// assert_eq!(client.get("/ping").send().await.status(), 200);
    /// # }
    /// ```
    #[must_use]
    pub fn strict(self) -> Self {
        Self { is_strict: true, ..self }
    }

    /// Adds a header field to each request of this client that does not set it itself.
    ///
    /// ```
    /// # use wsgiservice::{Application, Request, mount, resource, testing::Client};
    /// # #[mount("/agent")]
    /// # struct Agent;
    /// # #[resource]
    /// # impl Agent {
    /// #     fn get(&self, request: &Request) -> Option<String> {
    /// #         Some(request.fields().get("user-agent")?.to_str().ok()?.to_owned())
    /// #     }
    /// # }
    /// # #[tokio::main]
    /// # async fn main() {
    /// let client = Client::new(Application::new("agent").mount(Agent));
    /// let curl = client.clone().header("user-agent", "curl");
    /// assert_eq!(curl.get("/agent").send().await.text(), r#""curl""#);
    /// assert_eq!(client.get("/agent").send().await.status(), 404);
    /// # }
    /// ```
    ///
    /// # Panics
    /// Panics if the name or the value is not valid in HTTP.
    #[must_use]
    #[track_caller]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let (name, value) = request::field(name, value);
        self.fields.append(name, value);
        self
    }

    /// Creates a `GET` request for a target.
    ///
    /// # Panics
    /// Panics like [`request`](Self::request).
    #[track_caller]
    pub fn get(&self, target: &str) -> TestRequest {
        self.request("GET", target)
    }

    /// Creates a `POST` request for a target.
    ///
    /// # Panics
    /// Panics like [`request`](Self::request).
    #[track_caller]
    pub fn post(&self, target: &str) -> TestRequest {
        self.request("POST", target)
    }

    /// Creates a `PUT` request for a target.
    ///
    /// # Panics
    /// Panics like [`request`](Self::request).
    #[track_caller]
    pub fn put(&self, target: &str) -> TestRequest {
        self.request("PUT", target)
    }

    /// Creates a `PATCH` request for a target.
    ///
    /// # Panics
    /// Panics like [`request`](Self::request).
    #[track_caller]
    pub fn patch(&self, target: &str) -> TestRequest {
        self.request("PATCH", target)
    }

    /// Creates a `DELETE` request for a target.
    ///
    /// # Panics
    /// Panics like [`request`](Self::request).
    #[track_caller]
    pub fn delete(&self, target: &str) -> TestRequest {
        self.request("DELETE", target)
    }

    /// Creates a request with any method.
    ///
    /// # Panics
    /// Panics if the method or the target is not valid in HTTP.
    #[track_caller]
    pub fn request(&self, method: &str, target: &str) -> TestRequest {
        let mut request = http::Request::new(Body::empty());
        match (Method::from_bytes(method.as_bytes()), target.parse::<Uri>()) {
            (Ok(method), Ok(target)) => {
                *request.method_mut() = method;
                *request.uri_mut() = target;
            }
            (Err(error), _) => panic!("`{method}` is not a valid method: {error}"),
            (_, Err(error)) => panic!("`{target}` is not a valid target: {error}"),
        }
        TestRequest::new(self.service.clone(), self.is_strict, self.fields.clone(), request)
    }
}
