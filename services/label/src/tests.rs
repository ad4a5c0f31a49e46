//! What the service promises, on each engine.

use std::convert::Infallible;

use engines::{Engine, on_each_engine};
use futures_util::future::{join, join_all};
use http_body_util::Full;
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use wsgiservice::{
    Application,
    testing::{Client, TestRequest, TestResponse, assert_openapi},
};
use wsgiservice_client::{Body, RestClient, service_fn};

use crate::Settings;
use ::database::Database;

on_each_engine! {
    a_label_is_created_changed_and_deleted
    what_get_returns_put_takes
    labels_are_listed_by_their_names
    a_label_with_items_is_not_deleted
    a_cascade_takes_the_items_along_and_a_restore_brings_back_just_those
    a_label_that_is_put_anew_has_no_items
    items_are_sorted_by_position_and_name
    all_items_with_any_label_are_listed_once
    an_item_needs_a_label
    an_item_that_was_deleted_comes_back_by_the_version_of_its_end
    the_tag_of_a_label_does_not_depend_on_its_items
    preconditions_are_evaluated
    of_several_changes_of_one_version_one_succeeds
    a_request_that_comes_again_has_its_effect_once
    each_row_that_changes_has_an_event
    the_path_of_an_event_is_that_of_the_row
    no_item_has_a_label_that_is_gone
    what_was_acknowledged_keeps_its_label
    a_user_moves_with_labels_and_items
    the_longest_names_are_kept
    values_that_break_a_rule_are_refused
    a_user_who_is_elsewhere_is_refused
}

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

async fn a_label_is_created_changed_and_deleted(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    let none = it.missing("/1/label/u/inbox").await;
    assert_eq!(none.field("x-version"), None);
    let created = it.done(201, it.put("/1/label/u/inbox").form([("title", "Inbox")])).await;
    assert_eq!(created.json::<Json>(), json!({"label": "inbox", "title": "Inbox"}));
    let changed = it.done(200, it.put("/1/label/u/inbox?title=In%20tray")).await;
    assert!(version(&changed) > version(&created));
    let found = it.get("/1/label/u/inbox").await;
    assert_eq!(found.json::<Json>(), json!({"label": "inbox", "title": "In tray"}));
    assert_eq!(version(&found), version(&changed));
    assert_eq!(found.field("etag"), Some(&*format!("\"{}_json\"", version(&changed))));

    let gone = it.gone("/1/label/u/inbox").await;
    assert_eq!(version(&it.missing("/1/label/u/inbox").await), gone);
    let again = it.done(404, it.delete("/1/label/u/inbox")).await;
    assert_eq!(version(&again), gone);
    let anew = it.done(201, it.put("/1/label/u/inbox")).await;
    assert_eq!(anew.json::<Json>()["title"], "inbox", "by default, its name");
}

async fn what_get_returns_put_takes(engine: Engine) {
    let Some(it) = begun(engine).await else { return };
    it.done(200, it.put("/1/label/u/inbox").form([("title", "Ein \u{1F4E5} \"Korb\"")])).await;
    it.done(200, it.put("/1/label_item/u/inbox/a").form([("position", "-0.125")])).await;
    for target in ["/1/label/u/inbox", "/1/label_item/u/inbox/a"] {
        let before: Json = it.get(target).await.json();
        let put: Json = it.done(200, it.put(target).json(&before)).await.json();
        let after: Json = it.get(target).await.json();
        assert_eq!((&before, &before), (&put, &after));
    }
}

async fn labels_are_listed_by_their_names(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    let empty: Json = it.get("/1/label/u").await.json();
    assert_eq!(empty, json!({"items": [], "start": 1, "count": 10, "total": 0}));
    for number in 10..30 {
        it.done(201, it.put(&format!("/1/label/u/l{number}"))).await;
    }
    it.done(201, it.put("/1/label/other/l10")).await;
    it.gone("/1/label/u/l10").await;
    let list: Json = it.get("/1/label/u?start=3&count=2").await.json();
    let items = json!([{"label": "l13", "title": "l13"}, {"label": "l14", "title": "l14"}]);
    assert_eq!(list, json!({"items": items, "start": 3, "count": 2, "total": 19}));
    let list: Json = it.get("/1/label/u").await.json();
    assert_eq!(list["items"].as_array().expect("items").len(), 10);
    for wrong in ["start=0", "count=0", "count=1001"] {
        it.done(400, it.client.get(&format!("/1/label/u?{wrong}"))).await;
    }
}

