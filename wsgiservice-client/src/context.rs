//! What a call takes over from the request that it is made for.

use std::num::NonZeroU128;

use http::{HeaderMap, HeaderName, HeaderValue, header::Entry};
use tokio::time::Instant;
use wsgiservice_grammar::trace::TraceParent;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// How much of `tracestate` is passed on, in characters (W3C Trace Context, section 3.3.1.5).
const MAX_STATE: usize = 512;

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

/// A trace that the attempts of a call are part of.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    parent: TraceParent,
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
        if let Some(parent) = TraceParent::of_field(headers.get_all(TRACEPARENT)) {
            self.trace = Some(Trace { parent, state: state(headers) });
        }
        self
    }

    /// Begins a trace with this ID, for a request that is not part of one.
    ///
    /// Without this, each call begins a trace of its own.
    #[must_use]
    pub fn with_trace_id(mut self, id: NonZeroU128) -> Self {
        self.trace = Some(Trace::begin(id));
        self
    }

    /// The trace of a call: the one that was taken over, or a new one.
    pub(crate) fn trace(&self) -> Trace {
        let new = || Trace::begin(NonZeroU128::new(fastrand::u128(..)).unwrap_or(NonZeroU128::MIN));
        self.trace.clone().unwrap_or_else(new)
    }
}

impl Trace {
    fn begin(id: NonZeroU128) -> Self {
        Self { parent: TraceParent::begin(id), state: None }
    }

    /// Writes the fields of an attempt, each of which is a span of its own.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        #[cfg(feature = "opentelemetry")]
        if !headers.contains_key(TRACEPARENT) && write_recorded(headers) {
            return;
        }
        let Entry::Vacant(parent) = headers.entry(TRACEPARENT) else { return };
        if let Ok(value) = HeaderValue::from_bytes(&self.parent.value(fastrand::u64(1..))) {
            parent.insert(value);
        }
        if let Some(state) = &self.state {
            headers.insert(TRACESTATE, state.clone());
        }
    }
}

/// The field `tracestate`, whose entries may be in several lines. Those beyond its limit are left out.
fn state(headers: &HeaderMap) -> Option<HeaderValue> {
    let lines = headers.get_all(TRACESTATE).iter().filter_map(|line| line.to_str().ok());
    let mut state = String::new();
    for entry in lines.flat_map(|line| line.split(',')).map(str::trim).filter(|it| !it.is_empty()) {
        if state.len() + entry.len() >= MAX_STATE {
            break;
        }
        if !state.is_empty() {
            state.push(',');
        }
        state.push_str(entry);
    }
    HeaderValue::try_from(state).ok().filter(|state| !state.is_empty())
}

/// Writes the fields of the span of the attempt, if something records it.
#[cfg(feature = "opentelemetry")]
fn write_recorded(headers: &mut HeaderMap) -> bool {
    use opentelemetry::{propagation::TextMapPropagator, trace::TraceContextExt};
    use opentelemetry_http::HeaderInjector;
    use opentelemetry_sdk::propagation::TraceContextPropagator;
    use tracing_opentelemetry::OpenTelemetrySpanExt;

    let context = tracing::Span::current().context();
    let is_recorded = context.span().span_context().is_valid();
    if is_recorded {
        TraceContextPropagator::new().inject_context(&context, &mut HeaderInjector(headers));
        match state(headers) {
            Some(state) => _ = headers.insert(TRACESTATE, state),
            None => _ = headers.remove(TRACESTATE),
        }
    }
    is_recorded
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
    fn a_state_in_several_lines_is_one_and_has_an_end() {
        let mut request = HeaderMap::new();
        request.insert(TRACEPARENT, HeaderValue::from_static(PARENT));
        for line in ["a=b, c=d", "", "e=f"] {
            request.append(TRACESTATE, HeaderValue::from_static(line));
        }
        assert_eq!(written(&CallContext::new().with_trace(&request))[TRACESTATE], "a=b,c=d,e=f");
        let long = HeaderValue::try_from("g=".to_owned() + &"h".repeat(10_000)).expect("a value");
        request.append(TRACESTATE, long);
        assert_eq!(written(&CallContext::new().with_trace(&request))[TRACESTATE], "a=b,c=d,e=f");
    }

    #[test]
    fn a_repeated_parent_is_none() {
        let mut request = HeaderMap::new();
        request.append(TRACEPARENT, HeaderValue::from_static(PARENT));
        request.append(TRACEPARENT, HeaderValue::from_static(PARENT));
        let parent = written(&CallContext::new().with_trace(&request))[TRACEPARENT].clone();
        assert!(!parent.to_str().expect("ASCII").contains(&PARENT[3..35]));
    }

    #[test]
    fn a_call_without_a_trace_begins_one() {
        let headers = written(&CallContext::new());
        assert!(TraceParent::parse(headers[TRACEPARENT].as_bytes()).is_some());
    }

    #[test]
    fn a_field_that_is_no_trace_replaces_none() {
        let mut request = HeaderMap::new();
        request.insert(TRACEPARENT, HeaderValue::from_static("00-x"));
        let headers =
            written(&CallContext::new().with_trace_id(NonZeroU128::MIN).with_trace(&request));
        let parent = headers[TRACEPARENT].to_str().expect("ASCII");
        assert!(parent.starts_with("00-00000000000000000000000000000001-"), "{parent}");
    }
}
