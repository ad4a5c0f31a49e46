//! Closes connections that have waited too long; one coarse tick serves all of them.
//!
//! A timer per request would be set and reset for each of them, which costs more than parsing the request. Here, a
//! connection stores its phase and the current tick in an atomic ([`ConnectionState`]); a thread checks all connections
//! at each tick, at most once a second. The list of connections is locked when one is accepted and at each tick, never for a request.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
    thread,
};

use tokio::task::AbortHandle;

use super::{connection_state::ConnectionState, waits::Waits};
use crate::{limits::Limits, statistics::Statistics};

/// The connections of a server, and its tick.
#[derive(Debug)]
pub(super) struct Timeouts {
    waits: Waits,
    tick: AtomicU32,
    statistics: Arc<Statistics>,
    connections: Mutex<Vec<(Arc<ConnectionState>, AbortHandle)>>,
    is_shutting_down: AtomicBool,
}

impl Timeouts {
    /// Starts the tick of a server, on a thread of its own: a timer in a runtime would add to the work of that runtime.
    ///
    /// The thread ends when the server and its last connection have ended.
    pub(super) fn start(limits: &Limits, statistics: &Arc<Statistics>) -> Arc<Self> {
        let timeouts = Self::new(limits, statistics);
        let ticked = Arc::downgrade(&timeouts);
        let thread = thread::Builder::new().name("timeouts".to_owned());
        if let Err(error) = thread.spawn(move || tick_until_the_end(&ticked)) {
            tracing::error!(
                %error,
                "cannot start the timeout thread; idle connections will not be closed"
            );
        }
        timeouts
    }

    /// Connections with these limits, without a tick.
    pub(super) fn new(limits: &Limits, statistics: &Arc<Statistics>) -> Arc<Self> {
        Arc::new(Self {
            waits: Waits::new(limits),
            tick: AtomicU32::default(),
            statistics: Arc::clone(statistics),
            connections: Mutex::default(),
            is_shutting_down: AtomicBool::default(),
        })
    }

    /// How long a connection may wait.
    pub(super) fn waits(&self) -> &Waits {
        &self.waits
    }

    /// Returns the state of a new connection.
    pub(super) fn new_connection(self: &Arc<Self>) -> Arc<ConnectionState> {
        Arc::new(ConnectionState::new(Arc::clone(self)))
    }

    /// Aborts the task of a connection when it times out.
    pub(super) fn add(&self, state: Arc<ConnectionState>, task: AbortHandle) {
        let mut connections = self.connections();
        if self.is_shutting_down() {
            // `shut_down` may have gone through the list after the connection last checked.
            state.wake();
        }
        connections.push((state, task));
    }

    /// Tells all connections to close when they have responded to the requests in progress.
    pub(super) fn shut_down(&self) {
        self.is_shutting_down.store(true, Relaxed);
        self.connections().iter().for_each(|(state, _)| state.wake());
    }

    /// Closes all connections now; returns whether requests were in progress.
    pub(super) fn abort_all(&self) -> bool {
        let mut are_requests = false;
        for (state, task) in self.connections().iter().filter(|(_, task)| !task.is_finished()) {
            are_requests |= state.is_in_progress();
            task.abort();
        }
        are_requests
    }

    /// How many ticks there were; the number wraps around.
    pub(super) fn now(&self) -> u32 {
        self.tick.load(Relaxed)
    }

    /// What is counted.
    pub(super) fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// Whether the server is shutting down.
    pub(super) fn is_shutting_down(&self) -> bool {
        self.is_shutting_down.load(Relaxed)
    }

    pub(super) fn tick(&self) {
        let now = self.tick.fetch_add(1, Relaxed).wrapping_add(1);
        self.connections().retain(|(state, task)| {
            if state.is_timed_out(now) {
                tracing::debug!(phase = ?state.phase(), "connection timed out");
                task.abort();
            }
            state.grow_old(now);
            if state.is_next_interim_due() {
                state.wake();
            }
            !task.is_finished()
        });
    }

    fn connections(&self) -> MutexGuard<'_, Vec<(Arc<ConnectionState>, AbortHandle)>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn tick_until_the_end(timeouts: &Weak<Timeouts>) {
    while let Some(timeouts) = timeouts.upgrade() {
        timeouts.tick();
        timeouts.statistics.advance();
        let tick = timeouts.waits.tick;
        drop(timeouts);
        thread::sleep(tick);
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, task::Poll};

    use tokio::task::JoinHandle;

    use super::{super::connection_state::Phase, *};

    /// Returns after how many ticks a connection with these phases is aborted.
    async fn ticks(phases: &[Phase]) -> Option<u32> {
        let timeouts = Timeouts::new(&Limits::default(), &Arc::default());
        let state = timeouts.new_connection();
        let task = tokio::spawn(std::future::pending::<()>());
        timeouts.add(Arc::clone(&state), task.abort_handle());
        phases.iter().for_each(|phase| state.enter(*phase));
        let aborted = (0..100).find(|_| {
            timeouts.tick();
            state.is_timed_out(timeouts.now())
        });
        if aborted.is_some() {
            assert!(task.await.is_err_and(|error| error.is_cancelled()));
        }
        aborted
    }

    /// A connection that does nothing until the server shuts down.
    fn wait_for_shutdown(state: &Arc<ConnectionState>) -> JoinHandle<()> {
        let state = Arc::clone(state);
        tokio::spawn(async move {
            state.register_task().await;
            poll_fn(|_| match state.is_shutting_down() {
                true => Poll::Ready(()),
                false => Poll::Pending,
            })
            .await;
        })
    }

    #[tokio::test]
    async fn a_connection_that_waits_for_too_long_is_aborted() {
        assert_eq!(ticks(&[]).await, Some(10));
        assert_eq!(ticks(&[Phase::Busy, Phase::Idle]).await, Some(30));
        assert_eq!(ticks(&[Phase::Busy, Phase::Idle, Phase::Head]).await, Some(10));
        assert_eq!(ticks(&[Phase::Lingering]).await, Some(5));
    }

    #[tokio::test]
    async fn a_method_may_run_without_a_limit() {
        assert_eq!(ticks(&[Phase::Busy]).await, None);
        assert_eq!(ticks(&[Phase::Streaming]).await, None);
    }

    #[tokio::test]
    async fn waiting_connections_are_woken_when_the_server_shuts_down() {
        let timeouts = Timeouts::new(&Limits::default(), &Arc::default());
        let state = timeouts.new_connection();
        let task = wait_for_shutdown(&state);
        timeouts.add(state, task.abort_handle());
        tokio::task::yield_now().await;
        assert!(!task.is_finished());
        timeouts.shut_down();
        assert!(task.await.is_ok());
    }

    #[tokio::test]
    async fn a_connection_that_is_added_during_the_shutdown_is_woken() {
        let timeouts = Timeouts::new(&Limits::default(), &Arc::default());
        let state = timeouts.new_connection();
        let task = wait_for_shutdown(&state);
        tokio::task::yield_now().await;
        timeouts.shut_down();
        timeouts.add(state, task.abort_handle());
        assert!(task.await.is_ok());
    }

    #[tokio::test]
    async fn a_tick_drops_closed_connections_so_that_the_thread_can_end() {
        let timeouts = Timeouts::new(&Limits::default(), &Arc::default());
        let task = tokio::spawn(async {});
        timeouts.add(timeouts.new_connection(), task.abort_handle());
        assert!(task.await.is_ok());
        timeouts.tick();
        assert_eq!(Arc::strong_count(&timeouts), 1);
    }
}
