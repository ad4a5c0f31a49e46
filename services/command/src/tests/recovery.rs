//! Commands whose process dies, and workers that were overtaken.

use engines::{Engine, on_each_engine};
use http::Method;
use serde_json::{Value as Json, json};

use super::{Process, World, batches::clip, code, ticket, world};

on_each_engine! {
    a_batch_goes_on_from_each_point
    a_batch_that_was_not_prepared_is_judged_anew
    a_batch_that_fails_goes_on_backwards
    a_batch_that_has_begun_to_go_back_does_not_go_on
    an_undo_goes_on_from_each_point
    an_undo_with_a_conflict_ends_after_a_crash
    the_image_that_was_committed_is_used_again
    a_change_by_another_is_in_the_image
    a_worker_that_was_overtaken_changes_nothing
    a_worker_goes_on_with_its_own_rows_that_nobody_executes
    a_command_of_a_worker_that_lives_is_left_alone
    a_command_is_given_up_after_a_day
    an_undo_is_given_up_after_a_day
    a_worker_that_was_overtaken_sends_nothing_more
    a_row_that_cannot_be_read_stops_no_other
    an_undo_that_has_changed_nothing_for_a_day_has_not_failed
}

/// The process is held at a point by a request, and dies. The request that waits does not say that nothing was executed.
pub(super) async fn dies(
    it: &Process,
    point: &'static str,
    request: wsgiservice::testing::TestRequest,
) {
    let pending = it.held(point, request).await;
    it.runner.die().await;
    it.runner.hold().leave();
    assert_eq!(code(&pending.await.expect("a response")), (409, json!("key-running")), "{point}");
}

/// How often something was written: once for each version.
async fn version(world: &World, path: &str) -> i64 {
    let found = world.direct.get(super::service_of(path), "u", path).await.expect("a response");
    found.headers()["x-version"].to_str().expect("text").parse().expect("a number")
}

async fn a_batch_goes_on_from_each_point(engine: Engine) {
    for point in ["command::after_prepare", "command::after_step"] {
        let Some(world) = world(engine).await else { return };
        let it = world.process().await;
        dies(&it, point, it.batch(&clip()).header("idempotency-key", "k")).await;
        let next = world.process().await;
        assert_eq!(next.recover().await, 1, "{point}");
        let label = version(&world, "/1/label/u/inbox").await;
        let done = next.batch(&clip()).header("idempotency-key", "k").send().await;
        assert_eq!(done.status(), 200, "{}", done.text());
        assert_eq!(done.field("idempotency-replayed"), Some("true"));
        assert_eq!(version(&world, "/1/label/u/inbox").await, label);
        next.undone(&ticket(&done)).await;
        assert_eq!(world.read("/1/item/u/a").await, Err(404));
        assert_eq!(next.recover().await, 0);
    }
}

async fn a_batch_that_was_not_prepared_is_judged_anew(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    dies(&it, "command::after_image", it.batch(&clip()).header("idempotency-key", "k")).await;
    let next = world.process().await;
    assert_eq!(next.recover().await, 0);
    let done = next.batch(&clip()).header("idempotency-key", "k").send().await;
    assert_eq!((done.status().as_u16(), done.field("idempotency-replayed")), (200, None));
    // The answer is lost after the last commit.
    let steps = json!([{"method": "DELETE", "path": "/1/item/u/a"}]);
    dies(&next, "command::after_end", next.batch(&steps).header("idempotency-key", "k2")).await;
    let last = world.process().await;
    assert_eq!(last.recover().await, 0);
    let again = last.batch(&steps).header("idempotency-key", "k2").send().await;
    assert_eq!((again.status().as_u16(), again.field("idempotency-replayed")), (200, Some("true")));
}

fn failing() -> Json {
    json!([
        {"method": "PUT", "path": "/1/item/u/a", "body": 1},
        {"method": "PUT", "path": "/1/item/u/b", "body": 1},
        {"method": "PUT", "path": "/1/label_item/u/none/a"},
    ])
}

