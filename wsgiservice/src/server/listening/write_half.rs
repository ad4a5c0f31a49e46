//! The half of a socket that writes: it sends what a connection writes in one turn with one call.
//!
//! A *turn* is one poll of a connection's task. If a client sends 16 requests at once, their responses are one write: that
//! gives 2.4 times as many requests per second as a write for each (`benches/README.md`). To wait for the turns of other
//! connections as well gave at most 1.8 % more, and doubled p99.

use std::{
    future::poll_fn,
    io,
    net::Shutdown,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
};

use socket2::SockRef;
use tokio::{
    io::{Interest, ReadBuf},
    net::{TcpStream, tcp::OwnedWriteHalf},
};

use super::connection_state::ConnectionState;

/// The longest write that waits for the end of the turn, in bytes. Copying a longer one would cost as much as sending it.
const MAX_BATCHED: usize = 8 << 10;

/// How many bytes wait at most.
const MAX_WAITING: usize = 16 << 10;

/// How much room is kept for the next turn, in bytes: enough for the response to a request.
const MAX_KEPT: usize = 2 << 10;

/// What [`WriteHalf::end`] waits for. The end of what a client sends is part of two interests, and urgent data, which no
/// socket here is registered for, never comes.
#[cfg(any(target_os = "linux", target_os = "android"))]
const END: Interest = Interest::PRIORITY;

/// What [`WriteHalf::end`] waits for. If there is something to read, the end is noticed at a later poll.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const END: Interest = Interest::READABLE;

/// The half of a socket that writes, shared by the socket and the task of its connection.
#[derive(Debug)]
pub(super) struct WriteHalf {
    state: Arc<ConnectionState>,
    stream: OwnedWriteHalf,
    output: Mutex<Output>,
    /// Whether the socket had no room for all that waits; known without the lock, which most polls then do not take.
    is_blocked: AtomicBool,
}

/// What the lock protects.
#[derive(Debug, Default)]
struct Output {
    /// What was written and not sent yet.
    waiting: Vec<u8>,
    /// Where in that the last write begins.
    last: usize,
    /// Whether there was no room for the last write, so that hyper keeps the rest of a response.
    is_refused: bool,
}

impl WriteHalf {
    pub(super) fn new(stream: OwnedWriteHalf, state: Arc<ConnectionState>) -> Self {
        Self { state, stream, output: Mutex::default(), is_blocked: AtomicBool::default() }
    }

    /// Keeps a short write for the end of the turn, and passes a long one to the socket.
    pub(super) fn poll_write(
        &self,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut output = self.output();
        let written = self.poll_write_to(&mut output, context, bytes);
        output.is_refused = written.is_pending();
        written
    }

    #[inline]
    fn poll_write_to(
        &self,
        output: &mut Output,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let is_batched = bytes.len() <= MAX_BATCHED;
        if !is_batched || self.is_blocked() || output.waiting.len() + bytes.len() > MAX_WAITING {
            ready!(self.poll_send(output, context))?;
        }
        if is_batched {
            output.last = output.waiting.len();
            output.waiting.extend_from_slice(bytes);
            return Poll::Ready(Ok(bytes.len()));
        }
        let sent = self.poll_send_some(context, bytes);
        match sent.is_pending() {
            true => self.state.not_sent(),
            false => self.state.sent(),
        }
        sent
    }

