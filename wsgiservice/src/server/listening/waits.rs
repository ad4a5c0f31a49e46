//! How long a connection may wait for its client, in ticks.

use std::time::Duration;

use crate::limits::Limits;

/// The longest time between two ticks.
const LONGEST_TICK: Duration = Duration::from_secs(1);

/// The shortest time between two ticks.
const SHORTEST_TICK: Duration = Duration::from_millis(1);

/// How many ticks there are at least in the shortest wait.
const TICKS: u32 = 10;

/// How many interim responses a client that sends no more gets in the time in which it has to read something.
const INTERIMS: u32 = 10;

/// How long the client may go on sending after the last response.
const LINGERING: Duration = Duration::from_secs(5);

/// The longest waits of a connection, in ticks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waits {
    /// The time between two ticks.
    pub(super) tick: Duration,
    /// For the head of a request.
    pub(super) head: u32,
    /// For another request.
    pub(super) idle: u32,
    /// For the client to read.
    pub(super) response: u32,
    /// For the end of what the client sends after the last response.
    pub(super) lingering: u32,
    /// For the next interim response to a client that sends no more.
    pub(super) interim: u32,
    /// For the end of the connection.
    pub(super) age: u32,
}

impl Waits {
    pub(super) fn new(limits: &Limits) -> Self {
        let Limits { head_time, idle_time, response_pause, connection_time, .. } = *limits;
        let shortest = head_time.min(idle_time).min(response_pause).min(connection_time);
        let tick = (shortest / TICKS).clamp(SHORTEST_TICK, LONGEST_TICK);
        let ticks = |wait: Duration| {
            u32::try_from(wait.as_nanos().div_ceil(tick.as_nanos())).unwrap_or(u32::MAX)
        };
        Self {
            tick,
            head: ticks(head_time),
            idle: ticks(idle_time),
            response: ticks(response_pause),
            lingering: ticks(LINGERING),
            interim: ticks(response_pause / INTERIMS).max(1),
            age: ticks(connection_time),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tick_is_at_most_a_second() {
        let waits = Waits::new(&Limits::default());
        assert_eq!(waits.tick, LONGEST_TICK);
        assert_eq!([waits.head, waits.idle, waits.interim, waits.age], [10, 30, 3, 3600]);
    }

    #[test]
    fn the_tick_follows_the_shortest_limit() {
        let head_time = Duration::from_millis(150);
        let waits = Waits::new(&Limits { head_time, ..Limits::default() });
        assert_eq!((waits.tick, waits.head), (head_time / TICKS, TICKS));
        let none = Waits::new(&Limits { head_time: Duration::ZERO, ..Limits::default() });
        assert_eq!((none.tick, none.head), (SHORTEST_TICK, 0));
    }
}