async fn a_batch_that_fails_goes_on_backwards(engine: Engine) {
    for point in ["command::after_compensating", "command::after_inverse"] {
        let Some(world) = world(engine).await else { return };
        let it = world.process().await;
        dies(&it, point, it.batch(&failing()).header("idempotency-key", "k")).await;
        let next = world.process().await;
        assert_eq!(next.recover().await, 1);
        let failed = next.batch(&failing()).header("idempotency-key", "k").send().await;
        assert_eq!(code(&failed), (424, json!("step-failed")));
        let compensated = json!(["/1/item/u/b", "/1/item/u/a"]);
        assert_eq!(failed.json::<Json>()["compensated"], compensated, "{point}");
        for path in ["/1/item/u/a", "/1/item/u/b"] {
            assert_eq!(world.read(path).await, Err(404));
        }
    }
}

pub(super) async fn a_batch_that_has_begun_to_go_back_does_not_go_on(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let request = || it.batch(&failing()).header("idempotency-key", "k");
    dies(&it, "command::after_inverse", request()).await;
    // Now it would be accepted.
    world.write("/1/label/u/none", &json!({})).await;
    let next = world.process().await;
    next.recover().await;
    let failed = next.batch(&failing()).header("idempotency-key", "k").send().await;
    assert_eq!(failed.status(), 424, "{}", failed.text());
    for path in ["/1/item/u/a", "/1/item/u/b", "/1/label_item/u/none/a"] {
        assert_eq!(world.read(path).await, Err(404), "{path}");
    }
}

async fn an_undo_goes_on_from_each_point(engine: Engine) {
    for point in [
        "command::after_undoing",
        "command::after_applying",
        "command::after_inverse",
        "command::after_undone",
    ] {
        let Some(world) = world(engine).await else { return };
        let it = world.process().await;
        world.write("/1/item/u/a", &json!(0)).await;
        let steps = json!([
            {"method": "PUT", "path": "/1/item/u/a", "body": 1},
            {"method": "PUT", "path": "/1/item/u/b", "body": 1},
        ]);
        let ticket = ticket(&it.batch(&steps).send().await);
        dies(&it, point, it.client.post(&format!("/1/undo/u/{ticket}"))).await;
        let next = world.process().await;
        next.recover().await;
        assert_eq!(next.state(&ticket).await, Ok("undone".to_owned()), "{point}");
        assert_eq!(world.read("/1/item/u/a").await, Ok(json!(0)), "{point}");
        assert_eq!(world.read("/1/item/u/b").await, Err(404), "{point}");
        let redo = next.undone(&ticket).await;
        next.undone(&redo).await;
        assert_eq!(world.read("/1/item/u/a").await, Ok(json!(1)), "{point}");
        assert_eq!(world.read("/1/item/u/b").await, Ok(json!(1)), "{point}");
    }
}

async fn an_undo_with_a_conflict_ends_after_a_crash(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let ticket = it.put_item("/1/item/u/a", json!(1)).await;
    dies(&it, "command::after_undoing", it.client.post(&format!("/1/undo/u/{ticket}"))).await;
    world.write("/1/item/u/a", &json!("other")).await;
    let next = world.process().await;
    assert_eq!(next.state(&ticket).await, Ok("undoing".to_owned()));
    next.recover().await;
    assert_eq!(next.state(&ticket).await, Ok("open".to_owned()));
    assert_eq!(code(&next.undo(&ticket).await), (409, json!("changed-since")));
}

pub(super) async fn the_image_that_was_committed_is_used_again(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    world.write("/1/item/u/a", &json!(0)).await;
    let put = it.put("/1/item/u/a", &json!(1)).header("idempotency-key", "k");
    dies(&it, "command::after_step", put).await;
    assert_eq!(world.read("/1/item/u/a").await, Ok(json!(1)));
    let next = world.process().await;
    next.recover().await;
    let done = next.put("/1/item/u/a", &json!(1)).header("idempotency-key", "k").send().await;
    next.undone(&ticket(&done)).await;
    assert_eq!(world.read("/1/item/u/a").await, Ok(json!(0)));
}

