//! The log of a service that owns its process. What is logged is written where it happens.

mod filter;
mod line;

use std::io::{self, IsTerminal};

use tracing_subscriber::{Layer, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use self::line::OfRequest;
pub use self::{
    filter::{InvalidFilter, LogFilter},
    line::LogFormat,
};

/// Logs to standard error what the filter selects. If the program has set up a log of its own, that stays.
pub(super) fn init(filter: &LogFilter, format: LogFormat) {
    // A line that cannot be written would be reported where it cannot be written, which is a panic.
    let lines = fmt::layer().log_internal_errors(false).with_writer(io::stderr);
    let is_terminal = io::stderr().is_terminal();
    let lines = match format {
        LogFormat::Text => {
            let lines = lines.with_ansi(is_terminal);
            lines.map_event_format(OfRequest::text(is_terminal)).boxed()
        }
        LogFormat::Json => lines.json().map_event_format(OfRequest::json).boxed(),
    };
    let log = tracing_subscriber::registry().with(lines).with(filter.targets());
    let _ = log.try_init();
}
