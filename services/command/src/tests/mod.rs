//! The service as its clients see it, with the real services of items and labels.

mod batches;
mod changes;
mod chaos;
mod figures;
mod moves;
mod recovery;
mod rules;
mod sweeps;
mod transcript;
mod undos;

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};

use ::database::{Database, Transaction, Value, data::Data, values};
use engines::Engine;
use http::{Method, Request, Response};
use http_body_util::Full;
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use tower_service::Service as _;
use wsgiservice::{
    Application,
    content::Body as Content,
    testing::{Client, TestRequest, TestResponse},
};
use wsgiservice_client::{Body, ClosestCluster, RestClient, Topology, service_fn};

use crate::{
    database::{SCHEMA, TABLES},
    routes::{DEFAULT, Routes},
    runner::Runner,
    with,
};

/// What is wrong with the calls of a service, each once.
type Faults = Arc<Mutex<Vec<Fault>>>;

/// What is wrong with a call.
struct Fault {
    method: Method,
    path: &'static str,
    /// Whether it is executed all the same.
    is_executed: bool,
    status: u16,
}

/// The services of items and labels, and where the directory says that users are.
struct World {
    folder: TempDir,
    url: String,
    home: Arc<Mutex<String>>,
    faults: Faults,
    /// Calls the services past Command.
    direct: RestClient,
    /// Command of the other cluster.
    other: Arc<Mutex<Option<wsgiservice::server::Service>>>,
    /// Whether the answers of Command of the other cluster are lost.
    lost: Arc<Mutex<bool>>,
}

/// A process of Command.
struct Process {
    runner: Runner,
    client: Client,
}

async fn world(engine: Engine) -> Option<World> {
    let folder = tempfile::tempdir().expect("a folder");
    let url = engines::database(engine, folder.path())?;
    let (home, faults) = (Arc::new(Mutex::new("c1".to_owned())), Faults::default());
    let (storage, label) = (storage(&folder).await, label(&folder).await);
    let direct = RestClient::builder();
    let direct = direct.service("storage", storage).service("label", label);
    let direct = direct.build().expect("a client");
    Some(World { folder, url, home, faults, direct, other: Arc::default(), lost: Arc::default() })
}

/// A directory that says of all users where they are.
fn directory(
    home: &Arc<Mutex<String>>,
) -> impl tower_service::Service<
    Request<Body>,
    Response = Response<Full<bytes::Bytes>>,
    Error = Infallible,
    Future: Send,
> + Clone
+ Send
+ 'static {
    let home = Arc::clone(home);
    service_fn(move |_: Request<Body>| {
        let cluster = home.lock().expect("a cluster").clone();
        let placement = json!({"cluster": cluster, "version": 5, "state": "active"});
        async move { Ok::<_, Infallible>(Response::new(Full::from(placement.to_string()))) }
    })
}

fn url(folder: &TempDir, scheme: &str, name: &str) -> String {
    format!("{scheme}:{}", folder.path().join(name).display())
}

async fn storage(folder: &TempDir) -> wsgiservice::server::Service {
    let home = Arc::new(Mutex::new("local".to_owned()));
    let client = RestClient::builder().service("cluster", directory(&home));
    let client = client.build().expect("a client");
    let settings =
        storage::Settings::of(&url(folder, "sqlite", "storage.db"), &url(folder, "file", "bytes"));
    built(async || storage::application(settings.clone(), client.clone()).await.expect("storage"))
        .await
}

async fn label(folder: &TempDir) -> wsgiservice::server::Service {
    let home = Arc::new(Mutex::new("local".to_owned()));
    let client = RestClient::builder().service("cluster", directory(&home));
    let client = client.build().expect("a client");
    let url = url(folder, "sqlite", "label.db");
    built(async || {
        let settings = label::Settings::of(&url);
        label::application(settings, client.clone()).await.expect("label")
    })
    .await
}

/// A service whose set-up has run.
async fn built(application: impl AsyncFn() -> Application) -> wsgiservice::server::Service {
    Client::after_set_up(application().await).await.expect("a set-up");
    application().await.build().expect("a service")
}

