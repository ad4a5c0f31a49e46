//! Attachments, and the collector of their bytes.

use engines::{Engine, on_each_engine};
use futures_util::future::join_all;
use serde_json::{Value as Json, json};
use wsgiservice::{Application, testing::Client};

use super::{LARGEST, code, setting, version};

on_each_engine! {
    an_attachment_is_created_and_replaced_and_deleted
    an_attachment_has_ranges_and_its_digest_and_its_media_type
    what_is_no_media_type_is_not_kept
    an_attachment_runs_no_scripts
    an_attachment_needs_its_item
    an_attachment_never_changes_the_tag_of_its_item
    names_of_all_kinds_are_names
    an_attachment_of_any_length_is_kept
    an_attachment_that_is_too_large_leaves_nothing
    an_upload_that_comes_again_has_its_effect_once
    an_upload_that_comes_again_with_a_stale_tag_is_replayed
    an_upload_with_a_stale_tag_is_refused
    an_upload_that_is_refused_leaves_nothing
    an_attachment_comes_back_by_the_version_of_its_end
    an_item_that_goes_meanwhile_leaves_no_attachment
    bytes_go_two_days_after_their_row
    bytes_that_are_removed_are_counted
    bytes_that_were_replaced_go_when_they_are_old
    what_is_left_of_a_crash_goes_when_it_is_old
    a_folder_that_cannot_be_read_keeps_no_bytes
    an_attachment_that_is_read_while_it_is_replaced_is_whole
}

const TARGET: &str = "/1/attachment/u/a/p.txt";

async fn an_attachment_is_created_and_replaced_and_deleted(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    it.item().await;
    assert_eq!(it.get(TARGET).await.status(), 404);
    let created = it.attach(TARGET, "first").send().await;
    assert_eq!(created.status(), 201);
    let number = version(&created);
    assert_eq!(created.json::<Json>(), json!({"id": "a", "name": "p.txt", "version": number}));
    let replaced = it.attach(TARGET, "second").send().await;
    assert_eq!(replaced.status(), 200);
    let found = it.get(TARGET).await;
    assert_eq!((found.text(), version(&found)), ("second", version(&replaced)));
    let deleted = it.delete(TARGET).await;
    assert_eq!(deleted.status(), 204);
    let gone = it.get(TARGET).await;
    assert_eq!((gone.status().as_u16(), version(&gone)), (404, version(&deleted)));
    assert_eq!(it.delete(TARGET).await.status(), 404);
}

async fn an_attachment_has_ranges_and_its_digest_and_its_media_type(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    it.item().await;
    let put = it.client.put(TARGET).header("content-type", "text/x-test; a=\"b c\"");
    let created = put.body("0123456789").send().await;
    let found = it.get(TARGET).await;
    assert_eq!(found.field("content-type"), Some("text/x-test; a=\"b c\""));
    let digest = Some("sha-256=:hNiYd/DUBB77a/kaFvAkjy/Vc+avBcGflr7bn4gveII=:");
    assert_eq!(found.field("repr-digest"), digest);
    assert_eq!(found.field("etag"), Some(format!("\"{}\"", version(&created)).as_str()));
    let part = it.client.get(TARGET).header("range", "bytes=2-4").send().await;
    assert_eq!((part.status().as_u16(), part.text()), (206, "234"));
    assert_eq!((part.field("repr-digest"), version(&part)), (digest, version(&created)));
    let tag = found.field("etag").expect("a tag");
    let same = it.client.get(TARGET).header("if-none-match", tag).send().await;
    assert_eq!(same.status(), 304);
    it.client.put(TARGET).body("x").send().await;
    assert_eq!(it.get(TARGET).await.field("content-type"), Some("application/octet-stream"));
}

async fn what_is_no_media_type_is_not_kept(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    it.item().await;
    let longest = format!("text/{}", "x".repeat(300));
    for wrong in ["", "text", "*/*", "text/*", "text/html\tx", "a/b/c", "text/a; b=\"", &longest] {
        let put = it.client.put(TARGET).header("content-type", wrong).body("p").send().await;
        assert!(put.status().is_success(), "{wrong:?}: {put:?}");
        let found = it.get(TARGET).await;
        assert_eq!(found.field("content-type"), Some("application/octet-stream"), "{wrong:?}");
    }
}

