//! What the service promises, on each engine.

mod changes;
mod items;
mod labels;
mod moves;
mod races;
mod rules;
mod transcript;

use std::convert::Infallible;

use engines::Engine;
use http_body_util::Full;
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use wsgiservice::{
    Application,
    testing::{Client, TestRequest, TestResponse},
};
use wsgiservice_client::{Body, RestClient, service_fn};

use crate::Settings;
use ::database::Database;

struct Setting {
    _folder: TempDir,
    client: Client,
    database: Database,
}

/// A cluster service that places all users in the cluster `local`.
fn rest_client() -> RestClient {
    let directory = service_fn(|_: http::Request<Body>| async {
        let placement = json!({"cluster": "local", "version": 5, "state": "active"});
        Ok::<_, Infallible>(http::Response::new(Full::from(placement.to_string())))
    });
    RestClient::builder().service("cluster", directory).build().expect("a client")
}

async fn application(url: &str) -> Application {
    crate::application(Settings::of(url), rest_client()).await.expect("an application")
}

async fn setting(engine: Engine) -> Option<Setting> {
    let folder = tempfile::tempdir().expect("a folder");
    let url = engines::database(engine, folder.path())?;
    let client = Client::after_set_up(application(&url).await).await.expect("a set-up").strict();
    let database = Database::open(&url).expect("a database");
    Some(Setting { _folder: folder, client, database })
}

/// A user `u` with a label `inbox`, which the items `a` and `b` have.
async fn begun(engine: Engine) -> Option<Setting> {
    let it = setting(engine).await?;
    it.done(201, it.put("/1/label/u/inbox")).await;
    for item in ["a", "b"] {
        it.done(201, it.put(&format!("/1/label_item/u/inbox/{item}"))).await;
    }
    Some(it)
}

impl Setting {
    fn put(&self, target: &str) -> TestRequest {
        self.client.put(target)
    }

    fn delete(&self, target: &str) -> TestRequest {
        self.client.delete(target)
    }

    /// Sends a request, whose response must have this status.
    async fn done(&self, status: u16, request: TestRequest) -> TestResponse {
        let response = request.send().await;
        assert_eq!(response.status(), status, "{}", response.text());
        response
    }

    async fn get(&self, target: &str) -> TestResponse {
        self.done(200, self.client.get(target)).await
    }

    async fn missing(&self, target: &str) -> TestResponse {
        self.done(404, self.client.get(target)).await
    }

    /// Deletes something, and returns the version by which it went.
    async fn gone(&self, target: &str) -> String {
        version(&self.done(204, self.delete(target)).await)
    }

    /// The names of the items of a label.
    async fn items(&self, label: &str) -> Vec<String> {
        let list: Json = self.get(&format!("/1/label_item/u/{label}?count=1000")).await.json();
        let items = list["items"].as_array().expect("items");
        assert_eq!(list["total"], items.len());
        items.iter().map(|item| item["item"].as_str().expect("a name").to_owned()).collect()
    }

    async fn number(&self, sql: &str) -> i64 {
        self.database.query(sql, &[]).await.expect("rows")[0].get(0).expect("a number")
    }

    async fn place(&self, state: &str, version: &str) {
        let form = [("state", state), ("version", version), ("cluster", "c2")];
        self.done(200, self.put("/1/placement/u").form(form)).await;
    }
}

fn version(response: &TestResponse) -> String {
    response.field("x-version").expect("a version").to_owned()
}

fn code(response: &TestResponse) -> Json {
    response.json::<Json>()["code"].clone()
}
