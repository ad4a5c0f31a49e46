//! Services that find and call each other: the three calls of "The Memonic Architecture", over sockets, in two clusters.

use std::{
    collections::BTreeMap,
    future,
    sync::{Arc, Mutex},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use wsgiservice::{
    Application, Content, Problem, Request,
    answer::{Accepted, WithFields},
    client::OnBehalfOf,
    http::{HeaderName, HeaderValue, StatusCode},
    mount, resource,
};
use wsgiservice_client::{ClosestCluster, Cluster, RestClient, Topology, path};

/// The cluster of each user, with its version, and how often it was asked for.
#[derive(Clone, Default)]
struct Directory(Arc<Mutex<BTreeMap<String, (&'static str, i64)>>>, Arc<Mutex<Vec<String>>>);

#[derive(Serialize, JsonSchema)]
struct Directions {
    user: String,
    cluster: &'static str,
    version: i64,
    assigned: bool,
}

impl Directory {
    fn place(&self, user: &str, cluster: &'static str, version: i64) {
        self.0.lock().expect("users").insert(user.to_owned(), (cluster, version));
    }

    fn holds(&self, user: &str) -> &'static str {
        self.0.lock().expect("users").get(user).map_or("c1", |(cluster, _)| cluster)
    }

    fn asked(&self) -> Vec<String> {
        self.1.lock().expect("questions").clone()
    }

    fn find(&self, method: &str, user: String) -> Directions {
        self.1.lock().expect("questions").push(format!("{method} {user}"));
        let known = self.0.lock().expect("users").get(&user).copied();
        let (cluster, version) = known.unwrap_or(("c1", 0));
        Directions { user, cluster, version, assigned: known.is_some() }
    }
}

/// The cluster service.
#[mount("/1/user/{user}")]
struct User {
    directory: Directory,
}

#[resource]
impl User {
    fn get(&self, user: String) -> WithFields<Directions> {
        let found = self.directory.find("GET", user);
        let control = if found.assigned { "max-age=300" } else { "no-store" };
        let name = HeaderName::from_static("cache-control");
        WithFields::new(found).field(name, HeaderValue::from_static(control))
    }

    fn put(&self, user: String) -> Directions {
        if !self.directory.0.lock().expect("users").contains_key(&user) {
            self.directory.place(&user, "c2", 1);
        }
        self.directory.find("PUT", user)
    }
}

/// The labels of the users of a cluster.
#[derive(Clone)]
struct Labels {
    cluster: &'static str,
    directory: Directory,
    titles: Arc<Mutex<BTreeMap<String, String>>>,
    /// How long the clients of the requests have said that they wait, in milliseconds.
    waits: Arc<Mutex<Vec<u128>>>,
}

/// Nothing is done for a user of another cluster.
#[derive(Debug, thiserror::Error, Problem)]
#[error("the user is in cluster {cluster}")]
enum Misdirected {
    #[problem(421)]
    Moved {
        #[problem(header = "X-Cluster")]
        cluster: &'static str,
    },
}

#[mount("/1/label/{user}/{label}")]
struct Label(Labels);

#[resource]
impl Label {
    fn get(&self, user: String, label: String) -> Option<String> {
        self.0.titles.lock().expect("titles").get(&format!("{user}/{label}")).cloned()
    }

    fn put(
        &self,
        user: String,
        label: String,
        title: String,
        request: &Request,
    ) -> Result<String, Misdirected> {
        let cluster = self.0.directory.holds(&user);
        if cluster != self.0.cluster {
            return Err(Misdirected::Moved { cluster });
        }
        let left = request.time_left().unwrap_or_default();
        self.0.waits.lock().expect("waits").push(left.as_millis());
        self.0.titles.lock().expect("titles").insert(format!("{user}/{label}"), title.clone());
        Ok(title)
    }
}

/// Passes a call on to the service that has the data.
#[mount("/1/label/{user}/{label}")]
struct Command {
    client: RestClient,
}

#[resource]
impl Command {
    async fn get(&self, user: String, label: String, request: &Request) -> Result<String, Problem> {
        let client = self.client.on_behalf_of(request);
        let response = client.get("label", &user, path!("/1/label/{user}/{label}")).await;
        let response = response.map_err(Problem::internal)?;
        if response.status() == StatusCode::NOT_FOUND {
            return Err(Problem::not_found());
        }
        response.json().await.map_err(Problem::internal)
    }
}

/// Takes what is to be done later.
#[mount("/1/relation/{user}/{list}")]
struct Pipeline {
    taken: Arc<Mutex<Vec<String>>>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Diff {
    added: Vec<String>,
}

#[resource]
impl Pipeline {
    fn post(&self, user: String, list: String, diff: Content<Diff>) -> Accepted<usize> {
        let Diff { added } = diff.into_inner();
        self.taken.lock().expect("taken").push(format!("{user}/{list} {}", added.join(" ")));
        Accepted(added.len())
    }
}

/// The services of two clusters, and a client of the first one.
struct Setting {
    client: RestClient,
    directory: Directory,
    labels: [Labels; 2],
    taken: Arc<Mutex<Vec<String>>>,
}

/// Serves an application, and returns its URL.
async fn serve(application: Application) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(application.serve_until(listener, future::pending()));
    format!("http://{address}")
}

fn client(services: &str) -> RestClient {
    let text = format!(
        "version = 1\nlocal_cluster = 'c1'\n[clusters.c1]\ndistance = {{ c2 = 20 }}\n[clusters.c2]\n{services}"
    );
    let topology = Topology::parse("topology.toml", &text).expect("a topology");
    RestClient::builder().topology(topology).build().expect("a client")
}

async fn setting() -> Setting {
    let directory = Directory::default();
    let user = User { directory: directory.clone() };
    let cluster = serve(Application::new("cluster").mount(user)).await;
    let labels = ["c1", "c2"].map(|cluster| Labels {
        cluster,
        directory: directory.clone(),
        titles: Arc::default(),
        waits: Arc::default(),
    });
    let [c1, c2] =
        labels.clone().map(|it| Application::new("label").cluster(it.cluster).mount(Label(it)));
    let mut services = format!(
        "[services.cluster]\nglobal = ['{cluster}']\n[services.label]\nidempotency_keys = true\nc1 = ['{}']\nc2 = ['{}']\n",
        serve(c1).await,
        serve(c2).await
    );
    let command = Command { client: client(&services) };
    let command = serve(Application::new("command").mount(command)).await;
    let taken = Arc::default();
    let pipeline = Pipeline { taken: Arc::clone(&taken) };
    let pipeline = serve(Application::new("pipeline").mount(pipeline)).await;
    services += &format!(
        "[services.command]\nc1 = ['{command}']\n[services.pipeline]\nc2 = ['{pipeline}']\n"
    );
    Setting { client: client(&services), directory, labels, taken }
}

impl Setting {
    async fn title(&self, user: &str, title: &str) -> wsgiservice_client::Response {
        let call = self.client.put("label", user, path!("/1/label/{user}/inbox"));
        call.form(&[("title", title)]).await.expect("a response")
    }
}

#[tokio::test]
async fn a_label_is_put_into_the_cluster_of_its_user_and_got_from_command() {
    let it = setting().await;
    let response = it.title("userxyz", "some title").await;
    assert_eq!((response.status().as_u16(), response.cluster()), (200, "c2"));
    assert_eq!(response.headers()["x-cluster"], "c2");
    assert_eq!(it.directory.asked(), ["PUT userxyz"], "a change assigns a cluster, once");

    let call = it.client.get("command", ClosestCluster, "/1/label/userxyz/inbox");
    let title: String = call.await.expect("a response").json().await.expect("a title");
    assert_eq!(title, "some title");
}

#[tokio::test]
async fn a_message_is_posted_to_the_pipeline_of_its_user() {
    let it = setting().await;
    let diff = Diff { added: vec!["abc".to_owned(), "def".to_owned()] };
    let call = it.client.post("pipeline", "userabc", "/1/relation/userabc/contacts").json(&diff);
    let response = call.await.expect("a response").error_for_status().expect("a success");
    assert_eq!((response.status().as_u16(), response.cluster()), (202, "c2"));
    assert_eq!(*it.taken.lock().expect("taken"), ["userabc/contacts abc def"]);
}

#[tokio::test]
async fn a_call_follows_a_user_who_has_moved() {
    let it = setting().await;
    it.title("abc", "first").await;
    it.directory.place("abc", "c1", 2);
    let response = it.title("abc", "second").await;
    assert_eq!((response.cluster(), response.attempts().len()), ("c1", 2));
    let titles =
        it.labels.each_ref().map(|it| it.titles.lock().expect("titles").get("abc/inbox").cloned());
    assert_eq!(titles, [Some("second".to_owned()), Some("first".to_owned())]);
    let again = it.title("abc", "third").await;
    assert_eq!((again.cluster(), again.attempts().len()), ("c1", 1), "it is remembered");
}

#[tokio::test]
async fn a_service_knows_how_long_the_first_client_waits() {
    let it = setting().await;
    let call = it.client.put("label", "abc", "/1/label/abc/inbox").form(&[("title", "x")]);
    call.timeout(std::time::Duration::from_millis(700)).await.expect("a response");
    let waits = it.labels[1].waits.lock().expect("waits").clone();
    assert!(waits.len() == 1 && waits[0] > 0 && waits[0] <= 700, "{waits:?}");
}

#[tokio::test]
async fn a_cluster_without_the_user_has_nothing() {
    let it = setting().await;
    it.title("abc", "some title").await;
    for (cluster, status) in [("c1", 404), ("c2", 200)] {
        let call = it.client.get("label", Cluster(cluster), "/1/label/abc/inbox");
        assert_eq!(call.await.expect("a response").status().as_u16(), status, "{cluster}");
    }
}
