//! What holds for a file of SQLite.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

use engines::Engine;
use futures_util::future::{join, join_all};

use super::{Setting, add, setting};
use crate::{Database, Error, ErrorKind, Transaction, Value, values};

async fn file() -> Setting {
    setting(Engine::Sqlite).await.expect("a file")
}

impl Setting {
    async fn execute(&self, sql: &'static str, values: Vec<Value>) -> Result<u64, Error> {
        let execute = async move |it: &mut Transaction| it.execute(sql, &values).await;
        self.database.write(execute).await
    }
}

#[tokio::test]
async fn a_wrong_statement_is_an_error() {
    let it = file().await;
    for (sql, values) in [
        ("INSERT INTO note (id) VALUES ('a'); INSERT INTO note (id) VALUES ('b')", vec![]),
        ("INSERT INTO note (id) VALUES (?)", vec![]),
        ("INSERT INTO note (id) VALUES (?)", values!["a", "b"].to_vec()),
        ("INSERT INTO nowhere (id) VALUES ('a')", vec![]),
        ("INSERT", vec![]),
        ("\0", vec![]),
        ("", vec![]),
    ] {
        let read = it.database.query(sql, &values).await.expect_err(sql);
        let written = it.execute(sql, values).await.expect_err(sql);
        assert_eq!((read.kind(), written.kind()), (ErrorKind::Other, ErrorKind::Other), "{sql}");
    }
    assert_eq!(it.count().await, 0);
}

#[tokio::test]
async fn rows_are_counted_that_a_statement_changes() {
    let it = file().await;
    for (sql, count) in [
        ("INSERT INTO note (id) VALUES ('a'), ('b')", 2),
        ("CREATE TABLE other (id TEXT)", 0),
        ("SELECT id FROM note", 0),
        ("INSERT INTO note (id) VALUES ('c') RETURNING id", 1),
        ("UPDATE note SET size = 1 WHERE id = 'd'", 0),
        ("ALTER TABLE note ADD more TEXT", 0),
        ("DELETE FROM note", 3),
    ] {
        assert_eq!(it.execute(sql, vec![]).await.expect(sql), count, "{sql}");
    }
}

#[tokio::test]
async fn a_column_that_is_added_is_read_by_a_statement_that_was_prepared() {
    let it = file().await;
    it.write("a", "x").await.expect("a row");
    for columns in [5, 6] {
        let row = it.database.optional("SELECT * FROM note", &[]).await.expect("rows");
        assert_eq!(row.expect("a row").values().len(), columns);
        if columns == 5 {
            it.execute("ALTER TABLE note ADD more TEXT", vec![]).await.expect("a column");
        }
    }
}

#[tokio::test]
async fn a_read_cannot_write() {
    let it = file().await;
    let refused = it.database.query("INSERT INTO note (id) VALUES ('a')", &[]).await;
    assert_eq!(refused.expect_err("a write").kind(), ErrorKind::Other);
    assert_eq!(it.count().await, 0);
}

#[tokio::test]
async fn a_read_of_an_older_state_is_in_nobodys_way() {
    let it = file().await;
    let path = it.url.strip_prefix("sqlite:").expect("a path");
    let reader = rusqlite::Connection::open(path).expect("a connection");
    reader.execute_batch("BEGIN; SELECT * FROM note").expect("a transaction");
    it.write("a", "x").await.expect("a row");
    let count = |it: &rusqlite::Connection| {
        it.query_row("SELECT COUNT(*) FROM note", [], |row| row.get::<_, i64>(0)).expect("a count")
    };
    assert_eq!((count(&reader), it.count().await), (0, 1));
}

#[tokio::test]
async fn a_read_that_is_given_up_keeps_no_connection() {
    let it = file().await;
    for _ in 0..50 {
        let mut read = pin!(it.database.ping());
        poll_fn(|context| {
            let _ = read.as_mut().poll(context);
            Poll::Ready(())
        })
        .await;
    }
    let reads = join_all((0..50).map(|_| it.count())).await;
    assert_eq!(reads, [0; 50]);
}

