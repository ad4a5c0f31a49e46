//! From an application to a service, or to all of its errors.

use std::sync::Arc;

use ::http::HeaderValue;

use super::{Application, Service};
#[cfg(feature = "client")]
use crate::statistics;
use crate::{
    documentation::{Documentation, help},
    health,
    http::base,
    monitoring::{self, Monitor},
    site::{Cors, Mounting, Site, build_error::BuildError, problem_types},
    statistics::{About, MethodSet},
};

impl Application {
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
        wrong.extend(health::wrong_names(&self.checks));
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
