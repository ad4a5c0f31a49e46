//! How a service was called.

use std::{env, ffi::OsString};

use crate::program;

/// How a service was called.
#[derive(Debug)]
pub(crate) struct Invocation {
    /// The name of its file of settings and of its variables.
    pub(crate) name: String,
    /// What people type to start it.
    pub(super) typed: String,
    pub(super) arguments: Vec<OsString>,
}

impl Invocation {
    /// The program is the service.
    pub(crate) fn of_program() -> Self {
        let name = program::name();
        let arguments = env::args_os().skip(1).collect();
        Self { typed: name.clone(), name, arguments }
    }

    /// The program has several services, and starts this one.
    pub(crate) fn of_service(name: &str, arguments: impl IntoIterator<Item = OsString>) -> Self {
        let arguments = arguments.into_iter().collect();
        Self { name: name.to_owned(), typed: format!("{} {name}", program::name()), arguments }
    }
}
