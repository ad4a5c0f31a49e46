//! Carries out changes that can be undone, and routes calls to the services that hold the data.
//!
//! A change, or a batch of them, is passed on to the services of its resources, and what was there before is kept: so it can be
//! undone by a ticket for a day, and the undo can be undone. If a step of a batch fails, the steps before it
//! are undone, except what others have changed since. The protocols are in `services/protocols.md`, and the README shows the service in use.
//!
//! A command is a row. Two commits surround its steps: one with what was there before each, and one with what it is
//! answered. Each step has a key of its own, so that a process that takes over a row does all of it again, without any
//! effect twice.

mod answer;
mod database;
mod figures;
mod refusal;
mod resources;
mod routes;
mod runner;
#[cfg(test)]
mod tests;
mod work;

use ::database::{Database, data::Data};
use wsgiservice::{Application, BoxError};
use wsgiservice_client::RestClient;

use crate::{routes::Routes, runner::Runner};

/// The settings of the service.
#[derive(Clone, Debug, wsgiservice::Settings)]
#[non_exhaustive]
pub struct Settings {
    /// The database: `sqlite:FILE`, `mysql://…` or `postgres://…`.
    #[setting(default = "sqlite:command.db", value_name = "URL")]
    pub database: String,
    /// Which service has which resource: `RESOURCE=SERVICE`, separated by commas.
    #[setting(
        default = "item=storage,derived=storage,attachment=storage,label=label,label_item=label"
    )]
    pub resources: String,
}

/// The service, in the cluster of the client.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), wsgiservice::BoxError> {
/// use wsgiservice_client::RestClient;
///
/// let settings = command::Settings::of("sqlite:command.db"); // opened when it is run
/// let application = command::application(settings, RestClient::builder().build()?).await?;
/// # drop(application);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// If the URL of the database is wrong, or the list of the resources.
pub async fn application(settings: Settings, client: RestClient) -> Result<Application, BoxError> {
    let cluster = client.topology().local_cluster().to_owned();
    let database = Database::open(&settings.database)?;
    let (tables, schema) = (&database::TABLES, &database::SCHEMA);
    let own = Some(cluster.clone());
    let data = Data::new(database, client.clone(), "command", own, tables, schema);
    let routes = Routes::parse(&settings.resources)?;
    Ok(with(&Runner::new(data, client, routes), cluster))
}

/// The application around what executes the commands.
fn with(runner: &Runner, cluster: String) -> Application {
    let application = resources::mount(runner, Application::new("command").cluster(cluster));
    let (started, running, stopped) = (runner.clone(), runner.clone(), runner.clone());
    let application = runner.observe(application);
    runner
        .data()
        .mount(application)
        .on_start(async move { started.worker().begin().await })
        .background("commands", async move |stopping| running.work(&stopping).await)
        .on_stop(async move { stopped.end().await })
}

impl Settings {
    /// The default settings with a database.
    #[must_use]
    pub fn of(database: impl Into<String>) -> Self {
        Self { database: database.into(), resources: routes::DEFAULT.to_owned() }
    }
}
