//! The items of a label, and those of all labels.

use engines::{Engine, on_each_engine};
use serde_json::{Value as Json, json};

use super::{begun, version};

on_each_engine! {
    items_are_sorted_by_position_and_name
    all_items_with_any_label_are_listed_once
    an_item_needs_a_label
    an_item_that_was_deleted_comes_back_by_the_version_of_its_end
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
