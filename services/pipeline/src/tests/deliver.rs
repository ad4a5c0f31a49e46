//! Deliveries are made, at least once.

use engines::{Engine, on_each_engine};
use serde_json::{Value as Json, json};

use super::{listener, setting};
use wsgiservice_client::{RestClient, Topology};

use crate::Listener;

on_each_engine! {
    a_delivery_has_the_fields_of_its_message
    a_delivery_that_failed_is_made_again_when_it_is_due
    a_delivery_is_dead_after_its_last_attempt
    a_delivery_is_not_made_a_day_after_its_first_attempt
    a_status_that_will_not_change_is_dead_at_once
    what_is_gone_is_done_for_a_service
    a_url_that_is_gone_switches_its_listener_off
    the_delivery_of_a_removed_user_is_dropped
    a_signature_is_right
    the_undo_window_is_that_of_the_listener
    the_content_goes_when_nobody_needs_it
}

async fn a_delivery_has_the_fields_of_its_message(engine: Engine) {
    let Some(mut it) = setting(engine, vec![listener("index")]).await else { return };
    let (trace, ticket) = ("4bf92f3577b34da6a3ce929d0e0e4736", "5f0c0f5ab2e24e1f9f2f6b6a3f1d2c4e");
    let accepted =
        it.client.post("/1/item/u7/a%20b/%C3%A9.json").header("content-type", "text/x-note");
    let accepted = accepted.header("traceparent", &format!("00-{trace}-00f067aa0ba902b7-01"));
    let accepted =
        accepted.header("x-undo-ticket", ticket).body("hello").send().await.json::<Json>();
    it.settle().await;
    let received = it.fakes[0].received();
    let [received] = &received[..] else { panic!("{received:?}") };
    assert_eq!((received.target.path(), &received.content[..]), ("/1/event", &b"hello"[..]));
    let id = accepted["id"].as_str().expect("an ID");
    let key = format!("\"{id}/index\"");
    let message: Json = it.client.get(&format!("/1/message/{id}")).send().await.json();
    for (name, value) in [
        ("ce-id", id),
        ("ce-source", "/c1/pipeline"),
        ("ce-specversion", "1.0"),
        ("ce-type", "item"),
        ("ce-subject", "u7/a%20b/%C3%A9.json"),
        ("ce-time", message["at"].as_str().expect("a time")),
        ("content-type", "text/x-note"),
        ("x-undo-ticket", ticket),
        ("idempotency-key", &key),
    ] {
        assert_eq!(
            received.fields.get(name).and_then(|it| it.to_str().ok()),
            Some(value),
            "{name}"
        );
    }
    let parent = received.fields["traceparent"].to_str().expect("a text");
    assert!(parent.starts_with(&format!("00-{trace}-")), "{parent}");
    assert!(!received.fields.contains_key("webhook-signature"));
    assert_eq!(it.deliveries(id).await, json!([["index", "done", [200]]]));
}

async fn a_delivery_that_failed_is_made_again_when_it_is_due(engine: Engine) {
    let Some(mut it) = setting(engine, vec![listener("index"), listener("mail")]).await else {
        return;
    };
    it.fakes[0].respond(&[503, 404]);
    let id = it.post("/1/item/u7/photo", "{}").await;
    it.settle().await;
    it.settle().await;
    assert_eq!(
        it.deliveries(&id).await,
        json!([["index", "waiting", [503]], ["mail", "done", [200]]])
    );
    for received in [2, 3] {
        it.pass(101).await;
        it.settle().await;
        assert_eq!(it.fakes[0].received().len(), received);
    }
    assert_eq!(it.deliveries(&id).await[0], json!(["index", "done", [503, 404, 200]]));
    let keys: Vec<_> =
        it.fakes[0].received().iter().map(|it| it.fields["idempotency-key"].clone()).collect();
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    let message: Json = it.client.get(&format!("/1/message/{id}")).send().await.json();
    let attempt = &message["deliveries"][0]["attempts"][0];
    assert_eq!((&attempt["attempt"], &attempt["error"]), (&json!(1), &json!("not now")));
}

