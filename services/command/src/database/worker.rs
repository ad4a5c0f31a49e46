//! Which processes execute commands.

use std::time::Duration;

use database::{Database, Dialect, Error, Transaction, Value, values};

use super::new_id;

/// How long a worker counts as alive without a sign of life.
const LEASE: Duration = Duration::from_secs(60);

/// How many rows of dead workers are looked for at once.
const BATCH: i64 = 100;

/// How many rows of its own a worker looks for: more than it executes at the same time.
const OWN: i64 = 2_000;

/// A process that executes commands, or one that did.
#[derive(Clone, Debug)]
pub(crate) struct Worker {
    pub(crate) id: String,
    database: Database,
}

impl Worker {
    pub(crate) fn new(database: Database) -> Self {
        Self { id: new_id(), database }
    }

    /// Begins. A file has one process at a time, so that all others are dead.
    pub(crate) async fn begin(&self) -> Result<(), Error> {
        if self.database.dialect() == Dialect::Sqlite {
            let work = async |transaction: &mut Transaction| {
                transaction.execute("DELETE FROM worker", &[]).await.map(|_| ())
            };
            self.database.write(work).await?;
        }
        self.renew().await
    }

    /// Gives a sign of life, and forgets workers that have given none for long.
    pub(crate) async fn renew(&self) -> Result<(), Error> {
        let id = self.id.clone();
        let work = async move |transaction: &mut Transaction| {
            let now = test_hooks::now();
            let expires = now + i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX);
            let upsert = transaction.dialect().upsert("worker", &["id"], &["expires"]);
            transaction.execute(&upsert, &values![&id, expires]).await?;
            transaction.execute("DELETE FROM worker WHERE expires < ?", &values![now]).await?;
            Ok(())
        };
        self.database.write(work).await
    }

    /// Ends: another worker takes what is left at once.
    pub(crate) async fn end(&self) -> Result<(), Error> {
        let id = self.id.clone();
        let work = async move |transaction: &mut Transaction| {
            transaction.execute("DELETE FROM worker WHERE id = ?", &values![&id]).await.map(|_| ())
        };
        self.database.write(work).await
    }

    /// Commands that have not ended, of users who are here, and whose owner is dead: their users and tickets.
    pub(crate) async fn abandoned(&self) -> Result<Vec<(String, String)>, Error> {
        let owner =
            "ticket.owner <> ? AND ticket.owner NOT IN (SELECT id FROM worker WHERE expires >= ?)";
        self.unfinished(owner, BATCH, &values![&self.id, test_hooks::now()]).await
    }

    /// The same, of this worker.
    pub(crate) async fn own(&self) -> Result<Vec<(String, String)>, Error> {
        self.unfinished("ticket.owner = ?", OWN, &values![&self.id]).await
    }

    async fn unfinished(
        &self,
        owner: &str,
        limit: i64,
        values: &[Value],
    ) -> Result<Vec<(String, String)>, Error> {
        let sql = format!(
            "SELECT ticket.user_id, ticket.id FROM ticket JOIN placement ON placement.user_id = ticket.user_id \
             WHERE ticket.state IN ('prepared', 'compensating', 'checking', 'applying') \
             AND placement.state = 'here' AND {owner} ORDER BY ticket.created LIMIT {limit}"
        );
        let rows = self.database.query(&sql, values).await?;
        rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
    }
}
