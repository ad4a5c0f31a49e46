//! Stores the users in SQLite, in a file or in memory.

use std::{path::Path, time::Duration};

use sqlx::{
    Connection, Row,
    sqlite::{
        SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
        SqliteRow, SqliteSynchronous,
    },
};
use uuid::Uuid;
use wsgiservice::{BoxError, EntityTag, Preconditions, Problem};

use crate::{Account, password::PasswordError};

const REVISION: &str = "SELECT revision FROM users WHERE id = ?";

/// How long a write waits for the others, and then for other programs that lock the database.
const PATIENCE: Duration = Duration::from_secs(5);

/// The users.
#[derive(Clone)]
pub(crate) struct Database {
    readers: SqlitePool,
    /// SQLite writes one transaction at a time. Those that wait for it occupy no connection of the readers.
    writer: SqlitePool,
    /// Whether it is in a file, so that another connection sees the same users.
    is_file: bool,
}

/// Why a user cannot be read or saved.
#[derive(Debug, thiserror::Error, Problem)]
pub(crate) enum UserError {
    #[error("Not Found")]
    #[problem(404)]
    Missing,
    #[error("the user has changed since")]
    #[problem(412)]
    Changed,
    #[error("another user already has this email")]
    #[problem(409)]
    Taken,
    /// Too many passwords wait to be hashed.
    #[error("too many passwords wait to be hashed")]
    #[problem(503, retry_after = 1)]
    Busy,
    /// The database is locked or full, or has no free connection.
    #[error(transparent)]
    #[problem(503, retry_after = 5)]
    Unavailable(sqlx::Error),
    #[error(transparent)]
    #[problem(500)] // logged, never sent
    Database(sqlx::Error),
    #[error(transparent)]
    #[problem(500)]
    Password(PasswordError),
}

impl Database {
    /// The database in a file, or an empty one in memory, which is opened when it is first used.
    pub(crate) fn new(file: Option<&Path>) -> Self {
        let pool = || SqlitePoolOptions::new().idle_timeout(None).max_lifetime(None);
        let one = || pool().max_connections(1).acquire_timeout(PATIENCE);
        match file {
            Some(file) => {
                let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
                // Acknowledge a write only once it is on the disk.
                let options = options.journal_mode(SqliteJournalMode::Wal).busy_timeout(PATIENCE);
                let options = options.synchronous(SqliteSynchronous::Full);
                let writer = one().connect_lazy_with(options.clone());
                // A file that was removed while the service runs is not replaced by an empty one.
                let readers = pool().connect_lazy_with(options.create_if_missing(false));
                Self { readers, writer, is_file: true }
            }
            // Each connection would open its own in-memory database.
            None => {
                let writer = one().connect_lazy_with(SqliteConnectOptions::new().in_memory(true));
                Self { readers: writer.clone(), writer, is_file: false }
            }
        }
    }

    /// Creates what is missing in the database.
    pub(crate) async fn set_up(&self) -> Result<(), sqlx::Error> {
        let table = "CREATE TABLE IF NOT EXISTS users \
            (id TEXT PRIMARY KEY, revision TEXT NOT NULL, email TEXT UNIQUE NOT NULL, password TEXT NOT NULL) STRICT";
        sqlx::query(table).execute(&self.writer).await?;
        Ok(())
    }

    /// Whether it can be read, also by the next process: open connections still read a file that was removed.
    pub(crate) async fn check(&self) -> Result<(), BoxError> {
        let options = self.readers.connect_options();
        if self.is_file && !options.get_filename().exists() {
            return Err(format!("{} was removed", options.get_filename().display()).into());
        }
        sqlx::query("SELECT 1 FROM users LIMIT 1").execute(&self.readers).await?;
        Ok(())
    }

