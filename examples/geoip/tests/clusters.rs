//! A client finds the service in two clusters, while processes die and hang.

use std::{
    collections::BTreeMap,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use wsgiservice_client::{ClosestCluster, RestClient, Topology};
use wsgiservice_test_support::Server;

/// The calls that are made in each phase, one after the other by each of the callers.
const CALLS: usize = 100;
const CALLERS: usize = 8;

fn client(near: [&Server; 2], far: &Server) -> RestClient {
    let urls = [near[0], near[1], far].map(|server| format!("http://{}", server.address()));
    let text = format!(
        "version = 1\nlocal_cluster = 'c1'\n[clusters.c1]\ndistance = {{ c2 = 20 }}\n[clusters.c2]\n\
         [services.geoip]\nattempt_timeout_ms = 300\nc1 = ['{}', '{}']\nc2 = ['{}']",
        urls[0], urls[1], urls[2]
    );
    let topology = Topology::parse("topology.toml", &text).expect("a topology");
    RestClient::builder().topology(topology).build().expect("a client")
}

/// Makes calls, all of which succeed, and counts them by their attempts. The action is performed in their midst.
async fn calls(client: &RestClient, action: impl FnOnce()) -> BTreeMap<usize, usize> {
    let done = Arc::new(AtomicUsize::new(0));
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (client, done) = (client.clone(), Arc::clone(&done));
            tokio::spawn(async move {
                let mut attempts = Vec::new();
                for _ in 0..CALLS {
                    let response = client.get("geoip", ClosestCluster, "/1/130.59.31.80").await;
                    let response = response.expect("a response").error_for_status();
                    let response = response.expect("a success");
                    attempts.push(response.attempts().len());
                    let text = response.text().await.expect("text");
                    assert_eq!(text, r#"{"country_code":"CH"}"#);
                    done.fetch_add(1, Ordering::Relaxed);
                }
                attempts
            })
        })
        .collect();
    while done.load(Ordering::Relaxed) < CALLS {
        tokio::task::yield_now().await;
    }
    action();
    let mut counts = BTreeMap::new();
    for caller in callers {
        for attempts in caller.await.expect("a caller") {
            *counts.entry(attempts).or_default() += 1;
        }
    }
    counts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_get_succeeds_while_one_process_is_killed_and_another_hangs() {
    let program = env!("CARGO_BIN_EXE_geoip");
    let [killed, stopped, far] = [(); 3].map(|()| {
        let mut command = Command::new(program);
        // The log would have a line for each of thousands of calls.
        command.args(["--log", "off"]);
        Server::start_command(command, &[])
    });
    let client = client([&killed, &stopped], &far);

    let alone = calls(&client, || {}).await;
    assert_eq!(alone, BTreeMap::from([(1, CALLS * CALLERS)]));

    let with_a_dead_one = calls(&client, || killed.signal("-KILL")).await;
    let with_one_that_hangs = calls(&client, || stopped.signal("-STOP")).await;
    println!(
        "calls by attempts: one killed {with_a_dead_one:?}, one stopped {with_one_that_hangs:?}"
    );
    let all = with_a_dead_one.values().chain(with_one_that_hangs.values()).sum::<usize>();
    assert_eq!(all, 2 * CALLS * CALLERS);
}