async fn an_attachment_runs_no_scripts(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    it.item().await;
    let put = it.client.put(TARGET).header("content-type", "text/html");
    put.body("<script>alert(1)</script>").send().await;
    let whole = it.get(TARGET).await;
    let part = it.client.get(TARGET).header("range", "bytes=0-3").send().await;
    for found in [whole, part] {
        assert_eq!(found.field("x-content-type-options"), Some("nosniff"));
        let policy = found.field("content-security-policy");
        assert_eq!(policy, Some("default-src 'none'; style-src 'unsafe-inline'; sandbox"));
    }
}

async fn an_attachment_needs_its_item(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    let refused = it.attach(TARGET, "p").send().await;
    assert_eq!(refused.status(), 404);
    assert_eq!(refused.json::<Json>()["detail"], "the item a does not exist");
    it.item().await;
    let gone = version(&it.delete("/1/item/u/a").await);
    let refused = it.attach(TARGET, "p").send().await;
    assert_eq!((refused.status().as_u16(), version(&refused)), (404, gone));
    assert_eq!((it.count("attachment").await, it.paths().len()), (0, 0));
}

async fn an_attachment_never_changes_the_tag_of_its_item(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    let item = it.item().await;
    it.attach(TARGET, "p").send().await;
    it.delete(TARGET).await;
    assert_eq!(version(&it.get("/1/item/u/a").await), item);
}

async fn names_of_all_kinds_are_names(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    it.item().await;
    let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let names =
        ["...", ".a", "a/b", "../../x", "%2e", "#1", "7#1", "ä 😀", "A", "a", "a ", "~", "\\"];
    for name in [".", ".."] {
        // No client has such a path: a mover could not move the bytes.
        let target = format!("/1/attachment/u/a/{}", encoded(name));
        assert_eq!(it.attach(&target, name).send().await.status(), 400, "{name}");
    }
    let longest = "\u{1F600}".repeat(190);
    for name in names.into_iter().chain([longest.as_str()]) {
        let target = format!("/1/attachment/u/a/{}", encoded(name));
        assert_eq!(it.attach(&target, name).send().await.status(), 201, "{name}");
    }
    for name in names.into_iter().chain([longest.as_str()]) {
        let target = format!("/1/attachment/u/a/{}", encoded(name));
        assert_eq!(it.get(&target).await.text(), name);
    }
    it.age(49).await;
    it.collect().await;
    assert_eq!(it.paths().len(), names.len() + 1, "all have rows");
    assert_eq!(
        it.folder
            .path()
            .read_dir()
            .expect("a folder")
            .flatten()
            .filter(|entry| entry.path().is_dir())
            .count(),
        1
    );
}

async fn an_attachment_of_any_length_is_kept(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    it.item().await;
    for length in [0, 1, 262_143, 262_144, 262_145, LARGEST as usize] {
        let text = "x".repeat(length);
        assert!(it.attach(TARGET, &text).send().await.status().is_success(), "{length}");
        assert_eq!(it.get(TARGET).await.content().len(), length);
    }
}

async fn an_attachment_that_is_too_large_leaves_nothing(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    it.item().await;
    let refused = it.attach(TARGET, &"x".repeat(LARGEST as usize + 1)).send().await;
    assert_eq!(refused.status(), 413);
    assert_eq!((it.count("attachment").await, it.paths().len()), (0, 0));
}

