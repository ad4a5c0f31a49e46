//! Single changes, and calls that are passed on.

use engines::{Engine, on_each_engine};
use futures_util::future::join_all;
use http::Method;
use serde_json::{Value as Json, json};

use super::{code, ticket, world};

on_each_engine! {
    a_call_that_reads_is_passed_on
    a_change_has_a_ticket
    a_change_of_anything_is_passed_on_as_it_is
    a_request_that_comes_again_has_the_same_answer
    requests_with_one_key_at_the_same_time_are_one_command
    preconditions_are_evaluated_on_what_was_there
    what_a_service_refuses_leaves_no_record
    a_lost_answer_is_asked_for_again
    what_is_too_large_cannot_be_undone
    large_content_is_passed_on
    users_and_names_can_have_any_characters
    an_unknown_resource_is_not_found
    a_command_takes_no_longer_than_its_client_waits
    a_strong_comparison_is_not_weak
    an_empty_attachment_has_a_media_type
    a_response_has_what_the_service_says
    a_user_takes_not_all_places
}

async fn a_call_that_reads_is_passed_on(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    world.write("/1/item/u/a", &json!({"x": 1})).await;
    let found = it.get("/1/item/u/a").await;
    assert_eq!((found.status().as_u16(), found.text()), (200, r#"{"x":1}"#));
    let tag = found.field("etag").expect("a tag");
    let same = it.client.get("/1/item/u/a").header("if-none-match", tag).send().await;
    assert_eq!(same.status(), 304);
    let part = it.client.get("/1/item/u/a").header("range", "bytes=0-1").send().await;
    assert_eq!((part.status().as_u16(), part.text()), (206, r#"{""#));
    let list = it.get("/1/item/u?start=1&count=5").await;
    assert_eq!(list.json::<Json>()["count"], 5);
    assert_eq!(it.get("/1/item/u/b").await.status(), 404);
    assert_eq!(it.client.request("HEAD", "/1/item/u/a").send().await.status(), 200);
}

async fn a_change_has_a_ticket(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let put = it.put("/1/item/u/a", &json!(1)).send().await;
    assert_eq!(put.status(), 201);
    assert_eq!(put.field("x-cluster"), Some("c1"));
    assert_eq!(put.json::<Json>()["id"], "a");
    assert!(put.field("x-version").is_some());
    assert_eq!(ticket(&put).len(), 32);
    let replaced = it.put("/1/item/u/a", &json!(2)).send().await;
    assert_eq!(replaced.status(), 200);
    assert_ne!(ticket(&replaced), ticket(&put));
    let deleted = it.client.delete("/1/item/u/a").send().await;
    assert_eq!(deleted.status(), 204);
    ticket(&deleted);
    let posted = it.client.post("/1/item/u").json(&json!(3)).send().await;
    assert_eq!(posted.status(), 201);
    let location = posted.field("location").expect("a location").to_owned();
    assert_eq!(world.read(&location).await, Ok(json!(3)));
    let label = it.client.put("/1/label/u/inbox").send().await;
    assert_eq!((label.status().as_u16(), ticket(&label).len()), (201, 32));
    let titled = it.client.put("/1/label/u/inbox").form([("title", "Inbox")]).send().await;
    assert_eq!(titled.status(), 200);
    let listed = it.get("/1/undo/u?start=1&count=2").await.json::<Json>();
    assert_eq!(
        (&listed["total"], &listed["items"][0]["ticket"]),
        (&json!(6), &json!(ticket(&titled)))
    );
    assert_eq!(listed["items"][0]["steps"], json!([{"path": "/1/label/u/inbox"}]));
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(2));
}

async fn a_change_of_anything_is_passed_on_as_it_is(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    it.put_item("/1/item/u/a", json!(1)).await;
    let path = "/1/attachment/u/a/x%2Fy";
    let attach = |bytes: &[u8]| {
        it.client.put(path).header("content-type", "image/png").body(bytes.to_vec()).send()
    };
    assert_eq!(attach(&[0, 159, 146, 150]).await.status(), 201);
    let second = ticket(&attach(b"second").await);
    let found = it.get(path).await;
    assert_eq!((found.text(), found.field("content-type")), ("second", Some("image/png")));
    it.undone(&second).await;
    let found = it.get(path).await;
    assert_eq!(found.content(), [0, 159, 146, 150]);
    assert_eq!(found.field("content-type"), Some("image/png"));
}

async fn a_request_that_comes_again_has_the_same_answer(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let put =
        |content: Json| it.put("/1/item/u/a", &content).header("idempotency-key", "\"k\"").send();
    let first = put(json!(1)).await;
    world.write("/1/item/u/a", &json!(2)).await;
    let again = put(json!(1)).await;
    assert_eq!((again.status(), again.text()), (first.status(), first.text()));
    assert_eq!(ticket(&again), ticket(&first));
    assert_eq!(again.field("idempotency-replayed"), Some("true"));
    assert_eq!(first.field("idempotency-replayed"), None);
    for field in ["content-type", "x-version", "etag", "location"] {
        assert_eq!(again.field(field), first.field(field), "{field}");
    }
    assert_eq!(world.read("/1/item/u/a").await, Ok(json!(2)));
    assert_eq!(code(&put(json!(3)).await), (422, json!("key-reused")));
    let other = it.client.delete("/1/item/u/a").header("idempotency-key", "k").send().await;
    assert_eq!(code(&other), (422, json!("key-reused")));
}

async fn requests_with_one_key_at_the_same_time_are_one_command(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let post = || it.client.post("/1/item/u").header("idempotency-key", "k").json(&1).send();
    let posted = join_all((0..8).map(|_| post())).await;
    let done: Vec<_> = posted.iter().filter(|it| it.status() == 201).collect();
    assert!(!done.is_empty());
    for refused in posted.iter().filter(|it| it.status() != 201) {
        assert_eq!(code(refused), (409, json!("key-running")));
        assert_eq!(refused.field("retry-after"), Some("1"));
    }
    assert_eq!(world.read("/1/item/u").await.expect("a list")["total"], 1);
}

async fn preconditions_are_evaluated_on_what_was_there(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let first = it.put("/1/item/u/a", &json!(1)).header("if-match", "*").send().await;
    assert_eq!(first.status(), 412);
    let first = it.put("/1/item/u/a", &json!(1)).header("if-none-match", "*").send().await;
    assert_eq!(first.status(), 201);
    let tag = format!("\"{}\"", first.field("x-version").expect("a version"));
    let put = |tag: &str| it.put("/1/item/u/a", &json!(2)).header("if-match", tag);
    assert_eq!(put("\"7\"").send().await.status(), 412);
    let done = put(&tag).header("idempotency-key", "k").send().await;
    assert_eq!(done.status(), 200);
    let again = put(&tag).header("idempotency-key", "k").send().await;
    assert_eq!((again.status().as_u16(), ticket(&again)), (200, ticket(&done)));
    let none = it.put("/1/item/u/a", &json!(3)).header("if-none-match", "*").send().await;
    assert_eq!(none.status(), 412);
    assert_eq!(world.read("/1/item/u/a").await, Ok(json!(2)));
}

async fn what_a_service_refuses_leaves_no_record(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let put = || it.client.put("/1/label_item/u/inbox/a").header("idempotency-key", "k").send();
    let refused = put().await;
    assert_eq!(refused.status(), 404);
    assert_eq!(refused.json::<Json>()["detail"], "the label inbox does not exist");
    assert_eq!(refused.field("x-undo-ticket"), None);
    assert_eq!(it.number("SELECT COUNT(*) FROM ticket").await, 0);
    world.write("/1/label/u/inbox", &json!({})).await;
    assert_eq!(put().await.status(), 201, "it is judged anew");
    assert_eq!(it.client.delete("/1/item/u/none").send().await.status(), 404);
}

async fn a_lost_answer_is_asked_for_again(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    it.put_item("/1/item/u/a", json!(1)).await;
    world.fault(5, &Method::PUT, "/a", true, 502);
    let put = it.put("/1/item/u/a", &json!(2)).send().await;
    assert_eq!(put.status(), 200);
    world.fault(5, &Method::POST, "/item/u", true, 503);
    let posted = it.client.post("/1/item/u").json(&json!(3)).send().await;
    assert_eq!(posted.status(), 201);
    assert_eq!(world.read("/1/item/u").await.expect("a list")["total"], 2);
    it.undone(&ticket(&put)).await;
    assert_eq!(world.read("/1/item/u/a").await, Ok(json!(1)));
}

async fn what_is_too_large_cannot_be_undone(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    world.write("/1/item/u/a", &json!("x".repeat(1 << 20))).await;
    let put = it.put("/1/item/u/a", &json!(1)).header("idempotency-key", "k");
    let put = put.send().await;
    assert_eq!(put.status(), 200);
    assert_eq!((put.field("x-undo"), put.field("x-undo-ticket")), (Some("unavailable"), None));
    let again = it.put("/1/item/u/a", &json!(1)).header("idempotency-key", "k").send().await;
    assert_eq!((again.status().as_u16(), again.field("x-undo")), (200, Some("unavailable")));
    assert_eq!(it.number("SELECT COUNT(*) FROM inverse").await, 0);
}

async fn large_content_is_passed_on(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    it.put_item("/1/item/u/a", json!(1)).await;
    let bytes: Vec<u8> = (0..7 << 20).map(|number: u32| number.to_le_bytes()[1] ^ 255).collect();
    let path = "/1/attachment/u/a/x";
    let attach = || it.client.put(path).header("content-type", "image/png").body(bytes.clone());
    let attached = attach().send().await;
    assert_eq!(attached.status(), 201, "{}", attached.text());
    assert_eq!(it.get(path).await.content(), bytes);
    assert_eq!(attach().send().await.field("x-undo"), Some("unavailable"));
    let too_large = it.client.put(path).body(vec![7; (8 << 20) + 1]).send().await;
    assert_eq!(too_large.status(), 413);
    assert_eq!(it.undo(&ticket(&attached)).await.status(), 409);
}

async fn users_and_names_can_have_any_characters(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    for user in ["a%2Fb", "%C3%A9", "a%20", "%27%22%3B", "%25", "%F0%9F%98%80", "..."] {
        let path = format!("/1/item/{user}/{user}");
        let put = it.put(&path, &json!(1)).send().await;
        assert_eq!(put.status(), 201, "{user}: {}", put.text());
        assert_eq!(it.get(&path).await.text(), "1", "{user}");
        let steps = json!({"steps": [{"method": "PUT", "path": path, "body": 2}]});
        let batch = it.client.post(&format!("/1/batch/{user}")).json(&steps).send().await;
        assert_eq!(batch.status(), 200, "{user}: {}", batch.text());
        for (ticket, status) in [(ticket(&batch), 200), (ticket(&put), 404)] {
            let undone = it.client.post(&format!("/1/undo/{user}/{ticket}")).send().await;
            assert_eq!(undone.status(), 200, "{user}: {}", undone.text());
            assert_eq!(it.get(&path).await.status(), status, "{user}");
        }
    }
    assert_eq!(it.put("/1/item/%00/a", &json!(1)).send().await.status(), 400);
    let key = it.put("/1/item/u/a", &json!(1)).header("idempotency-key", r#""a\"b""#);
    assert_eq!(key.send().await.status(), 201);
}

async fn an_unknown_resource_is_not_found(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    for path in ["/1/other/u/a", "/1/placement/u/a"] {
        assert_eq!(it.get(path).await.status(), 404);
        assert_eq!(it.put(path, &json!(1)).send().await.status(), 404);
        assert_eq!(it.client.delete(path).send().await.status(), 404);
    }
    assert_eq!(it.client.post("/1/other/u").json(&json!(1)).send().await.status(), 404);
}

async fn a_command_takes_no_longer_than_its_client_waits(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let put = || {
        let put = it.put("/1/item/u/a", &json!(1)).header("idempotency-key", "k");
        put.header("x-request-timeout-ms", "200")
    };
    let late = it.held("command::after_prepare", put()).await.await.expect("a response");
    assert_eq!(code(&late), (409, json!("key-running")));
    assert_eq!(late.field("idempotency-key"), Some("\"k\""));
    assert_eq!(code(&put().send().await), (409, json!("key-running")));
    it.runner.hold().leave();
    let ended = async || put().send().await;
    let mut response = ended().await;
    while response.status() == 409 {
        tokio::task::yield_now().await;
        response = ended().await;
    }
    assert_eq!((response.status().as_u16(), ticket(&response).len()), (201, 32));
}

async fn a_strong_comparison_is_not_weak(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let put = it.put("/1/item/u/a", &json!(1)).send().await;
    let tag = put.field("x-version").expect("a version").to_owned();
    for (name, tag, expected) in [
        ("if-match", format!("W/\"{tag}\""), 412),
        ("if-match", format!("\"x,{tag}\""), 412),
        ("if-match", "\"*\"".to_owned(), 412),
        ("if-none-match", format!("W/\"{tag}\""), 412),
        ("if-none-match", "\"7\", \"*\"".to_owned(), 200),
    ] {
        let call = it.put("/1/item/u/a", &json!(1)).header(name, &tag).send().await;
        assert_eq!(call.status(), expected, "{name}: {tag}");
    }
}

async fn an_empty_attachment_has_a_media_type(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    it.put_item("/1/item/u/a", json!(1)).await;
    let path = "/1/attachment/u/a/x";
    let put = it.client.put(path).header("content-type", "image/png").body(Vec::<u8>::new());
    let empty = ticket(&put.send().await);
    let is_empty = async || {
        let found = it.get(path).await;
        assert_eq!((found.content().len(), found.field("content-type")), (0, Some("image/png")));
    };
    is_empty().await;
    let full = it.client.put(path).header("content-type", "text/plain").body("full");
    it.undone(&ticket(&full.send().await)).await;
    is_empty().await;
    it.undone(&empty).await;
    assert_eq!(it.get(path).await.status(), 404);
}

async fn a_response_has_what_the_service_says(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let direct = async |path: &str| {
        let call = world.direct.get("storage", "u", path).header("accept", "*/*");
        let response = call.await.expect("a response");
        response.headers().keys().map(ToString::to_string).collect::<Vec<_>>()
    };
    it.put_item("/1/item/u/a", json!(1)).await;
    let path = "/1/attachment/u/a/x";
    it.client.put(path).header("content-type", "image/png").body("x").send().await;
    for path in [path, "/1/item/u/a", "/1/item/u"] {
        let through = it.client.get(path).header("accept", "*/*").send().await;
        for field in direct(path).await {
            assert!(through.field(&field).is_some(), "{path} {field}");
        }
    }
    let direct =
        world.direct.put("storage", "u", path).header("content-type", "image/png").body("x");
    let direct = direct.await.expect("a response");
    let through = it.client.put(path).header("content-type", "image/png").body("x").send().await;
    // It is not negotiated by Command, which keeps it for a resend.
    for field in direct.headers().keys().filter(|field| *field != "vary") {
        assert!(through.field(field.as_str()).is_some(), "{field}");
    }
}

async fn a_user_takes_not_all_places(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let it = world.process().await;
    let places = it.runner.take_places_of("u");
    let refused = it.put("/1/item/u/a", &json!(1)).send().await;
    assert_eq!((code(&refused), refused.field("retry-after")), ((503, json!("busy")), Some("1")));
    it.put_item("/1/item/v/a", json!(1)).await;
    drop(places);
    it.put_item("/1/item/u/a", json!(1)).await;
}
