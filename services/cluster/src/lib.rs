//! Knows which cluster holds a user, and moves and removes users.
//!
//! One for all clusters. The protocols are in `services/protocols.md`, and the README shows the service in use.
//!
//! ```
//! use cluster::Settings;
//! use wsgiservice::testing::Client;
//! use wsgiservice_client::RestClient;
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let database = format!("sqlite:{}", folder.path().join("cluster.db").display());
//! let settings = Settings { database };
//! let application = cluster::application(settings, RestClient::builder().build()?).await?;
//! let client = Client::after_set_up(application).await?;
//!
//! let found = client.get("/1/user/userxyz").send().await;
//! assert_eq!(
//!     found.text(),
//!     r#"{"user":"userxyz","cluster":"local","version":0,"assigned":false,"anonymous":true,"state":"active"}"#,
//! );
//! # Ok(())
//! # }
//! ```

mod database;
mod figures;
mod mover;
mod refusal;
mod rendezvous;
mod resources;
mod sweep;
#[cfg(test)]
mod tests;

use ::database::{Database, Error, data::Relay};
use wsgiservice::Application;
use wsgiservice_client::RestClient;

use crate::{database::Directory, mover::Mover};

/// The settings of the service.
#[derive(Clone, Debug, wsgiservice::Settings)]
pub struct Settings {
    /// The database: `sqlite:FILE`, `mysql://…` or `postgres://…`.
    #[setting(default = "sqlite:cluster.db", value_name = "URL")]
    pub database: String,
}

/// The service. Its topology names the clusters, and the services that hold data.
///
/// # Errors
///
/// If the URL is of no database.
pub async fn application(settings: Settings, client: RestClient) -> Result<Application, Error> {
    let database = Database::open(&settings.database)?;
    let relay = Relay::new(database.clone(), client.clone());
    let application = with(&Mover::new(Directory::new(database), client.clone()), &client);
    Ok(relay.mount(application).calls_of(&client))
}

/// The application around a mover.
fn with(mover: &Mover, client: &RestClient) -> Application {
    let directory = mover.directory().clone();
    let (migrated, closed) = (directory.clone(), directory);
    let clusters = client.topology().clusters().map(str::to_owned).collect();
    let (moving, sweeping) = (mover.clone(), mover.clone());
    mover
        .observe(resources::mount(mover, Application::new("cluster")))
        .on_start(async move { migrated.migrate(clusters).await })
        .background("mover", async move |stopping| moving.run(&stopping).await)
        .background("sweep", async move |stopping| sweeping.sweep_hourly(&stopping).await)
        .on_stop(async move { closed.close().await })
}
