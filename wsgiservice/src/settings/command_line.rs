//! The command line of a service.

use std::path::PathBuf;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use super::Settings;
use crate::declaration::Package;

#[derive(Parser)]
struct CommandLine {
    #[command(flatten)]
    settings: Settings,
}

/// A command that runs instead of the server.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Command {
    /// Print the OpenAPI document of the service.
    Openapi,
    /// Write the documentation of the service as static files.
    HelpPage {
        /// The output directory.
        #[arg(long, value_name = "DIR")]
        output: PathBuf,
    },
    /// List the methods of the service with their paths.
    Routes,
}

impl Settings {
    /// Parses the command line of a service without options of its own; ends the process on `--help`, `--version` and
    /// invalid arguments.
    pub(crate) fn of_command_line(name: &str, package: Option<Package>) -> Self {
        let matches = command(name, package).get_matches();
        CommandLine::from_arg_matches(&matches).unwrap_or_else(|error| error.exit()).settings
    }
}

/// Returns the command of a service, whose help describes the service instead of [`Settings`].
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
    fn flattened_settings_do_not_describe_the_service() {
        #[derive(Parser)]
        #[command(name = "notes")]
        struct Options {
            #[command(flatten)]
            _settings: Settings,
        }
        let help = Options::command().render_long_help().to_string();
        assert!(help.starts_with("Usage: notes [OPTIONS] [COMMAND]\n"), "{help}");
    }

    #[test]
    fn the_help_describes_the_service() {
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
