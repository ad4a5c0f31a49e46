//! The folder of the bytes, and whether it is there and can be written.

use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use database::{DiskCheck, FileIdentity, try_to_write};
use tokio::task::spawn_blocking;
use wsgiservice::health::Health;

/// The folder of the bytes. It is cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Folder(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    /// Which folder was opened: another one that gets its path later does not have the bytes of the rows.
    opened: OnceLock<FileIdentity>,
    disk: DiskCheck,
}

impl Folder {
    /// The folder at a path. Nothing is opened yet.
    pub(crate) fn new(path: PathBuf) -> Self {
        let (opened, disk) = (OnceLock::new(), DiskCheck::default());
        Self(Arc::new(Inner { path, opened, disk }))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0.path
    }

    /// Creates it, if it is missing.
    pub(crate) fn create(&self) -> io::Result<()> {
        std::fs::create_dir_all(self.path())?;
        let opened = FileIdentity::of(self.path())?;
        self.0.opened.get_or_init(|| opened);
        Ok(())
    }

    /// Warns if bytes cannot be found or written. It never fails: items and what is derived from them need no folder.
    pub(crate) async fn health(&self) -> Health {
        let it = self.clone();
        let check = move || it.is_in_place().and_then(|()| try_to_write(it.path()));
        match self.0.disk.run(self.path(), check).await {
            Ok(()) => Health::Pass,
            Err(wrong) => Health::Warn(wrong),
        }
    }

    /// Says what is wrong if it is not the folder that was opened.
    pub(crate) async fn check_in_place(&self) -> Result<(), String> {
        let it = self.clone();
        let checked = spawn_blocking(move || it.is_in_place()).await;
        checked.unwrap_or_else(|error| Err(error.to_string()))
    }

    fn is_in_place(&self) -> Result<(), String> {
        let path = self.path().display();
        match FileIdentity::of(self.path()) {
            Ok(found) if self.0.opened.get().is_none_or(|opened| *opened == found) => Ok(()),
            Ok(_) => Err(format!(
                "{path} was replaced, such as when its disk is not mounted: put the old folder back, or restart the service if \
                 all attachments are in the new one"
            )),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(format!("{path} was removed, and attachments cannot be found: put it back"))
            }
            Err(error) => Err(format!("{path} cannot be read: {error}")),
        }
    }
}
