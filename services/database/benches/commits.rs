//! Acknowledged writes per second on the same disk in one run: a row by grouped commits, and a row by sqlx, with one commit for
//! each.
//!
//! `cargo bench -p database` prints a table. `cargo bench -p storage` has the requests of a service beside the same rows.

mod rival;

use database::{Database, Error, Transaction, values};
use rival::{INSERT, measured, single, text};

const SCHEMA: &str = "CREATE TABLE note (id {key} PRIMARY KEY, text {text} NOT NULL)";

#[tokio::main]
async fn main() {
    println!("clients | one commit each | grouped");
    for clients in [1, 8, 64] {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str| format!("{}/{name}.db", folder.path().display());
        let grouped = grouped(&file("grouped"), clients).await;
        let single = single(&file("single"), clients).await;
        println!("{clients:7} | {single:15} | {grouped:6} ({:.1})", grouped as f64 / single as f64);
    }
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