async fn an_upload_that_comes_again_has_its_effect_once(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    it.item().await;
    let put = |text: &'static str, key: &'static str| {
        it.attach(TARGET, text).header("idempotency-key", key).send()
    };
    let first = put("one", "k1").await;
    assert_eq!(put("two", "k2").await.status(), 200);
    let again = put("one", "k1").await;
    assert_eq!((again.status().as_u16(), again.text()), (201, first.text()));
    assert_eq!(again.field("idempotency-replayed"), Some("true"));
    assert_eq!(version(&again), version(&first));
    assert_eq!(it.get(TARGET).await.text(), "two");
    assert_eq!(code(&put("three", "k1").await), (422, json!("key-reused")));
    assert_eq!(it.paths().len(), 2, "only what was executed has bytes");

    let delete = || it.client.delete(TARGET).header("idempotency-key", "k3").send();
    assert_eq!(version(&delete().await), version(&delete().await));
    assert_eq!(put("two", "k2").await.status(), 200, "known although the attachment went");
    it.delete("/1/item/u/a").await;
    assert_eq!(put("two", "k2").await.status(), 200, "known although the item went");
}

async fn an_upload_that_comes_again_with_a_stale_tag_is_replayed(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    it.item().await;
    let tag = format!("\"{}\"", version(&it.attach(TARGET, "one").send().await));
    let put = |text: &'static str| {
        let put = it.attach(TARGET, text).header("if-match", &tag);
        put.header("idempotency-key", "k").send()
    };
    let first = put("two").await;
    assert_eq!(first.status(), 200);
    let again = put("two").await;
    assert_eq!((again.status().as_u16(), again.text()), (200, first.text()));
    assert_eq!(again.field("idempotency-replayed"), Some("true"));
    assert_eq!(code(&put("three").await), (422, json!("key-reused")));
    let create = || {
        let put = it.attach("/1/attachment/u/a/q", "q").header("if-none-match", "*");
        put.header("idempotency-key", "k2").send()
    };
    assert_eq!((create().await.status().as_u16(), create().await.status().as_u16()), (201, 201));
}

async fn an_upload_with_a_stale_tag_is_refused(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    it.item().await;
    it.attach(TARGET, "one").send().await;
    let put = it.attach(TARGET, "two").header("if-match", "\"7\"");
    assert_eq!(put.header("idempotency-key", "k").send().await.status(), 412);
    let current = version(&it.get(TARGET).await);
    let put = it.attach(TARGET, "two").header("if-match", &format!("\"{current}\""));
    let put = put.header("idempotency-key", "k").send().await;
    assert_eq!(put.status(), 200, "a refusal leaves no record");
}

async fn an_upload_that_is_refused_leaves_nothing(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    it.item().await;
    let tag = format!("\"{}\"", version(&it.attach(TARGET, "one").send().await));
    let put = |_| it.attach(TARGET, "two").header("if-match", &tag).send();
    let responses = join_all((0..10).map(put)).await;
    let won = responses.iter().filter(|response| response.status() == 200).count();
    assert_eq!(won, 1);
    assert_eq!(it.paths().len(), 2, "the first and the one that won");
}

async fn an_attachment_comes_back_by_the_version_of_its_end(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    it.item().await;
    it.attach(TARGET, "one").send().await;
    let gone = version(&it.delete(TARGET).await);
    let restore = |gone: i64, tag: i64| {
        let put = it.attach(&format!("{TARGET}?restore={gone}"), "one");
        put.header("if-match", &format!("\"{tag}\"")).send()
    };
    assert_eq!(restore(gone, gone - 1).await.status(), 412);
    assert_eq!(restore(gone, gone).await.status(), 201);
    assert_eq!(restore(gone, gone).await.status(), 412);
}

/// The item goes while attachments arrive: there is never one without its item.
async fn an_item_that_goes_meanwhile_leaves_no_attachment(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    for round in 0..5 {
        it.item().await;
        let attach = |number: i32| {
            let target = format!("/1/attachment/u/a/{round}-{number}");
            let request = it.attach(&target, "x");
            async move { request.send().await.status().as_u16() }
        };
        let attaching = join_all((0..8).map(attach));
        let (attached, deleted) = tokio::join!(attaching, it.delete("/1/item/u/a"));
        assert_eq!(deleted.status(), 204);
        assert!(attached.iter().all(|status| [201, 404].contains(status)));
        assert_eq!(it.count("attachment WHERE gone IS NULL").await, 0);
    }
    let gone = it.count("attachment").await;
    assert_eq!(it.paths().len() as i64, gone, "those that were refused have no bytes");
}

