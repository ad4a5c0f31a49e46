use super::{Fault, Server, TWO_CLUSTERS, client, in_one_cluster};
use crate::{
    AllClusters, Body, BoxError, ClosestCluster, Cluster, ErrorKind, FirstCluster, RestClient,
    Topology,
};
use futures_util::{future::join_all, stream};
use http_body::Frame;
use http_body_util::StreamBody;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::time::{Instant, advance, sleep, timeout};

const IN_C1: Fault = Fault::Says(
    "200 OK\r\ncache-control: max-age=300",
    r#"{"user":"abc","cluster":"c1","version":1,"assigned":true}"#,
);
const IN_C2: Fault = Fault::Says(
    "200 OK\r\ncache-control: max-age=300",
    r#"{"user":"abc","cluster":"c2","version":2,"assigned":true}"#,
);
const MOVED: Fault = Fault::Head("421 Misdirected Request\r\nx-cluster: c2");
const FROZEN: Fault = Fault::Head("423 Locked\r\nretry-after: 0");

fn setting(
    extra: &str,
    script: &[Fault],
    then: Fault,
    in_c1: &[Fault],
) -> (RestClient, Arc<Server>, Arc<Server>, Arc<Server>) {
    let directions = Server::scripted("directions", script, then);
    let c1 = Server::scripted("one", in_c1, Fault::Works);
    let c2 = Server::new("two", Fault::Works);
    let services = format!(
        "[services.label]\n{extra}\nc1 = ['unix:/one']\nc2 = ['unix:/two']\n[services.cluster]\nglobal = ['unix:/directions']"
    );
    let client = client(&format!("{TWO_CLUSTERS}{services}"), &[&directions, &c1, &c2]);
    (client, directions, c1, c2)
}

fn streamed() -> Body {
    let parts = stream::iter([Ok::<_, BoxError>(Frame::data(bytes::Bytes::from_static(b"x")))]);
    Body::new(StreamBody::new(parts))
}

#[tokio::test(start_paused = true)]
async fn r01_one_attempt_follows_a_move() {
    let (client, ..) = setting("attempts = 1", &[IN_C1], IN_C2, &[MOVED]);
    let response = client.post("label", "abc", "/").await.expect("a response");
    assert_eq!((response.status().as_u16(), response.cluster()), (200, "c2"));
}

#[tokio::test(start_paused = true)]
async fn r02_a_stream_is_not_sent_again_after_409() {
    let server = Server::scripted("a", &[Fault::Head("409 X\r\nretry-after: 1")], Fault::Works);
    let client = in_one_cluster(&[&server]);
    let call = client.post("label", ClosestCluster, "/").header("idempotency-key", "\"k\"");
    let response = call.body(streamed()).await.expect("a response");
    assert_eq!(
        (server.heads().len(), response.status().as_u16()),
        (1, 409),
        "{:?}",
        server.heads()
    );
}

#[tokio::test(start_paused = true)]
async fn r03_a_probe_that_is_not_made_is_no_probe() {
    let servers = [Server::new("a", Fault::Refuses), Server::new("b", Fault::Refuses)];
    let client = in_one_cluster(&servers.each_ref());
    for _ in 0..20 {
        let _ = client.get("label", Cluster("c1"), "/").await;
    }
    servers[0].set(Fault::Head("429 X\r\nretry-after: 30"));
    servers[1].set(Fault::Works);
    advance(Duration::from_secs(400)).await;
    let response = client.get("label", Cluster("c1"), "/").await.expect("a response");
    assert_eq!(response.status().as_u16(), 429);
    servers[0].set(Fault::Works);
    let before = servers[1].heads().len();
    for _ in 0..100 {
        sleep(Duration::from_secs(100)).await;
        client
            .get("label", Cluster("c1"), "/")
            .await
            .expect("a response")
            .bytes()
            .await
            .expect("x");
    }
    assert!(servers[1].heads().len() > before, "b is never tried again");
}

#[tokio::test(start_paused = true)]
async fn r04_a_timeout_can_be_as_long_as_one_likes() {
    let server = Server::new("a", Fault::Works);
    let client = in_one_cluster(&[&server]);
    client.get("label", Cluster("c1"), "/").timeout(Duration::MAX).await.expect("a response");
}

#[tokio::test(start_paused = true)]
async fn r05_a_get_follows_after_a_failure() {
    let (client, ..) = setting("", &[IN_C1], IN_C2, &[Fault::Status(503), MOVED]);
    let response = client.get("label", "abc", "/").await.expect("a response");
    assert_eq!((response.status().as_u16(), response.cluster()), (200, "c2"));
}

