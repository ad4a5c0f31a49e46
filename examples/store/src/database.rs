//! Stores the documents in SQLite, in a file or in memory.

use std::path::Path;

use sqlx::{
    Sqlite, Transaction,
    sqlite::{
        SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
    },
};
use uuid::Uuid;
use wsgiservice::{EntityTag, Preconditions, Problem};

use crate::Fields;

/// The maximum number of fields of a document.
const MAX_FIELDS: usize = 1_000;

const REVISION: &str = "SELECT revision FROM documents WHERE id = ?";

/// The documents.
#[derive(Clone)]
pub(crate) struct Database(SqlitePool);

/// Why a document cannot be read or saved.
#[derive(Debug, thiserror::Error, Problem)]
pub(crate) enum StoreError {
    #[error("Not Found")]
    #[problem(404)]
    Missing,
    #[error("the document has changed since")]
    #[problem(412)]
    Changed,
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
        let table = "CREATE TABLE IF NOT EXISTS documents \
            (id TEXT PRIMARY KEY, revision TEXT NOT NULL, fields TEXT NOT NULL) STRICT";
        sqlx::query(table).execute(&pool).await?;
        Ok(Self(pool))
    }

    pub(crate) async fn get(&self, id: Uuid) -> Result<Fields, StoreError> {
        let fields = sqlx::query_scalar::<_, String>("SELECT fields FROM documents WHERE id = ?");
        let fields = fields.bind(id.to_string()).fetch_optional(&self.0).await?;
        Ok(serde_json::from_str(&fields.ok_or(StoreError::Missing)?)?)
    }

    /// The entity tag of a document: each write has a tag of its own, also after the document was deleted.
    pub(crate) async fn tag(&self, id: Uuid) -> Result<Option<EntityTag>, StoreError> {
        let revision = sqlx::query_scalar::<_, String>(REVISION).bind(id.to_string());
        Ok(revision.fetch_optional(&self.0).await?.map(EntityTag::strong))
    }

    /// Sets fields of a document, and keeps its other fields.
    pub(crate) async fn save(
        &self,
        id: Uuid,
        fields: Fields,
        preconditions: &Preconditions,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin(id, preconditions).await?;
        let present = sqlx::query_scalar::<_, String>("SELECT fields FROM documents WHERE id = ?");
        let present = present.bind(id.to_string()).fetch_optional(&mut *transaction).await?;
        let mut merged: Fields =
            present.map_or(Ok(Fields::new()), |present| serde_json::from_str(&present))?;
        merged.extend(fields);
        if merged.len() > MAX_FIELDS {
            return Err(StoreError::TooLarge);
        }
        let save = "INSERT OR REPLACE INTO documents (id, revision, fields) VALUES (?, ?, ?)";
        let save = sqlx::query(save).bind(id.to_string()).bind(Uuid::new_v4().to_string());
        save.bind(serde_json::to_string(&merged)?).execute(&mut *transaction).await?;
        Ok(transaction.commit().await?)
    }

    pub(crate) async fn delete(
        &self,
        id: Uuid,
        preconditions: &Preconditions,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin(id, preconditions).await?;
        let delete = sqlx::query("DELETE FROM documents WHERE id = ?").bind(id.to_string());
        match delete.execute(&mut *transaction).await?.rows_affected() {
            0 => Err(StoreError::Missing),
            _ => Ok(transaction.commit().await?),
        }
    }

    /// Begins a transaction that writes a document, if the preconditions are true in it.
    ///
    /// Concurrent writes lose nothing: the second waits until it can read what the first wrote.
    async fn begin(
        &self,
        id: Uuid,
        preconditions: &Preconditions,
    ) -> Result<Transaction<'static, Sqlite>, StoreError> {
        let mut transaction = self.0.begin_with("BEGIN IMMEDIATE").await?;
        let revision = sqlx::query_scalar::<_, String>(REVISION).bind(id.to_string());
        let tag = revision.fetch_optional(&mut *transaction).await?.map(EntityTag::strong);
        match preconditions.check(tag.as_ref(), None) {
            Ok(()) => Ok(transaction),
            Err(_) => Err(StoreError::Changed),
        }
    }
}
