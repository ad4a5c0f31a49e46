//! Where users are, as a service is told, in time and late.

use super::*;

on_each_engine! {
    a_user_without_a_placement_is_looked_up
    a_user_who_is_frozen_is_read_and_not_written
    a_user_who_is_away_or_gone_leaves_no_rows_but_what_waits_to_be_told
    a_call_that_comes_late_is_refused
    a_user_who_was_written_since_is_not_frozen
    only_what_was_here_can_be_here
    what_is_here_and_was_not_frozen_is_not_away
    a_user_whom_no_database_takes_is_not_placed
    a_freeze_under_writers_keeps_their_versions
    a_freeze_sees_the_write_that_it_waits_for
    a_call_that_races_a_newer_one_is_older
    a_first_call_races_first_writes
    a_call_that_says_nothing_is_refused
    a_mark_ends_when_it_is_old_enough
    a_freeze_of_the_same_version_comes_late
    rows_that_go_while_they_are_read_are_not_missing
}

async fn a_user_without_a_placement_is_looked_up(engine: Engine) {
    for (status, content, expected, expected_code) in [
        (200, json!({"cluster": "c2", "version": 5}), 421, "moved"),
        (200, json!({"cluster": "c1", "version": 5, "state": "frozen"}), 423, "frozen"),
        (410, json!({}), 410, "user-gone"),
    ] {
        let Some(it) = setting(engine, "c1").await else { return };
        it.say(status, content);
        let refused = it.put("/1/note/u/a", "x", "").await;
        assert_eq!((refused.status().as_u16(), code(&refused)), (expected, json!(expected_code)));
        let cluster = (expected == 421).then_some("c2");
        assert_eq!(refused.field("x-cluster"), cluster);
        assert_eq!(it.client.get("/1/note/u/a").send().await.status(), 404, "it reads as empty");
    }
    let Some(it) = setting(engine, "c1").await else { return };
    it.say(503, json!({}));
    assert_eq!(it.put("/1/note/u/a", "x", "").await.status(), 503);
    it.say(200, json!({"cluster": "c1", "version": 5}));
    assert_eq!(it.put("/1/note/u/a", "x", "").await.status(), 201);
}

async fn a_user_who_is_frozen_is_read_and_not_written(engine: Engine) {
    let Some(it) = begun(engine, "c1").await else { return };
    let placed = it.place(&[("state", "frozen"), ("version", "6")]).await;
    assert_eq!(placed.json::<Json>()["state"], "frozen");
    let refused = it.put("/1/note/u/a", "x", "k1").await;
    assert_eq!((refused.status().as_u16(), refused.field("retry-after")), (423, Some("1")));
    assert_eq!(it.client.get("/1/note/u/a").send().await.json::<String>(), "first");
    assert_eq!(it.place(&[("state", "here"), ("version", "7")]).await.status(), 200);
    assert_eq!(it.put("/1/note/u/a", "x", "k1").await.status(), 200);
}

async fn a_user_who_is_away_or_gone_leaves_no_rows_but_what_waits_to_be_told(engine: Engine) {
    for (state, status) in [("away", 421), ("gone", 410)] {
        let Some(it) = begun(engine, "c1").await else { return };
        it.freeze().await;
        let form = [("state", state), ("version", "6"), ("cluster", "c2")];
        assert_eq!(it.place(&form).await.status(), 200);
        assert_eq!((it.count("note").await, it.count("kept").await), (0, 0));
        assert_eq!(it.count("outbox").await, 1);
        assert_eq!(it.put("/1/note/u/a", "x", "").await.status(), status);
        assert_eq!(it.client.get("/1/note/u/a").send().await.status(), status);
    }
}

async fn a_call_that_comes_late_is_refused(engine: Engine) {
    let Some(it) = begun(engine, "c1").await else { return };
    assert_eq!(it.place(&[("state", "frozen"), ("version", "7")]).await.status(), 200);
    let late = it.place(&[("state", "here"), ("version", "6")]).await;
    assert_eq!((late.status().as_u16(), code(&late)), (409, json!("older-version")));
    let again = it.place(&[("state", "frozen"), ("version", "8")]).await;
    assert_eq!(again.json::<Json>()["version"], 8);
}

