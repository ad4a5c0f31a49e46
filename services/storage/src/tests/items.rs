//! Items, and what is derived from them.

use std::collections::BTreeSet;

use engines::{Engine, on_each_engine};
use futures_util::future::join_all;
use serde_json::{Value as Json, json};
use wsgiservice::testing::assert_openapi;

use super::{Settings, client, code, setting, version};
use crate::application;

on_each_engine! {
    a_document_is_returned_as_it_was_sent
    an_item_is_created_and_replaced_and_deleted
    content_that_is_no_json_is_refused
    members_of_a_document_are_no_parameters
    requests_with_one_key_at_the_same_time_have_one_effect
    an_item_without_a_name_gets_one_once
    items_are_listed_by_their_versions
    a_page_has_a_bounded_size
    preconditions_hold_in_the_transaction
    one_of_those_who_have_seen_the_same_changes_it
    a_request_that_comes_again_with_a_stale_tag_is_replayed
    an_item_comes_back_with_what_went_with_it
    what_cannot_be_restored_says_why
    an_item_that_is_put_anew_has_nothing_of_the_old_one
    what_is_derived_has_a_version_of_its_own
    what_is_derived_from_an_older_version_is_passed_over
    what_is_derived_from_an_item_that_went_is_passed_over
    each_change_of_a_row_is_an_event
    writers_of_one_item_lose_no_update
    a_user_who_is_frozen_is_read_and_not_written
}

async fn a_document_is_returned_as_it_was_sent(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    let document = r#"{"z": 1.10, "a": [1e400, 12345678901234567890123, -0.0, "\u00e4\ud83d\ude00ä"],  "z2": null}"#;
    assert_eq!(it.put("/1/item/u/a", document).send().await.status(), 201);
    let found = it.get("/1/item/u/a").await;
    assert_eq!(found.text(), document);
    assert_eq!(found.field("content-type"), Some("application/json"));
    for document in ["null", "7", "\"x\"", "[]"] {
        assert_eq!(it.put("/1/item/u/a", document).send().await.status(), 200, "{document}");
        assert_eq!(it.get("/1/item/u/a").await.text(), document);
    }
    let other = it.client.get("/1/item/u/a").header("accept", "application/xml").send().await;
    assert_eq!(other.status(), 406);
}

async fn an_item_is_created_and_replaced_and_deleted(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    let missing = it.get("/1/item/u/a").await;
    assert_eq!((missing.status().as_u16(), missing.field("x-version")), (404, None));

    let created = it.put("/1/item/u/a", "{}").send().await;
    assert_eq!(created.status(), 201);
    assert_eq!(created.json::<Json>(), json!({"id": "a", "version": version(&created)}));
    let replaced = it.put("/1/item/u/a", "[]").send().await;
    assert_eq!(replaced.status(), 200);
    assert!(version(&replaced) > version(&created));
    let found = it.get("/1/item/u/a").await;
    assert_eq!(version(&found), version(&replaced));
    assert_eq!(found.field("etag"), Some(format!("\"{}\"", version(&replaced)).as_str()));

    let deleted = it.delete("/1/item/u/a").await;
    assert_eq!(deleted.status(), 204);
    assert!(version(&deleted) > version(&replaced));
    let gone = it.get("/1/item/u/a").await;
    assert_eq!((gone.status().as_u16(), version(&gone)), (404, version(&deleted)));
    let again = it.delete("/1/item/u/a").await;
    assert_eq!((again.status().as_u16(), version(&again)), (404, version(&deleted)));
    assert_eq!(it.delete("/1/item/u/b").await.status(), 404);
}

async fn content_that_is_no_json_is_refused(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    for content in ["", "{", "{} {}", "<a/>"] {
        let refused = it.put("/1/item/u/a", content).send().await;
        assert_eq!(refused.status(), 400, "{content}");
    }
    for (media_type, content) in [("application/xml", "<a>1</a>"), ("text/plain", "{}")] {
        let put = it.client.put("/1/item/u/a").header("content-type", media_type);
        let refused = put.body(content).send().await;
        assert!(refused.status().is_client_error(), "{media_type}");
    }
    assert_eq!(it.count("item").await, 0);
}

