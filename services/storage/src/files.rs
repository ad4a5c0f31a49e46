//! The bytes of attachments, in a folder.
//!
//! A file is written beside its place, synchronized, renamed to its name, and its folder is synchronized: `with_fsync` of
//! `object_store` does so. Only then may a row refer to it. The name is `USER/ID/NAME/NUMBER`. The number is drawn at random
//! before the bytes are written, since the version of the row is drawn later, in the transaction that writes it.

use std::{fmt, io, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use database::data::Failure;
use futures_util::{StreamExt, stream::BoxStream};
use object_store::{
    Error, ObjectStore, ObjectStoreExt, WriteMultipart,
    local::LocalFileSystem,
    path::{Path, PathPart},
};
use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};
use tokio::sync::{OnceCell, RwLock};
use wsgiservice::{
    Application, Problem,
    answer::Binary,
    content::ContentStream,
    http::{HeaderValue, StatusCode},
    statistics::Counter,
};

use crate::folder::Folder;

/// How much is written at once, in bytes.
const CHUNK: usize = 256 << 10;

/// How many chunks of an upload wait to be written.
const WAITING: usize = 4;

/// The longest segment of a name, in bytes: a file system takes 255, and the name of a file that is being written is longer.
const LONGEST_SEGMENT: usize = 200;

/// The bytes of attachments. It is cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Files(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    folder: Folder,
    store: OnceCell<LocalFileSystem>,
    /// Held by writers while a file gets its name, and by the collector while it removes one, so that it never removes what
    /// has just been written again.
    publishing: RwLock<()>,
    /// The files that the collector has removed, and their bytes.
    collected: [Counter; 2],
}

/// The name of bytes.
#[derive(Clone, Debug)]
pub(crate) struct FileName {
    path: Path,
    pub(crate) number: i64,
}

/// Bytes that were written.
#[derive(Debug)]
pub(crate) struct Saved {
    /// The SHA-256.
    pub(crate) digest: [u8; 32],
}

/// Bytes that no row may need any more.
#[derive(Debug)]
pub(crate) struct Old {
    path: Path,
    pub(crate) number: i64,
}

impl FileName {
    /// The name of new bytes of an attachment.
    pub(crate) fn new(user: &str, id: &str, name: &str) -> Self {
        // 53 random bits, which every reader of JSON takes for a number.
        let random = uuid::Uuid::new_v4().as_u128() & ((1 << 53) - 1);
        Self::of(user, id, name, i64::try_from(random).unwrap_or_default())
    }

    /// The name of bytes with this number.
    pub(crate) fn of(user: &str, id: &str, name: &str, number: i64) -> Self {
        let [user, id, name] = [user, id, name].map(segment);
        let path = Path::parse(format!("{user}/{id}/{name}/{number}"));
        Self { path: path.unwrap_or_default(), number }
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.fmt(f)
    }
}

