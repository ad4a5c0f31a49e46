//! The bytes that the connections of a thread have written, until they are sent together.
//!
//! Responding to all requests that are ready, and then sending all responses, costs less than alternating between the
//! two for each request: the processor's caches then change between this program and the kernel once per batch, not
//! once per request. The responses to pipelined requests become one write for the same reason.
//!
//! A *turn* of a connection is one poll of its task. If the thread has a [`flush_task`], a batch waits for the turns of
//! the other connections that are ready; otherwise, it is sent at the end of the turn.
//!
//! # What the thread-local is worth
//! The batch is a cache: sending each write at once would send the same bytes. Waiting for the other connections gives
//! 4 to 6 % more requests per second, of which 1 % comes from 64 turns instead of eight (`benches/README.md`).

use std::{
    cell::RefCell,
    future::{Future, poll_fn},
    mem,
    sync::Arc,
    task::{Poll, Waker},
    time::{Duration, Instant},
};

use super::half::WriteHalf;

/// How many bytes a batch holds at most.
const MAX_BYTES: usize = 16 << 10;

/// How many turns a batch waits for at most, including the first connection's own. More would gain little.
const MAX_TURNS: usize = 64;

/// How long these turns may take, if each takes as long as in the batch before: a method that computes for long then
/// delays few responses.
const MAX_DELAY: Duration = Duration::from_micros(250);

thread_local! {
    static WRITE_BATCH: RefCell<WriteBatch> = const { RefCell::new(WriteBatch::new()) };
}

/// The unsent bytes of a thread.
struct WriteBatch {
    bytes: Vec<u8>,
    segments: Vec<Segment>,
    /// How many turns have ended since the first segment was pushed.
    turns: usize,
    /// When the first of these turns ended.
    since: Option<Instant>,
    /// How many turns the batch may wait for, as measured with the batch before.
    max_turns: usize,
    /// Wakes the [`flush_task`]; `None` if the thread does not have one.
    flusher: Option<Waker>,
    /// Whether the flusher was woken for this batch.
    is_woken: bool,
}

/// The bytes of one socket: from the end of the segment before to `end`.
struct Segment {
    half: Arc<WriteHalf>,
    end: usize,
}

/// Sends the batch of this thread whenever the tasks that were ready have had their turn.
///
/// To be spawned on a runtime that has this thread alone. The first connection that pushes bytes wakes it, and it then
/// runs after the tasks that were ready before it.
pub(in crate::server) fn flush_task() -> impl Future<Output = ()> {
    poll_fn(|context| {
        WRITE_BATCH.with_borrow_mut(|batch| {
            batch.flusher.get_or_insert_with(|| context.waker().clone());
            batch.flush();
        });
        Poll::Pending
    })
}

/// Adds bytes to the batch, to be sent through `half`.
pub(in crate::server) fn push(half: &Arc<WriteHalf>, bytes: &[u8]) {
    WRITE_BATCH.with_borrow_mut(|batch| batch.push(half, bytes));
}

/// Sends the batch now, so that bytes which are written directly to a socket afterwards stay in order.
pub(in crate::server) fn flush() {
    // If the thread-local is destroyed already, nothing is left to send.
    let _ = WRITE_BATCH.try_with(|batch| batch.borrow_mut().flush());
}

/// Ends the turn of a connection. The batch waits for the turns of others, unless this is the only connection or the
/// thread has no [`flush_task`].
pub(in crate::server) fn end_turn(is_only_connection: bool) {
    WRITE_BATCH.with_borrow_mut(|batch| {
        if batch.segments.is_empty() {
            return;
        }
        batch.turns += 1;
        match &batch.flusher {
            Some(flusher) if !is_only_connection && batch.turns < batch.max_turns => {
                batch.since.get_or_insert_with(Instant::now);
                if !mem::replace(&mut batch.is_woken, true) {
                    flusher.wake_by_ref();
                }
            }
            _ => batch.flush(),
        }
    });
}

impl WriteBatch {
    const fn new() -> Self {
        Self {
            bytes: Vec::new(),
            segments: Vec::new(),
            turns: 0,
            since: None,
            max_turns: MAX_TURNS,
            flusher: None,
            is_woken: false,
        }
    }

    fn push(&mut self, half: &Arc<WriteHalf>, bytes: &[u8]) {
        if self.bytes.len().saturating_add(bytes.len()) > MAX_BYTES {
            self.flush();
        }
        self.bytes.extend_from_slice(bytes);
        let end = self.bytes.len();
        match self.segments.last_mut() {
            Some(last) if Arc::ptr_eq(&last.half, half) => last.end = end,
            _ => self.segments.push(Segment { half: Arc::clone(half), end }),
        }
    }

