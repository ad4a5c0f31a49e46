//! The end of the tickets.

use engines::{Engine, on_each_engine};
use serde_json::json;

use super::{Process, code, ticket, world};

on_each_engine! {
    a_ticket_expires_and_leaves_no_image
    a_ticket_that_was_not_swept_has_expired_too
    an_undo_that_was_accepted_in_time_ends
    keys_are_known_for_two_days_and_tickets_for_seven
    a_full_service_refuses
    all_tickets_that_are_too_old_expire
    images_take_places
}

async fn sweep(it: &Process) {
    it.runner.sweep().await.expect("a database");
}

async fn a_ticket_expires_and_leaves_no_image(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    world.write("/1/item/u/a", &json!("secret")).await;
    let ticket = it.put_item("/1/item/u/a", json!(1)).await;
    let images = "SELECT COUNT(*) FROM inverse WHERE inverse LIKE '%secret%'";
    let works =
        "SELECT COUNT(*) FROM ticket WHERE work LIKE '%secret%' OR progress LIKE '%secret%'";
    it.age(23).await;
    sweep(&it).await;
    assert_eq!((it.number(images).await, it.number(works).await), (1, 0));
    it.age(2).await;
    sweep(&it).await;
    assert_eq!((it.number(images).await, it.number(works).await), (0, 0));
    assert_eq!(code(&it.undo(&ticket).await), (410, json!("expired")));
    assert_eq!(it.state(&ticket).await, Err(410));
    assert_eq!(it.get("/1/undo/u").await.json::<serde_json::Value>()["total"], 0);
}

async fn a_ticket_that_was_not_swept_has_expired_too(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let ticket = it.put_item("/1/item/u/a", json!(1)).await;
    it.age(25).await;
    assert_eq!(it.undo(&ticket).await.status(), 410);
    assert_eq!(it.state(&ticket).await, Err(410));
    assert_eq!(it.get("/1/undo/u").await.json::<serde_json::Value>()["total"], 0);
}

pub(super) async fn an_undo_that_was_accepted_in_time_ends(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let ticket = it.put_item("/1/item/u/a", json!(1)).await;
    it.age(23).await;
    let undo = it.client.post(&format!("/1/undo/u/{ticket}"));
    let undo = it.held("command::after_applying", undo).await;
    it.age(2).await;
    sweep(&it).await;
    it.runner.hold().leave();
    let undone = undo.await.expect("a response");
    assert_eq!(undone.status(), 200, "{}", undone.text());
    assert_eq!(world.read("/1/item/u/a").await, Err(404));
    assert_eq!(it.undo(&ticket).await.status(), 200);
}

async fn keys_are_known_for_two_days_and_tickets_for_seven(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let put =
        |text: &str| it.put("/1/item/u/a", &json!(text)).header("idempotency-key", "k").send();
    let first = put("x").await;
    it.age(47).await;
    sweep(&it).await;
    assert_eq!(ticket(&put("x").await), ticket(&first));
    it.age(2).await;
    sweep(&it).await;
    assert_eq!(put("y").await.status(), 200, "the key is free");
    assert_eq!(it.state(&ticket(&first)).await, Err(410));
    it.age(7 * 24 - 48).await;
    sweep(&it).await;
    assert_eq!(it.state(&ticket(&first)).await, Err(404));
}

async fn a_full_service_refuses(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let places = it.runner.take_places_but(0);
    let refused = it.put("/1/item/u/a", &json!(1)).send().await;
    assert_eq!((code(&refused), refused.field("retry-after")), ((503, json!("busy")), Some("1")));
    drop(places);
    it.put_item("/1/item/u/a", json!(1)).await;
}

async fn all_tickets_that_are_too_old_expire(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    it.put_item("/1/item/u/a", json!(1)).await;
    let work = async |transaction: &mut ::database::Transaction| {
        for number in 0..1_100 {
            let insert = "INSERT INTO ticket SELECT user_id, ?, NULL, fingerprint, state, owner, created, undoes, \
                          redo, work, progress, answer FROM ticket WHERE request_key IS NOT NULL";
            transaction.execute(insert, &::database::values![format!("{number}")]).await?;
        }
        Ok::<_, ::database::Error>(())
    };
    it.runner.data().database().write(work).await.expect("done");
    it.age(25).await;
    sweep(&it).await;
    assert_eq!(it.number("SELECT COUNT(*) FROM ticket WHERE state = 'open'").await, 0);
}

async fn images_take_places(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    world.write("/1/item/u/a", &json!("x".repeat(1_000_000))).await;
    let places = it.runner.take_places_but(1);
    assert_eq!(code(&it.put("/1/item/u/a", &json!(1)).send().await), (503, json!("busy")));
    drop(places);
    let ticket = it.put_item("/1/item/u/a", json!(1)).await;
    let places = it.runner.take_places_but(1);
    assert_eq!(code(&it.undo(&ticket).await), (503, json!("busy")));
    assert_eq!(world.read("/1/item/u/a").await, Ok(json!(1)));
    drop(places);
    it.undone(&ticket).await;
}
