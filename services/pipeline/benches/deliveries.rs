//! Messages per second that are accepted, and delivered to no, one and ten listeners, over sockets.
//!
//! `cargo bench -p pipeline` prints a table. A client is a task with a user of its own, and sends what a relay sends: an
//! `Idempotency-Key`, 200 bytes of JSON. Deliveries go on while messages are accepted; they are counted until the last one is made.
//! The last line is for messages that wait when the process starts.

use std::{
    future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use pipeline::{Listener, Settings};
use tempfile::TempDir;
use tokio::net::TcpListener;
use wsgiservice::{Application, BoxError, NoContent, mount, resource, testing::Client};
use wsgiservice_client::{Cluster, RestClient, Topology, path};

const RUN: Duration = Duration::from_secs(3);

/// The messages that wait before the dispatcher is started.
const BACKLOG: u64 = 100_000;

/// How long the last deliveries are waited for.
const LONGEST: Duration = Duration::from_secs(120);

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    println!("clients | listeners | accepted/s | deliveries/s");
    for (clients, listeners) in [(1, 1), (64, 0), (64, 1), (64, 10)] {
        let (accepted, delivered) = run(clients, listeners).await?;
        println!("{clients:7} | {listeners:9} | {accepted:10} | {delivered:12}");
    }
    println!("of {BACKLOG} that wait: {} deliveries/s", backlog().await?);
    Ok(())
}

/// Counts deliveries.
#[mount("/1/event")]
struct Event {
    received: Arc<AtomicU64>,
}

#[resource]
impl Event {
    async fn post(&self, content: Bytes) -> NoContent {
        drop(content);
        self.received.fetch_add(1, Ordering::Relaxed);
        NoContent
    }
}

/// Messages accepted per second, and deliveries per second.
async fn run(clients: usize, listeners: usize) -> Result<(u64, u64), BoxError> {
    let folder = tempfile::tempdir()?;
    let (received, address) = event().await?;
    let pipeline = pipeline::application(settings(&folder, listeners), client("event", &address)?);
    let (pipeline, address) = serve(pipeline.await?).await?;
    let begun = Instant::now();
    let accepted = accepted(clients, &client("pipeline", &address)?, begun).await;
    let per_second = per_second(accepted, begun);
    let delivered = delivered(&received, accepted * listeners as u64, begun).await;
    pipeline.abort();
    Ok((per_second, delivered))
}

/// Deliveries per second of messages that wait when the dispatcher is started.
async fn backlog() -> Result<u64, BoxError> {
    let folder = tempfile::tempdir()?;
    let (received, address) = event().await?;
    let application =
        async || pipeline::application(settings(&folder, 1), client("event", &address)?).await;
    // It has no background tasks.
    let waiting = Client::after_set_up(application().await?).await?;
    for _ in 0..BACKLOG / 1_000 {
        let posts =
            (0..1_000).map(|user| waiting.post(&format!("/1/item/{user}/a")).body("{}").send());
        let posts: Vec<_> = posts.map(tokio::spawn).collect();
        for post in posts {
            assert_eq!(post.await?.status(), 202);
        }
    }
    let (pipeline, _) = serve(application().await?).await?;
    let delivered = delivered(&received, BACKLOG, Instant::now()).await;
    pipeline.abort();
    Ok(delivered)
}

/// A listener, which counts what it hears, and its address.
async fn event() -> Result<(Arc<AtomicU64>, String), BoxError> {
    let received = Arc::new(AtomicU64::new(0));
    let event = Application::new("event").mount(Event { received: Arc::clone(&received) });
    Ok((received, serve(event).await?.1))
}

fn settings(folder: &TempDir, listeners: usize) -> Settings {
    let mut settings = Settings::of(&format!("sqlite:{}/pipeline.db", folder.path().display()));
    settings.listeners.extend((0..listeners).map(|number| {
        let mut listener = Listener::new(&format!("listener-{number}"), &["item"]);
        (listener.service, listener.path) = (Some("event".to_owned()), Some("/1/event".to_owned()));
        listener.concurrency = 32;
        listener
    }));
    settings
}

/// Waits until so many deliveries are made, and returns how many that are per second.
async fn delivered(received: &AtomicU64, all: u64, begun: Instant) -> u64 {
    while received.load(Ordering::Relaxed) < all {
        assert!(begun.elapsed() < LONGEST, "deliveries are missing");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    per_second(all, begun)
}

async fn serve(
    application: Application,
) -> Result<(tokio::task::JoinHandle<wsgiservice::Result<()>>, String), BoxError> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    Ok((tokio::spawn(application.serve_until(listener, future::pending())), address))
}

fn client(service: &str, address: &str) -> Result<RestClient, BoxError> {
    let topology = format!(
        "version = 1\nlocal_cluster = 'c1'\n[clusters.c1]\n[services.{service}]\nhost = '127.0.0.1'\n\
         idempotency_keys = true\nc1 = ['http://{address}']"
    );
    let topology = Topology::parse("topology.toml", &topology)?;
    Ok(RestClient::builder().topology(topology).build()?)
}

/// How many messages the clients get acknowledged.
async fn accepted(clients: usize, client: &RestClient, begun: Instant) -> u64 {
    let content = format!("{{\"text\":\"{}\"}}", "x".repeat(189));
    let tasks: Vec<_> = (0..clients)
        .map(|user| {
            let (client, content) = (client.clone(), content.clone());
            tokio::spawn(async move {
                let mut count = 0;
                while begun.elapsed() < RUN {
                    let call =
                        client.post("pipeline", Cluster("c1"), path!("/1/item/{user}/{count}"));
                    let call =
                        call.header("content-type", "application/json").body(content.clone());
                    assert_eq!(call.await.expect("a response").status(), 202);
                    count += 1;
                }
                count
            })
        })
        .collect();
    let mut all = 0;
    for task in tasks {
        all += task.await.expect("a client");
    }
    all
}

fn per_second(count: u64, begun: Instant) -> u64 {
    (count as f64 / begun.elapsed().as_secs_f64()) as u64
}
