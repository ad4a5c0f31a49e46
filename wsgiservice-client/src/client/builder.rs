//! How a client is made.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use bytes::Bytes;

use super::RestClient;
#[cfg(feature = "rustls")]
use crate::endpoint::Tls;
use crate::{
    body::Body,
    context::CallContext,
    directory::{Directory, Parts, Resolver},
    endpoint::{Endpoint, Local},
    error::{BoxError, Result},
    shared::Shared,
    topology::{Endpoints, File, ServiceEntry, Topology},
};

/// Makes a client: of a topology, of services in this process, or of both.
///
/// A service in this process is any tower service, such as that of an application. It has the place of a service of
/// the topology with the same name.
///
/// ```
/// use wsgiservice_client::{Body, ClosestCluster, RestClient, service_fn};
///
/// # use std::convert::Infallible;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> wsgiservice_client::Result<()> {
/// let label = service_fn(async |_: http::Request<Body>| {
///     Ok::<_, Infallible>(http::Response::new(http_body_util::Full::new(bytes::Bytes::from("hello"))))
/// });
/// let client = RestClient::builder().service("label", label).build()?;
///
/// let response = client.get("label", ClosestCluster, "/1/label/abc").await?;
/// assert_eq!(response.text().await?, "hello");
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
#[must_use = "a builder does nothing until it is built"]
pub struct Builder {
    file: Option<PathBuf>,
    topology: Option<Topology>,
    services: BTreeMap<String, Arc<Endpoint>>,
    #[cfg(feature = "cache")]
    cache: Option<u64>,
    #[cfg(test)]
    pub(crate) resolver: Resolver,
    #[cfg(test)]
    pub(crate) dials: std::collections::HashMap<PathBuf, Arc<crate::endpoint::TestDial>>,
}

impl Builder {
    /// Takes the services of a topology file, as [`RestClient::from_file`] does.
    pub fn file(mut self, path: impl AsRef<Path>) -> Self {
        self.file = Some(path.as_ref().to_owned());
        self
    }

    /// Takes the services of a topology.
    pub fn topology(mut self, topology: Topology) -> Self {
        self.topology = Some(topology);
        self
    }

    /// Takes a service of this process.
    pub fn service<S, B>(mut self, name: &str, service: S) -> Self
    where
        S: tower_service::Service<http::Request<Body>, Response = http::Response<B>>
            + Clone
            + Send
            + 'static,
        S::Future: Send,
        S::Error: Into<BoxError>,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let endpoint = Endpoint::local(Box::new(Local(Mutex::new(service))));
        self.services.insert(name.to_owned(), endpoint);
        self
    }

    /// Keeps responses that can be used again, up to this many bytes in all (RFC 9111).
    ///
    /// What is for one user is stored, too, and used again for calls with the same `Authorization`, the same `Cookie` and
    /// the same fields that `Vary` names. A content of more than 1 MiB is not stored.
    ///
    /// ```
    /// # use std::convert::Infallible;
    /// use wsgiservice_client::{Body, ClosestCluster, RestClient, service_fn};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> wsgiservice_client::Result<()> {
    /// # let geoip = service_fn(|_: http::Request<Body>| async {
    /// #     let mut response = http::Response::new(http_body_util::Full::new(bytes::Bytes::from("CH")));
    /// #     response.headers_mut().insert("cache-control", http::HeaderValue::from_static("max-age=60"));
    /// #     Ok::<_, Infallible>(response)
    /// # });
    /// let client = RestClient::builder().service("geoip", geoip).cache(64 << 20).build()?;
    ///
    /// let first = client.get("geoip", ClosestCluster, "/1/130.59.31.80").await?;
    /// assert_eq!(first.attempts().len(), 1);
    /// let second = client.get("geoip", ClosestCluster, "/1/130.59.31.80").await?;
    /// assert_eq!(second.attempts().len(), 0);
    /// assert_eq!(second.text().await?, "CH");
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "cache")]
    pub fn cache(mut self, bytes: u64) -> Self {
        self.cache = Some(bytes);
        self
    }

    /// Makes the client.
    ///
    /// # Errors
    ///
    /// If the topology file or a file of TLS cannot be read, or has mistakes.
    pub fn build(self) -> Result<RestClient> {
        let (file, topology) = match (self.file, self.topology) {
            (Some(path), _) => {
                let (file, topology) = File::read(&path)?;
                (Some(file), topology)
            }
            (None, topology) => (None, topology.unwrap_or_else(Topology::empty)),
        };
        let parts = Parts {
            #[cfg(feature = "rustls")]
            tls: Tls::load(topology.tls.as_ref())?,
            #[cfg(not(test))]
            resolver: Resolver::default(),
            #[cfg(test)]
            resolver: self.resolver,
            #[cfg(test)]
            dials: self.dials,
        };
        let mut directory = Directory::new(topology, &parts, None);
        let local = || ServiceEntry::new(Endpoints::Global(Vec::new()));
        for (name, endpoint) in self.services {
            let entry = directory.topology.services.remove(&name).unwrap_or_else(local);
            directory.insert_local(&name, entry, endpoint);
        }
        Ok(RestClient {
            shared: Arc::new(Shared::new(directory, parts, file)),
            #[cfg(feature = "cache")]
            cache: self.cache.map(|bytes| Arc::new(crate::cache::Cache::new(bytes))),
            context: CallContext::new(),
        })
    }
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder")
            .field("file", &self.file)
            .field("services", &self.services.keys())
            .finish_non_exhaustive()
    }
}
