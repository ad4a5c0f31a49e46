//! Users of another cluster, and users who move while a command runs.

use engines::{Engine, on_each_engine};
use http::Method;
use serde_json::{Value as Json, json};

use super::{Process, World, batches::clip, code, ticket, url, with, world};

on_each_engine! {
    a_call_for_a_user_of_another_cluster_is_passed_on
    a_call_that_was_passed_on_does_not_go_round
    a_command_goes_on_where_its_user_is
    a_command_that_was_not_prepared_is_executed_once
    a_commit_waits_for_a_move_that_is_aborted
    nothing_is_committed_for_a_user_who_is_frozen
    a_user_who_was_removed_is_gone
    a_call_that_was_passed_on_and_lost_is_not_made_again
    an_undo_goes_on_where_its_user_is
    a_command_whose_user_moves_there_and_back_is_executed_once
}

/// Command in two clusters, of which the first passes calls on to the second.
async fn two(world: &World) -> (Process, Process) {
    let first = world.process().await;
    let second = world.process_in("c2", &url(&world.folder, "sqlite", "second.db")).await;
    let service = with(&second.runner, "c2".to_owned()).build().expect("a service");
    *world.other.lock().expect("a service") = Some(service);
    (first, second)
}

fn moves_to(world: &World, cluster: &str) {
    *world.home.lock().expect("a cluster") = cluster.to_owned();
}

/// The steps of a move after the user is frozen.
async fn moves(world: &World, old: &Process, new: &Process) {
    let export = old.get("/1/export/u?version=6").await.text().to_owned();
    let import = new.client.post("/1/import/u?version=6").body(export).send().await;
    assert_eq!(import.status(), 200, "{}", import.text());
    moves_to(world, "c2");
    old.place("away", "7").await;
    new.place("here", "7").await;
}

pub(super) async fn a_call_for_a_user_of_another_cluster_is_passed_on(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let (first, second) = two(&world).await;
    moves_to(&world, "c2");
    let put = || {
        let put = first.put("/1/item/u/a?x=%7e", &json!(1));
        put.header("idempotency-key", "k").header("if-none-match", "*").send()
    };
    let done = put().await;
    assert_eq!(
        (done.status().as_u16(), done.field("x-cluster")),
        (201, Some("c2")),
        "{}",
        done.text()
    );
    assert_eq!(done.json::<Json>()["id"], "a");
    let again = put().await;
    assert_eq!((ticket(&again), again.text()), (ticket(&done), done.text()));
    let direct = second.put("/1/item/u/a?x=~", &json!(1)).header("idempotency-key", "k");
    assert_eq!(ticket(&direct.send().await), ticket(&done), "it is the same request");
    assert_eq!(first.number("SELECT COUNT(*) FROM ticket").await, 0);

    let batch = first.batch(&clip()).header("idempotency-key", "k2").send().await;
    assert_eq!((batch.status().as_u16(), batch.field("x-cluster")), (200, Some("c2")));
    let direct = second.batch(&clip()).header("idempotency-key", "k2").send().await;
    assert_eq!((ticket(&direct), direct.text()), (ticket(&batch), batch.text()));
    for it in [&first, &second] {
        let found = it.get(&format!("/1/undo/u/{}", ticket(&batch))).await;
        assert_eq!((found.status().as_u16(), found.field("x-cluster")), (200, Some("c2")));
        assert_eq!(found.json::<Json>()["state"], "open");
        let list = it.get("/1/undo/u?start=2&count=1").await;
        assert_eq!(
            (&list.json::<Json>()["total"], list.field("x-cluster")),
            (&json!(2), Some("c2"))
        );
        assert_eq!(it.get(&format!("/1/undo/u/{}", "0".repeat(32))).await.status(), 404);
    }
    let undone = first.client.post(&format!("/1/undo/u/{}?force=1", ticket(&batch))).send().await;
    assert_eq!((undone.status().as_u16(), undone.field("x-cluster")), (200, Some("c2")));
    world.fault(1, &Method::DELETE, "/a", false, 422);
    assert_eq!(first.client.delete("/1/item/u/a").send().await.status(), 422);
}

