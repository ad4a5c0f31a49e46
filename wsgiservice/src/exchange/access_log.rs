//! One line in the log for each request.

use http::StatusCode;
use tracing::{Level, field::display};

use super::context::Context;
use crate::http::loggable::Loggable;

/// The target of the lines, by which a filter of the log can select them.
const TARGET: &str = "wsgiservice::access";

/// Logs a request whose response is ready; content that is streamed may still follow.
#[inline(always)]
pub(super) fn log(context: &Context<'_>, status: StatusCode) {
    if tracing::enabled!(target: TARGET, Level::INFO) {
        write_line(context, status);
    }
}

/// Logs the template of the path, so that lines can be counted by it and no path variable is in the log; a path that belongs to
/// no resource is logged itself.
#[cold]
fn write_line(context: &Context<'_>, status: StatusCode) {
    let template = context.resource.map(|resource| display(resource.path()));
    let unknown = context.resource.is_none().then_some(context.request.target().path());
    tracing::info!(
        target: TARGET,
        method = %Loggable(context.request.method()),
        template,
        path = unknown.map(|path| display(Loggable(path))),
        status = status.as_u16(),
        ms = context.measurement.began().elapsed().as_micros() as f64 / 1000.0,
        id = %context.id(),
    );
}
