//! What a service tells of its database: whether it is there, and how it writes.

use std::time::Duration;

use tokio::time::timeout;
use wsgiservice::{
    Application,
    health::Health,
    statistics::{Counter, Histogram},
};

use crate::{Database, Error};

/// How many rows are counted, at most: so a count that is told is cheap, however large a table is.
pub const COUNTED: i64 = 10_000;

/// How long a check of the database waits: less than the second after which it would fail.
const PATIENCE: Duration = Duration::from_millis(500);

/// What is counted of a database. Clones count together.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    /// How long writes took, with their wait for others.
    pub(crate) writes: Histogram,
    /// The transactions that were committed.
    pub(crate) commits: Counter,
    /// The writes that were a part of them.
    pub(crate) committed: Counter,
}

impl Default for Figures {
    fn default() -> Self {
        Self {
            writes: Histogram::new(
                "database_write_duration_seconds",
                "How long writes took, with their wait for others.",
            ),
            commits: Counter::new("database_commits", "Transactions that were committed."),
            committed: Counter::new(
                "database_committed_writes",
                "Writes that were committed; several together are one transaction.",
            ),
        }
    }
}

impl Figures {
    /// Counts a transaction with so many writes.
    pub(crate) fn committed(&self, writes: usize) {
        self.commits.add((), 1);
        self.committed.add((), writes as u64);
    }
}

impl Database {
    /// Adds to an application the check `database`, and what is counted of the database.
    ///
    /// The check fails if the database cannot be read. It warns if an empty write, which takes its turn like all others, does not
    /// end within half a second.
    pub fn observe(&self, application: Application) -> Application {
        let Figures { writes, commits, committed } = &self.0.figures;
        let database = self.clone();
        application
            .metric(writes)
            .metric(commits)
            .metric(committed)
            .check("database", async move || database.health().await)
    }

    async fn health(&self) -> Health {
        let write = self.write(async |_| Ok::<_, Error>(()));
        match tokio::join!(self.ping(), timeout(PATIENCE, write)) {
            (Err(error), _) => Health::Fail(error.to_string()),
            (Ok(()), Ok(Ok(()))) => Health::Pass,
            (Ok(()), Ok(Err(error))) => Health::Warn(format!("it cannot be written: {error}")),
            (Ok(()), Err(_)) => Health::Warn(format!("no write ends within {PATIENCE:?}")),
        }
    }
}

/// What a check finds that reads the database. It never fails, since the check `database` says whether the database is there.
pub async fn looked_up(look: impl Future<Output = Result<Health, Error>>) -> Health {
    match timeout(PATIENCE, look).await {
        Ok(Ok(health)) => health,
        Ok(Err(error)) => Health::Warn(format!("not known: {error}")),
        Err(_) => Health::Warn(format!("not known within {PATIENCE:?}")),
    }
}
