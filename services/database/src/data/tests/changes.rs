//! Changes: versions, keys, what is refused.

use super::*;

on_each_engine! {
    each_change_has_a_version_of_its_own
    a_request_that_comes_again_has_its_effect_once
    a_request_that_comes_again_is_known_although_its_precondition_is_stale
    requests_with_one_key_at_the_same_time_have_one_effect
    requests_with_one_key_at_the_same_time_have_one_answer_although_the_first_makes_their_precondition_false
    the_first_requests_of_a_user_at_the_same_time_draw_versions_of_their_own
    only_what_was_executed_is_kept
    names_that_differ_in_a_space_at_the_end_are_two
    a_key_of_any_length_is_kept
    a_name_that_no_database_takes_is_refused
    a_placement_is_looked_at_before_the_key_and_the_preconditions
    a_replay_is_what_was_answered_first
    a_hostile_name_is_no_error_of_the_server
}

async fn each_change_has_a_version_of_its_own(engine: Engine) {
    let Some(it) = begun(engine, "c1").await else { return };
    let targets: Vec<_> = (0..200).map(|number| format!("/1/note/u/{number}")).collect();
    let responses = join_all(targets.iter().map(|target| it.put(target, "x", ""))).await;
    let versions: BTreeSet<i64> = responses.iter().map(TestResponse::json).collect();
    assert_eq!(versions.len(), 200);
    assert!(
        versions.first().is_some_and(|first| *first > 1_700_000_000_000),
        "it begins at the time"
    );
    assert_eq!(it.count("outbox").await, 201);
}

async fn a_request_that_comes_again_has_its_effect_once(engine: Engine) {
    let Some(it) = begun(engine, "c1").await else { return };
    let first = it.put("/1/note/u/b", "x", "k1").await;
    assert_eq!(it.put("/1/note/u/b", "y", "").await.status(), 200);
    let again = it.put("/1/note/u/b", "x", "\"k1\"").await;
    assert_eq!(again.json::<i64>(), first.json::<i64>());
    assert_eq!(again.field("idempotency-replayed"), Some("true"));
    assert_eq!(it.client.get("/1/note/u/b").send().await.json::<String>(), "y");

    let other = it.put("/1/note/u/b", "z", "k1").await;
    assert_eq!((other.status().as_u16(), code(&other)), (422, json!("key-reused")));
}

async fn a_request_that_comes_again_is_known_although_its_precondition_is_stale(engine: Engine) {
    let Some(it) = begun(engine, "c1").await else { return };
    let tag = it.client.get("/1/note/u/a").send().await.field("etag").expect("a tag").to_owned();
    let put = || it.client.put("/1/note/u/a").json(&"x").header("if-match", &tag);
    let first = put().header("idempotency-key", "k1").send().await;
    assert_eq!(first.status(), 200);
    let again = put().header("idempotency-key", "k1").send().await;
    assert_eq!((again.status().as_u16(), again.json::<i64>()), (200, first.json::<i64>()));
    assert_eq!(again.field("x-version"), Some(first.text()));
    assert_eq!(put().header("idempotency-key", "k2").send().await.status(), 412);
}

async fn requests_with_one_key_at_the_same_time_have_one_effect(engine: Engine) {
    let Some(it) = begun(engine, "c1").await else { return };
    let responses = join_all((0..50).map(|_| it.put("/1/note/u/b", "x", "k1"))).await;
    let versions: BTreeSet<i64> = responses.iter().map(TestResponse::json).collect();
    assert_eq!(versions.len(), 1);
    assert_eq!(it.count("outbox").await, 2);
}

async fn requests_with_one_key_at_the_same_time_have_one_answer_although_the_first_makes_their_precondition_false(
    engine: Engine,
) {
    let Some(it) = begun(engine, "c1").await else { return };
    for (target, name, value) in [
        ("/1/note/u/b", "if-none-match", "*".to_owned()),
        ("/1/note/u/a", "if-match", it.tag("a").await),
    ] {
        let put = || {
            let put = it.client.put(target).json("x").header("idempotency-key", target);
            put.header(name, &value).send()
        };
        let responses = join_all((0..50).map(|_| put())).await;
        let statuses: BTreeSet<_> = responses.iter().map(|it| it.status().as_u16()).collect();
        assert_eq!(statuses.len(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| *status < 300), "{statuses:?}");
    }
}

async fn the_first_requests_of_a_user_at_the_same_time_draw_versions_of_their_own(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    for user in 0..10 {
        let targets: Vec<_> = (0..20).map(|id| format!("/1/note/{user}/{id}")).collect();
        let responses = join_all(targets.iter().map(|target| it.put(target, "x", ""))).await;
        let versions: BTreeSet<i64> = responses.iter().map(TestResponse::json).collect();
        assert_eq!(versions.len(), 20);
    }
}

async fn only_what_was_executed_is_kept(engine: Engine) {
    let Some(it) = begun(engine, "c1").await else { return };
    assert_eq!(it.put("/1/note/u/b", "refused", "k1").await.status(), 400);
    assert_eq!(it.put("/1/note/u/b", "x", "k1").await.status(), 201, "a refusal leaves no record");
}

