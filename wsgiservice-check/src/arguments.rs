//! The command line.

use std::{ffi::OsString, time::Duration};

use clap::{Arg, ArgMatches, Command, error::ErrorKind, value_parser};

use crate::{
    range::Range,
    report::{Report, State},
};

/// What is below the options in the help.
const MORE: &str = "\
Exit status: 0 if the service is well, 1 for a warning, 2 if it fails, is
another one, refuses the connection or is late, 3 for wrong arguments and
answers that cannot be read.

A range is 10 (it alerts below 0 and above 10), 10: (below 10), ~:10 (above
10), 10:20 (outside of both) or @10:20 (from 10 to 20). Without --stat, it is
for the seconds until the service has told its health.

NAME is requests_per_sec, errors_per_sec, client_errors_per_sec,
redirections_per_sec, p50_ms, p90_ms or p99_ms, which are of the last minute;
a number of /_internal/stats.json, such as in_flight, requests, shed,
uptime_seconds, connections.open or methods.panics, which is of all methods; or
a metric of the service, for all its labels. Of a histogram, it is how many
durations were recorded; NAME.p99 and the like are of the worst labels since the
start, as methods.seconds.p99 is of the worst method. The error for an unknown
name lists those that exist.

-s and --stat need a service that trusts this host.";

/// What is checked.
#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// The name that the service must have.
    pub(crate) service: Option<String>,
    pub(crate) warning: Option<Range>,
    pub(crate) critical: Option<Range>,
    /// The number that the ranges are for, if that is not the time.
    pub(crate) statistic: Option<String>,
    pub(crate) timeout: Duration,
}

/// What is printed in place of a check.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) text: String,
}

impl Arguments {
    /// # Errors
    /// What is wrong with the arguments, or what they ask to print.
    pub(crate) fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, Refused> {
        let matches = command().try_get_matches_from(arguments)?;
        Self::of(&matches).ok_or_else(|| unknown("an argument is missing; see --help"))
    }

    fn of(matches: &ArgMatches) -> Option<Self> {
        let range = |name| matches.get_one::<Range>(name).cloned();
        Some(Self {
            host: matches.get_one::<String>("hostname")?.clone(),
            port: *matches.get_one("port")?,
            service: matches.get_one("service").cloned(),
            warning: range("warning"),
            critical: range("critical"),
            statistic: matches.get_one("stat").cloned(),
            timeout: *matches.get_one("timeout")?,
        })
    }
}

impl From<clap::Error> for Refused {
    fn from(error: clap::Error) -> Self {
        let text = error.to_string();
        match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Self { text },
            _ => {
                let sentence: Vec<_> =
                    text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
                let sentence = sentence.join(" ");
                unknown(&format!("{}; see --help", sentence.trim_start_matches("error: ")))
            }
        }
    }
}

fn unknown(message: &str) -> Refused {
    Refused { text: format!("{}\n", Report::new(State::Unknown, message).line()) }
}

fn command() -> Command {
    let option = |name: &'static str, short, value, help: &'static str| {
        Arg::new(name).short(short).long(name).value_name(value).help(help)
    };
    let range = |name, short, help| {
        option(name, short, "RANGE", help)
            .value_parser(|text: &str| text.parse::<Range>())
            .allow_hyphen_values(true)
    };
    Command::new("check_wsgiservice")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Checks the health of a service, and a number of its statistics.")
        .after_help(MORE)
        .args([
            option("hostname", 'H', "HOST", "The name or the address of the host").required(true),
            option("port", 'p', "PORT", "The port of the service")
                .required(true)
                .value_parser(value_parser!(u16).range(1..)),
            option("service", 's', "SERVICE", "The name that the service must have"),
            range("warning", 'w', "Warn outside of this range"),
            range("critical", 'c', "Be critical outside of this range"),
            Arg::new("stat")
                .long("stat")
                .value_name("NAME")
                .help("The number that the ranges are for, in place of the time"),
            option("timeout", 't', "SECONDS", "How long the service may take in all")
                .default_value("10")
                .value_parser(seconds),
        ])
}

fn seconds(text: &str) -> Result<Duration, &'static str> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let is_possible = |it: &Duration| !it.is_zero() && *it <= Duration::from_secs(3600);
    seconds.filter(is_possible).ok_or("expected seconds, at most 3600")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Arguments, String> {
        let words = ["check_wsgiservice"].into_iter().chain(text.split_whitespace());
        Arguments::read(words.map(OsString::from)).map_err(|refused| refused.text)
    }

    #[test]
    fn the_command_line_is_read() {
        let arguments = read("-H web1 -p 8001 -s geoip -w -5:0.5 -c @~:2 --stat in_flight -t 0.5");
        let arguments = arguments.expect("arguments");
        assert_eq!((arguments.host.as_str(), arguments.port), ("web1", 8001));
        assert_eq!(arguments.service.as_deref(), Some("geoip"));
        assert_eq!(arguments.statistic.as_deref(), Some("in_flight"));
        assert_eq!(arguments.timeout, Duration::from_millis(500));
        let text = |range: Option<Range>| range.map(|range| range.to_string());
        assert_eq!(text(arguments.warning).as_deref(), Some("-5:0.5"));
        assert_eq!(text(arguments.critical).as_deref(), Some("@~:2"));
    }

    #[test]
    fn what_cannot_be_read_is_one_line() {
        for text in [
            "",
            "-H web1",
            "-p 8001",
            "-H web1 -p 0",
            "-H web1 -p 65536",
            "-H web1 -p http",
            "-H web1 -p 1 -w 1e3",
            "-H web1 -p 1 -c 20:10",
            "-H web1 -p 1 -t 0",
            "-H web1 -p 1 -t -1",
            "-H web1 -p 1 -t NaN",
            "-H web1 -p 1 --stats x",
            "-H web1 -p 1 x",
        ] {
            let text = read(text).expect_err(text);
            assert!(text.starts_with("WSGISERVICE UNKNOWN - "), "{text}");
            assert!(text.ends_with("; see --help\n") && text.lines().count() == 1, "{text}");
        }
    }

    #[test]
    fn the_help_has_the_options_and_the_ranges() {
        let help = read("--help").expect_err("a text");
        for part in ["-H, --hostname <HOST>", "--stat <NAME>", "@10:20", "Exit status:"] {
            assert!(help.contains(part), "{help}");
        }
        assert!(read("--version").expect_err("a text").starts_with("check_wsgiservice "));
    }
}
