//! The half of a socket that writes.

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
use crate::server::connection_state::ConnectionState;

/// The longest write that is batched, in bytes. Copying a longer one would cost as much as sending it.
const MAX_BATCHED: usize = 8 << 10;

/// The half of a socket that writes: through the batch of the thread, and past it for long writes.
#[derive(Debug)]
pub(in crate::server) struct WriteHalf {
    state: Arc<ConnectionState>,
    output: Mutex<Output>,
    /// Whether `pending` has bytes, so that the common case needs no lock.
    has_pending: AtomicBool,
}

/// What the lock protects.
#[derive(Debug)]
struct Output {
    stream: OwnedWriteHalf,
    /// What the socket had no room for.
    pending: Vec<u8>,
}

impl WriteHalf {
    pub(in crate::server) fn new(stream: OwnedWriteHalf, state: Arc<ConnectionState>) -> Self {
        let output = Mutex::new(Output { stream, pending: Vec::new() });
        Self { state, output, has_pending: AtomicBool::default() }
    }

    /// Adds short writes to the batch, and passes long ones to the socket.
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

    /// Sends what is pending.
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

    /// Sends the batch of the thread and what is pending.
    fn poll_flush(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        batch::flush();
        self.poll_pending(context)
    }

    /// Sends everything, then closes this direction of the socket.
    pub(in crate::server) fn poll_shutdown(
        &self,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_flush(context))?;
        Pin::new(&mut self.output().stream).poll_shutdown(context)
    }

    /// Sends what the socket has room for, keeps the rest as pending, and wakes the task to send that. On an error, all
    /// of it is pending, so that the task gets the error.
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

    /// More bytes than a socket has room for.
    const LARGE: usize = 16 << 20;

    #[tokio::test]
    async fn pending_bytes_are_sent_before_later_ones() -> io::Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let mut client = std::net::TcpStream::connect(listener.local_addr()?)?;
        let stream = listener.accept().await?.0;
        stream.writable().await?;
        let state = Arc::new(Timeouts::default()).new_connection();
        state.register_task().await;
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
    async fn the_task_of_the_connection_is_woken_when_bytes_are_pending() -> io::Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let _client = TcpStream::connect(listener.local_addr()?).await?;
        let stream = listener.accept().await?.0;
        stream.writable().await?;
        let state = Arc::new(Timeouts::default()).new_connection();
        let half = WriteHalf::new(stream.into_split().1, Arc::clone(&state));
        state.register_task().await;
        let mut has_filled = false;
        // The second poll comes only if the first one's writes wake the task.
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