async fn a_label_with_items_is_not_deleted(engine: Engine) {
    let Some(it) = begun(engine).await else { return };
    let refused = it.done(409, it.delete("/1/label/u/inbox")).await;
    assert_eq!(code(&refused), "not-empty");
    assert_eq!(refused.field("retry-after"), None);
    it.gone("/1/label_item/u/inbox/a").await;
    it.done(409, it.delete("/1/label/u/inbox")).await;
    it.gone("/1/label_item/u/inbox/b").await;
    it.gone("/1/label/u/inbox").await;
}

async fn a_cascade_takes_the_items_along_and_a_restore_brings_back_just_those(engine: Engine) {
    let Some(it) = begun(engine).await else { return };
    it.done(200, it.put("/1/label/u/inbox").form([("title", "Inbox")])).await;
    it.done(201, it.put("/1/label_item/u/inbox/c").form([("position", "0.5")])).await;
    it.gone("/1/label_item/u/inbox/b").await;
    let gone = it.gone("/1/label/u/inbox?cascade=1").await;
    for target in ["/1/label/u/inbox", "/1/label_item/u/inbox/a", "/1/label_item/u/inbox/c"] {
        assert_eq!(version(&it.missing(target).await), gone);
    }
    assert_ne!(version(&it.missing("/1/label_item/u/inbox/b").await), gone);
    assert_eq!(it.items("__all__").await, [""; 0]);

    let restore = |by: &str, tag: &str| {
        let put = it.put(&format!("/1/label/u/inbox?restore={by}")).header("if-match", tag);
        put.json(&json!({"label": "inbox", "title": "Inbox"}))
    };
    let tag = format!("\"{gone}\"");
    it.done(412, it.put("/1/label/u/inbox?restore=7")).await;
    it.done(412, restore(&gone, "\"7\"")).await;
    let back = it.done(201, restore(&gone, &tag)).await;
    let events = format!("SELECT COUNT(*) FROM outbox WHERE version = {}", version(&back));
    assert_eq!(it.number(&events).await, 3, "the label and two items");
    assert_eq!(it.items("inbox").await, ["c", "a"], "the item that went before stays away");
    let found = it.get("/1/label_item/u/inbox/c").await;
    assert_eq!(found.json::<Json>(), json!({"item": "c", "position": 0.5}));
    assert_eq!(version(&found), version(&back), "it has changed");
    it.done(412, restore(&gone, &tag)).await;
}

async fn a_label_that_is_put_anew_has_no_items(engine: Engine) {
    let Some(it) = begun(engine).await else { return };
    let gone = it.gone("/1/label/u/inbox?cascade=true").await;
    it.done(201, it.put("/1/label/u/inbox")).await;
    assert_eq!(it.items("inbox").await, [""; 0]);
    it.missing("/1/label_item/u/inbox/a").await;
    it.done(412, it.put(&format!("/1/label/u/inbox?restore={gone}"))).await;
    it.done(201, it.put("/1/label_item/u/inbox/c")).await;
    let second = it.gone("/1/label/u/inbox?cascade=1").await;
    it.done(412, it.put(&format!("/1/label/u/inbox?restore={gone}"))).await;
    it.done(201, it.put(&format!("/1/label/u/inbox?restore={second}"))).await;
    assert_eq!(it.items("inbox").await, ["c"]);
}

async fn items_are_sorted_by_position_and_name(engine: Engine) {
    let Some(it) = begun(engine).await else { return };
    let position = |item: &str, position: &str| {
        it.put(&format!("/1/label_item/u/inbox/{item}")).form([("position", position)])
    };
    let first: Json = it.get("/1/label_item/u/inbox/a").await.json();
    assert_eq!(first, json!({"item": "a", "position": 1.0}));
    it.done(201, position("between", "1.5")).await;
    it.done(201, position("before", "-3")).await;
    it.done(201, position("B", "1.5")).await;
    assert_eq!(it.items("inbox").await, ["before", "a", "B", "between", "b"]);

    let last: Json = it.done(201, it.put("/1/label_item/u/inbox/last")).await.json();
    assert_eq!(last["position"], 3.0);
    it.done(200, it.put("/1/label_item/u/inbox/a")).await;
    assert_eq!(it.items("inbox").await, ["before", "a", "B", "between", "b", "last"]);
    let list: Json = it.get("/1/label_item/u/inbox?start=2&count=1").await.json();
    let items = json!([{"item": "a", "position": 1.0}]);
    assert_eq!(list, json!({"items": items, "start": 2, "count": 1, "total": 6}));
    let list: Json = it.get("/1/label_item/u/inbox?start=7").await.json();
    assert_eq!(list, json!({"items": [], "start": 7, "count": 10, "total": 6}));

    // After all others is the next whole number, also for an item that has been there before.
    it.done(200, position("last", "2.5")).await;
    it.done(201, position("y", "-9")).await;
    it.gone("/1/label_item/u/inbox/y").await;
    let again: Json = it.done(201, it.put("/1/label_item/u/inbox/y")).await.json();
    assert_eq!(again["position"], 3.0);

    it.done(200, position("last", "1e15")).await;
    let last: Json = it.done(201, it.put("/1/label_item/u/inbox/z")).await.json();
    it.done(200, it.put("/1/label_item/u/inbox/z").json(&last)).await;
    assert_eq!(it.items("inbox").await.last().map(String::as_str), Some("z"));
}

