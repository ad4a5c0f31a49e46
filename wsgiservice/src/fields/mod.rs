//! Typed header fields that need more than their text.

pub(crate) mod entity_tag;
pub(crate) mod http_date;
pub(crate) mod presence;
pub(crate) mod range;
