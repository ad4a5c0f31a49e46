//! Keeps the items of users: JSON documents, what is derived from them, and their attachments.
//!
//! An item is a document that is kept as it was sent. What listeners derive from it, and the files that are attached to it, have
//! versions of their own, so that enriching an item never changes its entity tag. All go with the item when it is deleted, and
//! come back with it.
//!
//! Rows are in the database, the bytes of attachments in a folder. Bytes are on the disk before the row that refers to them, and
//! are removed by a collector long after no row does.

mod collector;
mod database;
mod files;
mod folder;
mod resources;
#[cfg(test)]
mod tests;

use ::database::{Database, data::Data};
use wsgiservice::{Application, BoxError};
use wsgiservice_client::RestClient;

use files::Files;

/// The settings of the service.
#[derive(Clone, Debug, wsgiservice::Settings)]
#[non_exhaustive]
pub struct Settings {
    /// The URL of the database: `sqlite:FILE`, `mysql://…` or `postgres://…`.
    #[setting(default = "sqlite:storage.db", value_name = "URL")]
    pub database: String,
    /// The URL of the bytes of attachments: `file:FOLDER`.
    #[setting(default = "file:attachments", value_name = "URL")]
    pub bytes: String,
    /// The size of the largest attachment, in bytes.
    #[setting(default = 67_108_864, range = 1..=1_073_741_824)]
    pub largest_attachment: u64,
}

impl Settings {
    /// The default settings with these URLs, of the database and of the bytes.
    #[must_use]
    pub fn of(database: &str, bytes: &str) -> Self {
        let (database, bytes) = (database.to_owned(), bytes.to_owned());
        Self { database, bytes, largest_attachment: 64 << 20 }
    }
}

/// The service, in the cluster of the client.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), wsgiservice::BoxError> {
/// use wsgiservice_client::RestClient;
///
/// let settings = storage::Settings::of("sqlite:storage.db", "file:attachments"); // opened when it is run
/// let application = storage::application(settings, RestClient::builder().build()?).await?;
/// # drop(application);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// If a URL is wrong.
pub async fn application(settings: Settings, client: RestClient) -> Result<Application, BoxError> {
    let cluster = client.topology().local_cluster().to_owned();
    let database = Database::open(&settings.database)?;
    let files = Files::of(&settings.bytes)?;
    let (tables, schema) = (&database::TABLES, &database::SCHEMA);
    let data = Data::new(database, client, "storage", Some(cluster.clone()), tables, schema);
    let application = Application::new("storage").cluster(cluster);
    let application = resources::mount(&data, &files, settings.largest_attachment, application);
    let application = files.observe(application);
    let (started, collected) = (files.clone(), data.clone());
    let application = application.on_start(async move { started.prepare().await }).background(
        "collector",
        async move |stopping| {
            collector::run(&collected, &files, &stopping).await;
        },
    );
    Ok(data.mount(application))
}