impl World {
    /// A new process of Command in the cluster `c1`, over the same database as those before.
    async fn process(&self) -> Process {
        self.process_in("c1", &self.url).await
    }

    async fn process_in(&self, cluster: &str, url: &str) -> Process {
        let runner = self.runner(cluster, url);
        let client = Client::after_set_up(with(&runner, cluster.to_owned())).await;
        Process { runner, client: client.expect("a set-up").strict() }
    }

    fn runner(&self, cluster: &str, url: &str) -> Runner {
        let client = self.client(cluster);
        let database = Database::open(url).expect("a database");
        let own = Some(cluster.to_owned());
        let data = Data::new(database, client.clone(), "command", own, &TABLES, &SCHEMA);
        Runner::new(data, client, Routes::parse(DEFAULT).expect("routes"))
    }

    /// A client of the services, whose calls go wrong as the test says.
    fn client(&self, cluster: &str) -> RestClient {
        let topology = "version = 1\nlocal_cluster = 'CLUSTER'\n[clusters.c1]\n[clusters.c2]\n";
        let topology = topology.replace("CLUSTER", cluster);
        let topology = Topology::parse("topology.toml", &topology).expect("a topology");
        let (other, lost) = (Arc::clone(&self.other), Arc::clone(&self.lost));
        let command = service_fn(move |request: Request<Body>| {
            let other = other.lock().expect("a service").clone();
            let lost = Arc::clone(&lost);
            async move {
                let answer = other.expect("a service").call(request).await.expect("infallible");
                if *lost.lock().expect("a flag") {
                    std::future::pending::<()>().await;
                }
                Ok::<_, Infallible>(answer)
            }
        });
        RestClient::builder()
            .topology(topology)
            .service("cluster", directory(&self.home))
            .service("storage", self.faulty("storage"))
            .service("label", self.faulty("label"))
            .service("command", command)
            .build()
            .expect("a client")
    }

    fn faulty(
        &self,
        name: &'static str,
    ) -> impl tower_service::Service<
        Request<Body>,
        Response = Response<Content>,
        Error = Infallible,
        Future: Send,
    > + Clone
    + Send
    + 'static {
        let (faults, direct) = (Arc::clone(&self.faults), self.direct.clone());
        service_fn(move |request: Request<Body>| {
            let fault = take(&faults, &request);
            let direct = direct.clone();
            async move {
                match fault {
                    Some(fault) if !fault.is_executed => Ok(answer(fault.status)),
                    Some(fault) => {
                        forward(&direct, name, request).await;
                        Ok(answer(fault.status))
                    }
                    None => Ok::<_, Infallible>(forward(&direct, name, request).await),
                }
            }
        })
    }

    /// Lets calls go wrong, each so many times.
    fn fault(
        &self,
        times: usize,
        method: &Method,
        path: &'static str,
        is_executed: bool,
        status: u16,
    ) {
        let mut faults = self.faults.lock().expect("faults");
        for _ in 0..times {
            faults.push(Fault { method: method.clone(), path, is_executed, status });
        }
    }

    /// Reads something past Command.
    async fn read(&self, path: &str) -> Result<Json, u16> {
        let response = self.direct.get(service_of(path), ClosestCluster, path).await;
        let response = response.expect("a response");
        match response.status().as_u16() {
            200 => Ok(response.json().await.expect("JSON")),
            status => Err(status),
        }
    }

    /// Writes something past Command.
    async fn write(&self, path: &str, content: &Json) {
        let call = self.direct.put(service_of(path), "u", path).json(content);
        call.await.expect("a response").error_for_status().expect("written");
    }

    async fn remove(&self, path: &str) {
        let call = self.direct.delete(service_of(path), "u", path);
        call.await.expect("a response").error_for_status().expect("deleted");
    }
}

fn service_of(path: &str) -> &'static str {
    if path.starts_with("/1/label") { "label" } else { "storage" }
}

fn take(faults: &Faults, request: &Request<Body>) -> Option<Fault> {
    let mut faults = faults.lock().expect("faults");
    let is_wrong =
        |it: &Fault| it.method == request.method() && request.uri().path().contains(it.path);
    let position = faults.iter().position(is_wrong)?;
    Some(faults.remove(position))
}

