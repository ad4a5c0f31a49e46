//! Sets up the log of a service that owns its process. What is logged is written where it happens.

use std::io::IsTerminal;

use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// Logs to standard error what `RUST_LOG` selects, for example `warn,hyper=debug`; the default is `info`.
pub(super) fn init() {
    let selected = std::env::var("RUST_LOG").ok().map(|selected| selected.parse::<Targets>());
    let is_valid = selected.as_ref().is_none_or(Result::is_ok);
    let default = || Targets::new().with_default(LevelFilter::INFO);
    let targets = selected.and_then(Result::ok).unwrap_or_else(default);
    // A line that cannot be written would be reported where it cannot be written, which is a panic.
    let lines = fmt::layer().log_internal_errors(false).with_ansi(std::io::stderr().is_terminal());
    let log = tracing_subscriber::registry().with(lines.with_writer(std::io::stderr)).with(targets);
    // This fails if the program has set up a log of its own, which then stays.
    let _ = log.try_init();
    if !is_valid {
        tracing::warn!(
            "ignoring RUST_LOG: expected targets and levels, for example `warn,hyper=debug`"
        );
    }
}
