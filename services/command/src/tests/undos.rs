//! Undo, and undo of the undo.

use engines::{Engine, on_each_engine};
use http::Method;
use serde_json::{Value as Json, json};

use super::{Process, World, code, ticket, world};

on_each_engine! {
    each_change_is_undone_and_done_again
    an_undo_that_comes_again_has_the_same_answer
    two_undos_at_once_are_one
    an_undo_that_is_late_finds_the_other
    what_was_changed_since_is_a_conflict_and_nothing_is_undone
    force_undoes_what_others_have_done_and_can_be_undone
    force_deletes_and_brings_back
    what_is_changed_meanwhile_is_kept
    undo_undo_redo_redo
    a_deletion_and_what_came_after_it_are_undone
    what_went_with_an_item_comes_back_with_it
    a_deletion_with_a_cascade_is_done_again
    an_unknown_ticket_is_not_found
    a_key_of_another_request_is_refused
    an_undo_that_cannot_look_changes_nothing
    a_batch_in_a_container_is_undone_and_done_again
    what_was_ensured_anew_is_undone_and_so_is_the_deletion_before
    a_failed_batch_leaves_the_tickets_before_it
    an_undo_keeps_no_more_than_a_batch
    a_path_is_the_same_however_it_is_written
}

async fn each_change_is_undone_and_done_again(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    world.write("/1/item/u/b", &json!("b")).await;
    world.write("/1/item/u/c", &json!("c")).await;
    let put = |path: &str| it.put(path, &json!("new")).send();
    let created = ("/1/item/u/a", ticket(&put("/1/item/u/a").await), Err(404), Ok(json!("new")));
    let changed =
        ("/1/item/u/b", ticket(&put("/1/item/u/b").await), Ok(json!("b")), Ok(json!("new")));
    let deleted = ticket(&it.client.delete("/1/item/u/c").send().await);
    let deleted = ("/1/item/u/c", deleted, Ok(json!("c")), Err(404));
    let posted = it.client.post("/1/item/u").json(&json!("new")).send().await;
    let location = posted.field("location").expect("a path");
    let posted = (location, ticket(&posted), Err(404), Ok(json!("new")));
    for (path, mut ticket, before, after) in [created, changed, deleted, posted] {
        assert_eq!(world.read(path).await, after);
        for expected in [&before, &after, &before, &after] {
            let undone = it.undo(&ticket).await;
            assert_eq!(undone.status(), 200, "{path}: {}", undone.text());
            let steps = json!([{"path": path, "outcome": "reverted"}]);
            assert_eq!(undone.json::<Json>()["steps"], steps);
            assert_eq!(world.read(path).await, *expected, "{path}");
            assert_eq!(it.state(&ticket).await, Ok("undone".to_owned()));
            let known = it.get(&format!("/1/undo/u/{ticket}")).await.json::<Json>();
            assert_eq!(
                (&known["redo"], &known["steps"]),
                (&undone.json::<Json>()["ticket"], &steps)
            );
            ticket = self::ticket(&undone);
        }
    }
}

async fn an_undo_that_comes_again_has_the_same_answer(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let ticket = it.put_item("/1/item/u/a", json!(1)).await;
    let first = it.undo(&ticket).await;
    world.write("/1/item/u/a", &json!(2)).await;
    for _ in 0..2 {
        let again = it.undo(&ticket).await;
        assert_eq!((again.status().as_u16(), again.text()), (200, first.text()));
        assert_eq!(self::ticket(&again), self::ticket(&first));
    }
    assert_eq!(world.read("/1/item/u/a").await, Ok(json!(2)));
}

async fn two_undos_at_once_are_one(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let ticket = it.put_item("/1/item/u/a", json!(1)).await;
    let target = format!("/1/undo/u/{ticket}");
    for point in ["command::after_undoing", "command::after_applying", "command::after_inverse"] {
        let ticket = it.put_item(&format!("/1/item/u/{}", &point[9..]), json!(1)).await;
        let first = it.held(point, it.client.post(&format!("/1/undo/u/{ticket}"))).await;
        let second = it.undo(&ticket).await;
        assert_eq!(code(&second), (409, json!("key-running")), "{point}");
        assert_eq!(second.field("retry-after"), Some("1"));
        assert_eq!(it.state(&ticket).await, Ok("undoing".to_owned()));
        it.runner.hold().leave();
        let first = first.await.expect("a response");
        assert_eq!((first.status().as_u16(), first.text()), (200, it.undo(&ticket).await.text()));
    }
    let both = (0..2).map(|_| it.client.post(&target).send());
    let both = futures_util::future::join_all(both).await;
    let again = it.undo(&ticket).await;
    for response in both {
        let is_same = response.status() == 200 && response.text() == again.text();
        assert!(is_same || response.status() == 409, "{}", response.text());
    }
}

