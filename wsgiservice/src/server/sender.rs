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

use super::{outbox, watch::Watch};

/// What is longer, in bytes, does not wait for the end of the turn: it would cost as much to copy it as to send it.
const LONGEST: usize = 8 << 10;

/// The half of a socket that sends.
#[derive(Debug)]
pub(super) struct Sender {
    watch: Arc<Watch>,
    line: Mutex<Line>,
    /// Whether something is left.
    is_behind: AtomicBool,
}

#[derive(Debug)]
struct Line {
    stream: OwnedWriteHalf,
    /// What there was no room for yet.
    left: Vec<u8>,
}

impl Sender {
    pub(super) fn new(stream: OwnedWriteHalf, watch: Arc<Watch>) -> Self {
        let line = Mutex::new(Line { stream, left: Vec::new() });
        Self { watch, line, is_behind: AtomicBool::default() }
    }

    /// Takes bytes to send: short ones until the end of the turn, long ones as far as there is room for them now.
    pub(super) fn poll_write(
        self: &Arc<Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if bytes.len() <= LONGEST {
            ready!(self.poll_left(context))?;
            outbox::post(self, bytes);
            return Poll::Ready(Ok(bytes.len()));
        }
        ready!(self.poll_send(context))?;
        let written = ready!(Pin::new(&mut self.line().stream).poll_write(context, bytes));
        self.watch.sent();
        Poll::Ready(written)
    }

    /// Sends what there was no room for when its turn ended.
    pub(super) fn poll_left(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.is_behind.load(Relaxed) {
            true => self.poll_line(context),
            false => Poll::Ready(Ok(())),
        }
    }

    #[cold]
    fn poll_line(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut line = self.line();
        let Line { stream, left } = &mut *line;
        while !left.is_empty() {
            match ready!(Pin::new(&mut *stream).poll_write(context, left))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                sent => drop(left.drain(..sent)),
            }
            self.watch.sent();
        }
        *left = Vec::new();
        self.is_behind.store(false, Relaxed);
        Poll::Ready(Ok(()))
    }

    /// Sends all that was taken.
    fn poll_send(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        outbox::send();
        self.poll_left(context)
    }

    /// Sends all that was taken, and tells the client that no more will come.
    pub(super) fn poll_shutdown(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(context))?;
        Pin::new(&mut self.line().stream).poll_shutdown(context)
    }

    /// Sends what there is room for. For the rest the task of the connection is woken, which finds out what is wrong.
    pub(super) fn send(&self, bytes: &[u8]) {
        let mut line = self.line();
        let sent = match line.left.is_empty() {
            true => line.stream.try_write(bytes).unwrap_or_default(),
            false => 0,
        };
        if sent > 0 {
            self.watch.sent();
        }
        match bytes.get(sent..) {
            Some(rest) if !rest.is_empty() => self.keep(&mut line, rest),
            _ => {}
        }
    }

    #[cold]
    fn keep(&self, line: &mut Line, rest: &[u8]) {
        line.left.extend_from_slice(rest);
        self.is_behind.store(true, Relaxed);
        self.watch.wake();
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, io::Read, thread, time::Duration};

    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::server::watch::Watcher;

    /// More than a socket holds.
    const MUCH: usize = 16 << 20;

    #[tokio::test]
    async fn what_there_was_no_room_for_is_sent_before_what_comes_later() -> io::Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let mut client = std::net::TcpStream::connect(listener.local_addr()?)?;
        let stream = listener.accept().await?.0;
        stream.writable().await?;
        let watch = Watcher::new().watch();
        watch.note_task().await;
        let sender = Sender::new(stream.into_split().1, watch);

        let bytes: Vec<u8> = (0..=250).cycle().take(MUCH).collect();
        let mut pieces = bytes.chunks(LONGEST);
        let last = pieces.next_back().expect("a piece");
        pieces.for_each(|piece| sender.send(piece));
        let mut first = vec![0; MUCH / 8];
        client.read_exact(&mut first)?;
        poll_fn(|context| sender.line().stream.as_ref().poll_write_ready(context)).await?;
        sender.send(last);

        let mut rest = vec![0; bytes.len() - first.len()];
        let reading = thread::spawn(move || client.read_exact(&mut rest).map(|()| rest));
        poll_fn(|context| sender.poll_left(context)).await?;
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
        let watch = Watcher::new().watch();
        let sender = Sender::new(stream.into_split().1, Arc::clone(&watch));
        watch.note_task().await;
        let mut has_filled = false;
        // Pends until it is woken.
        let woken = poll_fn(|_| match std::mem::replace(&mut has_filled, true) {
            true => Poll::Ready(()),
            false => {
                let piece = vec![0; LONGEST];
                (0..MUCH / LONGEST).for_each(|_| sender.send(&piece));
                Poll::Pending
            }
        });
        tokio::time::timeout(Duration::from_secs(20), woken).await?;
        assert!(sender.is_behind.load(Relaxed));
        Ok(())
    }
}