async fn a_delivery_is_dead_after_its_last_attempt(engine: Engine) {
    let twice = Listener { max_attempts: 2, ..listener("index") };
    let Some(mut it) = setting(engine, vec![twice]).await else { return };
    it.fakes[0].respond(&[500, 500]);
    let id = it.post("/1/item/u7/photo", "{}").await;
    it.settle().await;
    it.pass(101).await;
    it.settle().await;
    assert_eq!(it.deliveries(&id).await, json!([["index", "dead", [500, 500]]]));
}

async fn a_delivery_is_not_made_a_day_after_its_first_attempt(engine: Engine) {
    let Some(mut it) = setting(engine, vec![listener("index")]).await else { return };
    it.fakes[0].respond(&[500]);
    let late = it.post("/1/item/u7/photo", "{}").await;
    it.settle().await;
    let waiting = it.post("/1/item/u7/other", "{}").await;
    it.pass(24 * 60 * 60).await;
    it.settle().await;
    assert_eq!(it.deliveries(&late).await, json!([["index", "dead", [500, null]]]));
    assert_eq!(it.deliveries(&waiting).await[0][1], "done", "it was not tried yet");
    assert_eq!(it.fakes[0].received().len(), 2);
}

async fn a_status_that_will_not_change_is_dead_at_once(engine: Engine) {
    let Some(mut it) = setting(engine, vec![listener("index")]).await else { return };
    for status in [400, 413, 415, 422] {
        it.fakes[0].respond(&[status]);
        let id = it.post("/1/item/u7/photo", "{}").await;
        it.settle().await;
        assert_eq!(it.deliveries(&id).await, json!([["index", "dead", [status]]]));
    }
}

async fn what_is_gone_is_done_for_a_service(engine: Engine) {
    let Some(mut it) = setting(engine, vec![listener("index")]).await else { return };
    it.fakes[0].respond(&[410]);
    let id = it.post("/1/item/u7/photo", "{}").await;
    it.settle().await;
    assert_eq!(it.deliveries(&id).await, json!([["index", "done", [410]]]));
}

async fn a_url_that_is_gone_switches_its_listener_off(engine: Engine) {
    let Some(mut it) = setting(engine, vec![listener("index")]).await else { return };
    let fake = super::FakeListener::default();
    let url = format!("http://{}/hook/a?token=x", fake.serve().await);
    let put = || {
        let form = [("topics", "item"), ("url", &url), ("concurrency", "1")];
        it.client.put("/1/listener/hook").form(form).send()
    };
    assert_eq!(put().await.status(), 201);
    fake.respond(&[410]);
    let (first, second) = (it.post("/1/item/u7/a", "1").await, it.post("/1/item/u7/b", "2").await);
    it.settle().await;
    assert_eq!(fake.contents(), ["1"]);
    assert_eq!(fake.received()[0].target.to_string(), "/hook/a?token=x");
    assert_eq!(it.deliveries(&first).await[0], json!(["hook", "dropped", [410]]));
    assert_eq!(it.deliveries(&second).await[0], json!(["hook", "dropped", []]));
    let listener: Json = it.client.get("/1/listener/hook").send().await.json();
    assert_eq!(
        (&listener["switch"], &listener["reason"]),
        (&json!("off"), &json!("it responded 410 (Gone)"))
    );
    let third = it.post("/1/item/u7/c", "3").await;
    assert_eq!(it.deliveries(&third).await.as_array().map(Vec::len), Some(1), "none for the URL");
    let put =
        it.client.put("/1/listener/hook").form([("topics", "item"), ("url", &url)]).send().await;
    assert_eq!(put.status(), 200);
    it.post("/1/item/u7/d", "4").await;
    it.settle().await;
    assert_eq!(fake.contents(), ["1", "4"]);
}

