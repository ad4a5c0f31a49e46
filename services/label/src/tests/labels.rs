//! Labels: how they change, are listed, and go with their items.

use engines::{Engine, on_each_engine};
use serde_json::{Value as Json, json};

use super::{begun, code, setting, version};

on_each_engine! {
    a_label_is_created_changed_and_deleted
    labels_are_listed_by_their_names
    a_label_with_items_is_not_deleted
    a_cascade_takes_the_items_along_and_a_restore_brings_back_just_those
    a_label_that_is_put_anew_has_no_items
    the_tag_of_a_label_does_not_depend_on_its_items
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

async fn the_tag_of_a_label_does_not_depend_on_its_items(engine: Engine) {
    let Some(it) = begun(engine).await else { return };
    let before = it.get("/1/label/u/inbox").await.field("etag").map(ToOwned::to_owned);
    it.done(201, it.put("/1/label_item/u/inbox/c")).await;
    it.gone("/1/label_item/u/inbox/a").await;
    let after = it.get("/1/label/u/inbox").await.field("etag").map(ToOwned::to_owned);
    assert_eq!(before, after);
    assert!(before.is_some());
}
