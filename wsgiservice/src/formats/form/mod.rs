//! HTML forms: `application/x-www-form-urlencoded` and `multipart/form-data`.

#[cfg(feature = "multipart")]
mod bounded_input;
#[cfg(feature = "multipart")]
mod disposition;
#[cfg_attr(not(feature = "multipart"), path = "disabled.rs")]
pub(crate) mod multipart;
#[cfg(feature = "multipart")]
mod parameters;
pub(crate) mod read;
