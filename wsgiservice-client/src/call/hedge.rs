//! A second attempt beside the first one, if that takes long.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use super::{
    attempt::{Tried, Verdict, attempt},
    run::Run,
};
use crate::{
    attempt::{Attempt, AttemptOutcome},
    directory::{Choice, Group, Wish, choose},
    endpoint::{Endpoint, InFlight},
};

/// The shortest time after which a hedge is sent.
const EARLIEST: Duration = Duration::from_millis(10);

impl Run<'_> {
    /// Sends the request to a second endpoint if the first one takes long, and takes the first response.
    pub(super) async fn hedged(
        &mut self,
        group: &Arc<Group>,
        endpoint: &Arc<Endpoint>,
        place: InFlight,
        after: Duration,
    ) -> Tried {
        let (prepared, started) = (self.prepared, Instant::now());
        let mut first =
            Box::pin(attempt(prepared, self.content.for_attempt(), group, endpoint, place));
        tokio::select! {
            biased;
            tried = &mut first => return tried,
            () = sleep(after.max(EARLIEST)) => {}
        }
        let Some((other, place)) = self.second(group, endpoint) else { return first.await };
        // One is enough.
        (self.hedges, self.left) = (false, self.left.saturating_sub(1));
        let second_started = Instant::now();
        let mut second =
            Box::pin(attempt(prepared, self.content.for_attempt(), group, &other, place));
        let (tried, is_first) = tokio::select! {
            biased;
            tried = &mut first => (tried, true),
            tried = &mut second => (tried, false),
        };
        self.tried.push(Arc::clone(&other));
        if matches!(tried.verdict, Verdict::Response(_) | Verdict::Late { .. }) {
            let (loser, since) =
                if is_first { (&other, second_started) } else { (endpoint, started) };
            self.attempts.push(cancelled(group, loser, since));
            return tried;
        }
        // The failure of one leaves the other running.
        self.may_have_executed |= matches!(tried.verdict, Verdict::Failed(..));
        self.attempts.push(tried.attempt);
        if is_first { second.await } else { first.await }
    }

    /// Another endpoint for a hedge, if there is time, and if the budget has it.
    fn second(
        &mut self,
        group: &Arc<Group>,
        first: &Arc<Endpoint>,
    ) -> Option<(Arc<Endpoint>, InFlight)> {
        self.tried.push(Arc::clone(first));
        let wish =
            Wish { tried: &self.tried, may_try: false, is_last: false, again: false, all: false };
        let Choice::Endpoint(other, place) = choose(&group.endpoints(), wish) else { return None };
        let may_go = self.left > 0 && self.prepared.has_time_after(Duration::ZERO);
        (may_go && group.withdraw()).then_some((other, place))
    }
}

/// An attempt that was given up, since another one had a response first.
fn cancelled(group: &Group, endpoint: &Endpoint, since: Instant) -> Attempt {
    Attempt {
        cluster: Arc::clone(&group.cluster),
        endpoint: Arc::clone(&endpoint.name),
        outcome: AttemptOutcome::Cancelled,
        duration: since.elapsed(),
    }
}
