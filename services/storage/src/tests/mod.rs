//! The service as its clients see it, on each database.

mod attachments;
mod health;
mod items;
mod moves;

use std::{
    convert::Infallible,
    path::{Path, PathBuf},
    time::Duration,
};

use ::database::{Database, values};
use engines::Engine;
use http::Response;
use http_body_util::Full;
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use wsgiservice::testing::{Client, TestRequest, TestResponse};
use wsgiservice_client::{Body, RestClient, Topology, service_fn};

use crate::{Settings, application};

/// A service of the cluster `c1`, to which the directory assigns each user by version 5.
struct Setting {
    folder: TempDir,
    client: Client,
    /// Its database, opened once more.
    database: Database,
    settings: Settings,
}

const LARGEST: u64 = 1 << 20;

async fn setting(engine: Engine, cluster: &str) -> Option<Setting> {
    let folder = tempfile::tempdir().expect("a folder");
    let url = engines::database(engine, folder.path())?;
    let bytes = format!("file:{}", folder.path().join("attachments").display());
    let settings = Settings { largest_attachment: LARGEST, ..Settings::of(&url, &bytes) };
    let application = application(settings.clone(), client(cluster)).await.expect("an application");
    let database = Database::open(&url).expect("a database");
    let client = Client::after_set_up(application).await.expect("a schema").strict();
    Some(Setting { folder, client, database, settings })
}

/// A client of the cluster in which each user is.
fn client(cluster: &str) -> RestClient {
    let content = json!({"cluster": cluster, "version": 5, "state": "active"}).to_string();
    let directory = service_fn(move |_: http::Request<Body>| {
        let response = Response::new(Full::from(content.clone()));
        async { Ok::<_, Infallible>(response) }
    });
    let topology = format!("version = 1\nlocal_cluster = \"{cluster}\"\n[clusters.{cluster}]\n");
    let topology = Topology::parse("topology.toml", &topology).expect("a topology");
    let client = RestClient::builder().topology(topology).service("cluster", directory);
    client.build().expect("a client")
}

impl Setting {
    fn data(&self, cluster: &str) -> ::database::data::Data {
        ::database::data::Data::new(
            self.database.clone(),
            client(cluster),
            "storage",
            Some(cluster.to_owned()),
            &crate::database::TABLES,
            &crate::database::SCHEMA,
        )
    }

    fn files(&self) -> crate::files::Files {
        crate::files::Files::of(&self.settings.bytes).expect("a URL")
    }

    async fn get(&self, target: &str) -> TestResponse {
        self.client.get(target).send().await
    }

    async fn delete(&self, target: &str) -> TestResponse {
        self.client.delete(target).send().await
    }

    fn put(&self, target: &str, text: &str) -> TestRequest {
        let request = self.client.put(target).header("content-type", "application/json");
        request.body(text.to_owned())
    }

    /// Puts the item `a` and returns its version.
    async fn item(&self) -> i64 {
        version(&self.put("/1/item/u/a", "{}").send().await)
    }

    fn attach(&self, target: &str, text: &str) -> TestRequest {
        self.client.put(target).header("content-type", "text/plain").body(text.to_owned())
    }

    async fn place(&self, form: &[(&str, &str)]) -> TestResponse {
        self.client.put("/1/placement/u").form(form.iter().copied()).send().await
    }

    async fn count(&self, sql: &str) -> i64 {
        let rows = self.database.query(&format!("SELECT COUNT(*) FROM {sql}"), &[]).await;
        rows.expect("rows")[0].get(0).expect("a count")
    }

    /// The events of the user, in their order.
    async fn events(&self) -> Vec<(String, i64, bool)> {
        let sql = "SELECT content FROM outbox WHERE user_id = ? ORDER BY version, path";
        let rows = self.database.query(sql, &values!["u"]).await.expect("rows");
        let event = |row: &::database::Row| {
            let content: String = row.get(0).expect("a content");
            let content: Json = serde_json::from_str(&content).expect("JSON");
            let path = content["path"].as_str().expect("a path").to_owned();
            (path, content["version"].as_i64().expect("a version"), content["gone"] == json!(true))
        };
        rows.iter().map(event).collect()
    }

    /// Lets rows that went, and files, be older by some hours.
    async fn age(&self, hours: u64) {
        let work = async move |transaction: &mut ::database::Transaction| {
            let age = hours as i64 * 3_600_000;
            for table in ["item", "derived", "attachment"] {
                let sql = format!("UPDATE {table} SET gone_at = gone_at - ?");
                transaction.execute(&sql, &values![age]).await?;
            }
            Ok::<_, ::database::Error>(())
        };
        self.database.write(work).await.expect("a database");
        for path in self.paths() {
            let file = std::fs::File::options().append(true).open(path).expect("a file");
            let modified = file.metadata().and_then(|it| it.modified()).expect("a time");
            file.set_modified(modified - Duration::from_secs(hours * 3_600)).expect("a time");
        }
    }

    /// The files of attachments, and what is left of unfinished ones.
    fn paths(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        walk(&self.folder.path().join("attachments"), &mut found);
        found.sort();
        found
    }

    /// Removes what has been kept long enough, as the background tasks do.
    async fn collect(&self) {
        let data = self.data("c1");
        data.remove_old().await.expect("a database");
        crate::collector::collect(&data, &self.files()).await.expect("files");
    }
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path().is_dir() {
            true => walk(&entry.path(), found),
            false => found.push(entry.path()),
        }
    }
}

fn version(response: &TestResponse) -> i64 {
    let version = response.field("x-version");
    version.and_then(|it| it.parse().ok()).unwrap_or_else(|| panic!("no version: {response:?}"))
}

fn code(response: &TestResponse) -> (u16, Json) {
    (response.status().as_u16(), response.json::<Json>()["code"].clone())
}
