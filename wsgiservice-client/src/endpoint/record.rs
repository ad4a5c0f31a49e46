//! How well an endpoint does, and whether it is in service.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

mod average;
mod window;

use average::Average;
use window::Window;

/// The failures or refusals in a row that take an endpoint out of service.
const IN_A_ROW: u32 = 5;

/// What a failure counts as in the average, so that an endpoint that fails at once does not look fast.
const FAILURE: Duration = Duration::from_secs(1);

/// A timeout that is shorter says nothing about an endpoint.
pub(crate) const SHORTEST_TIMEOUT: Duration = Duration::from_millis(250);

/// How long an endpoint is out of service at first, and at most.
const OUT: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(300));

/// The time in service after which the next ejection is half as long.
const FORGIVEN: Duration = Duration::from_secs(30);

/// The checks of health in a row that an endpoint may miss.
const MISSES: u32 = 2;

/// How an attempt went, for the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// There was a response.
    Good,
    /// There was a response that neither counts for the endpoint nor against it.
    Neutral,
    /// The request was not executed.
    Refused,
    /// The connection broke, or a proxy had no response.
    Failed,
    /// There was no response in time.
    TimedOut,
    /// The caller no longer waited.
    Cancelled,
}

/// Why an endpoint is out of service.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Ejection {
    /// It could not be reached.
    Unreachable,
    /// It missed checks of its health.
    Unhealthy,
    /// It failed too often. The part of its calls that had a response decides between several such endpoints.
    Failing { rate: f64 },
}

/// Whether an endpoint is in service.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Standing {
    InService,
    /// It asked for a pause.
    Resting,
    /// It was ejected.
    Out(Ejection),
    /// It was ejected, and may be tried by one call.
    Due(Ejection),
}

/// How well an endpoint does.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// Whether the state has to be asked whether the endpoint is in service.
    is_out: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    average: Option<Average>,
    window: Window,
    refused_in_row: u32,
    failed_in_row: u32,
    misses_in_row: u32,
    next_check: Option<Instant>,
    out: Option<Out>,
    resting_until: Option<Instant>,
    /// How often it was ejected, less what was forgiven.
    ejections: u32,
    in_service_since: Option<Instant>,
}

#[derive(Debug)]
struct Out {
    reason: Ejection,
    /// When a call may try it; `None` if a check of health decides.
    until: Option<Instant>,
    is_tried: bool,
}

impl Record {
    /// Counts an attempt. Returns why the endpoint was taken out of service, if it was.
    pub(crate) fn mark(&self, mark: Mark, elapsed: Duration) -> Option<Ejection> {
        let now = Instant::now();
        let mut state = self.state();
        state.measure(mark, elapsed, now);
        let mut ejected = None;
        match mark {
            Mark::Good => state.good(now),
            Mark::Refused => ejected = state.refused(now),
            Mark::Failed => ejected = state.failed(now),
            Mark::TimedOut if elapsed >= SHORTEST_TIMEOUT => ejected = state.failed(now),
            Mark::TimedOut | Mark::Neutral | Mark::Cancelled => state.tried_in_vain(),
        }
        self.publish(&state);
        ejected
    }

    /// Counts a check of health. Returns why the endpoint was taken out of service, if it was.
    pub(crate) fn health(&self, is_healthy: bool) -> Option<Ejection> {
        let now = Instant::now();
        let mut state = self.state();
        let was_out = state.out.is_some();
        if is_healthy {
            state.misses_in_row = 0;
            if state.out.as_ref().is_some_and(|out| out.until.is_none_or(|until| until <= now)) {
                state.back_in_service(now);
            }
        } else {
            state.misses_in_row += 1;
            if state.misses_in_row >= MISSES {
                let out = Out { reason: Ejection::Unhealthy, until: None, is_tried: false };
                state.out = Some(out);
            }
        }
        self.publish(&state);
        (!was_out).then(|| Some(state.out.as_ref()?.reason)).flatten()
    }

    /// The health is no longer checked.
    pub(crate) fn forget_health(&self) {
        let mut state = self.state();
        state.misses_in_row = 0;
        if state.out.as_ref().is_some_and(|out| out.until.is_none()) {
            state.out = None;
        }
        self.publish(&state);
    }

    /// Whether the health is to be checked now. If so, the next check is after this time.
    pub(crate) fn is_check_due(&self, next: Duration) -> bool {
        let now = Instant::now();
        let mut state = self.state();
        let is_due = state.next_check.is_none_or(|at| at <= now);
        if is_due {
            state.next_check = Some(now + next);
        }
        is_due
    }

    /// Gives the endpoint a pause that it asked for.
    pub(crate) fn rest(&self, pause: Duration) {
        let mut state = self.state();
        let until = Instant::now() + pause;
        state.resting_until = Some(state.resting_until.map_or(until, |it| it.max(until)));
        self.publish(&state);
    }

    /// Whether the endpoint is in service.
    pub(crate) fn standing(&self) -> Standing {
        if !self.is_out.load(Ordering::Relaxed) {
            return Standing::InService;
        }
        let mut state = self.state();
        let standing = state.standing(Instant::now());
        self.publish(&state);
        standing
    }

