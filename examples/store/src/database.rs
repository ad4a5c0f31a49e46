//! The documents, in SQLite: in a file, or in memory.

use std::path::Path;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use uuid::Uuid;
use wsgiservice::Problem;

use crate::Fields;

/// The documents.
#[derive(Clone)]
pub(crate) struct Database(SqlitePool);

/// Why a document is not there, or not saved.
#[derive(Debug, thiserror::Error, Problem)]
pub(crate) enum StoreError {
    #[error("Not Found")]
    #[problem(404)]
    Missing,
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
    pub(crate) async fn save(&self, id: Uuid, fields: &Fields) -> Result<(), StoreError> {
        let save = "INSERT INTO documents (id, fields) VALUES (?, ?) \
            ON CONFLICT (id) DO UPDATE SET fields = json_patch(fields, excluded.fields)";
        let fields = serde_json::to_string(fields)?;
        sqlx::query(save).bind(id.to_string()).bind(fields).execute(&self.0).await?;
        Ok(())
    }

    pub(crate) async fn delete(&self, id: Uuid) -> Result<(), StoreError> {
        let delete = sqlx::query("DELETE FROM documents WHERE id = ?").bind(id.to_string());
        match delete.execute(&self.0).await?.rows_affected() {
            0 => Err(StoreError::Missing),
            _ => Ok(()),
        }
    }
}
