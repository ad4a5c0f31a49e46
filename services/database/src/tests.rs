//! Writes that are committed together keep what each of them was promised.

mod file;

use std::panic::AssertUnwindSafe;

use engines::{Engine, on_each_engine};
use futures_util::{FutureExt as _, future::join_all};
use tempfile::TempDir;

use crate::{Database, Error, ErrorKind, Transaction, values};

on_each_engine! {
    each_type_is_read_as_it_was_written
    a_migration_runs_once
    writes_at_the_same_time_are_all_kept
    a_write_that_fails_takes_no_other_with_it
    a_write_with_a_broken_statement_takes_no_other_with_it
    a_write_that_panics_takes_no_other_with_it
    a_statement_that_broke_the_transaction_cannot_be_overlooked
    rows_are_read_while_a_write_runs
    a_closed_database_has_kept_what_it_acknowledged
    a_migration_goes_on_after_a_crash_at_each_statement
    migrations_at_the_same_time_run_once
    a_row_that_is_locked_is_a_conflict
}

struct Setting {
    _folder: TempDir,
    url: String,
    database: Database,
}

const SCHEMA: [&str; 1] = [
    "CREATE TABLE note (id {key} PRIMARY KEY, text {text}, size {integer}, part {real}, data {bytes})",
];

async fn setting(engine: Engine) -> Option<Setting> {
    let folder = tempfile::tempdir().expect("a folder");
    let url = engines::database(engine, folder.path())?;
    let database = Database::open(&url).expect("a database");
    database.migrate(&SCHEMA).await.expect("a schema");
    Some(Setting { _folder: folder, url, database })
}

async fn add(transaction: &mut Transaction, id: &str, text: &str) -> Result<(), Error> {
    let sql = "INSERT INTO note (id, text) VALUES (?, ?)";
    transaction.execute(sql, &values![id, text]).await.map(|_| ())
}

impl Setting {
    async fn write(&self, id: &str, text: &str) -> Result<(), Error> {
        let (id, text) = (id.to_owned(), text.to_owned());
        self.database
            .write(async move |transaction: &mut Transaction| add(transaction, &id, &text).await)
            .await
    }

    async fn count(&self) -> i64 {
        let rows = self.database.query("SELECT COUNT(*) FROM note", &[]).await.expect("rows");
        rows[0].get(0).expect("a count")
    }
}

async fn each_type_is_read_as_it_was_written(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    let values = values!["a", None::<&str>, 7_i64, 0.5, vec![0_u8, 255]];
    let written = values.clone();
    let insert = "INSERT INTO note (id, text, size, part, data) VALUES (?, ?, ?, ?, ?)";
    let done = it.database.write(async move |transaction: &mut Transaction| {
        transaction.execute(insert, &written).await
    });
    assert_eq!(done.await.expect("a row"), 1);
    let row = it.database.optional("SELECT id, text, size, part, data FROM note", &[]).await;
    assert_eq!(row.expect("rows").expect("a row").values(), values);
}

async fn a_migration_runs_once(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    it.write("a", "x").await.expect("a row");
    let more = [SCHEMA[0], "ALTER TABLE note ADD extra {text}"];
    for _ in 0..2 {
        it.database.migrate(&more).await.expect("a schema");
    }
    assert_eq!(it.count().await, 1);
    it.database.query("SELECT extra FROM note", &[]).await.expect("a column");
}

async fn a_migration_goes_on_after_a_crash_at_each_statement(engine: Engine) {
    // What is committed before it is noted that it was done, since such a database commits each of these by itself.
    let is_kept = engine == Engine::MariaDb;
    let schema =
        [SCHEMA[0], "CREATE INDEX note_size ON note (size)", "ALTER TABLE note ADD extra {text}"];
    for done in 0..=schema.len() {
        let Some(it) = setting(engine).await else { return };
        it.database.migrate(&schema[..done.max(1)]).await.expect("a schema");
        if is_kept {
            let forget = async |transaction: &mut Transaction| {
                let last = "DELETE FROM migration ORDER BY number DESC LIMIT 1";
                transaction.execute(last, &[]).await
            };
            it.database.write(forget).await.expect("a row");
        }
        it.database.migrate(&schema).await.expect("a schema");
        it.database.query("SELECT extra FROM note", &[]).await.expect("a column");
    }
}

