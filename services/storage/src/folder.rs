//! The folder of the bytes, and whether it is there and can be written.

use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::Duration,
};

use database::{FileIdentity, try_to_write};
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};
use wsgiservice::health::Health;

/// How long a check waits: less than the second after which it would fail.
const PATIENCE: Duration = Duration::from_millis(500);

/// The folder of the bytes. It is cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Folder(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    /// Which folder was opened: one that comes in its place has no bytes of the rows that are there.
    opened: OnceLock<FileIdentity>,
    /// For one check at a time: a disk that does not respond holds its thread, and not another one with each second.
    place: Arc<Semaphore>,
}

impl Folder {
    /// The folder at a path. Nothing is opened yet.
    pub(crate) fn new(path: PathBuf) -> Self {
        let (opened, place) = (OnceLock::new(), Arc::new(Semaphore::new(1)));
        Self(Arc::new(Inner { path, opened, place }))
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
        let found = async {
            let place = Arc::clone(&self.0.place).acquire_owned().await;
            let it = self.clone();
            spawn_blocking(move || {
                let _place = place;
                it.is_in_place().and_then(|()| try_to_write(it.path()))
            })
            .await
        };
        match timeout(PATIENCE, found).await {
            Ok(Ok(Ok(()))) => Health::Pass,
            Ok(Ok(Err(wrong))) => Health::Warn(wrong),
            Ok(Err(error)) => Health::Warn(error.to_string()),
            Err(_) => {
                let path = self.path().display();
                Health::Warn(format!("{path} takes no file within {PATIENCE:?}; look at its disk"))
            }
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
                "{path} was replaced, such as when its disk is not mounted: bring the old folder back, or restart the service if \
                 all attachments are in the new one"
            )),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(format!("{path} was removed, and attachments cannot be found: bring it back"))
            }
            Err(error) => Err(format!("{path} cannot be read: {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_folder_that_does_not_respond_warns_and_holds_one_thread() {
        let folder = Folder::new("/nowhere".into());
        let place = Arc::clone(&folder.0.place).acquire_owned().await.expect("a place");
        let message = "/nowhere takes no file within 500ms; look at its disk";
        assert_eq!(folder.health().await, Health::Warn(message.to_owned()));
        drop(place);
        let message = "/nowhere was removed, and attachments cannot be found: bring it back";
        assert_eq!(folder.health().await, Health::Warn(message.to_owned()));
    }
}
