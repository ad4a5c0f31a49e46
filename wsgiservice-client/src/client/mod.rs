//! The client, and how it is made.

use std::{fmt, path::Path, sync::Arc};

use http::{HeaderMap, Method};

use crate::{
    body::Body,
    call::{Call, changes},
    context::CallContext,
    directory::{Counts, Directory},
    error::{Error, Result},
    housekeeping,
    locate::{ChangeLocator, Locate, Locator, Target, target},
    path::IntoPath,
    request::RequestBuilder,
    shared::Shared,
    topology::Topology,
};

mod builder;

pub use builder::Builder;

/// A client that finds services and calls them.
///
/// It is cheap to clone, and its clones share connections and measurements.
///
/// ```no_run
/// use wsgiservice_client::{ClosestCluster, RestClient};
///
/// # async fn call() -> wsgiservice_client::Result<()> {
/// let client = RestClient::from_file("topology.toml")?;
/// let response = client.get("geoip", ClosestCluster, "/1/130.59.31.80").await?;
/// let country: serde_json::Value = response.error_for_status()?.json().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RestClient {
    shared: Arc<Shared>,
    #[cfg(feature = "cache")]
    cache: Option<Arc<crate::cache::Cache>>,
    context: CallContext,
}

impl RestClient {
    /// A client of the services in a topology file.
    ///
    /// The file is read again when its content changes. One that cannot be read then is reported in the log, and
    /// changes nothing.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or has mistakes. The error has all of them, each with its line.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        Self::builder().file(path).build()
    }

    /// A builder of a client, for one of services in this process.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// A `GET` of a service.
    pub fn get<L: Locator>(
        &self,
        service: &str,
        locator: L,
        path: impl IntoPath,
    ) -> RequestBuilder<L::Output> {
        self.call(Method::GET, service, target(locator), path)
    }

    /// A `HEAD` of a service.
    pub fn head<L: Locator>(
        &self,
        service: &str,
        locator: L,
        path: impl IntoPath,
    ) -> RequestBuilder<L::Output> {
        self.call(Method::HEAD, service, target(locator), path)
    }

    /// A `QUERY` of a service: a safe request with content.
    pub fn query<L: Locator>(
        &self,
        service: &str,
        locator: L,
        path: impl IntoPath,
    ) -> RequestBuilder<L::Output> {
        self.call(Method::QUERY, service, target(locator), path)
    }

    /// A `POST` to a service.
    pub fn post<L: ChangeLocator>(
        &self,
        service: &str,
        locator: L,
        path: impl IntoPath,
    ) -> RequestBuilder<L::Output> {
        self.call(Method::POST, service, target(locator), path)
    }

    /// A `PUT` to a service.
    pub fn put<L: ChangeLocator>(
        &self,
        service: &str,
        locator: L,
        path: impl IntoPath,
    ) -> RequestBuilder<L::Output> {
        self.call(Method::PUT, service, target(locator), path)
    }

    /// A `PATCH` of a service.
    pub fn patch<L: ChangeLocator>(
        &self,
        service: &str,
        locator: L,
        path: impl IntoPath,
    ) -> RequestBuilder<L::Output> {
        self.call(Method::PATCH, service, target(locator), path)
    }

    /// A `DELETE` of a service.
    pub fn delete<L: ChangeLocator>(
        &self,
        service: &str,
        locator: L,
        path: impl IntoPath,
    ) -> RequestBuilder<L::Output> {
        self.call(Method::DELETE, service, target(locator), path)
    }

    /// A request of any method.
    pub fn request<L: ChangeLocator>(
        &self,
        method: Method,
        service: &str,
        locator: L,
        path: impl IntoPath,
    ) -> RequestBuilder<L::Output> {
        self.call(method, service, target(locator), path)
    }

    /// The same client, for calls on behalf of a request.
    #[must_use]
    pub fn with_context(&self, context: CallContext) -> Self {
        Self { context, ..self.clone() }
    }

    /// The topology that is in force.
    #[must_use]
    pub fn topology(&self) -> Topology {
        self.directory().topology.clone()
    }

    /// Reads the topology file now, instead of within a second after it has changed.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or has mistakes. The topology stays as it is.
    pub async fn reload(&self) -> Result<()> {
        housekeeping::reload(&self.shared).await
    }

    /// What was counted, by service and cluster: calls, attempts, ejections, the endpoints that are ejected now, and what the
    /// cache did.
    ///
    /// ```
    /// use wsgiservice_client::{Body, CallOutcome, ClosestCluster, RestClient, service_fn};
    ///
    /// # use std::convert::Infallible;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> wsgiservice_client::Result<()> {
    /// # let label = service_fn(|_: http::Request<Body>| async {
    /// #     Ok::<_, Infallible>(http::Response::new(http_body_util::Empty::new()))
    /// # });
    /// let client = RestClient::builder().service("label", label).build()?;
    /// client.get("label", ClosestCluster, "/1/label/abc").await?;
    ///
    /// let counts = client.counts();
    /// let calls = &counts.calls[0];
    /// assert_eq!((calls.what, calls.count), (CallOutcome::Success, 1));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.directory().counts()
    }

    fn call<O>(
        &self,
        method: Method,
        service: &str,
        target: Target,
        path: impl IntoPath,
    ) -> RequestBuilder<O> {
        let (path, mut problem) = match path.into_checked() {
            Ok(path) => (path, None),
            Err(error) => (String::new(), Some(error)),
        };
        if let Target::One(Locate::First { changes: false }) = &target
            && changes(&method)
        {
            let message = "`FirstCluster` cannot be used with a method that changes something";
            problem.get_or_insert_with(|| Error::invalid(message));
        }
        let call = Call {
            shared: Arc::clone(&self.shared),
            context: self.context.clone(),
            method,
            service: service.to_owned(),
            target,
            path,
            headers: HeaderMap::new(),
            content: Body::default(),
            timeout: None,
            hedges: false,
            problem,
        };
        RequestBuilder::new(
            call,
            #[cfg(feature = "cache")]
            self.cache.clone(),
        )
    }

    pub(crate) fn directory(&self) -> Arc<Directory> {
        housekeeping::directory(&self.shared)
    }
}

impl fmt::Debug for RestClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RestClient").field("context", &self.context).finish_non_exhaustive()
    }
}
