//! The log of a service that owns its process, and the spans that it sends to a collector. What is logged is written where it
//! happens.

mod filter;
mod line;
#[cfg(feature = "otlp")]
mod otlp;
mod values;

use std::io::{self, IsTerminal};

use tracing::Subscriber;
use tracing_subscriber::{
    Layer, filter::LevelFilter, fmt, layer::SubscriberExt, registry::LookupSpan,
    util::SubscriberInitExt,
};

use self::line::{JsonLine, TextFields, TextLine};
#[cfg(feature = "otlp")]
use self::otlp::Spans;
#[cfg(feature = "otlp")]
pub use self::otlp::{Collector, InvalidCollector};
pub use self::{
    filter::{InvalidFilter, LogFilter},
    line::LogFormat,
};
use super::Settings;
use crate::error::Error;

/// The target of the spans of requests.
const REQUEST_SPAN: &str = "wsgiservice::request";

/// The spans on their way to a collector, without the feature `otlp`: there are none.
#[cfg(not(feature = "otlp"))]
#[derive(Debug)]
pub(super) enum Spans {}

/// Logs to standard error what the settings select, and sends spans of this service to the collector that they name, as long as
/// what this returns is kept. If the program has set up a log of its own, that stays.
///
/// # Errors
/// If the spans cannot be sent.
pub(super) fn init(settings: &Settings, service: &str) -> Result<Option<Spans>, Error> {
    let (log, lines) = (tracing_subscriber::registry(), lines(settings.log_format));
    // The span of a request says what its line says.
    let selected = settings.log.targets().with_target(REQUEST_SPAN, LevelFilter::OFF);
    #[cfg(feature = "otlp")]
    if let Some(collector) = &settings.otlp {
        let spans = Spans::send_to(collector, service)?;
        let log = log.with(lines.with_filter(selected)).with(spans.layer());
        if log.try_init().is_err() {
            tracing::warn!("`otlp` has no effect: the program has set up a log of its own");
        }
        return Ok(Some(spans));
    }
    let _ = (service, log.with(lines).with(selected).try_init());
    Ok(None)
}

fn lines<S>(format: LogFormat) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    // A line that cannot be written would be reported where it cannot be written, which is a panic.
    let lines = fmt::layer().log_internal_errors(false).with_writer(io::stderr);
    let is_terminal = io::stderr().is_terminal();
    match format {
        LogFormat::Text => {
            let lines = lines.with_ansi(is_terminal).fmt_fields(TextFields);
            lines.event_format(TextLine::new(is_terminal)).boxed()
        }
        LogFormat::Json => {
            lines.with_ansi(false).fmt_fields(TextFields).event_format(JsonLine).boxed()
        }
    }
}
