//! A small service of notes, and what it promises of the data of its users.

mod relay;

use std::{
    collections::BTreeSet,
    convert::Infallible,
    sync::{Arc, Mutex},
};

use engines::{Engine, on_each_engine};
use futures_util::future::{join, join_all};
use http::{Response, StatusCode};
use http_body_util::{BodyExt, Full};
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use wsgiservice::{
    Application, Content, EntityTag, IdempotencyKey, NoContent, Preconditions, Request,
    answer::{Put, WithFields},
    mount, resource,
    testing::{Client, TestResponse},
};
use wsgiservice_client::{Body, RestClient, service_fn};

use super::{Answer, Change, Data, Failure, Name, RowState, State, Table, User, Version};
use crate::{Database, Error, Transaction, Type, values};

on_each_engine! {
    each_change_has_a_version_of_its_own
    a_request_that_comes_again_has_its_effect_once
    a_request_that_comes_again_is_known_although_its_precondition_is_stale
    requests_with_one_key_at_the_same_time_have_one_effect
    the_first_requests_of_a_user_at_the_same_time_draw_versions_of_their_own
    only_what_was_executed_is_kept
    a_user_without_a_placement_is_looked_up
    a_user_who_is_frozen_is_read_and_not_written
    a_user_who_is_away_or_gone_leaves_no_rows_but_what_waits_to_be_told
    a_call_that_comes_late_is_refused
    a_user_who_was_written_since_is_not_frozen
    only_what_was_here_can_be_here
    what_is_here_and_was_not_frozen_is_not_away
    a_user_moves_with_keys_and_versions
    an_export_is_of_a_user_who_is_frozen_at_its_version
    an_import_that_is_not_complete_changes_nothing
    what_is_here_is_not_replaced
    a_user_with_many_rows_moves_page_by_page
    an_export_of_a_user_who_thaws_has_no_end
    a_note_that_was_deleted_is_not_found_and_has_a_version
    a_note_that_was_deleted_comes_back_by_the_version_of_its_end
    a_note_that_is_put_anew_is_not_restored
    what_comes_back_and_when_it_went_are_two_versions
    what_is_old_goes_for_good
    names_that_differ_in_a_space_at_the_end_are_two
    a_key_of_any_length_is_kept
    a_name_that_no_database_takes_is_refused
    a_user_whom_no_database_takes_is_not_placed
    a_freeze_under_writers_keeps_their_versions
    a_freeze_sees_the_write_that_it_waits_for
    a_call_that_races_a_newer_one_is_older
    a_late_import_replaces_nothing_that_was_written_since
    a_first_call_races_first_writes
    a_placement_is_looked_at_before_the_key_and_the_preconditions
    a_replay_is_what_was_answered_first
    a_call_that_says_nothing_is_refused
    a_hostile_name_is_no_error_of_the_server
    a_mark_ends_when_it_is_old_enough
    when_a_user_was_written_moves_too
    a_row_that_comes_twice_is_refused
    a_freeze_of_the_same_version_comes_late
    an_import_comes_late_or_again
    a_counter_does_not_go_back_by_an_import
    rows_that_go_while_they_are_read_are_not_missing
}

const NOTE: Table = Table {
    name: "note",
    columns: &[
        ("user_id", Type::Text),
        ("id", Type::Text),
        ("text", Type::Text),
        ("version", Type::Integer),
        Table::GONE,
        Table::GONE_AT,
    ],
    key: &["id"],
    is_soft: true,
};

const SCHEMA: [&str; 2] = [
    "CREATE TABLE note (user_id {key} NOT NULL, id {key} NOT NULL, text {text} NOT NULL, version {integer} NOT NULL, \
     gone {integer}, gone_at {integer}, PRIMARY KEY (user_id, id))",
    "CREATE INDEX note_gone ON note (gone_at)",
];

const FIND: &str = "SELECT version, gone, text FROM note WHERE user_id = ? AND id = ?";

#[mount("/1/note/{user}/{id}")]
struct Note {
    data: Data,
}

#[resource]
impl Note {
    async fn admit(
        &self,
        user: User,
        key: Option<IdempotencyKey>,
        request: &Request,
    ) -> Result<Option<Response<String>>, Failure> {
        self.data.admit(request, &user, key).await
    }

    async fn etag(
        &self,
        user: User,
        id: Name,
        restore: Option<i64>,
    ) -> Result<Option<EntityTag>, Failure> {
        self.data.tag(&user, FIND, &values![&user, &id], restore).await
    }

    async fn get(&self, user: User, id: Name) -> Result<WithFields<String>, Failure> {
        let (state, row) = self.data.row(&user, FIND, &values![&user, &id]).await?;
        Ok(state.with_version(row.get(2)?))
    }

