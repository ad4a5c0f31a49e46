//! Labels of users, and the items that have them.
//!
//! A user gives a label to an item that another service keeps. A label has a title, and each of its items a position. The
//! pseudo-label `__all__` has all items that have any label of the user.
//!
//! Whether a label is there, and whether it is empty, is asked in the transaction that writes: so an item that was
//! acknowledged has a label, however many clients give and take labels at the same time.

mod database;
mod refusal;
mod resources;
#[cfg(test)]
mod tests;

use ::database::{Database, Error, data::Data};
use wsgiservice::Application;
use wsgiservice_client::RestClient;

/// The settings of the service.
#[derive(Debug, wsgiservice::Settings)]
#[non_exhaustive]
pub struct Settings {
    /// The database: `sqlite:FILE`, `mysql://…` or `postgres://…`.
    #[setting(default = "sqlite:label.db", value_name = "URL")]
    pub database: String,
}

/// The service, in the cluster of the client.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let url = format!("sqlite:{}", folder.path().join("label.db").display());
/// use wsgiservice::testing::Client;
/// use wsgiservice_client::RestClient;
///
/// let settings = label::Settings::of(&url);
/// let application = label::application(settings, RestClient::builder().build()?).await?;
/// let client = Client::after_set_up(application).await?;
/// assert_eq!(client.get("/1/label/u").send().await.status(), 200);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// If the URL of the database is wrong.
pub async fn application(settings: Settings, client: RestClient) -> Result<Application, Error> {
    let cluster = client.topology().local_cluster().to_owned();
    let database = Database::open(&settings.database)?;
    let data = Data::new(
        database,
        client,
        "label",
        Some(cluster.clone()),
        &database::TABLES,
        &database::SCHEMA,
    );
    let application = resources::mount(&data, Application::new("label").cluster(cluster));
    Ok(data.mount(application))
}

impl Settings {
    /// The settings with a database.
    #[must_use]
    pub fn of(database: impl Into<String>) -> Self {
        Self { database: database.into() }
    }
}
