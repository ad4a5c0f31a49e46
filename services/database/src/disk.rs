//! The disk below a file or a folder: whether it is still the one that was opened, and whether it can be written.

use std::{
    fs,
    io::{self, ErrorKind, Write as _},
    path::Path,
};

/// How much a check writes, in bytes: a block, since some file systems keep less beside the name of a file.
const BLOCK: usize = 4_096;

/// What tells a file or a folder from another one that gets its name later, such as when a disk is not mounted any more.
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
pub struct FileIdentity(u64, u64);

impl FileIdentity {
    /// The identity of what has this name now. Where the system has no numbers for files, all are the same.
    ///
    /// # Errors
    ///
    /// If nothing has this name, or if it cannot be read.
    pub fn of(path: &Path) -> io::Result<Self> {
        fs::metadata(path).map(|file| Self::from_metadata(&file))
    }

    #[cfg(unix)]
    fn from_metadata(file: &fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;

        Self(file.dev(), file.ino())
    }

    #[cfg(not(unix))]
    fn from_metadata(_: &fs::Metadata) -> Self {
        Self(0, 0)
    }
}

/// Writes a small file in a folder, and removes it. It has no name if the system can do so, and then a process that is killed leaves
/// nothing behind. It is not synchronized: a disk that is full, or mounted to be read, refuses it at once. This blocks the thread.
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
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room on its disk",
        ErrorKind::ReadOnlyFilesystem => "remount its disk so that it can be written",
        ErrorKind::PermissionDenied => "let the user of the service write in it",
        _ => return format!("{} cannot be written: {error}", folder.display()),
    };
    // The error names the file as well, which nobody knows.
    format!("{} cannot be written: {}; {help}", folder.display(), error.kind())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_helps() {
        for (kind, help) in [
            (ErrorKind::StorageFull, "make room on its disk"),
            (ErrorKind::QuotaExceeded, "make room on its disk"),
            (ErrorKind::ReadOnlyFilesystem, "remount its disk so that it can be written"),
            (ErrorKind::PermissionDenied, "let the user of the service write in it"),
        ] {
            let message = refused(Path::new("/data"), &kind.into());
            assert_eq!(message, format!("/data cannot be written: {kind}; {help}"));
        }
    }
}
