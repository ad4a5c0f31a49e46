//! What an application tells of itself beside its resources: metrics and checks.

use std::future::Future;

use super::Application;
use crate::{
    health::{Check, CheckReturn},
    statistics::{self, Metric},
};

impl Application {
    /// Adds a metric of the service, which `/_internal/stats` and `/_internal/metrics` then tell. Of one that is not added, nobody
    /// learns anything.
    ///
    /// ```
    /// # use wsgiservice::{Application, mount, resource, testing::Client};
    /// # #[mount("/ping")]
    /// # struct Ping;
    /// # #[resource]
    /// # impl Ping { fn get(&self) -> u8 { 0 } }
    /// # #[tokio::main]
    /// # async fn main() {
    /// use wsgiservice::statistics::Counter;
    ///
    /// let mails = Counter::new("mails", "Mails that were sent.");
    /// let application = Application::new("ping").mount(Ping).metric(&mails);
    /// mails.add((), 1);
    /// let metrics = Client::new(application).get("/_internal/metrics").send().await;
    /// assert!(metrics.text().contains("mails_total 1"));
    /// # }
    /// ```
    pub fn metric(mut self, metric: &impl Metric) -> Self {
        self.metrics.push(statistics::register(metric));
        self
    }

    /// Adds the calls of a client to other services to the statistics: by service, cluster and outcome, with their attempts, the
    /// ejections of endpoints, and what the cache of the client did.
    ///
    /// Those of several clients are added up, so an application is told of each client, or one of its clones, once.
    ///
    /// ```
    /// # use wsgiservice::{Application, mount, resource, testing};
    /// # use wsgiservice_client::{ClosestCluster, RestClient};
    /// # #[mount("/ping")]
    /// # struct Ping;
    /// # #[resource]
    /// # impl Ping { fn get(&self) -> u8 { 0 } }
    /// # #[tokio::main]
    /// # async fn main() -> wsgiservice::Result<()> {
    /// let ping = Application::new("ping").mount(Ping).build()?;
    /// let client = RestClient::builder().service("ping", ping).build().unwrap();
    /// client.get("ping", ClosestCluster, "/ping").await.unwrap();
    ///
    /// let application = Application::new("other").mount(Ping).calls_of(&client);
    /// let metrics = testing::Client::new(application).get("/_internal/metrics").send().await;
    /// assert!(metrics.text().contains(r#"rest_client_calls_total{service="ping""#));
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "client")]
    pub fn calls_of(mut self, client: &wsgiservice_client::RestClient) -> Self {
        self.clients.push(client.clone());
        self
    }

    /// Adds a check, which says whether the service can do its work: whether it reaches its database, for example.
    ///
    /// `/_internal/health` tells what the checks find, in `application/health+json`: 503 if one fails. Then
    /// `/_internal/ready` is a 503, too, so that load balancers send the service no requests. The checks run when somebody
    /// asks, in parallel, at most once a second. One that takes longer than a second, or panics, has failed. What blocks its thread
    /// belongs into `tokio::task::spawn_blocking`, as in a method: it delays the other checks, and requests. Each check has a name
    /// of its own.
    ///
    /// Each time, a clone of what the check captured is moved into it. They run before the statistics are told, too. So a check is also where a [`Gauge`](crate::statistics::Gauge) gets its
    /// value that has to be asked for, such as the length of a queue in a database.
    ///
    /// ```
    /// # use wsgiservice::{Application, mount, resource, testing::Client};
    /// # #[mount("/ping")]
    /// # struct Ping;
    /// # #[resource]
    /// # impl Ping { fn get(&self) -> u8 { 0 } }
    /// # #[tokio::main]
    /// # async fn main() {
    /// let application = Application::new("ping").mount(Ping);
    /// let application = application.check("database", async || Err::<(), _>("no connection"));
    /// let client = Client::new(application);
    /// assert_eq!(client.get("/_internal/health").send().await.status(), 503);
    /// assert_eq!(client.get("/_internal/live").send().await.status(), 200);
    /// # }
    /// ```
    pub fn check<F, R>(mut self, name: impl Into<String>, check: F) -> Self
    where
        F: FnOnce() -> R + Clone + Send + Sync + 'static,
        R: Future<Output: CheckReturn> + Send + 'static,
    {
        let run = move || -> std::pin::Pin<Box<dyn Future<Output = _> + Send>> {
            let check = check.clone();
            // The function itself may panic, too.
            Box::pin(async move { check().await.into_health() })
        };
        self.checks.push(Check::new(&name.into(), run));
        self
    }
}