async fn a_user_who_was_written_since_is_not_frozen(engine: Engine) {
    let Some(it) = begun(engine, "c1").await else { return };
    let form = [("state", "frozen"), ("version", "6"), ("since", "1000")];
    let refused = it.place(&form).await;
    assert_eq!((refused.status().as_u16(), code(&refused)), (409, json!("written-since")));
    let later = (test_hooks::now() + 1000).to_string();
    let form = [("state", "frozen"), ("version", "6"), ("since", later.as_str())];
    assert_eq!(it.place(&form).await.status(), 200);
}

async fn only_what_was_here_can_be_here(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    assert_eq!(it.place(&[("state", "here"), ("version", "6")]).await.status(), 409);
    assert_eq!(
        it.place(&[("state", "away"), ("version", "6"), ("cluster", "c2")]).await.status(),
        200
    );
    assert_eq!(it.place(&[("state", "here"), ("version", "7")]).await.status(), 409);
}

async fn what_is_here_and_was_not_frozen_is_not_away(engine: Engine) {
    let Some(it) = begun(engine, "c1").await else { return };
    let away = [("state", "away"), ("version", "6"), ("cluster", "c2")];
    assert_eq!(it.place(&away).await.status(), 409);
    assert_eq!(it.client.get("/1/note/u/a").send().await.json::<String>(), "first");
    it.freeze().await;
    assert_eq!(it.place(&away).await.status(), 200);
}

async fn a_user_whom_no_database_takes_is_not_placed(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    let longer = "%F0%9F%98%80".repeat(191);
    for user in ["%00", "a%0Ab", longer.as_str()] {
        for target in ["placement/", "export/"].map(|what| format!("/1/{what}{user}?version=1")) {
            assert_eq!(it.client.get(&target).send().await.status(), 400, "{target}");
        }
        let target = format!("/1/placement/{user}?version=1&state=frozen");
        assert_eq!(it.client.put(&target).send().await.status(), 400, "{target}");
        let target = format!("/1/import/{user}?version=1");
        assert_eq!(it.client.post(&target).body("{}\n").send().await.status(), 400, "{target}");
    }
    for cluster in ["%00", longer.as_str()] {
        let target = format!("/1/placement/u?version=1&state=away&cluster={cluster}");
        assert_eq!(it.client.put(&target).send().await.status(), 400, "{target}");
    }
}

/// Changes nothing but a version.
async fn draw(it: &Setting, user: &str, times: usize) -> BTreeSet<i64> {
    let targets: Vec<_> = (0..times).map(|id| format!("/1/note/{user}/{id}")).collect();
    let responses = join_all(targets.iter().map(|target| it.put(target, "x", ""))).await;
    let written = responses.iter().filter(|response| response.status().is_success());
    written.map(TestResponse::json).collect()
}

async fn a_freeze_under_writers_keeps_their_versions(engine: Engine) {
    let Some(it) = begun(engine, "c1").await else { return };
    let mut last = 0;
    for round in 0..30 {
        let (frozen, here) = ((6 + 2 * round).to_string(), (7 + 2 * round).to_string());
        let freeze = [("state", "frozen"), ("version", frozen.as_str())];
        let (drawn, placed) = join(draw(&it, "u", 6), it.place(&freeze)).await;
        assert_eq!(placed.status(), 200);
        let thaw = [("state", "here"), ("version", here.as_str())];
        assert_eq!(it.place(&thaw).await.status(), 200);
        for version in drawn {
            assert!(version > last, "{version} was drawn before");
            last = version;
        }
        let counter = it.data.placement("u").await.expect("a database").expect("a row").counter;
        assert!(counter >= last, "{counter} is less than {last}");
    }
}

async fn a_freeze_sees_the_write_that_it_waits_for(engine: Engine) {
    let Some(it) = begun(engine, "c1").await else { return };
    for round in 0..30 {
        let (version, next) = ((6 + 2 * round).to_string(), (7 + 2 * round).to_string());
        let since = it.data.placement("u").await.expect("a database").expect("a row").written;
        while test_hooks::now() <= since {
            tokio::task::yield_now().await;
        }
        let since = since.to_string();
        let form = [("state", "frozen"), ("version", version.as_str()), ("since", &since)];
        let (drawn, placed) = join(draw(&it, "u", 1), it.place(&form)).await;
        let was_written = !drawn.is_empty();
        assert_eq!(placed.status().as_u16(), if was_written { 409 } else { 200 }, "{round}");
        let thaw = [("state", "here"), ("version", next.as_str())];
        assert_eq!(it.place(&thaw).await.status(), 200);
    }
}

