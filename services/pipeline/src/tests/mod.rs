//! The service as its clients and listeners see it, on each database.

mod accept;
mod claim;
mod dead;
mod deliver;
mod fake_listener;
mod figures;
mod killed;
mod listeners;
mod order;
mod relay;
mod rules;
mod transcript;

use database::{Database, Row, Transaction, Value, values};
use engines::Engine;
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use wsgiservice::testing::{Client, TestResponse};
use wsgiservice_client::{RestClient, Topology};

use self::fake_listener::FakeListener;
use crate::{
    Listener, Settings,
    dispatcher::{Dispatcher, Work},
    spool::Spool,
    with,
};

/// The service, and listeners that are services of its topology.
struct Setting {
    _folder: TempDir,
    settings: Settings,
    rest: RestClient,
    fakes: [FakeListener; 2],
    client: Client,
    dispatcher: Dispatcher,
    work: Work,
}

/// The names of the two services that listen.
const SERVICES: [&str; 2] = ["index", "mail"];

const TOPOLOGY: &str = "version = 1\nlocal_cluster = 'c1'\n[clusters.c1]\n";

/// Two services that listen, and the user `gone`, who was removed.
fn services() -> (RestClient, [FakeListener; 2]) {
    let fakes = [FakeListener::default(), FakeListener::default()];
    let topology = Topology::parse("topology.toml", TOPOLOGY).expect("a topology");
    let mut client =
        RestClient::builder().topology(topology).service("cluster", fake_listener::directory());
    for (name, fake) in SERVICES.iter().zip(&fakes) {
        client = client.service(name, fake.service());
    }
    (client.build().expect("a client"), fakes)
}

/// A listener to `item` that is a service.
fn listener(name: &str) -> Listener {
    let (service, path) = (Some(name.to_owned()), Some("/1/event".to_owned()));
    Listener { service, path, ..Listener::new(name, &["item"]) }
}

/// The service with these listeners in its settings.
async fn setting(engine: Engine, listeners: Vec<Listener>) -> Option<Setting> {
    setting_with(engine, |settings| settings.listeners = listeners).await
}

async fn setting_with(engine: Engine, change: impl FnOnce(&mut Settings)) -> Option<Setting> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut settings = Settings::of(&engines::database(engine, folder.path())?);
    change(&mut settings);
    let (rest, fakes) = services();
    let (dispatcher, client) = start(&settings, &rest).await;
    let work = Work::new(dispatcher.clone());
    Some(Setting { _folder: folder, settings, rest, fakes, client, dispatcher, work })
}

/// Builds the service, whose set-up has run and whose tasks do not run.
async fn start(settings: &Settings, rest: &RestClient) -> (Dispatcher, Client) {
    crate::listener::check(&settings.listeners, "c1").expect("no mistakes");
    let database = Database::open(&settings.database).expect("a database");
    let dispatcher = Dispatcher::new(Spool::new(database, settings), rest.clone());
    let application = with(&dispatcher, settings.clone());
    let client = Client::after_set_up(application).await.expect("set up");
    (dispatcher, client.strict())
}

impl Setting {
    /// Another process with the same spool, or the same one after a crash.
    async fn another(&self) -> (Dispatcher, Work) {
        let (dispatcher, _) = start(&self.settings, &self.rest).await;
        (dispatcher.clone(), Work::new(dispatcher))
    }

    /// Posts a message, and returns its ID.
    async fn post(&self, target: &str, content: &str) -> String {
        let response = self.client.post(target).body(content.to_owned()).send().await;
        assert_eq!(response.status(), 202, "{}", response.text());
        response.json::<Json>()["id"].as_str().expect("an ID").to_owned()
    }

    /// Posts a message with a key.
    async fn post_with_key(&self, key: &str, content: &str) -> TestResponse {
        let post = self.client.post("/1/item/u7/photo").header("idempotency-key", key);
        post.body(content.to_owned()).send().await
    }

    /// Sends what is due, until nothing is.
    async fn settle(&mut self) {
        self.work.settle().await;
    }

    /// The deliveries of a message: the listener, the state, and the statuses of its attempts.
    async fn deliveries(&self, id: &str) -> Json {
        let message = self.client.get(&format!("/1/message/{id}")).send().await;
        assert_eq!(message.status(), 200);
        let short = |delivery: &Json| {
            let attempts = delivery["attempts"].as_array().expect("attempts").iter();
            let statuses: Vec<_> = attempts.map(|attempt| attempt["status"].clone()).collect();
            json!([delivery["listener"], delivery["state"], statuses])
        };
        let message: Json = message.json();
        message["deliveries"].as_array().expect("deliveries").iter().map(short).collect()
    }

    /// Runs a statement on the spool.
    async fn execute(&self, sql: &'static str, values: Vec<Value>) {
        let work = async move |transaction: &mut Transaction| {
            transaction.execute(sql, &values).await.map(|_| ())
        };
        let database = self.dispatcher.spool().database();
        database.write::<_, database::Error, _>(work).await.expect("done");
    }

    async fn query(&self, sql: &str) -> Vec<Row> {
        self.dispatcher.spool().database().query(sql, &[]).await.expect("rows")
    }

    async fn count(&self, table: &str) -> i64 {
        self.query(&format!("SELECT COUNT(*) FROM {table}")).await[0].get(0).expect("a count")
    }

    /// Time passes: all that was is older.
    async fn pass(&self, seconds: i64) {
        let time = seconds * 1_000;
        let deliveries = "UPDATE delivery SET due = due - ?, not_before = not_before - ?, first = first - ?, dead = dead - ?";
        self.execute(deliveries, values![time, time, time, time].into()).await;
        let messages = "UPDATE message SET at = at - ?, ended = ended - ?";
        self.execute(messages, values![time, time].into()).await;
    }
}

/// The status, and the member `code`.
fn refusal(response: &TestResponse) -> (u16, Json) {
    (response.status().as_u16(), response.json::<Json>()["code"].clone())
}

/// Waits for a condition.
async fn until(mut condition: impl FnMut() -> bool) {
    let waiting = async {
        while !condition() {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), waiting).await.expect("the condition");
}
