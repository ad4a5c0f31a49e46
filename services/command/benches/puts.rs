//! Acknowledged `PUT`s of items per second straight to storage, and through command, with undo, over sockets, in one run.
//!
//! `cargo bench -p command` prints a table. A client is a task with a user of its own, and sends what real clients send: an
//! `Idempotency-Key`, a deadline. Through command, a `PUT` is a `GET` and a `PUT` of storage, and two commits of command beside
//! that of storage. `cargo bench -p command -- straight` or `-- command` runs one side with 64 clients, so that `strace` counts
//! what it synchronizes.

use std::{
    convert::Infallible,
    env, future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use http::Response;
use http_body_util::Full;
use serde_json::json;
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};
use wsgiservice::{Application, BoxError};
use wsgiservice_client::{Body, Cluster, RestClient, Topology, path, service_fn};

const RUN: Duration = Duration::from_secs(3);

/// What is measured.
#[derive(Clone, Copy)]
enum Side {
    Straight,
    Command,
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let side = match env::args().nth(1).as_deref() {
        Some("straight") => Some(Side::Straight),
        Some("command") => Some(Side::Command),
        _ => None,
    };
    if let Some(side) = side {
        println!("{} PUTs per second", puts(side, 64).await?);
        return Ok(());
    }
    println!("clients | to storage | through command");
    for clients in [1, 8, 64] {
        let (straight, command) =
            (puts(Side::Straight, clients).await?, puts(Side::Command, clients).await?);
        let ratio = command as f64 / straight as f64;
        println!("{clients:7} | {straight:10} | {command:15} ({ratio:.2})");
    }
    Ok(())
}

async fn puts(side: Side, clients: usize) -> Result<u64, BoxError> {
    let folder = tempfile::tempdir()?;
    let file = |folder: &TempDir, name: &str| format!("{}/{name}", folder.path().display());
    let database = format!("sqlite:{}", file(&folder, "storage.db"));
    let bytes = format!("file:{}", file(&folder, "attachments"));
    let settings = storage::Settings::of(&database, &bytes);
    let (storage, storage_at) = serve(storage::application(settings, client("")?).await?).await?;
    let storage_at = format!(
        "[services.storage]\ndata = true\nidempotency_keys = true\nc1 = ['http://{storage_at}']\n"
    );
    let settings = command::Settings::of(format!("sqlite:{}", file(&folder, "command.db")));
    let (command, command_at) =
        serve(command::application(settings, client(&storage_at)?).await?).await?;
    let command_at =
        format!("[services.command]\nidempotency_keys = true\nc1 = ['http://{command_at}']\n");
    let (service, topology) = match side {
        Side::Straight => ("storage", storage_at),
        Side::Command => ("command", command_at),
    };
    let puts = measured(service, &client(&topology)?, clients).await;
    command.abort();
    storage.abort();
    Ok(puts)
}

/// A client of services with these sections in a topology, and of a cluster service that has all users in the cluster `c1`.
fn client(services: &str) -> Result<RestClient, BoxError> {
    let directory = service_fn(|_: http::Request<Body>| async {
        let found = json!({"cluster": "c1", "version": 5, "state": "active", "assigned": true});
        Ok::<_, Infallible>(Response::new(Full::from(found.to_string())))
    });
    let topology = format!("version = 1\nlocal_cluster = 'c1'\n[clusters.c1]\n{services}");
    let topology = Topology::parse("topology.toml", &topology)?;
    Ok(RestClient::builder().topology(topology).service("cluster", directory).build()?)
}

async fn serve(application: Application) -> Result<(JoinHandle<()>, String), BoxError> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let served = async move {
        let ended = application.serve_until(listener, future::pending()).await;
        ended.expect("the service runs");
    };
    Ok((tokio::spawn(served), address))
}

/// The `PUT`s per second of clients that each put one item after the other.
async fn measured(service: &'static str, client: &RestClient, clients: usize) -> u64 {
    let (done, started) = (Arc::<AtomicU64>::default(), Instant::now());
    let tasks: Vec<_> = (0..clients)
        .map(|user| {
            let (client, done) = (client.clone(), Arc::clone(&done));
            tokio::spawn(async move {
                let text = "x".repeat(300);
                for number in 0.. {
                    let path = path!("/1/item/u{user}/{number}");
                    let call = client.put(service, Cluster("c1"), path);
                    let response = call.json(&json!({ "text": text })).await.expect("a response");
                    assert_eq!(response.status(), 201);
                    done.fetch_add(1, Ordering::Relaxed);
                    if started.elapsed() > RUN {
                        return;
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a client");
    }
    (done.load(Ordering::Relaxed) as f64 / started.elapsed().as_secs_f64()) as u64
}
