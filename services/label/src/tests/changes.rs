//! What holds for each change: preconditions, keys, events.

use engines::{Engine, on_each_engine};
use futures_util::future::join_all;
use serde_json::{Value as Json, json};

use super::{begun, code, setting, version};

on_each_engine! {
    what_get_returns_put_takes
    preconditions_are_evaluated
    a_request_that_comes_again_has_its_effect_once
    each_row_that_changes_has_an_event
    the_path_of_an_event_is_that_of_the_row
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
