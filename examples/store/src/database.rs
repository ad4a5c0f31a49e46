//! Stores the documents in SQLite, in a file or in memory.

use std::{path::Path, time::Duration};

use sqlx::{
    Connection,
    sqlite::{
        SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
        SqliteSynchronous,
    },
};
use uuid::Uuid;
use wsgiservice::{BoxError, EntityTag, Preconditions, Problem};

use crate::Fields;

/// The maximum number of fields of a document.
const MAX_FIELDS: usize = 1_000;

/// The maximum size of a document as JSON, in bytes: each change reads and writes all of it.
const MAX_LENGTH: usize = 2 << 20;

const REVISION: &str = "SELECT revision FROM documents WHERE id = ?";

/// How long a write waits for the others, and then for other programs that lock the database.
const PATIENCE: Duration = Duration::from_secs(5);

/// The documents.
#[derive(Clone)]
pub(crate) struct Database {
    readers: SqlitePool,
    /// SQLite writes one transaction at a time. Those that wait for it occupy no connection of the readers.
    writer: SqlitePool,
    /// Whether it is in a file, so that another connection sees the same documents.
    is_file: bool,
}

/// Why a document cannot be read or saved.
#[derive(Debug, thiserror::Error, Problem)]
pub(crate) enum StoreError {
    #[error("Not Found")]
    #[problem(404)]
    Missing,
    #[error("the document has changed since")]
    #[problem(412)]
    Changed,
    #[error("a document has at most {MAX_FIELDS} fields and {MAX_LENGTH} bytes")]
    #[problem(413)]
    TooLarge,
    /// The database is locked or full, or has no free connection.
    #[error(transparent)]
    #[problem(503, retry_after = 5)]
    Unavailable(sqlx::Error),
    #[error(transparent)]
    #[problem(500)] // logged, never sent
    Database(sqlx::Error),
    #[error(transparent)]
    #[problem(500)]
    Fields(#[from] serde_json::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        /// `SQLITE_BUSY`, `SQLITE_LOCKED`, `SQLITE_IOERR`, `SQLITE_FULL` and `SQLITE_CANTOPEN`.
        const TEMPORARY: [i32; 5] = [5, 6, 10, 13, 14];
        let code = error.as_database_error().and_then(|error| error.code()?.parse::<i32>().ok());
        // The low byte of an extended code is the primary one.
        let is_temporary = code.is_some_and(|code| TEMPORARY.contains(&(code & 0xff)));
        match is_temporary || matches!(error, sqlx::Error::PoolTimedOut) {
            true => Self::Unavailable(error),
            false => Self::Database(error),
        }
    }
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
        let table = "CREATE TABLE IF NOT EXISTS documents \
            (id TEXT PRIMARY KEY, revision TEXT NOT NULL, fields TEXT NOT NULL) STRICT";
        sqlx::query(table).execute(&self.writer).await?;
        Ok(())
    }

    /// Whether it can be read, also by the next process: open connections still read a file that was removed.
    pub(crate) async fn check(&self) -> Result<(), BoxError> {
        let options = self.readers.connect_options();
        if self.is_file && !options.get_filename().exists() {
            return Err(format!("{} was removed", options.get_filename().display()).into());
        }
        sqlx::query("SELECT 1 FROM documents LIMIT 1").execute(&self.readers).await?;
        Ok(())
    }

    /// Closes the connections, after what they write is in the file.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    pub(crate) async fn get(&self, id: Uuid) -> Result<Fields, StoreError> {
        let fields = sqlx::query_scalar::<_, String>("SELECT fields FROM documents WHERE id = ?");
        let fields = fields.bind(id.to_string()).fetch_optional(&self.readers).await?;
        Ok(serde_json::from_str(&fields.ok_or(StoreError::Missing)?)?)
    }

    /// The entity tag of a document: each write has a tag of its own, also after the document was deleted.
    pub(crate) async fn tag(&self, id: Uuid) -> Result<Option<EntityTag>, StoreError> {
        let revision = sqlx::query_scalar::<_, String>(REVISION).bind(id.to_string());
        Ok(revision.fetch_optional(&self.readers).await?.map(EntityTag::strong))
    }

    /// Sets fields of a document, and keeps its other fields.
    pub(crate) async fn save(
        &self,
        id: Uuid,
        fields: Fields,
        preconditions: &Preconditions,
    ) -> Result<(), StoreError> {
        self.write(id, preconditions, async |connection| {
            let present =
                sqlx::query_scalar::<_, String>("SELECT fields FROM documents WHERE id = ?");
            let present = present.bind(id.to_string()).fetch_optional(&mut *connection).await?;
            let mut merged: Fields =
                present.map_or(Ok(Fields::new()), |present| serde_json::from_str(&present))?;
            merged.extend(fields);
            let text = serde_json::to_string(&merged)?;
            if merged.len() > MAX_FIELDS || text.len() > MAX_LENGTH {
                return Err(StoreError::TooLarge);
            }
            let save = "INSERT OR REPLACE INTO documents (id, revision, fields) VALUES (?, ?, ?)";
            let save = sqlx::query(save).bind(id.to_string()).bind(Uuid::new_v4().to_string());
            save.bind(text).execute(connection).await?;
            Ok(())
        })
        .await
    }

    pub(crate) async fn delete(
        &self,
        id: Uuid,
        preconditions: &Preconditions,
    ) -> Result<(), StoreError> {
        self.write(id, preconditions, async |connection| {
            let delete = sqlx::query("DELETE FROM documents WHERE id = ?").bind(id.to_string());
            match delete.execute(connection).await?.rows_affected() {
                0 => Err(StoreError::Missing),
                _ => Ok(()),
            }
        })
        .await
    }

    /// Changes a document in a transaction, if the preconditions are true in it.
    ///
    /// Concurrent writes lose nothing: the second waits until it can read what the first wrote.
    async fn write(
        &self,
        id: Uuid,
        preconditions: &Preconditions,
        change: impl AsyncFnOnce(&mut SqliteConnection) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut connection = self.writer.acquire().await?;
        let changed = in_transaction(&mut connection, id, preconditions, change).await;
        // If the disk is full, SQLite ends the transaction, and sqlx does not know it: no later one could begin on this
        // connection.
        if self.is_file
            && matches!(changed, Err(StoreError::Unavailable(_) | StoreError::Database(_)))
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
    change: impl AsyncFnOnce(&mut SqliteConnection) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let revision = sqlx::query_scalar::<_, String>(REVISION).bind(id.to_string());
    let tag = revision.fetch_optional(&mut *transaction).await?.map(EntityTag::strong);
    preconditions.check(tag.as_ref(), None).map_err(|_| StoreError::Changed)?;
    change(&mut transaction).await?;
    Ok(transaction.commit().await?)
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

    fn fields(length: usize) -> Fields {
        [("text".to_owned(), "a".repeat(length))].into_iter().collect()
    }

    #[tokio::test]
    async fn writes_go_on_when_there_is_room_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("documents.db");
        let database = database(Some(&file)).await;
        // This holds for the one connection that was opened so far: the disk is full for it.
        let full = sqlx::query("PRAGMA max_page_count = 20").execute(&database.writer).await;
        assert!(full.is_ok());
        let save = async |id| database.save(id, fields(10_000), &Preconditions::default()).await;
        let mut saved = Vec::new();
        let refused = loop {
            let id = Uuid::new_v4();
            match save(id).await {
                Ok(()) => saved.push(id),
                Err(error) => break error,
            }
            assert!(saved.len() < 100, "the database is never full");
        };
        assert!(matches!(refused, StoreError::Unavailable(_)), "{refused:?}");
        for _ in 0..5 {
            assert!(save(Uuid::new_v4()).await.is_ok());
        }
        for id in saved {
            assert!(database.get(id).await.is_ok(), "what was acknowledged is there");
        }
    }

    #[tokio::test]
    async fn a_check_fails_while_the_file_is_gone() {
        let folder = tempfile::tempdir().expect("a folder");
        let [file, away] = ["documents.db", "away.db"].map(|name| folder.path().join(name));
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
        let file = folder.path().join("documents.db");
        database(Some(&file)).await;
        let options = SqliteConnectOptions::new().filename(&file);
        let impatient = options.clone().busy_timeout(Duration::from_millis(1));
        let pool = SqlitePool::connect_with(impatient).await.expect("a pool");
        let database = Database { readers: pool.clone(), writer: pool, is_file: true };
        let mut other = SqliteConnection::connect_with(&options).await.expect("a connection");
        let locked = sqlx::query("BEGIN EXCLUSIVE").execute(&mut other).await;
        assert!(locked.is_ok());
        let save =
            async || database.save(Uuid::new_v4(), fields(1), &Preconditions::default()).await;
        assert!(matches!(save().await, Err(StoreError::Unavailable(_))));
        other.close().await.expect("closed");
        assert!(save().await.is_ok());
    }

    #[tokio::test]
    async fn documents_are_read_while_many_writes_wait() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = database(Some(&folder.path().join("documents.db"))).await;
        let id = Uuid::new_v4();
        let saved = database.save(id, fields(1), &Preconditions::default()).await;
        assert!(saved.is_ok());
        let writer = database.writer.acquire().await.expect("a connection");
        let mut writes = JoinSet::new();
        for _ in 0..20 {
            let database = database.clone();
            writes.spawn(async move {
                database.save(Uuid::new_v4(), fields(1), &Preconditions::default()).await.is_ok()
            });
        }
        tokio::task::yield_now().await;
        assert!(database.get(id).await.is_ok());
        drop(writer);
        assert!(writes.join_all().await.iter().all(|is_saved| *is_saved));
    }

    #[tokio::test]
    async fn a_document_is_bounded_however_often_it_is_changed() {
        let database = database(None).await;
        let id = Uuid::new_v4();
        let save = async |name: &str| {
            let fields = [(name.to_owned(), "a".repeat(1 << 20))].into_iter().collect();
            database.save(id, fields, &Preconditions::default()).await
        };
        assert!(save("a").await.is_ok());
        assert!(matches!(save("b").await, Err(StoreError::TooLarge)));
        assert_eq!(database.get(id).await.expect("a document").len(), 1);
    }
}
