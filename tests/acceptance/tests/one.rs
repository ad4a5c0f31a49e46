//! `services NAME`: one service as a process of its own.

use std::{
    fs,
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_services-under-test");

/// A folder with this topology.
fn folder(topology: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("topology.toml"), topology).expect("a file");
    folder
}

fn output(folder: &TempDir, arguments: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.current_dir(folder.path()).args(arguments).output().expect("output")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn its_settings_are_its_own_and_those_of_the_program() {
    let folder = folder("");
    let template = text(&output(&folder, &["geoip", "config", "--template"]).stdout);
    for expected in
        ["# GEOIP_DATABASE, --database", "# GEOIP_TOPOLOGY, --topology", "# GEOIP_BIND, --bind"]
    {
        assert!(template.contains(expected), "{template}");
    }
    let help = text(&output(&folder, &["geoip", "--help"]).stdout);
    assert!(help.starts_with("Looks up the country of an IP address."), "{help}");
    assert!(help.contains("Usage: services-under-test geoip [OPTIONS]"), "{help}");
}

#[test]
fn its_documents_need_no_topology() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = output(&folder, &["geoip", "openapi"]);
    assert!(output.status.success(), "{output:?}");
    assert!(text(&output.stdout).contains("\"/1/{ip}\""));
}

#[test]
fn it_does_not_start_without_a_topology_or_with_mistakes_in_it() {
    let missing = tempfile::tempdir().expect("a folder");
    let missing = output(&missing, &["geoip"]);
    let unreadable = tempfile::tempdir().expect("a folder");
    fs::create_dir(unreadable.path().join("topology.toml")).expect("a folder");
    let unreadable = output(&unreadable, &["geoip"]);
    let wrong = output(&folder("version = 2\n[clusters]"), &["geoip"]);
    for (output, expected) in [
        (
            missing,
            "Error: cannot read topology.toml: No such file or directory (os error 2)\n\
             help: `services up` writes one, `var/topology.toml`; `--topology FILE` names another file\n",
        ),
        (unreadable, "Error: cannot read topology.toml: Is a directory (os error 21)\n"),
        (wrong, "Error: topology.toml:1:11: `version`: expected 1\ntopology.toml:2:2: `clusters`"),
    ] {
        assert_eq!(output.status.code(), Some(1));
        let error = text(&output.stderr);
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains("caused by"), "{error}");
    }
}

#[test]
fn it_stops_at_the_end_of_standard_input_if_told() {
    let folder = folder("version = 1\n[clusters.c1]");
    let mut command = Command::new(PROGRAM);
    command.current_dir(folder.path()).args(["geoip", "--until-eof", "--bind", "127.0.0.1:0"]);
    let output = command.stdin(Stdio::null()).output().expect("it ends");
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn an_unknown_name_is_answered_with_the_nearest_one() {
    let output = output(&folder(""), &["geopi"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("a similar subcommand exists: 'geoip'"));
}

#[test]
fn a_topology_is_checked() {
    let good = folder("version = 1\n[clusters.c1]\n[services.geoip]\nc1 = []");
    let good = output(&good, &["topology", "check", "topology.toml"]);
    assert_eq!(
        (good.status.code(), text(&good.stdout).as_str()),
        (Some(0), "OK: 1 cluster, 1 service\n")
    );
    let wrong = output(&folder("version = 2"), &["topology", "check", "topology.toml"]);
    assert_eq!((wrong.status.code(), text(&wrong.stdout).as_str()), (Some(1), ""));
    let error = text(&wrong.stderr);
    assert!(error.starts_with("Error: topology.toml:1:1: `clusters` is missing"), "{error}");
    assert!(error.contains("\ntopology.toml:1:11: `version`: expected 1\n"), "{error}");
}
