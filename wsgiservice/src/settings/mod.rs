//! The settings of a server.

#[cfg(feature = "command-line")]
pub(crate) mod command_line;

use std::{
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

use ipnet::IpNet;

/// The settings of a server.
///
/// ```
/// use wsgiservice::Settings;
///
/// assert_eq!(Settings::default().bind.to_string(), "127.0.0.1:8001");
/// ```
///
/// With the feature `command-line` they are options of the command line, too. A service with options of its own flattens
/// them into its own:
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
///     settings: wsgiservice::Settings,
/// }
///
/// let options = Options::parse_from(["service", "--bind", "127.0.0.1:0"]);
/// assert_eq!(options.settings.bind.port(), 0);
/// let application = wsgiservice::Application::new("service").settings(options.settings);
/// ```
#[derive(Clone, Debug)]
// This comment is about the type, and no help for who uses a service.
#[cfg_attr(feature = "command-line", derive(clap::Args), command(about = None, long_about = None))]
#[non_exhaustive]
pub struct Settings {
    /// Address and port to listen on; port 0 takes a free one.
    #[cfg_attr(
        feature = "command-line",
        arg(long, value_name = "ADDRESS", default_value_t = Self::default().bind)
    )]
    pub bind: SocketAddr,

    /// How work is shared among the cores.
    #[cfg_attr(feature = "command-line", arg(long, value_enum, default_value_t))]
    pub runtime: Runtime,

    /// Who may read what the service tells of itself, under `/_internal/`: an address or a network, as in 10.0.0.0/8.
    #[cfg_attr(
        feature = "command-line",
        arg(long, value_name = "NETWORK", value_delimiter = ',', default_values = LOOPBACK)
    )]
    pub trusted: Vec<Network>,

    #[cfg(feature = "command-line")]
    #[command(subcommand)]
    pub(crate) command: Option<command_line::Command>,
}

/// How the work of a service is shared among the cores.
///
/// ```
/// use wsgiservice::Runtime;
///
/// assert_eq!(Runtime::default(), Runtime::PerCore);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "command-line", derive(clap::ValueEnum))]
#[non_exhaustive]
pub enum Runtime {
    /// A core that has nothing to do takes work from one that has too much: for methods that compute for long, or block in
    /// place.
    Shared,
    /// Each core has connections of its own, and answers them alone. It costs less, and one method that computes for long
    /// holds up the other connections of its core, and answers of theirs that are ready: leave that to `tokio::task::spawn_blocking`.
    #[default]
    PerCore,
}

/// This machine itself.
const LOOPBACK: [&str; 2] = ["127.0.0.0/8", "::1"];

/// An address, or all those that begin alike.
///
/// ```
/// use wsgiservice::Network;
///
/// let network: Network = "10.0.0.0/8".parse().unwrap();
/// assert!(network.contains([10, 1, 2, 3].into()));
/// assert!(!network.contains([11, 1, 2, 3].into()));
/// assert!("10.0.0.0/33".parse::<Network>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network(IpNet);

impl Settings {
    /// Those of a server that listens there, and is as usual otherwise; port 0 takes a free one.
    ///
    /// ```
    /// # fn main() -> Result<(), wsgiservice::InvalidNetwork> {
    /// use wsgiservice::Settings;
    ///
    /// let mut settings = Settings::new(([0, 0, 0, 0], 80));
    /// settings.trusted = vec!["10.0.0.0/8".parse()?];
    /// assert_eq!(settings.bind.to_string(), "0.0.0.0:80");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn new(bind: impl Into<SocketAddr>) -> Self {
        Self {
            bind: bind.into(),
            runtime: Runtime::default(),
            trusted: Network::loopback(),
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

impl Network {
    /// Whether the address is in it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }

    /// This machine itself.
    pub(crate) fn loopback() -> Vec<Self> {
        LOOPBACK.iter().filter_map(|network| network.parse().ok()).collect()
    }
}

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let network = match text.parse::<IpAddr>() {
            Ok(address) => Ok(IpNet::from(address)),
            Err(_) => text.parse(),
        };
        network.map(Self).map_err(|_| InvalidNetwork)
    }
}

/// A text that is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is neither an address nor a network, as 10.0.0.0/8 is")]
#[non_exhaustive]
pub struct InvalidNetwork;
