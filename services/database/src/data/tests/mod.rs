//! A small service of notes, and what it promises of the data of its users.

mod changes;
mod figures;
mod placements;
mod relay;
mod rows;
mod transfer;

use std::{
    collections::BTreeSet,
    convert::Infallible,
    sync::{Arc, Mutex},
};

use engines::{Engine, on_each_engine};
use futures_util::future::{join, join_all};
use http::{Response, StatusCode};
use http_body_util::{BodyExt, Full};
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use wsgiservice::{
    Application, Content, EntityTag, IdempotencyKey, NoContent, Preconditions, Request,
    answer::{Put, WithFields},
    mount, resource,
    testing::{Client, TestResponse},
};
use wsgiservice_client::{Body, RestClient, service_fn};

use super::{Answer, Change, Data, Failure, Name, RowState, State, Table, User, Version};
use crate::{Database, Error, Transaction, Type, values};

const NOTE: Table = Table {
    name: "note",
    columns: &[
        ("user_id", Type::Text),
        ("id", Type::Text),
        ("text", Type::Text),
        ("version", Type::Integer),
        Table::GONE,
        Table::GONE_AT,
    ],
    key: &["id"],
    is_soft: true,
};

const SCHEMA: [&str; 2] = [
    "CREATE TABLE note (user_id {key} NOT NULL, id {key} NOT NULL, text {text} NOT NULL, version {integer} NOT NULL, \
     gone {integer}, gone_at {integer}, PRIMARY KEY (user_id, id))",
    "CREATE INDEX note_gone ON note (gone_at)",
];

const FIND: &str = "SELECT version, gone, text FROM note WHERE user_id = ? AND id = ?";

#[mount("/1/note/{user}/{id}")]
struct Note {
    data: Data,
}

#[resource]
impl Note {
    async fn admit(
        &self,
        user: User,
        key: Option<IdempotencyKey>,
        request: &Request,
        preconditions: Preconditions,
    ) -> Result<Option<Response<String>>, Failure> {
        self.data.admit(request, &user, key, &preconditions).await
    }

    async fn etag(
        &self,
        user: User,
        id: Name,
        restore: Option<i64>,
    ) -> Result<Option<EntityTag>, Failure> {
        self.data.tag(&user, FIND, &values![&user, &id], restore).await
    }

    async fn get(&self, user: User, id: Name) -> Result<WithFields<String>, Failure> {
        let (state, row) = self.data.row(&user, FIND, &values![&user, &id]).await?;
        Ok(state.with_version(row.get(2)?))
    }

    async fn put(
        &self,
        user: User,
        id: Name,
        text: Content<String>,
        restore: Option<i64>,
        key: Option<IdempotencyKey>,
        preconditions: Preconditions,
    ) -> Result<WithFields<Put<i64>>, Failure> {
        let text = text.into_inner();
        let change = Change::new(user.as_str(), key);
        let effect = async move |transaction: &mut Transaction, version: Version| {
            let state = RowState::find(transaction, FIND, &values![&user, &id]).await?;
            RowState::check(state, restore, &preconditions)?;
            if text == "refused" {
                return Err(Failure::Malformed("refused".to_owned()));
            }
            let columns = ["text", "version", "gone", "gone_at"];
            let upsert = transaction.dialect().upsert("note", &["user_id", "id"], &columns);
            let nothing = None::<i64>;
            let values = values![&user, &id, &text, version.number, nothing, nothing];
            transaction.execute(&upsert, &values).await?;
            let path = Self::path(&user, &id);
            Data::event(transaction, &user, &path, version, false).await?;
            Answer::put(RowState::present(state).is_err(), version, &version.number)
        };
        self.data.change(change, effect).await?.into_put()
    }

