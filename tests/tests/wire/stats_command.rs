//! `NAME stats`: the statistics of the service that runs, in a terminal.

use std::{
    io::{Read, Write},
    net::TcpListener,
    process::{Command, Output},
    thread,
};

use wsgiservice_test_support::Server;

const NOTES: &str = env!("CARGO_BIN_EXE_notes");
const SEVERAL: &str = env!("CARGO_BIN_EXE_several");

fn start(arguments: &[&str]) -> Server {
    let mut command = Command::new(NOTES);
    command.env_clear().env("NOTES_KEY", "k");
    Server::start_command(command, arguments)
}

/// The command, without the settings that the service needs, in a folder without a file of settings.
fn stats(program: &str, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(program);
    command.current_dir(folder.path()).env_clear().args(arguments).arg("stats");
    command.output().expect("output")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What the command says if it cannot print them.
fn error(arguments: &[&str]) -> String {
    let output = stats(NOTES, arguments);
    assert_eq!((output.status.code(), &*text(&output.stdout)), (Some(1), ""), "{output:?}");
    text(&output.stderr)
}

#[test]
fn the_statistics_of_a_running_service_are_printed() {
    let server = start(&[]);
    for _ in 0..3 {
        assert_eq!(server.get("/").status(), "200");
    }
    assert_eq!(server.get("/none").status(), "404");
    let output = stats(NOTES, &["--bind", server.address()]);
    let printed = text(&output.stdout);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    assert!(printed.contains("4 since the start"), "{printed}");
    let row = |name: &str| {
        let line = printed.lines().find(|line| line.starts_with(name)).expect("a line");
        line.split_whitespace().rev().take(3).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(row("GET / "), ["0", "0", "3"], "{printed}");
    assert_eq!(row("GET unmatched "), ["0", "1", "1"], "{printed}");
    assert!(printed.ends_with('\n') && !printed.ends_with("\n\n"), "{printed:?}");
}

#[test]
fn a_service_that_listens_everywhere_is_asked_on_this_host() {
    let server = start(&[]);
    let (_, port) = server.address().split_once(':').expect("a port");
    let output = stats(NOTES, &["--bind", &format!("0.0.0.0:{port}")]);
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn a_service_of_a_program_that_has_several_is_asked_with_its_name() {
    let mut command = Command::new(SEVERAL);
    command.env_clear().env("NOTES_DATABASE", "a.db").arg("notes");
    let server = Server::start_command(command, &[]);
    let output = stats(SEVERAL, &["notes", "--bind", server.address()]);
    assert!(text(&output.stdout).starts_with("a.db topology.toml "), "{output:?}");
}

#[test]
fn a_service_that_does_not_listen_is_an_error_with_what_to_do() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    drop(listener);
    let told = error(&["--bind", &address]);
    assert!(told.starts_with(&format!("Error: cannot connect to {address}: ")), "{told}");
    assert!(
        told.contains("\nhelp: start the service, or give its address with `--bind`"),
        "{told}"
    );
    let told = error(&["--bind", "127.0.0.1:0"]);
    assert!(told.contains("the system has chosen the port"), "{told}");
}

#[test]
fn a_service_that_does_not_trust_this_host_is_an_error() {
    let server = start(&["--trusted", "none"]);
    let told = error(&["--bind", server.address()]);
    assert!(
        told.contains("does not show its statistics to this host\nhelp: `--trusted`"),
        "{told}"
    );
}

#[test]
fn mistakes_in_the_settings_are_told() {
    let told = error(&["--bind", "nowhere"]);
    assert!(told.contains("`bind`: expected an IP address and a port"), "{told}");
}

#[test]
fn a_flag_behind_the_command_is_an_error_with_its_place() {
    for (command, flag) in
        [("stats", "--bind=127.0.0.1:1"), ("routes", "--config"), ("config", "--limits-time=1")]
    {
        let output = Command::new(NOTES).env_clear().args([command, flag]).output();
        let output = output.expect("output");
        assert_eq!((output.status.code(), &*text(&output.stdout)), (Some(2), ""), "{output:?}");
        let (flag, _) = flag.split_once('=').unwrap_or((flag, ""));
        let tip = format!("tip: '{flag}' comes before the command: notes {flag} … COMMAND\n");
        assert!(text(&output.stderr).contains(&tip), "{output:?}");
    }
    let output = Command::new(NOTES).env_clear().args(["stats", "--unknown"]).output();
    assert!(!text(&output.expect("output").stderr).contains("COMMAND\n"));
}

#[test]
fn what_is_no_service_is_an_error() {
    for (response, expected) in [
        ("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 1\r\n\r\nx", "no text"),
        ("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n", "responded with 503"),
        ("220 mail.example.org ESMTP\r\n", "does not respond as a service does"),
        ("", "does not respond as a service does"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a connection");
            let _ = stream.read(&mut [0; 1024]).expect("a request");
            stream.write_all(response.as_bytes()).expect("written");
        });
        let told = error(&["--bind", &address]);
        server.join().expect("a server");
        assert!(told.contains(expected), "{told}");
    }
}
