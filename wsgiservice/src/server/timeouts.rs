//! Which connections have been waiting for too long, told by one coarse tick for all of them.
//!
//! A timer for each request would be set and put off as often, which costs more than to parse the request. Here, a
//! connection notes what it waits for, and since which tick; once a second somebody looks.

use std::{
    future::poll_fn,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
    task::{Poll, Waker},
    thread,
    time::Duration,
};

use tokio::task::AbortHandle;

use crate::http::clock::Ticker;

/// The time between two ticks.
const SECOND: Duration = Duration::from_secs(1);

/// All connections of a runtime, and the tick.
#[derive(Debug, Default)]
pub(super) struct Timeouts {
    tick: AtomicU32,
    connections: Mutex<Vec<(Arc<ConnectionState>, AbortHandle)>>,
    /// Whether all of them are to end.
    is_shutting_down: AtomicBool,
}

/// What one connection waits for.
#[derive(Debug)]
pub(super) struct ConnectionState {
    timeouts: Arc<Timeouts>,
    /// The phase, and since which tick, in one: whoever looks from elsewhere sees both of the same moment.
    phase_and_tick: AtomicU32,
    /// Whether the client may still be sending content that nobody has read.
    has_unread_content: AtomicBool,
    /// Wakes the connection's task.
    waker: Mutex<Option<Waker>>,
}

/// How many bits of a state are its phase.
const PHASE_BITS: u32 = 3;

/// The ticks that a state can tell: more than a year of them, after which they begin anew.
const TICKS: u32 = u32::MAX >> PHASE_BITS;

/// What a connection does, and how long it may, in ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// It is new, and waits for the head of a request.
    New,
    /// It is between two requests.
    Idle,
    /// A head is arriving.
    Head,
    /// A request is answered.
    Busy,
    /// It is over, but for what the client still sends.
    Lingering,
}

impl Phase {
    /// How long it may last, in ticks.
    fn longest(self) -> Option<u32> {
        match self {
            Self::New | Self::Head => Some(10),
            Self::Idle => Some(30),
            Self::Busy => None,
            Self::Lingering => Some(5),
        }
    }
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
            tracing::error!(%error, "cannot start the timeout thread; idle connections will not be closed");
        }
        timeouts
    }

    /// Watches a connection from now on.
    pub(super) fn connection(self: &Arc<Self>) -> Arc<ConnectionState> {
        let state = ConnectionState {
            timeouts: Arc::clone(self),
            phase_and_tick: AtomicU32::default(),
            has_unread_content: AtomicBool::default(),
            waker: Mutex::default(),
        };
        state.enter(Phase::New);
        Arc::new(state)
    }

    /// Ends the task of a connection where that waits for too long.
    pub(super) fn add(&self, state: Arc<ConnectionState>, task: AbortHandle) {
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_shutting_down.load(Relaxed) {
            // `shut_down` has gone through the list already, perhaps after this connection looked.
            state.wake();
        }
        connections.push((state, task));
    }

    /// Tells all connections to end when they have answered.
    pub(super) fn shut_down(&self) {
        self.is_shutting_down.store(true, Relaxed);
        let connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        connections.iter().for_each(|(state, _)| state.wake());
    }

    /// A second has gone by.
    fn tick(&self) {
        let now = self.tick.fetch_add(1, Relaxed).wrapping_add(1);
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        connections.retain(|(state, task)| {
            if state.is_late(now) {
                tracing::debug!(phase = ?state.phase(), "a connection waited for too long");
                task.abort();
            }
            !task.is_finished()
        });
    }
}

fn tick_once_a_second(timeouts: &Weak<Timeouts>) {
    let clock = Ticker::start();
    while let Some(timeouts) = timeouts.upgrade() {
        clock.tick();
        timeouts.tick();
        drop(timeouts);
        thread::sleep(SECOND);
    }
}

impl ConnectionState {
    /// The connection is in this phase from now on.
    pub(super) fn enter(&self, phase: Phase) {
        let tick = self.timeouts.tick.load(Relaxed);
        self.phase_and_tick.store(tick << PHASE_BITS | phase as u32, Relaxed);
    }

    /// Notes that the task which awaits this is the connection's.
    pub(super) async fn note_task(&self) {
        let waker = poll_fn(|context| Poll::Ready(context.waker().clone())).await;
        *self.waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(waker);
    }

    /// Whether the connection is to end. Whoever tells it so wakes its task, or did so before that was noted.
    pub(super) fn is_shutting_down(&self) -> bool {
        self.timeouts.is_shutting_down.load(Relaxed)
    }

    /// Gives the task of the connection a turn.
    pub(super) fn wake(&self) {
        let waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
        waker.iter().for_each(Waker::wake_by_ref);
    }

    /// Bytes came.
    pub(super) fn received(&self) {
        match self.phase() {
            // Content that goes on though the answer is there.
            Phase::Idle if self.has_unread_content() => self.enter(Phase::Idle),
            Phase::Idle => self.enter(Phase::Head),
            _ => {}
        }
    }

    /// Bytes went: who still takes the last answer is not idle yet, and the next head has time until that is taken.
    pub(super) fn sent(&self) {
        if matches!(self.phase(), Phase::Idle | Phase::Head) {
            self.enter(Phase::Idle);
        }
    }

    pub(super) fn set_unread_content(&self, is_there: bool) {
        self.has_unread_content.store(is_there, Relaxed);
    }

