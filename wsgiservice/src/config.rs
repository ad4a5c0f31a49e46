//! The settings of a server, from the command line.

use std::{
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

use clap::{Args, CommandFactory, FromArgMatches, Parser, ValueEnum};
use ipnet::IpNet;

use crate::{command::Command, descriptor::Package};

/// The settings of a server.
///
/// A service with options of its own flattens them into its own:
///
/// ```
/// use clap::Parser;
///
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
/// let application = wsgiservice::Application::new("service").settings(options.settings);
/// ```
#[derive(Args, Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// Address and port to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8001")]
    pub bind: SocketAddr,

    /// How work is shared among the cores.
    #[arg(long, value_enum, default_value_t)]
    pub runtime: Runtime,

    /// Who may read what the service tells of itself, under `/_internal/`: an address or a network, as in 10.0.0.0/8.
    #[arg(long, value_name = "NETWORK", value_delimiter = ',', default_values = LOOPBACK)]
    pub trusted: Vec<Network>,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// How the work of a service is shared among the cores.
///
/// ```
/// use clap::ValueEnum;
/// use wsgiservice::Runtime;
///
/// assert_eq!(Runtime::from_str("shared", true), Ok(Runtime::Shared));
/// assert_eq!(Runtime::default(), Runtime::PerCore);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
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

#[derive(Parser)]
struct CommandLine {
    #[command(flatten)]
    settings: Settings,
}

impl Settings {
    /// Reads the command line of a service that has no options of its own; ends the process on `--help`, `--version`
    /// and on what it does not know.
    pub(crate) fn of_command_line(name: &str, package: Option<Package>) -> Self {
        let matches = command(name, package).get_matches();
        CommandLine::from_arg_matches(&matches).unwrap_or_else(|error| error.exit()).settings
    }
}

/// The command of a service: its help is about the service, and not about [`Settings`].
fn command(name: &str, package: Option<Package>) -> clap::Command {
    let command = CommandLine::command().name(name.to_owned()).bin_name(name.to_owned());
    let about = package.map(|package| package.description).filter(|about| !about.is_empty());
    let command = command.about(about).long_about(None);
    match package {
        Some(package) => command.version(package.version),
        None => command,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_of_a_service_is_about_the_service() {
        let description = "Keeps notes.";
        let package = Package {
            name: "notes",
            version: "1.2.3",
            description,
            authors: "",
            license: "",
            repository: "",
        };
        let help = command("notes", Some(package)).render_long_help().to_string();
        assert!(help.starts_with("Keeps notes.\n\nUsage: notes [OPTIONS] [COMMAND]\n"), "{help}");
        let help = command("notes", None).render_long_help().to_string();
        assert!(help.starts_with("Usage: notes [OPTIONS] [COMMAND]\n"), "{help}");
    }
}
