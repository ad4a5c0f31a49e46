//! Listeners come and go.

use std::process::Command;

use engines::{Engine, on_each_engine};
use serde_json::{Value as Json, json};
use wsgiservice_client::{RestClient, Topology};

use super::{Setting, listener, setting, start};
use crate::{Listener, Ordered, Settings, listener::MOST_LISTENERS};

on_each_engine! {
    a_listener_is_put_and_read_and_listed
    what_get_gives_put_takes_and_keeps_the_secret
    a_listener_with_mistakes_is_refused
    a_listener_of_the_settings_is_not_changed_by_the_api
    a_listener_that_the_settings_have_no_more_is_removed
    what_waits_for_a_deleted_listener_is_dropped
    a_listener_that_was_switched_off_begins_anew
    a_change_is_for_what_waits_too
    a_change_makes_no_more_deliveries_at_a_time
    one_transaction_claims_a_portion_for_each_in_turn
}

async fn put(it: &Setting, name: &str, content: &Json) -> (u16, Json) {
    let put = it.client.put(&format!("/1/listener/{name}")).json(content).send().await;
    (put.status().as_u16(), put.json())
}

async fn a_listener_is_put_and_read_and_listed(engine: Engine) {
    let Some(it) = setting(engine, Vec::new()).await else { return };
    let mail = json!({"topics": ["clip"], "service": "mail", "path": "/1/event", "undo_window_ms": 10_000});
    assert_eq!(put(&it, "mail", &mail).await.0, 201);
    let expected = json!({
        "name": "mail", "topics": ["clip"], "service": "mail", "path": "/1/event", "timeout_ms": 10_000,
        "max_attempts": 20, "concurrency": 8, "ordered": "none", "undo_window_ms": 10_000, "signed": false,
        "source": "api", "switch": "on",
    });
    let read = it.client.get("/1/listener/mail").send().await;
    assert_eq!((read.status().as_u16(), read.json::<Json>()), (200, expected.clone()));
    assert_eq!(put(&it, "mail", &mail).await, (200, expected.clone()));
    let list: Json = it.client.get("/1/listener").send().await.json();
    assert_eq!(list, json!({"items": [expected], "start": 1, "count": 10, "total": 1}));
    assert_eq!(it.client.delete("/1/listener/mail").send().await.status(), 204);
    assert_eq!(it.client.get("/1/listener/mail").send().await.status(), 404);
    assert_eq!(it.client.delete("/1/listener/mail").send().await.status(), 404);
}

async fn what_get_gives_put_takes_and_keeps_the_secret(engine: Engine) {
    let Some(it) = setting(engine, Vec::new()).await else { return };
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let hook = json!({"topics": ["clip"], "url": "http://127.0.0.1:9/a", "secret": secret, "ordered": "user"});
    let (status, view) = put(&it, "hook", &hook).await;
    assert_eq!((status, &view["signed"]), (201, &json!(true)));
    assert_eq!(put(&it, "hook", &view).await, (200, view.clone()));
    let mut unsigned = view.clone();
    unsigned["secret"] = json!("");
    assert_eq!(put(&it, "hook", &unsigned).await.1["signed"], false);
}

async fn a_listener_with_mistakes_is_refused(engine: Engine) {
    let Some(it) = setting(engine, Vec::new()).await else { return };
    let right = json!({"topics": ["clip"], "service": "mail", "path": "/1/event"});
    for (member, value, mistake) in [
        ("topics", json!(["clip*"]), "topics"),
        ("topics", json!(["dead"]), "`topics`: `dead` is reserved"),
        ("topics", json!([]), "topics"),
        ("url", json!("http://127.0.0.1:9/"), "`service` and `url` exclude each other"),
        ("locator", json!("everywhere"), "`locator`: expected"),
        ("path", json!("event"), "`path`: expected"),
        ("concurrency", json!(0), "concurrency"),
        ("ordered", json!("always"), "ordered"),
        ("secret", json!("guess"), "`secret`: expected"),
    ] {
        let mut wrong = right.clone();
        wrong[member] = value;
        let (status, problem) = put(&it, "mail", &wrong).await;
        assert_eq!(status, 400, "{member}");
        assert!(problem.to_string().contains(mistake), "{problem}");
        assert!(!problem.to_string().contains("guess"), "{problem}");
    }
    assert_eq!(put(&it, "a.b", &right).await.0, 400);
    assert_eq!(it.count("listener").await, 0);
}

