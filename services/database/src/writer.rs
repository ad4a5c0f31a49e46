//! The thread that writes.
//!
//! A database in a file has one writer at a time, and a commit waits for the disk. So the writes that wait for their turn
//! are run one after the other, each in a savepoint of its own, and committed together: one wait for the disk for all of
//! them, and each is acknowledged after it. A server runs transactions side by side and groups their commits itself.

use std::{sync::Arc, thread, time::Duration};

use tokio::{
    runtime,
    sync::{Semaphore, mpsc},
    task::LocalSet,
};

use crate::{
    error::{Error, ErrorKind},
    job::Job,
    pool::Pool,
    transaction::Transaction,
};

/// The writes that are committed together, at most.
const TOGETHER: usize = 256;

/// The writes that wait, at most.
const WAITING: usize = 4096;

/// How often a transaction is tried that another one was in the way of.
const TRIES: u32 = 5;

/// A way to the thread that writes. It ends when the last of them is dropped.
pub(crate) type Writer = mpsc::Sender<Box<dyn Job>>;

/// Starts the thread that writes.
pub(crate) fn start(pool: Pool, connections: usize) -> Result<Writer, Error> {
    let (sender, receiver) = mpsc::channel(WAITING);
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Error::new(ErrorKind::Unavailable, error))?;
    let thread = thread::Builder::new().name("database".to_owned());
    let spawned = thread.spawn(move || {
        let local = LocalSet::new();
        match pool.is_one_writer() {
            true => local.block_on(&runtime, in_groups(pool, receiver)),
            false => local.block_on(&runtime, side_by_side(pool, receiver, connections)),
        }
    });
    spawned.map_err(|error| Error::new(ErrorKind::Unavailable, error))?;
    Ok(sender)
}

/// Commits the writes that wait together.
async fn in_groups(pool: Pool, mut receiver: mpsc::Receiver<Box<dyn Job>>) {
    let mut transaction = None;
    let mut jobs = Vec::with_capacity(TOGETHER);
    while receiver.recv_many(&mut jobs, TOGETHER).await > 0 {
        jobs.retain(|job| !job.is_given_up());
        while !jobs.is_empty() {
            let connected = match transaction.take() {
                Some(transaction) => Ok(transaction),
                None => pool.writer().await.map(Transaction::new),
            };
            match connected {
                Ok(connected) => transaction = group(connected, &mut jobs).await,
                Err(error) => fail_all(&mut jobs, &error),
            }
        }
    }
}

/// Runs writes until one of them breaks the transaction, and commits those before it. What remains is for another
/// transaction. Returns the transaction, if its connection can be used again.
async fn group(mut transaction: Transaction, jobs: &mut Vec<Box<dyn Job>>) -> Option<Transaction> {
    if let Err(error) = transaction.connection().run("BEGIN IMMEDIATE").await {
        fail_all(jobs, &error);
        transaction.close();
        return None;
    }
    for position in 0..jobs.len() {
        let Some(job) = jobs.get_mut(position) else { break };
        if let Err(error) = in_savepoint(&mut transaction, &mut **job).await {
            // All that was done in this transaction is lost with it. Those before are run again without this one.
            let broken = jobs.remove(position);
            broken.finish(Err(error));
            let rolled_back = transaction.connection().run("ROLLBACK").await;
            if rolled_back.is_err() {
                transaction.close();
                return None;
            }
            return Some(transaction);
        }
    }
    let committed = transaction.connection().run("COMMIT").await;
    for job in jobs.drain(..) {
        job.finish(copy(&committed));
    }
    match committed {
        Ok(()) => Some(transaction),
        Err(_) => {
            transaction.close();
            None
        }
    }
}

/// Runs a write, and keeps what it did only if it succeeds.
async fn in_savepoint(transaction: &mut Transaction, job: &mut dyn Job) -> Result<(), Error> {
    transaction.connection().run("SAVEPOINT one").await?;
    let has_succeeded = job.run(transaction).await;
    if let Some(error) = transaction.take_broken() {
        return Err(error);
    }
    if !has_succeeded {
        transaction.connection().run("ROLLBACK TO one").await?;
    }
    transaction.connection().run("RELEASE one").await
}

/// Runs each write in a transaction of its own, as many at a time as there are connections.
async fn side_by_side(pool: Pool, mut receiver: mpsc::Receiver<Box<dyn Job>>, connections: usize) {
    let places = Arc::new(Semaphore::new(connections));
    while let Some(job) = receiver.recv().await {
        if job.is_given_up() {
            continue;
        }
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let pool = pool.clone();
        tokio::task::spawn_local(async move {
            alone(&pool, job).await;
            drop(place);
        });
    }
    // The writes that run are finished.
    let all = u32::try_from(connections).unwrap_or(u32::MAX);
    let _ = places.acquire_many(all).await;
}

/// Runs a write in a transaction of its own, again if another one was in its way.
async fn alone(pool: &Pool, mut job: Box<dyn Job>) {
    let mut tries = 1;
    loop {
        let committed = match pool.writer().await {
            Ok(connection) => once(Transaction::new(connection), &mut *job).await,
            Err(error) => Err(error),
        };
        match committed {
            Err(error) if error.kind() == ErrorKind::Conflict && tries < TRIES => {
                tokio::time::sleep(Duration::from_millis(5 << tries)).await;
                tries += 1;
            }
            committed => return job.finish(committed),
        }
    }
}

async fn once(mut transaction: Transaction, job: &mut dyn Job) -> Result<(), Error> {
    transaction.connection().run("BEGIN").await?;
    let has_succeeded = job.run(&mut transaction).await;
    if let Some(error) = transaction.take_broken() {
        let rolled_back = transaction.connection().run("ROLLBACK").await;
        if rolled_back.is_err() {
            transaction.close();
        }
        return Err(error);
    }
    let end = if has_succeeded { "COMMIT" } else { "ROLLBACK" };
    let ended = transaction.connection().run(end).await;
    if ended.is_err() {
        transaction.close();
    }
    ended
}

fn fail_all(jobs: &mut Vec<Box<dyn Job>>, error: &Error) {
    for job in jobs.drain(..) {
        job.finish(Err(Error::new(error.kind(), error.to_string())));
    }
}

fn copy(result: &Result<(), Error>) -> Result<(), Error> {
    match result {
        Ok(()) => Ok(()),
        Err(error) => Err(Error::new(error.kind(), error.to_string())),
    }
}
