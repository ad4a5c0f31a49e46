//! Users who move: export and import.

use super::*;

on_each_engine! {
    a_user_moves_with_keys_and_versions
    an_export_is_of_a_user_who_is_frozen_at_its_version
    an_import_that_is_not_complete_changes_nothing
    what_is_here_is_not_replaced
    a_user_with_many_rows_moves_page_by_page
    an_export_of_a_user_who_thaws_has_no_end
    a_late_import_replaces_nothing_that_was_written_since
    when_a_user_was_written_moves_too
    a_row_that_comes_twice_is_refused
    an_import_comes_late_or_again
    a_counter_does_not_go_back_by_an_import
}

async fn a_user_moves_with_keys_and_versions(engine: Engine) {
    let Some(old) = begun(engine, "c1").await else { return };
    let last: i64 = old.put("/1/note/u/b", "second", "k1").await.json();
    let Some(new) = setting(engine, "c2").await else { return };
    assert_eq!(old.place(&[("state", "frozen"), ("version", "6")]).await.status(), 200);
    let export = old.client.get("/1/export/u?version=6").send().await.text().to_owned();
    assert_eq!(export.lines().count(), 1 + 2 + 2 + 1);
    let imported = new.client.post("/1/import/u?version=6").body(export).send().await;
    assert_eq!(imported.json::<Json>()["state"], "incoming");
    assert_eq!(new.client.get("/1/note/u/a").send().await.status(), 423);
    assert_eq!(
        old.place(&[("state", "away"), ("version", "7"), ("cluster", "c2")]).await.status(),
        200
    );
    assert_eq!(new.place(&[("state", "here"), ("version", "7")]).await.status(), 200);

    assert_eq!(new.client.get("/1/note/u/b").send().await.json::<String>(), "second");
    let again = new.put("/1/note/u/b", "second", "k1").await;
    assert_eq!((again.json::<i64>(), again.field("idempotency-replayed")), (last, Some("true")));
    assert!(new.put("/1/note/u/b", "third", "k2").await.json::<i64>() > last);
}

async fn an_export_is_of_a_user_who_is_frozen_at_its_version(engine: Engine) {
    let Some(it) = begun(engine, "c1").await else { return };
    assert_eq!(it.client.get("/1/export/u?version=5").send().await.status(), 409);
    assert_eq!(it.place(&[("state", "frozen"), ("version", "6")]).await.status(), 200);
    assert_eq!(it.client.get("/1/export/u?version=5").send().await.status(), 409);
    assert_eq!(it.client.get("/1/export/x?version=5").send().await.status(), 404);
}

async fn an_import_that_is_not_complete_changes_nothing(engine: Engine) {
    let Some(old) = begun(engine, "c1").await else { return };
    assert_eq!(old.place(&[("state", "frozen"), ("version", "6")]).await.status(), 200);
    let export = old.client.get("/1/export/u?version=6").send().await.text().to_owned();
    let lines: Vec<_> = export.lines().collect();
    let Some(new) = setting(engine, "c2").await else { return };
    let without_last = lines[..lines.len() - 1].join("\n");
    let without_row = [&lines[..1], &lines[2..]].concat().join("\n");
    let of_another = export.replace("\"u\"", "\"x\"");
    for broken in [String::new(), without_last, without_row, of_another, "what?".to_owned()] {
        let refused = new.client.post("/1/import/u?version=6").body(broken.clone()).send().await;
        assert_eq!(refused.status(), 400, "{broken}");
    }
    assert_eq!(new.client.get("/1/placement/u").send().await.status(), 404);
}

async fn what_is_here_is_not_replaced(engine: Engine) {
    let Some(it) = begun(engine, "c1").await else { return };
    let export = "{\"service\":\"note\",\"user\":\"u\",\"version\":9,\"counter\":1,\"written\":0}\n{\"end\":0}\n";
    let refused = it.client.post("/1/import/u?version=9").body(export).send().await;
    assert_eq!(refused.status(), 409);
    assert_eq!(it.client.get("/1/note/u/a").send().await.json::<String>(), "first");
}

async fn a_user_with_many_rows_moves_page_by_page(engine: Engine) {
    let Some(old) = begun(engine, "c1").await else { return };
    let targets: Vec<_> = (0..100).map(|number| format!("/1/note/u/n{number}")).collect();
    join_all(targets.iter().map(|target| old.put(target, target, ""))).await;
    assert_eq!(old.place(&[("state", "frozen"), ("version", "6")]).await.status(), 200);
    let export = old.client.get("/1/export/u?version=6").send().await.text().to_owned();
    let Some(new) = setting(engine, "c2").await else { return };
    let imported = new.client.post("/1/import/u?version=6").body(export).send().await;
    assert_eq!(imported.status(), 200);
    assert_eq!(new.place(&[("state", "here"), ("version", "7")]).await.status(), 200);
    for target in &targets {
        assert_eq!(new.client.get(target).send().await.json::<String>(), *target);
    }
    assert_eq!(new.count("note").await, 101);
}

async fn an_export_of_a_user_who_thaws_has_no_end(engine: Engine) {
    let Some(it) = begun(engine, "c1").await else { return };
    assert_eq!(it.place(&[("state", "frozen"), ("version", "6")]).await.status(), 200);
    let mut body = it.data.export("u", 6).await.expect("an export");
    let first = body.frame().await.expect("a piece").expect("a piece");
    assert!(first.into_data().expect("data").starts_with(b"{\"service\""));
    assert_eq!(it.place(&[("state", "here"), ("version", "7")]).await.status(), 200);
    assert!(body.collect().await.is_err(), "the last line is missing");
}

