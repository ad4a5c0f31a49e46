//! The builder of an application, and the tower service that it builds.

mod compile;
mod layer;
#[cfg(feature = "server")]
mod life;
mod observed;
mod service;
mod surroundings;

use std::sync::Arc;

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
use crate::{
    health::Check,
    http::{
        body::{Body, BoxError},
        network::Network,
    },
    limits::Limits,
    resource::{
        Resource,
        authorize::{Authorize, Authorizer},
    },
    site::{Mounting, Policy},
    statistics::Registered,
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
}
