//! One line in the log for each request.

use std::time::Instant;

use http::StatusCode;
use tracing::{Level, field::display};

use super::context::Context;
use crate::http::loggable::Loggable;

/// The target of the lines, by which a filter of the log can select them.
const TARGET: &str = "wsgiservice::access";

/// When a request began, if the log has a line for it.
pub(super) struct AccessLog(Option<Instant>);

impl AccessLog {
    /// A request begins. Without a log, the clock is not read.
    #[inline]
    pub(super) fn begin() -> Self {
        Self(tracing::enabled!(target: TARGET, Level::INFO).then(Instant::now))
    }

    /// The response is ready; content that is streamed may still follow.
    #[inline]
    pub(super) fn end(self, context: &Context<'_>, status: StatusCode) {
        if let Some(began) = self.0 {
            log(context, status, began);
        }
    }
}

/// Logs the template of the path, so that lines can be counted by it and no path variable is in the log; a path that belongs to
/// no resource is logged itself.
#[cold]
fn log(context: &Context<'_>, status: StatusCode, began: Instant) {
    let template = context.resource.map(|resource| display(resource.path()));
    let unknown = context.resource.is_none().then_some(context.request.target().path());
    tracing::info!(
        target: TARGET,
        method = %Loggable(context.request.method()),
        template,
        path = unknown.map(|path| display(Loggable(path))),
        status = status.as_u16(),
        ms = began.elapsed().as_micros() as f64 / 1000.0,
        id = %context.id(),
    );
}
