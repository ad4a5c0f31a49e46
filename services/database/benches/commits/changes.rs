//! Changes of the data of users, each by a `PUT` with a key: its version, its key, its row, its event.

use std::convert::Infallible;

use database::{
    Database, Transaction, Type,
    data::{Answer, Change, Data, Failure, Table, Version},
    values,
};
use http::Response;
use http_body_util::Full;
use serde_json::json;
use wsgiservice::{Application, Content, IdempotencyKey, mount, resource, testing::Client};
use wsgiservice_client::{Body, RestClient, service_fn};

const SCHEMA: [&str; 1] = ["CREATE TABLE note (user_id {key} NOT NULL, id {key} NOT NULL, \
    text {text} NOT NULL, version {integer} NOT NULL, PRIMARY KEY (user_id, id))"];

const NOTE: Table = Table {
    name: "note",
    columns: &[
        ("user_id", Type::Text),
        ("id", Type::Text),
        ("text", Type::Text),
        ("version", Type::Integer),
    ],
    key: &["id"],
    is_soft: false,
};

/// A note of a user.
#[mount("/1/note/{user}/{id}")]
struct Note {
    data: Data,
}

#[resource]
impl Note {
    async fn put(
        &self,
        user: String,
        id: String,
        text: Content<String>,
        key: Option<IdempotencyKey>,
    ) -> Result<i64, Failure> {
        let text = text.into_inner();
        let change = Change::new(&user, key);
        let effect = async move |transaction: &mut Transaction, version: Version| {
            let sql = "INSERT INTO note (user_id, id, text, version) VALUES (?, ?, ?, ?)";
            transaction.execute(sql, &values![&user, &id, &text, version.number]).await?;
            let path = format!("/1/note/{user}/{id}");
            Data::event(transaction, &user, &path, version, false).await?;
            let version = version.number;
            Ok(Answer { status: 200, version, location: None, content: json!(version) })
        };
        Ok(self.data.change(change, effect).await?.answer.version)
    }
}

/// A service of notes.
pub(crate) async fn service(file: &str) -> Client {
    let directory = service_fn(|_: http::Request<Body>| async {
        let found = json!({"cluster": "c1", "version": 5, "state": "active"});
        Ok::<_, Infallible>(Response::new(Full::from(found.to_string())))
    });
    let client = RestClient::builder().service("cluster", directory).build().expect("a client");
    let database = Database::open(&format!("sqlite:{file}")).expect("a database");
    let data = Data::new(database, client, "note", Some("c1".to_owned()), &[NOTE], &SCHEMA);
    data.migrate().await.expect("a schema");
    Client::new(Application::new("note").mount(Note { data }))
}

/// Writes a note, of the user who is before the `-` in its name.
pub(crate) async fn put(client: &Client, id: &str, text: &str) {
    let user = id.split('-').next().unwrap_or(id);
    let request = client.put(&format!("/1/note/{user}/{id}")).header("idempotency-key", id);
    assert_eq!(request.json(&text).send().await.status(), 200);
}
