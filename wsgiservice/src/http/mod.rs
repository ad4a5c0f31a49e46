//! The types of the crate `http`, in the version that the signatures of this crate have.
//!
//! Within this crate, it is also the room of the standard's syntax: header fields, dates, media ranges, the request and
//! its content.

pub(crate) mod accept;
pub(crate) mod accept_encoding;
pub(crate) mod base;
pub(crate) mod body;
pub(crate) mod challenge;
pub(crate) mod client_presence;
pub(crate) mod cookies;
pub(crate) mod date;
pub(crate) mod deadline;
#[cfg_attr(not(feature = "digests"), path = "digest/disabled.rs")]
pub(crate) mod digest;
pub(crate) mod entity_tag;
pub(crate) mod field_lines;
pub(crate) mod forwarded;
#[cfg(feature = "server")]
pub(crate) mod host;
pub(crate) mod identity;
pub(crate) mod incoming;
pub(crate) mod known_fields;
pub(crate) mod loggable;
mod memo;
pub(crate) mod network;
pub(crate) mod path;
mod quality;
pub(crate) mod range;
pub(crate) mod received_content;
pub(crate) mod reference;
pub(crate) mod small_bytes;
pub(crate) mod urlencoded;
pub(crate) mod vary;

pub use ::http::*;
