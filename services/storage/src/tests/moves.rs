//! The move of a user, with bytes.

use engines::{Engine, on_each_engine};
use futures_util::StreamExt;
use serde_json::{Value as Json, json};

use super::{Setting, code, setting, version};

on_each_engine! {
    a_user_moves_with_bytes
    bytes_are_listed_of_a_user_who_is_frozen_at_a_version
    bytes_are_taken_over_only_before_the_user_is_here
    bytes_that_were_taken_over_again_are_not_collected
    bytes_that_are_taken_over_while_the_collector_looks_are_kept
    bytes_of_a_user_who_is_away_or_gone_go_when_they_are_old
}

async fn freeze(it: &Setting) {
    assert_eq!(it.place(&[("state", "frozen"), ("version", "6")]).await.status(), 200);
}

/// The paths of the bytes of the user.
async fn listed(it: &Setting) -> Vec<String> {
    let list = it.get("/1/bytes/u?version=6").await.json::<Json>();
    let entries = list["bytes"].as_array().expect("bytes").iter();
    let text = |it: &Json| it.as_str().expect("a text").replace('/', "%2F");
    let path = |it: &Json| {
        format!("/1/bytes/u/{}/{}/{}", text(&it["id"]), text(&it["name"]), it["version"])
    };
    entries.map(path).collect()
}

/// Copies bytes and rows of a user who is frozen.
async fn copy(old: &Setting, new: &Setting) {
    for path in listed(old).await {
        let bytes = old.get(&path).await;
        assert_eq!(bytes.status(), 200, "{path}");
        for _ in 0..2 {
            let put = new.client.put(&path).body(bytes.content().to_vec());
            assert_eq!(put.send().await.status(), 204);
        }
    }
    let export = old.get("/1/export/u?version=6").await.text().to_owned();
    let imported = new.client.post("/1/import/u?version=6").body(export).send().await;
    assert_eq!(imported.json::<Json>()["state"], "incoming");
}

async fn a_user_moves_with_bytes(engine: Engine) {
    let Some(old) = setting(engine, "c1").await else { return };
    let Some(new) = setting(engine, "c2").await else { return };
    let item = old.item().await;
    old.put(&format!("/1/derived/u/a?version={item}"), "1").send().await;
    let put = old.attach("/1/attachment/u/a/x%2Fy", "one").header("idempotency-key", "k");
    let attached = put.send().await;
    old.attach("/1/attachment/u/a/q", "gone").send().await;
    let gone = version(&old.delete("/1/attachment/u/a/q").await);
    freeze(&old).await;
    assert_eq!(listed(&old).await.len(), 2, "those that were deleted, too");
    copy(&old, &new).await;
    let incoming = new.get(&listed(&old).await[0]).await;
    assert_eq!(incoming.status(), 404, "they are brought again");
    let away = [("state", "away"), ("version", "7"), ("cluster", "c2")];
    assert_eq!(old.place(&away).await.status(), 200);
    assert_eq!(new.place(&[("state", "here"), ("version", "7")]).await.status(), 200);

    let moved = old.get("/1/attachment/u/a/x%2Fy").await;
    assert_eq!((code(&moved), moved.field("x-cluster")), ((421, json!("moved")), Some("c2")));
    let found = new.get("/1/attachment/u/a/x%2Fy").await;
    assert_eq!((found.text(), version(&found)), ("one", version(&attached)));
    assert_eq!(found.field("content-type"), Some("text/plain"));
    assert_eq!(new.get("/1/derived/u/a").await.text(), "1");
    let put = new.attach("/1/attachment/u/a/x%2Fy", "one").header("idempotency-key", "k");
    assert_eq!(put.send().await.field("idempotency-replayed"), Some("true"));
    let put = new.attach(&format!("/1/attachment/u/a/q?restore={gone}"), "gone");
    assert_eq!(put.send().await.status(), 201);
}

async fn bytes_are_listed_of_a_user_who_is_frozen_at_a_version(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    assert_eq!(it.get("/1/bytes/u?version=6").await.status(), 404);
    it.item().await;
    assert_eq!(it.get("/1/bytes/u?version=5").await.status(), 409);
    freeze(&it).await;
    assert_eq!(it.get("/1/bytes/u?version=5").await.status(), 409);
    assert_eq!(it.get("/1/bytes/u?version=6").await.json::<Json>(), json!({"bytes": []}));
}

async fn bytes_are_taken_over_only_before_the_user_is_here(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    let path = "/1/bytes/u/a/p/7";
    assert_eq!(it.get(path).await.status(), 404);
    assert_eq!(it.client.put(path).body("x").send().await.status(), 204);
    assert_eq!(it.get(path).await.status(), 404, "they are brought again");
    it.item().await;
    assert_eq!(it.get(path).await.text(), "x");
    assert_eq!(it.client.put(path).body("y").send().await.status(), 409);
    freeze(&it).await;
    assert_eq!(it.client.put(path).body("y").send().await.status(), 409);
    assert_eq!(it.get(path).await.text(), "x");
}

async fn bytes_that_were_taken_over_again_are_not_collected(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    let put = || it.client.put("/1/bytes/u/a/p/7").body("x").send();
    assert_eq!(put().await.status(), 204);
    it.age(49).await;
    assert_eq!(put().await.status(), 204);
    it.collect().await;
    assert_eq!(it.paths().len(), 1);
    it.age(49).await;
    it.collect().await;
    assert_eq!(it.paths().len(), 0);
}

async fn bytes_that_are_taken_over_while_the_collector_looks_are_kept(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    let put = || it.client.put("/1/bytes/u/a/p/7").body("x").send();
    assert_eq!(put().await.status(), 204);
    it.age(49).await;
    let (files, before) = (it.files(), test_hooks::now() - 48 * 3_600_000);
    let old: Vec<_> = files.older(before).await.expect("files").collect().await;
    assert_eq!(old.len(), 1);
    assert_eq!(put().await.status(), 204);
    files.remove(&old[0], before).await.expect("files");
    assert_eq!(it.paths().len(), 1);
}

async fn bytes_of_a_user_who_is_away_or_gone_go_when_they_are_old(engine: Engine) {
    for state in ["away", "gone"] {
        let Some(it) = setting(engine, "c1").await else { return };
        it.item().await;
        it.attach("/1/attachment/u/a/p", "one").send().await;
        assert_eq!(it.place(&[("state", "frozen"), ("version", "6")]).await.status(), 200);
        let form = [("state", state), ("version", "6"), ("cluster", "c2")];
        assert_eq!(it.place(&form).await.status(), 200);
        assert_eq!(it.count("attachment").await, 0);
        for (hours, left) in [(47, 1), (2, 0)] {
            it.age(hours).await;
            it.collect().await;
            assert_eq!(it.paths().len(), left, "{state} {hours}");
        }
    }
}
