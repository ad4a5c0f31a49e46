//! The program that runs.

use std::{env, ffi::OsStr, path::Path};

/// The name of the program's file, as it was called.
pub(crate) fn name() -> String {
    let called = env::args_os().next();
    let name = called.as_deref().map(Path::new).and_then(Path::file_name);
    let name = name.map(OsStr::to_string_lossy).filter(|name| !name.is_empty());
    let name = name.map_or_else(|| "service".to_owned(), |name| name.into_owned());
    match name.strip_suffix(env::consts::EXE_SUFFIX) {
        Some(stem) => stem.to_owned(),
        None => name,
    }
}
