//! `ordered=user`: one after the other.

use engines::{Engine, on_each_engine};
use serde_json::json;

use super::{listener, setting, until};
use crate::{Listener, Ordered};

on_each_engine! {
    the_deliveries_of_a_user_come_one_after_the_other
    a_delivery_that_waits_holds_back_those_of_its_user
    what_is_dead_holds_nobody_back
    what_came_back_from_the_dead_comes_first
    what_came_back_waits_for_what_is_under_way
    many_that_wait_in_a_lane_hold_nobody_back
}

fn ordered() -> Listener {
    Listener { ordered: Ordered::User, ..listener("index") }
}

async fn the_deliveries_of_a_user_come_one_after_the_other(engine: Engine) {
    let Some(mut it) = setting(engine, vec![ordered()]).await else { return };
    it.fakes[0].hold();
    for content in ["1", "2", "3"] {
        it.post("/1/item/u7/photo", content).await;
    }
    it.post("/1/item/u8/photo", "of another").await;
    it.work.round().await.expect("a spool");
    until(|| it.fakes[0].received().len() == 2).await;
    it.work.round().await.expect("a spool");
    assert_eq!(it.count("delivery WHERE state = 'leased'").await, 2);
    it.fakes[0].release_all();
    it.settle().await;
    let contents: Vec<_> = it.fakes[0].contents().into_iter().filter(|it| it.len() == 1).collect();
    assert_eq!(contents, ["1", "2", "3"]);
}

async fn a_delivery_that_waits_holds_back_those_of_its_user(engine: Engine) {
    let Some(mut it) = setting(engine, vec![ordered()]).await else { return };
    it.fakes[0].respond(&[503]);
    it.post("/1/item/u7/photo", "1").await;
    it.settle().await;
    it.post("/1/item/u7/other", "2").await;
    it.post("/1/item/u8/photo", "of another").await;
    it.settle().await;
    assert_eq!(it.fakes[0].contents(), ["1", "of another"]);
    it.pass(101).await;
    it.settle().await;
    assert_eq!(it.fakes[0].contents(), ["1", "of another", "1", "2"]);
}

async fn what_is_dead_holds_nobody_back(engine: Engine) {
    let Some(mut it) = setting(engine, vec![ordered()]).await else { return };
    it.fakes[0].respond(&[400]);
    let dead = it.post("/1/item/u7/photo", "1").await;
    it.post("/1/item/u7/photo", "2").await;
    it.settle().await;
    assert_eq!(it.fakes[0].contents(), ["1", "2"]);
    assert_eq!(it.deliveries(&dead).await[0][1], "dead");
}

async fn what_came_back_from_the_dead_comes_first(engine: Engine) {
    let Some(mut it) = setting(engine, vec![ordered()]).await else { return };
    it.fakes[0].respond(&[400, 503]);
    let dead = it.post("/1/item/u7/photo", "1").await;
    it.post("/1/item/u7/photo", "2").await;
    it.settle().await;
    let retry = it.client.post(&format!("/1/dead/{dead}-index/retry")).send().await;
    assert_eq!(retry.status(), 202);
    it.pass(50).await;
    it.settle().await;
    assert_eq!(it.fakes[0].contents(), ["1", "2", "1"], "the second one waits as it was asked to");
    it.pass(51).await;
    it.settle().await;
    assert_eq!(it.fakes[0].contents(), ["1", "2", "1", "2"]);
}

async fn what_came_back_waits_for_what_is_under_way(engine: Engine) {
    let Some(mut it) = setting(engine, vec![ordered()]).await else { return };
    it.fakes[0].respond(&[400]);
    let dead = it.post("/1/item/u7/photo", "1").await;
    it.settle().await;
    it.fakes[0].hold();
    it.post("/1/item/u7/photo", "2").await;
    it.post("/1/item/u7/photo", "3").await;
    it.work.round().await.expect("a spool");
    until(|| it.fakes[0].received().len() == 2).await;
    it.client.post(&format!("/1/dead/{dead}-index/retry")).send().await;
    it.work.round().await.expect("a spool");
    assert_eq!(it.count("delivery WHERE state = 'leased'").await, 1);
    it.fakes[0].release(1, 503);
    it.fakes[0].release_all();
    it.settle().await;
    assert_eq!(it.fakes[0].contents(), ["1", "2", "1"]);
    it.pass(101).await;
    it.settle().await;
    assert_eq!(it.fakes[0].contents(), ["1", "2", "1", "2", "3"]);
    assert_eq!(it.deliveries(&dead).await, json!([["index", "done", [400, 200]]]));
}

/// Each claim is a look-up in an index, of SQLite at least.
async fn many_that_wait_in_a_lane_hold_nobody_back(engine: Engine) {
    let Some(mut it) = setting(engine, vec![ordered()]).await else { return };
    it.fakes[0].respond(&[503]);
    for content in 0..50 {
        it.post("/1/item/u7/photo", &content.to_string()).await;
        it.settle().await;
    }
    let due = it.query("SELECT message_id FROM delivery WHERE due IS NOT NULL").await;
    assert_eq!(due.len(), 1, "one of the lane can be claimed");
    if engine == Engine::Sqlite {
        let plan = "EXPLAIN QUERY PLAN ".to_owned() + &crate::spool::DUE.replace('?', "1");
        let rows = it.query(&plan).await;
        let steps: Vec<String> = rows.iter().map(|row| row.get(3).expect("a step")).collect();
        assert!(steps[0].contains("INDEX delivery_due (listener=? AND due<?)"), "{steps:?}");
        assert!(
            steps.iter().all(|it| it.starts_with("SEARCH")),
            "nothing is scanned or sorted: {steps:?}"
        );
    }
}
