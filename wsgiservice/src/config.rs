//! The settings of a server, from the command line.

use std::net::SocketAddr;

use clap::{Args, CommandFactory, FromArgMatches, Parser};

use crate::descriptor::Package;

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
}

#[derive(Parser)]
struct CommandLine {
    #[command(flatten)]
    settings: Settings,
}

impl Settings {
    /// Reads the command line of a service that has no options of its own; ends the process on `--help`, `--version`
    /// and on what it does not know.
    pub(crate) fn of_command_line(name: &str, package: Option<Package>) -> Self {
        let mut command = CommandLine::command().name(name.to_owned()).bin_name(name.to_owned());
        if let Some(package) = package {
            command = command.version(package.version);
            if !package.description.is_empty() {
                command = command.about(package.description);
            }
        }
        let parsed = CommandLine::from_arg_matches(&command.get_matches());
        parsed.unwrap_or_else(|error| error.exit()).settings
    }
}