async fn migrations_at_the_same_time_run_once(engine: Engine) {
    for _ in 0..5 {
        let folder = tempfile::tempdir().expect("a folder");
        let Some(url) = engines::database(engine, folder.path()) else { return };
        let schema = [SCHEMA[0], "INSERT INTO note (id) VALUES ('a')"];
        let processes: Vec<_> = (0..4).map(|_| Database::open(&url).expect("a database")).collect();
        for migrated in join_all(processes.iter().map(|it| it.migrate(&schema))).await {
            migrated.expect("a schema");
        }
        let rows = processes[0].query("SELECT id FROM note", &[]).await.expect("rows");
        assert_eq!(rows.len(), 1);
    }
}

async fn a_row_that_is_locked_is_a_conflict(engine: Engine) {
    if engine != Engine::MariaDb {
        return;
    }
    let Some(it) = setting(engine).await else { return };
    it.write("a", "x").await.expect("a row");
    let other = it.database.clone();
    let hold = async move |transaction: &mut Transaction| {
        transaction.execute("UPDATE note SET size = 1 WHERE id = 'a'", &[]).await?;
        let wait = async |transaction: &mut Transaction| {
            let lock = "SELECT id FROM note WHERE id = 'a' FOR UPDATE NOWAIT";
            transaction.query(lock, &[]).await.map(|_| ())
        };
        Ok::<_, Error>(other.write::<_, Error, _>(wait).await)
    };
    let refused = it.database.write::<_, Error, _>(hold).await.expect("held");
    assert_eq!(refused.expect_err("locked").kind(), ErrorKind::Conflict);
}

async fn writes_at_the_same_time_are_all_kept(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    let ids: Vec<_> = (0..500).map(|number| number.to_string()).collect();
    let writes = join_all(ids.iter().map(|id| it.write(id, "x"))).await;
    assert!(writes.iter().all(Result::is_ok));
    assert_eq!(it.count().await, 500);
}

async fn a_write_that_fails_takes_no_other_with_it(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    it.write("7", "first").await.expect("a row");
    let writes = join_all((0..100).map(|number| {
        let id = number.to_string();
        it.database.write(async move |transaction: &mut Transaction| {
            transaction
                .execute("UPDATE note SET size = COALESCE(size, 0) + 1 WHERE id = '7'", &[])
                .await?;
            add(transaction, &id, "second").await
        })
    }))
    .await;
    let failed: Vec<_> = writes.iter().filter_map(|it| it.as_ref().err()).collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].kind(), ErrorKind::Unique);
    assert_eq!(it.count().await, 100);
    let row = it.database.optional("SELECT text, size FROM note WHERE id = '7'", &[]).await;
    let row = row.expect("rows").expect("a row");
    assert_eq!(row.get::<String>(0).expect("a text"), "first");
    assert_eq!(row.get::<i64>(1).expect("a size"), 99, "what the failed write did before is gone");
}

async fn a_write_with_a_broken_statement_takes_no_other_with_it(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    let writes = join_all((0..50).map(|number| {
        let id = number.to_string();
        it.database.write(async move |transaction: &mut Transaction| {
            add(transaction, &id, "x").await?;
            match number % 10 {
                3 => transaction.execute("UPDATE nowhere SET a = 1", &[]).await.map(|_| ()),
                _ => Ok(()),
            }
        })
    }))
    .await;
    assert_eq!(writes.iter().filter(|it| it.is_err()).count(), 5);
    assert_eq!(it.count().await, 45);
}