async fn a_listener_of_the_settings_is_not_changed_by_the_api(engine: Engine) {
    let Some(it) = setting(engine, vec![listener("index")]).await else { return };
    let view: Json = it.client.get("/1/listener/index").send().await.json();
    assert_eq!(view["source"], "settings");
    assert_eq!(put(&it, "index", &view).await.0, 409);
    assert_eq!(it.client.delete("/1/listener/index").send().await.status(), 409);
}

async fn a_listener_that_the_settings_have_no_more_is_removed(engine: Engine) {
    let Some(mut it) = setting(engine, vec![listener("index"), listener("mail")]).await else {
        return;
    };
    let id = it.post("/1/item/u7/photo", "{}").await;
    let settings = Settings { listeners: vec![listener("mail")], ..it.settings.clone() };
    let (_, client) = start(&settings, &it.rest).await;
    assert_eq!(client.get("/1/listener/index").send().await.status(), 404);
    it.settle().await;
    assert_eq!(
        it.deliveries(&id).await,
        json!([["index", "dropped", []], ["mail", "done", [200]]])
    );
    assert_eq!(it.count("listener").await, 1);
}

async fn what_waits_for_a_deleted_listener_is_dropped(engine: Engine) {
    let Some(mut it) = setting(engine, Vec::new()).await else { return };
    let index =
        json!({"topics": ["item"], "service": "index", "path": "/1/event", "ordered": "user"});
    assert_eq!(put(&it, "index", &index).await.0, 201);
    let first = it.post("/1/item/u7/photo", "1").await;
    let second = it.post("/1/item/u7/photo", "2").await;
    assert_eq!(it.client.delete("/1/listener/index").send().await.status(), 204);
    assert_eq!(put(&it, "index", &index).await.0, 503, "it is being removed");
    let later = it.post("/1/item/u7/photo", "3").await;
    assert_eq!(it.deliveries(&later).await, json!([]));
    it.settle().await;
    for id in [first, second] {
        assert_eq!(it.deliveries(&id).await, json!([["index", "dropped", []]]));
    }
    assert!(it.fakes[0].received().is_empty());
    assert_eq!(put(&it, "index", &index).await.0, 201);
    let row = &it.query("SELECT messages FROM spool").await[0];
    assert_eq!(row.get::<i64>(0).expect("a number"), 0);
}

async fn a_listener_that_was_switched_off_begins_anew(engine: Engine) {
    let index = Listener { ordered: Ordered::User, concurrency: 1, ..listener("index") };
    let Some(mut it) = setting(engine, vec![index]).await else { return };
    for content in ["1", "2", "3"] {
        it.post("/1/item/u7/photo", content).await;
    }
    it.execute("UPDATE listener SET switch = 'off', source = 'api'", Vec::new()).await;
    let view: Json = it.client.get("/1/listener/index").send().await.json();
    assert_eq!(put(&it, "index", &view).await.0, 503, "what waited is being dropped");
    // The next process begins where this one was.
    let (_, client) = start(&it.settings, &it.rest).await;
    assert_eq!(client.get("/1/listener/index").send().await.json::<Json>()["switch"], "on");
    it.post("/1/item/u7/photo", "4").await;
    it.settle().await;
    assert_eq!(it.fakes[0].contents(), ["4"]);
    assert_eq!(it.count("delivery WHERE state = 'dropped'").await, 3);
}

async fn a_change_is_for_what_waits_too(engine: Engine) {
    let Some(mut it) = setting(engine, Vec::new()).await else { return };
    let index = json!({"topics": ["item"], "service": "nowhere", "path": "/1/event"});
    put(&it, "index", &index).await;
    let id = it.post("/1/item/u7/photo", "1").await;
    it.work.round().await.expect("a spool");
    let index = json!({"topics": ["item"], "service": "index", "path": "/1/other"});
    assert_eq!(put(&it, "index", &index).await.0, 200);
    it.settle().await;
    it.pass(2).await;
    it.settle().await;
    assert_eq!(it.fakes[0].received()[0].target.path(), "/1/other");
    assert_eq!(it.deliveries(&id).await[0][1], "done");
}

