//! The log that a process writes.

use std::{fs::File, io::Read, process::Command};

use serde_json::Value;
use wsgiservice_test_support::Server;

const SERVICE: &str = env!("CARGO_BIN_EXE_wire-service");
const PARENT: &str = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n";

/// What a service with these arguments logs during two requests: one that logs, and one of another client.
fn log(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    let mut command = Command::new(SERVICE);
    command.stderr(File::create(&path).expect("a file"));
    let server = Server::start_command(command, arguments);
    assert_eq!(server.ask("GET", "/logged/a%22b%0Ac", PARENT, "").status(), "204");
    assert_eq!(server.get("/none").status(), "404");
    server.stop("-TERM");
    let mut log = String::new();
    File::open(path).expect("a file").read_to_string(&mut log).expect("text");
    log
}

fn objects(arguments: &[&str]) -> Vec<Value> {
    let log = log(arguments);
    log.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

#[test]
fn each_line_is_an_object_if_the_format_is_json() {
    let objects = objects(&["--log-format", "json"]);
    let is_access = |object: &&Value| object["target"] == "wsgiservice::access";
    let line = objects.iter().find(is_access).expect("a line");
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["method"], "GET");
    assert_eq!(line["template"], "/logged/{word}");
    assert_eq!(line["request_target"], "/logged/a%22b%0Ac");
    assert_eq!(line["status"], 204);
    assert_eq!(line["bytes"], 0);
    assert!(line["ms"].is_f64() && line["timestamp"].is_string(), "{line}");
}

#[test]
fn what_a_method_logs_has_the_id_and_the_trace_of_its_request() {
    let objects = objects(&["--log-format", "json"]);
    let lines: Vec<_> = objects.iter().filter(|it| it["trace_id"] == PARENT[16..48]).collect();
    let messages: Vec<_> = lines.iter().map(|line| line["message"].as_str()).collect();
    assert_eq!(messages, [Some("within the method"), Some("later in the method"), None]);
    assert_eq!(lines[0]["word"], "a\"b\nc");
    assert!(lines.iter().all(|line| line["id"].is_string() && line["id"] == lines[0]["id"]));
    let other = objects.iter().find(|it| it["status"] == 404).expect("a line");
    assert!(other["id"] != lines[0]["id"] && other["trace_id"] != lines[0]["trace_id"]);
}

#[test]
fn lines_of_text_have_them_too() {
    let log = log(&["--log", "warn"]);
    let lines: Vec<_> = log.lines().collect();
    let trace = format!(" trace_id={}", &PARENT[16..48]);
    assert_eq!(lines.len(), 2, "{log}");
    assert!(lines.iter().all(|line| line.contains(" id=") && line.ends_with(&trace)), "{log}");
    assert!(lines[0].contains(r#"within the method word="a\"b\nc""#), "{log}");
}

#[test]
fn the_filter_selects_what_is_logged() {
    assert_eq!(log(&["--log", "off"]), "");
    let log = log(&["--log", "off,wsgiservice::access=info"]);
    assert_eq!(log.lines().filter(|line| line.contains("wsgiservice::access")).count(), 2, "{log}");
    assert_eq!(log.lines().count(), 2, "{log}");
}
