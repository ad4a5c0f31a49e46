//! The connections that read a file of SQLite.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::{sync::Semaphore, task, time};

use crate::{
    error::{Error, ErrorKind, closed},
    pool::{CONNECTIONS, PATIENCE},
    sqlite::{Connection, File},
    statement::Statement,
    value::{Row, Value},
};

/// The connections that read a file. A read waits for the disk on a thread of the runtime that is for that.
#[derive(Clone, Debug)]
pub(crate) struct Readers(Arc<Inner>);

struct Inner {
    file: Arc<File>,
    /// The reads that run at the same time.
    places: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// The readers of a file, which is opened when it is needed.
    pub(crate) fn new(file: Arc<File>) -> Self {
        let places = Arc::new(Semaphore::new(CONNECTIONS as usize));
        Self(Arc::new(Inner { file, places, idle: Mutex::default() }))
    }

    pub(crate) async fn query(&self, sql: &str, values: &[Value]) -> Result<Vec<Row>, Error> {
        let (sql, values) = (sql.to_owned(), values.to_vec());
        self.read(move |connection| connection.query(&sql, &values)).await
    }

    pub(crate) async fn query_all(
        &self,
        statements: Vec<Statement>,
    ) -> Result<Vec<Vec<Row>>, Error> {
        self.read(move |connection| connection.query_all(&statements)).await
    }

    /// Whether the file can be read.
    pub(crate) async fn ping(&self) -> Result<(), Error> {
        self.read(Connection::ping).await
    }

    /// Waits for the reads, and closes the connections.
    pub(crate) async fn close(&self) {
        // Those who ask later are after this in the queue, and are refused.
        if self.0.places.acquire_many(CONNECTIONS).await.is_ok() {
            self.0.places.close();
        }
        let idle = std::mem::take(&mut *self.0.idle());
        // The last connection to a file writes the journal into it.
        let _ = task::spawn_blocking(move || drop(idle)).await;
    }

    /// Reads with a connection, which is back at its place afterwards, even if nobody waits for the rows any more.
    async fn read<T, R>(&self, read: R) -> Result<T, Error>
    where
        T: Send + 'static,
        R: FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    {
        let waiting = Arc::clone(&self.0.places).acquire_owned();
        let Ok(place) = time::timeout(PATIENCE, waiting).await else {
            return Err(Error::new(ErrorKind::Unavailable, "all connections are in use"));
        };
        let place = place.map_err(|_| closed())?;
        let inner = Arc::clone(&self.0);
        let reading = task::spawn_blocking(move || {
            let connection = inner.connection()?;
            let result = read(&connection);
            inner.idle().push(connection);
            drop(place);
            result
        });
        reading.await.unwrap_or_else(|error| Err(Error::new(ErrorKind::Unavailable, error)))
    }
}

impl Inner {
    fn connection(&self) -> Result<Connection, Error> {
        let idle = self.idle().pop();
        idle.map_or_else(|| self.file.reader(), Ok)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.file.fmt(f)
    }
}