pub(super) async fn a_change_by_another_is_in_the_image(engine: Engine) {
    for does_die in [false, true] {
        let Some(world) = world(engine).await else { return };
        let mut it = world.process().await;
        world.write("/1/item/u/a", &json!(0)).await;
        let put = |it: &Process| it.put("/1/item/u/a", &json!(1)).header("idempotency-key", "k");
        let pending = it.held("command::after_prepare", put(&it)).await;
        world.write("/1/item/u/a", &json!("other")).await;
        if does_die {
            it.runner.die().await;
            it = world.process().await;
            it.recover().await;
        } else {
            it.runner.hold().leave();
            assert_eq!(pending.await.expect("a response").status(), 200);
        }
        it.undone(&ticket(&put(&it).send().await)).await;
        assert_eq!(world.read("/1/item/u/a").await, Ok(json!("other")));
    }
}

pub(super) async fn a_worker_that_was_overtaken_changes_nothing(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    world.write("/1/item/u/a", &json!(0)).await;
    let put = |it: &Process| it.put("/1/item/u/a", &json!(1)).header("idempotency-key", "k");
    let slow = it.held("command::after_prepare", put(&it)).await;
    // It seems dead, since it gives no sign of life.
    it.runner.worker().end().await.expect("a database");
    world.write("/1/item/u/a", &json!("other")).await;
    let next = world.process().await;
    next.runner.hold().at("command::after_step");
    let taken = next.runner.recover().await.expect("a database");
    next.runner.hold().is_reached().await;
    it.runner.hold().leave();
    let slow = slow.await.expect("a response");
    assert_eq!(code(&slow), (409, json!("key-running")), "it is not its row");
    next.runner.hold().leave();
    for outcome in taken {
        let _ = outcome.await;
    }
    next.undone(&ticket(&put(&next).send().await)).await;
    assert_eq!(world.read("/1/item/u/a").await, Ok(json!("other")));
}

async fn a_worker_goes_on_with_its_own_rows_that_nobody_executes(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let put = it.put("/1/item/u/a", &json!(1)).header("idempotency-key", "k");
    dies(&it, "command::after_prepare", put).await;
    let next = world.process().await;
    let owner = next.runner.worker().id.clone();
    let work = async move |transaction: &mut ::database::Transaction| {
        let update = "UPDATE ticket SET owner = ?";
        transaction.execute(update, &::database::values![&owner]).await.map(|_| ())
    };
    let database = next.runner.data().database();
    database.write::<_, ::database::Error, _>(work).await.expect("done");
    assert_eq!(next.recover().await, 1);
    assert_eq!(world.read("/1/item/u/a").await, Ok(json!(1)));
}

async fn a_command_of_a_worker_that_lives_is_left_alone(engine: Engine) {
    if engine == Engine::Sqlite {
        // A file has one process.
        return;
    }
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let put = it.put("/1/item/u/a", &json!(1));
    let pending = it.held("command::after_prepare", put).await;
    let next = world.process().await;
    assert_eq!(next.recover().await, 0);
    it.runner.hold().leave();
    assert_eq!(pending.await.expect("a response").status(), 201);
}

pub(super) async fn a_command_is_given_up_after_a_day(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let put = |it: &Process| it.put("/1/item/u/a", &json!(1)).header("idempotency-key", "k");
    dies(&it, "command::after_prepare", put(&it)).await;
    it.age(25).await;
    let next = world.process().await;
    next.recover().await;
    assert_eq!(world.read("/1/item/u/a").await, Err(404), "its key may be forgotten");
    assert_eq!(code(&put(&next).send().await), (409, json!("failed")));
    assert_eq!(next.recover().await, 0);
    assert_eq!(next.number("SELECT COUNT(*) FROM ticket WHERE state = 'failed'").await, 1);
}

