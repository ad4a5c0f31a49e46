//! The server: it accepts connections, responds to their requests, and stops when it is told to.
//!
//! A service needs these names to set up its server, to serve a listener, or to be part of another program.

// `accept` hands connections to the runtime: one for each core (`per_core`), or a shared one (`shared`). A connection is a
// task (`connection`) in which hyper reads requests from a `socket`. `dispatch` runs their exchanges, `write_half`
// sends the responses of a turn together, and `timeouts` closes connections that wait for too long.

mod accept;
mod connection;
mod connection_state;
mod dispatch;
mod log_setup;
mod open_connections;
mod per_core;
pub(crate) mod run;
mod shared;
mod signals;
mod socket;
mod timeouts;
mod write_half;

pub use crate::{
    application::{LayerService, ResponseFuture, Service},
    settings::{InvalidNetwork, Network, Runtime, Settings},
    site::build_error::BuildError,
};
