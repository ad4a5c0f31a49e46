//! Notices that a client is gone while its request is in progress.
//!
//! A client that is gone and one that only sends no more look alike: both end what they send, and the second one gets its
//! response. So a client that ends it is sent an interim response first. A socket that was closed responds to that with a
//! reset, and a client that still reads may discard it (RFC 9110, section 15.2).

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use super::{connection_state::ConnectionState, write_half::WriteHalf};

/// The interim response. There are clients that expect no other one than 100, for example `http.client` of Python.
const INTERIM: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// Whether the client of the request in progress is gone. The task is woken when that becomes known: if the client sends no
/// more, then by `reset`, which is [`WriteHalf::reset`].
pub(super) fn is_known(
    write_half: &WriteHalf,
    state: &ConnectionState,
    reset: Pin<&mut impl Future<Output = ()>>,
    context: &mut Context<'_>,
) -> bool {
    match write_half.poll_end(context) {
        Poll::Pending => false,
        Poll::Ready(Ok(false)) => reset.poll(context).is_ready(),
        Poll::Ready(Ok(true)) => {
            ask(write_half, state, context).is_err() || reset.poll(context).is_ready()
        }
        Poll::Ready(Err(_)) => true,
    }
}

/// Sends an interim response to a client that sends no more, once for each request.
#[cold]
fn ask(
    write_half: &WriteHalf,
    state: &ConnectionState,
    context: &mut Context<'_>,
) -> io::Result<()> {
    if state.allows_interim() && write_half.interject(context, INTERIM)? {
        state.set_allows_interim(false);
    }
    Ok(())
}
