//! A user who writes all the time moves to another cluster, whatever happens to the cluster service meanwhile.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use acceptance::{Services, until_async};
use serde_json::{Value as Json, json};
use tokio::task::JoinHandle;
use wsgiservice_client::{Cluster, RestClient, path};

/// The time between two writes.
const PACE: Duration = Duration::from_millis(20);

/// Puts an item after the other, each of which has to succeed.
struct Writer {
    written: Arc<AtomicUsize>,
    is_done: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Writer {
    fn start(client: RestClient, user: &'static str) -> Self {
        let (written, is_done) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
        let (count, ends) = (Arc::clone(&written), Arc::clone(&is_done));
        let task = tokio::spawn(async move {
            let mut pace = tokio::time::interval(PACE);
            while !ends.load(Ordering::Relaxed) {
                pace.tick().await;
                let number = count.load(Ordering::Relaxed);
                let call = client.put("storage", user, path!("/1/item/{user}/{number}"));
                let call = call.json(&json!({ "number": number })).timeout(Duration::from_secs(10));
                let response = call.await.expect("a response");
                assert_eq!(response.status(), 201, "write {number} to {}", response.cluster());
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
        Self { written, is_done, task }
    }

    /// Waits until this many writes more are acknowledged.
    async fn acknowledges(&self, more: usize) {
        let enough = self.written.load(Ordering::Relaxed) + more;
        until_async("writes are acknowledged", async || {
            assert!(
                !self.task.is_finished() || self.is_done.load(Ordering::Relaxed),
                "it has failed"
            );
            self.written.load(Ordering::Relaxed) >= enough
        })
        .await;
    }

    /// Ends the writer, and returns how many writes were acknowledged.
    async fn end(self) -> usize {
        self.is_done.store(true, Ordering::Relaxed);
        self.task.await.expect("all writes succeed");
        self.written.load(Ordering::Relaxed)
    }
}

async fn home(client: &RestClient, user: &str) -> Json {
    let call = client.get("cluster", Cluster("c1"), path!("/1/user/{user}"));
    call.await.expect("a response").json().await.expect("JSON")
}

async fn status(client: &RestClient, cluster: &str, user: &str, number: usize) -> u16 {
    let call = client.get("storage", Cluster(cluster), path!("/1/item/{user}/{number}"));
    call.await.expect("a response").status().as_u16()
}

/// Moves a user from cluster to cluster under a writer, with what happens to the cluster service on the way.
async fn moved(services: &Services, user: &'static str, fail_points: &str) {
    let client = services.client();
    let writer = Writer::start(services.client(), user);
    writer.acknowledges(10).await;
    let from = home(&client, user).await["cluster"].as_str().expect("a cluster").to_owned();
    let to = if from == "c1" { "c2" } else { "c1" };
    services.set_fail_points(fail_points);
    let call = client.put("cluster", Cluster("c1"), path!("/1/user/{user}/move"));
    let begun = call.form(&[("to", to)]).await.expect("a response");
    assert_eq!(begun.status(), 202);
    let is_done = async || {
        // The cluster service may have been killed.
        let call = client.get("cluster", Cluster("c1"), path!("/1/user/{user}/move"));
        let Ok(response) = call.await else { return false };
        response.json::<Json>().await.is_ok_and(|movement| movement["phase"] == "done")
    };
    until_async("the move is done", async || is_done().await && services.fail_points().is_empty())
        .await;
    writer.acknowledges(10).await;
    let written = writer.end().await;
    until_async("the cluster service is back", is_done).await;
    let found = home(&client, user).await;
    assert_eq!((&found["cluster"], &found["state"]), (&json!(to), &json!("active")));

    until_async("the old cluster leads on to the new one", async || {
        status(&client, &from, user, 0).await == 421
    })
    .await;
    for number in 0..written {
        let call = client.get("storage", user, path!("/1/item/{user}/{number}"));
        let item = call.await.expect("a response");
        assert_eq!((item.status().as_u16(), item.cluster()), (200, to), "item {number}");
        assert_eq!(item.json::<Json>().await.expect("JSON"), json!({ "number": number }));
    }
    let list = client.get("storage", user, path!("/1/item/{user}")).query(&[("count", 1)]);
    let list: Json = list.await.expect("a response").json().await.expect("JSON");
    assert_eq!(list["total"], json!(written));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_writes_is_moved_and_loses_nothing() {
    let services = Services::start(env!("CARGO_BIN_EXE_services-under-test"));
    moved(&services, "undisturbed", "").await;
    for step in ["frozen", "hold", "import", "commit", "away", "here"] {
        let user = format!("killed-after-{step}").leak();
        moved(&services, user, &format!("kill mover::after_{step}\n")).await;
    }
}