#[tokio::test(start_paused = true)]
async fn r06_stale_is_used_while_the_cluster_service_hangs() {
    let (client, ..) = setting("", &[IN_C1], Fault::Hangs, &[]);
    client.get("label", "abc", "/").await.expect("a response");
    sleep(Duration::from_secs(301)).await;
    client.get("label", "abc", "/").await.expect("stale");
}

#[tokio::test(start_paused = true)]
async fn r07_a_frozen_user_is_waited_for_while_the_cluster_service_is_down() {
    let (client, ..) = setting("", &[IN_C1], Fault::Refuses, &[FROZEN]);
    client.post("label", "abc", "/").timeout(Duration::from_secs(10)).await.expect("a response");
}

#[tokio::test(start_paused = true)]
async fn r07b_x_cluster_is_used_while_the_cluster_service_hangs() {
    let (client, ..) = setting("", &[IN_C1], Fault::Hangs, &[MOVED]);
    let response = client.get("label", "abc", "/").await.expect("a response");
    assert_eq!(response.cluster(), "c2");
}

#[tokio::test(start_paused = true)]
async fn r08_the_response_to_a_stream_may_not_stall() {
    let server = Server::new("a", Fault::Stalls);
    let client = in_one_cluster(&[&server]);
    let response =
        client.post("label", ClosestCluster, "/").body(streamed()).await.expect("a head");
    timeout(Duration::from_secs(3600), response.bytes())
        .await
        .expect("an end within an hour")
        .expect_err("stalled");
}

#[tokio::test(start_paused = true)]
async fn r09_first_ignores_hedge() {
    let servers = [Server::new("a", Fault::Slow(20)), Server::new("b", Fault::Slow(20))];
    let client = in_one_cluster(&servers.each_ref());
    for _ in 0..100 {
        client.get("label", Cluster("c1"), "/").await.expect("r").bytes().await.expect("c");
    }
    servers.iter().for_each(|it| it.set(Fault::Slow(100)));
    client.get("label", FirstCluster, "/").hedge().await.expect("r").bytes().await.expect("c");
    assert_eq!(servers.iter().map(|it| it.heads().len()).sum::<usize>(), 101);
}

#[tokio::test(start_paused = true)]
async fn r09b_a_hedge_is_among_the_attempts() {
    let servers = [Server::new("a", Fault::Slow(20)), Server::new("b", Fault::Slow(20))];
    let client = in_one_cluster(&servers.each_ref());
    for _ in 0..100 {
        client.get("label", Cluster("c1"), "/").await.expect("r").bytes().await.expect("c");
    }
    servers.iter().for_each(|it| it.set(Fault::Slow(100)));
    let r = client.get("label", Cluster("c1"), "/").hedge().await.expect("r");
    assert_eq!(servers.iter().map(|it| it.heads().len()).sum::<usize>(), 102);
    assert_eq!(r.attempts().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn r10_a_large_max_age() {
    let then = Fault::Says(
        "200 OK\r\ncache-control: max-age=18446744073709551615",
        r#"{"user":"abc","cluster":"c1","version":1,"assigned":true}"#,
    );
    let (client, ..) = setting("", &[], then, &[]);
    client.get("label", "abc", "/").await.expect("a response");
}

#[tokio::test]
async fn r11_calls_do_not_queue_for_a_dead_tls_endpoint() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a socket");
    let port = listener.local_addr().expect("x").port();
    let text = format!(
        "version = 1\n[clusters.c1]\n[services.label]\nattempts = 1\nc1 = ['https://127.0.0.1:{port}']"
    );
    let client =
        RestClient::builder().topology(Topology::parse("t", &text).expect("t")).build().expect("c");
    let started = Instant::now();
    let calls: Vec<_> = (0..20).map(|_| client.post("label", Cluster("c1"), "/").send()).collect();
    let ended = join_all(calls).await;
    let kinds: Vec<_> = ended
        .into_iter()
        .map(|it| {
            let e = it.expect_err("dead");
            (e.kind(), e.may_have_executed())
        })
        .collect();
    let wrong = kinds.iter().filter(|it| **it != (ErrorKind::Connect, false)).count();
    assert!(
        wrong == 0 && started.elapsed() < Duration::from_millis(700),
        "{wrong} wrong {:?} after {:?}",
        kinds.last(),
        started.elapsed()
    );
}

#[tokio::test]
async fn r12_what_was_not_written_was_not_executed() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a socket");
    let port = listener.local_addr().expect("x").port();
    let text =
        format!("version = 1\n[clusters.c1]\n[services.label]\nc1 = ['https://127.0.0.1:{port}']");
    let client =
        RestClient::builder().topology(Topology::parse("t", &text).expect("t")).build().expect("c");
    let error = client
        .post("label", Cluster("c1"), "/")
        .timeout(Duration::from_millis(100))
        .await
        .expect_err("x");
    assert!(!error.may_have_executed(), "{error}");
}

