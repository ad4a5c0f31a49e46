//! Runs the example as a process, and checks its command line and its responses over a socket.

use std::{
    fs,
    net::TcpListener,
    process::{Command, Output},
};

use wsgiservice_test_support::Server;

const GEOIP: &str = env!("CARGO_BIN_EXE_geoip");

fn geoip() -> Server {
    Server::start(GEOIP, &[])
}

fn output(arguments: &[&str]) -> Output {
    Command::new(GEOIP).args(arguments).output().expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_commands_of_the_readme_print_what_it_says() {
    let geoip = geoip();
    let readme = include_str!("../README.md");
    wsgiservice_test_support::replay(readme, &[("127.0.0.1:8001", geoip.address())]);
}

#[test]
fn an_address_returns_its_country_as_json() {
    let answer = geoip().get("/1/130.59.31.80");
    assert_eq!(answer.status(), "200");
    assert_eq!(answer.content, r#"{"country_code":"CH"}"#);
    for (name, value) in [
        ("content-type", "application/json"),
        ("cache-control", "max-age=31536000"),
        ("vary", "Accept, Accept-Encoding"),
    ] {
        assert_eq!(answer.field(name), Some(value));
    }
    assert!(answer.field("expires").is_some());
}

#[test]
fn an_ipv6_address_returns_its_country() {
    assert_eq!(geoip().get("/1/2001:620::1").content, r#"{"country_code":"CH"}"#);
}

#[test]
fn xml_is_selected_by_extension_or_accept() {
    let geoip = geoip();
    let expected = "<response><country_code>CH</country_code></response>";
    let answer = geoip.get("/1/130.59.31.80.xml");
    assert_eq!(answer.content, expected);
    assert_eq!(answer.field("vary"), Some("Accept-Encoding"));
    let answer = geoip.ask("GET", "/1/130.59.31.80", "accept: text/xml\r\n", "");
    assert_eq!(answer.content, expected);
}

#[test]
fn an_address_without_a_country_is_a_404_without_cache_control() {
    let answer = geoip().get("/1/10.0.0.1");
    assert_eq!(answer.status(), "404");
    assert_eq!(answer.field("content-type"), Some("application/problem+json"));
    assert_eq!(answer.field("cache-control"), None);
    assert_eq!(answer.json()["error"], "Not Found");
}

#[test]
fn an_invalid_address_is_a_400_that_names_the_parameter() {
    let geoip = geoip();
    for target in ["/1/1.2.3", "/1/999.1.1.1", "/1/::g"] {
        let answer = geoip.get(target);
        assert_eq!(answer.status(), "400");
        assert_eq!(answer.json()["errors"][0]["name"], "ip");
    }
}

#[test]
fn a_method_is_a_405_if_known_and_a_501_if_unknown() {
    let geoip = geoip();
    let answer = geoip.ask("PUT", "/1/130.59.31.80", "", "");
    assert_eq!(answer.status(), "405");
    assert_eq!(answer.field("allow"), Some("GET, HEAD, OPTIONS"));
    assert_eq!(geoip.ask("BREW", "/1/130.59.31.80", "", "").status(), "501");
}

#[test]
fn a_matching_entity_tag_is_a_304_without_content() {
    let geoip = geoip();
    let answer = geoip.get("/1/130.59.31.80");
    let etag = answer.field("etag").expect("a tag");
    let answer = geoip.ask("GET", "/1/130.59.31.80", &format!("if-none-match: {etag}\r\n"), "");
    assert_eq!((answer.status(), answer.content.as_str()), ("304", ""));
}

#[test]
fn it_exits_successfully_on_sigterm_and_sigint() {
    for signal in ["-TERM", "-INT"] {
        assert_eq!(geoip().stop(signal).code(), Some(0), "{signal}");
    }
}

#[test]
fn help_and_version_are_printed() {
    let help = text(&output(&["--help"]).stdout);
    for expected in
        ["country of an IP address", "--bind", "[default: 127.0.0.1:8001]", "--database"]
    {
        assert!(help.contains(expected), "{expected} in {help}");
    }
    let version = text(&output(&["--version"]).stdout);
    assert_eq!(version.trim(), concat!("geoip ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn routes_and_openapi_are_printed_without_starting_a_server() {
    let routes = text(&output(&["routes"]).stdout);
    let expected =
        "GET  /1/{ip}  getIpResource  Return the country code for the given IP address.\n";
    assert_eq!(routes, expected);
    let document = output(&["openapi"]);
    assert!(document.status.success());
    let pinned = include_str!("../openapi.json");
    let [document, pinned]: [serde_json::Value; 2] =
        [&text(&document.stdout), pinned].map(|it| serde_json::from_str(it).expect("JSON"));
    assert_eq!(document, pinned);
}

#[test]
fn the_help_page_is_written_as_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let within = folder.path().join("a/b");
    let written = output(&["help-page", "--output", within.to_str().expect("text")]);
    let index = within.join("index.html");
    assert_eq!(text(&written.stdout).trim(), index.to_str().expect("text"));
    let page = fs::read_to_string(index).expect("a page");
    assert!(page.contains("Return the country code for the given IP address."));
    for name in ["style.css", "script.js", "openapi.json"] {
        assert!(page.contains(&format!("\"{name}")), "{name}");
        assert!(within.join(name).is_file(), "{name}");
    }
}

#[test]
fn an_output_folder_that_cannot_be_written_is_named() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let path = file.path().to_str().expect("text");
    let output = output(&["help-page", "--output", path]);
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    assert!(told.contains(&format!("cannot write to {path}")), "{told}");
}

#[test]
fn a_port_that_is_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let output = output(&["--bind", &address]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains(&format!("cannot listen on {address}")));
}

#[test]
fn a_database_that_cannot_be_read_is_named() {
    let output = output(&["--database", "no-such-file.mmdb"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("cannot read no-such-file.mmdb as a MaxMind database"));
}

#[test]
fn the_shared_runtime_serves_requests() {
    let geoip = Server::start(GEOIP, &["--runtime", "shared"]);
    for _ in 0..8 {
        assert_eq!(geoip.get("/1/130.59.31.80").content, r#"{"country_code":"CH"}"#);
    }
    assert!(geoip.stop("-TERM").success());
}

#[test]
fn its_health_tells_of_the_database() {
    let health = geoip().get("/_internal/health");
    assert_eq!(health.status(), "200");
    assert_eq!(health.json()["checks"]["database"][0]["status"], "pass");
}