    /// Sends these bytes before what hyper writes next, unless the rest of a response has to be sent first; returns whether
    /// it did.
    ///
    /// # Errors
    /// If the socket can no longer be written to.
    pub(super) fn insert_between_responses(
        &self,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> io::Result<bool> {
        let mut output = self.output();
        if output.is_refused || !output.waiting.is_empty() {
            return Ok(false);
        }
        output.waiting.extend_from_slice(bytes);
        match self.poll_send(&mut output, context) {
            Poll::Ready(Err(error)) => Err(error),
            _ => Ok(true),
        }
    }

    /// Waits until the socket has room, if it had none.
    pub(super) fn poll_unblocked(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.is_blocked() {
            true => self.poll_send(&mut self.output(), context),
            false => Poll::Ready(Ok(())),
        }
    }

    /// Replaces the last write, if it still waits and there is a replacement.
    pub(super) fn replace_last(&self, replacement: impl FnOnce(&[u8]) -> Option<Vec<u8>>) {
        let mut output = self.output();
        let Output { waiting, last, .. } = &mut *output;
        if let Some(replacement) = waiting.get(*last..).and_then(replacement) {
            waiting.truncate(*last);
            waiting.extend(replacement);
        }
    }

    /// Ends the turn: sends what was written. What the socket has no room for is sent when the task is woken again.
    ///
    /// # Errors
    /// If the socket can no longer be written to.
    pub(super) fn end_turn(&self, context: &mut Context<'_>) -> io::Result<()> {
        match self.poll_send(&mut self.output(), context) {
            Poll::Ready(sent) => sent,
            Poll::Pending => Ok(()),
        }
    }

    /// Sends everything, then closes this direction of the socket.
    pub(super) fn poll_shutdown(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut output = self.output();
        ready!(self.poll_send(&mut output, context))?;
        Poll::Ready(SockRef::from(self.stream()).shutdown(Shutdown::Write))
    }

    /// Whether the client has sent something that is not read yet.
    pub(super) fn has_unread(&self, context: &mut Context<'_>) -> bool {
        let mut buffer = [0];
        let peeked = self.stream().poll_peek(context, &mut ReadBuf::new(&mut buffer));
        matches!(peeked, Poll::Ready(Ok(1..)))
    }

    /// Waits until the client sends no more, even if there is something to read.
    pub(super) async fn end(&self) {
        // It also ends if the runtime stops.
        while let Ok(ready) = self.stream.ready(END.add(Interest::ERROR)).await
            && !ready.is_read_closed()
            && !ready.is_error()
        {
            next_poll().await;
        }
    }

    /// Waits until the client resets the connection, even if there is something to read, or nothing any more.
    pub(super) async fn reset(&self) {
        // It also ends if the runtime stops.
        let _ = self.stream.ready(Interest::ERROR).await;
    }

    fn poll_send(&self, output: &mut Output, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !output.waiting.is_empty() {
            let Output { waiting, .. } = output;
            // This costs less than `poll_send_some`, and a socket seldom has no room.
            let sent = match self.stream.try_write(waiting) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.poll_send_some(context, waiting)
                }
                sent => Poll::Ready(sent),
            };
            self.is_blocked.store(sent.is_pending(), Relaxed);
            if sent.is_pending() {
                self.state.not_sent();
            }
            match ready!(sent)? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                sent => drop(waiting.drain(..sent)),
            }
            self.state.sent();
        }
        if output.waiting.capacity() > MAX_KEPT {
            output.waiting = Vec::new();
        }
        Poll::Ready(Ok(()))
    }

    /// Sends as many of these bytes as the socket has room for.
    fn poll_send_some(&self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.stream().poll_write_ready(context))?;
            match self.stream.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                sent => return Poll::Ready(sent),
            }
        }
    }

    fn stream(&self) -> &TcpStream {
        self.stream.as_ref()
    }

    fn is_blocked(&self) -> bool {
        self.is_blocked.load(Relaxed)
    }

    fn output(&self) -> MutexGuard<'_, Output> {
        self.output.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for WriteHalf {
    /// Sends complete responses even if a later request breaks the connection or makes its task panic, as far as the
    /// socket has room.
    fn drop(&mut self) {
        let waiting = &self.output().waiting;
        if !waiting.is_empty() {
            let _ = self.stream.try_write(waiting);
        }
    }
}

/// Waits until the task is polled for another reason.
async fn next_poll() {
    let mut is_polled = false;
    poll_fn(|_| match std::mem::replace(&mut is_polled, true) {
        true => Poll::Ready(()),
        false => Poll::Pending,
    })
    .await;
}

#[cfg(test)]
mod tests {
    use std::{
        future::Future,
        io::{Read, Write},
        pin::pin,
        thread,
    };

    use tokio::net::TcpListener;

    use super::*;
    use crate::{limits::Limits, server::listening::timeouts::Timeouts};

    /// More bytes than a socket has room for.
    const LARGE: usize = 16 << 20;