#[tokio::test]
async fn the_first_connections_can_be_opened_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("new.db").display());
    let database = Database::open(&url).expect("a database");
    let reads = join_all((0..16).map(|_| database.query("SELECT 1", &[])));
    let (read, written) = join(reads, database.migrate(&super::SCHEMA)).await;
    assert!(read.iter().all(Result::is_ok), "{read:?}");
    written.expect("a schema");
}

/// Two writes in a group, the first of which cannot be committed.
#[tokio::test]
async fn a_write_that_cannot_be_committed_is_seen_by_no_other() {
    let it = file().await;
    let schema = "CREATE TABLE part (id TEXT PRIMARY KEY, \
                  note TEXT REFERENCES note (id) DEFERRABLE INITIALLY DEFERRED)";
    it.execute(schema, vec![]).await.expect("a table");
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let (go_on, goes_on) = tokio::sync::oneshot::channel::<()>();
    let signals = std::sync::Mutex::new(Some((begun, goes_on)));
    let first = it.database.write(async move |_: &mut Transaction| {
        let taken = signals.lock().expect("signals").take();
        let Some((begun, goes_on)) = taken else { return Ok::<_, Error>(()) };
        begun.send(()).expect("a test");
        goes_on.await.expect("a test");
        Ok(())
    });
    let wrong = it.execute("INSERT INTO part (id, note) VALUES ('p', 'none')", vec![]);
    let other = it.database.write(async |transaction: &mut Transaction| {
        let seen = transaction.query("SELECT id FROM part", &[]).await?.len();
        add(transaction, "a", "x").await?;
        Ok::<_, Error>(seen)
    });
    let rest = async {
        has_begun.await.expect("a write");
        let mut rest = pin!(join(wrong, other));
        poll_fn(|context| Poll::Ready(rest.as_mut().poll(context).is_ready())).await;
        go_on.send(()).expect("a write");
        rest.await
    };
    let (first, (wrong, other)) = join(first, rest).await;
    first.expect("nothing");
    assert_eq!(wrong.expect_err("a part of nothing").kind(), ErrorKind::Other);
    assert_eq!(other.expect("a row"), 0);
    assert_eq!(it.count().await, 1);
}

#[tokio::test]
async fn writes_that_wait_end_before_a_database_is_closed() {
    let it = file().await;
    assert_eq!(it.count().await, 0);
    let ids: Vec<_> = (0..100).map(|number| number.to_string()).collect();
    let mut writes = pin!(join_all(ids.iter().map(|id| it.write(id, "x"))));
    poll_fn(|context| Poll::Ready(writes.as_mut().poll(context).is_ready())).await;
    let (writes, ()) = join(writes, it.database.close()).await;
    assert!(writes.iter().all(Result::is_ok));
    let path = it.url.strip_prefix("sqlite:").expect("a path");
    assert!(!std::path::Path::new(&format!("{path}-wal")).exists(), "all is in the file");
    let read = it.database.query("SELECT 1", &[]).await.expect_err("closed");
    assert_eq!(read.kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn a_name_of_a_file_is_written_as_in_a_url() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().display();
    for (url, name) in [
        (format!("sqlite:{path}/a%20b.db"), "a b.db"),
        (format!("sqlite://{path}/c%3Fd.db"), "c?d.db"),
    ] {
        let database = Database::open(&url).expect("a database");
        database.ping().await.expect("a file");
        assert!(folder.path().join(name).exists(), "{url}");
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("text"), "no database".repeat(1000)).expect("a file");
    for (name, kind) in [
        ("nowhere/new.db", ErrorKind::Unavailable),
        ("", ErrorKind::Unavailable),
        ("a%00b.db", ErrorKind::Other),
        ("text", ErrorKind::Other),
    ] {
        let url = format!("sqlite:{}/{name}", folder.path().display());
        let database = Database::open(&url).expect("a database");
        let written = database.migrate(&super::SCHEMA).await.expect_err(&url);
        let read = database.ping().await.expect_err(&url);
        assert_eq!((written.kind(), read.kind()), (kind, kind), "{written}");
    }
}