/// A text as a segment of a path: encoded, so that it cannot leave its folder, or as its digest if that is too long.
fn segment(text: &str) -> String {
    let encoded = PathPart::from(text);
    match encoded.as_ref().len() <= LONGEST_SEGMENT {
        true => encoded.as_ref().to_owned(),
        // `~` is encoded in all others.
        false => format!("~{}", hex(&Sha256::digest(text))),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Saved {
    /// The digest as it is stored and sent.
    pub(crate) fn digest(&self) -> String {
        STANDARD.encode(self.digest)
    }
}

impl Files {
    /// The bytes of a URL. Nothing is opened yet.
    pub(crate) fn of(url: &str) -> Result<Self, UnknownUrl> {
        let folder = url.strip_prefix("file:").filter(|folder| !folder.is_empty());
        // Decoded as that of a database is.
        let folder = folder.and_then(|folder| percent_decode_str(folder).decode_utf8().ok());
        let folder = folder.ok_or_else(|| UnknownUrl(url.to_owned()))?;
        let folder = Folder::new(folder.into_owned().into());
        let (store, publishing) = (OnceCell::new(), RwLock::default());
        let collected = [
            Counter::new("collected_files", "Files of attachments that no row needed, removed."),
            Counter::new(
                "collected_bytes",
                "Bytes of files of attachments that no row needed, removed.",
            ),
        ];
        Ok(Self(Arc::new(Inner { folder, store, publishing, collected })))
    }

    /// Adds to an application the check `attachments`, and what is counted of the bytes.
    pub(crate) fn observe(&self, application: Application) -> Application {
        let folder = self.0.folder.clone();
        let application = self.0.collected.iter().fold(application, Application::metric);
        application.check("attachments", async move || folder.health().await)
    }

    /// Creates the folder.
    pub(crate) async fn prepare(&self) -> Result<(), Failure> {
        self.store().await.map(|_| ()).map_err(|error| failed(&error))
    }

    async fn store(&self) -> Result<&LocalFileSystem, Error> {
        let open = || async {
            let folder = self.0.folder.clone();
            let opened = tokio::task::spawn_blocking(move || {
                folder.create().map_err(generic)?;
                let store = LocalFileSystem::new_with_prefix(folder.path())?;
                Ok(store.with_fsync(true).with_automatic_cleanup(true))
            });
            opened.await.map_err(generic)?
        };
        self.0.store.get_or_try_init(open).await
    }

    /// Writes bytes, which are on the disk then.
    ///
    /// # Errors
    ///
    /// What is wrong with the content, a 413 if it is longer than `limit`, or a 503 if it cannot be written.
    pub(crate) async fn save(
        &self,
        name: &FileName,
        mut content: ContentStream,
        limit: u64,
    ) -> Result<Saved, Failure> {
        let store = self.store_in_place().await?;
        let upload = store.put_multipart(&name.path).await.map_err(|error| failed(&error))?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, CHUNK);
        let copied = match copy(&mut content, &mut upload, limit).await {
            // Again: a copy of the folder that took its place has the file as it was then.
            Ok(saved) => self.check_in_place().await.map(|()| saved),
            Err(failure) => Err(failure),
        };
        match copied {
            Ok(saved) => {
                let _publishing = self.0.publishing.read().await;
                upload.finish().await.map_err(|error| failed(&error))?;
                Ok(saved)
            }
            Err(failure) => {
                // What is left of it is removed by the collector.
                let _ = upload.abort().await;
                Err(failure)
            }
        }
    }

    /// Opens bytes.
    ///
    /// # Errors
    ///
    /// A 404 if they are not there.
    pub(crate) async fn open(
        &self,
        name: &FileName,
        media_type: HeaderValue,
    ) -> Result<Binary, Failure> {
        let store = self.store().await.map_err(|error| failed(&error))?;
        let path = store.path_to_filesystem(&name.path).map_err(|error| failed(&error))?;
        match Binary::file(path, media_type).await {
            Ok(file) => Ok(file),
            Err(problem) if problem.status() == StatusCode::NOT_FOUND => {
                self.check_in_place().await?;
                Err(Failure::Missing)
            }
            Err(problem) => Err(Failure::Refused(problem)),
        }
    }

    /// The store, if what is written there or removed belongs to the rows.
    async fn store_in_place(&self) -> Result<&LocalFileSystem, Failure> {
        let store = self.store().await.map_err(|error| failed(&error))?;
        self.check_in_place().await.map(|()| store)
    }

    /// Refuses a request unless the folder is the one that was opened: in another one, the bytes of rows are missing, and new ones would be lost.
    async fn check_in_place(&self) -> Result<(), Failure> {
        self.0.folder.check_in_place().await.map_err(Failure::Unavailable)
    }

    /// Removes bytes to which no row refers, if that is possible; else the collector does it.
    pub(crate) async fn discard(&self, name: &FileName) {
        if let Ok(store) = self.store().await
            && let Err(error) = store.delete(&name.path).await
        {
            tracing::info!(%error, "bytes without a row are left to the collector");
        }
    }

    /// The bytes that were written before a time, in milliseconds.
    pub(crate) async fn older(&self, before: i64) -> Result<BoxStream<'static, Old>, Failure> {
        let store = self.store_in_place().await?;
        let found = store.list(None).filter_map(move |found| async move {
            // One that cannot be read, such as `lost+found`, keeps nobody from removing the others.
            let found = found.inspect_err(|error| tracing::warn!(%error, "cannot list a file"));
            let found = found.ok()?;
            let is_old = found.last_modified.timestamp_millis() < before;
            let number = found.location.filename().and_then(|name| name.parse().ok());
            number.filter(|_| is_old).map(|number| Old { path: found.location, number })
        });
        Ok(found.boxed())
    }

    /// Removes bytes to which no row refers, unless they were written again since that time.
    pub(crate) async fn remove(&self, old: &Old, before: i64) -> Result<(), Failure> {
        let store = self.store_in_place().await?;
        let _alone = self.0.publishing.write().await;
        let found = match store.head(&old.path).await {
            Err(Error::NotFound { .. }) => return Ok(()),
            found => found.map_err(|error| failed(&error))?,
        };
        if found.last_modified.timestamp_millis() < before {
            store.delete(&old.path).await.map_err(|error| failed(&error))?;
            let [files, bytes] = &self.0.collected;
            files.add((), 1);
            bytes.add((), found.size);
        }
        Ok(())
    }

    /// Removes what is left of uploads that a crash has ended before this time.
    pub(crate) async fn remove_unfinished(&self, before: i64) -> Result<(), Failure> {
        self.check_in_place().await?;
        let folder = self.0.folder.clone();
        let removed = tokio::task::spawn_blocking(move || remove_unfinished(folder.path(), before));
        let removed = removed.await.map_err(io::Error::other).flatten();
        removed.map_err(|error| Failure::Unavailable(error.to_string()))
    }
}

