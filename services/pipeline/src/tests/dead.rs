//! Dead deliveries.

use engines::{Engine, on_each_engine};
use serde_json::{Value as Json, json};

use super::{Setting, listener, setting, setting_with};

on_each_engine! {
    the_dead_are_listed
    a_dead_delivery_is_tried_again_with_all_its_attempts
    a_dead_delivery_is_dropped
    a_dead_delivery_without_its_listener_stays
    what_is_dead_takes_room_until_it_goes
}

async fn dead(it: &mut Setting, names: &[&str]) -> Vec<String> {
    let mut ids = Vec::new();
    for name in names {
        it.fakes[0].respond(&[400]);
        ids.push(it.post(&format!("/1/item/u7/{name}"), "{}").await);
        it.settle().await;
    }
    ids
}

async fn the_dead_are_listed(engine: Engine) {
    let Some(mut it) = setting(engine, vec![listener("index"), listener("mail")]).await else {
        return;
    };
    let ids = dead(&mut it, &["a", "b", "c"]).await;
    let list =
        async |query: &str| it.client.get(&format!("/1/dead{query}")).send().await.json::<Json>();
    let all = list("").await;
    assert_eq!(all["total"], 3);
    let first = &all["items"][0];
    assert_eq!(first["id"], format!("{}-index", ids[0]));
    assert_eq!((&first["listener"], &first["name"]), (&json!("index"), &json!("a")));
    assert_eq!(
        (&first["last"]["status"], &first["last"]["error"]),
        (&json!(400), &json!("not now"))
    );
    let one = it.client.get(&format!("/1/dead/{}-index", ids[0])).send().await;
    assert_eq!(one.json::<Json>(), *first);
    let second = list("?listener=index&start=2&count=1").await;
    assert_eq!(second["items"][0]["message"], json!(ids[1]));
    assert_eq!((&second["total"], second["items"].as_array().map(Vec::len)), (&json!(3), Some(1)));
    assert_eq!(list("?listener=mail").await["total"], 0);
}

async fn a_dead_delivery_is_tried_again_with_all_its_attempts(engine: Engine) {
    let once = crate::Listener { max_attempts: 2, ..listener("index") };
    let Some(mut it) = setting(engine, vec![once]).await else { return };
    let id = dead(&mut it, &["a"]).await.remove(0);
    it.pass(48 * 60 * 60).await;
    it.fakes[0].respond(&[503]);
    let retry = async || it.client.post(&format!("/1/dead/{id}-index/retry")).send().await;
    let accepted = retry().await;
    assert_eq!(accepted.status(), 202);
    assert_eq!(accepted.json::<Json>()["deliveries"][0]["state"], "waiting");
    assert_eq!(retry().await.status(), 202, "the same again");
    it.settle().await;
    assert_eq!(it.deliveries(&id).await, json!([["index", "waiting", [400, 503]]]));
    it.pass(101).await;
    it.settle().await;
    assert_eq!(it.deliveries(&id).await, json!([["index", "done", [400, 503, 200]]]));
    let retry = it.client.post(&format!("/1/dead/{id}-index/retry")).send().await;
    assert_eq!(retry.status(), 404);
    let row = &it.query("SELECT messages, bytes FROM spool").await[0];
    assert_eq!(
        (row.get::<i64>(0).expect("a number"), row.get::<i64>(1).expect("a number")),
        (0, 0)
    );
}

async fn a_dead_delivery_is_dropped(engine: Engine) {
    let Some(mut it) = setting(engine, vec![listener("index")]).await else { return };
    let id = dead(&mut it, &["a"]).await.remove(0);
    let target = format!("/1/dead/{id}-index");
    assert_eq!(it.client.delete(&target).send().await.status(), 204);
    assert_eq!(it.client.delete(&target).send().await.status(), 404);
    assert_eq!(it.client.get(&target).send().await.status(), 404);
    assert_eq!(it.client.post(&format!("{target}/retry")).send().await.status(), 404);
    assert_eq!(it.deliveries(&id).await, json!([["index", "dropped", [400]]]));
    assert_eq!(it.client.get("/1/dead").send().await.json::<Json>()["total"], 0);
    assert_eq!(it.client.delete("/1/dead/x").send().await.status(), 400);
}

async fn a_dead_delivery_without_its_listener_stays(engine: Engine) {
    let Some(mut it) = setting(engine, Vec::new()).await else { return };
    let put = it.client.put("/1/listener/index");
    let put =
        put.form([("topics", "item"), ("service", "index"), ("path", "/1/event")]).send().await;
    assert_eq!(put.status(), 201);
    let id = dead(&mut it, &["a"]).await.remove(0);
    assert_eq!(it.client.delete("/1/listener/index").send().await.status(), 204);
    it.settle().await;
    let retry = it.client.post(&format!("/1/dead/{id}-index/retry")).send().await;
    assert_eq!(retry.status(), 409);
    assert_eq!(it.deliveries(&id).await, json!([["index", "dead", [400]]]));
}

async fn what_is_dead_takes_room_until_it_goes(engine: Engine) {
    let full = setting_with(engine, |settings| {
        (settings.listeners, settings.spool_bytes) = (vec![listener("index")], 100);
    });
    let Some(mut it) = full.await else { return };
    it.fakes[0].respond(&[400, 400, 400]);
    let post = async |it: &Setting| {
        it.client.post("/1/item/u7/b").body("x".repeat(60)).send().await.status().as_u16()
    };
    let bytes = async |it: &Setting| {
        it.query("SELECT bytes FROM spool").await[0].get::<i64>(0).expect("a number")
    };
    let id = it.post("/1/item/u7/a", &"x".repeat(60)).await;
    it.settle().await;
    assert_eq!((bytes(&it).await, post(&it).await), (60, 503), "its content is there");
    let dead = format!("/1/dead/{id}-index");
    assert_eq!(it.client.post(&format!("{dead}/retry")).send().await.status(), 202);
    it.settle().await;
    assert_eq!(bytes(&it).await, 60, "it is dead again");
    assert_eq!(it.client.delete(&dead).send().await.status(), 204);
    assert_eq!((bytes(&it).await, post(&it).await), (0, 202));
    it.settle().await;
    assert_eq!(bytes(&it).await, 60);
    it.pass(8 * 24 * 60 * 60).await;
    crate::retention::remove_old(it.dispatcher.spool()).await.expect("removed");
    assert_eq!((bytes(&it).await, it.count("content").await), (0, 0));
}
