//! The database of a service, by URL.
//!
//! `sqlite:FILE` is a file in the mode WAL, synchronized to the disk at each commit; `mysql://…` and `postgres://…` are
//! servers, each behind a feature. A file is written by a thread of its own, which runs the statements itself, and commits the
//! writes that wait together; each is acknowledged after that. Reads run beside it, on threads that may wait for the disk. SQL is the same for all: its types are `{key}` (a text in a key), `{text}`, `{bytes}`,
//! `{integer}` and `{real}` in a schema, and its arguments are written `?`.
//!
//! ```
//! use database::{Database, values};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), database::Error> {
//! # let folder = tempfile::tempdir().unwrap();
//! # let url = format!("sqlite:{}", folder.path().join("notes.db").display());
//! let database = Database::open(&url)?;
//! database.migrate(&["CREATE TABLE note (id {key} PRIMARY KEY, text {text} NOT NULL)"]).await?;
//!
//! let written = database.write(async |transaction| {
//!     transaction.execute("INSERT INTO note (id, text) VALUES (?, ?)", &values!["a", "buy milk"]).await
//! });
//! assert_eq!(written.await?, 1);
//!
//! let rows = database.query("SELECT text FROM note WHERE id = ?", &values!["a"]).await?;
//! assert_eq!(rows[0].get::<String>(0)?, "buy milk");
//! # Ok(())
//! # }
//! ```

mod connection;
pub mod data;
mod disk;
mod error;
mod figures;
mod groups;
mod job;
mod migration;
mod pool;
mod readers;
#[cfg(any(feature = "mysql", feature = "postgres"))]
mod server;
#[cfg(any(feature = "mysql", feature = "postgres"))]
mod side_by_side;
mod sql;
mod sqlite;
mod statement;
#[cfg(test)]
mod tests;
mod transaction;
mod value;
mod writer;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use tokio::sync::oneshot;

pub use disk::{DiskCheck, FileIdentity, try_to_write};
pub use error::{Error, ErrorKind};
pub use figures::{COUNTED, counted, looked_up};
pub use sql::Dialect;
pub use statement::Statement;
pub use transaction::Transaction;
pub use value::{FromValue, IntoValue, Row, Type, Value};

use error::closed;
use figures::Figures;
use job::Write;
use pool::Pool;
use writer::Writer;

/// A database. It is cheap to clone.
#[derive(Clone)]
pub struct Database(Arc<Inner>);

struct Inner {
    pool: Pool,
    writer: Mutex<Writer>,
    figures: Figures,
}

impl Database {
    /// The database of a URL. Connections are opened when they are needed.
    ///
    /// # Errors
    ///
    /// If the URL is of no database, or of one whose feature is off.
    pub fn open(url: &str) -> Result<Self, Error> {
        let pool = Pool::new(url)?;
        let (writer, figures) = (Mutex::default(), Figures::default());
        Ok(Self(Arc::new(Inner { pool, writer, figures })))
    }

    /// Runs the statements that were not run yet, each in a transaction, in their order. What was released is never
    /// changed: a new statement is added at the end.
    ///
    /// # Errors
    ///
    /// If the database refuses a statement.
    pub async fn migrate(&self, statements: &[&str]) -> Result<(), Error> {
        let table = self.dialect().schema(
            "CREATE TABLE IF NOT EXISTS migration (number {integer} PRIMARY KEY, at {integer} NOT NULL)",
        );
        let statements: Vec<_> = statements.iter().map(|it| self.dialect().schema(it)).collect();
        self.write(async move |transaction: &mut Transaction| {
            let (before, after) = transaction.dialect().alone();
            if let Some(before) = before {
                transaction.query(before, &[]).await?;
            }
            let migrated = migration::run(transaction, &table, &statements).await;
            if let Some(after) = after {
                if migrated.is_ok() {
                    transaction.query("COMMIT", &[]).await?;
                }
                transaction.query(after, &[]).await?;
            }
            migrated
        })
        .await
    }

    /// Writes in a transaction, which is kept if the function returns `Ok`, and is on the disk then.
    ///
    /// The function is run again if another transaction was in its way, so it has no effect but on the database. A write
    /// that has begun ends, even if this future is dropped.
    ///
    /// # Errors
    ///
    /// What the function returns, or why the transaction could not be committed.
    ///
    /// # Panics
    ///
    /// If the function does: nothing is kept then.
    pub async fn write<T, E, W>(&self, work: W) -> Result<T, E>
    where
        W: AsyncFn(&mut Transaction) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let begun = Instant::now();
        let result = self.submit(work).await;
        self.0.figures.writes.record((), begun.elapsed());
        result
    }

    /// Waits until a write has had its turn.
    async fn submit<T, E, W>(&self, work: W) -> Result<T, E>
    where
        W: AsyncFn(&mut Transaction) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (caller, result) = oneshot::channel();
        let jobs = self.writer().jobs(&self.0.pool, &self.0.figures)?;
        // If it cannot be sent, it is dropped, and the caller with it.
        let _ = jobs.send(Box::new(Write::new(work, caller))).await;
        // Whoever closes the database waits until nobody can write.
        drop(jobs);
        match result.await {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(_) => Err(closed().into()),
        }
    }

    /// Reads rows.
    ///
    /// # Errors
    ///
    /// If the database refuses the statement.
    pub async fn query(&self, sql: &str, values: &[Value]) -> Result<Vec<Row>, Error> {
        self.0.pool.query(sql, values).await
    }

    /// Reads by several statements what is there at one moment: the rows of each, in their order.
    ///
    /// ```
    /// # use database::{Database, Statement, values};
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), database::Error> {
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let database = Database::open(&format!("sqlite:{}/notes.db", folder.path().display()))?;
    /// # database.migrate(&["CREATE TABLE note (id {key} PRIMARY KEY, text {text} NOT NULL)"]).await?;
    /// let count = Statement::new("SELECT COUNT(*) FROM note", values![]);
    /// let first = Statement::new("SELECT text FROM note ORDER BY id LIMIT ?", values![10_i64]);
    /// let read = database.query_all(vec![count, first]).await?;
    /// assert_eq!(read[0][0].get::<i64>(0)?, 0);
    /// assert_eq!(read[1], []);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If the database refuses a statement.
    pub async fn query_all(&self, statements: Vec<Statement>) -> Result<Vec<Vec<Row>>, Error> {
        self.0.pool.query_all(statements).await
    }

    /// Reads a row or none.
    ///
    /// # Errors
    ///
    /// If the database refuses the statement.
    pub async fn optional(&self, sql: &str, values: &[Value]) -> Result<Option<Row>, Error> {
        Ok(self.query(sql, values).await?.into_iter().next())
    }

    /// Whether the database is there.
    ///
    /// # Errors
    ///
    /// If it is not.
    pub async fn ping(&self) -> Result<(), Error> {
        self.0.pool.ping().await
    }

    /// The database, by what its SQL looks like.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.0.pool.dialect()
    }

    /// Ends the writes that wait, and closes the connections.
    pub async fn close(&self) {
        let mut ended = self.writer().close();
        // There is no value: it ends with the thread.
        let _ = ended.changed().await;
        self.0.pool.close().await;
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.0.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Database").field(&self.dialect()).finish()
    }
}
