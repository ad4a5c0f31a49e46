//! The command line of a service.

mod command;

use clap::{CommandFactory, FromArgMatches, Parser};

pub(crate) use self::command::Command;
use crate::{config::Settings, descriptor::Package};

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
    fn the_help_of_options_that_say_nothing_is_about_nothing() {
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
