//! The settings of a server.

#[cfg(feature = "command-line")]
pub(crate) mod command_line;

use std::net::SocketAddr;

#[cfg(feature = "command-line")]
use crate::http::network::InvalidNetwork;
use crate::{http::network::Network, limits::Limits};

/// The settings of a server.
///
/// ```
/// use wsgiservice::server::Settings;
///
/// assert_eq!(Settings::default().bind.to_string(), "127.0.0.1:8001");
/// ```
///
/// With the feature `command-line` they are also command-line options. A service with its own options flattens them into
/// these:
///
/// ```
/// use clap::Parser;
///
/// /// Keeps data.
/// #[derive(Parser)]
/// struct Options {
///     /// Where the data is.
///     #[arg(long)]
///     database: Option<std::path::PathBuf>,
///     #[command(flatten)]
///     settings: wsgiservice::server::Settings,
/// }
///
/// let options = Options::parse_from(["service", "--bind", "127.0.0.1:0"]);
/// assert_eq!(options.settings.bind.port(), 0);
/// ```
#[derive(Clone, Debug)]
// The documentation of the type must not become the help text of a service.
#[cfg_attr(feature = "command-line", derive(clap::Args), command(about = None, long_about = None))]
#[non_exhaustive]
pub struct Settings {
    /// Address and port to listen on; port 0 picks a free port.
    #[cfg_attr(
        feature = "command-line",
        arg(long, value_name = "ADDRESS", default_value_t = Self::default().bind)
    )]
    pub bind: SocketAddr,

    /// How work is distributed among the cores.
    #[cfg_attr(feature = "command-line", arg(long, value_enum, default_value_t))]
    pub runtime: Runtime,

    /// Path that a proxy removes from the targets of clients, for example /api.
    #[cfg_attr(feature = "command-line", arg(long, value_name = "PATH"))]
    pub base: Option<String>,

    /// Addresses or networks of clients that may read `/_internal/`, and of proxies whose `X-Forwarded-Prefix` is believed,
    /// for example 10.0.0.0/8, or none; by default those of this host, or those that the application trusts.
    #[cfg_attr(feature = "command-line", arg(long, value_name = "NETWORKS", value_parser = networks))]
    pub trusted: Option<Networks>,

    /// Names by which clients reach the service on a loopback address, beside localhost and its own name.
    #[cfg_attr(feature = "command-line", arg(long, value_name = "NAME", value_delimiter = ','))]
    pub hosts: Option<Vec<String>>,

    /// What a client may use; by default as the application says.
    #[cfg_attr(feature = "command-line", arg(skip))]
    pub limits: Option<Limits>,

    #[cfg(feature = "command-line")]
    #[command(subcommand)]
    pub(crate) command: Option<command_line::Command>,
}

/// How the work of a service is distributed among the cores.
///
/// ```
/// use wsgiservice::server::Runtime;
///
/// assert_eq!(Runtime::default(), Runtime::PerCore);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "command-line", derive(clap::ValueEnum))]
#[non_exhaustive]
pub enum Runtime {
    /// Idle cores take work from busy ones; for methods that compute for a long time or block in place.
    Shared,
    /// Each core serves its own connections. This has less overhead, but a method that computes for a long time delays all
    /// connections of its core; run such work in `tokio::task::spawn_blocking`.
    #[default]
    PerCore,
}

/// Networks as one value on the command line, where a `Vec` would be several.
type Networks = Vec<Network>;

/// Parses networks between commas, or `none`.
#[cfg(feature = "command-line")]
fn networks(text: &str) -> Result<Networks, InvalidNetwork> {
    match text {
        "none" => Ok(Vec::new()),
        text => text.split(',').map(str::parse).collect(),
    }
}

impl Settings {
    /// Creates the default settings, listening on `bind`; port 0 picks a free port.
    ///
    /// ```
    /// # fn main() -> Result<(), wsgiservice::server::InvalidNetwork> {
    /// use wsgiservice::server::Settings;
    ///
    /// let mut settings = Settings::new(([0, 0, 0, 0], 80));
    /// settings.trusted = Some(vec!["10.0.0.0/8".parse()?]);
    /// assert_eq!(settings.bind.to_string(), "0.0.0.0:80");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn new(bind: impl Into<SocketAddr>) -> Self {
        Self {
            bind: bind.into(),
            runtime: Runtime::default(),
            base: None,
            trusted: None,
            hosts: None,
            limits: None,
            #[cfg(feature = "command-line")]
            command: None,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::new(([127, 0, 0, 1], 8001))
    }
}
