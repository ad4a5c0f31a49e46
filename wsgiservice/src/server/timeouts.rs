//! Closes connections that wait for too long, by one coarse tick for all connections of a server.
//!
//! A timer per request would be set and reset for each of them, which costs more than parsing the request. Here, a
//! connection stores its phase and the current tick in an atomic; a thread checks all connections once a second. The
//! list of connections is locked when one is accepted and at each tick, never for a request.

use std::{
    future::poll_fn,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
    task::{Poll, Waker},
    thread,
    time::Duration,
};

use tokio::task::AbortHandle;

use crate::http::clock::Ticker;

/// The time between two ticks.
const TICK: Duration = Duration::from_secs(1);

/// How many bits of [`ConnectionState::phase_and_tick`] hold the phase.
const PHASE_BITS: u32 = 3;

/// The largest tick that fits into the rest, after more than a year; ticks wrap around there.
const MAX_TICK: u32 = u32::MAX >> PHASE_BITS;

/// The connections of a server, and its tick.
#[derive(Debug, Default)]
pub(super) struct Timeouts {
    tick: AtomicU32,
    connections: Mutex<Vec<(Arc<ConnectionState>, AbortHandle)>>,
    is_shutting_down: AtomicBool,
}

/// What a connection is doing, and since when.
#[derive(Debug)]
pub(super) struct ConnectionState {
    timeouts: Arc<Timeouts>,
    /// Both in one atomic, so that another thread never sees the phase of one moment with the tick of another.
    phase_and_tick: AtomicU32,
    /// Whether the client may still be sending content that was not read.
    has_unread_content: AtomicBool,
    /// Wakes the task of the connection.
    waker: Mutex<Option<Waker>>,
}

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Waiting for the first request.
    New,
    /// Waiting for another request.
    Idle,
    /// Receiving the head of a request.
    Head,
    /// Responding to a request.
    Busy,
    /// Discarding what the client still sends after the last response.
    Lingering,
}

impl Timeouts {
    /// Starts the tick of a server, on a thread of its own: a timer in a runtime would add to the work of that runtime.
    ///
    /// The thread ends when the server and its last connection have ended.
    pub(super) fn start() -> Arc<Self> {
        let timeouts = Arc::new(Self::default());
        let ticked = Arc::downgrade(&timeouts);
        let thread = thread::Builder::new().name("timeouts".to_owned());
        if let Err(error) = thread.spawn(move || tick_once_a_second(&ticked)) {
            tracing::error!(
                %error,
                "cannot start the timeout thread; idle connections will not be closed"
            );
        }
        timeouts
    }

    /// Returns the state of a new connection.
    pub(super) fn new_connection(self: &Arc<Self>) -> Arc<ConnectionState> {
        let state = ConnectionState {
            timeouts: Arc::clone(self),
            phase_and_tick: AtomicU32::default(),
            has_unread_content: AtomicBool::default(),
            waker: Mutex::default(),
        };
        state.enter(Phase::New);
        Arc::new(state)
    }

