//! The half of a socket that writes: it sends what a connection writes in one turn with one call.
//!
//! A *turn* is one poll of a connection's task. If a client sends 16 requests at once, their responses are one write: that
//! gives 2.4 times as many requests per second as a write for each (`benches/README.md`). To wait for the turns of other
//! connections as well gave at most 1.8 % more, and doubled p99.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncWrite, ReadBuf},
    net::{TcpStream, tcp::OwnedWriteHalf},
};

use super::connection_state::ConnectionState;

/// The longest write that waits for the end of the turn, in bytes. Copying a longer one would cost as much as sending it.
const MAX_BATCHED: usize = 8 << 10;

/// How many bytes wait at most.
const MAX_WAITING: usize = 16 << 10;

/// How much room is kept for the next turn, in bytes: enough for the response to a request.
const MAX_KEPT: usize = 2 << 10;

/// The half of a socket that writes, shared by the socket and the task of its connection.
#[derive(Debug)]
pub(super) struct WriteHalf {
    state: Arc<ConnectionState>,
    output: Mutex<Output>,
    /// Whether the socket had no room for all that waits; known without the lock, which most polls then do not take.
    is_blocked: AtomicBool,
}

/// What the lock protects.
#[derive(Debug)]
struct Output {
    stream: OwnedWriteHalf,
    /// What was written and not sent yet.
    waiting: Vec<u8>,
    /// Where in that the last write begins.
    last: usize,
}

impl WriteHalf {
    pub(super) fn new(stream: OwnedWriteHalf, state: Arc<ConnectionState>) -> Self {
        let output = Mutex::new(Output { stream, waiting: Vec::new(), last: 0 });
        Self { state, output, is_blocked: AtomicBool::default() }
    }

    /// Keeps a short write for the end of the turn, and passes a long one to the socket.
    pub(super) fn poll_write(
        &self,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut output = self.output();
        let is_batched = bytes.len() <= MAX_BATCHED;
        if !is_batched || self.is_blocked() || output.waiting.len() + bytes.len() > MAX_WAITING {
            ready!(self.poll_send(&mut output, context))?;
        }
        if is_batched {
            output.last = output.waiting.len();
            output.waiting.extend_from_slice(bytes);
            return Poll::Ready(Ok(bytes.len()));
        }
        match Pin::new(&mut output.stream).poll_write(context, bytes) {
            Poll::Ready(written) => {
                self.state.sent();
                Poll::Ready(written)
            }
            Poll::Pending => {
                self.state.not_sent();
                Poll::Pending
            }
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
        Pin::new(&mut output.stream).poll_shutdown(context)
    }

    /// Whether the client has reset the connection. The task is woken when it does, unless there is something to read.
    pub(super) fn is_reset(&self, context: &mut Context<'_>) -> bool {
        let mut buffer = [0];
        let output = self.output();
        let stream: &TcpStream = output.stream.as_ref();
        matches!(stream.poll_peek(context, &mut ReadBuf::new(&mut buffer)), Poll::Ready(Err(_)))
    }

    fn poll_send(&self, output: &mut Output, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !output.waiting.is_empty() {
            let Output { stream, waiting, .. } = output;
            // This costs less than `poll_write`, and a socket seldom has no room.
            let sent = match stream.try_write(waiting) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    Pin::new(stream).poll_write(context, waiting)
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

    fn is_blocked(&self) -> bool {
        self.is_blocked.load(Relaxed)
    }

    fn output(&self) -> MutexGuard<'_, Output> {
        self.output.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Output {
    /// Sends complete responses even if a later request breaks the connection or makes its task panic, as far as the
    /// socket has room.
    fn drop(&mut self) {
        if !self.waiting.is_empty() {
            let _ = self.stream.try_write(&self.waiting);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, io::Read, thread};

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
        let state = Timeouts::new(&Limits::default()).new_connection();
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