pub(super) async fn an_undo_that_is_late_finds_the_other(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let ticket = it.put_item("/1/item/u/a", json!(1)).await;
    let target = format!("/1/undo/u/{ticket}");
    let late = it.held("command::before_undoing", it.client.post(&target)).await;
    let first = it.undo(&ticket).await;
    assert_eq!(first.status(), 200);
    it.runner.hold().leave();
    let late = late.await.expect("a response");
    assert_eq!((late.status().as_u16(), late.text()), (200, first.text()));
}

pub(super) async fn what_was_changed_since_is_a_conflict_and_nothing_is_undone(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let steps = json!([
        {"method": "PUT", "path": "/1/item/u/a", "body": 1},
        {"method": "PUT", "path": "/1/item/u/b", "body": 1},
    ]);
    let ticket = ticket(&it.batch(&steps).send().await);
    world.write("/1/item/u/a", &json!("other")).await;
    for _ in 0..2 {
        let refused = it.undo(&ticket).await;
        assert_eq!(code(&refused), (409, json!("changed-since")));
        assert_eq!(refused.json::<Json>()["conflicts"], json!(["/1/item/u/a"]));
        assert_eq!(refused.field("retry-after"), None);
    }
    assert_eq!(world.read("/1/item/u/b").await, Ok(json!(1)));
    assert_eq!(it.state(&ticket).await, Ok("open".to_owned()));
    assert_eq!(it.number("SELECT COUNT(*) FROM ticket").await, 1);
    world.remove("/1/item/u/a").await;
    assert_eq!(it.undo(&ticket).await.status(), 409, "it is gone");
}

async fn force(it: &Process, ticket: &str) -> String {
    let forced = it.client.post(&format!("/1/undo/u/{ticket}?force=1")).send().await;
    assert_eq!(forced.status(), 200, "{}", forced.text());
    self::ticket(&forced)
}

async fn force_undoes_what_others_have_done_and_can_be_undone(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    world.write("/1/item/u/a", &json!(0)).await;
    let ticket = it.put_item("/1/item/u/a", json!(1)).await;
    world.write("/1/item/u/a", &json!("other")).await;
    let redo = force(&it, &ticket).await;
    assert_eq!(world.read("/1/item/u/a").await, Ok(json!(0)));
    it.undone(&redo).await;
    assert_eq!(world.read("/1/item/u/a").await, Ok(json!("other")));
}

async fn force_deletes_and_brings_back(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    // Deleted by another after it was changed.
    world.write("/1/item/u/a", &json!(0)).await;
    let changed = it.put_item("/1/item/u/a", json!(1)).await;
    world.remove("/1/item/u/a").await;
    let redo = force(&it, &changed).await;
    assert_eq!(world.read("/1/item/u/a").await, Ok(json!(0)));
    it.undone(&redo).await;
    assert_eq!(world.read("/1/item/u/a").await, Err(404));
    // Deleted by another after it was created.
    let created = it.put_item("/1/item/u/b", json!(1)).await;
    world.remove("/1/item/u/b").await;
    force(&it, &created).await;
    assert_eq!(world.read("/1/item/u/b").await, Err(404));
    // Created by another after it was deleted.
    world.write("/1/item/u/c", &json!(0)).await;
    let deleted = ticket(&it.client.delete("/1/item/u/c").send().await);
    world.write("/1/item/u/c", &json!("other")).await;
    assert_eq!(it.undo(&deleted).await.status(), 409);
    let redo = force(&it, &deleted).await;
    assert_eq!(world.read("/1/item/u/c").await, Ok(json!(0)));
    it.undone(&redo).await;
    assert_eq!(world.read("/1/item/u/c").await, Ok(json!("other")));
}

async fn what_is_changed_meanwhile_is_kept(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let steps = json!([
        {"method": "PUT", "path": "/1/item/u/a", "body": 1},
        {"method": "PUT", "path": "/1/item/u/b", "body": 1},
    ]);
    let ticket = ticket(&it.batch(&steps).send().await);
    let undo = it.client.post(&format!("/1/undo/u/{ticket}"));
    let undo = it.held("command::after_applying", undo).await;
    world.write("/1/item/u/a", &json!("other")).await;
    it.runner.hold().leave();
    let undone = undo.await.expect("a response");
    let steps = json!([
        {"path": "/1/item/u/b", "outcome": "reverted"},
        {"path": "/1/item/u/a", "outcome": "kept"},
    ]);
    assert_eq!((undone.status().as_u16(), &undone.json::<Json>()["steps"]), (200, &steps));
    assert_eq!(world.read("/1/item/u/a").await, Ok(json!("other")));
    it.undone(&self::ticket(&undone)).await;
    assert_eq!(world.read("/1/item/u/b").await, Ok(json!(1)));
    assert_eq!(world.read("/1/item/u/a").await, Ok(json!("other")));
}

