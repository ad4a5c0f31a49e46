//! What the lines of a request in the log have in common: its ID, and the trace that it is part of.

use std::{fmt, num::NonZeroU128, sync::Arc};

use http::{HeaderMap, HeaderName};
use uuid::Uuid;
use wsgiservice_grammar::trace::TraceParent;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The longest ID that is taken from a request, in characters.
const MAX_LENGTH: usize = 128;

/// The ID of a request and its trace; clones are cheap.
#[derive(Clone, Debug)]
pub(crate) struct Identity(Arc<(RequestId, TraceParent)>);

/// The ID of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RequestId {
    Uuid(Uuid),
    /// The ID that a proxy has given the request.
    Text(Box<str>),
}

impl Identity {
    /// The identity of a request that brings neither an ID nor a trace.
    pub(crate) fn new() -> Self {
        Self::with(RequestId::new(), None)
    }

    /// The identity of a request that brings neither, and may have begun a trace.
    #[cfg(feature = "server")]
    pub(crate) fn begun(trace: Option<NonZeroU128>) -> Self {
        Self::with(RequestId::new(), trace.map(TraceParent::begin))
    }

    /// The identity of a request with these fields. Its ID is taken from `X-Request-Id` if the peer is trusted, its trace from
    /// `traceparent`. Without that, it may have begun a trace.
    #[cold]
    pub(crate) fn of(fields: &HeaderMap, trusts_peer: bool, begun: Option<NonZeroU128>) -> Self {
        let id = trusts_peer.then(|| RequestId::of_field(fields)).flatten();
        let parent = trace_parent(fields).or_else(|| begun.map(TraceParent::begin));
        Self::with(id.unwrap_or_else(RequestId::new), parent)
    }

    fn with(id: RequestId, parent: Option<TraceParent>) -> Self {
        let parent = parent.unwrap_or_else(|| TraceParent::begin(id.new_trace()));
        Self(Arc::new((id, parent)))
    }

    pub(crate) fn id(&self) -> &RequestId {
        &self.0.0
    }

    /// The ID of the trace, in hexadecimal.
    pub(crate) fn trace_id(&self) -> &str {
        self.0.1.trace_id()
    }

    /// The ID of the trace as a number.
    #[cfg(feature = "client")]
    pub(crate) fn trace_number(&self) -> Option<NonZeroU128> {
        u128::from_str_radix(self.trace_id(), 16).ok().and_then(NonZeroU128::new)
    }
}

/// The trace that a request with these fields is part of.
pub(crate) fn trace_parent(fields: &HeaderMap) -> Option<TraceParent> {
    TraceParent::of_field(fields.get_all(TRACEPARENT))
}

impl RequestId {
    fn new() -> Self {
        Self::Uuid(Uuid::new_v4())
    }

    /// The ID in a field that is there once: one of several may be that of an untrusted client.
    fn of_field(fields: &HeaderMap) -> Option<Self> {
        let mut values = fields.get_all(REQUEST_ID).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => Self::taken(value.as_bytes()),
            _ => None,
        }
    }

    fn taken(value: &[u8]) -> Option<Self> {
        // What is between quotation marks, or has several parts, would be ambiguous in a line.
        let is_allowed = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
        let is_valid = (1..=MAX_LENGTH).contains(&value.len()) && value.iter().all(is_allowed);
        let text = std::str::from_utf8(value).ok().filter(|_| is_valid)?;
        // The log has an ID as the proxy has it in its own, so that one can be found by the other.
        let uuid = Uuid::try_parse(text).ok().filter(|uuid| uuid.to_string() == text);
        Some(uuid.map_or_else(|| Self::Text(text.into()), Self::Uuid))
    }

    /// The ID of the trace that a request with this ID begins: the same number, if it is one.
    fn new_trace(&self) -> NonZeroU128 {
        let id = match self {
            Self::Uuid(id) => *id,
            Self::Text(text) => Uuid::try_parse(text).unwrap_or_else(|_| Uuid::new_v4()),
        };
        NonZeroU128::new(id.as_u128()).unwrap_or(NonZeroU128::MIN)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uuid(id) => id.fmt(formatter),
            Self::Text(text) => formatter.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn taken(value: &'static str, trusts_peer: bool) -> Identity {
        let fields = HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_static(value))]);
        Identity::of(&fields, trusts_peer, None)
    }

    #[test]
    fn the_id_of_a_trusted_proxy_is_taken() {
        for id in ["7", "Root=1-67891233-abcdef012345678912345678"] {
            assert_eq!(taken(id, true).id().to_string(), id);
            assert_ne!(taken(id, false).id().to_string(), id);
        }
    }

    #[test]
    fn an_id_that_could_forge_a_line_is_replaced() {
        let long = "a".repeat(MAX_LENGTH + 1).leak();
        for id in ["", "a b", "a\"b", "a\\b", long] {
            assert!(matches!(taken(id, true).id(), RequestId::Uuid(_)), "{id}");
        }
    }

    #[test]
    fn what_is_repeated_is_not_taken() {
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let mut fields = HeaderMap::new();
        for (name, value) in [(REQUEST_ID, "7"), (TRACEPARENT, parent)] {
            fields.append(name.clone(), HeaderValue::from_static(value));
            fields.append(name, HeaderValue::from_static(value));
        }
        let identity = Identity::of(&fields, true, None);
        assert!(matches!(identity.id(), RequestId::Uuid(_)));
        assert_ne!(identity.trace_id(), &parent[3..35]);
    }

    #[test]
    fn a_request_without_a_trace_begins_one_with_its_id() {
        let of_nginx = taken("9016c7eae3524d47ad249043630e887d", true);
        for identity in [Identity::new(), of_nginx] {
            assert_eq!(identity.trace_id(), identity.id().to_string().replace('-', ""));
        }
    }
}