async fn copy(
    content: &mut ContentStream,
    upload: &mut WriteMultipart,
    limit: u64,
) -> Result<Saved, Failure> {
    let (mut hash, mut length) = (Sha256::new(), 0);
    while let Some(piece) = content.next().await? {
        length += piece.len() as u64;
        if length > limit {
            let problem = Problem::new(StatusCode::PAYLOAD_TOO_LARGE);
            let detail = format!("An attachment has at most {limit} bytes.");
            return Err(problem.detail(detail).into());
        }
        hash.update(&piece);
        upload.wait_for_capacity(WAITING).await.map_err(|error| failed(&error))?;
        upload.put(piece);
    }
    Ok(Saved { digest: hash.finalize().into() })
}

/// The store does not list files that are being written: their names have a `#`, which no other name has.
fn remove_unfinished(folder: &std::path::Path, before: i64) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            // It may have become empty, and have been removed.
            let _ = remove_unfinished(&path, before);
        } else if entry.file_name().to_string_lossy().contains('#') {
            let age = entry.metadata()?.modified()?.duration_since(std::time::UNIX_EPOCH);
            let at = age.map_err(io::Error::other)?.as_millis();
            if i64::try_from(at).is_ok_and(|at| at < before) {
                std::fs::remove_file(path)?;
            }
        }
    }
    Ok(())
}

fn generic(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::Generic { store: "file", source: source.into() }
}

fn failed(error: &Error) -> Failure {
    Failure::Unavailable(format!("the bytes cannot be read or written: {error}"))
}

/// A URL of no store.
#[derive(Debug)]
pub(crate) struct UnknownUrl(String);

impl fmt::Display for UnknownUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown URL {:?} for bytes; expected `file:FOLDER`", self.0)
    }
}

impl std::error::Error for UnknownUrl {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_decoded() {
        let folder = |url| Files::of(url).map(|files| files.0.folder.path().to_owned()).ok();
        assert_eq!(folder("file:/a%20b%25/c d?"), Some("/a b%/c d?".into()));
        for wrong in ["", "file:", "file:%ff", "s3://bucket", "/a"] {
            assert_eq!(folder(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn names_stay_in_their_folders() {
        let name = |name| FileName::of("u", "..", name, 7).path.to_string();
        assert_eq!(name("a/../b c#1"), "u/%2E%2E/a%2F..%2Fb c%231/7");
        assert_eq!(name("ä"), "u/%2E%2E/%C3%A4/7");
        let long = "\u{1F600}".repeat(190);
        assert_eq!(name(&long).len(), "u/%2E%2E/~/7".len() + 64);
        assert_ne!(name(&long), name(&"\u{1F601}".repeat(190)));
    }
}