pub(super) async fn undo_undo_redo_redo(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let value = async |expected: i64| {
        assert_eq!(world.read("/1/item/u/a").await, Ok(json!(expected)));
    };
    world.write("/1/item/u/a", &json!(0)).await;
    let mut undos = Vec::new();
    for number in 1..=3 {
        undos.push(it.put_item("/1/item/u/a", json!(number)).await);
    }
    for _ in 0..2 {
        let mut redos = Vec::new();
        for (ticket, expected) in undos.iter().rev().zip([2, 1, 0]) {
            redos.push(it.undone(ticket).await);
            value(expected).await;
        }
        undos.clear();
        for (ticket, expected) in redos.iter().rev().zip(1..) {
            undos.push(it.undone(ticket).await);
            value(expected).await;
        }
    }
}

pub(super) async fn a_deletion_and_what_came_after_it_are_undone(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    world.write("/1/item/u/a", &json!(0)).await;
    world.write("/1/attachment/u/a/shot", &json!("shot")).await;
    let deleted = ticket(&it.client.delete("/1/item/u/a").send().await);
    let anew = it.put_item("/1/item/u/a", json!(1)).await;
    assert_eq!(world.read("/1/attachment/u/a/shot").await, Err(404));
    let anew = it.undone(&anew).await;
    assert_eq!(world.read("/1/item/u/a").await, Err(404));
    let deleted = it.undone(&deleted).await;
    assert_eq!(world.read("/1/item/u/a").await, Ok(json!(0)));
    assert_eq!(world.read("/1/attachment/u/a/shot").await, Ok(json!("shot")));
    it.undone(&deleted).await;
    assert_eq!(world.read("/1/item/u/a").await, Err(404));
    it.undone(&anew).await;
    assert_eq!(world.read("/1/item/u/a").await, Ok(json!(1)));
    assert_eq!(world.read("/1/attachment/u/a/shot").await, Err(404));
}

async fn what_went_with_an_item_comes_back_with_it(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let created = it.put_item("/1/item/u/a", json!(1)).await;
    world.write("/1/attachment/u/a/shot", &json!("shot")).await;
    let redo = it.undone(&created).await;
    assert_eq!(world.read("/1/attachment/u/a/shot").await, Err(404));
    it.undone(&redo).await;
    assert_eq!(world.read("/1/attachment/u/a/shot").await, Ok(json!("shot")));
}

async fn a_deletion_with_a_cascade_is_done_again(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    world.write("/1/label/u/inbox", &json!({})).await;
    world.write("/1/label_item/u/inbox/a", &json!({})).await;
    let deleted = it.client.delete("/1/label/u/inbox?cascade=1").send().await;
    assert_eq!(deleted.status(), 204);
    let redo = it.undone(&ticket(&deleted)).await;
    assert!(world.read("/1/label_item/u/inbox/a").await.is_ok());
    let undo = it.undone(&redo).await;
    assert_eq!(world.read("/1/label/u/inbox").await, Err(404));
    it.undone(&undo).await;
    assert!(world.read("/1/label_item/u/inbox/a").await.is_ok());
}

async fn an_unknown_ticket_is_not_found(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    it.put_item("/1/item/u/a", json!(1)).await;
    let none = "0".repeat(32);
    assert_eq!(it.undo(&none).await.status(), 404);
    assert_eq!(it.state(&none).await, Err(404));
    assert!([400, 404].contains(&it.undo("x").await.status().as_u16()));
}

async fn a_key_of_another_request_is_refused(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let put = it.put("/1/item/u/a", &json!(1)).header("idempotency-key", "k").send().await;
    let target = format!("/1/undo/u/{}", ticket(&put));
    let undo = |key: &str| it.client.post(&target).header("idempotency-key", key);
    assert_eq!(code(&undo("k").send().await), (422, json!("key-reused")));
    let first = undo("k2").send().await;
    assert_eq!(first.status(), 200);
    let again = undo("k2").send().await;
    assert_eq!(again.field("idempotency-replayed"), Some("true"));
    let put = it.put("/1/item/u/b", &json!(1)).header("idempotency-key", "k2").send().await;
    assert_eq!(code(&put), (422, json!("key-reused")));
}