async fn a_write_that_panics_takes_no_other_with_it(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    let writes = join_all((0..50).map(|number| {
        let id = number.to_string();
        let write = it.database.write(async move |transaction: &mut Transaction| {
            add(transaction, &id, "x").await?;
            assert!(number % 10 != 3, "it panics on purpose");
            Ok::<_, Error>(())
        });
        AssertUnwindSafe(write).catch_unwind()
    }))
    .await;
    assert_eq!(writes.iter().filter(|it| it.is_err()).count(), 5);
    assert_eq!(it.count().await, 45);
    it.write("more", "x").await.expect("a row");
}

async fn a_statement_that_broke_the_transaction_cannot_be_overlooked(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    let overlooked = it.database.write(async |transaction: &mut Transaction| {
        add(transaction, "a", "x").await?;
        let _ = transaction.execute("UPDATE nowhere SET a = 1", &[]).await;
        Ok::<_, Error>(())
    });
    assert_eq!(overlooked.await.expect_err("broken").kind(), ErrorKind::Other);
    assert_eq!(it.count().await, 0);
}

#[tokio::test]
async fn writes_go_on_when_there_is_room_again() {
    let it = setting(Engine::Sqlite).await.expect("a database");
    // The disk is full for the connection that writes.
    it.database
        .write(async |transaction: &mut Transaction| {
            transaction.query("PRAGMA max_page_count = 40", &[]).await.map(|_| ())
        })
        .await
        .expect("a limit");
    let text = "x".repeat(10_000);
    let mut kept = 0;
    let refused = loop {
        match it.write(&kept.to_string(), &text).await {
            Ok(()) => kept += 1,
            Err(error) => break error,
        }
        assert!(kept < 100, "the disk is never full");
    };
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    assert_eq!(it.count().await, kept, "what was acknowledged is there");
    it.database
        .write(async |transaction: &mut Transaction| {
            transaction.query("PRAGMA max_page_count = 4000", &[]).await.map(|_| ())
        })
        .await
        .expect("no limit");
    it.write("more", &text).await.expect("room");
}

async fn rows_are_read_while_a_write_runs(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    it.write("a", "x").await.expect("a row");
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let (go_on, goes_on) = tokio::sync::oneshot::channel::<()>();
    let signals = std::sync::Mutex::new(Some((begun, goes_on)));
    let database = it.database.clone();
    let writing = tokio::spawn(async move {
        let write = async move |transaction: &mut Transaction| {
            add(transaction, "b", "x").await?;
            let taken = signals.lock().expect("signals").take();
            if let Some((begun, goes_on)) = taken {
                begun.send(()).expect("a reader");
                goes_on.await.expect("a reader");
            }
            Ok::<_, Error>(())
        };
        database.write(write).await
    });
    has_begun.await.expect("a write");
    assert_eq!(it.count().await, 1);
    go_on.send(()).expect("a write");
    writing.await.expect("a task").expect("a row");
    assert_eq!(it.count().await, 2);
}

async fn a_closed_database_has_kept_what_it_acknowledged(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    for number in 0..10 {
        it.write(&number.to_string(), "x").await.expect("a row");
    }
    it.database.close().await;
    let refused = it.write("more", "x").await.expect_err("closed");
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    let again = Database::open(&it.url).expect("a database");
    let rows = again.query("SELECT COUNT(*) FROM note", &[]).await.expect("rows");
    assert_eq!(rows[0].get::<i64>(0).expect("a count"), 10);
}

#[test]
fn a_url_of_no_database_is_refused() {
    for (url, message) in [
        ("notes.db", "expected `sqlite:FILE`, `mysql://…` or `postgres://…`, not \"notes.db\""),
        (
            "sqlite::memory:",
            "a database in memory is lost with its process: expected `sqlite:FILE`",
        ),
        ("sqlite:", "a database in memory is lost with its process: expected `sqlite:FILE`"),
        (
            "sqlite:notes.db?mode=memory",
            "`sqlite:FILE` has no parameters: a `?` in a name is written `%3F`",
        ),
    ] {
        assert_eq!(Database::open(url).expect_err(url).to_string(), message);
    }
}
