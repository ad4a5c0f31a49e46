//! The rival: rows by sqlx, with one commit for each; and how writes are counted.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

pub(crate) const INSERT: &str = "INSERT INTO note (id, text) VALUES (?, ?)";
const RUN: Duration = Duration::from_secs(3);

/// The text of a row, of 300 bytes.
pub(crate) fn text() -> String {
    "x".repeat(300)
}

/// Rows per second by sqlx, each in a transaction of its own, which is synchronized to the disk.
pub(crate) async fn single(file: &str, clients: usize) -> u64 {
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
    let options = options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
    let pool: SqlitePool =
        SqlitePoolOptions::new().max_connections(1).connect_with(options).await.expect("a pool");
    let schema = "CREATE TABLE note (id TEXT PRIMARY KEY, text TEXT NOT NULL)";
    sqlx::query(schema).execute(&pool).await.expect("a schema");
    measured(clients, move |id| {
        let pool = pool.clone();
        async move {
            sqlx::query(INSERT).bind(id).bind(text()).execute(&pool).await.expect("a row");
        }
    })
    .await
}

/// The writes per second of clients that each write one row after the other.
pub(crate) async fn measured<F>(
    clients: usize,
    write: impl Fn(String) -> F + Clone + Send + 'static,
) -> u64
where
    F: Future<Output = ()> + Send,
{
    let done = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|client| {
            let (write, done) = (write.clone(), Arc::clone(&done));
            tokio::spawn(async move {
                let mut number = 0;
                while started.elapsed() < RUN {
                    write(format!("{client}-{number}")).await;
                    number += 1;
                    done.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a client");
    }
    (done.load(Ordering::Relaxed) as f64 / started.elapsed().as_secs_f64()) as u64
}
