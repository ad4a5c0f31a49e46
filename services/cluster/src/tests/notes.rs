//! A small service that holds data of users: notes, and bytes beside them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use database::{
    Database, Statement, Transaction, Type,
    data::{Answer, Change, Data, Failure, Table, Version},
    values,
};
use schemars::JsonSchema;
use serde::Serialize;
use tempfile::TempDir;
use tokio::net::TcpListener;
use wsgiservice::{
    Application, Content, IdempotencyKey, Preconditions, Request,
    answer::{Binary, Put, WithFields},
    http::Response,
    mount, resource,
};
use wsgiservice_client::RestClient;

const NOTE: Table = Table {
    name: "note",
    columns: &[("user_id", Type::Text), ("id", Type::Text), ("text", Type::Text)],
    key: &["id"],
    is_soft: false,
};

const SCHEMA: [&str; 1] = ["CREATE TABLE note (user_id {key} NOT NULL, id {key} NOT NULL, \
    text {text} NOT NULL, PRIMARY KEY (user_id, id))"];

/// The service in one cluster.
#[derive(Clone)]
pub(super) struct Notes {
    pub(super) data: Data,
    pub(super) files: Files,
    name: &'static str,
}

/// Bytes by their path, and how often some were sent.
#[derive(Clone, Default)]
pub(super) struct Files(Arc<Mutex<BTreeMap<String, Bytes>>>, Arc<Mutex<u32>>);

impl Notes {
    pub(super) fn new(
        folder: &TempDir,
        client: &RestClient,
        name: &'static str,
        cluster: Option<&str>,
    ) -> Self {
        let file = folder.path().join(format!("{name}-{}.db", cluster.unwrap_or("all")));
        let database = Database::open(&format!("sqlite:{}", file.display())).expect("a database");
        let cluster = cluster.map(str::to_owned);
        let data = Data::new(database, client.clone(), name, cluster, &[NOTE], &SCHEMA);
        Self { data, files: Files::default(), name }
    }

    pub(super) async fn serve(&self, listener: TcpListener) {
        self.data.migrate().await.expect("a schema");
        let application = Application::new(self.name).mount(Note { data: self.data.clone() });
        let application = match self.name {
            "note" => application
                .mount(List { files: self.files.clone() })
                .mount(File { files: self.files.clone() }),
            _ => application,
        };
        let application = self.data.mount(application);
        tokio::spawn(application.serve_until(listener, std::future::pending()));
    }

    /// The state of the placement of a user, and its version.
    pub(super) async fn placement(&self, user: &str) -> Option<(String, i64)> {
        let placement = self.data.placement(user).await.expect("a placement")?;
        Some((placement.state.to_string(), placement.version))
    }

    /// How many notes a user has here.
    pub(super) async fn count(&self, user: &str) -> i64 {
        let count = "SELECT COUNT(*) FROM note WHERE user_id = ?";
        let rows = self.data.database().query(count, &values![user]).await;
        rows.expect("rows")[0].get(0).expect("a count")
    }
}

impl Files {
    pub(super) fn add(&self, path: &str, bytes: impl Into<Bytes>) {
        self.0.lock().expect("files").insert(path.to_owned(), bytes.into());
    }

    pub(super) fn get(&self, path: &str) -> Option<Bytes> {
        self.0.lock().expect("files").get(path).cloned()
    }

    /// How often some were sent here.
    pub(super) fn sent(&self) -> u32 {
        *self.1.lock().expect("a count")
    }
}

#[mount("/1/note/{user}/{id}")]
struct Note {
    data: Data,
}

#[resource]
impl Note {
    async fn admit(
        &self,
        user: String,
        key: Option<IdempotencyKey>,
        request: &Request,
        preconditions: Preconditions,
    ) -> Result<Option<Response<String>>, Failure> {
        self.data.admit(request, &user, key, &preconditions).await
    }

    async fn get(&self, user: String, id: String) -> Result<Option<String>, Failure> {
        let sql = "SELECT text FROM note WHERE user_id = ? AND id = ?";
        let [rows] = self.data.read(&user, [Statement::new(sql, values![&user, &id])]).await?;
        Ok(rows.first().map(|row| row.get(0)).transpose()?)
    }

    async fn put(
        &self,
        user: String,
        id: String,
        text: Content<String>,
        key: Option<IdempotencyKey>,
    ) -> Result<WithFields<Put<i64>>, Failure> {
        let text = text.into_inner();
        let change = Change::new(&user, key);
        let effect = async move |transaction: &mut Transaction, version: Version| {
            let upsert = transaction.dialect().upsert("note", &["user_id", "id"], &["text"]);
            let find = "SELECT id FROM note WHERE user_id = ? AND id = ?";
            let is_new = transaction.optional(find, &values![&user, &id]).await?.is_none();
            transaction.execute(&upsert, &values![&user, &id, &text]).await?;
            Answer::put(is_new, version, &version.number)
        };
        self.data.change(change, effect).await?.into_put()
    }
}

#[derive(Serialize, JsonSchema)]
struct Listed {
    bytes: Vec<Entry>,
}

#[derive(Serialize, JsonSchema)]
struct Entry {
    id: String,
    name: String,
    version: i64,
}

#[mount("/1/bytes/{user}")]
struct List {
    files: Files,
}

#[resource]
impl List {
    fn get(&self, user: String, version: i64) -> Listed {
        let _ = version;
        let files = self.files.0.lock().expect("files");
        let entry = |path: &String| {
            let mut parts = path.strip_prefix(&format!("{user}/"))?.split('/').map(str::to_owned);
            let (id, name) = (parts.next()?, parts.next()?);
            Some(Entry { id, name, version: parts.next()?.parse().ok()? })
        };
        Listed { bytes: files.keys().filter_map(entry).collect() }
    }
}

#[mount("/1/bytes/{user}/{id}/{name}/{version}")]
struct File {
    files: Files,
}

#[resource]
impl File {
    fn get(&self, user: String, id: String, name: String, version: i64) -> Option<Binary> {
        self.files.get(&format!("{user}/{id}/{name}/{version}")).map(|bytes| {
            Binary::new(bytes, wsgiservice::http::HeaderValue::from_static("image/png"))
        })
    }

    #[limit(content = 64 << 20)]
    fn put(&self, user: String, id: String, name: String, version: i64, content: Bytes) {
        self.files.add(&format!("{user}/{id}/{name}/{version}"), content);
        *self.files.1.lock().expect("a count") += 1;
    }
}
