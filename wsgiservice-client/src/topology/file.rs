//! A topology file that is read again and again.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{TlsFiles, Topology};
use crate::error::{Error, Result};

/// A topology file, and what was read of it last.
#[derive(Debug)]
pub(crate) struct File {
    path: PathBuf,
    known: Mutex<Contents>,
    /// Lets one task at a time find out what has changed, and put it in force.
    pub(crate) turn: tokio::sync::Mutex<()>,
}

/// The content of a topology file, and of the files of TLS that it names. A file that cannot be read is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Contents {
    text: String,
    tls: Vec<Vec<u8>>,
}

/// A topology file that has changed.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) topology: Topology,
    /// Whether a file of TLS has other content.
    pub(crate) has_other_tls: bool,
}

impl File {
    /// Reads a file for the first time.
    pub(crate) fn read(path: &Path) -> Result<(Self, Topology)> {
        let text = fs::read_to_string(path).map_err(|error| unreadable(path, error))?;
        let topology = Topology::parse(&path.to_string_lossy(), &text)?;
        let tls = topology.tls.iter().flat_map(TlsFiles::paths);
        let tls = tls.map(|path| fs::read(path).unwrap_or_default()).collect();
        let known = Mutex::new(Contents { text, tls });
        Ok((Self { path: path.to_owned(), known, turn: tokio::sync::Mutex::default() }, topology))
    }

    /// What has changed in the file, or in those of TLS, since it was read last.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or has mistakes.
    pub(crate) async fn change(&self) -> Result<Option<Change>> {
        let text = tokio::fs::read_to_string(&self.path).await;
        let text = text.map_err(|error| unreadable(&self.path, error))?;
        let topology = Topology::parse(&self.path.to_string_lossy(), &text)?;
        let contents = Contents::new(text, topology.tls.as_ref()).await;
        let known = std::mem::replace(&mut *self.known(), contents.clone());
        let has_other_tls = known.tls != contents.tls;
        Ok((known != contents).then_some(Change { topology, has_other_tls }))
    }

    /// The files of TLS could not be used: they are tried again.
    #[cfg(feature = "rustls")]
    pub(crate) fn forget_tls(&self) {
        self.known().tls.clear();
    }

    fn known(&self) -> MutexGuard<'_, Contents> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Contents {
    async fn new(text: String, tls: Option<&TlsFiles>) -> Self {
        let mut contents = Self { text, tls: Vec::new() };
        for path in tls.into_iter().flat_map(TlsFiles::paths) {
            contents.tls.push(tokio::fs::read(path).await.unwrap_or_default());
        }
        contents
    }
}

fn unreadable(path: &Path, error: io::Error) -> Error {
    Error::invalid(format!("cannot read {}: {error}", path.display())).because(error)
}
