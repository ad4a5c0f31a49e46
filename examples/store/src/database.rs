//! The documents, in SQLite: in a file, or in memory.

use std::path::Path;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use uuid::Uuid;
use wsgiservice::Problem;

use crate::Fields;

/// How many fields a document may have.
const MOST: usize = 1_000;

/// The documents.
#[derive(Clone)]
pub(crate) struct Database(SqlitePool);

/// Why a document is not there, or not saved.
#[derive(Debug, thiserror::Error, Problem)]
pub(crate) enum StoreError {
    #[error("Not Found")]
    #[problem(404)]
    Missing,
    #[error("a document has at most {MOST} fields")]
    #[problem(413)]
    TooLarge,
    #[error(transparent)]
    #[problem(500)] // logged, and never sent
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    #[problem(500)]
    Fields(#[from] serde_json::Error),
}

impl Database {
    /// Opens the documents in a file, or none in memory.
    pub(crate) async fn open(file: Option<&Path>) -> Result<Self, sqlx::Error> {
        let pool = SqlitePoolOptions::new().idle_timeout(None).max_lifetime(None);
        let pool = match file {
            Some(file) => {
                let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
                // A write is acknowledged when it is on the disk.
                let options = options.journal_mode(SqliteJournalMode::Wal);
                pool.connect_with(options.synchronous(SqliteSynchronous::Full)).await?
            }
            // Each connection would have a memory of its own.
            None => pool.max_connections(1).connect("sqlite::memory:").await?,
        };
        let table = "CREATE TABLE IF NOT EXISTS documents (id TEXT PRIMARY KEY, fields TEXT NOT NULL) STRICT";
        sqlx::query(table).execute(&pool).await?;
        Ok(Self(pool))
    }

    pub(crate) async fn get(&self, id: Uuid) -> Result<Fields, StoreError> {
        let fields = sqlx::query_scalar::<_, String>("SELECT fields FROM documents WHERE id = ?");
        let fields = fields.bind(id.to_string()).fetch_optional(&self.0).await?;
        Ok(serde_json::from_str(&fields.ok_or(StoreError::Missing)?)?)
    }

    /// Saves fields, beside those that the document has already.
    pub(crate) async fn save(&self, id: Uuid, fields: Fields) -> Result<(), StoreError> {
        // Two writes at once lose nothing: the second one waits until it can read what the first one wrote.
        let mut transaction = self.0.begin_with("BEGIN IMMEDIATE").await?;
        let present = sqlx::query_scalar::<_, String>("SELECT fields FROM documents WHERE id = ?");
        let present = present.bind(id.to_string()).fetch_optional(&mut *transaction).await?;
        let mut merged: Fields =
            present.map_or(Ok(Fields::new()), |present| serde_json::from_str(&present))?;
        merged.extend(fields);
        if merged.len() > MOST {
            return Err(StoreError::TooLarge);
        }
        let save = sqlx::query("INSERT OR REPLACE INTO documents (id, fields) VALUES (?, ?)");
        let save = save.bind(id.to_string()).bind(serde_json::to_string(&merged)?);
        save.execute(&mut *transaction).await?;
        Ok(transaction.commit().await?)
    }

    pub(crate) async fn delete(&self, id: Uuid) -> Result<(), StoreError> {
        let delete = sqlx::query("DELETE FROM documents WHERE id = ?").bind(id.to_string());
        match delete.execute(&self.0).await?.rows_affected() {
            0 => Err(StoreError::Missing),
            _ => Ok(()),
        }
    }
}
