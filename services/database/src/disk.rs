//! The disk below a file or a folder: whether it is still the one that was opened, and whether it can be written.

use std::{
    fs,
    io::{self, ErrorKind, Write as _},
    path::Path,
    sync::Arc,
    time::SystemTime,
};

use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};

use crate::figures::PATIENCE;

/// How much a check writes, in bytes: a block. Some file systems store less in the inode of a file, which succeeds on a full disk.
const BLOCK: usize = 4_096;

/// Identifies a file or a folder, independently of its path. If the path later leads to another one, for example to the empty mount
/// point after a disk was unmounted, the identities differ.
///
/// ```
/// use database::FileIdentity;
///
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("attachments");
/// std::fs::create_dir(&path)?;
/// let opened = FileIdentity::of(&path)?;
/// std::fs::rename(&path, folder.path().join("away"))?;
/// std::fs::create_dir(&path)?;
/// # #[cfg(unix)]
/// assert_ne!(FileIdentity::of(&path)?, opened);
/// # Ok::<_, std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileIdentity {
    device: u64,
    inode: u64,
    /// If the system tells it: the inode of what was removed is used again.
    created: Option<SystemTime>,
}

impl FileIdentity {
    /// The identity of what has this path now. On systems without inode numbers, it is the time of creation alone.
    ///
    /// # Errors
    ///
    /// If nothing has this path, or if its metadata cannot be read.
    pub fn of(path: &Path) -> io::Result<Self> {
        fs::metadata(path).map(|file| Self::from_metadata(&file))
    }

    #[cfg(unix)]
    fn from_metadata(file: &fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;

        Self { device: file.dev(), inode: file.ino(), created: file.created().ok() }
    }

    #[cfg(not(unix))]
    fn from_metadata(file: &fs::Metadata) -> Self {
        Self { device: 0, inode: 0, created: file.created().ok() }
    }
}

/// Runs checks of a disk, one at a time: a disk that does not respond holds one thread, and not another one with each check. It is
/// cheap to clone.
///
/// ```
/// use database::{DiskCheck, try_to_write};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().to_owned();
/// let check = DiskCheck::default();
/// let written = check.run(&path, { let path = path.clone(); move || try_to_write(&path) }).await;
/// assert_eq!(written, Ok(()));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct DiskCheck(Arc<Semaphore>);

impl Default for DiskCheck {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}

impl DiskCheck {
    /// Runs a check that may block its thread.
    ///
    /// # Errors
    ///
    /// What it finds, or that the disk of the folder does not respond within half a second.
    pub async fn run(
        &self,
        folder: &Path,
        check: impl FnOnce() -> Result<(), String> + Send + 'static,
    ) -> Result<(), String> {
        let found = async {
            let place = Arc::clone(&self.0).acquire_owned().await;
            let checked = spawn_blocking(move || {
                let _place = place;
                check()
            });
            checked.await.unwrap_or_else(|error| Err(error.to_string()))
        };
        timeout(PATIENCE, found).await.unwrap_or_else(|_| {
            let folder = folder.display();
            Err(format!("{folder} does not respond within {PATIENCE:?}; look at its disk"))
        })
    }
}

#[cfg(test)]
impl DiskCheck {
    /// Lets the disk not respond until what is returned is dropped.
    pub(crate) async fn occupy(&self) -> impl Drop + use<> {
        Arc::clone(&self.0).acquire_owned().await.expect("a place")
    }
}

/// Writes a small file in a folder, and removes it. It has no name if the system can do so, and then a process that is killed leaves
/// nothing behind. It is not synchronized: a disk that is full, or mounted read-only, refuses it at once. This blocks the thread.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// database::try_to_write(folder.path())?;
/// assert_eq!(std::fs::read_dir(folder.path())?.count(), 0);
///
/// let refused = database::try_to_write(&folder.path().join("nowhere")).unwrap_err();
/// assert!(refused.contains("nowhere cannot be written: "), "{refused}");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// What is wrong, and what helps.
pub fn try_to_write(folder: &Path) -> Result<(), String> {
    let written = tempfile::tempfile_in(folder).and_then(|mut file| file.write_all(&[0; BLOCK]));
    written.map_err(|error| refused(folder, &error))
}

fn refused(folder: &Path, error: &io::Error) -> String {
    let help = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "free space on its disk",
        ErrorKind::ReadOnlyFilesystem => "remount its disk read-write",
        ErrorKind::PermissionDenied => "give the user of the service write permission",
        _ => return format!("{} cannot be written: {error}", folder.display()),
    };
    // The text of the error also has the random name of the file, which means nothing to an operator.
    format!("{} cannot be written: {}; {help}", folder.display(), error.kind())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file system such as ext4 gives the new folder the inode of the old one.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_folder_that_was_removed_and_created_anew_is_another_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("attachments");
        let create = || {
            fs::create_dir(&path).expect("a folder");
            fs::metadata(&path).and_then(|it| it.created()).expect("a time of creation")
        };
        let created = create();
        let opened = FileIdentity::of(&path).expect("a folder");
        // The clock of a file system can be coarse.
        loop {
            fs::remove_dir(&path).expect("a folder");
            if create() != created {
                break;
            }
        }
        assert_ne!(FileIdentity::of(&path).expect("a folder"), opened);
    }

    #[test]
    fn a_refusal_says_what_helps() {
        for (kind, help) in [
            (ErrorKind::StorageFull, "free space on its disk"),
            (ErrorKind::QuotaExceeded, "free space on its disk"),
            (ErrorKind::ReadOnlyFilesystem, "remount its disk read-write"),
            (ErrorKind::PermissionDenied, "give the user of the service write permission"),
        ] {
            let message = refused(Path::new("/data"), &kind.into());
            assert_eq!(message, format!("/data cannot be written: {kind}; {help}"));
        }
    }

    #[tokio::test]
    async fn a_check_whose_caller_has_gone_keeps_its_place_until_its_thread_is_free() {
        let check = DiskCheck::default();
        let (free, blocked) = std::sync::mpsc::channel::<()>();
        let blocks = check.run(Path::new("/data"), move || {
            let _ = blocked.recv();
            Ok(())
        });
        tokio::select! {
            biased;
            found = blocks => panic!("it does not wait for its thread: {found:?}"),
            () = std::future::ready(()) => {}
        }
        assert_eq!(check.0.available_permits(), 0);
        drop(free);
        assert_eq!(check.run(Path::new("/data"), || Ok(())).await, Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_check_gives_up_while_another_one_waits_for_the_disk() {
        let check = DiskCheck::default();
        let slow = check.occupy().await;
        let late = check.run(Path::new("/data"), || unreachable!()).await;
        assert_eq!(late, Err("/data does not respond within 500ms; look at its disk".to_owned()));
        drop(slow);
        assert_eq!(check.run(Path::new("/data"), || Ok(())).await, Ok(()));
    }
}
