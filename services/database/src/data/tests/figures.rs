//! What a service with data of users tells of itself.

use std::sync::Arc;

use engines::{Engine, on_each_engine};
use tokio::sync::Notify;
use wsgiservice::{Application, testing::Client};
use wsgiservice_test_support::health_of;

use super::{Setting, begun, setting};
use crate::{Database, Error, Transaction, values};

on_each_engine! {
    a_database_that_is_there_passes
    the_events_that_wait_are_told_and_old_ones_warn
    writes_and_commits_are_counted
    writes_that_change_nothing_are_no_commits
    requests_that_come_again_are_counted
}

impl Setting {
    /// What the health says of a check: its status, and its message.
    async fn health(&self, check: &str) -> (String, String) {
        health_of(&self.client, check).await
    }

    /// The lines of the metrics that begin with this.
    async fn metrics(&self, name: &str) -> Vec<String> {
        let metrics = self.client.get("/_internal/metrics").send().await;
        let lines = metrics.text().lines().filter(|line| line.starts_with(name));
        lines.map(str::to_owned).collect()
    }
}

async fn a_database_that_is_there_passes(engine: Engine) {
    let Some(it) = setting(engine, "local").await else { return };
    assert_eq!(it.health("database").await, ("pass".to_owned(), String::new()));
    assert_eq!(it.health("outbox").await, ("pass".to_owned(), String::new()));
}

async fn the_events_that_wait_are_told_and_old_ones_warn(engine: Engine) {
    let Some(it) = begun(engine, "local").await else { return };
    assert_eq!(it.metrics("outbox_events").await, ["outbox_events 1"]);
    let work = async |transaction: &mut Transaction| {
        transaction.execute("UPDATE outbox SET at = at - ?", &values![90_000_i64]).await
    };
    it.data.database().write::<_, Error, _>(work).await.expect("a database");
    // What was found a moment ago is not asked again.
    let client = Client::new(it.data.mount(Application::new("note")));
    let (status, message) = health_of(&client, "outbox").await;
    assert_eq!(status, "warn");
    assert!(message.starts_with("events wait for the pipeline: 1, the oldest for 9"), "{message}");
    assert!(message.ends_with("s: there is no service `pipeline` in the topology"), "{message}");
    assert_eq!(client.get("/_internal/ready").send().await.status(), 200);
}

/// The numbers of the commits, of their writes, and of the writes that took time, of a client whose checks have found nothing yet.
async fn numbers(it: &Setting) -> [u64; 3] {
    let client = Client::new(it.data.mount(Application::new("note")));
    let metrics = client.get("/_internal/metrics").send().await.text().to_owned();
    let number = |name: &str| -> u64 {
        let mut values =
            metrics.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        values.next().expect("a line").parse().expect("a number")
    };
    [
        number("database_commits_total"),
        number("database_committed_writes_total"),
        number("database_write_duration_seconds_count"),
    ]
}

async fn writes_that_change_nothing_are_no_commits(engine: Engine) {
    let Some(it) = begun(engine, "local").await else { return };
    let [commits, committed, writes] = numbers(&it).await;
    // The check `database` has written in the meantime.
    assert_eq!(numbers(&it).await, [commits, committed, writes]);
    for statement in [
        "UPDATE note SET text = 'x' WHERE id = 'nothing'",
        "UPDATE note SET text = 'x', version = 'no number' WHERE nothing = 1",
    ] {
        let work = async move |transaction: &mut Transaction| {
            transaction.execute(statement, &values![]).await
        };
        let _ = it.data.database().write::<_, Error, _>(work).await;
    }
    let work = async |transaction: &mut Transaction| {
        transaction.execute("UPDATE note SET text = 'x'", &values![]).await?;
        Err::<(), _>(Error::other("taken back"))
    };
    it.data.database().write(work).await.expect_err("an error");
    assert_eq!(numbers(&it).await, [commits, committed, writes + 3]);
}

async fn writes_and_commits_are_counted(engine: Engine) {
    let Some(it) = begun(engine, "local").await else { return };
    let number = |lines: Vec<String>| -> u64 {
        let line = lines.first().expect("a line");
        line.rsplit(' ').next().expect("a value").parse().expect("a number")
    };
    let before = [
        number(it.metrics("database_commits_total").await),
        number(it.metrics("database_committed_writes_total").await),
        number(it.metrics("database_write_duration_seconds_count").await),
    ];
    for key in ["k1", "k2", "k3"] {
        it.put("/1/note/u/a", key, key).await;
    }
    let after = [
        number(it.metrics("database_commits_total").await),
        number(it.metrics("database_committed_writes_total").await),
        number(it.metrics("database_write_duration_seconds_count").await),
    ];
    // One that comes after another has no company.
    for (before, after) in before.into_iter().zip(after) {
        assert_eq!(after - before, 3);
    }
}

