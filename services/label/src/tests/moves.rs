//! Users who move, and users who are elsewhere.

use engines::{Engine, on_each_engine};
use serde_json::{Value as Json, json};
use wsgiservice::testing::TestResponse;

use super::{Setting, begun, code, setting, version};

on_each_engine! {
    a_user_moves_with_labels_and_items
    a_user_who_is_elsewhere_is_refused
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
