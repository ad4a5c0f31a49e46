//! The server: it accepts connections, responds to their requests, and stops when it is told to.
//!
//! A service needs these names to set up its server, to serve a listener, or to be part of another program, which needs
//! no feature.

#[cfg(feature = "server")]
mod ganglia;
#[cfg(feature = "server")]
pub(crate) mod listening;
#[cfg(feature = "server")]
mod log;
#[cfg(feature = "server")]
mod settings;

#[cfg(feature = "otlp")]
pub use self::log::{Collector, InvalidCollector};
#[cfg(feature = "server")]
pub use self::{
    ganglia::{Ganglia, InvalidGanglia},
    log::{InvalidFilter, LogFilter, LogFormat},
    settings::{Runtime, Settings},
};

#[cfg(feature = "server")]
pub use crate::application::{BackgroundReturn, Stopping};
#[cfg(feature = "command-line")]
pub use crate::limits::Seconds;
pub use crate::{
    application::{LayerService, ResponseFuture, Service},
    http::network::{InvalidNetwork, Network},
    limits::Limits,
    site::build_error::BuildError,
};
