//! What a call takes over from the request that it is made for.

use http::{HeaderMap, HeaderName, HeaderValue, header::Entry};
use tokio::time::Instant;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// What a call takes over from the request that it is made for.
///
/// ```
/// use std::time::Duration;
///
/// use tokio::time::Instant;
/// use wsgiservice_client::{CallContext, RestClient};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> wsgiservice_client::Result<()> {
/// let client = RestClient::builder().build()?;
/// let deadline = Instant::now() + Duration::from_millis(300);
/// let for_this_request = client.with_context(CallContext::new().with_deadline(deadline));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct CallContext {
    pub(crate) deadline: Option<Instant>,
    trace: Option<Trace>,
}

/// A trace that the attempts of a call are part of (W3C Trace Context, section 3.2).
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    id: [u8; 32],
    flags: [u8; 2],
    state: Option<HeaderValue>,
}

impl CallContext {
    /// A context that says nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets when there must be a response.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Takes over the trace that the fields `traceparent` and `tracestate` of a request describe, if they are valid.
    #[must_use]
    pub fn with_trace(mut self, headers: &HeaderMap) -> Self {
        let parent = headers.get(TRACEPARENT).and_then(|value| Trace::parse(value.as_bytes()));
        self.trace = parent.map(|trace| Trace { state: headers.get(TRACESTATE).cloned(), ..trace });
        self
    }

    /// The trace of a call: the one that was taken over, or a new one.
    pub(crate) fn trace(&self) -> Trace {
        self.trace.clone().unwrap_or_else(Trace::new)
    }
}

impl Trace {
    fn new() -> Self {
        let mut id = [0; 32];
        write_hex(&mut id, fastrand::u128(1..));
        Self { id, flags: *b"01", state: None }
    }

    fn parse(value: &[u8]) -> Option<Self> {
        let is_hex = |part: &[u8]| part.iter().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'));
        let mut parts = value.splitn(5, |byte| *byte == b'-');
        let (version, id) = (parts.next()?, parts.next()?);
        let (parent, flags) = (parts.next()?, parts.next()?);
        let is_valid = version.len() == 2
            && [version, id, parent, flags].into_iter().all(is_hex)
            && version != b"ff"
            && id.iter().any(|byte| *byte != b'0')
            && parent.len() == 16
            && parent.iter().any(|byte| *byte != b'0')
            && (version != b"00" || parts.next().is_none());
        is_valid.then_some(())?;
        Some(Self { id: id.try_into().ok()?, flags: flags.try_into().ok()?, state: None })
    }

    /// Writes the fields of an attempt, each of which is a span of its own.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        let Entry::Vacant(parent) = headers.entry(TRACEPARENT) else { return };
        let mut span = [0; 16];
        write_hex(&mut span, fastrand::u64(1..).into());
        let value = [b"00-", &self.id[..], b"-", &span, b"-", &self.flags].concat();
        if let Ok(value) = HeaderValue::from_maybe_shared(bytes::Bytes::from(value)) {
            parent.insert(value);
        }
        if let Some(state) = &self.state {
            headers.insert(TRACESTATE, state.clone());
        }
    }
}

fn write_hex(text: &mut [u8], mut number: u128) {
    for digit in text.iter_mut().rev() {
        *digit = b"0123456789abcdef"[(number % 16) as usize];
        number /= 16;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn written(context: &CallContext) -> HeaderMap {
        let mut headers = HeaderMap::new();
        context.trace().write(&mut headers);
        headers
    }

    #[test]
    fn an_attempt_is_a_new_span_of_the_trace() {
        let mut request = HeaderMap::new();
        request.insert(TRACEPARENT, HeaderValue::from_static(PARENT));
        request.insert(TRACESTATE, HeaderValue::from_static("a=b"));
        let headers = written(&CallContext::new().with_trace(&request));
        let parent = headers[TRACEPARENT].to_str().expect("ASCII");
        assert_eq!((parent.len(), &parent[..36], &parent[52..]), (55, &PARENT[..36], "-01"));
        assert_ne!(parent, PARENT);
        assert_eq!(headers[TRACESTATE], "a=b");
    }

    #[test]
    fn a_call_without_a_trace_begins_one() {
        let headers = written(&CallContext::new());
        assert!(Trace::parse(headers[TRACEPARENT].as_bytes()).is_some());
    }

    #[test]
    fn what_is_no_trace_is_ignored() {
        for value in [
            "",
            "00",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        ] {
            assert!(Trace::parse(value.as_bytes()).is_none(), "{value}");
        }
        assert!(Trace::parse(PARENT.replacen("00", "01", 1).as_bytes()).is_some());
    }
}