    /// Why the endpoint is out of service, if it is: also while it may be tried.
    pub(crate) fn ejection(&self) -> Option<Ejection> {
        match self.standing() {
            Standing::Out(ejection) | Standing::Due(ejection) => Some(ejection),
            Standing::InService | Standing::Resting => None,
        }
    }

    /// Lets the caller be the one that tries an ejected endpoint, if nobody else does.
    pub(crate) fn try_again(&self) -> bool {
        let mut state = self.state();
        let is_due = matches!(state.standing(Instant::now()), Standing::Due(_));
        if let Some(out) = state.out.as_mut().filter(|_| is_due) {
            out.is_tried = true;
        }
        is_due
    }

    /// The average time to the head of a response in seconds, or `None` if there was none.
    pub(crate) fn average(&self) -> Option<f64> {
        self.state().average.as_ref().map(|average| average.at(Instant::now()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn publish(&self, state: &State) {
        let is_out = state.out.is_some() || state.resting_until.is_some();
        self.is_out.store(is_out, Ordering::Relaxed);
    }
}

impl State {
    fn measure(&mut self, mark: Mark, elapsed: Duration, now: Instant) {
        let sample = match mark {
            Mark::Good | Mark::Neutral => elapsed,
            Mark::Refused | Mark::Failed | Mark::TimedOut => elapsed.max(FAILURE),
            // It would have taken longer.
            Mark::Cancelled => {
                if let Some(average) = &mut self.average {
                    average.raise(elapsed, now);
                }
                return;
            }
        };
        match &mut self.average {
            Some(average) => average.add(sample, now),
            None => self.average = Some(Average::new(sample, now)),
        }
    }

    fn good(&mut self, now: Instant) {
        (self.refused_in_row, self.failed_in_row) = (0, 0);
        self.window.add(true, now);
        let is_back = self.out.as_ref().is_some_and(|out| match out.reason {
            // What a check of health has found out, only the next one takes back.
            Ejection::Unhealthy => false,
            Ejection::Unreachable => true,
            Ejection::Failing { .. } => out.until.is_none_or(|until| until <= now),
        });
        if is_back {
            self.back_in_service(now);
        }
    }

    fn refused(&mut self, now: Instant) -> Option<Ejection> {
        self.refused_in_row += 1;
        self.failed_in_row = 0;
        let is_due = matches!(self.standing(now), Standing::Due(_)) || self.is_tried();
        let is_ejected = self.out.is_none() && self.refused_in_row >= IN_A_ROW || is_due;
        is_ejected.then(|| self.eject(Ejection::Unreachable, now))
    }

    fn failed(&mut self, now: Instant) -> Option<Ejection> {
        self.failed_in_row += 1;
        self.refused_in_row = 0;
        self.window.add(false, now);
        let is_due = matches!(self.standing(now), Standing::Due(_)) || self.is_tried();
        let is_failing = self.failed_in_row >= IN_A_ROW || self.window.is_bad(now);
        let is_ejected = self.out.is_none() && is_failing || is_due;
        is_ejected.then(|| {
            let rate = self.window.rate(now);
            self.eject(Ejection::Failing { rate }, now)
        })
    }

    /// A try said nothing: another call may be the next.
    fn tried_in_vain(&mut self) {
        if let Some(out) = &mut self.out {
            out.is_tried = false;
        }
    }

    fn is_tried(&self) -> bool {
        self.out.as_ref().is_some_and(|out| out.is_tried)
    }

    fn eject(&mut self, reason: Ejection, now: Instant) -> Ejection {
        if let (None, Some(since)) = (&self.out, self.in_service_since) {
            let forgiven = (now - since).as_secs() / FORGIVEN.as_secs();
            let forgiven = u32::try_from(forgiven).unwrap_or(u32::MAX);
            self.ejections = self.ejections.saturating_sub(forgiven);
        }
        let doubled = OUT.0.saturating_mul(1 << self.ejections.min(10));
        let length = doubled.min(OUT.1).mul_f64(0.8 + 0.4 * fastrand::f64());
        self.ejections = self.ejections.saturating_add(1);
        self.out = Some(Out { reason, until: Some(now + length), is_tried: false });
        reason
    }

    fn back_in_service(&mut self, now: Instant) {
        self.out = None;
        self.in_service_since = Some(now);
        self.window = Window::default();
        (self.refused_in_row, self.failed_in_row, self.misses_in_row) = (0, 0, 0);
    }

    fn standing(&mut self, now: Instant) -> Standing {
        if self.resting_until.is_some_and(|until| until <= now) {
            self.resting_until = None;
        }
        match &self.out {
            Some(Out { reason, until: Some(until), is_tried: false }) if *until <= now => {
                Standing::Due(*reason)
            }
            Some(out) => Standing::Out(out.reason),
            None if self.resting_until.is_some() => Standing::Resting,
            None => Standing::InService,
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const SHORT: Duration = Duration::from_millis(1);

    fn marked(record: &Record, mark: Mark, times: u32) -> Standing {
        for _ in 0..times {
            record.mark(mark, SHORT);
        }
        record.standing()
    }

    #[tokio::test(start_paused = true)]
    async fn five_refusals_in_a_row_eject_until_a_try_succeeds() {
        let record = Record::default();
        assert_eq!(marked(&record, Mark::Refused, 4), Standing::InService);
        assert_eq!(marked(&record, Mark::Good, 1), Standing::InService);
        assert_eq!(marked(&record, Mark::Refused, 5), Standing::Out(Ejection::Unreachable));

        advance(Duration::from_secs(6)).await;
        assert_eq!(record.standing(), Standing::Due(Ejection::Unreachable));
        assert!(record.try_again());
        assert!(!record.try_again(), "one call at a time");
        assert_eq!(marked(&record, Mark::Good, 1), Standing::InService);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_between_refusals_that_are_not_in_a_row() {
        let record = Record::default();
        marked(&record, Mark::Refused, 1);
        marked(&record, Mark::Failed, 1);
        assert_eq!(marked(&record, Mark::Refused, 4), Standing::InService);
        assert_eq!(marked(&record, Mark::Refused, 1), Standing::Out(Ejection::Unreachable));
    }

    #[tokio::test(start_paused = true)]
    async fn a_try_that_says_nothing_is_left_to_the_next_call() {
        for mark in [Mark::Neutral, Mark::Cancelled, Mark::TimedOut] {
            let record = Record::default();
            marked(&record, Mark::Refused, 5);
            advance(Duration::from_secs(6)).await;
            assert!(record.try_again());
            record.mark(mark, SHORT);
            assert!(record.try_again(), "{mark:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn each_ejection_is_twice_as_long_and_time_in_service_forgives() {
        let record = Record::default();
        marked(&record, Mark::Failed, 5);
        for seconds in [5.0, 10.0, 20.0] {
            advance(Duration::from_secs_f64(seconds * 0.79)).await;
            assert!(matches!(record.standing(), Standing::Out(_)), "{seconds}");
            advance(Duration::from_secs_f64(seconds * 0.42)).await;
            assert!(record.try_again(), "{seconds}");
            record.mark(Mark::Failed, SHORT);
        }
        advance(Duration::from_secs(50)).await;
        assert!(record.try_again());
        assert_eq!(marked(&record, Mark::Good, 1), Standing::InService);

        advance(Duration::from_secs(120)).await;
        marked(&record, Mark::Failed, 5);
        advance(Duration::from_secs_f64(6.1)).await;
        assert!(matches!(record.standing(), Standing::Due(_)), "as long as the first");
    }

    #[tokio::test(start_paused = true)]
    async fn four_of_five_must_succeed_if_there_are_twenty() {
        let record = Record::default();
        for _ in 0..4 {
            assert_eq!(marked(&record, Mark::Failed, 1), Standing::InService);
            marked(&record, Mark::Good, 4);
        }
        assert_eq!(
            marked(&record, Mark::Failed, 1),
            Standing::Out(Ejection::Failing { rate: 16.0 / 21.0 })
        );
    }

    #[tokio::test(start_paused = true)]
    async fn what_says_nothing_does_not_count() {
        let record = Record::default();
        for mark in [Mark::Neutral, Mark::Cancelled, Mark::TimedOut] {
            assert_eq!(marked(&record, mark, 50), Standing::InService, "{mark:?}");
        }
        for _ in 0..5 {
            record.mark(Mark::TimedOut, SHORTEST_TIMEOUT);
        }
        assert!(matches!(record.standing(), Standing::Out(_)));
    }

    #[tokio::test(start_paused = true)]
    async fn two_checks_of_health_missed_eject_until_one_succeeds() {
        let record = Record::default();
        assert_eq!(record.health(false), None);
        assert_eq!(record.standing(), Standing::InService);
        assert_eq!(record.health(false), Some(Ejection::Unhealthy));
        assert_eq!(record.health(false), None, "it is out already");
        assert_eq!(record.standing(), Standing::Out(Ejection::Unhealthy));
        advance(Duration::from_secs(1000)).await;
        assert_eq!(record.standing(), Standing::Out(Ejection::Unhealthy));
        let late = marked(&record, Mark::Good, 1);
        assert_eq!(late, Standing::Out(Ejection::Unhealthy), "a response to an earlier call");
        record.health(true);
        assert_eq!(record.standing(), Standing::InService);
    }

    #[tokio::test(start_paused = true)]
    async fn an_endpoint_rests_as_long_as_it_asks_for() {
        let record = Record::default();
        record.rest(Duration::from_secs(3));
        record.rest(Duration::from_secs(1));
        assert_eq!(record.standing(), Standing::Resting);
        advance(Duration::from_secs(3)).await;
        assert_eq!(record.standing(), Standing::InService);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_counts_as_a_second_in_the_average() {
        let record = Record::default();
        marked(&record, Mark::Failed, 1);
        assert_eq!(record.average(), Some(1.0));
    }
}
