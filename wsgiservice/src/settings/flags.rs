//! The command line: a flag for each setting, and the commands that run instead of the server.

use std::path::PathBuf;

use clap::{
    Arg, ArgAction, ArgMatches,
    error::{ContextKind, ContextValue},
    parser::ValueSource,
    value_parser,
};

use super::{
    invocation::Invocation,
    key::Setting,
    origin::Origin,
    print::plain,
    values::{Values, Written},
};
use crate::declaration::Package;

/// A command that runs instead of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Prints the OpenAPI document of the service.
    OpenApi,
    /// Writes the documentation of the service as static files in this folder.
    HelpPage(PathBuf),
    /// Lists the methods of the service with their paths.
    Routes,
    /// Prints the statistics of the service that runs.
    Stats,
    /// Prints the settings that are in force.
    Config,
    /// Prints a file with all settings.
    Template,
}

/// What the command line says beside the settings.
#[derive(Debug)]
pub(super) struct CommandLine {
    pub(super) matches: ArgMatches,
    pub(super) file: Option<PathBuf>,
    pub(super) command: Option<Command>,
}

/// Reads the command line; ends the process on `--help`, `--version` and unknown flags.
pub(super) fn parse(
    invocation: &Invocation,
    package: Option<Package>,
    settings: &[Setting],
) -> CommandLine {
    let matches =
        command(invocation, package, settings).try_get_matches_from(&invocation.arguments);
    let matches = matches.unwrap_or_else(|error| with_tip(error, invocation, settings).exit());
    let file = matches.get_one::<PathBuf>("config").cloned();
    let command = matches.subcommand().and_then(|(name, matches)| match name {
        "openapi" => Some(Command::OpenApi),
        "routes" => Some(Command::Routes),
        "stats" => Some(Command::Stats),
        "help-page" => matches.get_one::<PathBuf>("output").cloned().map(Command::HelpPage),
        _ if matches.get_flag("template") => Some(Command::Template),
        _ => Some(Command::Config),
    });
    CommandLine { matches, file, command }
}

/// Adds a tip if the flag of a setting is unknown, which it is behind a command only.
fn with_tip(mut error: clap::Error, invocation: &Invocation, settings: &[Setting]) -> clap::Error {
    let flags = settings.iter().map(Setting::flag).chain(["config".to_owned()]);
    let flags: Vec<_> = flags.map(|flag| format!("--{flag}")).collect();
    if let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg)
        && flags.contains(flag)
    {
        let tip =
            format!("'{flag}' comes before the command: {} {flag} … COMMAND", invocation.typed);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}

/// Reads the flags that are settings.
pub(super) fn read(values: &mut Values, matches: &ArgMatches) {
    for setting in values.settings.clone() {
        let path = setting.path.as_str();
        if matches.value_source(path) != Some(ValueSource::CommandLine) {
            continue;
        }
        let texts: Vec<_> = matches.get_many::<String>(path).into_iter().flatten().collect();
        let text = texts.iter().map(|text| text.as_str()).collect::<Vec<_>>().join(",");
        values.write(path, Origin::Flag(setting.flag()), Written::Text(text));
    }
}

fn command(
    invocation: &Invocation,
    package: Option<Package>,
    settings: &[Setting],
) -> clap::Command {
    let about = package.map(|package| package.description).filter(|about| !about.is_empty());
    let mut command = clap::Command::new(invocation.name.clone())
        .bin_name(invocation.typed.clone())
        .no_binary_name(true)
        .about(about)
        .arg(config())
        .args(settings.iter().map(flag))
        .subcommands(commands());
    if let Some(package) = package {
        command = command.version(package.version);
    }
    command
}

fn config() -> Arg {
    let arg = Arg::new("config").long("config").value_name("FILE");
    let arg = arg.value_parser(value_parser!(PathBuf));
    arg.help("The file with settings")
}

fn commands() -> [clap::Command; 5] {
    let output = Arg::new("output").long("output").value_name("DIR").required(true);
    let output = output.value_parser(value_parser!(PathBuf)).help("The output directory");
    let template = Arg::new("template").long("template").action(ArgAction::SetTrue);
    let template = template.help("Print a file with a comment for each setting instead");
    [
        clap::Command::new("openapi").about("Print the OpenAPI document of the service"),
        clap::Command::new("help-page")
            .about("Write the documentation of the service as static files")
            .arg(output),
        clap::Command::new("routes").about("List the methods of the service with their paths"),
        clap::Command::new("stats").about("Print the statistics of the running service"),
        clap::Command::new("config")
            .about("Print the settings that are in force, and where each value came from")
            .arg(template),
    ]
}

fn flag(setting: &Setting) -> Arg {
    let (table, name) = setting.table_and_name();
    let value_name = setting.value_name.map_or_else(|| name.to_uppercase(), str::to_owned);
    let mut arg = Arg::new(setting.path.clone())
        .long(setting.flag())
        .value_name(value_name)
        .help(help(setting));
    if !table.is_empty() {
        // There are many of them: `--help` shows them, `-h` does not.
        arg = arg.help_heading(format!("Options for {table}")).hide_short_help(true);
    }
    if setting.kind.is_list {
        arg = arg.action(ArgAction::Append);
    }
    if setting.kind.is_bool {
        arg = arg.num_args(0..=1).require_equals(true).default_missing_value("true");
    }
    match &setting.default {
        // clap shows it; the value itself comes from the table.
        Some(default) if !setting.kind.is_secret => arg.default_value(plain(default)),
        _ => arg,
    }
}

fn help(setting: &Setting) -> String {
    let summary = setting.summary();
    let sentence = summary.split(". ").next().unwrap_or_default();
    let sentence = sentence.strip_suffix('.').unwrap_or(sentence);
    match setting.values_in_words() {
        None => sentence.to_owned(),
        Some(values) => format!("{sentence} [value: {values}]"),
    }
}
