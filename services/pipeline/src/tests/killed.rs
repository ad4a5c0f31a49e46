//! The process is killed at each step, and nothing is lost: the next one goes on.

use std::{env, process::Command};

use serde_json::json;
use tempfile::TempDir;
use wsgiservice::server::Stopping;

use super::{FakeListener, Setting, services, start};
use crate::{Listener, Settings, dispatcher::Work};

/// The variables that tell the process that is killed its spool, and the address of the listener.
const SPOOL: &str = "PIPELINE_TEST_SPOOL";
const LISTENER: &str = "PIPELINE_TEST_LISTENER";

/// How often the listener is told: twice, with one key, if nobody knows that it was told.
async fn is_killed_at(point: &str, received: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let fake = FakeListener::default();
    let settings = settings(&folder, &fake.serve().await);
    kill_a_process(&folder, point, &settings).await;

    let (rest, fakes) = services();
    let (dispatcher, client) = start(&settings, &rest).await;
    let work = Work::new(dispatcher.clone());
    let mut it = Setting { _folder: folder, settings, rest, fakes, client, dispatcher, work };
    // Its lease runs out.
    it.pass(26).await;
    it.settle().await;
    let again = it.post_with_key("k", "{}").await;
    assert_eq!(again.field("idempotency-replayed"), Some("true"), "it was accepted");
    it.settle().await;
    let id = again.json::<serde_json::Value>()["id"].as_str().expect("an ID").to_owned();
    assert_eq!(it.deliveries(&id).await, json!([["hook", "done", [200]]]));
    let keys: Vec<_> =
        fake.received().iter().map(|it| it.fields["idempotency-key"].clone()).collect();
    assert_eq!(keys, vec![format!("\"{id}/hook\""); received]);
}

#[tokio::test]
async fn a_message_that_was_just_accepted_is_delivered() {
    is_killed_at("pipeline::after_accept", 1).await;
}

#[tokio::test]
async fn a_delivery_that_was_just_claimed_is_made() {
    is_killed_at("pipeline::after_claim", 1).await;
}

#[tokio::test]
async fn a_delivery_whose_result_was_not_written_is_made_again() {
    is_killed_at("pipeline::after_delivery", 2).await;
}

#[tokio::test]
async fn a_delivery_whose_result_was_just_written_is_not_made_again() {
    is_killed_at("pipeline::after_result", 1).await;
}

fn settings(folder: &TempDir, address: &str) -> Settings {
    let database = format!("sqlite:{}", folder.path().join("pipeline.db").display());
    let url = Some(format!("http://{address}/hook"));
    let listeners = vec![Listener { url, ..Listener::new("hook", &["item"]) }];
    Settings { listeners, ..Settings::of(&database) }
}

/// Runs [`accepts_and_delivers`] in a process of its own, which is killed at a point.
async fn kill_a_process(folder: &TempDir, point: &str, settings: &Settings) {
    let points = folder.path().join("points");
    std::fs::write(&points, format!("kill {point}\n")).expect("a file");
    let mut process = Command::new(env::current_exe().expect("the program of the tests"));
    process.args(["--exact", "tests::killed::accepts_and_delivers", "--ignored"]);
    process.env("WSGISERVICE_FAIL_POINTS", points).env(SPOOL, &settings.database);
    process.env(LISTENER, settings.listeners[0].url.as_deref().unwrap_or_default());
    let output = tokio::task::spawn_blocking(move || process.output());
    let output = output.await.expect("a thread").expect("a process");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(printed.contains("running 1 test"), "{printed}");
    assert_eq!(output.status.code(), None, "it ended by a signal: {printed}");
}

/// The process that is killed.
#[tokio::test]
#[ignore = "it is a process of other tests"]
async fn accepts_and_delivers() {
    let variable = |name| env::var(name).expect("set by the other test");
    let listeners =
        vec![Listener { url: Some(variable(LISTENER)), ..Listener::new("hook", &["item"]) }];
    let settings = Settings { listeners, ..Settings::of(&variable(SPOOL)) };
    let (rest, _) = services();
    let (dispatcher, client) = start(&settings, &rest).await;
    let post = client.post("/1/item/u7/photo").header("idempotency-key", "k").body("{}").send();
    let stopping = Stopping::default();
    let (accepted, ()) = tokio::join!(post, dispatcher.run(&stopping));
    panic!("it was not killed: {accepted:?}");
}
