//! A write that waits for its turn.

use std::{future::Future, panic::AssertUnwindSafe, pin::Pin, thread};

use futures_util::FutureExt as _;
use tokio::sync::oneshot;

use crate::{error::Error, transaction::Transaction};

/// A future that stays on the thread of the writer.
pub(crate) type Local<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// A write of whatever type.
pub(crate) trait Job: Send {
    /// Runs it, and returns whether it has something to commit.
    fn run<'a>(&'a mut self, transaction: &'a mut Transaction) -> Local<'a, bool>;

    /// Tells the caller what became of it.
    fn finish(self: Box<Self>, outcome: Outcome);

    /// Whether its caller has gone before it began.
    fn is_given_up(&self) -> bool;
}

/// What became of a write.
pub(crate) enum Outcome {
    /// It is committed, or has changed nothing.
    Committed,
    /// It was in order up to this error, which it may have returned in other words.
    Failed(Error),
    /// What it read or wrote is not what is in the database: what it returned is void.
    Void(Error),
}

/// Who waits for a write. A panic of it goes on there, and ends no other write.
type Caller<T, E> = oneshot::Sender<thread::Result<Result<T, E>>>;

/// A write, and who waits for it.
pub(crate) struct Write<W, T, E> {
    work: W,
    returned: Option<thread::Result<Result<T, E>>>,
    caller: Caller<T, E>,
}

impl<W, T, E> Write<W, T, E> {
    pub(crate) fn new(work: W, caller: Caller<T, E>) -> Self {
        Self { work, returned: None, caller }
    }
}

impl<W, T, E> Job for Write<W, T, E>
where
    W: AsyncFn(&mut Transaction) -> Result<T, E> + Send,
    T: Send,
    E: From<Error> + Send,
{
    fn run<'a>(&'a mut self, transaction: &'a mut Transaction) -> Local<'a, bool> {
        Box::pin(async move {
            let work = async { (self.work)(transaction).await };
            let returned = AssertUnwindSafe(work).catch_unwind().await;
            let has_succeeded = matches!(returned, Ok(Ok(_)));
            self.returned = Some(returned);
            has_succeeded
        })
    }

    fn finish(self: Box<Self>, outcome: Outcome) {
        let result = match (outcome, self.returned) {
            (_, Some(Err(panic))) => Err(panic),
            (Outcome::Committed, Some(returned)) => returned,
            (Outcome::Failed(_), Some(Ok(Err(error)))) => Ok(Err(error)),
            (Outcome::Failed(error) | Outcome::Void(error), _) => Ok(Err(error.into())),
            (Outcome::Committed, None) => return,
        };
        // Nobody has to wait for it.
        let _ = self.caller.send(result);
    }

    fn is_given_up(&self) -> bool {
        self.caller.is_closed()
    }
}
