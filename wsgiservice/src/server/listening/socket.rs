//! The socket of a connection: it tracks what the connection does, and closes without losing the last response.
//!
//! hyper can send pipelined responses together (`pipeline_flush`). With that option, it drops the last response if it
//! closes before it has read everything that was sent, and it buffers a whole stream while another request waits. So
//! [`WriteHalf`] collects the responses instead; its buffer is bounded.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, tcp::OwnedReadHalf},
};

use super::{
    connection_state::{ConnectionState, Phase},
    malformed,
    write_half::WriteHalf,
};

/// How many bytes a lingering connection discards before it is closed.
const MAX_DISCARDED: usize = 64 << 20;

/// How many bytes are discarded at once.
const DISCARD_BUFFER: usize = 8 << 10;

#[derive(Debug)]
pub(super) struct Socket {
    stream: OwnedReadHalf,
    write_half: Arc<WriteHalf>,
    state: Arc<ConnectionState>,
    /// Whether to linger after the last response; `None` until the connection shuts down.
    lingers: Option<bool>,
    /// How many bytes were discarded; `None` until the last response is sent.
    discarded: Option<usize>,
}

impl Socket {
    pub(super) fn new(stream: TcpStream, state: Arc<ConnectionState>) -> Self {
        let (stream, write_half) = stream.into_split();
        let write_half = Arc::new(WriteHalf::new(write_half, Arc::clone(&state)));
        Self { stream, write_half, state, lingers: None, discarded: None }
    }

    /// The half that writes, whose turns the task of the connection ends.
    pub(super) fn write_half(&self) -> Arc<WriteHalf> {
        Arc::clone(&self.write_half)
    }

    /// The address of the client, as long as it is connected.
    pub(super) fn peer(&self) -> Option<SocketAddr> {
        self.stream.peer_addr().ok()
    }

    /// Whether the client is in the middle of a request, or has sent more than the requests that were begun, so that it may
    /// send still more.
    fn client_is_sending(&self, context: &mut Context<'_>) -> bool {
        self.state.client_may_be_sending()
            || self.state.received_bytes().has_more()
            || self.write_half.has_unread(context)
    }

    /// Discards what the client still sends until it closes, too. If the socket was closed earlier, the client could
    /// lose the last response (RFC 9112, section 9.6).
    fn poll_linger(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut buffer = [0; DISCARD_BUFFER];
        loop {
            let mut buffer = ReadBuf::new(&mut buffer);
            let read = ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer));
            let discarded = self.discarded.get_or_insert_default();
            *discarded = discarded.saturating_add(buffer.filled().len());
            if read.is_err() || buffer.filled().is_empty() || *discarded > MAX_DISCARDED {
                return Poll::Ready(());
            }
        }
    }
}

impl AsyncRead for Socket {
    /// Does not read from a client that does not read its short responses; hyper stops after one buffer for long ones.
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.write_half.poll_unblocked(context))?;
        let before = buffer.filled().len();
        let read = ready!(Pin::new(&mut self.stream).poll_read(context, buffer));
        self.state.received();
        let received = buffer.filled().get(before..).unwrap_or_default();
        Poll::Ready(read.and(self.state.received_bytes().receive(received)))
    }
}

impl AsyncWrite for Socket {
    /// `is_write_vectored` stays `false`, so hyper copies the head and the content of a response into one buffer: that
    /// costs less than a vectored write of two small slices, and large content arrives in pieces anyway.
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.write_half.poll_write(context, bytes)
    }

    /// Only waits for room in the socket: the rest is sent at the end of the turn.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.write_half.poll_unblocked(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.discarded.is_none() {
            // This is decided before the last response is sent, since the connection is idle after that.
            let is_sending = self.client_is_sending(context);
            let fault = self.state.received_bytes().next_fault();
            let refused = |written: &[u8]| {
                let refusal = malformed::replacement(written, fault)?;
                Some(refusal.counted(self.state.statistics(), self.peer()))
            };
            self.write_half.replace_last(refused);
            let lingers = *self.lingers.get_or_insert(is_sending);
            ready!(self.write_half.poll_shutdown(context))?;
            if !lingers {
                return Poll::Ready(Ok(()));
            }
            self.state.enter(Phase::Lingering);
            self.discarded = Some(0);
        }
        self.poll_linger(context).map(Ok)
    }
}
