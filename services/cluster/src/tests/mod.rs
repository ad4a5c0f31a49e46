//! The service, and two clusters of services that hold data.

mod clusters;
mod figures;
mod moves;
mod notes;
mod sweeps;
mod transcript;
mod users;

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use database::{Database, Value, values};
use engines::Engine;
use serde_json::Value as Json;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tower_service::Service as _;
use wsgiservice::{
    http::{Request, Response},
    server::Stopping,
    testing::{Client, TestResponse},
};
use wsgiservice_client::{Body, Cluster, RestClient, Topology, path, service_fn};

use self::notes::Notes;
use crate::{
    database::{Directory, Row},
    mover::Mover,
    with,
};

/// The service as it answers now, which is another one after a crash.
type Service = Arc<Mutex<Call>>;

type Call = Arc<dyn Fn(Request<Body>) -> Answer + Send + Sync>;

type Answer = Pin<Box<dyn Future<Output = Response<wsgiservice::content::Body>> + Send>>;

/// The service, two clusters with notes, and profiles for both.
struct Setting {
    _folder: TempDir,
    url: String,
    /// How frontends call the services.
    frontend: RestClient,
    service: Service,
    mover: Mover,
    /// The client of the service itself.
    cluster: Client,
    notes: [Notes; 2],
    profiles: Notes,
}

/// Builds the service, whose set-up has run and whose tasks do not run.
async fn build(url: &str, client: &RestClient) -> (Mover, Client, Call) {
    let directory = Directory::new(Database::open(url).expect("a database"));
    let mover = Mover::new(directory, client.clone());
    let built = with(&mover, client).build().expect("a service");
    let call: Call = Arc::new(move |request| {
        let mut service = built.clone();
        Box::pin(async move { service.call(request).await.expect("infallible") })
    });
    let client = Client::after_set_up(with(&mover, client)).await.expect("set up");
    (mover, client.strict(), call)
}

/// A client of this process and of others, which has the service of this test.
fn client(topology: &str, service: Option<&Service>) -> RestClient {
    let topology = Topology::parse("topology.toml", topology).expect("a topology");
    let mut builder = RestClient::builder().topology(topology);
    if let Some(service) = service {
        let service = Arc::clone(service);
        let found = service_fn(move |request: Request<Body>| {
            let call = Arc::clone(&*service.lock().expect("a service"));
            async move { Ok::<_, Infallible>(call(request).await) }
        });
        builder = builder.service("cluster", found);
    }
    builder.build().expect("a client")
}

async fn setting(engine: Engine) -> Option<Setting> {
    let folder = tempfile::tempdir().expect("a folder");
    let url = engines::database(engine, folder.path())?;
    let mut listeners = Vec::new();
    for _ in 0..3 {
        listeners.push(TcpListener::bind("127.0.0.1:0").await.expect("a socket"));
    }
    let [c1, c2, all] =
        [0, 1, 2].map(|index: usize| listeners[index].local_addr().expect("an address"));
    let topology = format!(
        "version = 1\nlocal_cluster = 'c1'\n[clusters.c1]\n[clusters.c2]\n\
         [services.note]\ndata = true\nidempotency_keys = true\nc1 = ['http://{c1}']\nc2 = ['http://{c2}']\n\
         [services.profile]\ndata = true\nidempotency_keys = true\nglobal = ['http://{all}']\n"
    );
    let (mover, cluster, built) = build(&url, &client(&topology, None)).await;
    let service = Arc::new(Mutex::new(built));
    let frontend = client(&topology, Some(&service));
    let notes = ["c1", "c2"].map(|name| Notes::new(&folder, &frontend, "note", Some(name)));
    let profiles = Notes::new(&folder, &frontend, "profile", None);
    for (listener, notes) in listeners.into_iter().zip(notes.iter().chain([&profiles])) {
        notes.serve(listener).await;
    }
    Some(Setting { _folder: folder, url, frontend, service, mover, cluster, notes, profiles })
}

impl Setting {
    /// The service crashes, and begins again: all that is left is the database.
    async fn restart(&mut self) {
        let topology = self.mover.client().clone();
        let (mover, cluster, built) = build(&self.url, &topology).await;
        *self.service.lock().expect("a service") = built;
        (self.mover, self.cluster) = (mover, cluster);
    }

    /// A user with a note in c1.
    async fn begin(&self, user: &str) {
        let form = [("cluster", "c1")];
        let put = self.cluster.put(&format!("/1/user/{user}")).form(form).send().await;
        assert_eq!(put.status(), 201);
        assert_eq!(self.write(user, "a", "first").await, 201);
    }

    async fn write(&self, user: &str, id: &str, text: &str) -> u16 {
        let call = self.frontend.put("note", user, path!("/1/note/{user}/{id}")).json(text);
        call.timeout(Duration::from_secs(10)).await.expect("a response").status().as_u16()
    }

    async fn read(&self, cluster: &str, user: &str, id: &str) -> Result<String, u16> {
        let path = path!("/1/note/{user}/{id}");
        let response = self.frontend.get("note", Cluster(cluster), path).await;
        let response = response.expect("a response");
        match response.status().as_u16() {
            200 => Ok(response.json().await.expect("a text")),
            status => Err(status),
        }
    }

    async fn row(&self, user: &str) -> Option<Row> {
        self.mover.directory().find(user).await.expect("a row")
    }

    /// Lets the tasks of the service work until nothing is left to do.
    async fn settle(&self) {
        let stopping = Stopping::default();
        let until = async {
            while !self.mover.directory().unfinished(i64::MAX, 1).await.expect("users").is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            stopping.request();
        };
        let (ended, ()) = tokio::join!(self.mover.run(&stopping), until);
        ended.expect("no panic");
    }

    /// Runs a statement on the database of the service, as if time had passed.
    async fn execute(&self, sql: &'static str, values: Vec<Value>) {
        execute(&Database::open(&self.url).expect("a database"), sql, values).await;
    }

    /// The user was not seen, and has written nothing, for 31 days.
    async fn is_idle(&self, user: &str) {
        let since = test_hooks::now() - 31 * 24 * 60 * 60 * 1000;
        let update = "UPDATE assignment SET last_seen = ? WHERE user_id = ?";
        self.execute(update, values![since, user].into()).await;
        let update = "UPDATE placement SET written = ? WHERE user_id = ?";
        for notes in self.notes.iter().chain([&self.profiles]) {
            execute(notes.data.database(), update, values![since, user].into()).await;
        }
    }

    async fn sweep(&self) -> (u64, u64) {
        let swept = self.mover.sweep().await.expect("a sweep");
        (swept.expired, swept.kept)
    }
}

async fn execute(database: &Database, sql: &'static str, values: Vec<Value>) {
    let work = async move |transaction: &mut database::Transaction| {
        transaction.execute(sql, &values).await.map(|_| ())
    };
    database.write::<_, database::Error, _>(work).await.expect("done");
}

/// The status, and the member `code`.
fn refusal(response: &TestResponse) -> (u16, Json) {
    (response.status().as_u16(), response.json::<Json>()["code"].clone())
}