async fn a_change_makes_no_more_deliveries_at_a_time(engine: Engine) {
    let Some(mut it) = setting(engine, Vec::new()).await else { return };
    it.fakes[0].hold();
    for number in 1..=5_usize {
        let index = json!({
            "topics": ["item"], "service": "index", "path": "/1/event", "concurrency": 2, "timeout_ms": 50_000 + number,
        });
        put(&it, "index", &index).await;
        it.post("/1/item/u7/photo", "1").await;
        it.work.round().await.expect("a spool");
        assert_eq!(it.count("delivery WHERE state = 'leased'").await, number.min(2) as i64);
    }
    it.fakes[0].release_all();
    it.settle().await;
    assert_eq!(it.fakes[0].received().len(), 5);
}

async fn one_transaction_claims_a_portion_for_each_in_turn(engine: Engine) {
    let greedy = Listener { concurrency: 256, ..listener("index") };
    let modest = Listener { concurrency: 4, ..listener("mail") };
    let Some(mut it) = setting(engine, vec![greedy, modest]).await else { return };
    for _ in 0..200 {
        it.post("/1/item/u7/photo", "1").await;
    }
    it.fakes.iter().for_each(|fake| fake.hold());
    it.work.round().await.expect("a spool");
    assert_eq!(it.count("delivery WHERE state = 'leased'").await, 128);
    it.work.round().await.expect("a spool");
    assert_eq!(it.count("delivery WHERE state = 'leased' AND listener = 'mail'").await, 4);
    it.fakes.iter().for_each(|fake| fake.release_all());
    it.settle().await;
    assert_eq!(it.count("delivery WHERE state = 'done'").await, 400);
}

#[tokio::test]
async fn listeners_are_bounded() {
    let Some(it) = setting(Engine::Sqlite, Vec::new()).await else { return };
    let index = json!({"topics": ["item"], "service": "index", "path": "/1/event"});
    for number in 0..MOST_LISTENERS {
        assert_eq!(put(&it, &format!("l{number}"), &index).await.0, 201);
    }
    assert_eq!(put(&it, "another", &index).await.0, 409);
    assert_eq!(put(&it, "l0", &index).await.0, 200, "a change is no addition");
}

/// The process of a cluster is told by its environment which one it is in.
#[tokio::test]
async fn a_listener_names_what_the_topology_has() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = Settings::of(&engines::database(Engine::Sqlite, folder.path()).expect("a URL"));
    let topology = "version = 1\n[clusters.c1]\n[services.search]\nc1 = []";
    let topology = Topology::parse("topology.toml", topology).expect("a topology");
    let rest = RestClient::builder().topology(topology).build().expect("a client");
    let (_, client) = start(&settings, &rest).await;
    let put = async |locator: &str, service: &str| {
        let form =
            [("topics", "item"), ("service", service), ("path", "/1/event"), ("locator", locator)];
        let put = client.put("/1/listener/search").form(form).send().await;
        (put.status().as_u16(), put.json::<Json>()["detail"].clone())
    };
    assert_eq!(put("user", "search").await.0, 201);
    let expected = "`service`: the topology has no `serach`; did you mean `search`?";
    assert_eq!(put("user", "serach").await, (400, json!(expected)));
    let expected = "`locator`: the topology has no `c9`";
    assert_eq!(put("cluster:c9", "search").await, (400, json!(expected)));
}

#[test]
fn a_url_can_listen_in_a_process_that_is_told_its_cluster() {
    let mut test = Command::new(std::env::current_exe().expect("the program of the tests"));
    test.args([
        "--exact",
        "tests::deliver::on_sqlite::a_url_that_is_gone_switches_its_listener_off",
    ]);
    let output = test.env("WSGISERVICE_CLUSTER", "c1").output().expect("a process");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && printed.contains("1 passed"), "{printed}");
}
