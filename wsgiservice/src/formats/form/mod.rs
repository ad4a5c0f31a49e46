//! HTML forms: `application/x-www-form-urlencoded` and `multipart/form-data`.

#[cfg(feature = "multipart")]
mod bounded_input;
#[cfg_attr(not(feature = "multipart"), path = "disabled.rs")]
pub(crate) mod multipart;
pub(crate) mod urlencoded;
