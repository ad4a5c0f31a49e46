//! How a background task does: whether it failed lately, and begins again.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::{Check, Health, checks::TASK};

/// How a background task does. Clones are of the same task.
#[derive(Clone, Debug, Default)]
pub(crate) struct TaskHealth(Arc<Mutex<State>>);

/// How a task does.
#[derive(Clone, Debug, Default)]
enum State {
    /// It has not failed, or has ended since.
    #[default]
    Good,
    /// It failed with this error, and begins again after a pause.
    Waits { error: String, pause: Duration },
    /// It began again at this moment, after it had failed with this error.
    BeganAgain { error: String, at: Instant },
}

impl TaskHealth {
    /// How long a task must run until it has recovered.
    pub(crate) const RECOVERY: Duration = Duration::from_secs(60);

    /// The task failed, and waits.
    pub(crate) fn failed(&self, error: String, pause: Duration) {
        *self.state() = State::Waits { error, pause };
    }

    /// The task begins again.
    pub(crate) fn begins_again(&self) {
        let mut state = self.state();
        if let State::Waits { error, .. } = std::mem::take(&mut *state) {
            *state = State::BeganAgain { error, at: Instant::now() };
        }
    }

    /// The task has ended without an error.
    pub(crate) fn ended(&self) {
        *self.state() = State::Good;
    }

    /// The check of the task, which never fails: the service still responds to requests.
    pub(crate) fn check(&self, task: &str) -> Check {
        let health = self.clone();
        Check::new(&format!("{TASK}{task}"), move || {
            let found = health.found();
            Box::pin(async { found })
        })
    }

    fn found(&self) -> Health {
        match &*self.state() {
            State::Waits { error, pause } => {
                Health::Warn(format!("failed, and begins again after {pause:?}: {error}"))
            }
            State::BeganAgain { error, at } if at.elapsed() <= Self::RECOVERY => {
                Health::Warn(format!("began again less than a minute ago, having failed: {error}"))
            }
            State::Good | State::BeganAgain { .. } => Health::Pass,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
