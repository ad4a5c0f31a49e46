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
};

use super::sender::Sender;

/// How many bytes wait at the most.
const MOST_BYTES: usize = 16 << 10;

/// How many connections wait for each other at the most. Where methods compute for long, an answer that is ready waits for
/// so many of them; and more would gain little.
const MOST_LETTERS: usize = 8;

thread_local! {
    static OUTBOX: RefCell<Outbox> = const { RefCell::new(Outbox::new()) };
}

/// What a thread has to send.
struct Outbox {
    bytes: Vec<u8>,
    letters: Vec<Letter>,
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

/// Sends what the connections of this thread have to send, each time that all of them had their turn.
///
/// It is a task of a runtime that has this thread alone: whatever is ready when it is called has its turn before it.
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

/// Sends all that waits, at once.
pub(super) fn send() {
    OUTBOX.with_borrow_mut(Outbox::send);
}

/// A connection had its turn. What it has to send waits for the others, unless it is alone, or nobody delivers here.
pub(super) fn end_turn(is_alone: bool) {
    OUTBOX.with_borrow_mut(|outbox| match &outbox.courier {
        Some(courier) if !is_alone && outbox.letters.len() < MOST_LETTERS => {
            if !outbox.letters.is_empty() && !mem::replace(&mut outbox.is_called, true) {
                courier.wake_by_ref();
            }
        }
        _ => outbox.send(),
    });
}

impl Outbox {
    const fn new() -> Self {
        Self { bytes: Vec::new(), letters: Vec::new(), courier: None, is_called: false }
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
        let mut begin = 0;
        for letter in &self.letters {
            letter.sender.send(self.bytes.get(begin..letter.end).unwrap_or_default());
            begin = letter.end;
        }
        self.letters.clear();
        self.bytes.clear();
        self.is_called = false;
    }
}
