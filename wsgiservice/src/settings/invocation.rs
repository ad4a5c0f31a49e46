//! How a service was called.

use std::{
    env,
    ffi::{OsStr, OsString},
    path::Path,
};

/// How a service was called.
#[derive(Debug)]
pub(crate) struct Invocation {
    /// The name of its file of settings and of its variables.
    pub(super) name: String,
    /// What people type to start it.
    pub(super) typed: String,
    pub(super) arguments: Vec<OsString>,
}

impl Invocation {
    /// The program is the service.
    pub(crate) fn of_program() -> Self {
        let name = program();
        let arguments = env::args_os().skip(1).collect();
        Self { typed: name.clone(), name, arguments }
    }

    /// The program has several services, and starts this one.
    pub(crate) fn of_service(name: &str, arguments: impl IntoIterator<Item = OsString>) -> Self {
        let arguments = arguments.into_iter().collect();
        Self { name: name.to_owned(), typed: format!("{} {name}", program()), arguments }
    }
}

/// The name of the program's file, as it was called.
fn program() -> String {
    let called = env::args_os().next();
    let name = called.as_deref().map(Path::new).and_then(Path::file_name);
    let name = name.map(OsStr::to_string_lossy).filter(|name| !name.is_empty());
    let name = name.map_or_else(|| "service".to_owned(), |name| name.into_owned());
    match name.strip_suffix(env::consts::EXE_SUFFIX) {
        Some(stem) => stem.to_owned(),
        None => name,
    }
}