    async fn delete(
        &self,
        user: User,
        id: Name,
        key: Option<IdempotencyKey>,
        preconditions: Preconditions,
    ) -> Result<WithFields<NoContent>, Failure> {
        let change = Change::new(user.as_str(), key);
        let effect = async move |transaction: &mut Transaction, version: Version| {
            let state = RowState::find(transaction, FIND, &values![&user, &id]).await?;
            RowState::present(state)?;
            RowState::check(state, None, &preconditions)?;
            let delete = "UPDATE note SET gone = ?, gone_at = ? WHERE user_id = ? AND id = ?";
            let values = values![version.number, version.at, &user, &id];
            transaction.execute(delete, &values).await?;
            Ok(Answer::no_content(version))
        };
        Ok(self.data.change(change, effect).await?.into_no_content())
    }
}

/// What the cluster service says of all users: a status, and directions.
type Directions = Arc<Mutex<(u16, Json)>>;

struct Setting {
    _folder: TempDir,
    client: Client,
    data: Data,
    directions: Directions,
}

/// A service in which the user `u` has a first note, and so a placement of version 5.
async fn begun(engine: Engine, cluster: &str) -> Option<Setting> {
    let it = setting(engine, cluster).await?;
    assert_eq!(it.put("/1/note/u/a", "first", "k0").await.status(), 201);
    Some(it)
}

async fn setting(engine: Engine, cluster: &str) -> Option<Setting> {
    let folder = tempfile::tempdir().expect("a folder");
    let url = engines::database(engine, folder.path())?;
    let directions: Directions =
        Arc::new(Mutex::new((200, json!({"cluster": cluster, "version": 5, "state": "active"}))));
    let said = Arc::clone(&directions);
    let directory = service_fn(move |_: http::Request<Body>| {
        let (status, content) = said.lock().expect("directions").clone();
        let mut response = Response::new(Full::from(content.to_string()));
        *response.status_mut() = StatusCode::from_u16(status).expect("a status");
        async { Ok::<_, Infallible>(response) }
    });
    let client = RestClient::builder().service("cluster", directory).build().expect("a client");
    let database = Database::open(&url).expect("a database");
    let data = Data::new(database, client, "note", Some(cluster.to_owned()), &[NOTE], &SCHEMA);
    data.migrate().await.expect("a schema");
    let application = Application::new("note").mount(Note { data: data.clone() });
    let client = Client::new(data.mount(application));
    Some(Setting { _folder: folder, client, data, directions })
}

impl Setting {
    async fn put(&self, target: &str, text: &str, key: &str) -> TestResponse {
        let mut request = self.client.put(target).json(&text);
        if !key.is_empty() {
            request = request.header("idempotency-key", key);
        }
        request.send().await
    }

    /// The tag of a note.
    async fn tag(&self, id: &str) -> String {
        let note = self.client.get(&format!("/1/note/u/{id}")).send().await;
        note.field("etag").expect("a tag").to_owned()
    }

    /// Freezes the user, as each move and each sweep does first.
    async fn freeze(&self) {
        assert_eq!(self.place(&[("state", "frozen"), ("version", "6")]).await.status(), 200);
    }

    async fn place(&self, form: &[(&str, &str)]) -> TestResponse {
        self.client.put("/1/placement/u").form(form.iter().copied()).send().await
    }

    /// Lets all that was written be older by some hours.
    async fn age(&self, hours: i64) {
        let work = async move |transaction: &mut Transaction| {
            let age = values![hours * 3_600_000];
            for column in
                ["note SET gone_at = gone_at", "kept SET at = at", "placement SET placed = placed"]
            {
                transaction.execute(&format!("UPDATE {column} - ?"), &age).await?;
            }
            Ok::<_, Error>(())
        };
        self.data.database().write(work).await.expect("a database");
    }

    async fn count(&self, table: &str) -> i64 {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        self.data.database().query(&sql, &[]).await.expect("rows")[0].get(0).expect("a count")
    }

    fn say(&self, status: u16, content: Json) {
        *self.directions.lock().expect("directions") = (status, content);
    }
}

fn code(response: &TestResponse) -> Json {
    response.json::<Json>()["code"].clone()
}