async fn the_delivery_of_a_removed_user_is_dropped(engine: Engine) {
    let elsewhere = |name| Listener { service: Some("elsewhere".to_owned()), ..listener(name) };
    let closest = Listener { locator: Some("closest".to_owned()), ..elsewhere("mail") };
    let Some(mut it) = setting(engine, vec![elsewhere("index"), closest]).await else { return };
    // A service of this process is one for all clusters, so that nobody asks where the user is.
    let address = it.fakes[0].serve().await;
    let topology = format!(
        "{}[services.elsewhere]\nhost = '127.0.0.1'\nc1 = ['http://{address}']\n",
        super::TOPOLOGY
    );
    let topology = Topology::parse("topology.toml", &topology).expect("a topology");
    let rest = RestClient::builder()
        .topology(topology)
        .service("cluster", super::fake_listener::directory());
    it.rest = rest.build().expect("a client");
    (_, it.work) = it.another().await;
    let (gone, here) =
        (it.post("/1/item/gone/photo", "1").await, it.post("/1/item/u7/photo", "2").await);
    it.settle().await;
    assert_eq!(
        it.deliveries(&gone).await,
        json!([["index", "dropped", [null]], ["mail", "done", [200]]])
    );
    assert_eq!(
        it.deliveries(&here).await,
        json!([["index", "done", [200]], ["mail", "done", [200]]])
    );
    let mut contents = it.fakes[0].contents();
    contents.sort();
    assert_eq!(contents, ["1", "2", "2"]);
}

async fn a_signature_is_right(engine: Engine) {
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let signed = Listener { secret: Some(secret.to_owned()), ..listener("index") };
    let Some(mut it) = setting(engine, vec![signed]).await else { return };
    let id = it.post("/1/item/u7/photo", "{\"a\":1}").await;
    it.settle().await;
    let received = &it.fakes[0].received()[0];
    let oracle = standardwebhooks::Webhook::new(secret).expect("a secret");
    oracle.verify(&received.content, &received.fields).expect("a signature");
    assert_eq!(received.fields["webhook-id"], format!("{id}/index"));
    let listener = it.client.get("/1/listener/index").send().await;
    assert_eq!(listener.json::<Json>()["signed"], true);
    assert!(!listener.text().contains("whsec_"));
}

async fn the_undo_window_is_that_of_the_listener(engine: Engine) {
    let held = Listener { undo_window_ms: 10_000, ..listener("mail") };
    let Some(mut it) = setting(engine, vec![listener("index"), held]).await else { return };
    let id = it.post("/1/item/u7/photo", "{}").await;
    it.settle().await;
    assert_eq!(
        it.deliveries(&id).await,
        json!([["index", "done", [200]], ["mail", "waiting", []]])
    );
    it.pass(10).await;
    it.settle().await;
    assert_eq!(it.deliveries(&id).await[1], json!(["mail", "done", [200]]));
}

async fn the_content_goes_when_nobody_needs_it(engine: Engine) {
    let Some(mut it) = setting(engine, vec![listener("index"), listener("mail")]).await else {
        return;
    };
    let contents = async |it: &super::Setting| it.count("content").await;
    it.post("/1/item/u7/photo", "1").await;
    assert_eq!(contents(&it).await, 1);
    it.settle().await;
    assert_eq!(contents(&it).await, 0);
    it.fakes[0].respond(&[400]);
    let id = it.post("/1/item/u7/photo", "2").await;
    it.settle().await;
    assert_eq!(contents(&it).await, 1, "the dead one may be tried again");
    it.client.delete(&format!("/1/dead/{id}-index")).send().await;
    assert_eq!(contents(&it).await, 0);
    it.post("/1/other/u7/photo", "3").await;
    assert_eq!(contents(&it).await, 0, "nobody listens");
}
