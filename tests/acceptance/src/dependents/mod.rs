//! What depends on the changes of other services: a search, pictures of items, and mails. They are as small as listeners can be,
//! and keep their promises: each has its effect once, and in the end it is that of the last change.

mod mail;
mod picture;
mod search;

use database::Database;
use schemars::JsonSchema;
use serde::Deserialize;
use wsgiservice::{Application, BoxError, Problem};
use wsgiservice_client::RestClient;

#[derive(wsgiservice::Settings)]
pub(crate) struct Settings {
    /// The database.
    #[setting(default = "sqlite:dependents.db", value_name = "URL")]
    database: String,
}

/// An event of a data service.
#[derive(Debug, Deserialize, JsonSchema)]
struct Changed {
    path: String,
    version: i64,
    gone: bool,
}

impl Changed {
    /// The user, and the ID.
    fn row(&self) -> Result<(&str, &str), Problem> {
        let mut segments = self.path.split('/').skip(3);
        segments.next().zip(segments.next()).ok_or_else(|| Problem::bad_request("no path of a row"))
    }
}

pub(crate) async fn application(
    settings: Settings,
    client: RestClient,
) -> Result<Application, BoxError> {
    let database = Database::open(&settings.database)?;
    let (started, stopped) = (database.clone(), database.clone());
    let application = Application::new("dependents")
        .calls_of(&client)
        .on_start(async move { started.migrate(&[search::TABLE, mail::TABLE]).await })
        .on_stop(async move { stopped.close().await });
    let application = search::mount(application, &database, &client);
    Ok(picture::mount(mail::mount(application, &database, &client), &client))
}