#[tokio::test]
async fn r13_a_local_service_stays_over_two_reloads() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.toml");
    let write = |n: u32| {
        std::fs::write(&path, format!("version = 1\n[defaults]\ntimeout_ms = {n}\n[clusters.c1]\n[services.label]\nc1 = ['http://127.0.0.1:1']")).expect("w")
    };
    write(1000);
    let echo = crate::service_fn(|_: http::Request<Body>| async {
        Ok::<_, std::convert::Infallible>(http::Response::new(http_body_util::Empty::new()))
    });
    let client = RestClient::builder().file(&path).service("label", echo).build().expect("c");
    for n in [1001, 1002, 1003] {
        client.get("label", Cluster("c1"), "/").await.expect("local");
        write(n);
        client.reload().await.expect("reload");
    }
    client.get("label", Cluster("c1"), "/").await.expect("local");
}

#[tokio::test(start_paused = true)]
async fn r14_a_late_response_does_not_overrule_health() {
    use crate::endpoint::{Mark, Record, Standing};
    let record = Record::default();
    record.health(false);
    record.health(false);
    record.mark(Mark::Good, Duration::from_millis(1));
    assert!(matches!(record.standing(), Standing::Out(_)));
}

#[tokio::test]
async fn r15_no_hot_loop() {
    let server = Server::new("a", Fault::Head("409 X\r\nretry-after: 0"));
    let client = in_one_cluster(&[&server]);
    let _ = client
        .post("label", Cluster("c1"), "/")
        .header("idempotency-key", "\"k\"")
        .timeout(Duration::from_millis(300))
        .await;
    assert!(server.heads().len() < 30, "{} requests in 300 ms", server.heads().len());
}

#[tokio::test(start_paused = true)]
async fn r16_128_at_a_time() {
    let server = Server::new("a", Fault::Head("429 X\r\nretry-after: 1"));
    let client = in_one_cluster(&[&server]);
    let mut tasks = Vec::new();
    for _ in 0..4 {
        for _ in 0..100 {
            tasks.push(tokio::spawn(
                client.get("label", Cluster("c1"), "/").timeout(Duration::from_secs(5)).send(),
            ));
        }
        sleep(Duration::from_millis(50)).await;
    }
    server.set(Fault::Slow(1000));
    let most = Arc::new(AtomicUsize::new(0));
    for _ in 0..300 {
        sleep(Duration::from_millis(10)).await;
        most.fetch_max(client.in_flight("label"), Ordering::Relaxed);
    }
    let most = most.load(Ordering::Relaxed);
    assert!(most <= 128, "{most}");
}

#[test]
fn r17_addresses() {
    for url in [
        "http:80",
        "https:443",
        "http://a:0",
        "http:/a",
        "unix:/",
        "http://[::1",
        "http://1.2.3.4.5",
    ] {
        let text = format!("version = 1\n[clusters.c1]\n[services.label]\nc1 = ['{url}']");
        println!(
            "{url}: {:?}",
            Topology::parse("t", &text)
                .map(|t| format!("{:?}", t.services["label"].endpoints))
                .map_err(|e| e.to_string())
        );
    }
    println!("{:?}", Topology::parse("t", "version = 1\n[clusters]").is_ok());
}

#[tokio::test]
async fn r24_tls_files_that_come_later_are_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.toml");
    std::fs::write(&path, "version = 1\n[clusters.c1]\n").expect("w");
    let client = RestClient::from_file(&path).expect("c");
    std::fs::write(&path, "version = 1\n[clusters.c1]\n[services.label]\n[tls]\nca = 'ca.pem'")
        .expect("w");
    client.reload().await.expect_err("no file yet");
    let pem = rcgen::generate_simple_self_signed(["label".to_owned()]).expect("x").cert.pem();
    std::fs::write(folder.path().join("ca.pem"), pem).expect("w");
    client.reload().await.expect("reload");
    assert_eq!(client.topology().services().count(), 1, "the topology with its files is in force");
}

