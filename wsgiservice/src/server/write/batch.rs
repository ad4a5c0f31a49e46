//! What the connections of a thread have to send, until the end of their turns.
//!
//! To answer the requests that are there, one after the other, and then to send all the answers, costs less than to do
//! both for each: what the processor has at hand of this program is not replaced by what it needs of the kernel, and
//! back, once for every request. The answers to pipelined requests are sent as one for the same reason.

use std::{
    cell::RefCell,
    future::{Future, poll_fn},
    mem,
    sync::Arc,
    task::{Poll, Waker},
    time::{Duration, Instant},
};

use super::half::WriteHalf;

/// How many bytes wait at the most.
const MAX_BYTES: usize = 16 << 10;

/// How many turns of connections an answer waits for at the most, its own among them; more would gain little.
const MAX_TURNS: usize = 64;

/// How long these may take, where each takes as long as those before: one that computes for long holds up few answers.
const MAX_TIME: Duration = Duration::from_micros(250);

thread_local! {
    static WRITE_BATCH: RefCell<WriteBatch> = const { RefCell::new(WriteBatch::new()) };
}

/// What a thread has to send.
struct WriteBatch {
    bytes: Vec<u8>,
    segments: Vec<Segment>,
    /// How many turns the first of them has waited for.
    turns: usize,
    /// When the first of these turns ended.
    since: Option<Instant>,
    /// How many turns there may be.
    max_turns: usize,
    /// Who sends it when all that were ready had their turn.
    flusher: Option<Waker>,
    /// Whether the flusher is on its way.
    is_woken: bool,
}

/// Some of the bytes: from the end of the segment before to its own.
struct Segment {
    half: Arc<WriteHalf>,
    end: usize,
}

/// Sends what the connections of this thread have to send, each time that those which were ready had their turn.
///
/// It is a task of a runtime that has this thread alone, and called by the first that has something to send. The tasks that
/// were ready before have their turns before it, those of connections and others.
pub(in crate::server) fn flush_task() -> impl Future<Output = ()> {
    poll_fn(|context| {
        WRITE_BATCH.with_borrow_mut(|batch| {
            batch.flusher.get_or_insert_with(|| context.waker().clone());
            batch.flush();
        });
        Poll::Pending
    })
}

/// Takes bytes to send until the end of the turn.
pub(in crate::server) fn push(half: &Arc<WriteHalf>, bytes: &[u8]) {
    WRITE_BATCH.with_borrow_mut(|batch| batch.push(half, bytes));
}

/// Sends all that waits, at once: what waits for others goes before what comes after it.
pub(in crate::server) fn flush() {
    // Where the thread ends, nothing waits any more.
    let _ = WRITE_BATCH.try_with(|batch| batch.borrow_mut().flush());
}

/// A connection had its turn. What it has to send waits for the others, unless it is alone, or nobody delivers here.
pub(in crate::server) fn end_turn(is_alone: bool) {
    WRITE_BATCH.with_borrow_mut(|batch| {
        if batch.segments.is_empty() {
            return;
        }
        batch.turns += 1;
        match &batch.flusher {
            Some(flusher) if !is_alone && batch.turns < batch.max_turns => {
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
            self.max_turns = turns_in_time(self.turns - 1, since.elapsed());
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

/// How many turns take no longer than they may, where so many took so long; there is always one more than an answer's own, to
/// learn from.
fn turns_in_time(turns: usize, took: Duration) -> usize {
    let most = MAX_TIME.as_nanos().saturating_mul(turns as u128) / took.as_nanos().max(1);
    usize::try_from(most).unwrap_or(MAX_TURNS).clamp(2, MAX_TURNS)
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};

    use tokio::net::TcpListener;

    use super::*;
    use crate::server::timeouts::Timeouts;

    /// A client that never waits, and who sends to it.
    async fn pair() -> io::Result<(std::net::TcpStream, Arc<WriteHalf>)> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let client = std::net::TcpStream::connect(listener.local_addr()?)?;
        client.set_nonblocking(true)?;
        let stream = listener.accept().await?.0;
        stream.writable().await?;
        let state = Arc::new(Timeouts::default()).connection();
        Ok((client, Arc::new(WriteHalf::new(stream.into_split().1, state))))
    }

    /// What has come.
    fn come(client: &mut std::net::TcpStream) -> String {
        let mut text = Vec::new();
        let _ = client.read_to_end(&mut text);
        String::from_utf8(text).expect("text")
    }

    /// What is posted here waits.
    async fn with_flusher() {
        tokio::spawn(flush_task());
        tokio::task::yield_now().await;
    }

    #[tokio::test]
    async fn each_gets_its_own_in_order() -> io::Result<()> {
        with_flusher().await;
        let ((mut one, to_one), (mut two, to_two)) = (pair().await?, pair().await?);
        for (half, text) in
            [(&to_one, "a"), (&to_two, "b"), (&to_one, "c"), (&to_one, "d"), (&to_two, "e")]
        {
            push(half, text.as_bytes());
            end_turn(false);
        }
        assert_eq!((come(&mut one), come(&mut two)), (String::new(), String::new()));
        tokio::task::yield_now().await;
        assert_eq!((come(&mut one), come(&mut two)), ("acd".to_owned(), "be".to_owned()));
        Ok(())
    }

    #[tokio::test]
    async fn an_answer_waits_for_so_many_turns_at_the_most() -> io::Result<()> {
        with_flusher().await;
        let (mut client, half) = pair().await?;
        push(&half, b"a");
        (1..MAX_TURNS).for_each(|_| end_turn(false));
        assert_eq!(come(&mut client), "");
        end_turn(false);
        assert_eq!(come(&mut client), "a");
        Ok(())
    }

    #[test]
    fn the_longer_turns_take_the_fewer_an_answer_waits_for() {
        let turns =
            [10, 25, 1_000].map(|micros| turns_in_time(10, Duration::from_micros(10 * micros)));
        assert_eq!(turns, [25, 10, 2]);
        assert_eq!(turns_in_time(10, Duration::ZERO), MAX_TURNS);
    }

    #[tokio::test]
    async fn no_more_than_so_many_bytes_wait() -> io::Result<()> {
        with_flusher().await;
        let (mut client, half) = pair().await?;
        push(&half, &[b'a'; MAX_BYTES]);
        assert_eq!(come(&mut client), "");
        push(&half, b"b");
        assert_eq!(come(&mut client).len(), MAX_BYTES);
        Ok(())
    }

    #[tokio::test]
    async fn who_is_alone_or_has_no_flusher_waits_for_nobody() -> io::Result<()> {
        let (mut client, half) = pair().await?;
        push(&half, b"a");
        end_turn(false);
        assert_eq!(come(&mut client), "a");
        with_flusher().await;
        push(&half, b"b");
        end_turn(true);
        assert_eq!(come(&mut client), "b");
        Ok(())
    }
}