    async fn put(
        &self,
        user: User,
        id: Name,
        text: Content<String>,
        restore: Option<i64>,
        key: Option<IdempotencyKey>,
        preconditions: Preconditions,
    ) -> Result<WithFields<Put<i64>>, Failure> {
        let text = text.into_inner();
        let change = Change::new(user.as_str(), key);
        let effect = async move |transaction: &mut Transaction, version: Version| {
            let state = RowState::find(transaction, FIND, &values![&user, &id]).await?;
            RowState::check(state, restore, &preconditions)?;
            if text == "refused" {
                return Err(Failure::Malformed("refused".to_owned()));
            }
            let columns = ["text", "version", "gone", "gone_at"];
            let upsert = transaction.dialect().upsert("note", &["user_id", "id"], &columns);
            let nothing = None::<i64>;
            let values = values![&user, &id, &text, version.number, nothing, nothing];
            transaction.execute(&upsert, &values).await?;
            let path = Self::path(&user, &id);
            Data::event(transaction, &user, &path, version, false).await?;
            Answer::put(RowState::present(state).is_err(), version, &version.number)
        };
        self.data.change(change, effect).await?.into_put()
    }

    async fn delete(
        &self,
        user: User,
        id: Name,
        key: Option<IdempotencyKey>,
        preconditions: Preconditions,
    ) -> Result<WithFields<NoContent>, Failure> {
        let change = Change::new(user.as_str(), key);
        let effect = async move |transaction: &mut Transaction, version: Version| {
            let state = RowState::find(transaction, FIND, &values![&user, &id]).await?;
            RowState::present(state)?;
            RowState::check(state, None, &preconditions)?;
            let delete = "UPDATE note SET gone = ?, gone_at = ? WHERE user_id = ? AND id = ?";
            let values = values![version.number, version.at, &user, &id];
            transaction.execute(delete, &values).await?;
            Ok(Answer::no_content(version))
        };
        Ok(self.data.change(change, effect).await?.into_no_content())
    }
}

/// What the cluster service says of all users: a status, and directions.
type Directions = Arc<Mutex<(u16, Json)>>;

struct Setting {
    _folder: TempDir,
    client: Client,
    data: Data,
    directions: Directions,
}

/// A service in which the user `u` has a first note, and so a placement of version 5.
async fn begun(engine: Engine, cluster: &str) -> Option<Setting> {
    let it = setting(engine, cluster).await?;
    assert_eq!(it.put("/1/note/u/a", "first", "k0").await.status(), 201);
    Some(it)
}

async fn setting(engine: Engine, cluster: &str) -> Option<Setting> {
    let folder = tempfile::tempdir().expect("a folder");
    let url = engines::database(engine, folder.path())?;
    let directions: Directions =
        Arc::new(Mutex::new((200, json!({"cluster": cluster, "version": 5, "state": "active"}))));
    let said = Arc::clone(&directions);
    let directory = service_fn(move |_: http::Request<Body>| {
        let (status, content) = said.lock().expect("directions").clone();
        let mut response = Response::new(Full::from(content.to_string()));
        *response.status_mut() = StatusCode::from_u16(status).expect("a status");
        async { Ok::<_, Infallible>(response) }
    });
    let client = RestClient::builder().service("cluster", directory).build().expect("a client");
    let database = Database::open(&url).expect("a database");
    let data = Data::new(database, client, "note", Some(cluster.to_owned()), &[NOTE], &SCHEMA);
    data.migrate().await.expect("a schema");
    let application = Application::new("note").mount(Note { data: data.clone() });
    let client = Client::new(data.mount(application));
    Some(Setting { _folder: folder, client, data, directions })
}

impl Setting {
    async fn put(&self, target: &str, text: &str, key: &str) -> TestResponse {
        let mut request = self.client.put(target).json(&text);
        if !key.is_empty() {
            request = request.header("idempotency-key", key);
        }
        request.send().await
    }

    /// Freezes the user, as each move and each sweep does first.
    async fn freeze(&self) {
        assert_eq!(self.place(&[("state", "frozen"), ("version", "6")]).await.status(), 200);
    }

    async fn place(&self, form: &[(&str, &str)]) -> TestResponse {
        self.client.put("/1/placement/u").form(form.iter().copied()).send().await
    }

    /// Lets all that was written be older by some hours.
    async fn age(&self, hours: i64) {
        let work = async move |transaction: &mut Transaction| {
            let age = values![hours * 3_600_000];
            for column in
                ["note SET gone_at = gone_at", "kept SET at = at", "placement SET placed = placed"]
            {
                transaction.execute(&format!("UPDATE {column} - ?"), &age).await?;
            }
            Ok::<_, Error>(())
        };
        self.data.database().write(work).await.expect("a database");
    }

    async fn count(&self, table: &str) -> i64 {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        self.data.database().query(&sql, &[]).await.expect("rows")[0].get(0).expect("a count")
    }

    fn say(&self, status: u16, content: Json) {
        *self.directions.lock().expect("directions") = (status, content);
    }
}

fn code(response: &TestResponse) -> Json {
    response.json::<Json>()["code"].clone()
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

async fn a_freeze_of_the_same_version_comes_late(engine: Engine) {
    let Some(it) = begun(engine, "c1").await else { return };
    for state in ["frozen", "here"] {
        assert_eq!(it.place(&[("state", state), ("version", "6")]).await.status(), 200);
    }
    let late = it.place(&[("state", "frozen"), ("version", "6")]).await;
    assert_eq!((late.status().as_u16(), code(&late)), (409, json!("older-version")));
    assert_eq!(it.put("/1/note/u/a", "second", "").await.status(), 200);
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