    /// Aborts the task of a connection when it times out.
    pub(super) fn add(&self, state: Arc<ConnectionState>, task: AbortHandle) {
        let mut connections = self.connections();
        if self.is_shutting_down.load(Relaxed) {
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

    fn tick(&self) {
        let now = self.tick.fetch_add(1, Relaxed).wrapping_add(1);
        self.connections().retain(|(state, task)| {
            if state.is_timed_out(now) {
                tracing::debug!(phase = ?state.phase(), "connection timed out");
                task.abort();
            }
            !task.is_finished()
        });
    }

    fn connections(&self) -> MutexGuard<'_, Vec<(Arc<ConnectionState>, AbortHandle)>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn tick_once_a_second(timeouts: &Weak<Timeouts>) {
    let clock = Ticker::start();
    while let Some(timeouts) = timeouts.upgrade() {
        clock.tick();
        timeouts.tick();
        drop(timeouts);
        thread::sleep(TICK);
    }
}

impl ConnectionState {
    /// Begins a phase, whose time starts now.
    pub(super) fn enter(&self, phase: Phase) {
        let tick = self.timeouts.tick.load(Relaxed);
        self.phase_and_tick.store(tick << PHASE_BITS | phase as u32, Relaxed);
    }

    /// Registers the task that awaits this as the one that [`wake`](Self::wake) wakes.
    pub(super) async fn register_task(&self) {
        let waker = poll_fn(|context| Poll::Ready(context.waker().clone())).await;
        *self.waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(waker);
    }

    /// Whether the server is shutting down. Becoming `true` wakes the task, unless it is not registered yet.
    pub(super) fn is_shutting_down(&self) -> bool {
        self.timeouts.is_shutting_down.load(Relaxed)
    }

    /// Wakes the task of the connection.
    pub(super) fn wake(&self) {
        let waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
        waker.iter().for_each(Waker::wake_by_ref);
    }

    /// Records that bytes were received.
    pub(super) fn received(&self) {
        match self.phase() {
            // The client goes on sending content after the response.
            Phase::Idle if self.has_unread_content() => self.enter(Phase::Idle),
            Phase::Idle => self.enter(Phase::Head),
            _ => {}
        }
    }

    /// Records that bytes were sent: while a client still reads the last response, neither the idle connection nor the
    /// next head times out.
    pub(super) fn sent(&self) {
        if matches!(self.phase(), Phase::Idle | Phase::Head) {
            self.enter(Phase::Idle);
        }
    }

    pub(super) fn set_unread_content(&self, has_unread_content: bool) {
        self.has_unread_content.store(has_unread_content, Relaxed);
    }

    /// Whether the client may be in the middle of a request.
    pub(super) fn client_may_be_sending(&self) -> bool {
        self.has_unread_content() || matches!(self.phase(), Phase::New | Phase::Head)
    }

    fn has_unread_content(&self) -> bool {
        self.has_unread_content.load(Relaxed)
    }

    fn phase(&self) -> Phase {
        Phase::unpack(self.phase_and_tick.load(Relaxed))
    }

    fn is_timed_out(&self, now: u32) -> bool {
        let packed = self.phase_and_tick.load(Relaxed);
        let waited = now.wrapping_sub(packed >> PHASE_BITS) & MAX_TICK;
        Phase::unpack(packed).max_ticks().is_some_and(|max| waited > max)
    }
}

impl Phase {
    /// How long the phase may last, in ticks.
    fn max_ticks(self) -> Option<u32> {
        match self {
            Self::New | Self::Head => Some(10),
            Self::Idle => Some(30),
            Self::Busy => None,
            Self::Lingering => Some(5),
        }
    }

    fn unpack(packed: u32) -> Self {
        const NEW: u32 = Phase::New as u32;
        const IDLE: u32 = Phase::Idle as u32;
        const HEAD: u32 = Phase::Head as u32;
        const LINGERING: u32 = Phase::Lingering as u32;
        match packed & ((1 << PHASE_BITS) - 1) {
            NEW => Self::New,
            IDLE => Self::Idle,
            HEAD => Self::Head,
            LINGERING => Self::Lingering,
            _ => Self::Busy,
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::JoinHandle;

    use super::*;

    /// Returns after how many ticks a connection with these phases is aborted.
    async fn ticks(phases: &[Phase]) -> Option<u32> {
        let timeouts = Arc::new(Timeouts::default());
        let state = timeouts.new_connection();
        let task = tokio::spawn(std::future::pending::<()>());
        timeouts.add(Arc::clone(&state), task.abort_handle());
        phases.iter().for_each(|phase| state.enter(*phase));
        let aborted = (0..100).find(|_| {
            timeouts.tick();
            state.is_timed_out(timeouts.tick.load(Relaxed))
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
    }

    #[tokio::test]
    async fn waiting_connections_are_woken_when_the_server_shuts_down() {
        let timeouts = Arc::new(Timeouts::default());
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
        let timeouts = Arc::new(Timeouts::default());
        let state = timeouts.new_connection();
        let task = wait_for_shutdown(&state);
        tokio::task::yield_now().await;
        timeouts.shut_down();
        timeouts.add(state, task.abort_handle());
        assert!(task.await.is_ok());
    }

    #[tokio::test]
    async fn a_tick_drops_closed_connections_so_that_the_thread_can_end() {
        let timeouts = Arc::new(Timeouts::default());
        let task = tokio::spawn(async {});
        timeouts.add(timeouts.new_connection(), task.abort_handle());
        assert!(task.await.is_ok());
        timeouts.tick();
        assert_eq!(Arc::strong_count(&timeouts), 1);
    }

    #[tokio::test]
    async fn a_client_that_still_reads_a_response_has_time_for_the_next_head() {
        let timeouts = Arc::new(Timeouts::default());
        let state = timeouts.new_connection();
        state.enter(Phase::Idle);
        state.received();
        for _ in 0..20 {
            timeouts.tick();
            state.sent();
        }
        assert!(!state.is_timed_out(timeouts.tick.load(Relaxed) + 30));
    }

    #[tokio::test]
    async fn content_after_the_response_does_not_time_out_while_it_arrives() {
        let timeouts = Arc::new(Timeouts::default());
        let state = timeouts.new_connection();
        state.set_unread_content(true);
        state.enter(Phase::Idle);
        for _ in 0..100 {
            timeouts.tick();
            state.received();
        }
        assert!(!state.is_timed_out(timeouts.tick.load(Relaxed)));
    }

    #[tokio::test]
    async fn more_bytes_of_a_head_do_not_extend_its_time() {
        let timeouts = Arc::new(Timeouts::default());
        let state = timeouts.new_connection();
        state.enter(Phase::Idle);
        timeouts.tick();
        state.sent();
        assert!(!state.is_timed_out(31));
        state.received();
        for _ in 0..11 {
            timeouts.tick();
            state.received();
        }
        assert!(state.is_timed_out(timeouts.tick.load(Relaxed)));
    }
}
