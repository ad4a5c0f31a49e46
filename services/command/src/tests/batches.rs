//! Batches, and what becomes of them if a step fails.

use engines::{Engine, on_each_engine};
use http::Method;
use serde_json::{Value as Json, json};

use super::{Process, World, code, ticket, world};

on_each_engine! {
    a_batch_is_one_change
    a_batch_that_comes_again_has_the_same_answer
    a_batch_that_is_wrong_is_refused
    a_step_that_fails_undoes_those_before
    a_step_that_fails_first_leaves_no_record
    what_others_have_changed_is_kept
    what_is_ensured_is_not_changed
    an_unknown_outcome_fails_no_batch
    an_event_tells_of_a_batch
    a_batch_that_posts_is_undone
}

/// An item in a label that may be there already.
pub(super) fn clip() -> Json {
    json!([
        {"method": "PUT", "path": "/1/item/u/a", "body": {"x": 1}},
        {"method": "PUT", "path": "/1/label/u/inbox", "ensure": true},
        {"method": "PUT", "path": "/1/label_item/u/inbox/a", "body": {"position": 1}},
    ])
}

async fn a_batch_is_one_change(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let done = it.batch(&clip()).send().await;
    assert_eq!(done.status(), 200, "{}", done.text());
    let batch = done.json::<Json>();
    assert_eq!(batch["ticket"], ticket(&done));
    assert_eq!(done.field("x-cluster"), Some("c1"));
    let steps: Vec<_> = batch["steps"].as_array().expect("steps").iter().collect();
    assert_eq!(steps.len(), 3);
    for (step, path) in
        steps.iter().zip(["/1/item/u/a", "/1/label/u/inbox", "/1/label_item/u/inbox/a"])
    {
        assert_eq!((&step["path"], &step["status"]), (&json!(path), &json!(201)));
        assert!(step["version"].is_i64());
    }
    assert_eq!(it.state(&ticket(&done)).await, Ok("open".to_owned()));
    it.undone(&ticket(&done)).await;
    for path in ["/1/item/u/a", "/1/label/u/inbox", "/1/label_item/u/inbox/a"] {
        assert_eq!(world.read(path).await, Err(404), "{path}");
    }
}

async fn a_batch_that_comes_again_has_the_same_answer(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let first = it.batch(&clip()).header("idempotency-key", "k").send().await;
    let again = it.batch(&clip()).header("idempotency-key", "k").send().await;
    assert_eq!((again.status().as_u16(), again.text()), (200, first.text()));
    assert_eq!(again.field("idempotency-replayed"), Some("true"));
    assert_eq!(ticket(&again), ticket(&first));
    let other = json!([{"method": "DELETE", "path": "/1/item/u/a"}]);
    let other = it.batch(&other).header("idempotency-key", "k").send().await;
    assert_eq!(code(&other), (422, json!("key-reused")));
}

