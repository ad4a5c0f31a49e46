//! The log that a process writes.

use serde_json::Value;
use wsgiservice_test_support::Server;

use super::log::LogFile;

const SERVICE: &str = env!("CARGO_BIN_EXE_wire-service");
const PARENT: &str = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n";

/// What a service with these arguments logs during two requests: one that logs, and one of another client.
fn log(arguments: &[&str]) -> String {
    log_of(arguments, |server| {
        assert_eq!(server.ask("GET", "/logged/a%22b%0Ac", PARENT, "").status(), "204");
        assert_eq!(server.get("/none").status(), "404");
    })
}

/// What a service with these arguments logs meanwhile.
fn log_of(arguments: &[&str], ask: impl FnOnce(&Server)) -> String {
    let log = LogFile::new();
    let server = Server::start_command(log.of(SERVICE), arguments);
    ask(&server);
    server.stop("-TERM");
    log.text()
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
    assert!(
        lines
            .iter()
            .all(|line| line["request_id"].is_string()
                && line["request_id"] == lines[0]["request_id"])
    );
    let other = objects.iter().find(|it| it["status"] == 404).expect("a line");
    assert!(
        other["request_id"] != lines[0]["request_id"] && other["trace_id"] != lines[0]["trace_id"]
    );
}

#[test]
fn lines_of_text_have_them_too() {
    let log = log(&["--log", "warn"]);
    let lines: Vec<_> = log.lines().collect();
    let trace = format!(" trace_id={}", &PARENT[16..48]);
    assert_eq!(lines.len(), 2, "{log}");
    assert!(
        lines.iter().all(|line| line.contains(" request_id=") && line.ends_with(&trace)),
        "{log}"
    );
    assert!(lines[0].contains(r#"within the method word="a\"b\nc""#), "{log}");
}

#[test]
fn the_filter_selects_what_is_logged() {
    assert_eq!(log(&["--log", "off"]), "");
    let log = log(&["--log", "off,wsgiservice::access=info"]);
    assert_eq!(log.lines().filter(|line| line.contains("wsgiservice::access")).count(), 2, "{log}");
    assert_eq!(log.lines().count(), 2, "{log}");
}

/// What could end a line or control a terminal.
fn is_harmful(character: char) -> bool {
    character.is_control() || "\u{202e}\u{2028}\u{200b}".contains(character)
}

#[test]
fn nothing_that_a_service_logs_forges_a_line() {
    for format in ["text", "json"] {
        let log = log_of(&["--log-format", format, "--log", "warn"], |server| {
            assert_eq!(server.get("/hostile/a%0A%1B%5B2J%E2%80%AE%00%7D%22b").status(), "204");
        });
        assert_eq!(log.lines().count(), 3, "{log}");
        assert!(log.lines().all(|line| !line.contains(is_harmful)), "{log:?}");
        assert!(log.lines().all(|line| line.contains("request_id")), "{log}");
    }
}

#[test]
fn a_member_of_an_object_is_not_repeated() {
    let log = log_of(&["--log-format", "json", "--log", "warn"], |server| {
        assert_eq!(server.get("/hostile/a").status(), "204");
    });
    let line = log.lines().next().expect("a line");
    for name in ["timestamp", "level", "target", "message", "request_id", "trace_id"] {
        assert_eq!(line.matches(&format!("\"{name}\":")).count(), 1, "{name} in {line}");
    }
    let object: Value = serde_json::from_str(line).expect("JSON");
    assert_eq!(object["level"], "WARN");
    assert_eq!(object["field.level"], "high");
    assert_eq!(object["field.timestamp"], 7);
    assert_eq!(object["request_id"], "its own");
}

#[test]
fn a_request_within_another_one_has_its_own_id() {
    for format in ["text", "json"] {
        let log = log_of(&["--log-format", format], |server| {
            assert_eq!(server.ask("GET", "/nested/a", PARENT, "").status(), "200");
        });
        let lines: Vec<_> = log.lines().filter(|line| line.contains("request_id")).collect();
        assert_eq!(lines.len(), 5, "{log}");
        assert!(lines.iter().all(|line| line.matches("request_id").count() == 1), "{log}");
        let of_outer = |line: &&&str| line.contains(&PARENT[16..48]);
        let outer: Vec<_> = lines.iter().filter(of_outer).collect();
        // What the method logs before and after the call, and its line.
        assert_eq!(outer.len(), 3, "{log}");
    }
}
