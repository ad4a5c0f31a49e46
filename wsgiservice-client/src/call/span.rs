//! The span of an attempt (feature `opentelemetry`), with the names of OpenTelemetry.

use opentelemetry::trace::Status;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::attempt::AttemptOutcome;

/// The current span is that of an attempt, which has ended.
pub(super) fn end(outcome: AttemptOutcome) {
    let span = Span::current();
    if span.is_disabled() {
        return;
    }
    let error = match outcome {
        AttemptOutcome::Response(status) => {
            span.set_attribute("http.response.status_code", i64::from(status.as_u16()));
            let is_error = status.is_client_error() || status.is_server_error();
            is_error.then(|| status.as_str().to_owned())
        }
        AttemptOutcome::Refused => Some("refused".to_owned()),
        AttemptOutcome::Failed => Some("failed".to_owned()),
        AttemptOutcome::TimedOut => Some("timed_out".to_owned()),
        AttemptOutcome::Cancelled => Some("cancelled".to_owned()),
    };
    if let Some(error) = error {
        span.set_attribute("error.type", error);
        span.set_status(Status::error(""));
    }
}
