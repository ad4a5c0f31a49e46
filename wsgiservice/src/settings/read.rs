//! From the layers to the settings, or to all mistakes in them.

use std::env;

use super::{
    Settings,
    collision::collisions,
    environment, file,
    flags::{self, Command},
    invocation::Invocation,
    key, print,
    values::Values,
};
use crate::{
    declaration::Package,
    error::{Error, Result},
};

/// The settings of a process.
#[derive(Debug)]
pub(crate) struct Read<S, T> {
    /// Those of the service.
    pub(crate) own: S,
    /// Those of the server.
    pub(crate) server: T,
    /// What they were read from.
    pub(crate) values: Values,
    /// What to do instead of serving.
    pub(crate) command: Option<Command>,
}

/// What the settings were read for.
#[derive(Debug)]
pub(crate) enum Purpose<S, T> {
    /// To print them, which was done.
    Printed,
    /// To reach the service that runs with these settings of the server. It has its own; here, some may be missing.
    Stats(T),
    /// To construct the application.
    Application(Read<S, T>),
}

/// Reads the settings of a service, and prints them if that is the command.
///
/// # Errors
/// All mistakes at once.
pub(crate) fn read<S: Settings, T: Settings>(
    invocation: &Invocation,
    package: Option<Package>,
) -> Result<Purpose<S, T>> {
    let settings = key::settings(S::KEYS, T::KEYS);
    report(&collisions(&settings))?;
    let line = flags::parse(invocation, package, &settings);
    let mut values = Values::new(&invocation.name, settings);
    if line.command == Some(Command::Template) {
        print::print(&print::template(&values))?;
        return Ok(Purpose::Printed);
    }
    file::read(&mut values, line.file.as_deref());
    environment::read(&mut values, env::vars_os());
    flags::read(&mut values, &line.matches);
    let is_stats = line.command == Some(Command::Stats);
    let own = if is_stats { None } else { S::take(&mut values) };
    let server = T::take(&mut values);
    report(&values.errors)?;
    let (own, server) = match (own, server) {
        (None, Some(server)) if is_stats => return Ok(Purpose::Stats(server)),
        (Some(own), Some(server)) => (own, server),
        _ => return Err(Error::new("the settings cannot be read")),
    };
    if line.command == Some(Command::Config) {
        print::print(&print::in_force(&values))?;
        return Ok(Purpose::Printed);
    }
    Ok(Purpose::Application(Read { own, server, values, command: line.command }))
}

fn report(errors: &[String]) -> Result<()> {
    match errors {
        [] => Ok(()),
        [error] => Err(Error::new(error.as_str())),
        errors => {
            let count = errors.len();
            Err(Error::new(format!("{count} mistakes in the settings:\n{}", errors.join("\n"))))
        }
    }
}