async fn bytes_go_two_days_after_their_row(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    it.item().await;
    it.attach(TARGET, "one").send().await;
    it.attach("/1/attachment/u/a/kept", "two").send().await;
    it.age(49).await;
    it.collect().await;
    assert_eq!(it.paths().len(), 2, "bytes of any age are kept while their row is there");
    it.delete(TARGET).await;
    for (hours, left) in [(47, 2), (2, 1)] {
        it.age(hours).await;
        it.collect().await;
        assert_eq!(it.paths().len(), left, "{hours}");
    }
    assert_eq!(it.get("/1/attachment/u/a/kept").await.text(), "two");
    assert_eq!(it.get(TARGET).await.field("x-version"), None);
}

async fn bytes_that_are_removed_are_counted(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    it.item().await;
    for text in ["12345", "123", "12"] {
        it.attach(TARGET, text).send().await;
    }
    it.age(49).await;
    let (data, files) = (it.data("c1"), it.files());
    crate::collector::collect(&data, &files).await.expect("files");
    let client = Client::new(files.observe(Application::new("storage")));
    let metrics = client.get("/_internal/metrics").send().await.text().to_owned();
    for expected in ["collected_files_total 2", "collected_bytes_total 8"] {
        assert!(metrics.lines().any(|line| line == expected), "{expected}\n{metrics}");
    }
}

async fn bytes_that_were_replaced_go_when_they_are_old(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    it.item().await;
    it.attach(TARGET, "one").send().await;
    it.attach(TARGET, "two").send().await;
    it.collect().await;
    assert_eq!(it.paths().len(), 2);
    it.age(49).await;
    it.collect().await;
    assert_eq!(it.paths().len(), 1);
    assert_eq!(it.get(TARGET).await.text(), "two");
}

async fn what_is_left_of_a_crash_goes_when_it_is_old(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    it.item().await;
    it.attach(TARGET, "one").send().await;
    let folder = it.paths()[0].parent().expect("a folder").to_owned();
    for name in ["8", "9#1"] {
        std::fs::write(folder.join(name), "left").expect("a file");
    }
    it.age(47).await;
    it.collect().await;
    assert_eq!(it.paths().len(), 3);
    it.age(2).await;
    it.collect().await;
    assert_eq!(it.paths().len(), 1);
    assert_eq!(it.get(TARGET).await.text(), "one");
}

/// As root may read all, the folder is one that is in itself.
async fn a_folder_that_cannot_be_read_keeps_no_bytes(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    it.item().await;
    it.attach(TARGET, "first").send().await;
    it.attach(TARGET, "second").send().await;
    it.age(49).await;
    let folder = it.folder.path().join("attachments");
    std::os::unix::fs::symlink(".", folder.join("a")).expect("a link");
    std::os::unix::fs::symlink("nowhere", folder.join("b")).expect("a link");
    it.collect().await;
    for link in ["a", "b"] {
        std::fs::remove_file(folder.join(link)).expect("a link");
    }
    assert_eq!(it.paths().len(), 1, "the first bytes are gone");
    assert_eq!(it.get(TARGET).await.text(), "second");
}

async fn an_attachment_that_is_read_while_it_is_replaced_is_whole(engine: Engine) {
    let Some(it) = setting(engine, "c1").await else { return };
    it.item().await;
    it.attach(TARGET, &"0".repeat(300_000)).send().await;
    let write = async {
        for number in 1..6 {
            it.attach(TARGET, &number.to_string().repeat(300_000)).send().await;
        }
    };
    let read = async {
        for _ in 0..20 {
            let found = it.get(TARGET).await;
            let bytes = found.content();
            assert_eq!(bytes.len(), 300_000);
            assert!(bytes.iter().all(|byte| *byte == bytes[0]));
        }
    };
    tokio::join!(write, read);
}
