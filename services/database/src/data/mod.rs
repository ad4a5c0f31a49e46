//! The data of users: who may write where, what was done already, what has changed.
//!
//! A service that holds data of users keeps a row for each user whom it knows: the placement. Each change begins by drawing
//! its version from that row, which also finds out whether the user may be written here, and makes a freeze wait for
//! writers. Then come the key of the request, its preconditions, and its effect, all in one transaction (`protocols.md`).

mod change;
mod directory;
mod failure;
mod kept;
mod placement;
mod resources;
#[cfg(test)]
mod tests;
mod transfer;

use std::sync::Arc;

use wsgiservice::Application;
use wsgiservice_client::RestClient;

use crate::{Database, Error, Transaction, Type, values};

pub use change::{Change, Version};
pub use failure::Failure;
pub use kept::{Answer, Done};
pub use placement::{Placement, State};

/// The data of users in a service. It is cheap to clone.
#[derive(Clone, Debug)]
pub struct Data(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    database: Database,
    client: RestClient,
    service: &'static str,
    /// The cluster of this process; `None` if the service is one for all clusters.
    cluster: Option<String>,
    tables: &'static [Table],
}

/// A table with data of users.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns, of which the first is `user_id`.
    pub columns: &'static [(&'static str, Type)],
}

/// The tables that each such service has.
const SCHEMA: [&str; 3] = [
    "CREATE TABLE placement (user_id {key} PRIMARY KEY, state {text} NOT NULL, version {integer} NOT NULL, \
     cluster {text}, counter {integer} NOT NULL, written {integer} NOT NULL)",
    "CREATE TABLE kept (user_id {key} NOT NULL, request_key {key} NOT NULL, fingerprint {text} NOT NULL, \
     answer {text} NOT NULL, at {integer} NOT NULL, PRIMARY KEY (user_id, request_key))",
    "CREATE TABLE outbox (id {key} PRIMARY KEY, user_id {key} NOT NULL, path {text} NOT NULL, \
     version {integer} NOT NULL, gone {integer} NOT NULL, at {integer} NOT NULL)",
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
};

impl Data {
    /// The data of a service, which has these tables beside its own.
    #[must_use]
    pub fn new(
        database: Database,
        client: RestClient,
        service: &'static str,
        cluster: Option<String>,
        tables: &'static [Table],
    ) -> Self {
        Self(Arc::new(Inner { database, client, service, cluster, tables }))
    }

    /// Creates what is missing in the database: the tables of all such services, then those of this one.
    ///
    /// # Errors
    ///
    /// If the database refuses a statement.
    pub async fn migrate(&self, statements: &[&str]) -> Result<(), Error> {
        self.0.database.migrate(&[&SCHEMA[..], statements].concat()).await
    }

    /// Adds the resources by which users are moved: placement, export and import.
    pub fn mount(&self, application: Application) -> Application {
        resources::mount(self, application)
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

/// The time in milliseconds.
pub(crate) fn now() -> i64 {
    crate::now()
}