fn answer(status: u16) -> Response<Content> {
    Response::builder().status(status).body(Content::empty()).expect("a response")
}

/// Executes a request at the real service.
async fn forward(direct: &RestClient, name: &str, request: Request<Body>) -> Response<Content> {
    let (head, body) = request.into_parts();
    let query: Vec<(String, String)> =
        form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes())
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
    let content = http_body_util::BodyExt::collect(body).await.expect("content").to_bytes();
    let mut call = direct.request(head.method, name, ClosestCluster, head.uri.path()).query(&query);
    for (name, value) in &head.headers {
        call = call.header(name, value);
    }
    let response = call.body(content).await.expect("a response");
    let mut answer = Response::builder().status(response.status());
    for (name, value) in response.headers() {
        answer = answer.header(name, value);
    }
    answer.body(Content::from(response.bytes().await.expect("content"))).expect("a response")
}

impl Process {
    fn put(&self, path: &str, content: &Json) -> TestRequest {
        self.client.put(path).json(content)
    }

    async fn get(&self, path: &str) -> TestResponse {
        self.client.get(path).send().await
    }

    /// Puts an item, and returns the ticket.
    async fn put_item(&self, path: &str, content: Json) -> String {
        let response = self.put(path, &content).send().await;
        assert!(response.status().is_success(), "{}", response.text());
        ticket(&response)
    }

    fn batch(&self, steps: &Json) -> TestRequest {
        self.client.post("/1/batch/u").json(&json!({"steps": steps}))
    }

    async fn undo(&self, ticket: &str) -> TestResponse {
        self.client.post(&format!("/1/undo/u/{ticket}")).send().await
    }

    /// Undoes, and returns the ticket of the redo.
    async fn undone(&self, ticket: &str) -> String {
        let response = self.undo(ticket).await;
        assert_eq!(response.status(), 200, "{}", response.text());
        self::ticket(&response)
    }

    async fn state(&self, ticket: &str) -> Result<String, u16> {
        let response = self.get(&format!("/1/undo/u/{ticket}")).await;
        match response.status().as_u16() {
            200 => Ok(response.json::<Json>()["state"].as_str().expect("a state").to_owned()),
            status => Err(status),
        }
    }

    /// Sends a request, and waits until its command is held at a point.
    async fn held(&self, point: &'static str, request: TestRequest) -> Pending {
        self.runner.hold().at(point);
        let pending = tokio::spawn(request.send());
        self.runner.hold().is_reached().await;
        pending
    }

    /// Takes over what dead processes have left, and waits until it has ended.
    async fn recover(&self) -> usize {
        let taken = self.runner.recover().await.expect("a database");
        let count = taken.len();
        for outcome in taken {
            let _ = outcome.await;
        }
        count
    }

    async fn place(&self, state: &str, version: &str) {
        let form = [("state", state), ("version", version), ("cluster", "c2")];
        let placed = self.client.put("/1/placement/u").form(form).send().await;
        assert_eq!(placed.status(), 200, "{}", placed.text());
    }

    async fn number(&self, sql: &str) -> i64 {
        let rows = self.runner.data().database().query(sql, &[]).await;
        rows.expect("rows")[0].get(0).expect("a number")
    }

    /// Lets all commands be older by some hours.
    async fn age(&self, hours: i64) {
        let age: [Value; 1] = values![hours * 3_600_000];
        let work = async move |transaction: &mut Transaction| {
            transaction.execute("UPDATE ticket SET created = created - ?", &age).await.map(|_| ())
        };
        self.runner.data().database().write::<_, ::database::Error, _>(work).await.expect("done");
    }
}

type Pending = tokio::task::JoinHandle<TestResponse>;

fn ticket(response: &TestResponse) -> String {
    let ticket = response.field("x-undo-ticket");
    ticket.unwrap_or_else(|| panic!("no ticket: {response:?}")).to_owned()
}

fn code(response: &TestResponse) -> (u16, Json) {
    (response.status().as_u16(), response.json::<Json>()["code"].clone())
}