async fn all_items_with_any_label_are_listed_once(engine: Engine) {
    let Some(it) = begun(engine).await else { return };
    it.done(201, it.put("/1/label/u/later")).await;
    it.done(201, it.put("/1/label_item/u/later/b").form([("position", "0.5")])).await;
    it.done(201, it.put("/1/label_item/u/later/c").form([("position", "1")])).await;
    it.done(201, it.put("/1/label_item/u/later/d")).await;
    it.gone("/1/label_item/u/later/d").await;
    it.done(201, it.put("/1/label/other/inbox")).await;
    it.done(201, it.put("/1/label_item/other/inbox/z")).await;
    assert_eq!(it.items("__all__").await, ["b", "a", "c"]);
    let list: Json = it.get("/1/label_item/u/__all__?start=2&count=1").await.json();
    let items = json!([{"item": "a", "position": 1.0}]);
    assert_eq!(list, json!({"items": items, "start": 2, "count": 1, "total": 3}));
    let list: Json = it.get("/1/label_item/u/__all__").await.json();
    assert_eq!(
        list["items"][0],
        json!({"item": "b", "position": 0.5}),
        "the first of its positions"
    );
    let list: Json = it.get("/1/label_item/nobody/__all__").await.json();
    assert_eq!(list["total"], 0);

    for target in ["/1/label/u/__all__", "/1/label_item/u/__all__/a"] {
        let refused = it.done(400, it.put(target)).await;
        assert!(refused.text().contains("cannot be changed"), "{}", refused.text());
        it.done(400, it.delete(target)).await;
        it.missing(target).await;
    }
    let labels: Json = it.get("/1/label/u").await.json();
    assert_eq!(labels["total"], 2);
}

async fn an_item_needs_a_label(engine: Engine) {
    let Some(it) = begun(engine).await else { return };
    for target in ["/1/label_item/u/none/a", "/1/label_item/nobody/inbox/a"] {
        let refused = it.done(404, it.put(target)).await;
        assert!(refused.text().contains("does not exist"), "{}", refused.text());
        it.missing(target).await;
        it.done(404, it.delete(target)).await;
    }
    it.missing("/1/label_item/u/none").await;
    it.missing("/1/label_item/nobody/inbox").await;
    it.gone("/1/label/u/inbox?cascade=1").await;
    it.done(404, it.put("/1/label_item/u/inbox/a")).await;
    it.missing("/1/label_item/u/inbox").await;
}

async fn an_item_that_was_deleted_comes_back_by_the_version_of_its_end(engine: Engine) {
    let Some(it) = begun(engine).await else { return };
    let before: Json = it.get("/1/label_item/u/inbox/a").await.json();
    let gone = it.gone("/1/label_item/u/inbox/a").await;
    assert_eq!(version(&it.missing("/1/label_item/u/inbox/a").await), gone);
    assert_eq!(version(&it.done(404, it.delete("/1/label_item/u/inbox/a")).await), gone);
    let restore = |tag: &str| {
        let put = it.put(&format!("/1/label_item/u/inbox/a?restore={gone}"));
        put.header("if-match", tag).json(&before)
    };
    it.done(412, restore("\"7\"")).await;
    it.done(201, restore(&format!("\"{gone}\""))).await;
    assert_eq!(it.items("inbox").await, ["a", "b"]);
    it.done(412, restore(&format!("\"{gone}\""))).await;
}

