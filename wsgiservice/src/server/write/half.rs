//! The half of a socket that sends.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
};

use tokio::{io::AsyncWrite, net::tcp::OwnedWriteHalf};

use super::batch;
use crate::server::timeouts::ConnectionState;

/// What is longer, in bytes, does not wait for the end of the turn: it would cost as much to copy it as to send it.
const MAX_BATCHED: usize = 8 << 10;

/// The half of a socket that sends.
#[derive(Debug)]
pub(in crate::server) struct WriteHalf {
    state: Arc<ConnectionState>,
    output: Mutex<Output>,
    /// Whether something is pending.
    has_pending: AtomicBool,
}

#[derive(Debug)]
struct Output {
    stream: OwnedWriteHalf,
    /// What there was no room for yet.
    pending: Vec<u8>,
}

impl WriteHalf {
    pub(in crate::server) fn new(stream: OwnedWriteHalf, state: Arc<ConnectionState>) -> Self {
        let output = Mutex::new(Output { stream, pending: Vec::new() });
        Self { state, output, has_pending: AtomicBool::default() }
    }

    /// Takes bytes to send: short ones until the end of the turn, long ones as far as there is room for them now.
    pub(in crate::server) fn poll_write(
        self: &Arc<Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if bytes.len() <= MAX_BATCHED {
            ready!(self.poll_pending(context))?;
            batch::push(self, bytes);
            return Poll::Ready(Ok(bytes.len()));
        }
        ready!(self.poll_flush(context))?;
        let written = ready!(Pin::new(&mut self.output().stream).poll_write(context, bytes));
        self.state.sent();
        Poll::Ready(written)
    }

    /// Sends what there was no room for when its turn ended.
    pub(in crate::server) fn poll_pending(
        &self,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        match self.has_pending.load(Relaxed) {
            true => self.poll_write_pending(context),
            false => Poll::Ready(Ok(())),
        }
    }

    #[cold]
    fn poll_write_pending(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut output = self.output();
        let Output { stream, pending } = &mut *output;
        while !pending.is_empty() {
            match ready!(Pin::new(&mut *stream).poll_write(context, pending))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                sent => drop(pending.drain(..sent)),
            }
            self.state.sent();
        }
        *pending = Vec::new();
        self.has_pending.store(false, Relaxed);
        Poll::Ready(Ok(()))
    }

    /// Sends all that was taken.
    fn poll_flush(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        batch::flush();
        self.poll_pending(context)
    }

    /// Sends all that was taken, and tells the client that no more will come.
    pub(in crate::server) fn poll_shutdown(
        &self,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_flush(context))?;
        Pin::new(&mut self.output().stream).poll_shutdown(context)
    }

    /// Sends what there is room for. For the rest the task of the connection is woken, which finds out what is wrong.
    pub(in crate::server) fn write(&self, bytes: &[u8]) {
        let mut output = self.output();
        let sent = match output.pending.is_empty() {
            true => output.stream.try_write(bytes).unwrap_or_default(),
            false => 0,
        };
        if sent > 0 {
            self.state.sent();
        }
        match bytes.get(sent..) {
            Some(rest) if !rest.is_empty() => self.keep_pending(&mut output, rest),
            _ => {}
        }
    }

    #[cold]
    fn keep_pending(&self, output: &mut Output, rest: &[u8]) {
        output.pending.extend_from_slice(rest);
        self.has_pending.store(true, Relaxed);
        self.state.wake();
    }

    fn output(&self) -> MutexGuard<'_, Output> {
        self.output.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, io::Read, thread, time::Duration};

    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::server::timeouts::Timeouts;

    /// More than a socket holds.
    const LARGE: usize = 16 << 20;

    #[tokio::test]
    async fn what_there_was_no_room_for_is_sent_before_what_comes_later() -> io::Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let mut client = std::net::TcpStream::connect(listener.local_addr()?)?;
        let stream = listener.accept().await?.0;
        stream.writable().await?;
        let state = Arc::new(Timeouts::default()).connection();
        state.note_task().await;
        let half = WriteHalf::new(stream.into_split().1, state);

        let bytes: Vec<u8> = (0..=250).cycle().take(LARGE).collect();
        let mut pieces = bytes.chunks(MAX_BATCHED);
        let last = pieces.next_back().expect("a piece");
        pieces.for_each(|piece| half.write(piece));
        let mut first = vec![0; LARGE / 8];
        client.read_exact(&mut first)?;
        poll_fn(|context| half.output().stream.as_ref().poll_write_ready(context)).await?;
        half.write(last);

        let mut rest = vec![0; bytes.len() - first.len()];
        let reading = thread::spawn(move || client.read_exact(&mut rest).map(|()| rest));
        poll_fn(|context| half.poll_pending(context)).await?;
        let rest = reading.join().expect("a thread")?;
        assert!([first, rest].concat() == bytes);
        Ok(())
    }

    #[tokio::test]
    async fn the_task_of_a_connection_is_woken_where_something_is_left() -> io::Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let _client = TcpStream::connect(listener.local_addr()?).await?;
        let stream = listener.accept().await?.0;
        stream.writable().await?;
        let state = Arc::new(Timeouts::default()).connection();
        let half = WriteHalf::new(stream.into_split().1, Arc::clone(&state));
        state.note_task().await;
        let mut has_filled = false;
        // Pends until it is woken.
        let woken = poll_fn(|_| match std::mem::replace(&mut has_filled, true) {
            true => Poll::Ready(()),
            false => {
                let piece = vec![0; MAX_BATCHED];
                (0..LARGE / MAX_BATCHED).for_each(|_| half.write(&piece));
                Poll::Pending
            }
        });
        tokio::time::timeout(Duration::from_secs(20), woken).await?;
        assert!(half.has_pending.load(Relaxed));
        Ok(())
    }
}
