//! What a problem document says about the request.

use std::borrow::Cow;

use crate::http::identity::{Identity, RequestId};

/// The occurrence of a problem.
#[derive(Debug)]
pub(crate) enum Occurrence<'a> {
    /// An error of the client, by the target of its request.
    Target(Cow<'a, str>),
    /// What is logged with the ID and the trace of the request: the cause of an error of the server, or a malformed head.
    Logged { identity: &'a Identity, target: Cow<'a, str> },
}

impl Occurrence<'_> {
    /// The URI reference that identifies it (RFC 9457, section 3.1.5).
    pub(super) fn instance(&self) -> Cow<'_, str> {
        match self {
            Self::Logged { identity, target } => match identity.id() {
                RequestId::Uuid(id) => Cow::Owned(format!("urn:uuid:{id}")),
                RequestId::Text(_) => Cow::Borrowed(target),
            },
            Self::Target(target) => Cow::Borrowed(target),
        }
    }

    /// What a page says of it.
    pub(super) fn short(&self) -> Cow<'_, str> {
        match self {
            Self::Logged { identity, .. } => Cow::Owned(identity.id().to_string()),
            Self::Target(target) => Cow::Borrowed(target),
        }
    }
}
