//! The client: what is shared by all calls.

use std::{
    fmt,
    path::Path,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use http::{HeaderMap, Method};

use crate::{
    body::Body,
    builder::Builder,
    call::{Call, changes},
    context::CallContext,
    directory::{Count, Directory, Parts},
    error::{Error, Result},
    housekeeping::{self, File},
    locate::{ChangeLocator, Locate, Locator, Target, target},
    path::IntoPath,
    request::RequestBuilder,
    topology::Topology,
    users::{self, Purpose, Users},
};

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
    context: CallContext,
}

/// What all clones of a client share.
pub(crate) struct Shared {
    directory: RwLock<Arc<Directory>>,
    parts: Parts,
    users: Users,
    #[cfg(feature = "cache")]
    cache: Option<Arc<crate::cache::Cache>>,
    /// Where the topology is from.
    file: Option<File>,
    /// Whether a task looks after the endpoints.
    is_kept: AtomicBool,
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

    pub(crate) fn new(
        directory: Directory,
        parts: Parts,
        file: Option<File>,
        #[cfg(feature = "cache")] cache: Option<Arc<crate::cache::Cache>>,
    ) -> Self {
        let shared = Shared {
            directory: RwLock::new(Arc::new(directory)),
            parts,
            users: Users::new(),
            #[cfg(feature = "cache")]
            cache,
            file,
            is_kept: AtomicBool::new(false),
        };
        Self { shared: Arc::new(shared), context: CallContext::new() }
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
        match Method::from_bytes(b"QUERY") {
            Ok(method) => self.call(method, service, target(locator), path),
            Err(_) => self.call(Method::GET, service, target(locator), path),
        }
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
        Self { shared: Arc::clone(&self.shared), context }
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

    /// How many calls ended how, by service and cluster.
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
    /// assert_eq!((counts[0].outcome, counts[0].calls), (CallOutcome::Success, 1));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn counts(&self) -> Vec<Count> {
        let directory = self.directory();
        let mut counts = Vec::new();
        for service in directory.services() {
            let service_name = || service.name.to_string();
            let nowhere = service.counts.read().map(|(outcome, calls)| (None, outcome, calls));
            let groups = service.by_distance();
            let somewhere = groups.iter().flat_map(|group| {
                let cluster = Some(group.cluster.to_string());
                group.counts().read().map(move |(outcome, calls)| (cluster.clone(), outcome, calls))
            });
            counts.extend(nowhere.chain(somewhere).map(|(cluster, outcome, calls)| Count {
                service: service_name(),
                cluster,
                outcome,
                calls,
            }));
        }
        counts.sort_by(|one, other| {
            (&one.service, &one.cluster).cmp(&(&other.service, &other.cluster))
        });
        counts
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
        RequestBuilder::new(Call {
            client: self.clone(),
            method,
            service: service.to_owned(),
            target,
            path,
            headers: HeaderMap::new(),
            content: Body::default(),
            timeout: None,
            hedges: false,
            problem,
        })
    }

    /// The calls in flight of a service, in all clusters.
    #[cfg(test)]
    pub(crate) fn in_flight(&self, service: &str) -> usize {
        self.endpoints(service).iter().map(|endpoint| endpoint.in_flight()).sum()
    }

    /// The idle connections of a service, in all clusters.
    #[cfg(test)]
    pub(crate) fn idle(&self, service: &str) -> usize {
        self.endpoints(service).iter().map(|endpoint| endpoint.idle()).sum()
    }

    #[cfg(test)]
    fn endpoints(&self, service: &str) -> Vec<Arc<crate::endpoint::Endpoint>> {
        let service = self.directory().service(service).expect("a service");
        service.by_distance().iter().flat_map(|group| group.endpoints().to_vec()).collect()
    }

    pub(crate) fn context(&self) -> &CallContext {
        &self.context
    }

    #[cfg(feature = "cache")]
    pub(crate) fn cache(&self) -> Option<Arc<crate::cache::Cache>> {
        self.shared.cache.clone()
    }

    pub(crate) fn users(&self) -> &Users {
        &self.shared.users
    }

    /// The services as they are now. The first call starts the task that looks after them.
    pub(crate) fn directory(&self) -> Arc<Directory> {
        self.shared.keep();
        self.shared.directory()
    }

    /// The cluster of a user.
    pub(crate) async fn cluster_of(
        &self,
        directory: &Directory,
        user: &str,
        purpose: Purpose,
        patience: std::time::Duration,
    ) -> Result<Arc<str>> {
        match directory.only_cluster() {
            Some(only) if directory.service(users::SERVICE).is_err() => Ok(only.into()),
            _ => users::cluster_of(self, user, purpose, patience).await,
        }
    }
}

impl Shared {
    pub(crate) fn directory(&self) -> Arc<Directory> {
        Arc::clone(&self.directory.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn set_directory(&self, directory: Directory) {
        *self.directory.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(directory);
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.parts
    }

    pub(crate) fn file(&self) -> Option<&File> {
        self.file.as_ref()
    }

    /// Starts the task that looks after the endpoints, unless it runs.
    fn keep(self: &Arc<Self>) {
        if !self.is_kept.load(Ordering::Relaxed)
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
            && !self.is_kept.swap(true, Ordering::Relaxed)
        {
            runtime.spawn(housekeeping::keep(housekeeping::Keeper::new(self)));
        }
    }

    /// The runtime of the task has ended: the next call starts it again.
    pub(crate) fn is_no_longer_kept(&self) {
        self.is_kept.store(false, Ordering::Relaxed);
    }
}

impl fmt::Debug for RestClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RestClient").field("context", &self.context).finish_non_exhaustive()
    }
}