async fn an_undo_that_cannot_look_changes_nothing(engine: Engine) {
    let Some(world): Option<World> = world(engine).await else { return };
    let it = world.process().await;
    let ticket = it.put_item("/1/item/u/a", json!(1)).await;
    world.fault(3, &Method::GET, "/a", false, 503);
    let refused = it.undo(&ticket).await;
    assert_eq!((refused.status().as_u16(), refused.field("retry-after")), (503, Some("1")));
    assert_eq!(it.state(&ticket).await, Ok("open".to_owned()));
    it.undone(&ticket).await;
}

async fn a_batch_in_a_container_is_undone_and_done_again(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    world.write("/1/label/u/old", &json!({})).await;
    world.write("/1/label_item/u/old/a", &json!({"position": 3})).await;
    let steps = json!([
        {"method": "PUT", "path": "/1/item/u/a", "body": 1},
        {"method": "PUT", "path": "/1/attachment/u/a/shot", "body": "shot"},
        {"method": "PUT", "path": "/1/label/u/inbox", "ensure": true},
        {"method": "PUT", "path": "/1/label_item/u/inbox/a", "body": {"position": 1}},
        {"method": "DELETE", "path": "/1/label_item/u/old/a"},
        {"method": "DELETE", "path": "/1/label/u/old"},
    ]);
    let new =
        ["/1/item/u/a", "/1/attachment/u/a/shot", "/1/label/u/inbox", "/1/label_item/u/inbox/a"];
    let old = ["/1/label/u/old", "/1/label_item/u/old/a"];
    let mut ticket = ticket(&it.batch(&steps).send().await);
    for is_new in [false, true, false, true] {
        ticket = it.undone(&ticket).await;
        for path in new {
            assert_eq!(world.read(path).await.is_ok(), is_new, "{path}");
        }
        for path in old {
            assert_eq!(world.read(path).await.is_ok(), !is_new, "{path}");
        }
    }
}

async fn what_was_ensured_anew_is_undone_and_so_is_the_deletion_before(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    world.write("/1/label/u/inbox", &json!({"title": "Mine"})).await;
    let deleted = ticket(&it.client.delete("/1/label/u/inbox").send().await);
    let ensure = json!([{"method": "PUT", "path": "/1/label/u/inbox", "ensure": true}]);
    let ensured = ticket(&it.batch(&ensure).send().await);
    it.undone(&ensured).await;
    it.undone(&deleted).await;
    assert_eq!(world.read("/1/label/u/inbox").await.expect("a label")["title"], "Mine");
}

async fn a_failed_batch_leaves_the_tickets_before_it(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    world.write("/1/item/u/b", &json!("b")).await;
    let changed = it.put_item("/1/item/u/a", json!(1)).await;
    let deleted = ticket(&it.client.delete("/1/item/u/b").send().await);
    let failing = json!([
        {"method": "PUT", "path": "/1/item/u/a", "body": 2},
        {"method": "PUT", "path": "/1/item/u/b", "body": 2},
        {"method": "PUT", "path": "/1/label_item/u/none/a"},
    ]);
    assert_eq!(it.batch(&failing).send().await.status(), 424);
    // Nobody else has changed anything.
    it.undone(&changed).await;
    assert_eq!(world.read("/1/item/u/a").await, Err(404));
    it.undone(&deleted).await;
    assert_eq!(world.read("/1/item/u/b").await, Ok(json!("b")));
}

async fn an_undo_keeps_no_more_than_a_batch(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let path = |number: i32| format!("/1/item/u/{number}");
    let step = |number| json!({"method": "PUT", "path": path(number), "body": number});
    let changed = ticket(&it.batch(&json!((0..12).map(step).collect::<Vec<_>>())).send().await);
    for number in 0..12 {
        world.write(&path(number), &json!("x".repeat(1_000_000))).await;
    }
    let forced = it.client.post(&format!("/1/undo/u/{changed}?force=1")).send().await;
    assert_eq!((forced.status().as_u16(), forced.field("x-undo")), (200, Some("unavailable")));
    assert_eq!(world.read("/1/item/u/11").await, Err(404));
}

async fn a_path_is_the_same_however_it_is_written(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let first = it.put_item("/1/item/u/%61", json!(1)).await;
    let second = it.put_item("/1/item/u/a", json!(2)).await;
    it.undone(&second).await;
    it.undone(&first).await;
    assert_eq!(world.read("/1/item/u/a").await, Err(404));
}
