//! The builder of an application, and the tower service that it builds.

mod layer;
#[cfg(feature = "server")]
mod life;
mod observed;
mod service;

use std::sync::Arc;

use ::http::HeaderValue;

use tower_layer::Layer;

use self::layer::BoxLayer;
#[cfg(feature = "server")]
pub use self::life::{BackgroundReturn, Stopping};
#[cfg(feature = "server")]
pub(crate) use self::life::{BackgroundTask, Life};
pub use self::{
    layer::LayerService,
    service::{ResponseFuture, Service},
};
#[cfg(feature = "client")]
use crate::statistics;
use crate::{
    documentation::{Documentation, help},
    health::Check,
    http::{
        base,
        body::{Body, BoxError},
        network::Network,
    },
    limits::Limits,
    monitoring::{self, Monitor},
    resource::{
        Resource,
        authorize::{Authorize, Authorizer},
    },
    site::{Cors, Mounting, Policy, Site, build_error::BuildError, problem_types},
    statistics::{About, MethodSet, Registered},
};

/// A set of resources: [`run`](Self::run) serves it, [`build`](Self::build) turns it into a tower service.
///
/// ```
/// use wsgiservice::{Application, mount, resource, testing::Client};
///
/// #[mount("/ping")]
/// struct Ping;
///
/// #[resource]
/// impl Ping {
///     fn get(&self) -> &'static str {
///         "pong"
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let client = Client::new(Application::new("ping").mount(Ping));
/// assert_eq!(client.get("/ping").send().await.text(), r#""pong""#);
/// # }
/// ```
#[derive(Debug)]
#[must_use = "an application does nothing until it runs"]
pub struct Application {
    pub(crate) name: String,
    pub(crate) resources: Vec<Mounting>,
    groups: Vec<Vec<BoxLayer>>,
    layers: Vec<BoxLayer>,
    policy: Policy,
    pub(crate) limits: Limits,
    authorizer: Option<Authorizer>,
    trusted: Option<Vec<Network>>,
    cluster: Option<String>,
    hosts: Vec<String>,
    base: Option<String>,
    metrics: Vec<Registered>,
    #[cfg(feature = "client")]
    clients: Vec<wsgiservice_client::RestClient>,
    checks: Vec<Check>,
    #[cfg(feature = "server")]
    pub(crate) life: Life,
}

