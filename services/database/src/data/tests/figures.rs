//! What a service with data of users tells of itself.

use std::sync::Arc;

use engines::{Engine, on_each_engine};
use serde_json::Value as Json;
use tokio::sync::Notify;
use wsgiservice::{Application, testing::Client};

use super::{Setting, begun, setting};
use crate::{Database, Error, Transaction, values};

on_each_engine! {
    a_database_that_is_there_passes
    the_events_that_wait_are_told_and_old_ones_warn
    writes_and_commits_are_counted
    requests_that_come_again_are_counted
}

impl Setting {
    /// What the health says of a check: its status, and its message.
    async fn health(&self, check: &str) -> (String, String) {
        health(&self.client, check).await
    }

    /// The lines of the metrics that begin with this.
    async fn metrics(&self, name: &str) -> Vec<String> {
        let metrics = self.client.get("/_internal/metrics").send().await;
        let lines = metrics.text().lines().filter(|line| line.starts_with(name));
        lines.map(str::to_owned).collect()
    }
}

async fn health(client: &Client, check: &str) -> (String, String) {
    let health = client.get("/_internal/health").send().await;
    let health: Json = serde_json::from_str(health.text()).expect("JSON");
    let checks = health["checks"].as_array().expect("checks").clone();
    let found = checks.into_iter().find(|it| it["name"] == check).expect("a check");
    let text = |member: &str| found[member].as_str().unwrap_or_default().to_owned();
    (text("status"), text("output"))
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
    let (status, message) = health(&client, "outbox").await;
    assert_eq!(status, "warn");
    assert!(message.starts_with("events wait: 1, the oldest for 9"), "{message}");
    assert!(message.ends_with("s; there is no service `pipeline` in the topology"), "{message}");
    assert_eq!(client.get("/_internal/ready").send().await.status(), 200);
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
    let found = health(&client, "database").await;
    assert_eq!(found, ("warn".to_owned(), "no write ends within 500ms".to_owned()));
    may_end.notify_one();
    writing.await.expect("a task").expect("a database");
}

#[tokio::test]
async fn a_database_that_is_not_there_fails() {
    for url in ["sqlite:/nowhere/notes.db", "mysql://127.0.0.1:1/x", "postgres://127.0.0.1:1/x"] {
        let database = Database::open(url).expect("a database");
        let client = Client::new(database.observe(Application::new("note")));
        assert_eq!(client.get("/_internal/ready").send().await.status(), 503, "{url}");
        assert_eq!(health(&client, "database").await.0, "fail", "{url}");
    }
}
