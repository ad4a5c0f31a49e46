//! What the feature `server` adds: the process of a service, its sockets and its connections.

// `accept` hands connections to the runtime: one for each core (`per_core`), or a shared one (`shared`). A connection is a
// task (`connection`) in which hyper reads requests from a `socket`. `dispatch` runs their exchanges, `write_half` sends
// the responses of a turn together, and `timeouts` closes connections that wait for too long.

mod accept;
mod closing;
mod connection;
mod connection_state;
mod dispatch;
mod framing;
mod head;
mod log_setup;
mod malformed;
mod open_connections;
mod per_core;
mod reason_phrase;
mod received;
mod request_content;
pub(crate) mod run;
mod shared;
mod signals;
mod socket;
mod timeouts;
mod write_half;
