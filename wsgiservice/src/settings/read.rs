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

/// Reads the settings of a service. `None` if the command was to print them, which was done.
///
/// # Errors
/// All mistakes at once.
pub(crate) fn read<S: Settings, T: Settings>(
    invocation: &Invocation,
    package: Option<Package>,
) -> Result<Option<Read<S, T>>> {
    let settings = key::settings(S::KEYS, T::KEYS);
    report(&collisions(&settings))?;
    let line = flags::parse(invocation, package, &settings);
    let mut values = Values::new(&invocation.name, settings);
    if line.command == Some(Command::Template) {
        print::print(&print::template(&values))?;
        return Ok(None);
    }
    file::read(&mut values, line.file.as_deref());
    environment::read(&mut values, env::vars_os());
    flags::read(&mut values, &line.matches);
    let taken = (S::take(&mut values), T::take(&mut values));
    report(&values.errors)?;
    let (Some(own), Some(server)) = taken else {
        return Err(Error::new("the settings cannot be read"));
    };
    if line.command == Some(Command::Config) {
        print::print(&print::in_force(&values))?;
        return Ok(None);
    }
    Ok(Some(Read { own, server, values, command: line.command }))
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
