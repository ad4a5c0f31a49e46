//! The connections to a database.

use std::{sync::Arc, time::Duration};

use crate::{
    connection::Connection,
    error::{Error, ErrorKind},
    readers::Readers,
    sql::Dialect,
    sqlite::File,
    statement::Statement,
    value::{Row, Value},
};

#[cfg(any(feature = "mysql", feature = "postgres"))]
use crate::server::snapshot;

/// How long a statement waits for a connection.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// The connections of each kind, at most.
pub(crate) const CONNECTIONS: u32 = 16;

/// The connections to a database, of whichever kind.
#[derive(Clone, Debug)]
pub(crate) enum Pool {
    /// A file, which has one writer at a time, and its readers.
    Sqlite(Arc<File>, Readers),
    #[cfg(feature = "mysql")]
    MySql(sqlx::MySqlPool),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::PgPool),
}

impl Pool {
    /// The connections to the database of a URL, which are opened when they are needed.
    pub(crate) fn new(url: &str) -> Result<Self, Error> {
        match url.split_once(':') {
            Some(("sqlite", file)) => {
                let file = Arc::new(File::new(file)?);
                Ok(Self::Sqlite(Arc::clone(&file), Readers::new(file)))
            }
            #[cfg(feature = "mysql")]
            Some(("mysql", _)) => {
                let options: sqlx::mysql::MySqlConnectOptions = url.parse()?;
                let pool = sqlx::mysql::MySqlPoolOptions::new().max_connections(CONNECTIONS);
                Ok(Self::MySql(pool.acquire_timeout(PATIENCE).connect_lazy_with(options)))
            }
            #[cfg(feature = "postgres")]
            Some(("postgres" | "postgresql", _)) => {
                let options: sqlx::postgres::PgConnectOptions = url.parse()?;
                let pool = sqlx::postgres::PgPoolOptions::new().max_connections(CONNECTIONS);
                Ok(Self::Postgres(pool.acquire_timeout(PATIENCE).connect_lazy_with(options)))
            }
            #[cfg(not(feature = "mysql"))]
            Some(("mysql", _)) => Err(requires("mysql")),
            #[cfg(not(feature = "postgres"))]
            Some(("postgres" | "postgresql", _)) => Err(requires("postgres")),
            _ => {
                let expected = "expected `sqlite:FILE`, `mysql://…` or `postgres://…`";
                Err(Error::new(ErrorKind::Other, format!("{expected}, not {url:?}")))
            }
        }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(..) => Dialect::Sqlite,
            #[cfg(feature = "mysql")]
            Self::MySql(_) => Dialect::MySql,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// A connection that can write. That to a file keeps the thread waiting, and so does each of its statements.
    pub(crate) async fn writer(&self) -> Result<Connection, Error> {
        Ok(match self {
            Self::Sqlite(file, _) => Connection::Sqlite(file.writer()?),
            #[cfg(feature = "mysql")]
            Self::MySql(pool) => Connection::MySql(pool.acquire().await?),
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => Connection::Postgres(pool.acquire().await?),
        })
    }

    /// Reads rows, and keeps no thread waiting.
    pub(crate) async fn query(&self, sql: &str, values: &[Value]) -> Result<Vec<Row>, Error> {
        match self {
            Self::Sqlite(_, readers) => readers.query(sql, values).await,
            #[cfg(any(feature = "mysql", feature = "postgres"))]
            _ => self.writer().await?.query(sql, values).await,
        }
    }

    /// Reads rows by several statements, in one transaction.
    pub(crate) async fn query_all(
        &self,
        statements: Vec<Statement>,
    ) -> Result<Vec<Vec<Row>>, Error> {
        match self {
            Self::Sqlite(_, readers) => readers.query_all(statements).await,
            #[cfg(feature = "mysql")]
            Self::MySql(pool) => {
                let begin = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";
                snapshot!(self, pool, begin, statements, row_of_mysql)
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => {
                let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
                snapshot!(self, pool, begin, statements, row_of_postgres)
            }
        }
    }

    /// Whether the server or the file is there.
    pub(crate) async fn ping(&self) -> Result<(), Error> {
        match self {
            Self::Sqlite(file, readers) => {
                readers.ping().await?;
                file.check_in_place().await
            }
            #[cfg(any(feature = "mysql", feature = "postgres"))]
            // A number alone has a type on PostgreSQL that no column has.
            _ => self.writer().await?.query("SELECT 'ping'", &[]).await.map(|_| ()),
        }
    }

    /// Checks that the disk below a SQLite file can be written. A database server reports the state of its disk only to administrators.
    pub(crate) async fn check_disk(&self) -> Result<(), String> {
        match self {
            Self::Sqlite(file, _) => file.check_disk().await,
            #[cfg(any(feature = "mysql", feature = "postgres"))]
            _ => Ok(()),
        }
    }

    /// Closes the connections, when they are not in use any more.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(_, readers) => readers.close().await,
            #[cfg(feature = "mysql")]
            Self::MySql(pool) => pool.close().await,
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

#[cfg(not(all(feature = "mysql", feature = "postgres")))]
fn requires(feature: &str) -> Error {
    let message = format!("`{feature}:` requires the feature `{feature}` of the crate `database`");
    Error::new(ErrorKind::Other, message)
}