async fn a_call_that_was_passed_on_does_not_go_round(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let (first, _) = two(&world).await;
    moves_to(&world, "c2");
    let put = first.put("/1/item/u/a", &json!(1)).header("x-passed-on", "1").send().await;
    assert_eq!((code(&put), put.field("x-cluster")), ((421, json!("moved")), Some("c2")));
}

async fn a_command_goes_on_where_its_user_is(engine: Engine) {
    for point in ["command::after_prepare", "command::after_step"] {
        let Some(world) = world(engine).await else { return };
        let (old, new) = two(&world).await;
        world.write("/1/item/u/a", &json!("before")).await;
        let batch = |it: &Process| it.batch(&clip()).header("idempotency-key", "k");
        let running = old.held(point, batch(&old)).await;
        old.place("frozen", "6").await;
        moves(&world, &old, &new).await;
        let abandoned = new.runner.recover().await.expect("a database");
        assert_eq!(abandoned.len(), 1);
        for outcome in abandoned {
            outcome.await.expect("an outcome").expect("an answer");
        }
        old.runner.hold().leave();
        let done = running.await.expect("a response");
        assert_eq!(
            (done.status().as_u16(), done.field("x-cluster")),
            (200, Some("c2")),
            "{}",
            done.text()
        );
        let again = batch(&new).send().await;
        assert_eq!((again.text(), ticket(&again)), (done.text(), ticket(&done)));
        assert_eq!(old.number("SELECT COUNT(*) FROM ticket").await, 0);
        new.undone(&ticket(&done)).await;
        assert_eq!(world.read("/1/item/u/a").await, Ok(json!("before")), "{point}");
    }
}

async fn a_command_that_was_not_prepared_is_executed_once(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let (old, new) = two(&world).await;
    old.put_item("/1/item/u/a", json!("before")).await;
    let post = old.client.post("/1/item/u").json(&json!(1));
    let running = old.held("command::after_image", post).await;
    old.place("frozen", "6").await;
    moves(&world, &old, &new).await;
    old.runner.hold().leave();
    let done = running.await.expect("a response");
    assert_eq!(
        (done.status().as_u16(), done.field("x-cluster")),
        (201, Some("c2")),
        "{}",
        done.text()
    );
    assert_eq!(world.read("/1/item/u").await.expect("a list")["total"], 2);
    new.undone(&ticket(&done)).await;
}

async fn a_commit_waits_for_a_move_that_is_aborted(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let put = it.put("/1/item/u/a", &json!(1));
    let running = it.held("command::after_step", put).await;
    it.place("frozen", "6").await;
    assert_eq!(it.put("/1/item/u/b", &json!(1)).send().await.status(), 423);
    it.runner.hold().leave();
    it.place("here", "7").await;
    assert_eq!(running.await.expect("a response").status(), 201);
}

pub(super) async fn nothing_is_committed_for_a_user_who_is_frozen(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    it.put_item("/1/item/u/a", json!(1)).await;
    let delete = it.client.delete("/1/item/u/a").header("x-request-timeout-ms", "400");
    let running = it.held("command::after_image", delete).await;
    it.place("frozen", "6").await;
    it.runner.hold().leave();
    // What is not in the export is not known where the user goes.
    assert_eq!(code(&running.await.expect("a response")), (409, json!("key-running")));
    assert_eq!(it.number("SELECT COUNT(*) FROM ticket").await, 1);
    assert_eq!(world.read("/1/item/u/a").await, Ok(json!(1)));
}

async fn a_user_who_was_removed_is_gone(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let ticket = it.put_item("/1/item/u/a", json!(1)).await;
    it.place("frozen", "6").await;
    it.place("gone", "6").await;
    assert_eq!(code(&it.put("/1/item/u/a", &json!(1)).send().await), (410, json!("user-gone")));
    assert_eq!(code(&it.undo(&ticket).await), (410, json!("user-gone")));
    assert_eq!(it.state(&ticket).await, Err(410));
    assert_eq!(it.number("SELECT COUNT(*) FROM ticket").await, 0);
    assert_eq!(it.number("SELECT COUNT(*) FROM inverse").await, 0);
}

