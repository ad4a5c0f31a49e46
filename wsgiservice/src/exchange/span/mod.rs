//! The span of a request (feature `otlp`), with the names of OpenTelemetry. It exists only if something records it.

use std::{future::Future, num::NonZeroU128};

use opentelemetry::{
    KeyValue,
    propagation::TextMapPropagator,
    trace::{Status, TraceContextExt},
};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::{Instrument, Span, instrument::Instrumented};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::{
    http::{
        identity::{self, Identity},
        incoming::Request,
    },
    statistics::{Ended, MethodLabel},
};

/// The span of a request; clones are the same span.
#[derive(Clone, Debug)]
pub(crate) struct RequestSpan(Span);

impl RequestSpan {
    /// The span of a request.
    pub(crate) fn new(request: &Request) -> Self {
        let span = tracing::info_span!(
            target: "wsgiservice::request",
            "request",
            otel.kind = "server",
            http.request.method = MethodLabel::of(request.method()).as_str(),
            url.scheme = "http",
            url.path = request.target().path(),
            client.address = request.peer().map(|peer| tracing::field::display(peer.ip())),
        );
        // One parser decides what is valid, so that the lines of the request have the same trace.
        if !span.is_disabled() && identity::trace_parent(request.fields()).is_some() {
            let parent = TraceContextPropagator::new().extract(&HeaderExtractor(request.fields()));
            // It has not started yet.
            let _ = span.set_parent(parent);
        }
        Self(span)
    }

    /// The span of a request whose head cannot be parsed.
    pub(crate) fn of_malformed_head() -> Self {
        Self(tracing::info_span!(
            target: "wsgiservice::request",
            parent: None,
            "request",
            otel.kind = "server",
            http.request.method = MethodLabel::default().as_str(),
            url.scheme = "http",
        ))
    }

    pub(crate) fn none() -> Self {
        Self(Span::none())
    }

    pub(crate) fn is_recorded(&self) -> bool {
        !self.0.is_disabled()
    }

    /// The ID of its trace; `None` if it is not recorded.
    pub(crate) fn trace_id(&self) -> Option<NonZeroU128> {
        let context = self.is_recorded().then(|| self.0.context())?;
        NonZeroU128::new(u128::from_be_bytes(context.span().span_context().trace_id().to_bytes()))
    }

    /// The same future, what is recorded in which is within the span.
    pub(crate) fn around<F: Future>(&self, future: F) -> Instrumented<F> {
        future.instrument(self.0.clone())
    }

    /// The request of a method, for a resource with this template, has ended.
    pub(crate) fn end(
        &self,
        method: &str,
        template: Option<&str>,
        identity: &Identity,
        ended: &Ended,
    ) {
        if !self.is_recorded() {
            return;
        }
        let context = self.0.context();
        let span = context.span();
        match template {
            Some(template) => {
                span.update_name(format!("{method} {template}"));
                span.set_attribute(KeyValue::new("http.route", template.to_owned()));
            }
            None => span.update_name(method.to_owned()),
        }
        let sent = i64::try_from(ended.sent).unwrap_or(i64::MAX);
        let status = i64::from(ended.status);
        span.set_attribute(KeyValue::new("request_id", identity.id().to_string()));
        span.set_attribute(KeyValue::new("http.response.status_code", status));
        span.set_attribute(KeyValue::new("http.response.body.size", sent));
        if (500..600).contains(&status) {
            span.set_status(Status::error(""));
        }
    }
}
