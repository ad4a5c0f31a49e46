//! The command line, but for that of a service.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, value_parser};

use crate::Service;

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Runs all services.
    Up(Up),
    /// Reports the mistakes of a topology.
    CheckTopology(PathBuf),
}

/// How to run all services.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Up {
    /// As many as there were, if it is missing.
    pub(crate) clusters: Option<u8>,
    /// The folder for their data.
    pub(crate) data: PathBuf,
    /// Where new ports are looked for.
    pub(crate) port: u16,
}

/// Reads the command line of the process; ends the process on `--help`, `--version` and mistakes.
pub(crate) fn parse(services: &[Service]) -> Command {
    parsed(&command(services).get_matches())
}

fn parsed(matches: &ArgMatches) -> Command {
    let file = |matches: &ArgMatches, name| matches.get_one(name).cloned().unwrap_or_default();
    match matches.subcommand() {
        Some(("topology", matches)) => {
            let check = matches.subcommand_matches("check").unwrap_or(matches);
            Command::CheckTopology(file(check, "file"))
        }
        // A command is required, and a service never comes here.
        other => {
            let matches = other.map_or(matches, |(_, matches)| matches);
            let clusters = matches.get_one("clusters").copied();
            let port = matches.get_one("port").copied().unwrap_or(1);
            Command::Up(Up { clusters, data: file(matches, "data"), port })
        }
    }
}

fn command(services: &[Service]) -> clap::Command {
    let list = services.iter().map(|service| clap::Command::new(service.name).about(service.about));
    clap::Command::new("services")
        .bin_name("services")
        .about("Runs the services of the architecture: one of them by its name, or all of them")
        .after_help("`services NAME --help` lists the settings and the commands of a service.")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommand(up())
        .subcommand(topology())
        .subcommands(list)
}

fn up() -> clap::Command {
    let clusters = Arg::new("clusters").long("clusters").value_name("N");
    let clusters = clusters.value_parser(value_parser!(u8).range(1..=99));
    let data = Arg::new("data").long("data").value_name("DIR").default_value("var");
    let data = data.value_parser(value_parser!(PathBuf));
    let port = Arg::new("port").long("port").value_name("PORT").default_value("8100");
    let port = port.value_parser(value_parser!(u16).range(1..));
    clap::Command::new("up")
        .about("Run all services on this machine until Ctrl-C")
        .arg(clusters.help("The number of clusters; by default as many as the folder has, or 1"))
        .arg(data.help("The folder for the data of the services and their topology"))
        .arg(port.help("The first port; ports of an earlier run stay the same"))
}

fn topology() -> clap::Command {
    let file = Arg::new("file").value_name("FILE").required(true);
    let file = file.value_parser(value_parser!(PathBuf)).help("The topology");
    let check = clap::Command::new("check").about("Report all mistakes of a topology").arg(file);
    clap::Command::new("topology")
        .about("Check a topology")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommand(check)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SERVICES;

    fn read(line: &str) -> Result<Command, String> {
        let matches = command(SERVICES).try_get_matches_from(line.split(' '));
        matches.map(|matches| parsed(&matches)).map_err(|error| error.to_string())
    }

    #[test]
    fn the_commands_are_read() {
        let up = |clusters, data: &str, port| Command::Up(Up { clusters, data: data.into(), port });
        assert_eq!(read("services up"), Ok(up(None, "var", 8100)));
        assert_eq!(
            read("services up --clusters 2 --data d --port 9000"),
            Ok(up(Some(2), "d", 9000))
        );
        let check = Command::CheckTopology("t.toml".into());
        assert_eq!(read("services topology check t.toml"), Ok(check));
        for wrong in ["services topology", "services topology check", "services up --clusters 0"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest_one() {
        let error = read("services geopi").expect_err("a mistake");
        assert!(error.contains("a similar subcommand exists: 'geoip'"), "{error}");
    }

    #[test]
    fn the_help_lists_the_services() {
        let help = command(SERVICES).render_help().to_string();
        assert!(help.contains("geoip     Looks up the country of an IP address"), "{help}");
    }
}