async fn a_batch_that_is_wrong_is_refused(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let good = json!({"method": "PUT", "path": "/1/item/u/a", "body": 1});
    for (step, message) in [
        (json!({"method": "PUT", "path": "/1/item/v/a", "body": 1}), "another user"),
        (json!({"method": "PUT", "path": "/1/item/u/%61", "body": 1}), "step 1 has the same path"),
        (json!({"method": "DELETE", "path": "/1/item/u/a"}), "step 1 has the same path"),
        (
            json!({"method": "PUT", "path": "/1/item/u/a?restore=1", "body": 1}),
            "step 1 has the same path",
        ),
        (
            json!({"method": "PUT", "path": "/1/other/u/b", "body": 1}),
            "no service has the resource `other`; there are attachment, derived, item,",
        ),
        (
            json!({"method": "PUT", "path": "/1/undo/u/b", "body": 1}),
            "no service has the resource `undo`",
        ),
        (json!({"method": "PUT", "path": "/1/item/u", "body": 1}), "no name"),
        (json!({"method": "PUT", "path": "/1/item/u/ b", "body": 1}), "percent"),
        (json!({"method": "PUT", "path": "/1/item/u/..", "body": 1}), "`..`"),
        (json!({"method": "PUT", "path": "item", "body": 1}), "/1/RESOURCE"),
        (json!({"method": "DELETE", "path": "/1/item/u/b", "body": 1}), "no content"),
        (json!({"method": "DELETE", "path": "/1/item/u/b", "ensure": true}), "ensured"),
    ] {
        let refused = it.batch(&json!([good, step])).send().await;
        let detail = refused.json::<Json>()["detail"].as_str().expect("a detail").to_owned();
        assert_eq!(refused.status(), 400, "{step}");
        assert!(detail.starts_with("step 2: ") && detail.contains(message), "{step}: {detail}");
    }
    let wrong = json!([{"method": "PUT", "path": "/1/itme/u/a"}, good, {"method": "PUT", "path": "/1/item/v/a"}]);
    let refused: Json = it.batch(&wrong).send().await.json();
    let detail = refused["detail"].as_str().expect("a detail");
    assert!(detail.contains("step 1: ") && detail.contains("; step 3: "), "{detail}");
    for step in
        [json!({"method": "PATCH", "path": "/1/item/u/b"}), json!({"method": "PUT"}), json!(1)]
    {
        assert_eq!(it.batch(&json!([good, step])).send().await.status(), 400, "{step}");
    }
    let many = |count: usize| {
        let step =
            |number| json!({"method": "PUT", "path": format!("/1/item/u/{number}"), "body": 1});
        json!((0..count).map(step).collect::<Vec<_>>())
    };
    for (count, status) in [(0, 400), (101, 400), (100, 200)] {
        assert_eq!(it.batch(&many(count)).send().await.status(), status, "{count}");
    }
    let (topic, name) = ("t".repeat(65), "n".repeat(2_001));
    for event in [
        "/1/clip/v/a",
        "clip",
        "/1//u",
        "/1/clip/u/..",
        "/1/clip/u/a/%2e%2E/b",
        "/1/clip/u/",
        "/1/clip/u/a b",
        "/1/clip/u/a%00",
        "/1/clip/u/a%c2%85",
        "/1/clip/u/%ff",
        "/1/listener/u/a",
        "/1/dead/u/retry",
        "/1/message/u",
        "/1/cl.ip/u/a",
        "/1/cl%69p/u/a",
        &format!("/1/{topic}/u/a"),
        &format!("/1/clip/u/{name}"),
        &format!("/1/clip/u/{}", "%F0%9F%98%80".repeat(700)),
    ] {
        let batch = json!({"steps": [good], "event": event});
        let refused = it.client.post("/1/batch/u").json(&batch).send().await;
        assert_eq!(refused.status(), 400, "{event}");
    }
    assert_eq!(world.read("/1/item/u/a").await, Err(404));
}

/// A batch of which the last step is refused, since its label does not exist.
fn failing() -> Json {
    json!([
        {"method": "PUT", "path": "/1/item/u/a", "body": 2},
        {"method": "PUT", "path": "/1/item/u/new", "body": 3},
        {"method": "DELETE", "path": "/1/item/u/b"},
        {"method": "PUT", "path": "/1/label_item/u/none/a"},
    ])
}

async fn begun(world: &World) -> Process {
    let it = world.process().await;
    world.write("/1/item/u/a", &json!(1)).await;
    world.write("/1/item/u/b", &json!("b")).await;
    it
}

async fn a_step_that_fails_undoes_those_before(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = begun(&world).await;
    let send = || it.batch(&failing()).header("idempotency-key", "k").send();
    let failed = send().await;
    assert_eq!(code(&failed), (424, json!("step-failed")));
    let problem = failed.json::<Json>();
    assert_eq!((&problem["failed_step"], &problem["step_status"]), (&json!(4), &json!(404)));
    assert_eq!(problem["problem"]["detail"], "the label none does not exist");
    assert_eq!(problem["compensated"], json!(["/1/item/u/b", "/1/item/u/new", "/1/item/u/a"]));
    assert_eq!(problem["kept"], json!([]));
    assert_eq!(failed.field("x-undo-ticket"), None);
    assert_eq!(world.read("/1/item/u/a").await, Ok(json!(1)));
    assert_eq!(world.read("/1/item/u/b").await, Ok(json!("b")));
    assert_eq!(world.read("/1/item/u/new").await, Err(404));
    let again = send().await;
    assert_eq!((again.status().as_u16(), again.text()), (424, failed.text()));
    assert_eq!(again.field("idempotency-replayed"), Some("true"));
    assert_eq!(it.number("SELECT COUNT(*) FROM outbox").await, 0);
}

