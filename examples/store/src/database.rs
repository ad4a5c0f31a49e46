//! Stores the documents in SQLite, in a file or in memory.

use std::path::Path;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use uuid::Uuid;
use wsgiservice::Problem;

use crate::Fields;

/// The maximum number of fields of a document.
const MAX_FIELDS: usize = 1_000;

/// The documents.
#[derive(Clone)]
pub(crate) struct Database(SqlitePool);

/// Why a document cannot be read or saved.
#[derive(Debug, thiserror::Error, Problem)]
pub(crate) enum StoreError {
    #[error("Not Found")]
    #[problem(404)]
    Missing,
    #[error("a document has at most {MAX_FIELDS} fields")]
    #[problem(413)]
    TooLarge,
    #[error(transparent)]
    #[problem(500)] // logged, never sent
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    #[problem(500)]
    Fields(#[from] serde_json::Error),
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
        let table = "CREATE TABLE IF NOT EXISTS documents (id TEXT PRIMARY KEY, fields TEXT NOT NULL) STRICT";
        sqlx::query(table).execute(&pool).await?;
        Ok(Self(pool))
    }

    pub(crate) async fn get(&self, id: Uuid) -> Result<Fields, StoreError> {
        let fields = sqlx::query_scalar::<_, String>("SELECT fields FROM documents WHERE id = ?");
        let fields = fields.bind(id.to_string()).fetch_optional(&self.0).await?;
        Ok(serde_json::from_str(&fields.ok_or(StoreError::Missing)?)?)
    }

    /// Sets fields of a document, and keeps its other fields.
    pub(crate) async fn save(&self, id: Uuid, fields: Fields) -> Result<(), StoreError> {
        // Concurrent writes lose nothing: the second waits until it can read what the first wrote.
        let mut transaction = self.0.begin_with("BEGIN IMMEDIATE").await?;
        let present = sqlx::query_scalar::<_, String>("SELECT fields FROM documents WHERE id = ?");
        let present = present.bind(id.to_string()).fetch_optional(&mut *transaction).await?;
        let mut merged: Fields =
            present.map_or(Ok(Fields::new()), |present| serde_json::from_str(&present))?;
        merged.extend(fields);
        if merged.len() > MAX_FIELDS {
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