async fn a_call_that_was_passed_on_and_lost_is_not_made_again(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let (first, second) = two(&world).await;
    moves_to(&world, "c2");
    let post = first.client.post("/1/item/u").json(&json!(1)).header("x-request-timeout-ms", "400");
    second.runner.hold().at("command::after_prepare");
    *world.lost.lock().expect("a flag") = true;
    let pending = tokio::spawn(post.send());
    second.runner.hold().is_reached().await;
    let lost = pending.await.expect("a response");
    assert_eq!(code(&lost), (409, json!("key-running")), "{}", lost.text());
    *world.lost.lock().expect("a flag") = false;
    second.runner.hold().leave();
    let key = lost.field("idempotency-key").expect("a key").to_owned();
    loop {
        let again = first.client.post("/1/item/u").json(&json!(1)).header("idempotency-key", &key);
        if again.send().await.status() == 201 {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(world.read("/1/item/u").await.expect("a list")["total"], 1);
}

async fn an_undo_goes_on_where_its_user_is(engine: Engine) {
    for point in ["command::after_undoing", "command::after_applying", "command::after_inverse"] {
        let Some(world) = world(engine).await else { return };
        let (old, new) = two(&world).await;
        world.write("/1/item/u/a", &json!("before")).await;
        let ticket = ticket(&old.batch(&clip()).send().await);
        let undo = |it: &Process| it.client.post(&format!("/1/undo/u/{ticket}"));
        let running = old.held(point, undo(&old)).await;
        old.place("frozen", "6").await;
        moves(&world, &old, &new).await;
        assert_eq!(new.recover().await, 1);
        old.runner.hold().leave();
        let done = running.await.expect("a response");
        assert_eq!((done.status().as_u16(), done.field("x-cluster")), (200, Some("c2")), "{point}");
        assert_eq!(undo(&new).send().await.text(), done.text());
        assert_eq!(world.read("/1/item/u/a").await, Ok(json!("before")), "{point}");
        new.undone(&self::ticket(&done)).await;
        assert!(world.read("/1/label_item/u/inbox/a").await.is_ok());
    }
}

async fn a_command_whose_user_moves_there_and_back_is_executed_once(engine: Engine) {
    for is_taken in [false, true] {
        let Some(world) = world(engine).await else { return };
        let (old, new) = two(&world).await;
        world.write("/1/item/u/a", &json!("before")).await;
        let running = old.held("command::after_step", old.batch(&clip())).await;
        old.place("frozen", "6").await;
        moves(&world, &old, &new).await;
        if is_taken {
            new.runner.hold().at("command::after_step");
            new.runner.recover().await.expect("a database");
            new.runner.hold().is_reached().await;
        }
        new.place("frozen", "8").await;
        let export = new.get("/1/export/u?version=8").await.text().to_owned();
        let import = old.client.post("/1/import/u?version=8").body(export).send().await;
        assert_eq!(import.status(), 200, "{}", import.text());
        moves_to(&world, "c1");
        new.place("away", "9").await;
        old.place("here", "9").await;
        new.runner.hold().leave();
        old.runner.hold().leave();
        let done = running.await.expect("a response");
        let left = old.recover().await;
        assert_eq!((done.status().as_u16(), left), if is_taken { (409, 1) } else { (200, 0) });
        let open = old.get("/1/undo/u").await.json::<Json>();
        assert_eq!(open["total"], 1);
        old.undone(open["items"][0]["ticket"].as_str().expect("a ticket")).await;
        assert_eq!(world.read("/1/item/u/a").await, Ok(json!("before")));
        assert_eq!(world.read("/1/label/u/inbox").await, Err(404));
    }
}
