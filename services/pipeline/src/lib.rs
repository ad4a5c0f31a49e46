//! Delivers messages to the services that listen to their topics, again and again until they take them.
//!
//! A message is in the spool, a database, before it is acknowledged, with a delivery for each listener of its topic. The
//! dispatcher claims deliveries that are due, under a lease, sends them, and writes what came of them. A process that dies
//! loses nothing: the lease runs out, and the delivery is due again. So each delivery is sent at least once, with a key by which
//! a listener has its effect once. The protocol is in `services/protocols.md`, and the README shows the service in use.
//!
//! ```
//! use pipeline::Settings;
//! use wsgiservice::testing::Client;
//! use wsgiservice_client::RestClient;
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), wsgiservice::BoxError> {
//! # let folder = tempfile::tempdir()?;
//! # let database = format!("sqlite:{}", folder.path().join("pipeline.db").display());
//! let application = pipeline::application(Settings::of(&database), RestClient::builder().build()?).await?;
//! let client = Client::after_set_up(application).await?;
//!
//! let accepted = client.post("/1/item/userxyz/photo").body("{}").send().await;
//! assert_eq!(accepted.status(), 202);
//! # Ok(())
//! # }
//! ```

mod cloud_event;
mod dispatcher;
mod figures;
mod listener;
mod refusal;
mod resources;
mod retention;
mod signature;
mod spool;
#[cfg(test)]
mod tests;
mod time;

use database::Database;
use wsgiservice::{Application, BoxError};
use wsgiservice_client::RestClient;

pub use crate::listener::{Listener, Ordered};
use crate::{dispatcher::Dispatcher, spool::Spool};

/// The settings of the service.
#[derive(Clone, Debug, wsgiservice::Settings)]
#[non_exhaustive]
pub struct Settings {
    /// The URL of the spool: `sqlite:FILE`, `mysql://…` or `postgres://…`.
    #[setting(default = "sqlite:pipeline.db", value_name = "URL")]
    pub database: String,
    /// The size of the largest message, in bytes.
    #[setting(default = 1_048_576, range = 1..=16_777_216)]
    pub largest_message: u64,
    /// How many messages the spool holds that have not ended; more are refused.
    #[setting(default = 1_000_000, range = 1..=1_000_000_000)]
    pub spool_messages: u32,
    /// How many bytes of contents the spool holds, for messages that have not ended and for dead deliveries; more are refused.
    #[setting(default = 10_737_418_240, range = 1..=1_000_000_000_000_000)]
    pub spool_bytes: u64,
    /// The listeners that the API cannot change: tables `[[listeners]]` with a `name` and what a `PUT` of a listener takes.
    #[setting(default = [])]
    pub listeners: Vec<Listener>,
}

impl Settings {
    /// The default settings with this URL of the spool.
    #[must_use]
    pub fn of(database: &str) -> Self {
        Self {
            database: database.to_owned(),
            largest_message: 1 << 20,
            spool_messages: 1_000_000,
            spool_bytes: 10 << 30,
            listeners: Vec::new(),
        }
    }
}

/// The service, which delivers in the cluster of the client.
///
/// # Errors
///
/// If the URL is of no database, or a listener of the settings has a mistake: the error has all of them.
pub async fn application(settings: Settings, client: RestClient) -> Result<Application, BoxError> {
    listener::check(&settings.listeners, client.topology().local_cluster())?;
    let spool = Spool::new(Database::open(&settings.database)?, &settings);
    let dispatcher = Dispatcher::new(spool, client);
    Ok(with(&dispatcher, settings))
}

/// The application around a dispatcher.
fn with(dispatcher: &Dispatcher, settings: Settings) -> Application {
    let (running, spool) = (dispatcher.clone(), dispatcher.spool());
    let (migrated, retained, closed) = (spool.clone(), spool.clone(), spool.clone());
    let cluster = dispatcher.cluster();
    let application = Application::new("pipeline").cluster(cluster).calls_of(dispatcher.client());
    let application = spool.observe(application);
    resources::mount(dispatcher, settings.largest_message, application)
        .on_start(async move { migrated.set_up(&settings.listeners).await })
        .background("dispatcher", async move |stopping| running.run(&stopping).await)
        .background("retention", async move |stopping| retention::run(&retained, &stopping).await)
        .on_stop(async move { closed.close().await })
}
