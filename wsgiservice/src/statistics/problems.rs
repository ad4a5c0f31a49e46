//! The last errors of the server. The log has the cause of each under its ID.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use super::{MethodLabel, Route};
use crate::http::identity::RequestId;

/// How many are kept.
const KEPT: usize = 20;

/// The last errors of the server.
#[derive(Debug, Default)]
pub(super) struct Problems(Mutex<VecDeque<RecentProblem>>);

/// An error of the server. It has no text of its cause, which can contain secrets.
#[derive(Clone, Debug)]
pub(super) struct RecentProblem {
    pub(super) at: SystemTime,
    /// The ID of its request.
    pub(super) id: RequestId,
    pub(super) status: u16,
    pub(super) route: Route,
    pub(super) method: MethodLabel,
    pub(super) detail: &'static str,
}

impl Problems {
    /// Adds an error; the oldest one is forgotten if there are too many.
    pub(super) fn add(&self, problem: RecentProblem) {
        let mut problems = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        problems.truncate(KEPT - 1);
        problems.push_front(problem);
    }

    /// The last errors, the newest first.
    pub(super) fn read(&self) -> Vec<RecentProblem> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::identity::Identity;

    #[test]
    fn the_newest_are_kept() {
        let problems = Problems::default();
        for status in 500..550 {
            let (route, method) = (Route::UNMATCHED, MethodLabel::default());
            let (at, id, detail) = (SystemTime::now(), Identity::new().id().clone(), "Error");
            problems.add(RecentProblem { at, id, status, route, method, detail });
        }
        let statuses: Vec<_> = problems.read().iter().map(|problem| problem.status).collect();
        assert_eq!(statuses, (530..550).rev().collect::<Vec<_>>());
    }
}