async fn names_that_differ_in_a_space_at_the_end_are_two(engine: Engine) {
    let Some(it) = begun(engine, "c1").await else { return };
    assert_eq!(it.put("/1/note/u/a%20", "second", "").await.status(), 201);
    assert_eq!(it.put("/1/note/u/A", "third", "").await.status(), 201);
    assert_eq!(it.client.get("/1/note/u/a").send().await.json::<String>(), "first");
}

async fn a_key_of_any_length_is_kept(engine: Engine) {
    let Some(it) = begun(engine, "c1").await else { return };
    let key = "k".repeat(255);
    assert_eq!(it.put("/1/note/u/b", "x", &key).await.status(), 201);
    let again = it.put("/1/note/u/b", "x", &key).await;
    assert_eq!((again.status().as_u16(), again.field("idempotency-replayed")), (201, Some("true")));
}

async fn a_name_that_no_database_takes_is_refused(engine: Engine) {
    let Some(it) = begun(engine, "c1").await else { return };
    let longest = "\u{1F600}".repeat(190);
    let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let target = format!("/1/note/{}/{0}", encoded(&longest));
    assert_eq!(it.put(&target, "x", "").await.status(), 201);
    assert_eq!(it.put(&format!("{target}a"), "x", "").await.status(), 400);
    assert_eq!(it.put("/1/note/u/%00", "x", "").await.status(), 400);
}

async fn a_placement_is_looked_at_before_the_key_and_the_preconditions(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    it.say(200, json!({"cluster": "c2", "version": 5}));
    let stale = it.client.put("/1/note/u/a").header("if-match", "\"7\"").json(&"x");
    let moved = stale.send().await;
    assert_eq!((moved.status().as_u16(), moved.field("x-cluster")), (421, Some("c2")));
    assert_eq!(it.client.delete("/1/note/u/a").send().await.status(), 421);

    let Some(it) = begun(engine, "c1").await else { return };
    let put = |text: &str| {
        let put = it.client.put("/1/note/u/a").header("idempotency-key", "k0");
        put.header("if-match", "\"7\"").json(&text).send()
    };
    assert_eq!(put("first").await.status(), 201);
    assert_eq!(put("other").await.status(), 422);
    for (state, version, status) in [("frozen", "6", 423), ("away", "7", 421), ("gone", "8", 410)] {
        let form = [("state", state), ("version", version), ("cluster", "c2")];
        assert_eq!(it.place(&form).await.status(), 200);
        for text in ["first", "other"] {
            assert_eq!(put(text).await.status(), status, "{state} {text}");
        }
        let delete = it.client.delete("/1/note/u/a").header("if-match", "\"7\"");
        assert_eq!(delete.send().await.status(), status, "{state}");
    }
}

async fn a_replay_is_what_was_answered_first(engine: Engine) {
    let Some(it) = begun(engine, "c1").await else { return };
    let put = || it.put("/1/note/u/b", "x", "k1");
    let replaced = || it.put("/1/note/u/b", "y", "k2");
    let delete = || it.client.delete("/1/note/u/b").header("idempotency-key", "k3").send();
    let first = [put().await, replaced().await, delete().await];
    let again = [put().await, replaced().await, delete().await];
    for (first, again) in first.iter().zip(&again) {
        assert_eq!((first.status(), first.text()), (again.status(), again.text()));
        assert_eq!(first.field("idempotency-replayed"), None);
        assert_eq!(again.field("idempotency-replayed"), Some("true"));
        for field in ["x-version", "content-type", "location"] {
            assert_eq!(first.field(field), again.field(field), "{field}");
        }
        assert!(first.field("x-version").is_some());
    }
}

async fn a_hostile_name_is_no_error_of_the_server(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    let long = "a".repeat(5000);
    let wide = "%F0%9F%98%80".repeat(190);
    let fine = [
        "a%2Fb",
        "%2E%2E%2Fa",
        "...",
        "%C3%A9",
        "e%CC%81",
        "a%20",
        "%20",
        "%27%22%3B",
        "%25",
        &wide,
    ];
    for user in fine {
        assert_eq!(
            it.put(&format!("/1/note/{user}/{user}"), "x", "k").await.status(),
            201,
            "{user}"
        );
        let got = it.client.get(&format!("/1/placement/{user}")).send().await;
        assert_eq!(got.json::<Json>()["state"], "here", "{user}");
    }
    assert_eq!(it.count("placement").await, i64::try_from(fine.len()).expect("a number"));
    for user in ["%00", "a%0Ab", "%7F", "%C2%85", "%FF", "%ED%A0%80", "%2E", "%2E%2E", &long] {
        let form = [("state", "frozen"), ("version", "6")];
        let responses = [
            it.put(&format!("/1/note/{user}/a"), "x", "k").await,
            it.put(&format!("/1/note/u/{user}"), "x", "").await,
            it.client.get(&format!("/1/note/{user}/a")).send().await,
            it.client.delete(&format!("/1/note/{user}/a")).send().await,
            it.client.get(&format!("/1/placement/{user}")).send().await,
            it.client.put(&format!("/1/placement/{user}")).form(form).send().await,
            it.client.get(&format!("/1/export/{user}?version=6")).send().await,
            it.client.post(&format!("/1/import/{user}?version=6")).body("x").send().await,
        ];
        for response in responses {
            assert!(matches!(response.status().as_u16(), 400 | 404 | 414), "{user} {response:?}");
        }
    }
}
