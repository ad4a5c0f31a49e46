//! Rows that stay for a while after they were deleted.

use super::*;

on_each_engine! {
    a_note_that_was_deleted_is_not_found_and_has_a_version
    a_note_that_was_deleted_comes_back_by_the_version_of_its_end
    a_note_that_is_put_anew_is_not_restored
    what_comes_back_and_when_it_went_are_two_versions
    what_is_old_goes_for_good
}

async fn a_note_that_was_deleted_is_not_found_and_has_a_version(engine: Engine) {
    let Some(it) = begun(engine, "c1").await else { return };
    let deleted = it.client.delete("/1/note/u/a").send().await;
    assert_eq!(deleted.status(), 204);
    let missing = it.client.get("/1/note/u/a").send().await;
    assert_eq!(missing.status(), 404);
    assert_eq!(missing.field("x-version"), deleted.field("x-version"));
    assert!(missing.field("x-version").is_some());
    assert_eq!(it.client.delete("/1/note/u/a").send().await.status(), 404, "it is gone already");
}

/// Deletes the note `a`, and returns the version by which it went.
async fn delete(it: &Setting) -> String {
    let deleted = it.client.delete("/1/note/u/a").send().await;
    deleted.field("x-version").expect("a version").to_owned()
}

async fn restore(it: &Setting, version: &str, tag: &str) -> TestResponse {
    let target = format!("/1/note/u/a?restore={version}");
    it.client.put(&target).header("if-match", tag).json(&"first").send().await
}

async fn a_note_that_was_deleted_comes_back_by_the_version_of_its_end(engine: Engine) {
    let Some(it) = begun(engine, "c1").await else { return };
    let gone = delete(&it).await;
    let tag = format!("\"{gone}\"");
    let other = it.client.put("/1/note/u/a?restore=7").json(&"first").send().await;
    assert_eq!(other.status(), 412, "it went by another version");
    assert_eq!(restore(&it, &gone, "\"7\"").await.status(), 412);
    assert_eq!(restore(&it, &gone, &tag).await.status(), 201);
    assert_eq!(it.client.get("/1/note/u/a").send().await.json::<String>(), "first");
    assert_eq!(restore(&it, &gone, &tag).await.status(), 412, "it is there");
}

async fn a_note_that_is_put_anew_is_not_restored(engine: Engine) {
    let Some(it) = begun(engine, "c1").await else { return };
    let gone = delete(&it).await;
    assert_eq!(it.put("/1/note/u/a", "second", "").await.status(), 201);
    let target = format!("/1/note/u/a?restore={gone}");
    assert_eq!(it.client.put(&target).json(&"first").send().await.status(), 412);
    delete(&it).await;
    assert_eq!(it.client.put(&target).json(&"first").send().await.status(), 412);
}

async fn what_comes_back_and_when_it_went_are_two_versions(engine: Engine) {
    let Some(it) = begun(engine, "c1").await else { return };
    let first = delete(&it).await;
    assert_eq!(it.put("/1/note/u/a", "second", "").await.status(), 201);
    let second = format!("\"{}\"", delete(&it).await);
    assert_eq!(restore(&it, &first, &format!("\"{first}\"")).await.status(), 412);
    assert_eq!(restore(&it, &first, &second).await.status(), 201);
}

async fn what_is_old_goes_for_good(engine: Engine) {
    let Some(it) = begun(engine, "c1").await else { return };
    assert_eq!(it.put("/1/note/u/b", "second", "k1").await.status(), 201);
    delete(&it).await;
    for (hours, notes, kept) in [(47, 2, 2), (2, 1, 0)] {
        it.age(hours).await;
        it.data.remove_old().await.expect("a database");
        assert_eq!((it.count("note").await, it.count("kept").await), (notes, kept), "{hours}");
    }
    it.freeze().await;
    let away = [("state", "away"), ("version", "6"), ("cluster", "c2")];
    assert_eq!(it.place(&away).await.status(), 200);
    for (hours, placements) in [(7 * 24 - 1, 1), (2, 0)] {
        it.age(hours).await;
        it.data.remove_old().await.expect("a database");
        assert_eq!(it.count("placement").await, placements, "{hours}");
    }
}