    fn flush(&mut self) {
        if let (Some(since), 2..) = (self.since.take(), self.turns) {
            self.max_turns = turns_within_delay(self.turns - 1, since.elapsed());
        }
        let mut begin = 0;
        for segment in &self.segments {
            segment.half.write(self.bytes.get(begin..segment.end).unwrap_or_default());
            begin = segment.end;
        }
        self.segments.clear();
        self.bytes.clear();
        self.turns = 0;
        self.is_woken = false;
    }
}

/// Returns how many turns take at most [`MAX_DELAY`], if `turns` of them took `took`: at least two, since measuring
/// begins at the end of the first.
fn turns_within_delay(turns: usize, took: Duration) -> usize {
    let most = MAX_DELAY.as_nanos().saturating_mul(turns as u128) / took.as_nanos().max(1);
    usize::try_from(most).unwrap_or(MAX_TURNS).clamp(2, MAX_TURNS)
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};

    use tokio::net::TcpListener;

    use super::*;
    use crate::server::timeouts::Timeouts;

    /// A client that does not block, and the half that writes to it.
    async fn pair() -> io::Result<(std::net::TcpStream, Arc<WriteHalf>)> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let client = std::net::TcpStream::connect(listener.local_addr()?)?;
        client.set_nonblocking(true)?;
        let stream = listener.accept().await?.0;
        stream.writable().await?;
        let state = Arc::new(Timeouts::default()).new_connection();
        Ok((client, Arc::new(WriteHalf::new(stream.into_split().1, state))))
    }

    /// Returns what the client has received.
    fn received(client: &mut std::net::TcpStream) -> String {
        let mut text = Vec::new();
        let _ = client.read_to_end(&mut text);
        String::from_utf8(text).expect("text")
    }

    /// Starts a flush task, so that batches wait.
    async fn start_flush_task() {
        tokio::spawn(flush_task());
        tokio::task::yield_now().await;
    }

    #[tokio::test]
    async fn each_connection_gets_its_own_bytes_in_order() -> io::Result<()> {
        start_flush_task().await;
        let ((mut one, to_one), (mut two, to_two)) = (pair().await?, pair().await?);
        for (half, text) in
            [(&to_one, "a"), (&to_two, "b"), (&to_one, "c"), (&to_one, "d"), (&to_two, "e")]
        {
            push(half, text.as_bytes());
            end_turn(false);
        }
        assert_eq!((received(&mut one), received(&mut two)), (String::new(), String::new()));
        tokio::task::yield_now().await;
        assert_eq!((received(&mut one), received(&mut two)), ("acd".to_owned(), "be".to_owned()));
        Ok(())
    }

    #[tokio::test]
    async fn a_batch_is_sent_after_the_maximum_number_of_turns() -> io::Result<()> {
        start_flush_task().await;
        let (mut client, half) = pair().await?;
        push(&half, b"a");
        (1..MAX_TURNS).for_each(|_| end_turn(false));
        assert_eq!(received(&mut client), "");
        end_turn(false);
        assert_eq!(received(&mut client), "a");
        Ok(())
    }

    #[test]
    fn the_longer_turns_take_the_fewer_a_batch_waits_for() {
        let turns = [10, 25, 1_000]
            .map(|micros| turns_within_delay(10, Duration::from_micros(10 * micros)));
        assert_eq!(turns, [25, 10, 2]);
        assert_eq!(turns_within_delay(10, Duration::ZERO), MAX_TURNS);
    }

    #[tokio::test]
    async fn a_full_batch_is_sent_before_more_is_added() -> io::Result<()> {
        start_flush_task().await;
        let (mut client, half) = pair().await?;
        push(&half, &[b'a'; MAX_BYTES]);
        assert_eq!(received(&mut client), "");
        push(&half, b"b");
        assert_eq!(received(&mut client).len(), MAX_BYTES);
        Ok(())
    }

    #[tokio::test]
    async fn a_single_connection_or_a_thread_without_a_flush_task_does_not_wait() -> io::Result<()>
    {
        let (mut client, half) = pair().await?;
        push(&half, b"a");
        end_turn(false);
        assert_eq!(received(&mut client), "a");
        start_flush_task().await;
        push(&half, b"b");
        end_turn(true);
        assert_eq!(received(&mut client), "b");
        Ok(())
    }
}
