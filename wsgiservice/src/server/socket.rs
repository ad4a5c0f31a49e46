//! The socket of a connection: it tells how it is used, and closes in order.
//!
//! hyper has an option that sends pipelined answers together (`pipeline_flush`); with that it drops the last answer where
//! it closes before it has read all that was sent, and holds all of a stream in memory while another request waits. So
//! that is for the [batch](super::write), which is bounded.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, tcp::OwnedReadHalf},
};

use super::{
    timeouts::{ConnectionState, Phase},
    write::{self, WriteHalf},
};

/// How much of what a client still sends is dropped unread before its connection is, in bytes.
const MOST_DROPPED: usize = 64 << 20;

/// How much of that is read at once, in bytes.
const PIECE: usize = 8 << 10;

/// A socket.
#[derive(Debug)]
pub(super) struct Socket {
    stream: OwnedReadHalf,
    write_half: Arc<WriteHalf>,
    state: Arc<ConnectionState>,
    /// Whether the client may still be sending, once the connection is over.
    lingers: Option<bool>,
    /// How much of that was dropped, once all is sent.
    dropped: Option<usize>,
}

impl Socket {
    pub(super) fn new(stream: TcpStream, state: Arc<ConnectionState>) -> Self {
        let (stream, write_half) = stream.into_split();
        let write_half = Arc::new(WriteHalf::new(write_half, Arc::clone(&state)));
        Self { stream, write_half, state, lingers: None, dropped: None }
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
    /// Who does not take the answers is not read.
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.write_half.poll_pending(context))?;
        let read = ready!(Pin::new(&mut self.stream).poll_read(context, buffer));
        self.state.received();
        Poll::Ready(read)
    }
}

impl AsyncWrite for Socket {
    /// hyper puts the head of an answer and its content together, as it does for what does not write vectors: that costs
    /// less than to write two small pieces at once, and large content comes in pieces.
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.write_half.poll_write(context, bytes)
    }

    /// What was taken to be sent is, at the end of the turn.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.write_half.poll_pending(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.dropped.is_none() {
            // Before the last answer is sent, after which the connection is idle.
            let may_receive = self.state.may_receive();
            let lingers = *self.lingers.get_or_insert(may_receive);
            ready!(self.write_half.poll_shutdown(context))?;
            if !lingers {
                return Poll::Ready(Ok(()));
            }
            self.state.enter(Phase::Lingering);
            self.dropped = Some(0);
        }
        self.poll_linger(context).map(Ok)
    }
}

impl Drop for Socket {
    /// What is complete is sent, though the connection breaks, or its task panics, at what came after it.
    fn drop(&mut self) {
        write::flush();
    }
}
