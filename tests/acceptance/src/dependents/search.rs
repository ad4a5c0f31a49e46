//! A search: the text of each item, with the version of the item, that of its end included. An older one is passed over.

use database::{Database, Error, Transaction, values};
use schemars::JsonSchema;
use serde::Serialize;
use wsgiservice::{Application, Content, NoContent, Problem, mount, resource};
use wsgiservice_client::{RestClient, path};

use super::Changed;

pub(super) const TABLE: &str = "CREATE TABLE document (user_id {key} NOT NULL, id {key} NOT NULL, version {integer} NOT NULL, \
     text {text}, PRIMARY KEY (user_id, id))";

/// Listens to items.
#[mount("/1/search_event")]
struct Event {
    database: Database,
    client: RestClient,
}

/// The items of a user that have a word.
#[mount("/1/search/{user}")]
struct Search {
    database: Database,
}

/// What was found.
#[derive(Serialize, JsonSchema)]
struct Found {
    /// The IDs of the items.
    items: Vec<String>,
}

pub(super) fn mount(
    application: Application,
    database: &Database,
    client: &RestClient,
) -> Application {
    let (database, client) = (database.clone(), client.clone());
    application.mount(Search { database: database.clone() }).mount(Event { database, client })
}

#[resource]
impl Event {
    async fn post(&self, changed: Content<Changed>) -> Result<NoContent, Problem> {
        let changed = changed.into_inner();
        let (user, id) = changed.row()?;
        let call = self.client.get("storage", user, path!("/1/item/{user}/{id}"));
        let response = call.await.map_err(Problem::internal)?;
        let version =
            response.headers().get("x-version").and_then(|it| it.to_str().ok()?.parse().ok());
        let version = version.unwrap_or(changed.version);
        let text = match response.status().as_u16() {
            200 => Some(response.text().await.map_err(Problem::internal)?),
            404 | 410 => None,
            status => return Err(Problem::internal(format!("storage responds with {status}"))),
        };
        self.keep(user.to_owned(), id.to_owned(), version, text)
            .await
            .map_err(Problem::internal)?;
        Ok(NoContent)
    }
}

impl Event {
    async fn keep(
        &self,
        user: String,
        id: String,
        version: i64,
        text: Option<String>,
    ) -> Result<(), Error> {
        let work = async move |transaction: &mut Transaction| {
            let find = "SELECT version FROM document WHERE user_id = ? AND id = ?";
            let known = transaction.optional(find, &values![&user, &id]).await?;
            if let Some(row) = known
                && row.get::<i64>(0)? > version
            {
                return Ok(());
            }
            let (key, columns) = (["user_id", "id"], ["version", "text"]);
            let upsert = transaction.dialect().upsert("document", &key, &columns);
            transaction.execute(&upsert, &values![&user, &id, version, text.as_deref()]).await?;
            Ok::<_, Error>(())
        };
        self.database.write(work).await
    }
}

#[resource]
impl Search {
    async fn get(&self, user: String, q: String) -> Result<Found, Problem> {
        let select = "SELECT id FROM document WHERE user_id = ? AND text LIKE ? ORDER BY id";
        let rows = self.database.query(select, &values![user, format!("%{q}%")]).await;
        let rows = rows.map_err(Problem::internal)?;
        let items = rows.iter().map(|row| row.get(0)).collect::<Result<_, _>>();
        Ok(Found { items: items.map_err(Problem::internal)? })
    }
}