async fn members_of_a_document_are_no_parameters(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    let document = r#"{"restore": 1, "version": 2, "user": "x", "id": "y", "since": 3}"#;
    let put =
        |name: &'static str, tag: String| it.put("/1/item/u/a", document).header(name, &tag).send();
    assert_eq!(put("if-none-match", "*".to_owned()).await.status(), 201);
    let current = version(&it.get("/1/item/u/a").await);
    assert_eq!(put("if-match", format!("\"{current}\"")).await.status(), 200);
    assert_eq!(it.put("/1/derived/u/a", document).send().await.status(), 400);
}

async fn requests_with_one_key_at_the_same_time_have_one_effect(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    let post = |_| it.client.post("/1/item/u").json(&1).header("idempotency-key", "k").send();
    let responses = join_all((0..20).map(post)).await;
    let versions: BTreeSet<_> = responses.iter().map(version).collect();
    assert_eq!((versions.len(), it.count("item").await), (1, 1));
}

async fn an_item_without_a_name_gets_one_once(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    let post = || it.client.post("/1/item/u").json(&json!({"a": 1})).header("idempotency-key", "k");
    let created = post().send().await;
    assert_eq!(created.status(), 201);
    let id = created.json::<Json>()["id"].as_str().expect("an ID").to_owned();
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    let location = format!("/1/item/u/{id}");
    assert_eq!(created.field("location"), Some(location.as_str()));
    assert_eq!(it.get(&location).await.text(), r#"{"a":1}"#);
    let again = post().send().await;
    assert_eq!(
        (again.text(), again.field("location")),
        (created.text(), created.field("location"))
    );
    assert_eq!(again.field("idempotency-replayed"), Some("true"));
    let other = it.client.post("/1/item/u").json(&1).header("idempotency-key", "k").send().await;
    assert_eq!(code(&other), (422, json!("key-reused")));
    assert_eq!(it.count("item").await, 1);
}

async fn items_are_listed_by_their_versions(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    let none = it.get("/1/item/u").await.json::<Json>();
    assert_eq!(none, json!({"items": [], "start": 1, "count": 10, "total": 0}));
    for number in 0..12 {
        it.put(&format!("/1/item/u/{number}"), "{}").send().await;
    }
    let changed = version(&it.put("/1/item/u/3", "[]").send().await);
    it.delete("/1/item/u/5").await;
    it.put("/1/item/other/0", "{}").send().await;
    let ids = |list: &Json| -> Vec<String> {
        let items = list["items"].as_array().expect("items").iter();
        items.map(|item| item["id"].as_str().expect("an ID").to_owned()).collect()
    };
    let first = it.get("/1/item/u").await.json::<Json>();
    assert_eq!(first["total"], 11);
    assert_eq!(ids(&first), ["0", "1", "2", "4", "6", "7", "8", "9", "10", "11"]);
    let second = it.get("/1/item/u?start=11&count=2").await.json::<Json>();
    let expected = json!({
        "items": [{"id": "3", "version": changed}], "start": 11, "count": 2, "total": 11,
    });
    assert_eq!(second, expected);
    let last = first["items"][9]["version"].as_i64().expect("a version");
    let since = it.get(&format!("/1/item/u?since={last}")).await.json::<Json>();
    assert_eq!((ids(&since), &since["total"]), (vec!["3".to_owned()], &json!(1)));
    let since = it.get(&format!("/1/item/u?since={changed}")).await.json::<Json>();
    assert_eq!(since["total"], 0);
}

async fn a_page_has_a_bounded_size(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    for (query, status) in
        [("count=1000", 200), ("count=1001", 400), ("count=0", 400), ("start=0", 400)]
    {
        assert_eq!(it.get(&format!("/1/item/u?{query}")).await.status(), status, "{query}");
    }
}

async fn preconditions_hold_in_the_transaction(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    let put =
        |name: &'static str, tag: String| it.put("/1/item/u/a", "{}").header(name, &tag).send();
    assert_eq!(put("if-match", "*".to_owned()).await.status(), 412);
    assert_eq!(put("if-none-match", "*".to_owned()).await.status(), 201);
    assert_eq!(put("if-none-match", "*".to_owned()).await.status(), 412);
    let current = version(&it.get("/1/item/u/a").await);
    assert_eq!(put("if-match", format!("\"{}\"", current - 1)).await.status(), 412);
    assert_eq!(put("if-match", format!("\"{current}\"")).await.status(), 200);
    let delete = it.client.delete("/1/item/u/a").header("if-match", &format!("\"{current}\""));
    assert_eq!(delete.send().await.status(), 412);
}

/// All of them can be past the hook that finds the tag before the first one writes.
async fn one_of_those_who_have_seen_the_same_changes_it(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    for (target, is_deleted) in
        [("/1/item/u/a", true), ("/1/attachment/u/a/p", true), ("/1/derived/u/a", false)]
    {
        for _ in 0..5 {
            let item = it.item().await;
            let target_of_put = match is_deleted {
                true => target.to_owned(),
                false => format!("{target}?version={item}"),
            };
            let seen = version(&it.put(&target_of_put, "1").send().await);
            let tag = format!("\"{seen}\"");
            let puts = (0..5).map(|_| it.put(&target_of_put, "2"));
            let deletes = (0..5).map(|_| it.client.delete(target)).filter(|_| is_deleted);
            let requests = puts.zip(deletes.map(Some).chain(std::iter::repeat_with(|| None)));
            let requests = requests.flat_map(|(put, delete)| [Some(put), delete]).flatten();
            let sent = requests.map(|request| request.header("if-match", &tag).send());
            let responses = join_all(sent).await;
            let won = responses.iter().filter(|it| it.status().is_success()).count();
            assert_eq!(won, 1, "{target}: {responses:?}");
        }
    }
}

async fn a_request_that_comes_again_with_a_stale_tag_is_replayed(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    let tag = format!("\"{}\"", it.item().await);
    let put = it.put("/1/item/u/a", "[]").header("if-match", &tag).header("idempotency-key", "k1");
    let first = put.send().await;
    assert_eq!(first.status(), 200);
    let put = it.put("/1/item/u/a", "[]").header("if-match", &tag).header("idempotency-key", "k1");
    let again = put.send().await;
    assert_eq!((again.text(), version(&again)), (first.text(), version(&first)));
    assert_eq!(again.field("idempotency-replayed"), Some("true"));

    let tag = format!("\"{}\"", version(&first));
    let delete = || it.client.delete("/1/item/u/a").header("idempotency-key", "k2");
    let first = delete().header("if-match", &tag).send().await;
    let again = delete().header("if-match", &tag).send().await;
    assert_eq!((first.status().as_u16(), again.status().as_u16()), (204, 204));
    assert_eq!(version(&first), version(&again));
}

async fn an_item_comes_back_with_what_went_with_it(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    let first = it.item().await;
    it.put(&format!("/1/derived/u/a?version={first}"), "1").send().await;
    it.attach("/1/attachment/u/a/p", "p").send().await;
    it.attach("/1/attachment/u/a/q", "q").send().await;
    it.delete("/1/attachment/u/a/q").await;
    let gone = version(&it.delete("/1/item/u/a").await);
    for target in ["/1/derived/u/a", "/1/attachment/u/a/p"] {
        let missing = it.get(target).await;
        assert_eq!((missing.status().as_u16(), version(&missing)), (404, gone), "{target}");
    }
    let restore = |gone: i64, tag: i64| {
        let put = it.put(&format!("/1/item/u/a?restore={gone}"), "[2]");
        put.header("if-match", &format!("\"{tag}\"")).send()
    };
    assert_eq!(restore(gone, gone - 1).await.status(), 412);
    let back = restore(gone, gone).await;
    assert_eq!(back.status(), 201);
    assert_eq!(it.get("/1/item/u/a").await.text(), "[2]");
    let derived = it.get("/1/derived/u/a").await;
    assert_eq!((derived.text(), version(&derived)), ("1", version(&back)));
    let attached = it.get("/1/attachment/u/a/p").await;
    assert_eq!((attached.text(), version(&attached)), ("p", version(&back)));
    assert_eq!(it.get("/1/attachment/u/a/q").await.status(), 404, "it went before");
    assert_eq!(restore(gone, gone).await.status(), 412, "it is there");
}

async fn what_cannot_be_restored_says_why(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    let first = it.item().await;
    let gone = version(&it.delete("/1/item/u/a").await);
    let refused = async |target: &str, version: i64| {
        let put = it.put(&format!("{target}?restore={version}"), "{}").send().await;
        (put.status().as_u16(), put.json::<Json>()["detail"].clone())
    };
    let nothing = (412, json!("nothing went by this version"));
    assert_eq!(refused("/1/item/u/nothing", 5).await, nothing, "it never was");
    for version in [5, first, gone + 1] {
        assert_eq!(refused("/1/item/u/a", version).await, nothing, "it went by another version");
    }
    it.item().await;
    let changed = (412, json!("the row has changed since"));
    assert_eq!(refused("/1/item/u/a", gone).await, changed, "it is there");
    assert_eq!(refused("/1/attachment/u/a/p", 5).await, nothing);
}

async fn an_item_that_is_put_anew_has_nothing_of_the_old_one(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    let first = it.item().await;
    it.put(&format!("/1/derived/u/a?version={first}"), "1").send().await;
    it.attach("/1/attachment/u/a/p", "p").send().await;
    let gone = version(&it.delete("/1/item/u/a").await);
    assert_eq!(it.put("/1/item/u/a", "[]").send().await.status(), 201);
    assert_eq!(it.get("/1/derived/u/a").await.status(), 404);
    assert_eq!(it.get("/1/attachment/u/a/p").await.status(), 404);
    let target = format!("/1/item/u/a?restore={gone}");
    assert_eq!(it.put(&target, "{}").send().await.status(), 412);
    it.delete("/1/item/u/a").await;
    assert_eq!(it.put(&target, "{}").send().await.status(), 412, "it went by another version");
}

async fn what_is_derived_has_a_version_of_its_own(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    assert_eq!(it.put("/1/derived/u/a?version=1", "{}").send().await.status(), 404);
    let item = it.item().await;
    let target = format!("/1/derived/u/a?version={item}");
    let created = it.put(&target, r#"{"n": 1.0}"#).send().await;
    assert_eq!(created.status(), 201);
    assert_eq!(created.json::<Json>(), json!({"id": "a", "version": version(&created)}));
    let found = it.get("/1/derived/u/a").await;
    assert_eq!((found.text(), version(&found)), (r#"{"n": 1.0}"#, version(&created)));
    let of_item = it.get("/1/item/u/a").await;
    assert_eq!((version(&of_item), of_item.text()), (item, "{}"), "the item is as before");
    let stale = it.put(&target, "2").header("if-match", "\"7\"").send().await;
    assert_eq!(stale.status(), 412);
    assert_eq!(it.put(&target, "2").send().await.status(), 200);
    assert_eq!(it.put("/1/derived/u/a", "2").send().await.status(), 400, "the version is missing");
}

async fn what_is_derived_from_an_older_version_is_passed_over(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    let (old, new) = (it.item().await, it.item().await);
    let put = |version: i64, text: &'static str| {
        it.put(&format!("/1/derived/u/a?version={version}"), text).send()
    };
    let kept = put(new, "\"new\"").await;
    let events = it.events().await.len();
    let passed_over = put(old, "\"old\"").await;
    assert_eq!((passed_over.status().as_u16(), version(&passed_over)), (200, version(&kept)));
    assert_eq!(it.get("/1/derived/u/a").await.text(), "\"new\"");
    assert_eq!(it.events().await.len(), events);
}

async fn what_is_derived_from_an_item_that_went_is_passed_over(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    let old = it.item().await;
    it.delete("/1/item/u/a").await;
    let target = format!("/1/derived/u/a?version={old}");
    assert_eq!(it.put(&target, "1").send().await.status(), 404);
    it.item().await;
    let late = it.put(&target, "1").send().await;
    assert_eq!(late.status(), 200);
    assert_eq!(it.get("/1/derived/u/a").await.status(), 404);
}

async fn each_change_of_a_row_is_an_event(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    let item = it.item().await;
    let derived = version(&it.put(&format!("/1/derived/u/a?version={item}"), "1").send().await);
    let attached = version(&it.attach("/1/attachment/u/a/b%2Fc", "p").send().await);
    let gone = version(&it.delete("/1/item/u/a").await);
    let back = version(&it.put(&format!("/1/item/u/a?restore={gone}"), "{}").send().await);
    let detached = version(&it.delete("/1/attachment/u/a/b%2Fc").await);
    let refused = it.put("/1/item/u/a", "{}").header("if-match", "\"1\"").send().await;
    assert_eq!(refused.status(), 412);
    let event = |path: &str, version: i64, gone: bool| (format!("/1/{path}"), version, gone);
    let expected = [
        event("item/u/a", item, false),
        event("derived/u/a", derived, false),
        event("attachment/u/a/b%2Fc", attached, false),
        event("attachment/u/a/b%2Fc", gone, true),
        event("derived/u/a", gone, true),
        event("item/u/a", gone, true),
        event("attachment/u/a/b%2Fc", back, false),
        event("derived/u/a", back, false),
        event("item/u/a", back, false),
        event("attachment/u/a/b%2Fc", detached, true),
    ];
    assert_eq!(it.events().await, expected);
}

async fn writers_of_one_item_lose_no_update(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    let tag = format!("\"{}\"", it.item().await);
    let put = |_| it.put("/1/item/u/a", "[]").header("if-match", &tag).send();
    let responses = join_all((0..20).map(put)).await;
    let won = responses.iter().filter(|response| response.status() == 200);
    let versions: BTreeSet<_> = won.map(version).collect();
    assert_eq!(versions.len(), 1);
    assert!(responses.iter().all(|it| [200, 412].contains(&it.status().as_u16())));
}

async fn a_user_who_is_frozen_is_read_and_not_written(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    it.item().await;
    assert_eq!(it.place(&[("state", "frozen"), ("version", "6")]).await.status(), 200);
    assert_eq!(it.get("/1/item/u/a").await.status(), 200);
    for request in [
        it.put("/1/item/u/a", "{}"),
        it.client.delete("/1/item/u/a"),
        it.client.post("/1/item/u").json(&1),
        it.put("/1/derived/u/a?version=1", "{}"),
        it.attach("/1/attachment/u/a/p", "p"),
        it.client.delete("/1/attachment/u/a/p"),
    ] {
        let refused = request.send().await;
        assert_eq!(code(&refused), (423, json!("frozen")));
        assert_eq!(refused.field("retry-after"), Some("1"));
    }
    assert!(it.paths().is_empty(), "no bytes were written");
}

#[tokio::test]
async fn the_openapi_document_matches_its_snapshot() {
    let settings = Settings::of("sqlite:storage.db", "file:attachments");
    let application = application(settings, client("c1")).await.expect("an application");
    assert_openapi(application, "openapi.json");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_of_the_readme_print_what_it_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = |scheme: &str, name: &str| format!("{scheme}:{}", folder.path().join(name).display());
    let settings = Settings::of(&url("sqlite", "storage.db"), &url("file", "attachments"));
    let application = application(settings, client("c1")).await.expect("an application");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    tokio::spawn(application.serve(listener));
    let replayed = tokio::task::spawn_blocking(move || {
        let readme = include_str!("../../README.md");
        wsgiservice_test_support::replay(readme, &[("127.0.0.1:8101", &address)]);
    });
    replayed.await.expect("a transcript");
}
