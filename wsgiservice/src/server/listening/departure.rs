//! Notices that a client is gone while its request is in progress.
//!
//! A client that is gone and one that only sends no more look alike: both end what they send, and the second one gets its
//! response. So a client that ends it is sent an interim response. A socket that was closed responds to that with a reset,
//! and a client that still reads may discard it (RFC 9110, section 15.2). The client may also be gone later, so it is sent
//! again from time to time.

use std::{
    future::{Future, poll_fn},
    io,
    pin::pin,
    task::{Context, Poll},
};

use super::{connection_state::ConnectionState, write_half::WriteHalf};

/// The interim response. There are clients that expect no other one than 100, for example `http.client` of Python.
const INTERIM: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// Waits until the client is known to be gone. It is polled only while a request is in progress.
pub(super) async fn departure(write_half: &WriteHalf, state: &ConnectionState) {
    write_half.end().await;
    let mut reset = pin!(write_half.reset());
    poll_fn(|context| match send_interim_response(write_half, state, context) {
        Ok(()) => reset.as_mut().poll(context),
        Err(_) => Poll::Ready(()),
    })
    .await;
}

/// Sends an interim response to a client that sends no more. When another one is due, the task is woken.
fn send_interim_response(
    write_half: &WriteHalf,
    state: &ConnectionState,
    context: &mut Context<'_>,
) -> io::Result<()> {
    if state.is_interim_due() && write_half.insert_between_responses(context, INTERIM)? {
        state.interim_sent();
    }
    Ok(())
}