async fn the_tag_of_a_label_does_not_depend_on_its_items(engine: Engine) {
    let Some(it) = begun(engine).await else { return };
    let before = it.get("/1/label/u/inbox").await.field("etag").map(ToOwned::to_owned);
    it.done(201, it.put("/1/label_item/u/inbox/c")).await;
    it.gone("/1/label_item/u/inbox/a").await;
    let after = it.get("/1/label/u/inbox").await.field("etag").map(ToOwned::to_owned);
    assert_eq!(before, after);
    assert!(before.is_some());
}

async fn preconditions_are_evaluated(engine: Engine) {
    let Some(it) = begun(engine).await else { return };
    for target in ["/1/label/u/inbox", "/1/label_item/u/inbox/a"] {
        it.done(412, it.put(target).header("if-none-match", "*")).await;
        let found = it.get(target).await;
        let tag = format!("\"{}\"", version(&found));
        it.done(
            304,
            it.client.get(target).header("if-none-match", found.field("etag").expect("a tag")),
        )
        .await;
        it.done(200, it.put(target).header("if-match", &tag)).await;
        it.done(412, it.put(target).header("if-match", &tag)).await;
        let delete = it.delete(&format!("{target}?cascade=1"));
        it.done(412, delete.header("if-match", &tag)).await;
    }
    it.done(201, it.put("/1/label/u/later").header("if-none-match", "*")).await;
    it.done(412, it.put("/1/label_item/u/later/a").header("if-match", "*")).await;
    let puts = (0..10).map(|_| {
        let put = it.put("/1/label_item/u/later/a").header("if-none-match", "*");
        async { put.send().await.status().as_u16() }
    });
    let mut statuses = join_all(puts).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [&[201][..], &[412; 9]].concat());
}

async fn of_several_changes_of_one_version_one_succeeds(engine: Engine) {
    let Some(it) = begun(engine).await else { return };
    let it = &it;
    it.done(201, it.put("/1/label/u/later")).await;
    for target in ["/1/label/u/later", "/1/label_item/u/inbox/a"] {
        let tag = &format!("\"{}\"", version(&it.get(target).await));
        let change = async |request: TestRequest| {
            request.header("if-match", tag).send().await.status().is_success()
        };
        // Not the other way round: what was deleted is missing, whatever a request states.
        let requests = [it.put(target), it.put(target), it.delete(target), it.delete(target)];
        let succeeded = join_all(requests.into_iter().map(change)).await;
        assert_eq!(succeeded.into_iter().filter(|it| *it).count(), 1, "{target}");
    }
}

async fn a_request_that_comes_again_has_its_effect_once(engine: Engine) {
    let Some(it) = begun(engine).await else { return };
    let events = "SELECT COUNT(*) FROM outbox";
    for (target, status) in [("/1/label/u/later", 201), ("/1/label_item/u/later/a", 201)] {
        let put = || it.put(target).header("idempotency-key", target);
        let first = it.done(status, put().header("if-none-match", "*")).await;
        let before = it.number(events).await;
        let again = it.done(status, put().header("if-none-match", "*")).await;
        assert_eq!((first.json::<Json>(), version(&first)), (again.json(), version(&again)));
        assert_eq!(again.field("idempotency-replayed"), Some("true"));
        assert_eq!(it.number(events).await, before);
        let other = it.delete(target).header("idempotency-key", target);
        assert_eq!(code(&it.done(422, other).await), "key-reused");
    }
    let delete = |key: &str| it.delete("/1/label/u/later").header("idempotency-key", key);
    it.done(409, delete("d")).await;
    let item = || it.delete("/1/label_item/u/later/a").header("idempotency-key", "i");
    let first = it.done(204, item()).await;
    assert_eq!(version(&it.done(204, item()).await), version(&first));
    let first = it.done(204, delete("d")).await;
    it.done(201, it.put("/1/label/u/later")).await;
    assert_eq!(version(&it.done(204, delete("d")).await), version(&first));
    it.get("/1/label/u/later").await;
}