async fn an_undo_is_given_up_after_a_day(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let ticket = it.put_item("/1/item/u/a", json!(1)).await;
    dies(&it, "command::after_applying", it.client.post(&format!("/1/undo/u/{ticket}"))).await;
    it.age(25).await;
    world.fault(1, &Method::DELETE, "/a", false, 503);
    let next = world.process().await;
    next.recover().await;
    assert_eq!(next.state(&ticket).await, Ok("failed".to_owned()));
    assert_eq!(code(&next.undo(&ticket).await), (409, json!("failed")));
}

#[tokio::test]
async fn a_process_that_begins_takes_over_by_itself() {
    let world = world(Engine::Sqlite).await.expect("a world");
    let it = world.process().await;
    let put = it.put("/1/item/u/a", &json!(1)).header("idempotency-key", "k");
    dies(&it, "command::after_prepare", put).await;
    let runner = world.runner("c1", &world.url);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a socket");
    let stop = std::sync::Arc::new(tokio::sync::Notify::new());
    let stopped = std::sync::Arc::clone(&stop);
    let service = super::with(&runner, "c1".to_owned());
    let served = service.serve_until(listener, async move { stopped.notified().await });
    let served = tokio::spawn(served);
    while world.read("/1/item/u/a").await.is_err() {
        tokio::task::yield_now().await;
    }
    stop.notify_one();
    served.await.expect("no panic").expect("served");
    // What runs has ended, and the worker is signed off.
    let next = world.process().await;
    assert_eq!(next.number("SELECT COUNT(*) FROM worker").await, 1);
    assert_eq!(next.number("SELECT COUNT(*) FROM ticket WHERE state = 'open'").await, 1);
}

pub(super) async fn a_worker_that_was_overtaken_sends_nothing_more(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let steps = json!([
        {"method": "PUT", "path": "/1/item/u/a", "body": 1},
        {"method": "PUT", "path": "/1/label_item/u/none/a"},
    ]);
    let slow =
        it.held("command::after_step", it.batch(&steps).header("idempotency-key", "k")).await;
    // It seems dead, since it gives no sign of life.
    it.runner.worker().end().await.expect("a database");
    let next = world.process().await;
    assert_eq!(next.recover().await, 1);
    // Now its next step would be accepted.
    world.write("/1/label/u/none", &json!({})).await;
    it.runner.hold().leave();
    let slow = slow.await.expect("a response");
    assert_eq!(code(&slow), (424, json!("step-failed")), "{}", slow.text());
    for path in ["/1/item/u/a", "/1/label_item/u/none/a"] {
        assert_eq!(world.read(path).await, Err(404), "{path}");
    }
}

async fn a_row_that_cannot_be_read_stops_no_other(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    dies(&it, "command::after_prepare", it.put("/1/item/u/a", &json!(1))).await;
    let it = world.process().await;
    dies(&it, "command::after_prepare", it.put("/1/item/u/b", &json!(1))).await;
    let work = async |transaction: &mut ::database::Transaction| {
        let spoil = "UPDATE ticket SET work = '', created = created - 1 WHERE work LIKE '%/u/a%'";
        transaction.execute(spoil, &[]).await.map(|_| ())
    };
    let next = world.process().await;
    let database = next.runner.data().database();
    database.write::<_, ::database::Error, _>(work).await.expect("done");
    assert_eq!(next.recover().await, 1);
    assert_eq!(world.read("/1/item/u/b").await, Ok(json!(1)));
}

async fn an_undo_that_has_changed_nothing_for_a_day_has_not_failed(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let ticket = it.put_item("/1/item/u/a", json!(1)).await;
    dies(&it, "command::after_undoing", it.client.post(&format!("/1/undo/u/{ticket}"))).await;
    it.age(25).await;
    let next = world.process().await;
    assert_eq!(next.recover().await, 1);
    assert_eq!(code(&next.undo(&ticket).await), (410, json!("expired")));
    assert_eq!(world.read("/1/item/u/a").await, Ok(json!(1)));
}