impl Application {
    /// Creates an application without resources.
    ///
    /// The name is the title of the documentation.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            resources: Vec::new(),
            groups: Vec::new(),
            layers: Vec::new(),
            policy: Policy::default(),
            limits: Limits::default(),
            authorizer: None,
            trusted: None,
            cluster: None,
            hosts: Vec::new(),
            base: None,
            metrics: Vec::new(),
            #[cfg(feature = "client")]
            clients: Vec::new(),
            checks: Vec::new(),
            #[cfg(feature = "server")]
            life: Life::default(),
        }
    }

    /// Adds a resource at the path of its `#[mount]`.
    pub fn mount<R: Resource>(mut self, resource: R) -> Self {
        self.resources.push(Mounting::new(resource));
        self
    }

    /// Adds the resources and the layers of another application under a prefix, and what it does when the server starts,
    /// runs and stops.
    ///
    /// The paths of its resources have the prefix, too, for the client of a request; see [`#[mount]`](macro@crate::mount).
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
    /// let ping = Application::new("ping").mount(Ping);
    /// let client = Client::new(Application::new("all").nest("/status", ping));
    /// assert_eq!(client.get("/status/ping").send().await.status(), 200);
    /// # }
    /// ```
    pub fn nest(mut self, prefix: &str, nested: Self) -> Self {
        self.metrics.extend(nested.metrics);
        #[cfg(feature = "client")]
        self.clients.extend(nested.clients);
        self.checks.extend(nested.checks);
        #[cfg(feature = "server")]
        self.life.extend(nested.life);
        let prefix = prefix.trim_end_matches('/');
        let offset = self.groups.len();
        let (policy, limits) = (Arc::new(nested.policy), Arc::new(nested.limits));
        self.groups.extend(nested.groups.into_iter().map(|mut group| {
            group.extend(nested.layers.iter().cloned());
            group
        }));
        let own_group = (!nested.layers.is_empty()).then(|| {
            self.groups.push(nested.layers.clone());
            self.groups.len() - 1
        });
        self.resources.extend(nested.resources.into_iter().map(|mounting| Mounting {
            prefix: format!("{prefix}{}", mounting.prefix),
            layers: mounting.layers.map(|layers| layers + offset).or(own_group),
            policy: mounting.policy.or_else(|| Some(Arc::clone(&policy))),
            limits: mounting.limits.or_else(|| Some(Arc::clone(&limits))),
            authorizer: mounting.authorizer.or_else(|| nested.authorizer.clone()),
            ..mounting
        }));
        self
    }

    /// Adds a tower layer around all requests and responses; the layer added last sees a request first.
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
    /// use tower_layer::layer_fn;
    ///
    /// // works with any tower layer; this one changes nothing
    /// let application = Application::new("ping").mount(Ping).layer(layer_fn(|inner| inner));
    /// assert_eq!(Client::new(application).get("/ping").send().await.status(), 200);
    /// # }
    /// ```
    pub fn layer<L, S, B>(mut self, layer: L) -> Self
    where
        L: Layer<LayerService, Service = S> + Send + Sync + 'static,
        S: tower_service::Service<http::Request<Body>, Response = http::Response<B>>
            + Clone
            + Send
            + Sync
            + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send,
        B: http_body::Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<BoxError>,
    {
        self.layers.push(BoxLayer::new(layer));
        self
    }

    /// Sets what authorizes the requests, for each resource without a hook `authorize` of its own.
    ///
    /// A nested application that has its own uses only that. `/_internal/` is not authorized: only clients in the
    /// [trusted](Self::trusted) networks may read it. [`Authorize`] has an example.
    pub fn authorize(mut self, authorize: impl Authorize) -> Self {
        self.authorizer = Some(Authorizer::new(authorize));
        self
    }

    /// Sets how the application behaves where the standard leaves a choice.
    ///
    /// A nested application keeps its own policy.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Sets what a client may use: the time, the room and the work of a request and of a connection.
    ///
    /// Those of the settings, if there are any, replace them. The resources of a nested application keep its limits for
    /// a request; those for a connection and for the whole service are of the outermost application.
    ///
    /// ```
    /// # use wsgiservice::{Application, Content, mount, resource, testing::Client};
    /// # #[mount("/text")]
    /// # struct Text;
    /// # #[resource]
    /// # impl Text {
    /// #     fn post(&self, content: Content<String>) -> usize { content.into_inner().len() }
    /// # }
    /// # #[tokio::main]
    /// # async fn main() {
    /// use wsgiservice::server::Limits;
    ///
    /// let mut limits = Limits::default();
    /// limits.content = 4;
    /// let client = Client::new(Application::new("text").mount(Text).limits(limits));
    /// let request = client.post("/text").header("content-type", "application/json");
    /// assert_eq!(request.body(r#""long""#).send().await.status(), 413);
    /// # }
    /// ```
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the networks whose clients may read the documentation at `/_internal/`, and whose `X-Forwarded-Prefix` is
    /// believed; without this, only this host.
    ///
    /// Those of the settings, if there are any, replace them. A client whose request has no
    /// [peer address](crate::Request::peer) is not trusted. What a proxy forwards is not trusted without this: a proxy on
    /// this host would open the documentation to everybody. With this, the proxy and all clients that it names must be in the
    /// networks. With an empty list, nobody is trusted.
    pub fn trusted(mut self, networks: impl IntoIterator<Item = Network>) -> Self {
        self.trusted = Some(networks.into_iter().collect());
        self
    }

    /// Sets the names by which clients reach the application, if it listens on a loopback address.
    ///
    /// There, a request gets a 421 if its `Host` is another name than these, `localhost` and the name of the application;
    /// addresses are allowed. Otherwise a page of another site could make a name of its own lead to this host, and use the
    /// service with the browser of somebody here (DNS rebinding). A proxy on this host that passes on the `Host` of its
    /// clients needs this. Those of the settings, if there are any, replace them.
    pub fn hosts(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.hosts = names.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the path at which clients see the application, if a host or a proxy removes it from their targets.
    ///
    /// The paths of resources, `Location`, the `instance` of problems and the documentation then begin with it. A proxy
    /// that sends `X-Forwarded-Prefix` from a [trusted](Self::trusted) network needs no setting. Without either, a
    /// relative location is still right within a host: it stays relative. A nested application has the base of the
    /// outermost one.
    ///
    /// ```
    /// # use wsgiservice::{Application, Created, mount, resource, testing::Client};
    /// #[mount("/notes/{id}")]
    /// struct Note;
    ///
    /// #[resource]
    /// impl Note {
    ///     fn put(&self, id: u32) -> Created<u32> {
    ///         Created::at(Note::path(id), id)
    ///     }
    /// }
    ///
    /// # #[tokio::main]
    /// # async fn main() {
    /// let client = Client::new(Application::new("notes").mount(Note).base("/api"));
    /// let created = client.put("/notes/7").send().await; // for the client, `/api/notes/7`
    /// assert_eq!(created.field("location"), Some("/api/notes/7"));
    /// # }
    /// ```
    pub fn base(mut self, path: impl Into<String>) -> Self {
        self.base = Some(path.into());
        self
    }

    /// Sets the cluster that the application is in, which each response names in `X-Cluster`.
    ///
    /// Users of several clusters are held by one of them. A method that is asked for a user of another cluster returns a 421
    /// with an `X-Cluster` of its own, and a client that knows clusters follows it.
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
    /// let client = Client::new(Application::new("ping").mount(Ping).cluster("c1"));
    /// let response = client.get("/ping").send().await;
    /// assert_eq!(response.field("x-cluster"), Some("c1"));
    /// # }
    /// ```
    pub fn cluster(mut self, name: impl Into<String>) -> Self {
        self.cluster = Some(name.into());
        self
    }

    /// Builds a tower service.
    ///
    /// It can be used in a test, or within another program such as an axum `Router`. It needs a runtime of tokio with its
    /// timer. Such a host has its own start and end: what the application does on its own (`on_start`, `background`,
    /// `on_stop`) does not run.
    ///
    /// # Errors
    /// All errors of the resources at once, for example conflicting paths or invalid defaults.
    ///
    /// ```
    /// # use wsgiservice::{Application, mount, resource};
    /// # #[mount("/ping")]
    /// # struct Ping;
    /// # #[resource]
    /// # impl Ping {
    /// #     fn get(&self) -> &'static str { "pong" }
    /// # }
    /// # #[tokio::main]
    /// # async fn main() -> wsgiservice::Result<()> {
    /// use tower_service::Service;
    ///
    /// let mut service = Application::new("ping").mount(Ping).build()?;
    /// let request = http::Request::get("/ping").body(String::new()).unwrap();
    /// assert_eq!(service.call(request).await.unwrap().status(), 200);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// ```
    /// # use wsgiservice::{Application, mount, resource};
    /// # #[mount("/ping")]
    /// # struct Ping;
    /// # #[resource]
    /// # impl Ping {
    /// #     fn get(&self) -> &'static str { "pong" }
    /// # }
    /// let error = Application::new("twice").mount(Ping).mount(Ping).build().unwrap_err();
    /// assert!(error.to_string().contains("`Ping` is mounted twice at `/ping`"));
    /// ```
    pub fn build(self) -> Result<Service, BuildError> {
        self.compile().map(|(service, _)| service)
    }

    /// Builds the service and the documentation of its resources, which clients in the trusted networks may read.
    pub(crate) fn compile(self) -> Result<(Service, Arc<Documentation>), BuildError> {
        let mut wrong = Vec::new();
        let base = self.base.map(|text| match base::parse(&text) {
            Some(base) => base.to_owned(),
            None => {
                wrong.push(format!("base `{text}`: expected a path, for example /api"));
                text
            }
        });
        let nested = self.resources.iter().filter_map(|mounting| mounting.policy.as_deref());
        for policy in [&self.policy].into_iter().chain(nested) {
            let errors = policy.cors.iter().flat_map(Cors::errors);
            wrong.extend(errors.filter(|error| !wrong.contains(error)).collect::<Vec<_>>());
        }
        let mut site = Site::new(self.policy, self.limits, self.trusted, base.clone());
        site.hosts = self.hosts;
        site.hosts.push(self.name.clone());
        site.cluster = self.cluster.and_then(|name| {
            let value = HeaderValue::try_from(&name).ok().filter(|value| !value.is_empty());
            if value.is_none() {
                wrong.push(format!(
                    "cluster {name:?}: expected a name that a header field can have"
                ));
            }
            value
        });
        let authorizer = self.authorizer;
        let resources = self.resources.into_iter().map(|mounting| Mounting {
            authorizer: mounting.authorizer.or_else(|| authorizer.clone()),
            ..mounting
        });
        wrong.extend(site.mount(resources.collect()));
        let documentation =
            Documentation::new(&self.name, base.unwrap_or_default(), &site.resources);
        let documentation = Arc::new(documentation);
        let types = problem_types::collect(&site.resources).unwrap_or_else(|errors| {
            wrong.extend(errors);
            Vec::new()
        });
        wrong.extend(site.mount(help::resources(&documentation, types)));
        wrong.extend(monitoring::wrong_metrics(&self.metrics));
        #[cfg(feature = "client")]
        let metrics = self.metrics.into_iter().chain(statistics::of_clients(self.clients));
        #[cfg(not(feature = "client"))]
        let metrics = self.metrics.into_iter();
        let monitor = Monitor::new(&site, &documentation, self.checks);
        wrong.extend(site.mount(monitoring::resources(&monitor)));
        if !wrong.is_empty() {
            return Err(BuildError::new(wrong));
        }
        site.statistics.set_about(About {
            service: self.name,
            version: documentation.version,
            routes: site
                .resources
                .iter()
                .map(|resource| (resource.path().to_string(), MethodSet::of(&resource.allow)))
                .collect(),
            metrics: metrics.collect(),
        });
        Ok((Service::new(Arc::new(site), &self.groups, &self.layers), documentation))
    }
}
