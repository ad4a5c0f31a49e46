//! A write that waits for its turn.

use std::{future::Future, pin::Pin};

use tokio::sync::oneshot;

use crate::{error::Error, transaction::Transaction};

/// A future that stays on the thread of the writer.
pub(crate) type Local<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// A write of whatever type.
pub(crate) trait Job: Send {
    /// Runs it, and returns whether it has something to commit.
    fn run<'a>(&'a mut self, transaction: &'a mut Transaction) -> Local<'a, bool>;

    /// Tells the caller what became of it: what it returned, if that is committed.
    fn finish(self: Box<Self>, committed: Result<(), Error>);

    /// Whether its caller has gone before it began.
    fn is_given_up(&self) -> bool;
}

/// A write, and who waits for it.
pub(crate) struct Write<W, T, E> {
    work: W,
    returned: Option<Result<T, E>>,
    caller: oneshot::Sender<Result<T, E>>,
}

impl<W, T, E> Write<W, T, E> {
    pub(crate) fn new(work: W, caller: oneshot::Sender<Result<T, E>>) -> Self {
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
            let returned = (self.work)(transaction).await;
            let has_succeeded = returned.is_ok();
            self.returned = Some(returned);
            has_succeeded
        })
    }

    fn finish(self: Box<Self>, committed: Result<(), Error>) {
        let result = match (committed, self.returned) {
            (Ok(()), Some(returned)) | (Err(_), Some(returned @ Err(_))) => returned,
            (Err(error), _) => Err(error.into()),
            (Ok(()), None) => return,
        };
        // Nobody has to wait for it.
        let _ = self.caller.send(result);
    }

    fn is_given_up(&self) -> bool {
        self.caller.is_closed()
    }
}
