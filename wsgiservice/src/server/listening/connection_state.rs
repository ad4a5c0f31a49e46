//! What a connection is doing, and how long each phase may last. [`timeouts`](super::timeouts) closes it then.

use std::{
    future::poll_fn,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    task::{Poll, Waker},
};

use super::{received::Received, timeouts::Timeouts, waits::Waits};
use crate::statistics::Statistics;

/// How many bits of [`ConnectionState::phase_and_tick`] hold the phase.
const PHASE_BITS: u32 = 3;

/// The largest tick that fits into the rest, after more than a year; ticks wrap around there.
const MAX_TICK: u32 = u32::MAX >> PHASE_BITS;

/// What a connection is doing, and since when.
#[derive(Debug)]
pub(super) struct ConnectionState {
    timeouts: Arc<Timeouts>,
    /// Both in one atomic, so that another thread never sees the phase of one moment with the tick of another.
    phase_and_tick: AtomicU32,
    /// Since when the client takes no byte of a response: the tick, plus 1; 0 if there is nothing to take.
    unread_since: AtomicU64,
    /// The tick at which it was opened.
    opened: u32,
    /// Whether it has existed for too long.
    is_old: AtomicBool,
    /// Whether the client may still be sending content that was not read.
    has_unread_content: AtomicBool,
    /// Whether the request in progress may get an interim response.
    allows_interim: AtomicBool,
    /// When the last interim response was sent to a client that sends no more: the tick, plus 1; 0 if there was none.
    last_interim: AtomicU64,
    received_bytes: Mutex<Received>,
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
    /// Receiving the content of a request, and computing its response.
    Busy,
    /// Sending a response in pieces.
    Streaming,
    /// Discarding what the client still sends after the last response.
    Lingering,
}

impl ConnectionState {
    /// The state of a new connection.
    pub(super) fn new(timeouts: Arc<Timeouts>) -> Self {
        let opened = timeouts.now();
        let state = Self {
            timeouts,
            phase_and_tick: AtomicU32::default(),
            unread_since: AtomicU64::default(),
            opened,
            is_old: AtomicBool::default(),
            has_unread_content: AtomicBool::default(),
            allows_interim: AtomicBool::default(),
            last_interim: AtomicU64::default(),
            received_bytes: Mutex::default(),
            waker: Mutex::default(),
        };
        state.enter(Phase::New);
        state
    }

    /// Begins a phase, whose time starts now.
    pub(super) fn enter(&self, phase: Phase) {
        self.enter_at(phase, self.timeouts.now());
    }

    fn enter_at(&self, phase: Phase, tick: u32) {
        self.phase_and_tick.store(tick << PHASE_BITS | phase as u32, Relaxed);
    }

    /// Registers the task that awaits this as the one that [`wake`](Self::wake) wakes.
    pub(super) async fn register_task(&self) {
        let waker = poll_fn(|context| Poll::Ready(context.waker().clone())).await;
        *self.waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(waker);
    }

    /// What is counted.
    pub(super) fn statistics(&self) -> &Statistics {
        self.timeouts.statistics()
    }

