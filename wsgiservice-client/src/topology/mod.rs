//! Which services there are, and where.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

mod address;
mod file;
mod read;
mod reader;

pub(crate) use address::Address;
pub(crate) use file::{Change, File};

use crate::error::{Error, Result};

/// What a topology file says: clusters, services and their endpoints.
///
/// ```
/// use wsgiservice_client::Topology;
///
/// let topology = Topology::parse(
///     "topology.toml",
///     r#"
///         version = 1
///         local_cluster = "c1"
///         [clusters.c1]
///         [clusters.c2]
///         [services.label]
///         c1 = ["http://10.0.1.5:8104"]
///         c3 = ["http://10.0.2.5:8104"]
///     "#,
/// );
/// assert_eq!(
///     topology.unwrap_err().to_string(),
///     "topology.toml:8:9: `services.label.c3`: unknown cluster or setting `c3`; did you mean `c1`?",
/// );
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Topology {
    pub(crate) local_cluster: String,
    pub(crate) clusters: BTreeMap<String, ClusterEntry>,
    pub(crate) services: BTreeMap<String, ServiceEntry>,
    pub(crate) tls: Option<TlsFiles>,
}

/// A cluster.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ClusterEntry {
    /// How often it is drawn, compared with the others.
    pub(crate) weight: f64,
    /// How far away other clusters are.
    pub(crate) distance: BTreeMap<String, f64>,
}

/// A service.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ServiceEntry {
    pub(crate) timeouts: Timeouts,
    /// How often a call is tried at most.
    pub(crate) attempts: u32,
    /// Whether each call that changes something has an `Idempotency-Key`.
    pub(crate) idempotency_keys: bool,
    /// Whether it holds data of users.
    pub(crate) data: bool,
    /// The target that tells whether an endpoint is in service.
    pub(crate) health: Option<String>,
    /// What `Host` and the certificate say, if that is not the name of the service.
    pub(crate) host: Option<String>,
    pub(crate) endpoints: Endpoints,
}

/// What a call waits for, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timeouts {
    pub(crate) call: Duration,
    pub(crate) connect: Duration,
    pub(crate) attempt: Option<Duration>,
}

/// Where a service is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Endpoints {
    /// Once for all clusters.
    Global(Vec<Address>),
    /// In these clusters.
    Clusters(BTreeMap<String, Vec<Address>>),
}

/// The files of mutual TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    pub(crate) ca: Option<PathBuf>,
    /// The certificate of the client, and its key.
    pub(crate) identity: Option<(PathBuf, PathBuf)>,
}

impl Topology {
    /// Reads the text of a topology file, whose name is for errors.
    ///
    /// # Errors
    ///
    /// One error with all mistakes, each with its line, its column and its key. Its kind is
    /// [`InvalidRequest`](crate::ErrorKind::InvalidRequest).
    pub fn parse(file: &str, text: &str) -> Result<Self> {
        let local = std::env::var("WSGISERVICE_CLUSTER").ok().filter(|name| !name.is_empty());
        read::read(file, text, local.as_deref()).map_err(|errors| Error::invalid(errors.join("\n")))
    }

    /// The cluster of the caller.
    #[must_use]
    pub fn local_cluster(&self) -> &str {
        &self.local_cluster
    }

    /// The names of the clusters, sorted.
    pub fn clusters(&self) -> impl Iterator<Item = &str> {
        self.clusters.keys().map(String::as_str)
    }

    /// The names of the services, sorted.
    pub fn services(&self) -> impl Iterator<Item = &str> {
        self.services.keys().map(String::as_str)
    }

    /// The names of the services that hold data of users, sorted.
    pub fn data_services(&self) -> impl Iterator<Item = &str> {
        self.services.iter().filter(|(_, service)| service.data).map(|(name, _)| name.as_str())
    }

    /// The names of the services that hold data of users in this cluster, sorted. One that is global is in no cluster.
    ///
    /// ```
    /// use wsgiservice_client::Topology;
    ///
    /// let topology = Topology::parse(
    ///     "topology.toml",
    ///     r#"
    ///         version = 1
    ///         local_cluster = "c1"
    ///         [clusters.c1]
    ///         [clusters.c2]
    ///         [services.label]
    ///         data = true
    ///         c1 = ["http://10.0.1.5:8104"]
    ///         [services.user]
    ///         data = true
    ///         global = ["http://10.0.0.10:8101"]
    ///     "#,
    /// )?;
    /// assert_eq!(topology.data_services_in("c1").collect::<Vec<_>>(), ["label"]);
    /// assert_eq!(topology.data_services_in("c2").count(), 0);
    /// assert_eq!(topology.global_data_services().collect::<Vec<_>>(), ["user"]);
    /// # Ok::<(), wsgiservice_client::Error>(())
    /// ```
    pub fn data_services_in(&self, cluster: &str) -> impl Iterator<Item = &str> {
        let is_there = move |endpoints: &Endpoints| match endpoints {
            Endpoints::Global(_) => false,
            Endpoints::Clusters(clusters) => clusters.contains_key(cluster),
        };
        self.data_services_where(is_there)
    }

    /// The names of the services that hold data of users, one for all clusters, sorted.
    pub fn global_data_services(&self) -> impl Iterator<Item = &str> {
        self.data_services_where(|endpoints| matches!(endpoints, Endpoints::Global(_)))
    }

    fn data_services_where(
        &self,
        is_there: impl Fn(&Endpoints) -> bool,
    ) -> impl Iterator<Item = &str> {
        let services = self.services.iter();
        let there = services.filter(move |(_, it)| it.data && is_there(&it.endpoints));
        there.map(|(name, _)| name.as_str())
    }

    /// A topology of one cluster without services.
    pub(crate) fn empty() -> Self {
        let cluster = ClusterEntry { weight: 1.0, distance: BTreeMap::new() };
        Self {
            local_cluster: "local".to_owned(),
            clusters: BTreeMap::from([("local".to_owned(), cluster)]),
            services: BTreeMap::new(),
            tls: None,
        }
    }
}

impl ServiceEntry {
    /// A service without settings of its own.
    pub(crate) fn new(endpoints: Endpoints) -> Self {
        Self {
            timeouts: Timeouts::default(),
            attempts: 3,
            idempotency_keys: false,
            data: false,
            health: None,
            host: None,
            endpoints,
        }
    }
}

impl TlsFiles {
    pub(crate) fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        let identity = self.identity.iter().flat_map(|(certificate, key)| [certificate, key]);
        self.ca.iter().chain(identity)
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { call: Duration::from_secs(2), connect: Duration::from_millis(250), attempt: None }
    }
}
