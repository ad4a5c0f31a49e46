//! The task in which the mover works, beside the server.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::PoisonError,
    time::Duration,
};

use database::Error;
use test_hooks::now;
use tokio::task::{JoinError, JoinSet};
use wsgiservice::server::Stopping;

use super::Mover;

/// How often the directory is searched for abandoned work.
const PERIOD: Duration = Duration::from_secs(5);

/// The time without progress, in milliseconds, after which the work of another process counts as abandoned.
const ABANDONED: i64 = 5_000;

/// How many users are read at once.
const BATCH: i64 = 1_000;

/// The users who are worked on, and whether something was decided about them meanwhile.
type Running = BTreeMap<String, bool>;

impl Mover {
    /// Works until the server stops. All that is unfinished at the start is taken up at once.
    pub(crate) async fn run(&self, stopping: &Stopping) -> Result<(), JoinError> {
        let (mut tasks, mut running) = (JoinSet::new(), Running::new());
        let mut since = i64::MAX;
        loop {
            match self.directory().unfinished(since, BATCH).await {
                Ok(users) => {
                    for user in users {
                        if !running.contains_key(&user) {
                            self.start(&mut tasks, &mut running, user);
                        }
                    }
                }
                Err(error) => tracing::warn!(%error, "the directory cannot be read"),
            }
            let next = tokio::time::sleep(PERIOD);
            tokio::pin!(next);
            loop {
                tokio::select! {
                    // What is cut off here is taken up at the next start.
                    () = stopping.requested() => return Ok(()),
                    () = &mut next => break,
                    () = self.0.bell.notified() => {}
                    Some(ended) = tasks.join_next() => {
                        let user = ended?;
                        if running.remove(&user) == Some(true) {
                            self.start(&mut tasks, &mut running, user);
                        }
                    }
                }
                for user in self.woken() {
                    match running.get_mut(&user) {
                        Some(is_needed_again) => *is_needed_again = true,
                        None => self.start(&mut tasks, &mut running, user),
                    }
                }
            }
            since = now() - ABANDONED;
        }
    }

    fn start(&self, tasks: &mut JoinSet<String>, running: &mut Running, user: String) {
        running.insert(user.clone(), false);
        let mover = self.clone();
        tasks.spawn(async move {
            if let Err(error) = mover.settle(&user).await {
                log(&user, &error);
            }
            user
        });
    }

    fn woken(&self) -> BTreeSet<String> {
        std::mem::take(&mut *self.0.woken.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn log(user: &str, error: &Error) {
    tracing::warn!(user, %error, "the directory cannot be read");
}