    /// Whether the server is shutting down. Becoming `true` wakes the task, unless it is not registered yet.
    pub(super) fn is_shutting_down(&self) -> bool {
        self.timeouts.is_shutting_down()
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
            // The time for the first head has begun with the connection.
            Phase::New => self.enter_at(Phase::Head, self.opened),
            _ => {}
        }
    }

    /// Records that bytes were sent: while a client still reads the last response, neither the idle connection nor the
    /// next head times out.
    pub(super) fn sent(&self) {
        if self.is_unread() {
            self.unread_since.store(0, Relaxed);
        }
        if matches!(self.phase(), Phase::Idle | Phase::Head) {
            self.enter(Phase::Idle);
        }
    }

    /// Records that the socket has no room for a response.
    pub(super) fn not_sent(&self) {
        if !self.is_unread() {
            self.unread_since.store(u64::from(self.timeouts.now()) + 1, Relaxed);
        }
    }

    /// Whether the client does not read a response.
    pub(super) fn is_unread(&self) -> bool {
        self.unread_since.load(Relaxed) != 0
    }

    /// Whether a request is in progress, from its head to the end of its response.
    pub(super) fn is_in_progress(&self) -> bool {
        matches!(self.phase(), Phase::Busy | Phase::Streaming) || self.is_unread()
    }

    /// Whether the connection has existed for too long.
    pub(super) fn is_old(&self) -> bool {
        self.is_old.load(Relaxed)
    }

    /// What the client has sent.
    pub(super) fn received_bytes(&self) -> MutexGuard<'_, Received> {
        self.received_bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_unread_content(&self, has_unread_content: bool) {
        self.has_unread_content.store(has_unread_content, Relaxed);
    }

    /// Records whether the request in progress may get an interim response: if its client speaks HTTP/1.1 (RFC 9110,
    /// section 15.2).
    pub(super) fn set_allows_interim(&self, allows_interim: bool) {
        self.allows_interim.store(allows_interim, Relaxed);
    }

    /// Records that an interim response was sent to a client that sends no more.
    pub(super) fn interim_sent(&self) {
        self.last_interim.store(u64::from(self.timeouts.now()) + 1, Relaxed);
    }

    /// Whether a client that sends no more gets an interim response now.
    pub(super) fn is_interim_due(&self) -> bool {
        self.allows_interim() && self.since_interim().is_none_or(|ticks| self.is_long(ticks))
    }

    /// Whether a client that sends no more gets another interim response at this tick, for which the task is woken.
    pub(super) fn is_next_interim_due(&self) -> bool {
        self.since_interim().is_some_and(|ticks| self.is_long(ticks)) && self.allows_interim()
    }

    /// How many ticks ago the last interim response was sent.
    fn since_interim(&self) -> Option<u32> {
        let last = u32::try_from(self.last_interim.load(Relaxed).checked_sub(1)?).ok()?;
        Some(self.timeouts.now().wrapping_sub(last))
    }

    fn is_long(&self, ticks: u32) -> bool {
        ticks >= self.timeouts.waits().interim
    }

    /// Whether an interim response may be sent now: not after the head of the response, and not while a client may wait
    /// with its content for a 100.
    fn allows_interim(&self) -> bool {
        self.allows_interim.load(Relaxed)
            && self.phase() == Phase::Busy
            && !self.has_unread_content()
    }

    /// Whether the client may be in the middle of a request.
    pub(super) fn client_may_be_sending(&self) -> bool {
        self.has_unread_content() || self.phase() == Phase::Head
    }

    pub(super) fn has_unread_content(&self) -> bool {
        self.has_unread_content.load(Relaxed)
    }

    pub(super) fn phase(&self) -> Phase {
        Phase::unpack(self.phase_and_tick.load(Relaxed))
    }

    /// Whether the connection waits for its client for too long, at this tick.
    pub(super) fn is_timed_out(&self, now: u32) -> bool {
        let waits = self.timeouts.waits();
        let unread_since = self.unread_since.load(Relaxed);
        if let Some(since) = unread_since.checked_sub(1).and_then(|since| u32::try_from(since).ok())
        {
            return now.wrapping_sub(since) > waits.response;
        }
        let packed = self.phase_and_tick.load(Relaxed);
        let waited = now.wrapping_sub(packed >> PHASE_BITS) & MAX_TICK;
        Phase::unpack(packed).longest(waits).is_some_and(|longest| waited > longest)
    }

    /// Notices that the connection has existed for too long, at this tick.
    pub(super) fn grow_old(&self, now: u32) {
        if now.wrapping_sub(self.opened) > self.timeouts.waits().age {
            self.is_old.store(true, Relaxed);
        }
    }
}

impl Phase {
    /// How long the phase may last, in ticks. A request has times of its own.
    fn longest(self, waits: &Waits) -> Option<u32> {
        match self {
            Self::New | Self::Head => Some(waits.head),
            Self::Idle => Some(waits.idle),
            Self::Busy | Self::Streaming => None,
            Self::Lingering => Some(waits.lingering),
        }
    }