    /// Closes the connections, after what they write is in the file.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    pub(crate) async fn get(&self, id: Uuid) -> Result<Account, UserError> {
        let user = sqlx::query("SELECT id, email FROM users WHERE id = ?").bind(id.to_string());
        user.try_map(|row| account_of(&row))
            .fetch_optional(&self.readers)
            .await?
            .ok_or(UserError::Missing)
    }

    /// The entity tag of a user: each write has a tag of its own, also after the user was deleted.
    pub(crate) async fn tag(&self, id: Uuid) -> Result<Option<EntityTag>, UserError> {
        let revision = sqlx::query_scalar::<_, String>(REVISION).bind(id.to_string());
        Ok(revision.fetch_optional(&self.readers).await?.map(EntityTag::strong))
    }

    /// The user with this email, and the hash of the password.
    pub(crate) async fn find(&self, email: &str) -> Result<Option<(Account, String)>, UserError> {
        let found = sqlx::query("SELECT id, email, password FROM users WHERE email = ?");
        let found = found.bind(email).try_map(|row: SqliteRow| {
            let hash = row.try_get("password")?;
            Ok((account_of(&row)?, hash))
        });
        Ok(found.fetch_optional(&self.readers).await?)
    }

    pub(crate) async fn save(
        &self,
        account: &Account,
        password: &str,
        preconditions: &Preconditions,
    ) -> Result<(), UserError> {
        self.write(account.id, preconditions, async |connection| {
            let save = "INSERT INTO users (id, revision, email, password) VALUES (?, ?, ?, ?) \
                ON CONFLICT (id) DO UPDATE SET \
                revision = excluded.revision, email = excluded.email, password = excluded.password";
            let save = sqlx::query(save).bind(account.id.to_string());
            let save = save.bind(Uuid::new_v4().to_string()).bind(&account.email).bind(password);
            save.execute(connection).await?;
            Ok(())
        })
        .await
    }

    pub(crate) async fn delete(
        &self,
        id: Uuid,
        preconditions: &Preconditions,
    ) -> Result<(), UserError> {
        self.write(id, preconditions, async |connection| {
            let delete = sqlx::query("DELETE FROM users WHERE id = ?").bind(id.to_string());
            match delete.execute(connection).await?.rows_affected() {
                0 => Err(UserError::Missing),
                _ => Ok(()),
            }
        })
        .await
    }

    /// Changes a user in a transaction, if the preconditions are true in it.
    ///
    /// Concurrent writes lose nothing: the second waits until it can read what the first wrote.
    async fn write(
        &self,
        id: Uuid,
        preconditions: &Preconditions,
        change: impl AsyncFnOnce(&mut SqliteConnection) -> Result<(), UserError>,
    ) -> Result<(), UserError> {
        let mut connection = self.writer.acquire().await?;
        let changed = in_transaction(&mut connection, id, preconditions, change).await;
        // If the disk is full, SQLite ends the transaction, and sqlx does not know it: no later one could begin on this
        // connection.
        if self.is_file
            && matches!(changed, Err(UserError::Unavailable(_) | UserError::Database(_)))
        {
            connection.close_on_drop();
        }
        changed
    }
}

async fn in_transaction(
    connection: &mut SqliteConnection,
    id: Uuid,
    preconditions: &Preconditions,
    change: impl AsyncFnOnce(&mut SqliteConnection) -> Result<(), UserError>,
) -> Result<(), UserError> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let revision = sqlx::query_scalar::<_, String>(REVISION).bind(id.to_string());
    let tag = revision.fetch_optional(&mut *transaction).await?.map(EntityTag::strong);
    preconditions.check(tag.as_ref(), None).map_err(|_| UserError::Changed)?;
    change(&mut transaction).await?;
    Ok(transaction.commit().await?)
}

fn account_of(row: &SqliteRow) -> Result<Account, sqlx::Error> {
    let id = row.try_get::<String, _>("id")?;
    let id = id.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    Ok(Account { id, email: row.try_get("email")? })
}

impl From<sqlx::Error> for UserError {
    fn from(error: sqlx::Error) -> Self {
        /// `SQLITE_BUSY`, `SQLITE_LOCKED`, `SQLITE_IOERR`, `SQLITE_FULL` and `SQLITE_CANTOPEN`.
        const TEMPORARY: [i32; 5] = [5, 6, 10, 13, 14];
        let reported = error.as_database_error();
        let code = reported.and_then(|error| error.code()?.parse::<i32>().ok());
        // The low byte of an extended code is the primary one.
        let is_temporary = code.is_some_and(|code| TEMPORARY.contains(&(code & 0xff)));
        match reported.is_some_and(|error| error.is_unique_violation()) {
            true => Self::Taken,
            false if is_temporary || matches!(error, sqlx::Error::PoolTimedOut) => {
                Self::Unavailable(error)
            }
            false => Self::Database(error),
        }
    }
}