#[tokio::test(start_paused = true)]
async fn r25_refused_in_a_row() {
    use crate::endpoint::{Mark, Record, Standing};
    let record = Record::default();
    for mark in
        [Mark::Refused, Mark::Failed, Mark::Refused, Mark::Refused, Mark::Refused, Mark::Refused]
    {
        record.mark(mark, Duration::from_millis(1));
    }
    assert_eq!(record.standing(), Standing::InService, "four refused in a row");
}

#[tokio::test(start_paused = true)]
async fn r26_drop_during_wait_with_probe() {
    let servers = [Server::new("a", Fault::Refuses), Server::new("b", Fault::Refuses)];
    let client = in_one_cluster(&servers.each_ref());
    for _ in 0..20 {
        let _ = client.get("label", Cluster("c1"), "/").await;
    }
    servers[0].set(Fault::Head("429 X\r\nretry-after: 1"));
    servers[1].set(Fault::Works);
    advance(Duration::from_secs(400)).await;
    timeout(Duration::from_millis(500), client.get("label", Cluster("c1"), "/").send())
        .await
        .expect_err("dropped");
    servers[0].set(Fault::Works);
    let before = servers[1].heads().len();
    for _ in 0..100 {
        sleep(Duration::from_secs(100)).await;
        client
            .get("label", Cluster("c1"), "/")
            .await
            .expect("a response")
            .bytes()
            .await
            .expect("x");
    }
    assert!(servers[1].heads().len() > before, "b is never tried again");
}

#[tokio::test(start_paused = true)]
async fn r27_deadline_with_content_that_never_pauses() {
    let body = StreamBody::new(Box::pin(stream::repeat_with(|| {
        std::thread::sleep(Duration::from_millis(0));
        Ok::<_, BoxError>(Frame::data(bytes::Bytes::from_static(b"x")))
    })));
    let body = Arc::new(std::sync::Mutex::new(Some(body)));
    let service = crate::service_fn(move |_: http::Request<Body>| {
        let body = body.lock().expect("l").take().expect("once");
        async move { Ok::<_, std::convert::Infallible>(http::Response::new(body)) }
    });
    let client = RestClient::builder().service("label", service).build().expect("c");
    let r = client
        .get("label", Cluster("c1"), "/")
        .timeout(Duration::from_millis(100))
        .await
        .expect("r");
    let mut parts = Box::pin(r.bytes_stream());
    use futures_util::StreamExt;
    for _ in 0..100 {
        advance(Duration::from_secs(1)).await;
        if parts.next().await.expect("p").is_err() {
            return;
        }
    }
    panic!("100 s after a deadline of 100 ms parts still come");
}

#[cfg(feature = "cache")]
fn cached(topology: &str, servers: &[&Arc<Server>]) -> RestClient {
    let topology = Topology::parse("t", &format!("version = 1\n{topology}")).expect("t");
    let mut builder = RestClient::builder().topology(topology).cache(1 << 20);
    for server in servers {
        builder.dials.insert(format!("/{}", server.name).into(), server.dial());
    }
    builder.build().expect("c")
}

#[cfg(feature = "cache")]
#[tokio::test(start_paused = true)]
async fn r30_a_large_age() {
    let server = Server::new(
        "a",
        Fault::Says(
            "200 OK\r\ncache-control: max-age=60\r\nage: 18446744073709551615\r\netag: \"1\"",
            "x",
        ),
    );
    let client = cached("[clusters.c1]\n[services.label]\nc1 = ['unix:/a']", &[&server]);
    for _ in 0..3 {
        client.get("label", Cluster("c1"), "/").await.expect("r").bytes().await.expect("c");
        sleep(Duration::from_secs(5)).await;
    }
}

#[cfg(feature = "cache")]
#[tokio::test(start_paused = true)]
async fn r31_a_change_in_all_clusters_removes_what_is_stored() {
    let server = Server::new("a", Fault::Says("200 OK\r\ncache-control: max-age=60", "x"));
    let client = cached("[clusters.c1]\n[services.label]\nc1 = ['unix:/a']", &[&server]);
    client.get("label", Cluster("c1"), "/").await.expect("r").bytes().await.expect("c");
    for (_, r) in client.put("label", AllClusters, "/").await.expect("all") {
        r.expect("r");
    }
    assert_eq!(
        client.get("label", Cluster("c1"), "/").await.expect("r").attempts().len(),
        1,
        "it is asked for again"
    );
}
