//! What the feature `server` adds: the process of a service, its sockets and its connections.

// `accept` hands connections to the runtimes of the process (`workers`), or to that of the caller (`embedded`). A connection is a
// task (`connection`) in which hyper reads requests from a `socket`. `dispatch` runs their exchanges, `write_half` sends
// the responses of a turn together, and `timeouts` closes connections that wait for too long.

mod accept;
mod closing;
mod connection;
mod connection_state;
mod departure;
mod dispatch;
mod embedded;
mod framing;
mod head;
mod in_flight;
mod life;
mod malformed;
mod open_connections;
mod reason_phrase;
mod received;
mod request_content;
pub(crate) mod run;
mod server_state;
mod signals;
mod socket;
mod stopping;
mod timeouts;
mod waits;
mod workers;
mod write_half;
