//! The thread that writes.
//!
//! A database in a file has one writer at a time, and a commit waits for the disk. So the writes that wait for their turn
//! are run one after the other and committed together: one wait for the disk for all of them, and each is acknowledged after
//! it. One that fails takes nothing back but what it did itself. A server runs transactions side by side and groups their commits itself.

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
    sql::Dialect,
    transaction::Transaction,
};

/// The writes that are committed together, at most.
const TOGETHER: usize = 256;

/// How long the next write is waited for, less than a commit takes.
const GATHERING: Duration = Duration::from_micros(50);

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
    let mut last = 0;
    while receiver.recv_many(&mut jobs, TOGETHER).await > 0 {
        gather(&mut receiver, &mut jobs, last);
        last = jobs.len();
        jobs.retain(|job| !job.is_given_up());
        while !jobs.is_empty() {
            let connected = match transaction.take() {
                Some(transaction) => Ok(transaction),
                None => pool.writer().await.map(Transaction::new),
            };
            match connected {
                Ok(mut connected) if jobs.len() == 1 => {
                    // A write that is alone needs no savepoint.
                    let Some(mut job) = jobs.pop() else { continue };
                    let committed = once(&mut connected, &mut *job).await;
                    transaction = keep(connected);
                    job.finish(committed);
                }
                Ok(connected) => transaction = group(connected, &mut jobs).await,
                Err(error) => fail_all(&mut jobs, &error),
            }
        }
    }
}

/// Waits for those who were told of the last commit, and write again at once. Without that, the first of them would be
/// committed alone, and all others would wait for it: with 8 clients, 11,000 writes per second instead of 18,000.
fn gather(receiver: &mut mpsc::Receiver<Box<dyn Job>>, jobs: &mut Vec<Box<dyn Job>>, last: usize) {
    while jobs.len() < last {
        let before = jobs.len();
        // This thread has nothing else to do.
        thread::sleep(GATHERING);
        while jobs.len() < TOGETHER
            && let Ok(job) = receiver.try_recv()
        {
            jobs.push(job);
        }
        if jobs.len() == before {
            return;
        }
    }
}

/// Runs writes and commits them together. Returns the transaction, if its connection can be used again.
///
/// Most writes succeed, so that at first none has a savepoint, which would cost more than many writes do. If one of them
/// fails after it has changed something, all are run again, each in a savepoint.
async fn group(mut transaction: Transaction, jobs: &mut Vec<Box<dyn Job>>) -> Option<Transaction> {
    for has_savepoints in [false, true] {
        match attempt(&mut transaction, jobs, has_savepoints).await {
            Attempted::Undone if transaction.is_certain() => {}
            Attempted::Undone | Attempted::Finished => break,
        }
    }
    keep(transaction)
}

/// What has become of a group.
enum Attempted {
    /// The writes are committed, or those that remain are for another transaction.
    Finished,
    /// Nothing was kept.
    Undone,
}

/// Runs writes until one of them breaks the transaction, and commits them if none does.
async fn attempt(
    transaction: &mut Transaction,
    jobs: &mut Vec<Box<dyn Job>>,
    has_savepoints: bool,
) -> Attempted {
    if let Err(error) = transaction.control("BEGIN IMMEDIATE").await {
        fail_all(jobs, &error);
        return Attempted::Finished;
    }
    for position in 0..jobs.len() {
        let Some(job) = jobs.get_mut(position) else { break };
        match part(transaction, &mut **job, has_savepoints).await {
            Ok(Part::Kept) => {}
            Ok(Part::HalfDone) => {
                let _ = transaction.control("ROLLBACK").await;
                return Attempted::Undone;
            }
            Err(error) => {
                // All that was done in this transaction is lost with it. Those before are run again without this one.
                jobs.remove(position).finish(Err(error));
                // SQLite may have ended it already.
                let _ = transaction.control("ROLLBACK").await;
                return Attempted::Finished;
            }
        }
    }
    let committed = transaction.control("COMMIT").await;
    for job in jobs.drain(..) {
        job.finish(copy(&committed));
    }
    Attempted::Finished
}

/// What one write leaves in the transaction of its group.
enum Part {
    /// What it did, or nothing if it has failed.
    Kept,
    /// What it did before it failed.
    HalfDone,
}

async fn part(
    transaction: &mut Transaction,
    job: &mut dyn Job,
    has_savepoint: bool,
) -> Result<Part, Error> {
    if has_savepoint {
        transaction.control("SAVEPOINT one").await?;
    }
    transaction.forget_changes();
    let has_succeeded = job.run(transaction).await;
    if let Some(error) = transaction.take_broken() {
        return Err(error);
    }
    let is_half_done = !has_succeeded && transaction.has_changed();
    if !has_savepoint {
        return Ok(if is_half_done { Part::HalfDone } else { Part::Kept });
    }
    if is_half_done {
        transaction.control("ROLLBACK TO one").await?;
    }
    transaction.control("RELEASE one").await?;
    Ok(Part::Kept)
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
            Ok(connection) => {
                let mut transaction = Transaction::new(connection);
                let committed = once(&mut transaction, &mut *job).await;
                keep(transaction);
                committed
            }
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

/// Runs a write in a transaction, which is committed if it succeeds.
async fn once(transaction: &mut Transaction, job: &mut dyn Job) -> Result<(), Error> {
    let begin = match transaction.dialect() {
        // With the right to write from the start, so that it cannot be refused later.
        Dialect::Sqlite => "BEGIN IMMEDIATE",
        #[cfg(any(feature = "mysql", feature = "postgres"))]
        _ => "BEGIN",
    };
    transaction.control(begin).await?;
    let has_succeeded = job.run(transaction).await;
    if let Some(error) = transaction.take_broken() {
        // SQLite may have ended it already.
        let _ = transaction.control("ROLLBACK").await;
        return Err(error);
    }
    transaction.control(if has_succeeded { "COMMIT" } else { "ROLLBACK" }).await
}

/// The transaction, if its connection can be used again.
fn keep(transaction: Transaction) -> Option<Transaction> {
    if transaction.is_certain() {
        return Some(transaction);
    }
    transaction.close();
    None
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