async fn requests_that_come_again_are_counted(engine: Engine) {
    let Some(it) = begun(engine, "local").await else { return };
    assert_eq!(it.metrics("replayed_requests").await, ["replayed_requests_total 0"]);
    assert_eq!(it.put("/1/note/u/a", "first", "k0").await.status(), 201);
    assert_eq!(it.metrics("replayed_requests").await, ["replayed_requests_total 1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_whose_writer_is_busy_warns() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("notes.db").display());
    let database = Database::open(&url).expect("a database");
    let [begun, may_end] = [(); 2].map(|()| Arc::new(Notify::new()));
    let work = {
        let (begun, may_end) = (Arc::clone(&begun), Arc::clone(&may_end));
        async move |_: &mut Transaction| {
            begun.notify_one();
            may_end.notified().await;
            Ok::<_, Error>(())
        }
    };
    let writer = database.clone();
    let writing = tokio::spawn(async move { writer.write(work).await });
    begun.notified().await;
    let client = Client::new(database.observe(Application::new("note")));
    let found = health_of(&client, "database").await;
    assert_eq!(found, ("warn".to_owned(), "no write ends within 500ms".to_owned()));
    may_end.notify_one();
    writing.await.expect("a task").expect("a database");
}

/// What the check `database` finds of a file of notes.
async fn health_with(database: &Database) -> (String, String) {
    health_of(&Client::new(database.observe(Application::new("note"))), "database").await
}

async fn file(folder: &tempfile::TempDir) -> Database {
    let url = format!("sqlite:{}", folder.path().join("notes.db").display());
    let database = Database::open(&url).expect("a database");
    database.migrate(&["CREATE TABLE note (text {text})"]).await.expect("a schema");
    database
}

async fn write(database: &Database, statement: &'static str) -> Result<u64, Error> {
    let work = async move |it: &mut Transaction| it.execute(statement, &[]).await;
    database.write(work).await
}

#[tokio::test]
async fn a_disk_that_is_full_warns_until_a_write_succeeds() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = file(&folder).await;
    let add = "INSERT INTO note VALUES (hex(zeroblob(100000)))";
    write(&database, "PRAGMA max_page_count = 1").await.expect("a limit");
    write(&database, add).await.expect_err("a full disk");
    let (status, message) = health_with(&database).await;
    assert_eq!(status, "warn");
    assert!(message.ends_with("none has succeeded since: database or disk is full"), "{message}");
    write(&database, "PRAGMA max_page_count = 10000").await.expect("a limit");
    assert_eq!(health_with(&database).await.0, "warn");
    write(&database, add).await.expect("a row");
    assert_eq!(health_with(&database).await, ("pass".to_owned(), String::new()));
}

/// Root can write in any folder, whatever its permissions. So a link replaces the folder by one of the system, where no file can be
/// created, and where the file of the database has the same name.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_file_whose_disk_takes_no_more_warns_before_a_write_fails() {
    use std::os::{fd::AsRawFd as _, unix::fs::symlink};

    let folder = tempfile::tempdir().expect("a folder");
    let [data, away] = ["data", "away"].map(|name| folder.path().join(name));
    std::fs::create_dir(&data).expect("a folder");
    let file = std::fs::File::create(data.join("new")).expect("a file");
    let path = data.join(file.as_raw_fd().to_string());
    std::fs::rename(data.join("new"), &path).expect("a file");
    let database = Database::open(&format!("sqlite:{}", path.display())).expect("a database");
    database.migrate(&["CREATE TABLE note (text {text})"]).await.expect("a schema");
    assert_eq!(health_with(&database).await.0, "pass");

    std::fs::rename(&data, &away).expect("a folder");
    symlink("/proc/self/fd", &data).expect("a link");
    let (status, message) = health_with(&database).await;
    assert_eq!(status, "warn");
    let data_path = data.display();
    assert!(message.starts_with(&format!("{data_path} cannot be written: ")), "{message}");

    std::fs::remove_file(&data).expect("a link");
    std::fs::rename(&away, &data).expect("a folder");
    assert_eq!(health_with(&database).await, ("pass".to_owned(), String::new()));
}

#[tokio::test]
async fn a_file_that_was_removed_or_replaced_fails_and_is_not_created_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = file(&folder).await;
    assert_eq!(health_with(&database).await.0, "pass");
    let [path, away] = ["notes.db", "away.db"].map(|name| folder.path().join(name));
    std::fs::rename(&path, &away).expect("a file");
    let (status, message) = health_with(&database).await;
    assert_eq!(status, "fail");
    assert!(message.starts_with(&format!("{} was removed", path.display())), "{message}");
    assert!(!path.exists());
    std::fs::write(&path, "").expect("a file");
    let (status, message) = health_with(&database).await;
    assert_eq!(status, "fail");
    assert!(message.starts_with(&format!("{} was replaced", path.display())), "{message}");
    std::fs::rename(&away, &path).expect("a file");
    assert_eq!(health_with(&database).await, ("pass".to_owned(), String::new()));
}

#[tokio::test]
async fn a_database_that_is_not_there_fails() {
    for url in ["sqlite:/nowhere/notes.db", "mysql://127.0.0.1:1/x", "postgres://127.0.0.1:1/x"] {
        let database = Database::open(url).expect("a database");
        let client = Client::new(database.observe(Application::new("note")));
        assert_eq!(client.get("/_internal/ready").send().await.status(), 503, "{url}");
        assert_eq!(health_of(&client, "database").await.0, "fail", "{url}");
    }
}
