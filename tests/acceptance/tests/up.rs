//! `services up`: processes that are started, started again, and ended.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use acceptance::{Services, group, is_running, send, until};
use wsgiservice_client::{AllClusters, ClosestCluster, Cluster, RestClient, Topology};
use wsgiservice_test_support::replay;

const PROGRAM: &str = env!("CARGO_BIN_EXE_services-under-test");

/// The text that a successful response has in JSON.
async fn json(client: &RestClient, service: &str, cluster: &str, path: &'static str) -> String {
    let response = client.get(service, Cluster(cluster), path).await.expect("a response");
    response.error_for_status().expect("a success").json().await.expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn all_services_answer_in_both_clusters() {
    let services = Services::start(PROGRAM);
    let client = services.client();
    let topology = fs::read_to_string(services.topology()).expect("a file");
    let topology = Topology::parse("topology.toml", &topology).expect("a topology");
    for service in topology.services() {
        for (cluster, response) in
            client.get(service, AllClusters, "/_internal/help").await.expect("responses")
        {
            let status = response.expect("a response").status();
            assert_eq!(status, 200, "{service} in {cluster}");
        }
        assert!(services.table().contains(&format!("\n{service}")), "{}", services.table());
    }
    let lines = services.table().lines().skip(1);
    let places = lines.map(|line| line.split_whitespace().take(2).collect::<Vec<_>>().join(" "));
    let places: Vec<_> = places.collect();
    for expected in ["geoip c1", "geoip c2", "caller c1", "caller c2"] {
        assert!(places.contains(&expected.to_owned()), "{places:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_knows_its_cluster_and_calls_another_one() {
    let services = Services::start(PROGRAM);
    let client = services.client();
    for cluster in ["c1", "c2"] {
        assert_eq!(json(&client, "caller", cluster, "/1/cluster").await, cluster);
        let country = json(&client, "caller", cluster, "/1/country/130.59.31.80").await;
        assert_eq!(country, r#"{"country_code":"CH"}"#);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_killed_is_started_again_at_the_same_address() {
    let services = Services::start(PROGRAM);
    let topology = fs::read_to_string(services.topology()).expect("a file");
    for _ in 0..2 {
        services.kill("c1/geoip");
        // A new client has no memory of an endpoint that refuses.
        let mut country = None;
        while country.is_none() {
            let response = services.client().get("geoip", Cluster("c1"), "/1/130.59.31.80").await;
            country = match response {
                Ok(response) => response.text().await.ok(),
                Err(_) => None,
            };
        }
        assert_eq!(country.as_deref(), Some(r#"{"country_code":"CH"}"#));
    }
    assert_eq!(fs::read_to_string(services.topology()).expect("a file"), topology);
}

#[test]
fn ctrl_c_and_sigterm_end_all_processes() {
    for signal in ["-INT", "-TERM"] {
        let mut services = Services::start(PROGRAM);
        let processes = services.processes();
        assert!(processes.len() >= 4 && processes.iter().all(|(_, it)| is_running(*it)));
        // A terminal sends its signals to a group.
        assert!(processes.iter().all(|(_, it)| group(*it) == *it), "each has its own");
        assert!(services.stop(signal).success(), "{signal}");
        let log = services.log();
        let stopped = |name: &str| log.find(&format!("{name} | stopped: exit status: 0"));
        let stopped = |name: &str| stopped(name).expect("it has stopped");
        assert!(stopped("caller/c1").max(stopped("caller/c2")) < stopped("geoip/c1"), "{log}");
        for (name, process) in processes {
            assert!(!is_running(process), "{name} still runs after {signal}");
        }
        assert_eq!(services.processes(), [], "their files are gone");
    }
}

#[test]
fn a_second_signal_kills_a_service_that_does_not_end() {
    let mut services = Services::start(PROGRAM);
    let processes = services.processes();
    let hung = services.process("c1/geoip").expect("a process");
    let caller = services.process("c1/caller").expect("a process");
    send("-STOP", hung);
    services.signal("-INT");
    // The callers end first.
    until("the caller has ended", || !is_running(caller));
    assert!(is_running(hung));
    assert_eq!(services.stop("-INT").code(), Some(1));
    for (name, process) in processes {
        assert!(!is_running(process), "{name} still runs");
    }
}

#[test]
fn no_service_outlives_an_up_that_is_killed() {
    let services = Services::start(PROGRAM);
    let processes = services.processes();
    services.signal("-KILL");
    for (name, process) in processes {
        until(&format!("{name} ends"), || !is_running(process));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ports_stay_the_same_from_one_start_to_the_next() {
    let mut services = Services::start(PROGRAM);
    let topology = fs::read_to_string(services.topology()).expect("a file");
    // Those of one that is killed are still ending when the next one starts.
    for signal in ["-TERM", "-KILL"] {
        services = Services::start_in(PROGRAM, services.into_folder(signal));
        assert_eq!(fs::read_to_string(services.topology()).expect("a file"), topology);
    }
    let response = services.client().get("geoip", ClosestCluster, "/1/10.0.0.1").await;
    assert_eq!(response.expect("a response").status(), 404);
}

#[test]
fn a_folder_keeps_its_clusters() {
    let services = Services::start(PROGRAM);
    let topology = fs::read_to_string(services.topology()).expect("a file");
    let services = Services::start_by_default_in(PROGRAM, services.into_folder("-TERM"));
    assert_eq!(fs::read_to_string(services.topology()).expect("a file"), topology);

    let folder = services.into_folder("-TERM");
    let mut command = Command::new(PROGRAM);
    command.args(["up", "--clusters", "1", "--data"]).arg(folder.path());
    let output = command.output().expect("it ends");
    let error = String::from_utf8_lossy(&output.stderr);
    let expected =
        "has users in 2 clusters: those in c2 could not be reached\nhelp: omit `--clusters`";
    assert!(error.contains(expected), "{error}");
    let kept = fs::read_to_string(folder.path().join("topology.toml"));
    assert_eq!((output.status.code(), kept.expect("a file")), (Some(1), topology));
}

/// A service that is not started by `services up`, and that ends when this is dropped.
struct ByHand(Child);

impl Drop for ByHand {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_was_added_by_hand_stays_in_the_topology() {
    let services = Services::start(PROGRAM);
    let mut command = Command::new(PROGRAM);
    command.args(["caller", "--bind", "127.0.0.1:0", "--topology"]).arg(services.topology());
    command.env("WSGISERVICE_CLUSTER", "c2").stdout(Stdio::piped()).stderr(Stdio::null());
    let mut note = ByHand(command.spawn().expect("a process"));
    let mut output = BufReader::new(note.0.stdout.take().expect("standard output")).lines();
    let line = output.next().expect("a line").expect("UTF-8");
    let url = line.split(" listens on ").nth(1).expect("a URL").trim_end_matches('/');

    let mut topology = fs::read_to_string(services.topology()).expect("a file");
    // It is known by another name.
    topology += &format!("\n[services.note]\nc2 = [\"{url}\"]\nhost = \"caller\"\n");
    fs::write(services.topology(), &topology).expect("a file");
    let services = Services::start_in(PROGRAM, services.into_folder("-TERM"));
    assert_eq!(fs::read_to_string(services.topology()).expect("a file"), topology);
    assert_eq!(json(&services.client(), "note", "c2", "/1/cluster").await, "c2");
}

#[test]
fn the_readmes_of_services_show_what_is_answered_in_one_cluster() {
    let folder = tempfile::tempdir().expect("a folder");
    let services = Services::start_by_default_in(PROGRAM, folder);
    let addresses = [
        ("127.0.0.1:8101", services.address("storage", "c1")),
        ("127.0.0.1:8102", services.address("label", "c1")),
        ("127.0.0.1:8103", services.address("command", "c1")),
        ("127.0.0.1:8104", services.address("pipeline", "c1")),
    ];
    for readme in [
        include_str!("../../../services/storage/README.md"),
        include_str!("../../../services/label/README.md"),
        include_str!("../../../services/pipeline/README.md"),
    ] {
        replay(readme, &addresses);
    }
}

#[test]
fn the_readme_of_command_shows_what_is_answered_in_a_new_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let services = Services::start_by_default_in(PROGRAM, folder);
    let addresses = [("127.0.0.1:8103", services.address("command", "c1"))];
    replay(include_str!("../../../services/command/README.md"), &addresses);
}

#[test]
fn the_readme_of_the_directory_shows_what_is_answered_in_a_new_folder() {
    let services = Services::start(PROGRAM);
    let addresses = [("127.0.0.1:8100", services.address("cluster", "all"))];
    replay(include_str!("../../../services/cluster/README.md"), &addresses);
}

#[test]
fn the_readmes_show_what_is_answered() {
    let services = Services::start(PROGRAM);
    let addresses = [
        ("127.0.0.1:8100", services.address("cluster", "all")),
        ("127.0.0.1:8101", services.address("storage", "c1")),
        ("127.0.0.1:8102", services.address("storage", "c2")),
        ("127.0.0.1:8103", services.address("label", "c1")),
        ("127.0.0.1:8104", services.address("label", "c2")),
        ("127.0.0.1:8105", services.address("command", "c1")),
        ("127.0.0.1:8106", services.address("command", "c2")),
        ("127.0.0.1:8109", services.address("geoip", "c1")),
    ];
    replay(include_str!("../../../services/README.md"), &addresses);
    replay(include_str!("../../../services/services/README.md"), &addresses);
}

#[test]
fn a_folder_is_for_one_up() {
    let services = Services::start(PROGRAM);
    let mut command = Command::new(PROGRAM);
    let output = command.args(["up", "--data"]).arg(services.folder()).output().expect("it ends");
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains(" is used by another `services up`"), "{error}");
}

#[test]
fn a_service_that_cannot_start_ends_all() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("geoip.toml"), "databse = 'a.mmdb'").expect("a file");
    let mut command = Command::new(PROGRAM);
    let output = command.arg("up").current_dir(folder.path()).output().expect("it ends");
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr);
    for expected in [
        "geoip/c1 | Error: geoip.toml:1:1: unknown setting `databse`; did you mean `database`?\n",
        "\nError: geoip/c1 did not start: exit status: 1\n",
    ] {
        assert!(error.contains(expected), "{error}");
    }
    assert_eq!(output.stdout, b"");
}
