//! A service tells Ganglia its statistics.

use std::process::Command;

use engines::Gmond;
use wsgiservice_test_support::Server;

const NOTES: &str = env!("CARGO_BIN_EXE_notes");

fn notes(arguments: &[&str]) -> Server {
    let mut command = Command::new(NOTES);
    command.env_clear().env("NOTES_KEY", "k");
    Server::start_command(command, arguments)
}

#[test]
fn a_service_sends_its_statistics_to_gmond_when_it_starts() {
    let Some(gmond) = Gmond::start() else { return };
    let setting = format!("udp://127.0.0.1:{}", gmond.port());
    let service = notes(&["--ganglia", &setting]);
    let port = service.address().rsplit(':').next().expect("a port").to_owned();
    // The default port is not in the names, and the system may choose it.
    let name = if port == "8001" { "notes".to_owned() } else { format!("notes-{port}") };
    let xml = gmond.xml_with(&["requests_per_sec", "in_flight"].map(|it| format!("{name}.{it}")));
    assert!(xml.contains(r#"NAME="GROUP" VAL="notes""#), "{xml}");
}

#[test]
fn a_service_starts_and_stops_whether_there_is_a_gmond_or_not() {
    for setting in ["off", "udp://127.0.0.1:1", "udp://nowhere.invalid", "udp://239.2.11.71:1"] {
        let service = notes(&["--ganglia", setting]);
        assert_eq!(service.get("/_internal/live").status(), "200", "{setting}");
        assert_eq!(service.stop("-TERM").code(), Some(0), "{setting}");
    }
}