    /// Whether the client may be in the midst of sending something.
    pub(super) fn may_receive(&self) -> bool {
        self.has_unread_content() || matches!(self.phase(), Phase::New | Phase::Head)
    }

    fn has_unread_content(&self) -> bool {
        self.has_unread_content.load(Relaxed)
    }

    fn phase(&self) -> Phase {
        phase(self.phase_and_tick.load(Relaxed))
    }

    fn is_late(&self, now: u32) -> bool {
        let packed = self.phase_and_tick.load(Relaxed);
        let waited = now.wrapping_sub(packed >> PHASE_BITS) & TICKS;
        phase(packed).longest().is_some_and(|longest| waited > longest)
    }
}

fn phase(packed: u32) -> Phase {
    const NEW: u32 = Phase::New as u32;
    const IDLE: u32 = Phase::Idle as u32;
    const HEAD: u32 = Phase::Head as u32;
    const LINGERING: u32 = Phase::Lingering as u32;
    match packed & ((1 << PHASE_BITS) - 1) {
        NEW => Phase::New,
        IDLE => Phase::Idle,
        HEAD => Phase::Head,
        LINGERING => Phase::Lingering,
        _ => Phase::Busy,
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::JoinHandle;

    use super::*;

    /// After how many ticks a connection in this phase is ended.
    async fn ticks(phases: &[Phase]) -> Option<u32> {
        let timeouts = Arc::new(Timeouts::default());
        let state = timeouts.connection();
        let task = tokio::spawn(std::future::pending::<()>());
        timeouts.add(Arc::clone(&state), task.abort_handle());
        phases.iter().for_each(|phase| state.enter(*phase));
        let ended = (0..100).find(|_| {
            timeouts.tick();
            state.is_late(timeouts.tick.load(Relaxed))
        });
        if ended.is_some() {
            assert!(task.await.is_err_and(|error| error.is_cancelled()));
        }
        ended
    }

    #[tokio::test]
    async fn a_connection_ends_where_it_waits_for_too_long() {
        assert_eq!(ticks(&[]).await, Some(10));
        assert_eq!(ticks(&[Phase::Busy, Phase::Idle]).await, Some(30));
        assert_eq!(ticks(&[Phase::Busy, Phase::Idle, Phase::Head]).await, Some(10));
        assert_eq!(ticks(&[Phase::Lingering]).await, Some(5));
    }

    /// A connection that waits until the server shuts down.
    fn waiting(state: &Arc<ConnectionState>) -> JoinHandle<()> {
        let state = Arc::clone(state);
        tokio::spawn(async move {
            state.note_task().await;
            poll_fn(|_| match state.is_shutting_down() {
                true => Poll::Ready(()),
                false => Poll::Pending,
            })
            .await;
        })
    }

    #[tokio::test]
    async fn waiting_connections_are_woken_when_the_server_shuts_down() {
        let timeouts = Arc::new(Timeouts::default());
        let state = timeouts.connection();
        let task = waiting(&state);
        timeouts.add(state, task.abort_handle());
        tokio::task::yield_now().await;
        assert!(!task.is_finished());
        timeouts.shut_down();
        assert!(task.await.is_ok());
    }

    #[tokio::test]
    async fn a_connection_that_is_added_after_the_shutdown_is_woken() {
        let timeouts = Arc::new(Timeouts::default());
        let state = timeouts.connection();
        let task = waiting(&state);
        tokio::task::yield_now().await;
        timeouts.shut_down();
        timeouts.add(state, task.abort_handle());
        assert!(task.await.is_ok());
    }

    #[tokio::test]
    async fn a_tick_forgets_closed_connections_so_that_the_thread_can_end() {
        let timeouts = Arc::new(Timeouts::default());
        let state = timeouts.connection();
        let mut task = tokio::spawn(async {});
        timeouts.add(state, task.abort_handle());
        assert!((&mut task).await.is_ok());
        timeouts.tick();
        assert_eq!(Arc::strong_count(&timeouts), 1);
    }

    #[tokio::test]
    async fn a_method_takes_the_time_that_it_needs() {
        assert_eq!(ticks(&[Phase::Busy]).await, None);
    }

    #[tokio::test]
    async fn who_still_takes_an_answer_has_time_for_the_next_head() {
        let timeouts = Arc::new(Timeouts::default());
        let state = timeouts.connection();
        state.enter(Phase::Idle);
        state.received();
        for _ in 0..20 {
            timeouts.tick();
            state.sent();
        }
        assert!(!state.is_late(timeouts.tick.load(Relaxed) + 30));
    }

    #[tokio::test]
    async fn content_may_go_on_after_the_answer() {
        let timeouts = Arc::new(Timeouts::default());
        let state = timeouts.connection();
        state.set_unread_content(true);
        state.enter(Phase::Idle);
        for _ in 0..100 {
            timeouts.tick();
            state.received();
        }
        assert!(!state.is_late(timeouts.tick.load(Relaxed)));
    }

    #[tokio::test]
    async fn bytes_begin_a_head_and_do_not_put_off_its_end() {
        let timeouts = Arc::new(Timeouts::default());
        let state = timeouts.connection();
        state.enter(Phase::Idle);
        timeouts.tick();
        state.sent();
        assert!(!state.is_late(31));
        state.received();
        for _ in 0..11 {
            timeouts.tick();
            state.received();
        }
        assert!(state.is_late(timeouts.tick.load(Relaxed)));
    }
}
