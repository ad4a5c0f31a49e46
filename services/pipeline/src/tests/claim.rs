//! Claims, and the processes that make them.

use engines::{Engine, on_each_engine};
use serde_json::json;

use super::{listener, setting, until};
use crate::{Listener, dispatcher::Work};

on_each_engine! {
    no_more_are_under_way_than_the_listener_takes
    a_lease_keeps_others_away_until_it_runs_out
    the_late_result_of_an_attempt_is_void
    a_dispatcher_delivers_what_comes_while_it_runs
    two_processes_share_the_work
    a_result_that_cannot_be_written_is_written_later
    a_database_that_is_not_there_is_a_503
}

async fn no_more_are_under_way_than_the_listener_takes(engine: Engine) {
    let two = Listener { concurrency: 2, ..listener("index") };
    let Some(mut it) = setting(engine, vec![two]).await else { return };
    it.fakes[0].hold();
    for name in 0..5 {
        it.post(&format!("/1/item/u7/{name}"), "{}").await;
    }
    for _ in 0..3 {
        it.work.round().await.expect("a spool");
    }
    until(|| it.fakes[0].received().len() == 2).await;
    assert_eq!(it.count("delivery WHERE state = 'leased'").await, 2);
    it.fakes[0].release_all();
    it.settle().await;
    assert_eq!(it.fakes[0].received().len(), 5);
}

async fn a_lease_keeps_others_away_until_it_runs_out(engine: Engine) {
    let Some(mut it) = setting(engine, vec![listener("index")]).await else { return };
    it.fakes[0].hold();
    let id = it.post("/1/item/u7/photo", "{}").await;
    it.work.round().await.expect("a spool");
    until(|| it.fakes[0].received().len() == 1).await;
    let (dispatcher, mut other) = it.another().await;
    other.settle().await;
    assert_eq!(it.fakes[0].received().len(), 1, "it is leased");
    // The process that holds the lease is dead.
    it.work = Work::new(dispatcher);
    it.pass(26).await;
    it.fakes[0].release_all();
    other.settle().await;
    assert_eq!(it.fakes[0].received().len(), 2);
    assert_eq!(it.deliveries(&id).await, json!([["index", "done", [200]]]));
    let attempt = it.query("SELECT attempt FROM delivery").await[0].get::<i64>(0);
    assert_eq!(attempt.expect("a number"), 2, "the one without a result is counted");
}

async fn the_late_result_of_an_attempt_is_void(engine: Engine) {
    let Some(mut it) = setting(engine, vec![listener("index")]).await else { return };
    it.fakes[0].hold();
    let id = it.post("/1/item/u7/photo", "{}").await;
    it.work.round().await.expect("a spool");
    until(|| it.fakes[0].received().len() == 1).await;
    it.pass(26).await;
    let (_, mut other) = it.another().await;
    other.round().await.expect("a spool");
    until(|| it.fakes[0].received().len() == 2).await;
    it.fakes[0].release(1, 200);
    other.settle().await;
    assert_eq!(it.deliveries(&id).await, json!([["index", "done", [200]]]));
    it.fakes[0].release(0, 503);
    it.settle().await;
    assert_eq!(it.deliveries(&id).await, json!([["index", "done", [200]]]));
    it.pass(101).await;
    it.settle().await;
    assert_eq!(it.fakes[0].received().len(), 2);
}

async fn a_dispatcher_delivers_what_comes_while_it_runs(engine: Engine) {
    let Some(it) = setting(engine, vec![listener("index")]).await else { return };
    let stopping = wsgiservice::server::Stopping::default();
    let posts = async {
        for name in 0..20 {
            it.post(&format!("/1/item/u7/{name}"), "{}").await;
        }
        until(|| it.fakes[0].received().len() == 20).await;
        stopping.request();
    };
    tokio::join!(it.dispatcher.run(&stopping), posts);
    assert_eq!(it.count("delivery WHERE state = 'done'").await, 20, "the last results are written");
}

async fn two_processes_share_the_work(engine: Engine) {
    let Some(it) = setting(engine, vec![listener("index"), listener("mail")]).await else { return };
    let (other, _) = it.another().await;
    let stopping = wsgiservice::server::Stopping::default();
    let posts = async {
        for name in 0..100 {
            it.post(&format!("/1/item/u7/{name}"), "{}").await;
            // Nobody tells the other one before it polls the spool.
            other.hints().claimable(["index".to_owned()]);
        }
        until(|| it.fakes.iter().all(|fake| fake.received().len() == 100)).await;
        stopping.request();
    };
    tokio::join!(it.dispatcher.run(&stopping), other.run(&stopping), posts);
    for fake in &it.fakes {
        let mut ids: Vec<_> = fake.received().iter().map(|it| it.fields["ce-id"].clone()).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 100, "none twice");
    }
    assert_eq!(it.count("delivery WHERE state = 'done'").await, 200);
}

async fn a_result_that_cannot_be_written_is_written_later(engine: Engine) {
    let Some(mut it) = setting(engine, vec![listener("index")]).await else { return };
    let id = it.post("/1/item/u7/photo", "{}").await;
    it.work.round().await.expect("a spool");
    until(|| it.fakes[0].received().len() == 1).await;
    it.execute("ALTER TABLE delivery RENAME TO away", Vec::new()).await;
    it.work.wait().await;
    it.work.round().await.expect_err("no table");
    it.execute("ALTER TABLE away RENAME TO delivery", Vec::new()).await;
    it.settle().await;
    assert_eq!(it.deliveries(&id).await, json!([["index", "done", [200]]]));
    assert_eq!(it.fakes[0].received().len(), 1);
}

async fn a_database_that_is_not_there_is_a_503(engine: Engine) {
    let Some(it) = setting(engine, vec![listener("index")]).await else { return };
    it.dispatcher.spool().close().await;
    let post = it.client.post("/1/item/u7/photo").body("{}").send().await;
    assert_eq!((post.status().as_u16(), post.field("retry-after")), (503, Some("1")));
    for target in ["/1/listener", "/1/listener/index", "/1/dead"] {
        assert_eq!(it.client.get(target).send().await.status(), 503, "{target}");
    }
}
