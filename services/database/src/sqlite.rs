//! A file of SQLite.
//!
//! A statement runs on the thread that calls it, which waits for the disk: between that of the writer and another one, it
//! would take longer than most statements do.

use std::{
    path::{self, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
    thread,
    time::{Duration, Instant},
};

use percent_encoding::percent_decode_str;
use rusqlite::{
    OpenFlags, params_from_iter,
    types::{ToSql, ToSqlOutput, ValueRef},
};

use crate::{
    disk::{DiskCheck, FileIdentity, try_to_write},
    error::{Error, ErrorKind},
    statement::Statement,
    value::{Row, Type, Value},
};

/// How long a statement waits for other programs that lock the file.
const PATIENCE: Duration = Duration::from_secs(5);

/// The statements that a connection keeps prepared, at most.
const PREPARED: usize = 100;

/// A write is acknowledged only once it is on the disk.
const SETTINGS: &str =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON";

/// A file.
#[derive(Debug)]
pub(crate) struct File {
    path: PathBuf,
    /// Held while a connection is opened: two at once cannot both set the mode of a new file.
    opening: Mutex<()>,
    opened: OnceLock<Opened>,
    /// Apart from the check that writes, which may take long on a disk that is busy.
    place: DiskCheck,
    disk: DiskCheck,
}

/// What the first connection has opened.
#[derive(Debug)]
struct Opened {
    identity: FileIdentity,
    /// The folder of the file and of its journal, with links resolved, as SQLite resolves them.
    folder: Option<PathBuf>,
}

/// A connection to a file.
pub(crate) struct Connection(rusqlite::Connection);

impl File {
    /// The file of a URL, after its scheme.
    pub(crate) fn new(url: &str) -> Result<Self, Error> {
        let name = url.strip_prefix("//").unwrap_or(url);
        if name.is_empty() || name.starts_with(":memory:") {
            let message = "a database in memory is lost with its process: expected `sqlite:FILE`";
            return Err(Error::new(ErrorKind::Other, message));
        }
        if name.contains('?') {
            let message = "`sqlite:FILE` has no parameters: a `?` in a name is written `%3F`";
            return Err(Error::new(ErrorKind::Other, message));
        }
        let name = percent_decode_str(name).decode_utf8();
        let name = name.map_err(|error| Error::new(ErrorKind::Other, error))?;
        // SQLite takes no absolute path for the name of something else than a file.
        let path = path::absolute(&*name).map_err(|error| Error::new(ErrorKind::Other, error))?;
        Ok(Self {
            path,
            opening: Mutex::default(),
            opened: OnceLock::new(),
            place: DiskCheck::default(),
            disk: DiskCheck::default(),
        })
    }

    /// Whether the connections that are open write to the file that the next process will read.
    fn is_in_place(&self) -> Result<(), Error> {
        let Some(opened) = self.opened.get() else { return Ok(()) };
        let path = self.path.display();
        let message = match FileIdentity::of(&self.path) {
            Ok(found) if found == opened.identity => return Ok(()),
            Ok(_) => {
                format!("{path} was replaced: restart the service, which still has the old file")
            }
            Err(error) => {
                format!(
                    "{path} was removed: put it back, or what is in it is lost when the service ends: {error}"
                )
            }
        };
        Err(Error::new(ErrorKind::Unavailable, message))
    }

    /// The same, on a thread that holds no connection: a disk that does not respond would keep one with each check.
    pub(crate) async fn check_in_place(self: &Arc<Self>) -> Result<(), Error> {
        let file = Arc::clone(self);
        let check = move || file.is_in_place().map_err(|error| error.to_string());
        let checked = self.place.run(&self.path, check).await;
        checked.map_err(|wrong| Error::new(ErrorKind::Unavailable, wrong))
    }

    /// Checks that its disk can be written. No connection is used: a read can be served from memory, and a disk that does not respond would hold
    /// the connection.
    pub(crate) async fn check_disk(&self) -> Result<(), String> {
        let Some(folder) = self.opened.get().and_then(|opened| opened.folder.clone()) else {
            return Ok(());
        };
        self.disk.run(&folder.clone(), move || try_to_write(&folder)).await
    }

    /// Opens a connection that writes, and creates the file if it is missing, unless it was there before.
    pub(crate) fn writer(&self) -> Result<Connection, Error> {
        let _opening = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
        self.is_in_place()?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = rusqlite::Connection::open_with_flags(&self.path, flags)?;
        connection.set_prepared_statement_cache_capacity(PREPARED);
        connection.busy_timeout(PATIENCE)?;
        set_up(&connection)?;
        if let Ok(identity) = FileIdentity::of(&self.path) {
            let folder = || Some(self.path.canonicalize().ok()?.parent()?.to_owned());
            self.opened.get_or_init(|| Opened { identity, folder: folder() });
        }
        Ok(Connection(connection))
    }

    /// Opens a connection that cannot write. It creates the file and what belongs to it all the same.
    pub(crate) fn reader(&self) -> Result<Connection, Error> {
        let connection = self.writer()?;
        connection.0.execute_batch("PRAGMA query_only = ON")?;
        Ok(connection)
    }
}

/// Sets the mode of a connection. While another process sets that of a new file, SQLite does not wait, but says that it is busy.
fn set_up(connection: &rusqlite::Connection) -> Result<(), Error> {
    let begun = Instant::now();
    loop {
        match connection.execute_batch(SETTINGS).map_err(Error::from) {
            Err(error) if error.kind() == ErrorKind::Unavailable && begun.elapsed() < PATIENCE => {
                thread::sleep(Duration::from_millis(5));
            }
            result => return result,
        }
    }
}

impl Connection {
    /// Runs a statement, and returns how many rows it changed.
    pub(crate) fn execute(&self, sql: &str, values: &[Value]) -> Result<u64, Error> {
        let before = self.0.total_changes();
        let mut statement = self.0.prepare_cached(sql)?;
        let mut rows = statement.query(params_from_iter(values))?;
        while rows.next()?.is_some() {}
        // A statement that changes no rows leaves the number of the one before it.
        Ok(if self.0.total_changes() == before { 0 } else { self.0.changes() })
    }

    pub(crate) fn query(&self, sql: &str, values: &[Value]) -> Result<Vec<Row>, Error> {
        let mut statement = self.0.prepare_cached(sql)?;
        let mut rows = statement.query(params_from_iter(values))?;
        let mut read = Vec::new();
        while let Some(row) = rows.next()? {
            read.push(values_of(row)?);
        }
        Ok(read)
    }

    /// Reads by several statements in one transaction.
    pub(crate) fn query_all(&self, statements: &[Statement]) -> Result<Vec<Vec<Row>>, Error> {
        let transaction = self.0.unchecked_transaction()?;
        let read = statements.iter().map(|it| self.query(&it.sql, &it.values));
        let read = read.collect::<Result<_, _>>()?;
        transaction.commit()?;
        Ok(read)
    }

    /// Whether the file can be read.
    pub(crate) fn ping(&self) -> Result<(), Error> {
        self.query("PRAGMA schema_version", &[]).map(|_| ())
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null(_) => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Real(number) => ValueRef::Real(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn values_of(row: &rusqlite::Row<'_>) -> Result<Row, Error> {
    let columns = row.as_ref().column_count();
    let values = (0..columns).map(|column| {
        Ok(match row.get_ref(column)? {
            ValueRef::Null => Value::Null(declared(row, column)),
            ValueRef::Integer(number) => Value::Integer(number),
            ValueRef::Real(number) => Value::Real(number),
            ValueRef::Text(_) => Value::Text(row.get(column)?),
            ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
        })
    });
    values.collect::<Result<_, Error>>().map(Row)
}

/// The type of a column, of which an expression has none.
fn declared(row: &rusqlite::Row<'_>, column: usize) -> Type {
    let columns = row.as_ref().columns();
    match columns.get(column).and_then(|column| column.decl_type()) {
        Some("INTEGER") => Type::Integer,
        Some("REAL") => Type::Real,
        Some("BLOB") => Type::Bytes,
        _ => Type::Text,
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self::new(kind(&error), error)
    }
}

fn kind(error: &rusqlite::Error) -> ErrorKind {
    use rusqlite::{ErrorCode, ffi};

    let Some(reported) = error.sqlite_error() else { return ErrorKind::Other };
    match (reported.code, reported.extended_code) {
        (
            _,
            ffi::SQLITE_CONSTRAINT_UNIQUE
            | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
            | ffi::SQLITE_CONSTRAINT_ROWID,
        ) => ErrorKind::Unique,
        (
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::SystemIoFailure
            | ErrorCode::DiskFull
            | ErrorCode::CannotOpen,
            _,
        ) => ErrorKind::Unavailable,
        _ => ErrorKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;
    use rusqlite::ffi;

    use super::*;
    use crate::{
        pool::{CONNECTIONS, Pool},
        readers::Readers,
    };

    #[tokio::test(start_paused = true)]
    async fn a_file_whose_disk_does_not_respond_keeps_no_reader() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.db");
        let file = Arc::new(File::new(&path.display().to_string()).expect("a file"));
        let pool = Pool::Sqlite(Arc::clone(&file), Readers::new(Arc::clone(&file)));
        pool.ping().await.expect("a file");
        let slow = file.place.occupy().await;
        let pings = join_all((0..2 * CONNECTIONS).map(|_| pool.ping())).await;
        let late = format!("{} does not respond within 500ms; look at its disk", path.display());
        for ping in pings {
            assert_eq!(ping.expect_err("no response").to_string(), late);
        }
        pool.query("SELECT 1", &[]).await.expect("a row");
        drop(slow);
        pool.ping().await.expect("a file");
    }

    #[test]
    fn errors_have_kinds() {
        for (code, expected) in [
            (ffi::SQLITE_CONSTRAINT_UNIQUE, ErrorKind::Unique),
            (ffi::SQLITE_CONSTRAINT_PRIMARYKEY, ErrorKind::Unique),
            (ffi::SQLITE_CONSTRAINT_NOTNULL, ErrorKind::Other),
            (ffi::SQLITE_BUSY, ErrorKind::Unavailable),
            (ffi::SQLITE_BUSY_SNAPSHOT, ErrorKind::Unavailable),
            (ffi::SQLITE_LOCKED, ErrorKind::Unavailable),
            (ffi::SQLITE_IOERR_FSYNC, ErrorKind::Unavailable),
            (ffi::SQLITE_FULL, ErrorKind::Unavailable),
            (ffi::SQLITE_CANTOPEN, ErrorKind::Unavailable),
            (ffi::SQLITE_CORRUPT, ErrorKind::Other),
        ] {
            let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
            assert_eq!(kind(&error), expected, "{code}");
        }
    }
}