async fn a_late_import_replaces_nothing_that_was_written_since(engine: Engine) {
    let Some(old) = begun(engine, "c1").await else { return };
    assert_eq!(old.place(&[("state", "frozen"), ("version", "6")]).await.status(), 200);
    let export = old.client.get("/1/export/u?version=6").send().await.text().to_owned();
    for _ in 0..15 {
        let Some(new) = setting(engine, "c2").await else { return };
        let import = || new.client.post("/1/import/u?version=6").body(export.clone()).send();
        assert_eq!(import().await.status(), 200);
        // Another mover sends the same once more, while this one has gone on.
        let goes_on = async {
            assert_eq!(new.place(&[("state", "here"), ("version", "7")]).await.status(), 200);
            assert_eq!(new.put("/1/note/u/b", "second", "").await.status(), 201);
        };
        join(join_all((0..4).map(|_| import())), goes_on).await;
        let placement = new.data.placement("u").await.expect("a database").expect("a row");
        assert_eq!((placement.state, placement.version), (State::Here, 7));
        assert_eq!(new.client.get("/1/note/u/b").send().await.json::<String>(), "second");
    }
}

async fn when_a_user_was_written_moves_too(engine: Engine) {
    let Some(old) = begun(engine, "c1").await else { return };
    let Some(new) = setting(engine, "c2").await else { return };
    assert_eq!(old.place(&[("state", "frozen"), ("version", "6")]).await.status(), 200);
    let export = old.client.get("/1/export/u?version=6").send().await.text().to_owned();
    new.client.post("/1/import/u?version=6").body(export).send().await;
    assert_eq!(new.place(&[("state", "here"), ("version", "7")]).await.status(), 200);
    let form = [("state", "frozen"), ("version", "8"), ("since", "1000")];
    assert_eq!(code(&new.place(&form).await), json!("written-since"));
}

async fn a_row_that_comes_twice_is_refused(engine: Engine) {
    let Some(old) = begun(engine, "c1").await else { return };
    let Some(new) = setting(engine, "c2").await else { return };
    assert_eq!(old.place(&[("state", "frozen"), ("version", "6")]).await.status(), 200);
    let export = old.client.get("/1/export/u?version=6").send().await.text().to_owned();
    let mut lines: Vec<_> = export.lines().collect();
    lines.insert(1, lines[1]);
    let end = lines.len() - 1;
    lines[end] = "{\"end\":3}";
    let twice = lines.join("\n") + "\n";
    let refused = new.client.post("/1/import/u?version=6").body(twice).send().await;
    assert_eq!(refused.status(), 400);
    assert_eq!(new.client.get("/1/placement/u").send().await.status(), 404);
}

/// An export with these notes.
fn export(version: i64, counter: i64, ids: &[&str]) -> String {
    let first = json!({"service": "note", "user": "u", "version": version, "counter": counter, "written": 0});
    let row = |id| json!({"table": "note", "row": ["u", id, "moved", 1, null, null]});
    let rows = ids.iter().map(row);
    let lines = std::iter::once(first).chain(rows).chain([json!({"end": ids.len()})]);
    lines.map(|line| format!("{line}\n")).collect()
}

async fn an_import_comes_late_or_again(engine: Engine) {
    for (state, version, expected) in [
        ("frozen", "5", 200),
        ("away", "5", 200),
        ("gone", "5", 200),
        ("frozen", "6", 409),
        ("away", "6", 409),
        ("gone", "6", 409),
        ("frozen", "7", 409),
        ("away", "7", 409),
        ("gone", "7", 409),
    ] {
        let Some(it) = setting(engine, "c2").await else { return };
        let form = [("state", state), ("version", version), ("cluster", "c1")];
        assert_eq!(it.place(&form).await.status(), 200);
        let import = it.client.post("/1/import/u?version=6").body(export(6, 1, &["a"]));
        assert_eq!(import.send().await.status(), expected, "{state} {version}");
        let (count, known) = (it.count("note").await, it.client.get("/1/placement/u").send().await);
        let incoming = if expected == 200 { (1, "incoming") } else { (0, state) };
        assert_eq!((count, &known.json::<Json>()["state"]), (incoming.0, &json!(incoming.1)));
    }
    let Some(it) = setting(engine, "c2").await else { return };
    let import = async |version: i64, ids: &[&str]| {
        let target = format!("/1/import/u?version={version}");
        let imported = it.client.post(&target).body(export(version, 1, ids)).send().await;
        (imported.status().as_u16(), it.count("note").await)
    };
    assert_eq!(import(6, &["a", "b"]).await, (200, 2));
    assert_eq!(import(6, &["b", "c", "d"]).await, (200, 3), "all is replaced");
    assert_eq!(import(7, &["a"]).await, (200, 1));
    assert_eq!(import(6, &["b", "c"]).await, (409, 1));
}

async fn a_counter_does_not_go_back_by_an_import(engine: Engine) {
    let Some(it) = begun(engine, "c1").await else { return };
    it.freeze().await;
    let away = [("state", "away"), ("version", "6"), ("cluster", "c2")];
    let counter = it.place(&away).await.json::<Json>()["counter"].as_i64().expect("a number");
    let import = it.client.post("/1/import/u?version=7").body(export(7, counter - 100, &[]));
    assert_eq!(import.send().await.status(), 200);
    assert_eq!(it.place(&[("state", "here"), ("version", "8")]).await.status(), 200);
    assert_eq!(it.put("/1/note/u/a", "x", "").await.json::<i64>(), counter + 1);
}
