//! What a service tells of its database: whether it is there, and how it writes.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, timeout};
use wsgiservice::{
    Application,
    health::Health,
    statistics::{Counter, Histogram},
};

use crate::{Database, Error, ErrorKind};

/// How many rows are counted, at most: so a count that is told is cheap, however large a table is.
pub const COUNTED: i64 = 10_000;

/// How many rows were counted, as a text: there can be more than [`COUNTED`].
#[must_use]
pub fn counted(rows: i64) -> String {
    let more = if rows < COUNTED { "" } else { " or more" };
    format!("{rows}{more}")
}

/// How long a check of the database waits: less than the second after which it would fail.
pub(crate) const PATIENCE: Duration = Duration::from_millis(500);

/// For how long the check warns of a write that the database has failed, unless a later one succeeds.
const RECENT: Duration = Duration::from_secs(60);

/// What is counted of a database. Clones count together.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    /// How long writes took, with their wait for others.
    pub(crate) writes: Histogram,
    /// The transactions that were committed, and have changed something.
    commits: Counter,
    /// The writes that were a part of them.
    committed: Counter,
    /// Why the last write failed, if none has succeeded since.
    failure: Arc<Mutex<Option<WriteFailure>>>,
}

/// Why a write failed, and when.
#[derive(Debug)]
struct WriteFailure {
    error: String,
    at: Instant,
}

impl Default for Figures {
    fn default() -> Self {
        Self {
            writes: Histogram::new(
                "database_write_duration_seconds",
                "How long writes took, with their wait for others.",
            ),
            commits: Counter::new(
                "database_commits",
                "Transactions that were committed, and have changed something.",
            ),
            committed: Counter::new(
                "database_committed_writes",
                "Writes that have changed something; several together are one transaction.",
            ),
            failure: Arc::default(),
        }
    }
}

impl Figures {
    /// Counts a committed transaction by its writes that have changed something. One without them says nothing of the disk.
    pub(crate) fn committed(&self, writes: u64) {
        if writes == 0 {
            return;
        }
        self.commits.add((), 1);
        self.committed.add((), writes);
        *self.failure() = None;
    }

    /// Notes a write that has failed after its transaction had begun, if that was the fault of the database.
    pub(crate) fn failed(&self, error: &Error) {
        if error.kind() == ErrorKind::Unavailable {
            *self.failure() = Some(WriteFailure { error: error.to_string(), at: Instant::now() });
        }
    }

    /// What the last writes say: an empty one succeeds on a full disk, too.
    fn health(&self) -> Health {
        match &*self.failure() {
            Some(WriteFailure { error, at }) if at.elapsed() <= RECENT => {
                let seconds = at.elapsed().as_secs();
                Health::Warn(format!(
                    "a write failed {seconds} s ago, and none has succeeded since: {error}"
                ))
            }
            _ => Health::Pass,
        }
    }

    fn failure(&self) -> MutexGuard<'_, Option<WriteFailure>> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Database {
    /// Adds to an application the check `database`, and what is counted of the database.
    ///
    /// The check fails if the database cannot be read, or if its file was removed or replaced. It warns if an empty write, which
    /// takes its turn like all others, does not end within half a second, if no small file can be written in the folder of the SQLite
    /// file, such as on a full disk, and if the last write failed because of the database. The empty write waits for no disk, and is not counted.
    pub fn observe(&self, application: Application) -> Application {
        let Figures { writes, commits, committed, .. } = &self.0.figures;
        let database = self.clone();
        application
            .metric(writes)
            .metric(commits)
            .metric(committed)
            .check("database", async move || database.health().await)
    }

    async fn health(&self) -> Health {
        let write = self.submit(async |_| Ok::<_, Error>(()));
        let disk = self.0.pool.check_disk();
        let found = tokio::join!(self.ping(), timeout(PATIENCE, write), disk);
        match found {
            (Err(error), ..) => Health::Fail(error.to_string()),
            (_, Ok(Err(error)), _) => Health::Warn(format!("it cannot be written: {error}")),
            (_, Err(_), _) => Health::Warn(format!("no write ends within {PATIENCE:?}")),
            (.., Err(wrong)) => Health::Warn(wrong),
            (.., Ok(())) => self.0.figures.health(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_write_that_failed_warns_until_one_succeeds_or_for_a_minute() {
        let figures = Figures::default();
        let error = |kind| Error::new(kind, "the disk is full");
        figures.failed(&error(ErrorKind::Other));
        assert_eq!(figures.health(), Health::Pass);

        figures.failed(&error(ErrorKind::Unavailable));
        let warns = |seconds| {
            let text = format!("a write failed {seconds} s ago, and none has succeeded since");
            Health::Warn(format!("{text}: the disk is full"))
        };
        tokio::time::advance(RECENT).await;
        figures.committed(0);
        assert_eq!(figures.health(), warns(60));
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(figures.health(), Health::Pass);

        figures.failed(&error(ErrorKind::Unavailable));
        assert_eq!(figures.health(), warns(0));
        figures.committed(1);
        assert_eq!(figures.health(), Health::Pass);
    }

    #[test]
    fn a_count_says_that_there_can_be_more() {
        assert_eq!([counted(9_999), counted(COUNTED)], ["9999", "10000 or more"]);
    }
}
