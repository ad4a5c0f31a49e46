//! Acknowledged writes per second on the same disk in one run: a row by grouped commits; a row by sqlx, with one commit
//! for each; a change of the data of a user by an HTTP request, which is four statements that write.
//!
//! `cargo bench -p database` prints a table, with the ratios to the rows by sqlx.

mod changes;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use database::{Database, Error, Transaction, values};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

const SCHEMA: &str = "CREATE TABLE note (id {key} PRIMARY KEY, text {text} NOT NULL)";
const INSERT: &str = "INSERT INTO note (id, text) VALUES (?, ?)";
const RUN: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() {
    println!("clients | one commit each | grouped       | changes");
    for clients in [1, 8, 64] {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str| format!("{}/{name}.db", folder.path().display());
        let grouped = grouped(&file("grouped"), clients).await;
        let single = single(&file("single"), clients).await;
        let changes = changes(&file("changes"), clients).await;
        let ratio = |rate: u64| format!("{rate:6} ({:.1})", rate as f64 / single as f64);
        println!("{clients:7} | {single:15} | {:13} | {}", ratio(grouped), ratio(changes));
    }
}

/// The text of a row, of 300 bytes.
fn text() -> String {
    "x".repeat(300)
}

async fn grouped(file: &str, clients: usize) -> u64 {
    let database = Database::open(&format!("sqlite:{file}")).expect("a database");
    database.migrate(&[SCHEMA]).await.expect("a schema");
    measured(clients, move |id| {
        let database = database.clone();
        async move {
            let write = async move |transaction: &mut Transaction| {
                transaction.execute(INSERT, &values![&id, text()]).await.map(|_| ())
            };
            database.write::<_, Error, _>(write).await.expect("a row");
        }
    })
    .await
}

async fn changes(file: &str, clients: usize) -> u64 {
    let service = changes::service(file).await;
    measured(clients, move |id| {
        let service = service.clone();
        async move { changes::put(&service, &id, &text()).await }
    })
    .await
}

async fn single(file: &str, clients: usize) -> u64 {
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
async fn measured<F>(clients: usize, write: impl Fn(String) -> F + Clone + Send + 'static) -> u64
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
