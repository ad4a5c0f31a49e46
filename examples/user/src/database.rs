//! Stores the users in SQLite, in a file or in memory.

use std::path::Path;

use sqlx::{
    Row, Sqlite, Transaction,
    sqlite::{
        SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow,
        SqliteSynchronous,
    },
};
use uuid::Uuid;
use wsgiservice::{EntityTag, Preconditions, Problem};

use crate::{Account, password::PasswordError};

const REVISION: &str = "SELECT revision FROM users WHERE id = ?";

/// The users.
#[derive(Clone)]
pub(crate) struct Database(SqlitePool);

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
        let pool = SqlitePoolOptions::new().idle_timeout(None).max_lifetime(None);
        let pool = match file {
            Some(file) => {
                let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
                // Acknowledge a write only once it is on the disk.
                let options = options.journal_mode(SqliteJournalMode::Wal);
                pool.connect_lazy_with(options.synchronous(SqliteSynchronous::Full))
            }
            // Each connection would open its own in-memory database.
            None => {
                let options = SqliteConnectOptions::new().in_memory(true);
                pool.max_connections(1).connect_lazy_with(options)
            }
        };
        Self(pool)
    }

    /// Creates what is missing in the database.
    pub(crate) async fn set_up(&self) -> Result<(), sqlx::Error> {
        let table = "CREATE TABLE IF NOT EXISTS users \
            (id TEXT PRIMARY KEY, revision TEXT NOT NULL, email TEXT UNIQUE NOT NULL, password TEXT NOT NULL) STRICT";
        sqlx::query(table).execute(&self.0).await?;
        Ok(())
    }

    /// Closes the connections, after what they write is in the file.
    pub(crate) async fn close(&self) {
        self.0.close().await;
    }

    pub(crate) async fn get(&self, id: Uuid) -> Result<Account, UserError> {
        let user = sqlx::query("SELECT id, email FROM users WHERE id = ?").bind(id.to_string());
        user.try_map(|row| account_of(&row))
            .fetch_optional(&self.0)
            .await?
            .ok_or(UserError::Missing)
    }

    /// The entity tag of a user: each write has a tag of its own, also after the user was deleted.
    pub(crate) async fn tag(&self, id: Uuid) -> Result<Option<EntityTag>, UserError> {
        let revision = sqlx::query_scalar::<_, String>(REVISION).bind(id.to_string());
        Ok(revision.fetch_optional(&self.0).await?.map(EntityTag::strong))
    }

    /// The user with this email, and the hash of the password.
    pub(crate) async fn find(&self, email: &str) -> Result<Option<(Account, String)>, UserError> {
        let found = sqlx::query("SELECT id, email, password FROM users WHERE email = ?");
        let found = found.bind(email).try_map(|row| {
            let hash = row.try_get("password")?;
            Ok((account_of(&row)?, hash))
        });
        Ok(found.fetch_optional(&self.0).await?)
    }

    pub(crate) async fn save(
        &self,
        account: &Account,
        password: &str,
        preconditions: &Preconditions,
    ) -> Result<(), UserError> {
        let mut transaction = self.begin(account.id, preconditions).await?;
        let save = "INSERT INTO users (id, revision, email, password) VALUES (?, ?, ?, ?) \
            ON CONFLICT (id) DO UPDATE SET \
            revision = excluded.revision, email = excluded.email, password = excluded.password";
        let save = sqlx::query(save).bind(account.id.to_string()).bind(Uuid::new_v4().to_string());
        save.bind(&account.email).bind(password).execute(&mut *transaction).await?;
        Ok(transaction.commit().await?)
    }

    pub(crate) async fn delete(
        &self,
        id: Uuid,
        preconditions: &Preconditions,
    ) -> Result<(), UserError> {
        let mut transaction = self.begin(id, preconditions).await?;
        let delete = sqlx::query("DELETE FROM users WHERE id = ?").bind(id.to_string());
        match delete.execute(&mut *transaction).await?.rows_affected() {
            0 => Err(UserError::Missing),
            _ => Ok(transaction.commit().await?),
        }
    }

    /// Begins a transaction that writes a user, if the preconditions are true in it.
    async fn begin(
        &self,
        id: Uuid,
        preconditions: &Preconditions,
    ) -> Result<Transaction<'static, Sqlite>, UserError> {
        // The second of two concurrent writes waits until it can read what the first wrote.
        let mut transaction = self.0.begin_with("BEGIN IMMEDIATE").await?;
        let revision = sqlx::query_scalar::<_, String>(REVISION).bind(id.to_string());
        let tag = revision.fetch_optional(&mut *transaction).await?.map(EntityTag::strong);
        match preconditions.check(tag.as_ref(), None) {
            Ok(()) => Ok(transaction),
            Err(_) => Err(UserError::Changed),
        }
    }
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
            // If it was given up, nobody receives this.
            PasswordError::Busy | PasswordError::GivenUp => Self::Busy,
            error => Self::Password(error),
        }
    }
}