async fn each_row_that_changes_has_an_event(engine: Engine) {
    let Some(it) = begun(engine).await else { return };
    let gone = it.gone("/1/label/u/inbox?cascade=1").await;
    let back = it.done(201, it.put(&format!("/1/label/u/inbox?restore={gone}"))).await;
    let back = version(&back);
    let item = it.gone("/1/label_item/u/inbox/a").await;
    let select = "SELECT content FROM outbox ORDER BY version, path";
    let rows = it.database.query(select, &[]).await.expect("rows");
    let events = rows.iter().map(|row| {
        let event: String = row.get(0).expect("a content");
        let event: Json = serde_json::from_str(&event).expect("JSON");
        let path = event["path"].as_str().expect("a path").to_owned();
        (path, event["gone"] == json!(true), event["version"].to_string())
    });
    let events: Vec<_> = events.skip(3).collect();
    let event = |path: &str, gone: bool, version: &str| (path.to_owned(), gone, version.to_owned());
    let [label, a, b] = ["/1/label/u/inbox", "/1/label_item/u/inbox/a", "/1/label_item/u/inbox/b"];
    assert_eq!(
        events,
        [
            event(label, true, &gone),
            event(a, true, &gone),
            event(b, true, &gone),
            event(label, false, &back),
            event(a, false, &back),
            event(b, false, &back),
            event(a, true, &item),
        ]
    );
}

async fn the_path_of_an_event_is_that_of_the_row(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    let target = "/1/label/u/a%20b%2Fc";
    it.done(201, it.put(target)).await;
    let rows = it.database.query("SELECT path FROM outbox", &[]).await.expect("rows");
    let path: String = rows[0].get(0).expect("a path");
    assert_eq!(path, target);
    assert_eq!(it.get(&path).await.json::<Json>()["label"], "a b/c");
}

/// How many items are in labels that are gone.
const LOST: &str = "SELECT COUNT(*) FROM label_item WHERE gone IS NULL AND NOT EXISTS (SELECT 1 FROM label \
                    WHERE label.user_id = label_item.user_id AND label.label = label_item.label AND label.gone IS NULL)";

async fn no_item_has_a_label_that_is_gone(engine: Engine) {
    let Some(it) = begun(engine).await else { return };
    let it = &it;
    let batch = async |number: usize| {
        let ensured = it.put("/1/label/u/inbox").header("if-none-match", "*").send().await;
        assert!([201, 412].contains(&ensured.status().as_u16()), "{}", ensured.text());
        let put = it.put(&format!("/1/label_item/u/inbox/i{number}")).send().await;
        assert!([200, 201, 404].contains(&put.status().as_u16()), "{}", put.text());
    };
    let cascade = async |number: usize| {
        let deleted = it.delete("/1/label/u/inbox?cascade=1").send().await;
        assert!([204, 404].contains(&deleted.status().as_u16()), "{}", deleted.text());
        if deleted.status() == 204 && number % 3 == 1 {
            let restore = it.put(&format!("/1/label/u/inbox?restore={}", version(&deleted)));
            let restored = restore.send().await;
            assert!([201, 412].contains(&restored.status().as_u16()), "{}", restored.text());
        }
    };
    let both = |number| async move { join(batch(number), cascade(number)).await };
    for _ in 0..3 {
        join_all((0..25).map(both)).await;
        assert_eq!(it.number(LOST).await, 0);
    }
}

async fn what_was_acknowledged_keeps_its_label(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    let it = &it;
    let batches = (0..25).map(|number| async move {
        it.put("/1/label/u/inbox").header("if-none-match", "*").send().await;
        let put = it.put(&format!("/1/label_item/u/inbox/i{number}")).send().await;
        (put.status() == 201).then(|| format!("i{number}"))
    });
    let deletes = (0..25).map(|_| async {
        let deleted = it.delete("/1/label/u/inbox").send().await;
        assert!([204, 404, 409].contains(&deleted.status().as_u16()), "{}", deleted.text());
    });
    let (acknowledged, _) = join(join_all(batches), join_all(deletes)).await;
    let mut acknowledged: Vec<_> = acknowledged.into_iter().flatten().collect();
    acknowledged.sort_unstable();
    let mut kept = match acknowledged.is_empty() {
        true => Vec::new(),
        false => it.items("inbox").await,
    };
    kept.sort_unstable();
    assert_eq!(kept, acknowledged);
    assert_eq!(it.number(LOST).await, 0);
}

