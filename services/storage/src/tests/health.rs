//! What the service tells of the folder of attachments.

use std::{convert::Infallible, fs, path::Path};

use bytes::Bytes;
use engines::Engine;
use futures_util::{StreamExt, stream};
use http_body::Frame;
use http_body_util::StreamBody;
use tower_service::Service as _;
use wsgiservice::{Application, testing::Client};
use wsgiservice_test_support::health_of;

use super::{Setting, client, setting, version};
use crate::{application, files::Files};

async fn file() -> Setting {
    setting(Engine::Sqlite, "c1").await.expect("a file")
}

impl Setting {
    /// The folder of the attachments, which is opened.
    async fn opened(&self) -> Files {
        let files = self.files();
        files.prepare().await.expect("a folder");
        files
    }

    /// What a new check finds.
    async fn health(&self, files: &Files) -> (String, String) {
        let client = Client::new(files.observe(Application::new("storage")));
        health_of(&client, "attachments").await
    }
}

fn pass() -> (String, String) {
    ("pass".to_owned(), String::new())
}

#[tokio::test]
async fn a_folder_that_is_there_passes_and_nothing_is_left_in_it() {
    let it = file().await;
    assert_eq!(health_of(&it.client, "attachments").await, pass());
    let left = fs::read_dir(it.folder.path().join("attachments")).expect("a folder");
    assert_eq!(left.count(), 0);
}

#[tokio::test]
async fn a_folder_that_is_gone_warns_until_it_is_back() {
    let it = file().await;
    let files = it.opened().await;
    let [path, away] = ["attachments", "away"].map(|name| it.folder.path().join(name));
    fs::rename(&path, &away).expect("a folder");
    let (status, message) = it.health(&files).await;
    assert_eq!(status, "warn");
    assert_eq!(
        message,
        format!("{} was removed, and attachments cannot be found: put it back", path.display())
    );
    fs::rename(&away, &path).expect("a folder");
    assert_eq!(it.health(&files).await, pass());
}

#[tokio::test]
async fn a_folder_in_place_of_another_one_warns_until_that_is_back() {
    let it = file().await;
    let files = it.opened().await;
    let [path, away] = ["attachments", "away"].map(|name| it.folder.path().join(name));
    fs::rename(&path, &away).expect("a folder");
    let replaced = format!("{} was replaced", path.display());

    fs::create_dir(&path).expect("a folder");
    let (status, message) = it.health(&files).await;
    assert_eq!(status, "warn");
    assert!(message.starts_with(&replaced), "{message}");
    fs::remove_dir(&path).expect("a folder");

    fs::write(&path, "a file").expect("a file");
    let (status, message) = it.health(&files).await;
    assert_eq!(status, "warn");
    assert!(message.starts_with(&replaced), "{message}");
    fs::remove_file(&path).expect("a file");

    fs::rename(&away, &path).expect("a folder");
    assert_eq!(it.health(&files).await, pass());
}

/// Root can write in any folder, whatever its permissions, except in this one of the system.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_folder_that_cannot_be_written_warns() {
    let it = file().await;
    let files = Files::of("file:/proc/self/fd").expect("a URL");
    files.prepare().await.expect("a folder");
    let (status, message) = it.health(&files).await;
    assert_eq!(status, "warn");
    assert!(message.starts_with("/proc/self/fd cannot be written: "), "{message}");
}

#[tokio::test]
async fn attachments_of_a_folder_that_is_gone_are_neither_missing_nor_written_elsewhere() {
    let it = file().await;
    it.item().await;
    let target = "/1/attachment/u/a/notes.txt";
    let first = version(&it.attach(target, "first").send().await);
    let [path, away] = ["attachments", "away"].map(|name| it.folder.path().join(name));
    fs::rename(&path, &away).expect("a folder");
    assert_eq!(it.get(target).await.status(), 503);
    assert_eq!(it.attach(target, "second").send().await.status(), 503);
    assert!(!path.exists());
    fs::create_dir(&path).expect("a folder");
    assert_eq!(it.get(target).await.status(), 503);
    assert_eq!(it.attach(target, "second").send().await.status(), 503);
    fs::remove_dir(&path).expect("a folder");
    fs::rename(&away, &path).expect("a folder");
    let found = it.get(target).await;
    assert_eq!((found.text(), version(&found)), ("first", first));
    assert_eq!(it.attach(target, "second").send().await.status(), 200);
}

#[tokio::test]
async fn bytes_in_a_folder_that_came_in_place_of_another_one_are_not_collected() {
    let it = file().await;
    let files = it.opened().await;
    let [path, away] = ["attachments", "away"].map(|name| it.folder.path().join(name));
    fs::rename(&path, &away).expect("a folder");
    let others = path.join("u/a/notes.txt");
    fs::create_dir_all(&others).expect("a folder");
    for name in ["7", "8#1"] {
        fs::write(others.join(name), "of another service").expect("a file");
    }
    it.age(49).await;
    let collected = crate::collector::collect(&it.data("c1"), &files).await;
    let error = collected.expect_err("another folder").to_string();
    assert!(error.contains(&format!("{} was replaced", path.display())), "{error}");
    assert_eq!(it.paths().len(), 2);
}

/// The copy has the part of the upload that was written until then, under the same name.
#[tokio::test]
async fn an_upload_during_which_a_copy_takes_the_place_of_the_folder_is_refused() {
    let it = file().await;
    it.item().await;
    let [path, copy, away] =
        ["attachments", "copy", "away"].map(|name| it.folder.path().join(name));
    let swap = move || {
        copy_folder(&path, &copy);
        fs::rename(&path, &away).expect("a folder");
        fs::rename(&copy, &path).expect("a folder");
    };
    let pieces = stream::iter([false, true]).map(move |is_last| {
        is_last.then(&swap);
        Ok::<_, Infallible>(Frame::data(Bytes::from_static(b"piece")))
    });
    let request = http::Request::put("/1/attachment/u/a/notes.txt")
        .header("content-type", "text/plain")
        .body(StreamBody::new(pieces))
        .expect("a request");
    let application = application(it.settings.clone(), client("c1")).await;
    let mut service = application.expect("an application").build().expect("a service");
    let Ok(response) = service.call(request).await;
    assert_eq!(response.status(), 503);
    assert_eq!(it.count("attachment").await, 0);
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let to = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy_folder(&entry.path(), &to),
            false => fs::copy(entry.path(), to).map(drop).expect("a file"),
        }
    }
}
