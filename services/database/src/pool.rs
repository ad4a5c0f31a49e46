//! The connections to a database.

use std::{str::FromStr, time::Duration};

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use crate::{
    connection::Connection,
    error::{Error, ErrorKind},
    sql::Dialect,
};

/// How long a statement waits for a connection, and for other programs that lock the database.
const PATIENCE: Duration = Duration::from_secs(5);

/// The connections of each kind, at most.
pub(crate) const CONNECTIONS: u32 = 16;

/// The connections to a database, of whichever kind.
#[derive(Clone, Debug)]
pub(crate) enum Pool {
    /// The readers, and the one connection that writes.
    Sqlite(SqlitePool, SqlitePool),
    #[cfg(feature = "mysql")]
    MySql(sqlx::MySqlPool),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::PgPool),
}

impl Pool {
    /// The connections to the database of a URL, which are opened when they are needed.
    pub(crate) fn new(url: &str) -> Result<Self, Error> {
        match url.split_once(':') {
            Some(("sqlite", file)) => Self::sqlite(file),
            #[cfg(feature = "mysql")]
            Some(("mysql", _)) => {
                let options = sqlx::mysql::MySqlConnectOptions::from_str(url)?;
                let pool = sqlx::mysql::MySqlPoolOptions::new().max_connections(CONNECTIONS);
                Ok(Self::MySql(pool.acquire_timeout(PATIENCE).connect_lazy_with(options)))
            }
            #[cfg(feature = "postgres")]
            Some(("postgres" | "postgresql", _)) => {
                let options = sqlx::postgres::PgConnectOptions::from_str(url)?;
                let pool = sqlx::postgres::PgPoolOptions::new().max_connections(CONNECTIONS);
                Ok(Self::Postgres(pool.acquire_timeout(PATIENCE).connect_lazy_with(options)))
            }
            #[cfg(not(all(feature = "mysql", feature = "postgres")))]
            Some((scheme @ ("mysql" | "postgres" | "postgresql"), _)) => Err(Error::new(
                ErrorKind::Other,
                format!("`{scheme}:` requires a feature of the crate `database`"),
            )),
            _ => {
                let expected = "expected `sqlite:FILE`, `mysql://…` or `postgres://…`";
                Err(Error::new(ErrorKind::Other, format!("{expected}, not {url:?}")))
            }
        }
    }

    fn sqlite(file: &str) -> Result<Self, Error> {
        if file.is_empty() || file.starts_with(":memory:") {
            let message = "a database in memory is lost with its process: expected `sqlite:FILE`";
            return Err(Error::new(ErrorKind::Other, message));
        }
        let options = SqliteConnectOptions::from_str(&format!("sqlite:{file}"))?;
        let options = options.create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
        // Acknowledge a write only once it is on the disk.
        let options = options.synchronous(SqliteSynchronous::Full).busy_timeout(PATIENCE);
        let pool = || {
            let pool = SqlitePoolOptions::new().idle_timeout(None).max_lifetime(None);
            pool.acquire_timeout(PATIENCE)
        };
        let writer = pool().max_connections(1).connect_lazy_with(options.clone());
        Ok(Self::Sqlite(pool().max_connections(CONNECTIONS).connect_lazy_with(options), writer))
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

    /// Whether the database has one writer at a time.
    pub(crate) fn is_one_writer(&self) -> bool {
        self.dialect() == Dialect::Sqlite
    }

    pub(crate) async fn reader(&self) -> Result<Connection, Error> {
        Ok(match self {
            Self::Sqlite(readers, _) => Connection::Sqlite(readers.acquire().await?),
            #[cfg(feature = "mysql")]
            Self::MySql(pool) => Connection::MySql(pool.acquire().await?),
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => Connection::Postgres(pool.acquire().await?),
        })
    }

    pub(crate) async fn writer(&self) -> Result<Connection, Error> {
        match self {
            Self::Sqlite(_, writer) => Ok(Connection::Sqlite(writer.acquire().await?)),
            #[cfg(any(feature = "mysql", feature = "postgres"))]
            _ => self.reader().await,
        }
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(readers, writer) => {
                readers.close().await;
                writer.close().await;
            }
            #[cfg(feature = "mysql")]
            Self::MySql(pool) => pool.close().await,
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => pool.close().await,
        }
    }
}