impl From<PasswordError> for UserError {
    fn from(error: PasswordError) -> Self {
        match error {
            // The client has disconnected, so it does not receive this.
            PasswordError::Busy | PasswordError::GivenUp => Self::Busy,
            error => Self::Password(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::JoinSet;

    use super::*;

    async fn database(file: Option<&Path>) -> Database {
        let database = Database::new(file);
        database.set_up().await.expect("a database");
        database
    }

    fn account(length: usize) -> Account {
        let id = Uuid::new_v4();
        Account { id, email: format!("{id}{}", "x".repeat(length)) }
    }

    async fn save(database: &Database, account: &Account) -> Result<(), UserError> {
        database.save(account, "hash", &Preconditions::default()).await
    }

    #[tokio::test]
    async fn writes_go_on_when_there_is_room_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("users.db");
        let database = database(Some(&file)).await;
        // This holds for the one connection that was opened so far: the disk is full for it.
        let full = sqlx::query("PRAGMA max_page_count = 40").execute(&database.writer).await;
        assert!(full.is_ok());
        let mut saved = Vec::new();
        let refused = loop {
            let account = account(10_000);
            match save(&database, &account).await {
                Ok(()) => saved.push(account.id),
                Err(error) => break error,
            }
            assert!(saved.len() < 100, "the database is never full");
        };
        assert!(matches!(refused, UserError::Unavailable(_)), "{refused:?}");
        for _ in 0..5 {
            assert!(save(&database, &account(10_000)).await.is_ok());
        }
        for id in saved {
            assert!(database.get(id).await.is_ok(), "what was acknowledged is there");
        }
    }

    #[tokio::test]
    async fn a_check_fails_while_the_file_is_gone() {
        let folder = tempfile::tempdir().expect("a folder");
        let [file, away] = ["users.db", "away.db"].map(|name| folder.path().join(name));
        let database = database(Some(&file)).await;
        database.check().await.expect("a file");
        std::fs::rename(&file, &away).expect("a file");
        let error = database.check().await.expect_err("no file").to_string();
        assert_eq!(error, format!("{} was removed", file.display()));
        // At least one of them needs a new connection.
        let read = || database.tag(Uuid::nil());
        let _ = tokio::join!(read(), read(), read());
        assert!(!file.exists(), "it is not created anew");
        std::fs::rename(&away, &file).expect("a file");
        database.check().await.expect("the file");
    }

    #[tokio::test]
    async fn a_locked_database_is_unavailable() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("users.db");
        database(Some(&file)).await;
        let options = SqliteConnectOptions::new().filename(&file);
        let impatient = options.clone().busy_timeout(Duration::from_millis(1));
        let pool = SqlitePool::connect_with(impatient).await.expect("a pool");
        let database = Database { readers: pool.clone(), writer: pool, is_file: true };
        let mut other = SqliteConnection::connect_with(&options).await.expect("a connection");
        let locked = sqlx::query("BEGIN EXCLUSIVE").execute(&mut other).await;
        assert!(locked.is_ok());
        let refused = save(&database, &account(1)).await;
        assert!(matches!(refused, Err(UserError::Unavailable(_))), "{refused:?}");
        other.close().await.expect("closed");
        assert!(save(&database, &account(1)).await.is_ok());
    }

    #[tokio::test]
    async fn an_email_that_is_taken_ends_only_its_own_write() {
        let database = database(None).await;
        let first = account(1);
        assert!(save(&database, &first).await.is_ok());
        let second = Account { id: Uuid::new_v4(), email: first.email };
        assert!(matches!(save(&database, &second).await, Err(UserError::Taken)));
        assert!(save(&database, &account(1)).await.is_ok());
    }

    #[tokio::test]
    async fn users_are_read_while_many_writes_wait() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = database(Some(&folder.path().join("users.db"))).await;
        let first = account(1);
        assert!(save(&database, &first).await.is_ok());
        let writer = database.writer.acquire().await.expect("a connection");
        let mut writes = JoinSet::new();
        for _ in 0..20 {
            let database = database.clone();
            writes.spawn(async move { save(&database, &account(1)).await.is_ok() });
        }
        tokio::task::yield_now().await;
        assert!(database.get(first.id).await.is_ok());
        let found = database.find(&first.email).await;
        assert!(found.is_ok_and(|found| found.is_some()));
        drop(writer);
        assert!(writes.join_all().await.iter().all(|is_saved| *is_saved));
    }
}
