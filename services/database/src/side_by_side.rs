//! Writes that a server runs at the same time.

use std::{sync::Arc, time::Duration};

use tokio::sync::{Semaphore, mpsc};

use crate::{
    error::ErrorKind,
    figures::Figures,
    job::{Job, Outcome},
    pool::{CONNECTIONS, Pool},
    transaction::Transaction,
};

/// How often a transaction is tried that another one was in the way of.
const TRIES: u32 = 5;

/// Runs each write in a transaction of its own, as many at a time as there are connections.
pub(crate) async fn side_by_side(
    pool: &Pool,
    figures: &Figures,
    mut receiver: mpsc::Receiver<Box<dyn Job>>,
) {
    let places = Arc::new(Semaphore::new(CONNECTIONS as usize));
    while let Some(job) = receiver.recv().await {
        if job.is_given_up() {
            continue;
        }
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let (pool, figures) = (pool.clone(), figures.clone());
        tokio::task::spawn_local(async move {
            alone(&pool, &figures, job).await;
            drop(place);
        });
    }
    // The writes that run are finished.
    let _ = places.acquire_many(CONNECTIONS).await;
}

/// Runs a write in a transaction of its own, again if another one was in its way.
async fn alone(pool: &Pool, figures: &Figures, mut job: Box<dyn Job>) {
    let mut tries = 1;
    loop {
        let outcome = match pool.writer().await {
            Ok(connection) => {
                let mut transaction = Transaction::new(connection);
                let outcome = once(&mut transaction, figures, &mut *job).await;
                transaction.keep();
                outcome
            }
            Err(error) => Outcome::Void(error),
        };
        match outcome {
            Outcome::Failed(error) | Outcome::Void(error)
                if error.kind() == ErrorKind::Conflict && tries < TRIES =>
            {
                tokio::time::sleep(Duration::from_millis(5 << tries)).await;
                tries += 1;
            }
            outcome => return job.finish(outcome),
        }
    }
}

/// Runs a write in a transaction, which is committed if it succeeds.
async fn once(transaction: &mut Transaction, figures: &Figures, job: &mut dyn Job) -> Outcome {
    if let Err(error) = transaction.control("BEGIN").await {
        return Outcome::Void(error);
    }
    let has_succeeded = job.run(transaction).await;
    let (broken, has_changed) = (transaction.take_broken(), transaction.take_changed());
    if let Some(error) = &broken {
        figures.failed(error);
    }
    if !has_succeeded || broken.is_some() {
        // If it fails, so does the connection, and with that the transaction.
        let _ = transaction.control("ROLLBACK").await;
        return broken.map_or(Outcome::Committed, Outcome::Failed);
    }
    match transaction.control("COMMIT").await {
        Ok(()) => {
            figures.committed(has_changed.into());
            Outcome::Committed
        }
        Err(error) => {
            figures.failed(&error);
            Outcome::Void(error)
        }
    }
}
