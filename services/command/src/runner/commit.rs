//! Commits, which are made only if the user is still here.

use std::time::Duration;

use database::{
    Transaction,
    data::{Answer as Committed, Change, Failure, Version},
};

use super::{LONGEST_WAIT, Runner, Stopped};
use crate::database::Ticket;

/// The waits between the tries of what may succeed later: the first one, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));

/// The waits between tries, each about twice as long as the one before.
pub(super) struct Pauses(Duration);

impl Pauses {
    pub(super) fn new() -> Self {
        Self(PAUSES.0)
    }

    pub(super) async fn next(&mut self) {
        // What has failed at the same time is not tried again at the same time.
        let share = f64::from(u8::try_from(test_hooks::now() % 128).unwrap_or(0)) / 256.0;
        tokio::time::sleep(self.0.mul_f64(0.5 + share)).await;
        self.0 = (self.0 * 2).min(PAUSES.1);
    }
}

impl Runner {
    /// Commits something about a command. It waits while the user is frozen, and while the database is not there.
    pub(super) async fn commit<W>(&self, user: &str, effect: W) -> Result<(), Stopped>
    where
        W: AsyncFn(&mut Transaction, Version) -> Result<Committed, Failure>
            + Clone
            + Send
            + 'static,
    {
        let mut pauses = Pauses::new();
        loop {
            let done = if test_hooks::rule("command::stop") {
                self.data().change(Change::new(user, None), effect.clone()).await.map(|_| ())
            } else {
                self.write_anywhere(effect.clone()).await
            };
            match done {
                Ok(()) => return Ok(()),
                Err(Failure::Changed) => return Err(Stopped::Lost),
                Err(Failure::Frozen { .. } | Failure::Unavailable(_)) => pauses.next().await,
                Err(failure) => return Err(failure.into()),
            }
        }
    }

    /// Stops a worker whose row another one executes, before it sends what that one may have been refused.
    pub(super) async fn check_owner(&self, ticket: &Ticket) -> Result<(), Stopped> {
        let mut pauses = Pauses::new();
        while test_hooks::rule("command::fence") {
            match ticket.is_ours(self.data()).await {
                Ok(true) => break,
                Ok(false) => return Err(Stopped::Lost),
                Err(Failure::Unavailable(_)) => pauses.next().await,
                Err(failure) => return Err(failure.into()),
            }
        }
        Ok(())
    }

    /// Makes the first commit of a command. After a while it gives up: a command must not begin long after its client has
    /// stopped waiting.
    pub(super) async fn commit_first<W>(&self, user: &str, effect: W) -> Result<(), Stopped>
    where
        W: AsyncFn(&mut Transaction, Version) -> Result<Committed, Failure>
            + Clone
            + Send
            + 'static,
    {
        let commit = tokio::time::timeout(LONGEST_WAIT, self.commit(user, effect)).await;
        // If it was made all the same, the row is found by those who look for abandoned ones.
        commit.unwrap_or(Err(Stopped::Lost))
    }

    /// A commit that does not look where the user is: what a test lacks a rule for.
    async fn write_anywhere<W>(&self, effect: W) -> Result<(), Failure>
    where
        W: AsyncFn(&mut Transaction, Version) -> Result<Committed, Failure>
            + Clone
            + Send
            + 'static,
    {
        let work = async move |transaction: &mut Transaction| {
            let at = test_hooks::now();
            effect(transaction, Version { number: at, at }).await.map(|_| ())
        };
        self.data().database().write(work).await
    }
}
