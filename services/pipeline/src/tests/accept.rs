//! Messages are accepted.

use engines::{Engine, on_each_engine};
use serde_json::{Value as Json, json};

use super::{listener, refusal, setting, setting_with};
use crate::retention::remove_old;

on_each_engine! {
    a_message_is_acknowledged_with_its_deliveries
    a_message_that_comes_again_is_the_same
    a_key_is_for_one_message
    a_message_is_known_for_seven_days_after_it_ended
    a_message_that_has_not_ended_is_never_removed
    what_is_too_large_is_refused
    a_full_spool_refuses
    a_reserved_name_is_no_topic
}

async fn a_message_is_acknowledged_with_its_deliveries(engine: Engine) {
    let Some(it) = setting(engine, vec![listener("index"), listener("mail")]).await else { return };
    let accepted = it.client.post("/1/item/u7/photo").body("{}").send().await;
    assert_eq!(accepted.status(), 202);
    let (id, content) = (accepted.json::<Json>()["id"].clone(), accepted.json::<Json>());
    assert_eq!(content, json!({"id": id, "deliveries": 2}));
    let location = format!("/1/message/{}", id.as_str().expect("a text"));
    assert_eq!(accepted.field("location"), Some(location.as_str()));

    let message: Json = it.client.get(&location).send().await.json();
    assert_eq!(message["topic"], "item");
    assert_eq!((&message["user"], &message["name"]), (&json!("u7"), &json!("photo")));
    let waiting = json!([["index", "waiting", []], ["mail", "waiting", []]]);
    assert_eq!(it.deliveries(id.as_str().expect("a text")).await, waiting);

    let other = it.client.post("/1/other/u7/a/b").body("x").send().await;
    assert_eq!(other.json::<Json>()["deliveries"], 0, "nobody listens");
    let of_user = it.client.post("/1/user_removed/u7").body("x").send().await;
    assert_eq!(of_user.status(), 202);
    assert_eq!(
        it.client.get("/1/message/00000000000000000000000000000000").send().await.status(),
        404
    );
}

async fn a_message_that_comes_again_is_the_same(engine: Engine) {
    let Some(mut it) = setting(engine, vec![listener("index")]).await else { return };
    let first = it.post_with_key("\"k\"", "{}").await;
    assert_eq!((first.status().as_u16(), first.field("idempotency-replayed")), (202, None));
    it.settle().await;
    let again = it.post_with_key("k", "{}").await;
    assert_eq!((again.status().as_u16(), again.field("idempotency-replayed")), (202, Some("true")));
    assert_eq!(again.json::<Json>(), first.json::<Json>());
    assert_eq!(again.field("location"), first.field("location"));
    it.settle().await;
    assert_eq!(it.fakes[0].received().len(), 1);
    it.assert_metrics(&["replayed_requests_total 1"]).await;
    let other_user = it.client.post("/1/item/u8/photo").header("idempotency-key", "k");
    assert_ne!(other_user.body("{}").send().await.json::<Json>(), first.json::<Json>());
}

async fn a_key_is_for_one_message(engine: Engine) {
    let Some(it) = setting(engine, vec![listener("index")]).await else { return };
    assert_eq!(it.post_with_key("k", "{}").await.status(), 202);
    assert_eq!(refusal(&it.post_with_key("k", "[]").await), (422, json!("key-reused")));
    let other = it.client.post("/1/other/u7/photo").header("idempotency-key", "k");
    assert_eq!(refusal(&other.body("{}").send().await), (422, json!("key-reused")));
}

async fn a_message_is_known_for_seven_days_after_it_ended(engine: Engine) {
    const DAY: i64 = 24 * 60 * 60;
    let Some(mut it) = setting(engine, vec![listener("index")]).await else { return };
    let first = it.post_with_key("k", "{}").await.json::<Json>();
    it.settle().await;
    it.pass(7 * DAY - 60).await;
    remove_old(it.dispatcher.spool()).await.expect("a database");
    let again = it.post_with_key("k", "{}").await;
    assert_eq!(again.field("idempotency-replayed"), Some("true"));
    it.pass(120).await;
    remove_old(it.dispatcher.spool()).await.expect("a database");
    for table in ["message", "content", "delivery"] {
        assert_eq!(it.count(table).await, 0, "{table}");
    }
    let anew = it.post_with_key("k", "{}").await;
    assert_eq!((anew.field("idempotency-replayed"), anew.json::<Json>()), (None, first));
}

async fn a_message_that_has_not_ended_is_never_removed(engine: Engine) {
    let Some(it) = setting(engine, vec![listener("index")]).await else { return };
    let id = it.post("/1/item/u7/photo", "{}").await;
    it.pass(30 * 24 * 60 * 60).await;
    remove_old(it.dispatcher.spool()).await.expect("a database");
    assert_eq!(it.deliveries(&id).await, json!([["index", "waiting", []]]));
}

async fn what_is_too_large_is_refused(engine: Engine) {
    let Some(it) = setting_with(engine, |settings| settings.largest_message = 10).await else {
        return;
    };
    for (size, status) in [(10, 202), (11, 413)] {
        let post = it.client.post("/1/item/u7/photo").body("x".repeat(size));
        assert_eq!(post.send().await.status(), status);
    }
}

async fn a_full_spool_refuses(engine: Engine) {
    let full = setting_with(engine, |settings| {
        settings.listeners = vec![listener("index")];
        (settings.spool_messages, settings.spool_bytes) = (2, 100);
    });
    let Some(mut it) = full.await else { return };
    it.post_with_key("k", &"x".repeat(60)).await;
    let post = async |content: String| it.client.post("/1/item/u7/b").body(content).send().await;
    let refused = post("x".repeat(41)).await;
    assert_eq!((refused.status().as_u16(), refused.field("retry-after")), (503, Some("5")));
    assert_eq!(post("x".to_owned()).await.status(), 202);
    assert_eq!(post("x".to_owned()).await.status(), 503);
    assert_eq!(it.post_with_key("k", &"x".repeat(60)).await.status(), 202, "it is there already");
    it.settle().await;
    assert_eq!(it.client.post("/1/item/u7/b").body("x".repeat(100)).send().await.status(), 202);
    it.settle().await;
    let row = &it.query("SELECT messages, bytes FROM spool").await[0];
    assert_eq!(
        (row.get::<i64>(0).expect("a number"), row.get::<i64>(1).expect("a number")),
        (0, 0)
    );
}

async fn a_reserved_name_is_no_topic(engine: Engine) {
    let Some(it) = setting(engine, Vec::new()).await else { return };
    for topic in ["message", "listener", "dead"] {
        let post = it.client.post(&format!("/1/{topic}/u7/photo")).body("{}").send().await;
        assert_eq!(post.status(), 404, "{topic}");
        let post = it.client.post(&format!("/1/{topic}/u7/photo/more")).body("{}").send().await;
        assert_eq!(post.status(), 404, "{topic}");
    }
    for target in ["/1/a.b/u7/photo", "/1/item/u7/a%00b", "/1/item/u%007/a"] {
        assert_eq!(it.client.post(target).body("{}").send().await.status(), 400, "{target}");
    }
}
