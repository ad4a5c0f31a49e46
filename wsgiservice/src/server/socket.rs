//! The socket of a connection: it tells how it is used, sends the answers to pipelined requests together, and closes in
//! order.
//!
//! hyper has an option that sends pipelined answers together (`pipeline_flush`); with that it drops the last answer where
//! it closes before it has read all that was sent, and holds all of a stream in memory while another request waits. So
//! it is here, where it is bounded.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::watch::{Phase, Watch};

/// How many bytes of answers are held at the most.
const MOST_HELD: usize = 8 << 10;

/// How much of what a client still sends is dropped unread before its connection is, in bytes.
const MOST_DROPPED: usize = 64 << 20;

/// How much of that is read at once, in bytes.
const PIECE: usize = 8 << 10;

/// A socket.
#[derive(Debug)]
pub(super) struct Socket {
    stream: TcpStream,
    watch: Arc<Watch>,
    /// Answers that are still to be sent, but for their first bytes.
    held: Vec<u8>,
    sent: usize,
    /// Whether they have waited for a turn already.
    have_waited: bool,
    /// How much was dropped, once the connection is over.
    dropped: Option<usize>,
}

impl Socket {
    pub(super) fn new(stream: TcpStream, watch: Arc<Watch>) -> Self {
        Self { stream, watch, held: Vec::new(), sent: 0, have_waited: false, dropped: None }
    }

    /// Sends what is held.
    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.held.get(self.sent..).filter(|rest| !rest.is_empty()) {
            match ready!(Pin::new(&mut self.stream).poll_write(context, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                sent => self.sent = self.sent.saturating_add(sent),
            }
            self.watch.sent();
        }
        self.held.clear();
        self.sent = 0;
        Poll::Ready(Ok(()))
    }

    /// Whether bytes are to wait for those after them, for which there is room then.
    fn poll_hold(&mut self, context: &mut Context<'_>, length: usize) -> Poll<io::Result<bool>> {
        let waits = self.watch.is_between_pipelined() && length <= MOST_HELD;
        if !waits || self.held.len().saturating_add(length) > MOST_HELD {
            ready!(self.poll_send(context))?;
        }
        Poll::Ready(Ok(waits))
    }

    /// Reads and drops what the client still sends, until it has read the answer and closes, too: a socket that is closed
    /// before that takes the answer away from it (RFC 9112, section 9.6).
    fn poll_linger(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut piece = [0; PIECE];
        loop {
            let mut buffer = ReadBuf::new(&mut piece);
            let read = ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer));
            let dropped = self.dropped.get_or_insert_default();
            *dropped = dropped.saturating_add(buffer.filled().len());
            if read.is_err() || buffer.filled().is_empty() || *dropped > MOST_DROPPED {
                return Poll::Ready(());
            }
        }
    }
}

impl AsyncRead for Socket {
    /// More is asked for when all that came was answered: now all answers are due. Who does not take them is not read.
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_send(context))?;
        let read = ready!(Pin::new(&mut self.stream).poll_read(context, buffer));
        self.watch.received();
        Poll::Ready(read)
    }
}

impl AsyncWrite for Socket {
    /// hyper puts the head of an answer and its content together, as it does for what does not write vectors: that costs
    /// less than to write two small pieces at once, and large content comes in pieces.
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if ready!(self.poll_hold(context, bytes.len()))? {
            self.held.extend_from_slice(bytes);
            self.have_waited = false;
            return Poll::Ready(Ok(bytes.len()));
        }
        let written = match self.stream.try_write(bytes) {
            // Nobody has to be woken where there is room, which is nearly always.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                ready!(Pin::new(&mut self.stream).poll_write(context, bytes))
            }
            written => written,
        };
        self.watch.sent();
        Poll::Ready(written)
    }

    /// In a pipeline, an answer that is complete waits for those that are complete after it. Whether more requests came
    /// is for hyper to know, and so the task has one more turn, in which hyper asks for more where none did.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let may_wait = self.watch.is_between_pipelined() && !self.held.is_empty();
        if may_wait && !std::mem::replace(&mut self.have_waited, true) {
            context.waker().wake_by_ref();
            return Poll::Ready(Ok(()));
        }
        self.poll_send(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.dropped.is_none() {
            ready!(self.poll_send(context))?;
            ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
            if !self.watch.may_receive() {
                return Poll::Ready(Ok(()));
            }
            self.watch.enter(Phase::Lingering);
            self.dropped = Some(0);
        }
        self.poll_linger(context).map(Ok)
    }
}

impl Drop for Socket {
    /// What is complete is sent, though the connection breaks at what came after it.
    fn drop(&mut self) {
        if let Some(rest) = self.held.get(self.sent..).filter(|rest| !rest.is_empty()) {
            let _ = self.stream.try_write(rest);
        }
    }
}
