//! Storage is killed a hundred times in the midst of writes: nothing that was acknowledged is lost, nothing is there twice.

use std::{
    collections::BTreeSet,
    fs,
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use acceptance::{until, until_async};
use engines::{Engine, on_each_engine};
use serde_json::{Value as Json, json};
use wsgiservice_client::{Cluster, RestClient, path};

/// How often it is killed.
const KILLS: usize = 100;

/// The clients that write at the same time.
const WRITERS: usize = 8;

on_each_engine! { what_was_acknowledged_is_there_once }

/// A service as a process of its own, at an address that stays.
struct Process {
    command: Command,
    address: SocketAddr,
    child: Child,
}

impl Process {
    fn start(folder: &Path, name: &str, address: SocketAddr, database: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_services-under-test"));
        command.args([name, "--bind", &address.to_string(), "--database", database]);
        command.args(["--topology", "topology.toml"]).current_dir(folder);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("a process");
        let process = Self { command, address, child };
        process.wait_until_it_listens();
        process
    }

    fn wait_until_it_listens(&self) {
        until("it listens", || TcpStream::connect(self.address).is_ok());
    }

    fn kill(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("ended");
        self.child = self.command.spawn().expect("a process");
        self.wait_until_it_listens();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("an address")
}

/// Writes one item after the other, each with its own key, again until it is acknowledged.
async fn write(
    client: RestClient,
    writer: usize,
    done: Arc<AtomicBool>,
    count: Arc<AtomicUsize>,
) -> BTreeSet<String> {
    let mut written = BTreeSet::new();
    while !done.load(Ordering::Relaxed) {
        let name = format!("{writer}-{}", written.len());
        loop {
            let call = client.post("storage", Cluster("c1"), path!("/1/item/u"));
            let call = call.header("idempotency-key", name.as_str()).json(&json!({ "name": name }));
            match call.await {
                Ok(response) if response.status() == 201 => break,
                Ok(response) => {
                    assert!(response.status().is_server_error(), "{}", response.status());
                }
                Err(error) => assert!(error.status().is_none(), "{error}"),
            }
        }
        written.insert(name);
        count.fetch_add(1, Ordering::Relaxed);
    }
    written
}

/// The names of all items, as often as they are there.
async fn names(client: &RestClient) -> Vec<String> {
    let mut names = Vec::new();
    loop {
        let start = names.len() + 1;
        let call = client.get("storage", Cluster("c1"), "/1/item/u");
        let call = call.query(&[("start", start), ("count", 1000)]);
        let list: Json = call.await.expect("a response").json().await.expect("JSON");
        let items = list["items"].as_array().expect("items").clone();
        if items.is_empty() {
            return names;
        }
        for item in items {
            let id = item["id"].as_str().expect("an ID");
            let call = client.get("storage", Cluster("c1"), path!("/1/item/u/{id}"));
            let item: Json = call.await.expect("a response").json().await.expect("JSON");
            names.push(item["name"].as_str().expect("a name").to_owned());
        }
    }
}

async fn what_was_acknowledged_is_there_once(engine: Engine) {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(database) = engines::database(engine, folder.path()) else { return };
    let (directory, storage) = (free_address(), free_address());
    let topology = format!(
        "version = 1\nlocal_cluster = 'c1'\n[clusters.c1]\n[services.cluster]\nglobal = ['http://{directory}']\n\
         [services.storage]\ndata = true\nidempotency_keys = true\nc1 = ['http://{storage}']\n"
    );
    fs::write(folder.path().join("topology.toml"), topology).expect("a file");
    let _directory = Process::start(folder.path(), "cluster", directory, "sqlite:cluster.db");
    let mut storage = Process::start(folder.path(), "storage", storage, &database);
    let client = RestClient::from_file(folder.path().join("topology.toml")).expect("a client");

    let (done, count) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            tokio::spawn(write(client.clone(), writer, Arc::clone(&done), Arc::clone(&count)))
        })
        .collect();
    for kill in 0..KILLS {
        // A different number each time, so that it is not always the same moment.
        let enough = count.load(Ordering::Relaxed) + 1 + kill * 7 % 20;
        until_async("writes are acknowledged", async || count.load(Ordering::Relaxed) >= enough)
            .await;
        storage.kill();
    }
    done.store(true, Ordering::Relaxed);
    let mut acknowledged = BTreeSet::new();
    for writer in writers {
        acknowledged.extend(writer.await.expect("a writer"));
    }

    let found = names(&client).await;
    let once: BTreeSet<_> = found.iter().cloned().collect();
    assert_eq!(found.len(), once.len(), "nothing is there twice");
    assert_eq!(once, acknowledged, "nothing is lost, and nothing else is there");
}
