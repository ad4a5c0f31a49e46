//! Where each locator sends a call.

use std::{sync::Arc, time::Duration};

use http::StatusCode;
use tokio::time::Instant;

use super::{Fault, Server, TWO_CLUSTERS, client};
use crate::{
    AllClusters, ClosestCluster, Cluster, ErrorKind, FirstCluster, Locate, RandomCluster,
    RestClient,
};

/// A client of the service `label` with one server in each of two clusters.
fn near_and_far(near: Fault, far: Fault) -> (RestClient, [Arc<Server>; 2]) {
    let servers = [Server::new("near", near), Server::new("far", far)];
    let services = "[services.label]\nc1 = ['unix:/near']\nc2 = ['unix:/far']";
    (client(&format!("{TWO_CLUSTERS}{services}"), &servers.each_ref()), servers)
}

fn executions(servers: &[Arc<Server>; 2]) -> [usize; 2] {
    servers.each_ref().map(|server| server.executions())
}

#[tokio::test(start_paused = true)]
async fn the_closest_cluster_is_the_local_one() {
    let (client, servers) = near_and_far(Fault::Works, Fault::Works);
    let response = client.get("label", ClosestCluster, "/").await.expect("a response");
    assert_eq!((response.cluster(), response.endpoint()), ("c1", "unix:/near"));
    assert_eq!(executions(&servers), [1, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_random_cluster_is_drawn_by_weight() {
    let servers = [Server::new("near", Fault::Works), Server::new("far", Fault::Works)];
    let clusters = TWO_CLUSTERS.replace("[clusters.c2]", "[clusters.c2]\nweight = 3");
    let services = "[services.label]\nc1 = ['unix:/near']\nc2 = ['unix:/far']";
    let client = client(&format!("{clusters}{services}"), &servers.each_ref());
    for _ in 0..1000 {
        client.get("label", RandomCluster, "/").await.expect("a response");
    }
    let [near, far] = executions(&servers);
    assert!(near + far == 1000 && (650..850).contains(&far), "{near}, {far}");
}

#[tokio::test(start_paused = true)]
async fn the_first_success_is_the_response() {
    for near in
        [Fault::Status(404), Fault::Status(500), Fault::Status(403), Fault::Refuses, Fault::Dies]
    {
        let (client, _) = near_and_far(near, Fault::Works);
        let response = client.get("label", FirstCluster, "/").await.expect("a response");
        assert_eq!((response.status(), response.cluster()), (StatusCode::OK, "c2"), "{near:?}");
    }
    let (client, servers) = near_and_far(Fault::Status(301), Fault::Works);
    let response = client.get("label", FirstCluster, "/").await.expect("a response");
    assert_eq!((response.status().as_u16(), executions(&servers)[1]), (301, 0));
}

#[tokio::test(start_paused = true)]
async fn the_next_cluster_is_called_after_a_quarter_of_a_second() {
    let (client, servers) = near_and_far(Fault::Hangs, Fault::Works);
    let started = Instant::now();
    let response = client.get("label", FirstCluster, "/").await.expect("a response");
    assert_eq!((response.cluster(), started.elapsed()), ("c2", Duration::from_millis(250)));

    servers[0].set(Fault::Slow(100));
    let started = Instant::now();
    let response = client.get("label", FirstCluster, "/").await.expect("a response");
    assert_eq!((response.cluster(), started.elapsed()), ("c1", Duration::from_millis(100)));
}

#[tokio::test(start_paused = true)]
async fn a_resource_is_absent_only_if_each_cluster_says_so() {
    for (near, far, expected) in [
        (Fault::Status(404), Fault::Status(404), Ok(404)),
        (Fault::Status(404), Fault::Status(410), Ok(404)),
        (Fault::Status(404), Fault::Status(500), Ok(500)),
        (Fault::Status(404), Fault::Refuses, Err(ErrorKind::Connect)),
        (Fault::Status(500), Fault::Status(403), Ok(403)),
        (Fault::Status(500), Fault::Refuses, Ok(500)),
        (Fault::Refuses, Fault::Refuses, Err(ErrorKind::Connect)),
    ] {
        let (client, _) = near_and_far(near, far);
        let result = client.get("label", FirstCluster, "/").await;
        let outcome =
            result.map(|response| response.status().as_u16()).map_err(|error| error.kind());
        assert_eq!(outcome, expected, "{near:?} {far:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_goes_to_the_first_cluster_that_does_not_refuse_it() {
    for (near, status, executed) in [
        (Fault::Status(404), 200, [0, 1]),
        (Fault::Status(409), 200, [0, 1]),
        (Fault::Refuses, 200, [0, 1]),
        (Fault::Status(500), 500, [1, 0]),
        (Fault::Works, 200, [1, 0]),
    ] {
        let (client, servers) = near_and_far(near, Fault::Works);
        let call = client.post("label", FirstCluster.allow_changes(), "/");
        assert_eq!(call.await.expect("a response").status().as_u16(), status, "{near:?}");
        assert_eq!(executions(&servers), executed, "{near:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn all_clusters_have_a_result_each() {
    let (client, _) = near_and_far(Fault::Hangs, Fault::Works);
    let started = Instant::now();
    let responses = client.get("label", AllClusters, "/").await.expect("results");
    assert_eq!(
        started.elapsed(),
        Duration::from_secs(2),
        "what is late is an error at the deadline"
    );
    assert!(responses.get("c2").is_some_and(|result| result.is_ok()));
    let results: Vec<_> = responses.into_iter().collect();
    let names: Vec<_> = results.iter().map(|(cluster, _)| &**cluster).collect();
    assert_eq!(names, ["c1", "c2"]);
    let late = results[0].1.as_ref().expect_err("late");
    assert_eq!(late.kind(), ErrorKind::DeadlineExceeded);
}

#[tokio::test(start_paused = true)]
async fn sixteen_clusters_are_called_at_a_time() {
    let names: Vec<&'static str> = (10..50).map(|it| &*format!("s{it}").leak()).collect();
    let servers: Vec<_> = names.iter().map(|name| Server::new(name, Fault::Slow(100))).collect();
    let clusters: String = names.iter().map(|name| format!("[clusters.{name}]\n")).collect();
    let endpoints: String =
        names.iter().map(|name| format!("{name} = ['unix:/{name}']\n")).collect();
    let topology = format!("local_cluster = 's10'\n{clusters}[services.label]\n{endpoints}");
    let client = client(&topology, &servers.iter().collect::<Vec<_>>());
    let started = Instant::now();
    let values =
        client.get("label", AllClusters, "/").await.expect("results").json_each::<Vec<u8>>();
    let values = values.await;
    assert!(values.len() == 40 && values.iter().all(|(_, value)| value.is_ok()));
    assert_eq!(started.elapsed(), Duration::from_millis(300));
}

#[tokio::test(start_paused = true)]
async fn one_endpoint_can_be_for_all_clusters() {
    let server = Server::new("a", Fault::Works);
    let topology = format!("{TWO_CLUSTERS}[services.cluster]\nglobal = ['unix:/a']");
    let client = client(&topology, &[&server]);
    for locate in [
        Locate::Closest,
        Locate::Random,
        Locate::User("abc".into()),
        Locate::Cluster("c2".into()),
        Locate::First { changes: false },
    ] {
        let response = client.get("cluster", locate, "/").await.expect("a response");
        assert_eq!(response.cluster(), "global");
    }
    assert_eq!(server.executions(), 5);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_located_is_sent_nowhere() {
    let (client, servers) = near_and_far(Fault::Works, Fault::Works);
    let kind = |result: crate::Result<crate::Response>| result.expect_err("nowhere").kind();
    assert_eq!(kind(client.get("lable", "abc", "/").await), ErrorKind::UnknownService);
    assert_eq!(kind(client.get("label", Cluster("c9"), "/").await), ErrorKind::Unresolved);
    assert_eq!(kind(client.get("label", "", "/").await), ErrorKind::InvalidRequest);
    assert_eq!(kind(client.get("label", "..", "/").await), ErrorKind::InvalidRequest);
    assert_eq!(kind(client.get("label", ClosestCluster, "1/x").await), ErrorKind::InvalidRequest);
    let first = Locate::First { changes: false };
    assert_eq!(kind(client.post("label", first, "/").await), ErrorKind::InvalidRequest);
    assert_eq!(executions(&servers), [0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_cluster_without_the_service_has_no_endpoint() {
    let server = Server::new("a", Fault::Works);
    let topology = format!("{TWO_CLUSTERS}[services.label]\nc1 = ['unix:/a']\n[services.empty]");
    let client = client(&topology, &[&server]);
    for (service, locate) in [
        ("label", Locate::Cluster("c2".into())),
        ("empty", Locate::Closest),
        ("empty", Locate::Random),
    ] {
        let error = client.get(service, locate, "/").await.expect_err("nowhere");
        assert_eq!(error.kind(), ErrorKind::NoEndpoint, "{service}");
    }
}
