//! Writes that are committed together.
//!
//! A file has one writer at a time, and a commit waits for the disk. So the writes that wait for their turn are run one
//! after the other and committed together: one wait for the disk for all of them, and each is acknowledged after it. One that
//! fails takes nothing back but what it did itself.

use std::{
    thread,
    time::{Duration, Instant},
};

use tokio::sync::mpsc;

use crate::{
    error::Error,
    figures::Figures,
    job::{Job, Outcome},
    pool::Pool,
    transaction::Transaction,
};

/// The writes that are committed together, at most.
const TOGETHER: usize = 256;

/// How long the next writes are waited for, less than a commit takes.
const GATHERING: Duration = Duration::from_micros(50);

/// Commits the writes that wait together.
pub(crate) async fn in_groups(
    pool: &Pool,
    figures: &Figures,
    mut receiver: mpsc::Receiver<Box<dyn Job>>,
) {
    let mut connected = None;
    let mut jobs = Vec::with_capacity(TOGETHER);
    let mut last = 0;
    while receiver.recv_many(&mut jobs, TOGETHER).await > 0 {
        gather(&mut receiver, &mut jobs, last);
        last = jobs.len();
        jobs.retain(|job| !job.is_given_up());
        if jobs.is_empty() {
            // Otherwise, this would wait for the lock although no write needs it.
            continue;
        }
        group(pool, figures, &mut connected, &mut jobs).await;
        // Those of a group that could not be committed are run again, so that only those fail that cannot be committed.
        for job in jobs.drain(..) {
            group(pool, figures, &mut connected, &mut vec![job]).await;
        }
    }
}

/// Waits for those who were told of the last commit, and write again at once. Without that, the first of them would be
/// committed alone, and all others would wait for it.
fn gather(receiver: &mut mpsc::Receiver<Box<dyn Job>>, jobs: &mut Vec<Box<dyn Job>>, last: usize) {
    let begun = Instant::now();
    while jobs.len() < last && begun.elapsed() < GATHERING {
        match receiver.try_recv() {
            Ok(job) => jobs.push(job),
            // A sleep would last as long as a commit.
            Err(_) => thread::yield_now(),
        }
    }
}

/// Runs writes in a transaction, and finishes those that have become a part of it, or of which nothing can.
async fn group(
    pool: &Pool,
    figures: &Figures,
    connected: &mut Option<Transaction>,
    jobs: &mut Vec<Box<dyn Job>>,
) {
    let transaction = match connected.take() {
        Some(transaction) => Ok(transaction),
        None => pool.writer().await.map(Transaction::new),
    };
    let mut transaction = match transaction {
        Ok(transaction) => transaction,
        Err(error) => return void(jobs, &error),
    };
    // With the right to write from the start, so that it cannot be refused later.
    match transaction.control("BEGIN IMMEDIATE").await {
        Ok(()) => match together(&mut transaction, figures, jobs).await {
            Ok((outcomes, changed)) => {
                // Before anybody is told.
                figures.committed(changed);
                jobs.drain(..).zip(outcomes).for_each(|(job, it)| job.finish(it));
            }
            Err(error) => {
                // SQLite may have ended it already.
                let _ = transaction.control("ROLLBACK").await;
                if jobs.len() == 1 {
                    figures.failed(&error);
                    void(jobs, &error);
                }
            }
        },
        Err(error) => void(jobs, &error),
    }
    *connected = transaction.keep();
}

/// Runs writes one after the other in a transaction, and commits it. Returns how many have changed something, too.
async fn together(
    transaction: &mut Transaction,
    figures: &Figures,
    jobs: &mut [Box<dyn Job>],
) -> Result<(Vec<Outcome>, u64), Error> {
    let (mut outcomes, mut changed) = (Vec::with_capacity(jobs.len()), 0);
    for job in jobs {
        let (outcome, has_changed) = part(transaction, figures, &mut **job).await?;
        outcomes.push(outcome);
        changed += u64::from(has_changed);
    }
    transaction.control("COMMIT").await?;
    Ok((outcomes, changed))
}

/// Runs a write as a part of a transaction, of which nothing is left if it fails. Returns whether it has changed something, too.
async fn part(
    transaction: &mut Transaction,
    figures: &Figures,
    job: &mut dyn Job,
) -> Result<(Outcome, bool), Error> {
    transaction.control("SAVEPOINT one").await?;
    let has_succeeded = job.run(transaction).await;
    let (broken, has_changed) = (transaction.take_broken(), transaction.take_changed());
    let is_undone = !has_succeeded || broken.is_some();
    if is_undone {
        let undone = transaction.control("ROLLBACK TO one").await;
        if let Err(error) = undone {
            // An error such as that of a full disk has ended the transaction.
            return Err(broken.unwrap_or(error));
        }
    }
    transaction.control("RELEASE one").await?;
    if let Some(error) = &broken {
        figures.failed(error);
    }
    Ok((broken.map_or(Outcome::Committed, Outcome::Failed), has_changed && !is_undone))
}

/// Nothing of these writes is in the database.
fn void(jobs: &mut Vec<Box<dyn Job>>, error: &Error) {
    for job in jobs.drain(..) {
        job.finish(Outcome::Void(Error::new(error.kind(), error.to_string())));
    }
}
