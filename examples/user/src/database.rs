//! Stores the users in SQLite, in a file or in memory.

use std::path::Path;

use sqlx::{
    Row,
    sqlite::{
        SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow,
        SqliteSynchronous,
    },
};
use uuid::Uuid;
use wsgiservice::Problem;

use crate::{Account, password::PasswordError};

/// The users.
#[derive(Clone)]
pub(crate) struct Database(SqlitePool);

/// Why a user cannot be read or saved.
#[derive(Debug, thiserror::Error, Problem)]
pub(crate) enum UserError {
    #[error("Not Found")]
    #[problem(404)]
    Missing,
    #[error("another user already has this email")]
    #[problem(409)]
    Taken,
    #[error(transparent)]
    #[problem(500)] // logged, never sent
    Database(sqlx::Error),
    #[error(transparent)]
    #[problem(500)]
    Password(#[from] PasswordError),
}

impl Database {
    /// Opens the database in a file, or an empty one in memory.
    pub(crate) async fn open(file: Option<&Path>) -> Result<Self, sqlx::Error> {
        let pool = SqlitePoolOptions::new().idle_timeout(None).max_lifetime(None);
        let pool = match file {
            Some(file) => {
                let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
                // Acknowledge a write only once it is on the disk.
                let options = options.journal_mode(SqliteJournalMode::Wal);
                pool.connect_with(options.synchronous(SqliteSynchronous::Full)).await?
            }
            // Each connection would open its own in-memory database.
            None => pool.max_connections(1).connect("sqlite::memory:").await?,
        };
        let table = "CREATE TABLE IF NOT EXISTS users \
            (id TEXT PRIMARY KEY, email TEXT UNIQUE NOT NULL, password TEXT NOT NULL) STRICT";
        sqlx::query(table).execute(&pool).await?;
        Ok(Self(pool))
    }

    pub(crate) async fn get(&self, id: Uuid) -> Result<Account, UserError> {
        let user = sqlx::query("SELECT id, email FROM users WHERE id = ?").bind(id.to_string());
        user.try_map(|row| account_of(&row))
            .fetch_optional(&self.0)
            .await?
            .ok_or(UserError::Missing)
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

    pub(crate) async fn save(&self, account: &Account, password: &str) -> Result<(), UserError> {
        let save = "INSERT INTO users (id, email, password) VALUES (?, ?, ?) \
            ON CONFLICT (id) DO UPDATE SET email = excluded.email, password = excluded.password";
        let save =
            sqlx::query(save).bind(account.id.to_string()).bind(&account.email).bind(password);
        save.execute(&self.0).await?;
        Ok(())
    }

    pub(crate) async fn delete(&self, id: Uuid) -> Result<(), UserError> {
        let delete = sqlx::query("DELETE FROM users WHERE id = ?").bind(id.to_string());
        match delete.execute(&self.0).await?.rows_affected() {
            0 => Err(UserError::Missing),
            _ => Ok(()),
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
        let is_taken = error.as_database_error().is_some_and(|it| it.is_unique_violation());
        if is_taken { Self::Taken } else { Self::Database(error) }
    }
}