async fn a_user_moves_with_labels_and_items(engine: Engine) {
    let Some(old) = begun(engine).await else { return };
    old.done(201, old.put("/1/label/u/later").form([("title", "Sp\u{e4}ter")])).await;
    old.done(201, old.put("/1/label_item/u/later/a").form([("position", "0.1")])).await;
    // More than the rows that are moved at once.
    for number in 0..70 {
        old.done(201, old.put(&format!("/1/label_item/u/later/i{number}"))).await;
    }
    let put = |it: &Setting| it.put("/1/label/u/third").header("idempotency-key", "k");
    let third = version(&old.done(201, put(&old)).await);
    let gone = old.gone("/1/label/u/inbox?cascade=1").await;
    old.place("frozen", "6").await;
    let tag = |it: TestResponse| it.field("etag").map(ToOwned::to_owned);
    let targets = ["/1/label/u/later", "/1/label_item/u/later/a", "/1/label/u/third"];
    let state = async |it: &Setting| {
        let mut state = Vec::new();
        for target in targets {
            let found = it.get(target).await;
            state.push((found.json::<Json>(), tag(found)));
        }
        state
    };
    let before = state(&old).await;
    let items = old.items("later").await;
    let export = old.get("/1/export/u?version=6").await.text().to_owned();

    let Some(new) = setting(engine).await else { return };
    new.done(200, new.client.post("/1/import/u?version=6").body(export)).await;
    old.place("away", "7").await;
    new.place("here", "7").await;
    assert_eq!(state(&new).await, before);
    assert_eq!(new.items("later").await, items);
    assert_eq!(version(&new.done(201, put(&new)).await), third, "it was done there");
    new.done(201, new.put(&format!("/1/label/u/inbox?restore={gone}"))).await;
    assert_eq!(new.items("inbox").await, ["a", "b"]);
    let moved = old.done(421, old.client.get("/1/label/u")).await;
    assert_eq!(moved.field("x-cluster"), Some("c2"));
    assert_eq!(old.number("SELECT COUNT(*) FROM label_item").await, 0);
}

async fn the_longest_names_are_kept(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    let longest = |first: &str| {
        let name = format!("{first}{}", "\u{1F600}".repeat(189));
        name.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>()
    };
    let [user, label, item] = ["u", "l", "i"].map(longest);
    it.done(201, it.put(&format!("/1/label/{user}/{label}"))).await;
    it.done(201, it.put(&format!("/1/label_item/{user}/{label}/{item}"))).await;
    let list: Json = it.get(&format!("/1/label_item/{user}/{label}")).await.json();
    assert_eq!(list["total"], 1);
    it.done(204, it.delete(&format!("/1/label/{user}/{label}?cascade=1"))).await;
    it.done(400, it.put(&format!("/1/label/{user}/{label}x"))).await;
}

async fn values_that_break_a_rule_are_refused(engine: Engine) {
    let Some(it) = begun(engine).await else { return };
    for position in ["NaN", "inf", "1e16", "-1e16", "x"] {
        it.done(400, it.put("/1/label_item/u/inbox/a").form([("position", position)])).await;
    }
    for title in ["a\u{0}b", "a\nb"] {
        it.done(400, it.put("/1/label/u/inbox").json(&json!({"title": title}))).await;
    }
    it.done(400, it.put("/1/label/u/inbox").json(&json!({"title": "x".repeat(1_001)}))).await;
    let longest = "\u{1F600}".repeat(1_000);
    it.done(200, it.put("/1/label/u/inbox").json(&json!({"title": longest}))).await;
    it.done(400, it.put("/1/label/u/a%00b")).await;
}

async fn a_user_who_is_elsewhere_is_refused(engine: Engine) {
    let Some(it) = begun(engine).await else { return };
    it.place("frozen", "6").await;
    it.place("away", "6").await;
    for target in ["/1/label/u/inbox", "/1/label_item/u/inbox/a"] {
        for request in [it.client.get(target), it.put(target), it.delete(target)] {
            let moved = it.done(421, request).await;
            assert_eq!((moved.field("x-cluster"), code(&moved)), (Some("c2"), json!("moved")));
        }
    }
    for target in ["/1/label/u", "/1/label_item/u/inbox", "/1/label_item/u/__all__"] {
        it.done(421, it.client.get(target)).await;
    }
}

#[tokio::test]
async fn the_openapi_document_matches_its_snapshot() {
    assert_openapi(application("sqlite:label.db").await, "openapi.json");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_of_the_readme_print_what_it_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("label.db").display());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    tokio::spawn(application(&url).await.serve(listener));
    let replayed = tokio::task::spawn_blocking(move || {
        let readme = include_str!("../README.md");
        wsgiservice_test_support::replay(readme, &[("127.0.0.1:8102", &address)]);
    });
    replayed.await.expect("a transcript");
}