async fn a_step_that_fails_first_leaves_no_record(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let send = || {
        let steps = json!([
            {"method": "PUT", "path": "/1/label_item/u/inbox/a"},
            {"method": "PUT", "path": "/1/item/u/a", "body": 2},
        ]);
        it.batch(&steps).header("idempotency-key", "k").send()
    };
    let failed = send().await;
    assert_eq!(
        (code(&failed), &failed.json::<Json>()["failed_step"]),
        ((424, json!("step-failed")), &json!(1))
    );
    world.write("/1/label/u/inbox", &json!({})).await;
    assert_eq!(send().await.status(), 200, "it is judged anew");
}

async fn what_others_have_changed_is_kept(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = begun(&world).await;
    let failed = it.held("command::after_compensating", it.batch(&failing())).await;
    world.write("/1/item/u/a", &json!("other")).await;
    it.runner.hold().leave();
    let problem = failed.await.expect("a response").json::<Json>();
    assert_eq!(problem["kept"], json!(["/1/item/u/a"]));
    assert_eq!(problem["compensated"], json!(["/1/item/u/b", "/1/item/u/new"]));
    assert_eq!(world.read("/1/item/u/a").await, Ok(json!("other")));
}

async fn what_is_ensured_is_not_changed(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    world.write("/1/label/u/inbox", &json!({"title": "Mine"})).await;
    let done = it.batch(&clip()).send().await;
    assert_eq!(done.json::<Json>()["steps"][1]["status"], 412);
    assert_eq!(world.read("/1/label/u/inbox").await.expect("a label")["title"], "Mine");
    it.undone(&ticket(&done)).await;
    assert_eq!(world.read("/1/label/u/inbox").await.expect("a label")["title"], "Mine");

    let new = json!([{"method": "PUT", "path": "/1/label/u/new", "ensure": true}]);
    let done = it.batch(&new).send().await;
    world.write("/1/label_item/u/new/x", &json!({})).await;
    let undone = it.undo(&ticket(&done)).await;
    let steps = json!([{"path": "/1/label/u/new", "outcome": "kept"}]);
    assert_eq!(undone.json::<Json>()["steps"], steps, "it is not empty");
}

pub(super) async fn an_unknown_outcome_fails_no_batch(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = begun(&world).await;
    // More often than a call is tried.
    world.fault(5, &Method::DELETE, "/b", true, 502);
    let steps = json!([
        {"method": "PUT", "path": "/1/item/u/a", "body": 2},
        {"method": "DELETE", "path": "/1/item/u/b"},
    ]);
    let done = it.batch(&steps).send().await;
    assert_eq!(done.status(), 200, "{}", done.text());
    assert_eq!(world.read("/1/item/u/a").await, Ok(json!(2)));
    assert_eq!(world.read("/1/item/u/b").await, Err(404));
}

async fn an_event_tells_of_a_batch(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let batch = json!({"steps": clip(), "event": "/1/clip/u/a"});
    let done = it.client.post("/1/batch/u").json(&batch).send().await;
    let sql = "SELECT path, ticket, content FROM outbox";
    let rows = it.runner.data().database().query(sql, &[]).await.expect("rows");
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].get::<String>(0).expect("a path"), "/1/clip/u/a");
    assert_eq!(rows[0].get::<String>(1).expect("a ticket"), ticket(&done));
    let content: Json =
        serde_json::from_str(&rows[0].get::<String>(2).expect("content")).expect("JSON");
    let steps = done.json::<Json>()["steps"].clone();
    let step = |it: &Json| json!({"path": it["path"], "version": it["version"], "gone": false});
    let steps: Vec<_> = steps.as_array().expect("steps").iter().map(step).collect();
    assert_eq!(content, json!({"steps": steps}));
    it.undone(&ticket(&done)).await;
    assert_eq!(it.number("SELECT COUNT(*) FROM outbox").await, 1, "an undo announces nothing");
}

async fn a_batch_that_posts_is_undone(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let post = json!({"method": "POST", "path": "/1/item/u", "body": 1});
    let done = it.batch(&json!([post])).send().await;
    assert_eq!(done.status(), 200, "{}", done.text());
    let batch = done.json::<Json>();
    let location = |index: usize| batch["steps"][index]["location"].as_str().expect("a path");
    let redo = it.undone(&ticket(&done)).await;
    assert_eq!(world.read(location(0)).await, Err(404));
    it.undone(&redo).await;
    assert_eq!(world.read(location(0)).await, Ok(json!(1)));
}
