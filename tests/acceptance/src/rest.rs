//! What is in the databases of the services when all is at rest.

use std::path::PathBuf;

use database::{Database, FromValue, Row, Value, values};

use crate::{Services, until_async};

/// The states of a command that is being executed.
const RUNNING: &str = "'prepared', 'compensating', 'checking', 'applying', 'undoing'";

impl Services {
    /// The rows of a table in a database, such as `c1/storage`.
    ///
    /// # Panics
    /// If it cannot be read.
    pub async fn rows(&self, database: &str, sql: &str, values: &[Value]) -> Vec<Row> {
        let file = self.folder().join(format!("{database}.db"));
        let opened = Database::open(&format!("sqlite:{}", file.display())).expect("a database");
        let rows = opened.query(sql, values).await.expect("rows");
        opened.close().await;
        rows
    }

    /// Waits until no command is being executed, no event waits in an outbox, and no delivery that is due has to be made.
    ///
    /// # Panics
    /// If that does not happen in time.
    pub async fn settle(&self) {
        until_async("all is at rest", async || self.is_at_rest().await).await;
    }

    async fn is_at_rest(&self) -> bool {
        let running = format!("SELECT COUNT(*) FROM ticket WHERE state IN ({RUNNING})");
        let due = "SELECT COUNT(*) FROM delivery WHERE state = 'leased' OR (state = 'waiting' AND due <= ?)";
        let now = values![self.now()];
        // In the order in which one makes work for the next.
        for (name, sql, values) in [
            ("command", running.as_str(), &[][..]),
            ("", "SELECT COUNT(*) FROM outbox", &[]),
            ("pipeline", due, &now),
            ("", "SELECT COUNT(*) FROM outbox", &[]),
            ("pipeline", due, &now),
        ] {
            for database in self.databases(name) {
                if name.is_empty() && !self.has_outbox(&database) {
                    continue;
                }
                let rows = self.rows(&database, sql, values).await;
                if of::<i64>(&rows[0], 0) > 0 {
                    return false;
                }
            }
        }
        true
    }

    /// The databases of a service, or of all.
    fn databases(&self, name: &str) -> Vec<String> {
        let services = ["cluster", "storage", "label", "command", "pipeline"];
        let services = services.iter().filter(|it| name.is_empty() || **it == name);
        let places =
            |service: &&str| ["c1", "c2", "global"].map(|place| format!("{place}/{service}"));
        services.flat_map(places).filter(|it| self.file(it).exists()).collect()
    }

    fn file(&self, database: &str) -> PathBuf {
        self.folder().join(format!("{database}.db"))
    }

    fn has_outbox(&self, database: &str) -> bool {
        !database.ends_with("/pipeline")
    }
}

/// A column of a row.
///
/// # Panics
/// If it has another type.
#[must_use]
pub fn of<T: FromValue>(row: &Row, column: usize) -> T {
    row.get(column).expect("a value")
}
