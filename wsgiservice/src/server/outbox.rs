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

use super::sender::Sender;

/// How many bytes wait at the most.
const MOST_BYTES: usize = 16 << 10;

/// How many turns of connections an answer waits for at the most, its own among them; more would gain little.
const MOST_TURNS: usize = 64;

/// How long these may take, where each takes as long as those before: one that computes for long holds up few answers.
const MOST_TIME: Duration = Duration::from_micros(250);

thread_local! {
    static OUTBOX: RefCell<Outbox> = const { RefCell::new(Outbox::new()) };
}

/// What a thread has to send.
struct Outbox {
    bytes: Vec<u8>,
    letters: Vec<Letter>,
    /// How many turns the first of them has waited for.
    turns: usize,
    /// When the first of these turns ended.
    since: Option<Instant>,
    /// How many turns there may be.
    most_turns: usize,
    /// Who sends it when all that were ready had their turn.
    courier: Option<Waker>,
    /// Whether the courier is on its way.
    is_called: bool,
}

/// Some of the bytes: from the end of the letter before to its own.
struct Letter {
    sender: Arc<Sender>,
    end: usize,
}

/// Sends what the connections of this thread have to send, each time that those which were ready had their turn.
///
/// It is a task of a runtime that has this thread alone, and called by the first that has something to send. The tasks that
/// were ready before have their turns before it, those of connections and others.
pub(super) fn deliver() -> impl Future<Output = ()> {
    poll_fn(|context| {
        OUTBOX.with_borrow_mut(|outbox| {
            outbox.courier.get_or_insert_with(|| context.waker().clone());
            outbox.send();
        });
        Poll::Pending
    })
}

/// Takes bytes to send until the end of the turn.
pub(super) fn post(sender: &Arc<Sender>, bytes: &[u8]) {
    OUTBOX.with_borrow_mut(|outbox| outbox.post(sender, bytes));
}

/// Sends all that waits, at once: what waits for others goes before what comes after it.
pub(super) fn send() {
    // Where the thread ends, nothing waits any more.
    let _ = OUTBOX.try_with(|outbox| outbox.borrow_mut().send());
}

/// A connection had its turn. What it has to send waits for the others, unless it is alone, or nobody delivers here.
pub(super) fn end_turn(is_alone: bool) {
    OUTBOX.with_borrow_mut(|outbox| {
        if outbox.letters.is_empty() {
            return;
        }
        outbox.turns += 1;
        match &outbox.courier {
            Some(courier) if !is_alone && outbox.turns < outbox.most_turns => {
                outbox.since.get_or_insert_with(Instant::now);
                if !mem::replace(&mut outbox.is_called, true) {
                    courier.wake_by_ref();
                }
            }
            _ => outbox.send(),
        }
    });
}

impl Outbox {
    const fn new() -> Self {
        Self {
            bytes: Vec::new(),
            letters: Vec::new(),
            turns: 0,
            since: None,
            most_turns: MOST_TURNS,
            courier: None,
            is_called: false,
        }
    }

    fn post(&mut self, sender: &Arc<Sender>, bytes: &[u8]) {
        if self.bytes.len().saturating_add(bytes.len()) > MOST_BYTES {
            self.send();
        }
        self.bytes.extend_from_slice(bytes);
        let end = self.bytes.len();
        match self.letters.last_mut() {
            Some(last) if Arc::ptr_eq(&last.sender, sender) => last.end = end,
            _ => self.letters.push(Letter { sender: Arc::clone(sender), end }),
        }
    }

    fn send(&mut self) {
        if let (Some(since), 2..) = (self.since.take(), self.turns) {
            self.most_turns = turns_in_time(self.turns - 1, since.elapsed());
        }
        let mut begin = 0;
        for letter in &self.letters {
            letter.sender.send(self.bytes.get(begin..letter.end).unwrap_or_default());
            begin = letter.end;
        }
        self.letters.clear();
        self.bytes.clear();
        self.turns = 0;
        self.is_called = false;
    }
}

/// How many turns take no longer than they may, where so many took so long; there is always one more than an answer's own, to
/// learn from.
fn turns_in_time(turns: usize, took: Duration) -> usize {
    let most = MOST_TIME.as_nanos().saturating_mul(turns as u128) / took.as_nanos().max(1);
    usize::try_from(most).unwrap_or(MOST_TURNS).clamp(2, MOST_TURNS)
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};

    use tokio::net::TcpListener;

    use super::*;
    use crate::server::watch::Watcher;

    /// A client that never waits, and who sends to it.
    async fn pair() -> io::Result<(std::net::TcpStream, Arc<Sender>)> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let client = std::net::TcpStream::connect(listener.local_addr()?)?;
        client.set_nonblocking(true)?;
        let stream = listener.accept().await?.0;
        stream.writable().await?;
        let watch = Watcher::new().watch();
        Ok((client, Arc::new(Sender::new(stream.into_split().1, watch))))
    }

    /// What has come.
    fn come(client: &mut std::net::TcpStream) -> String {
        let mut text = Vec::new();
        let _ = client.read_to_end(&mut text);
        String::from_utf8(text).expect("text")
    }

    /// What is posted here waits.
    async fn with_courier() {
        tokio::spawn(deliver());
        tokio::task::yield_now().await;
    }

    #[tokio::test]
    async fn each_gets_its_own_in_order() -> io::Result<()> {
        with_courier().await;
        let ((mut one, to_one), (mut two, to_two)) = (pair().await?, pair().await?);
        for (sender, text) in
            [(&to_one, "a"), (&to_two, "b"), (&to_one, "c"), (&to_one, "d"), (&to_two, "e")]
        {
            post(sender, text.as_bytes());
            end_turn(false);
        }
        assert_eq!((come(&mut one), come(&mut two)), (String::new(), String::new()));
        tokio::task::yield_now().await;
        assert_eq!((come(&mut one), come(&mut two)), ("acd".to_owned(), "be".to_owned()));
        Ok(())
    }

    #[tokio::test]
    async fn an_answer_waits_for_so_many_turns_at_the_most() -> io::Result<()> {
        with_courier().await;
        let (mut client, sender) = pair().await?;
        post(&sender, b"a");
        (1..MOST_TURNS).for_each(|_| end_turn(false));
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
        assert_eq!(turns_in_time(10, Duration::ZERO), MOST_TURNS);
    }

    #[tokio::test]
    async fn no_more_than_so_many_bytes_wait() -> io::Result<()> {
        with_courier().await;
        let (mut client, sender) = pair().await?;
        post(&sender, &[b'a'; MOST_BYTES]);
        assert_eq!(come(&mut client), "");
        post(&sender, b"b");
        assert_eq!(come(&mut client).len(), MOST_BYTES);
        Ok(())
    }

    #[tokio::test]
    async fn who_is_alone_or_has_no_courier_waits_for_nobody() -> io::Result<()> {
        let (mut client, sender) = pair().await?;
        post(&sender, b"a");
        end_turn(false);
        assert_eq!(come(&mut client), "a");
        with_courier().await;
        post(&sender, b"b");
        end_turn(true);
        assert_eq!(come(&mut client), "b");
        Ok(())
    }
}
