//! The builder of an application, and the tower service that it builds.

mod layer;
mod service;

use std::sync::Arc;

use http::StatusCode;
use tower_layer::Layer;

use self::layer::BoxLayer;
pub use self::{
    layer::LayerService,
    service::{ResponseFuture, Service},
};
use crate::{
    documentation::{Documentation, help},
    http::body::{Body, BoxError},
    resource::Resource,
    settings::{Network, Settings},
    site::{Mounting, Policy, Site, build_error::BuildError},
};

/// A set of resources with settings: [`run`](Self::run) serves it, [`build`](Self::build) turns it into a tower service.
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
    pub(crate) settings: Option<Settings>,
    ignored_paths: Vec<String>,
    policy: Policy,
}

/// The paths that browsers request from every host.
const IGNORED_PATHS: [&str; 2] = ["/favicon.ico", "/robots.txt"];

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
            settings: None,
            ignored_paths: IGNORED_PATHS.map(str::to_owned).into(),
            policy: Policy::default(),
        }
    }

    /// Adds a resource at the path of its `#[mount]`.
    pub fn mount<R: Resource>(mut self, resource: R) -> Self {
        self.resources.push(Mounting::new(resource));
        self
    }

    /// Adds the resources and the layers of another application under a prefix.
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
        let prefix = prefix.trim_end_matches('/');
        let offset = self.groups.len();
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
            policy: mounting.policy.or(Some(nested.policy)),
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

    /// Sets the paths whose `GET` is a 404, unless a resource is mounted at exactly that path.
    ///
    /// Resources with a matching path variable do not get these requests. The default is `/favicon.ico` and `/robots.txt`,
    /// which browsers request from every host.
    ///
    /// ```
    /// # use wsgiservice::{Application, mount, resource, testing::Client};
    /// #[mount("/{name}")]
    /// struct Page;
    ///
    /// #[resource]
    /// impl Page {
    ///     fn get(&self, name: String) -> String { name }
    /// }
    ///
    /// # #[tokio::main]
    /// # async fn main() {
    /// let client = Client::new(Application::new("pages").mount(Page).ignored_paths([]));
    /// assert_eq!(client.get("/robots.txt").send().await.status(), 200);
    /// # }
    /// ```
    pub fn ignored_paths(mut self, paths: impl IntoIterator<Item = &'static str>) -> Self {
        self.ignored_paths = paths.into_iter().map(str::to_owned).collect();
        self
    }

    /// Sends the default representation instead of a 406 if the client accepts none of the available ones.
    ///
    /// The Python original did the same. RFC 9110, section 15.5.7, allows both.
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
    /// let client = Client::new(Application::new("ping").mount(Ping).default_for_unacceptable());
    /// let response = client.get("/ping").header("accept", "image/png").send().await;
    /// assert_eq!(response.text(), r#""pong""#);
    /// # }
    /// ```
    pub fn default_for_unacceptable(mut self) -> Self {
        self.policy.sends_default = true;
        self
    }

    /// Responds to parameters that break rules with a 422 instead of a 400 (RFC 9110, section 15.5.21).
    ///
    /// ```
    /// # use wsgiservice::{Application, mount, resource, testing::Client};
    /// # #[mount("/double/{number}")]
    /// # struct Double;
    /// # #[resource]
    /// # impl Double {
    /// #     fn get(&self, number: u32) -> Option<u32> { number.checked_mul(2) }
    /// # }
    /// # #[tokio::main]
    /// # async fn main() {
    /// let client = Client::new(Application::new("double").mount(Double).unprocessable_violations());
    /// assert_eq!(client.get("/double/two").send().await.status(), 422);
    /// # }
    /// ```
    pub fn unprocessable_violations(mut self) -> Self {
        self.policy.violations = StatusCode::UNPROCESSABLE_ENTITY;
        self
    }

    /// Sets the maximum size of request content, in bytes; larger requests get a 413.
    ///
    /// The default is 2 MiB. The limit also applies to the decoded size of content with a content coding. `#[limit]` sets
    /// another one for a resource or a method.
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
    /// let client = Client::new(Application::new("text").mount(Text).content_limit(4));
    /// let request = client.post("/text").header("content-type", "application/json");
    /// assert_eq!(request.body(r#""long""#).send().await.status(), 413);
    /// # }
    /// ```
    pub fn content_limit(mut self, bytes: usize) -> Self {
        self.policy.content_limit = bytes;
        self
    }

    /// Sets the methods that the server recognizes; other methods get a 501 instead of a 405.
    ///
    /// The default is the HTTP Method Registry (RFC 9110, section 16.1). Methods that a resource implements are always
    /// recognized.
    ///
    /// ```
    /// # use wsgiservice::{Application, mount, resource, testing::Client};
    /// # #[mount("/pot")]
    /// # struct Pot;
    /// # #[resource]
    /// # impl Pot {
    /// #     fn get(&self) -> &'static str { "tea" }
    /// # }
    /// # #[tokio::main]
    /// # async fn main() {
    /// let client = Client::new(Application::new("pot").mount(Pot).known_methods(&["GET", "BREW"]));
    /// assert_eq!(client.request("BREW", "/pot").send().await.status(), 405);
    /// assert_eq!(client.request("PUT", "/pot").send().await.status(), 501);
    /// # }
    /// ```
    pub fn known_methods(mut self, methods: &'static [&'static str]) -> Self {
        self.policy.known_methods = methods;
        self
    }

    /// Sends `Content-MD5` with content, for clients of the Python original (RFC 1864; removed by RFC 7231).
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
    /// let response = Client::new(Application::new("ping").mount(Ping).content_md5()).get("/ping").send().await;
    /// assert_eq!(response.field("content-md5"), Some("C99yNl2XblAeEPCZTW1AXA=="));
    /// # }
    /// ```
    #[cfg(feature = "digests")]
    pub fn content_md5(mut self) -> Self {
        self.policy.content_md5 = true;
        self
    }

    /// Uses these settings instead of the command line, which is then ignored.
    ///
    /// A service with its own command-line options can flatten [`Settings`] into them.
    ///
    /// ```no_run
    /// # use wsgiservice::{mount, resource};
    /// # #[mount("/ping")]
    /// # struct Ping;
    /// # #[resource]
    /// # impl Ping { fn get(&self) -> u8 { 0 } }
    /// use wsgiservice::{Application, Settings};
    ///
    /// fn main() -> wsgiservice::Result<()> {
    ///     Application::new("ping").mount(Ping).settings(Settings::new(([0, 0, 0, 0], 80))).run()
    /// }
    /// ```
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = Some(settings);
        self
    }

    /// Builds a tower service.
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
    /// let error = Application::new("twice").mount(Ping).mount(Ping).build().unwrap_err();
    /// assert!(error.to_string().contains("`Ping` at `/ping`"));
    /// ```
    pub fn build(self) -> Result<Service, BuildError> {
        self.compile().map(|(service, _)| service)
    }

    /// Builds the service and the documentation of its resources.
    pub(crate) fn compile(self) -> Result<(Service, Arc<Documentation>), BuildError> {
        let trusted = self.settings.map_or_else(Network::loopback, |settings| settings.trusted);
        let mut site = Site::new(self.policy, self.ignored_paths, trusted);
        let mut wrong = site.mount(self.resources);
        let documentation = Arc::new(Documentation::new(&self.name, &site.resources));
        wrong.extend(site.mount(help::resources(&documentation)));
        if !wrong.is_empty() {
            return Err(BuildError::new(wrong));
        }
        Ok((Service::new(Arc::new(site), &self.groups, &self.layers), documentation))
    }

    /// Builds a tower service, and logs errors instead of returning them.
    ///
    /// If [`build`](Self::build) fails, the service responds to every request with a 500.
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
    /// # async fn main() {
    /// use tower_service::Service;
    ///
    /// let mut service = Application::new("ping").mount(Ping).into_service();
    /// let request = http::Request::get("/ping").body(String::new()).unwrap();
    /// assert_eq!(service.call(request).await.unwrap().status(), 200);
    /// # }
    /// ```
    pub fn into_service(self) -> Service {
        self.build().unwrap_or_else(|error| {
            tracing::error!(%error, "the application cannot be built");
            Service::new(Arc::new(Site::broken(error)), &[], &[])
        })
    }
}
