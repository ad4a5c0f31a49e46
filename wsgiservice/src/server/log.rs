//! The log of a service that owns its process.

use std::io::IsTerminal;

use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// Begins to log what the variable `RUST_LOG` asks for, such as `warn,hyper=debug`, or else what is `info` and above.
pub(super) fn init() {
    let asked = std::env::var("RUST_LOG").ok().map(|asked| asked.parse::<Targets>());
    let is_understood = asked.as_ref().is_none_or(Result::is_ok);
    let usual = || Targets::new().with_default(LevelFilter::INFO);
    let targets = asked.and_then(Result::ok).unwrap_or_else(usual);
    let lines = fmt::layer().with_ansi(std::io::stderr().is_terminal());
    let log = tracing_subscriber::registry().with(lines.with_writer(std::io::stderr)).with(targets);
    // A program that has a log of its own keeps it.
    let _ = log.try_init();
    if !is_understood {
        tracing::warn!("RUST_LOG is no list of targets and levels, such as `warn,hyper=debug`");
    }
}
