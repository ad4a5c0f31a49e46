//! Runs the example as a process: its responses are those of the Python original, and acknowledged writes survive.

use std::{path::PathBuf, process::Command};

use wsgiservice_test_support::{Response, Server};

const ID: &str = "1b4e28ba-2fa1-11d2-883f-0016d3cca427";

fn store() -> Server {
    Server::start(env!("CARGO_BIN_EXE_store"), &[])
}

fn target(extension: &str) -> String {
    format!("/{ID}{extension}")
}

#[test]
fn a_document_is_saved_and_returned() {
    let store = store();
    assert_eq!(store.get(&target("")).status(), "404");
    let saved = store.send("PUT", &target(""), "a=1&b=2");
    assert_eq!(saved.status(), "200");
    assert_eq!(saved.content, format!(r#"{{"id":"{ID}","saved":true}}"#));
    let got = store.get(&target(""));
    assert_eq!(got.status(), "200");
    assert_eq!(got.content, format!(r#"{{"id":"{ID}","a":"1","b":"2"}}"#));
}

#[test]
fn a_document_is_saved_and_returned_as_xml() {
    let store = store();
    let saved = store.send("PUT", &target(".xml"), "b=3&a=%3C");
    assert_eq!(saved.status(), "200");
    assert_eq!(saved.content, format!("<response><id>{ID}</id><saved>true</saved></response>"));
    assert_eq!(saved.field("content-type"), Some("text/xml; charset=utf-8"));
    let xml = format!("<response><id>{ID}</id><b>3</b><a>&lt;</a></response>");
    assert_eq!(store.get(&target(".xml")).content, xml);
    assert_eq!(store.ask("GET", &target(""), "accept: text/xml\r\n", "").content, xml);
}

#[test]
fn put_keeps_existing_fields() {
    let store = store();
    for form in ["a=1&b=2", "b=3&c=4", "id=5", ""] {
        assert_eq!(store.send("PUT", &target(""), form).status(), "200");
    }
    assert_eq!(
        store.get(&target("")).content,
        format!(r#"{{"id":"{ID}","a":"1","b":"3","c":"4"}}"#)
    );
}

#[test]
fn post_creates_a_document_with_a_new_id() {
    let store = store();
    for target in ["/", "/.json"] {
        let created = store.send("POST", target, "a=1");
        assert_eq!(created.status(), "201");
        let json = created.json();
        let id = json["id"].as_str().expect("an ID");
        assert_eq!(json["saved"], true);
        assert_eq!(created.field("location"), Some(&*format!("/{id}")));
        assert_eq!(store.get(&format!("/{id}")).content, format!(r#"{{"id":"{id}","a":"1"}}"#));
    }
    assert_eq!(store.ask("POST", "/", "", "").status(), "201");
}

#[test]
fn the_second_delete_of_a_document_is_a_404() {
    let store = store();
    assert_eq!(store.send("PUT", &target(""), "a=1").status(), "200");
    let deleted = store.ask("DELETE", &target(""), "", "");
    assert_eq!((deleted.status(), deleted.content.as_str()), ("200", ""));
    assert_eq!(deleted.field("content-type"), None);
    let again = store.ask("DELETE", &target(".xml"), "", "");
    assert_eq!(again.status(), "404");
    assert!(again.content.contains("<error>Not Found</error>"), "{}", again.content);
}

#[test]
fn an_invalid_id_is_a_400() {
    let response = store().get("/short");
    assert_eq!(response.status(), "400");
    assert_eq!(response.json()["error"], "id value short does not validate.");
}

#[test]
fn a_method_that_is_not_implemented_is_a_405() {
    let store = store();
    for method in ["GET", "PUT", "DELETE"] {
        assert_eq!(store.ask(method, "/", "", "").status(), "405", "{method}");
    }
}

#[test]
fn a_document_has_at_most_1000_fields() {
    let store = store();
    let fields =
        |range: std::ops::Range<u32>| range.map(|field| format!("f{field}=1&")).collect::<String>();
    assert_eq!(store.send("PUT", &target(""), &fields(0..1_000)).status(), "200");
    assert_eq!(store.send("PUT", &target(""), &fields(1_000..1_001)).status(), "413");
    assert_eq!(store.send("PUT", &target(""), "f0=2").status(), "200");
    assert_eq!(store.get(&target("")).json()["f0"], "2");
}

/// An empty database in a file.
fn database(name: &str) -> PathBuf {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
    }
    file
}

/// The statuses of ten requests at the same time, sorted.
fn at_once(ask: impl Fn(usize) -> Response + Sync) -> Vec<String> {
    let ask = &ask;
    let mut statuses: Vec<_> = std::thread::scope(|scope| {
        let requests: Vec<_> = (0..10).map(|index| scope.spawn(move || ask(index))).collect();
        let statuses = requests.into_iter().map(|it| it.join().expect("a response"));
        statuses.map(|response| response.status().to_owned()).collect()
    });
    statuses.sort_unstable();
    statuses
}

#[test]
fn of_several_writers_with_the_same_tag_exactly_one_wins() {
    let file = database("writers.sqlite");
    let arguments = ["--database", file.to_str().expect("a path")];
    let store = Server::start(env!("CARGO_BIN_EXE_store"), &arguments);
    let form = "content-type: application/x-www-form-urlencoded\r\n";
    let put = |condition: &str, index: usize| {
        store.ask("PUT", &target(""), &format!("{form}{condition}\r\n"), &format!("writer={index}"))
    };
    let one_wins = [vec!["200"], vec!["412"; 9]].concat();
    for _ in 0..10 {
        assert_eq!(at_once(|index| put("if-none-match: *", index)), one_wins);
        let tag = store.get(&target("")).field("etag").expect("a tag").to_owned();
        let condition = format!("if-match: {tag}");
        assert_eq!(at_once(|index| put(&condition, index)), one_wins);
        let tag = store.get(&target("")).field("etag").expect("a tag").to_owned();
        let condition = format!("if-match: {tag}\r\n");
        let deleted = at_once(|_| store.ask("DELETE", &target(""), &condition, ""));
        assert_eq!(deleted.first().map(String::as_str), Some("200"));
        // What was deleted is gone for one writer, and changed for another.
        assert!(deleted[1..].iter().all(|it| ["404", "412"].contains(&&**it)), "{deleted:?}");
    }
}

#[test]
fn a_put_responds_with_the_new_tag() {
    let store = store();
    let first = store.send("PUT", &target(""), "a=1");
    let second = store.send("PUT", &target(""), "a=1");
    let got = store.get(&target(""));
    assert_eq!(got.field("etag"), second.field("etag"));
    assert!(first.field("etag").is_some_and(|tag| Some(tag) != second.field("etag")));
    assert_eq!(store.send("DELETE", &target(""), "").status(), "200");
    assert_eq!(store.send("PUT", &target(""), "a=1").status(), "200");
    let stale = format!("if-match: {}\r\n", second.field("etag").expect("a tag"));
    assert_eq!(store.ask("DELETE", &target(""), &stale, "").status(), "412", "it is another one");
}

#[test]
fn acknowledged_writes_survive_a_kill() {
    let file = database("store.sqlite");
    let arguments = ["--database", file.to_str().expect("a path")];
    let start = || Server::start(env!("CARGO_BIN_EXE_store"), &arguments);
    for round in 0..5 {
        let store = start();
        assert_eq!(store.send("PUT", &target(""), &format!("round{round}=done")).status(), "200");
        store.stop("-KILL");
    }
    let store = start();
    let document = store.get(&target("")).json();
    for round in 0..5 {
        assert_eq!(document[format!("round{round}")], "done");
    }
    assert_eq!(store.ask("DELETE", &target(""), "", "").status(), "200");
    store.stop("-KILL");
    assert_eq!(start().get(&target("")).status(), "404");
}

#[test]
fn a_command_opens_no_database() {
    let folder = tempfile::tempdir().expect("a folder");
    let within = folder.path().join("store.db");
    for file in [within.to_str().expect("text"), "/nonexistent/store.db"] {
        for command in [&["openapi"][..], &["routes"]] {
            let program = Command::new(env!("CARGO_BIN_EXE_store"))
                .args([&["--database", file], command].concat())
                .output();
            let output = program.expect("output");
            assert!(output.status.success(), "{output:?}");
            assert!(!output.stdout.is_empty());
        }
    }
    assert_eq!(folder.path().read_dir().expect("a folder").count(), 0);
}

#[test]
fn the_database_is_closed_at_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("store.db");
    let log = folder.path().join("store.db-wal");
    let store =
        Server::start(env!("CARGO_BIN_EXE_store"), &["--database", file.to_str().expect("text")]);
    assert_eq!(store.send("PUT", &target(""), "a=1").status(), "200");
    assert!(log.exists());
    assert!(store.stop("-TERM").success());
    assert!(!log.exists(), "its pages are in the database");
}

#[test]
fn a_database_that_cannot_be_opened_ends_the_start() {
    let arguments = ["--bind", "127.0.0.1:0", "--database", "/nonexistent/store.db"];
    let output =
        Command::new(env!("CARGO_BIN_EXE_store")).args(arguments).output().expect("output");
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty(), "it never listened");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("unable to open database file"), "{text}");
}

#[test]
fn its_health_tells_of_the_database() {
    let health = store().get("/_internal/health");
    assert_eq!(health.status(), "200");
    let health = health.json();
    assert_eq!(health["checks"]["database"][0]["status"], "pass");
}