    /// A client that does not block, and the half that writes to it.
    async fn pair() -> io::Result<(std::net::TcpStream, WriteHalf)> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let client = std::net::TcpStream::connect(listener.local_addr()?)?;
        client.set_nonblocking(true)?;
        let stream = listener.accept().await?.0;
        stream.writable().await?;
        let state = Timeouts::new(&Limits::default(), &Arc::default()).new_connection();
        Ok((client, WriteHalf::new(stream.into_split().1, state)))
    }

    async fn write(half: &WriteHalf, bytes: &[u8]) -> io::Result<usize> {
        poll_fn(|context| half.poll_write(context, bytes)).await
    }

    async fn end_turn(half: &WriteHalf) -> io::Result<()> {
        poll_fn(|context| Poll::Ready(half.end_turn(context))).await
    }

    /// Returns how many bytes the client has received.
    fn received(client: &mut std::net::TcpStream) -> usize {
        let mut bytes = Vec::new();
        let _ = client.read_to_end(&mut bytes);
        bytes.len()
    }

    #[tokio::test]
    async fn short_writes_are_sent_at_the_end_of_the_turn() -> io::Result<()> {
        let (mut client, half) = pair().await?;
        write(&half, b"ab").await?;
        write(&half, b"c").await?;
        assert_eq!(received(&mut client), 0);
        end_turn(&half).await?;
        assert_eq!(received(&mut client), 3);
        Ok(())
    }

    #[tokio::test]
    async fn a_long_write_is_sent_at_once_after_what_was_written_before() -> io::Result<()> {
        let (mut client, half) = pair().await?;
        write(&half, b"ab").await?;
        write(&half, &[b'c'; MAX_BATCHED + 1]).await?;
        assert_eq!(received(&mut client), MAX_BATCHED + 3);
        Ok(())
    }

    #[tokio::test]
    async fn what_waits_is_bounded() -> io::Result<()> {
        let (mut client, half) = pair().await?;
        for _ in 0..MAX_WAITING / MAX_BATCHED {
            write(&half, &[b'a'; MAX_BATCHED]).await?;
        }
        assert_eq!(received(&mut client), 0);
        write(&half, b"b").await?;
        assert_eq!(received(&mut client), MAX_WAITING);
        Ok(())
    }

    #[tokio::test]
    async fn what_waits_is_sent_when_the_connection_breaks() -> io::Result<()> {
        let (mut client, half) = pair().await?;
        write(&half, b"abc").await?;
        drop(half);
        assert_eq!(received(&mut client), 3);
        Ok(())
    }

    #[tokio::test]
    async fn nothing_is_inserted_into_what_is_written() -> io::Result<()> {
        let (mut client, half) = pair().await?;
        let insert_between_responses =
            || poll_fn(|context| Poll::Ready(half.insert_between_responses(context, b"!")));
        assert!(insert_between_responses().await?);
        assert_eq!(received(&mut client), 1);
        write(&half, b"ab").await?;
        assert!(!insert_between_responses().await?);
        end_turn(&half).await?;
        // hyper keeps what was refused, although there is room again when its turn ends.
        let piece = [b'a'; MAX_BATCHED + 1];
        let is_refused =
            || poll_fn(|context| Poll::Ready(half.poll_write(context, &piece).is_pending()));
        while !is_refused().await {}
        while received(&mut client) > 0 {}
        assert!(!insert_between_responses().await?);
        write(&half, b"the rest").await?;
        end_turn(&half).await?;
        assert!(insert_between_responses().await?);
        Ok(())
    }

    #[tokio::test]
    async fn the_end_is_noticed_although_there_is_something_to_read() -> io::Result<()> {
        let (mut client, half) = pair().await?;
        client.write_all(b"a")?;
        half.stream().readable().await?;
        let mut end = pin!(half.end());
        for _ in 0..3 {
            let is_pending =
                poll_fn(|context| Poll::Ready(end.as_mut().poll(context).is_pending()));
            assert!(is_pending.await);
        }
        client.shutdown(Shutdown::Write)?;
        end.await;
        assert!(poll_fn(|context| Poll::Ready(half.has_unread(context))).await);
        Ok(())
    }

    #[tokio::test]
    async fn bytes_arrive_in_order_when_the_socket_has_no_room() -> io::Result<()> {
        let (mut client, half) = pair().await?;
        client.set_nonblocking(false)?;
        let bytes: Vec<u8> = (0..=250).cycle().take(LARGE).collect();
        let mut pieces = bytes.chunks(MAX_BATCHED);
        let is_blocked =
            || poll_fn(|context| Poll::Ready(half.poll_unblocked(context).is_pending()));
        while !is_blocked().await {
            write(&half, pieces.next().expect("a full socket")).await?;
            end_turn(&half).await?;
        }
        let mut read = vec![0; LARGE];
        let reading = thread::spawn(move || client.read_exact(&mut read).map(|()| read));
        for piece in pieces {
            write(&half, piece).await?;
            end_turn(&half).await?;
        }
        poll_fn(|context| half.poll_unblocked(context)).await?;
        assert!(reading.join().expect("a thread")? == bytes);
        Ok(())
    }
}