    fn unpack(packed: u32) -> Self {
        const NEW: u32 = Phase::New as u32;
        const IDLE: u32 = Phase::Idle as u32;
        const HEAD: u32 = Phase::Head as u32;
        const STREAMING: u32 = Phase::Streaming as u32;
        const LINGERING: u32 = Phase::Lingering as u32;
        match packed & ((1 << PHASE_BITS) - 1) {
            NEW => Self::New,
            IDLE => Self::Idle,
            HEAD => Self::Head,
            STREAMING => Self::Streaming,
            LINGERING => Self::Lingering,
            _ => Self::Busy,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    #[test]
    fn a_client_that_still_reads_a_response_has_time_for_the_next_head() {
        let timeouts = Timeouts::new(&Limits::default(), &Arc::default());
        let state = timeouts.new_connection();
        state.enter(Phase::Idle);
        state.received();
        for _ in 0..20 {
            timeouts.tick();
            state.sent();
        }
        assert!(!state.is_timed_out(timeouts.now() + 30));
    }

    #[test]
    fn content_after_the_response_does_not_time_out_while_it_arrives() {
        let timeouts = Timeouts::new(&Limits::default(), &Arc::default());
        let state = timeouts.new_connection();
        state.set_unread_content(true);
        state.enter(Phase::Idle);
        for _ in 0..100 {
            timeouts.tick();
            state.received();
        }
        assert!(!state.is_timed_out(timeouts.now()));
    }

    #[test]
    fn more_bytes_of_a_head_do_not_extend_its_time() {
        let timeouts = Timeouts::new(&Limits::default(), &Arc::default());
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
        assert!(state.is_timed_out(timeouts.now()));
    }

    #[test]
    fn a_client_that_sent_nothing_is_not_in_the_middle_of_a_request() {
        let state = Timeouts::new(&Limits::default(), &Arc::default()).new_connection();
        assert!(!state.client_may_be_sending());
        state.received();
        assert!(state.client_may_be_sending());
    }

    #[test]
    fn the_time_for_the_first_head_begins_with_the_connection() {
        let timeouts = Timeouts::new(&Limits::default(), &Arc::default());
        let state = timeouts.new_connection();
        for _ in 0..11 {
            assert!(!state.is_timed_out(timeouts.now()));
            timeouts.tick();
            state.received();
        }
        assert!(state.is_timed_out(timeouts.now()));
    }

    #[test]
    fn a_response_times_out_if_no_byte_is_read() {
        let timeouts = Timeouts::new(&Limits::default(), &Arc::default());
        let state = timeouts.new_connection();
        for phase in [Phase::Busy, Phase::Idle, Phase::Head] {
            state.enter(phase);
            state.not_sent();
            let since = timeouts.now();
            (0..10).for_each(|_| timeouts.tick());
            state.not_sent();
            assert!(!state.is_timed_out(since + 30) && state.is_timed_out(since + 31));
            state.sent();
            assert!(!state.is_timed_out(since + 31));
        }
    }

    #[test]
    fn interim_responses_are_sent_at_intervals() {
        let timeouts = Timeouts::new(&Limits::default(), &Arc::default());
        let state = timeouts.new_connection();
        state.enter(Phase::Busy);
        assert!(!state.is_interim_due());
        state.set_allows_interim(true);
        assert!(state.is_interim_due() && !state.is_next_interim_due());
        for _ in 0..3 {
            state.interim_sent();
            for _ in 0..3 {
                assert!(!state.is_interim_due() && !state.is_next_interim_due());
                timeouts.tick();
            }
            assert!(state.is_interim_due() && state.is_next_interim_due());
        }
        state.set_unread_content(true);
        assert!(!state.is_interim_due() && !state.is_next_interim_due());
        state.set_unread_content(false);
        state.enter(Phase::Streaming);
        assert!(!state.is_interim_due() && !state.is_next_interim_due());
    }

    #[test]
    fn a_connection_grows_old() {
        let timeouts = Timeouts::new(&Limits::default(), &Arc::default());
        let state = timeouts.new_connection();
        state.grow_old(3600);
        assert!(!state.is_old());
        state.grow_old(3601);
        assert!(state.is_old());
    }
}