async fn a_call_that_races_a_newer_one_is_older(engine: Engine) {
    let Some(it) = begun(engine, "c1").await else { return };
    for round in 0..30 {
        let versions: Vec<_> = (0..6).map(|call| (10 + 10 * round + call).to_string()).collect();
        let calls = versions.iter().map(|version| async {
            it.place(&[("state", "frozen"), ("version", version.as_str())]).await
        });
        join_all(calls).await;
        let version = it.data.placement("u").await.expect("a database").expect("a row").version;
        assert_eq!(Some(&version.to_string()), versions.last());
    }
}

async fn a_first_call_races_first_writes(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    for round in 0..15 {
        let user = format!("n{round}");
        let target = format!("/1/placement/{user}");
        let form = [("state", "frozen"), ("version", "6"), ("since", "1000")];
        let freeze = it.client.put(&target).form(form).send();
        let (drawn, frozen) = join(draw(&it, &user, 6), freeze).await;
        let expected = if drawn.is_empty() { 200 } else { 409 };
        assert_eq!(frozen.status().as_u16(), expected, "{drawn:?}");
    }
}

async fn a_call_that_says_nothing_is_refused(engine: Engine) {
    let Some(it) = begun(engine, "c1").await else { return };
    for form in [
        &[("state", "incoming"), ("version", "6")][..],
        &[("state", "away"), ("version", "6")],
        &[("state", "away"), ("version", "6"), ("cluster", "c\0")],
        &[("state", "away"), ("version", "6"), ("cluster", "")],
        &[("state", "frozen")],
        &[("state", "frozen"), ("version", "9223372036854775808")],
    ] {
        assert_eq!(it.place(form).await.status(), 400, "{form:?}");
    }
    assert_eq!(it.client.get("/1/note/u/a").send().await.json::<String>(), "first");
}

async fn a_mark_ends_when_it_is_old_enough(engine: Engine) {
    for (state, status) in [("away", 421), ("gone", 410)] {
        let Some(it) = begun(engine, "c1").await else { return };
        let counter = it.data.placement("u").await.expect("a database").expect("a row").counter;
        it.freeze().await;
        let form = [("state", state), ("version", "6"), ("cluster", "c2")];
        assert_eq!(it.place(&form).await.status(), 200);
        it.age(7 * 24 - 1).await;
        assert_eq!(it.put("/1/note/u/a", "second", "").await.status(), status);
        it.age(2).await;
        // Nothing has removed it yet, and the directory has assigned the user anew.
        assert_eq!(it.client.get("/1/placement/u").send().await.status(), 404);
        assert_eq!(it.client.get("/1/note/u/a").send().await.status(), 404);
        it.say(200, json!({"cluster": "c1", "version": 7}));
        let first = it.put("/1/note/u/a", "second", "k0").await;
        assert_eq!(first.status(), 201, "neither row nor key is left");
        assert!(first.json::<i64>() > counter);
        let placement = it.data.placement("u").await.expect("a database").expect("a row");
        assert_eq!((placement.state, placement.version), (State::Here, 7));
    }
}

async fn a_freeze_of_the_same_version_comes_late(engine: Engine) {
    let Some(it) = begun(engine, "c1").await else { return };
    for state in ["frozen", "here"] {
        assert_eq!(it.place(&[("state", state), ("version", "6")]).await.status(), 200);
    }
    let late = it.place(&[("state", "frozen"), ("version", "6")]).await;
    assert_eq!((late.status().as_u16(), code(&late)), (409, json!("older-version")));
    assert_eq!(it.put("/1/note/u/a", "second", "").await.status(), 200);
}

async fn rows_that_go_while_they_are_read_are_not_missing(engine: Engine) {
    for _ in 0..10 {
        let Some(it) = begun(engine, "c1").await else { return };
        it.freeze().await;
        let away = [("state", "away"), ("version", "6"), ("cluster", "c2")];
        let reads = join_all((0..20).map(|_| it.client.get("/1/note/u/a").send()));
        let (reads, placed) = join(reads, it.place(&away)).await;
        assert_eq!(placed.status(), 200);
        for read in reads {
            assert!([200, 421].contains(&read.status().as_u16()), "{}", read.status());
        }
    }
}
