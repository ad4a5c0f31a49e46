//! The data of users: who may write where, what was done already, what has changed.
//!
//! A service that holds data of users keeps a row for each user whom it knows: the placement. Each change begins by drawing
//! its version from that row, which also finds out whether the user may be written here, and makes a freeze wait for
//! writers. Then come the key of the request, its preconditions, and its effect, all in one transaction (`protocols.md`).

mod change;
mod directory;
mod failure;
mod kept;
mod list;
mod name;
mod outbox;
mod placement;
mod read;
mod relay;
mod resources;
mod retention;
mod row_state;
#[cfg(test)]
mod tests;
mod transfer;

use std::sync::Arc;

use wsgiservice::{Application, statistics::Counter};
use wsgiservice_client::RestClient;

use crate::{Database, Error, Transaction, Type, values};

pub use change::{Change, Version};
pub use failure::Failure;
pub use kept::{Answer, Done};
pub use list::{List, Listing, Part};
pub use name::{Name, User};
pub use outbox::OUTBOX;
pub use placement::{Placement, State};
pub use relay::Relay;
pub use row_state::RowState;

/// The data of users in a service. It is cheap to clone.
#[derive(Clone, Debug)]
pub struct Data(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    database: Database,
    client: RestClient,
    relay: Relay,
    service: &'static str,
    /// The cluster of this process; `None` if the service is one for all clusters.
    cluster: Option<String>,
    tables: &'static [Table],
    schema: &'static [&'static str],
    /// The requests that came again.
    replayed: Counter,
}

/// A table with data of users.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns, of which the first is `user_id`.
    pub columns: &'static [(&'static str, Type)],
    /// The other columns of its primary key, in their order: with `user_id`, they say which row it is.
    pub key: &'static [&'static str],
    /// Whether its rows stay for a while after they were deleted. Its columns have [`Table::GONE`] and [`Table::GONE_AT`] then.
    pub is_soft: bool,
}

impl Table {
    /// The version of the `DELETE` by which a row went, in a table with `is_soft`; `NULL` while it is there.
    pub const GONE: (&'static str, Type) = ("gone", Type::Integer);

    /// When a row went, in milliseconds.
    pub const GONE_AT: (&'static str, Type) = ("gone_at", Type::Integer);
}

/// The tables that each such service has.
const SCHEMA: [&str; 4] = [
    "CREATE TABLE placement (user_id {key} PRIMARY KEY, state {text} NOT NULL, version {integer} NOT NULL, \
     cluster {text}, counter {integer} NOT NULL, written {integer} NOT NULL, placed {integer} NOT NULL)",
    "CREATE TABLE kept (user_id {key} NOT NULL, request_key {key} NOT NULL, fingerprint {text} NOT NULL, \
     answer {text} NOT NULL, at {integer} NOT NULL, PRIMARY KEY (user_id, request_key))",
    OUTBOX,
    "CREATE INDEX kept_at ON kept (at)",
];

/// The answers that are kept move with their user.
const KEPT: Table = Table {
    name: "kept",
    columns: &[
        ("user_id", Type::Text),
        ("request_key", Type::Text),
        ("fingerprint", Type::Text),
        ("answer", Type::Text),
        ("at", Type::Integer),
    ],
    key: &["request_key"],
    is_soft: false,
};

impl Data {
    /// The data of a service, which creates its tables, beside those of all such services, by the statements of `schema`.
    ///
    /// `cluster` is that of this process; `None` if the service is one for all clusters.
    #[must_use]
    pub fn new(
        database: Database,
        client: RestClient,
        service: &'static str,
        cluster: Option<String>,
        tables: &'static [Table],
        schema: &'static [&'static str],
    ) -> Self {
        let relay = Relay::new(database.clone(), client.clone());
        let replayed = Counter::new(
            "replayed_requests",
            "Requests that came again with their Idempotency-Key.",
        );
        let inner = Inner { database, client, relay, service, cluster, tables, schema, replayed };
        Self(Arc::new(inner))
    }

    /// Adds what every service with data of users has: the tables when it starts, the resources by which users are moved, the
    /// task that removes for good what went long ago, the one that sends events to the pipeline, and the end of the database. And
    /// what it tells of itself: the checks `database` and `outbox`, and the calls of the client.
    pub fn mount(&self, application: Application) -> Application {
        let (started, swept, stopped) = (self.clone(), self.clone(), self.clone());
        let application = self.0.database.observe(resources::mount(self, application));
        let application = self.0.relay.mount(application).calls_of(&self.0.client);
        application
            .metric(&self.0.replayed)
            .on_start(async move { started.migrate().await })
            .background("retention", async move |stopping| swept.retain(&stopping).await)
            .on_stop(async move { stopped.0.database.close().await })
    }

    /// Creates what is missing in the database.
    ///
    /// # Errors
    ///
    /// If the database refuses a statement.
    pub async fn migrate(&self) -> Result<(), Error> {
        self.0.database.migrate(&[&SCHEMA[..], self.0.schema].concat()).await
    }

    /// The database.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.0.database
    }

    /// The tables whose rows move with their user.
    fn tables(&self) -> impl Iterator<Item = &'static Table> {
        self.0.tables.iter().chain([&KEPT])
    }

    /// Removes what is known of a user, but not what waits to be told.
    async fn remove(&self, transaction: &mut Transaction, user: &str) -> Result<(), Error> {
        for table in self.tables() {
            let delete = format!("DELETE FROM {} WHERE user_id = ?", table.name);
            transaction.execute(&delete, &values![user]).await?;
        }
        Ok(())
    }
}
