//! Whether a service does well, and who may know why not.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::Value;
use tokio::net::TcpListener;
use tracing::Level;
use wsgiservice::{
    Application, health::Health, mount, resource, statistics::Gauge, testing::Client,
};

use super::log::Log;

#[mount("/ping")]
struct Ping;

#[resource]
impl Ping {
    fn get(&self) -> u8 {
        1
    }
}

fn application() -> Application {
    Application::new("ping").mount(Ping)
}

async fn status(client: &Client, target: &str) -> u16 {
    client.get(target).send().await.status().as_u16()
}

/// The statuses of the health, and of whether the service takes requests and whether it responds.
async fn statuses(client: &Client) -> [u16; 3] {
    let [health, ready, live] = ["/_internal/health", "/_internal/ready", "/_internal/live"];
    [status(client, health).await, status(client, ready).await, status(client, live).await]
}

/// An error that does not say itself what its cause is, as those of most clients.
#[derive(Debug, thiserror::Error)]
#[error("the database does not respond")]
struct NoResponse(#[source] std::io::Error);

#[tokio::test]
async fn a_check_that_fails_tells_the_causes_of_its_error() {
    let refused = || NoResponse(std::io::Error::other("connection refused"));
    let application = application().check("database", async move || Err::<(), _>(refused()));
    let health = Client::new(application).get("/_internal/health.json").send().await;
    let found = &health.json::<Value>()["checks"][0]["output"];
    assert_eq!(found, "the database does not respond: connection refused");
}

#[tokio::test]
async fn the_worst_check_decides() {
    let good = || application().check("good", async || {});
    let warns = || good().check("disk", async || Health::Warn("7 GB left".to_owned()));
    let fails = || warns().check("database", async || Err::<(), _>("no connection"));
    for (application, statuses_of, word) in [
        (application(), [200; 3], "pass"),
        (good(), [200; 3], "pass"),
        (warns(), [200; 3], "warn"),
        (fails(), [503, 503, 200], "fail"),
        (good().check("broken", async || -> () { panic!("broken") }), [503, 503, 200], "fail"),
    ] {
        let client = Client::new(application);
        assert_eq!(statuses(&client).await, statuses_of, "{word}");
        let response = client.get("/_internal/health").send().await;
        assert_eq!(response.field("content-type"), Some("application/health+json"));
        let document: Value = serde_json::from_str(response.text()).expect("JSON");
        assert_eq!(document["status"], word);
    }
}

#[test]
fn names_that_do_not_tell_checks_apart_are_errors() {
    let nested = application().check("database", async || {});
    let application = application()
        .nest("/nested", nested)
        .check("", async || {})
        .check("database", async || {})
        .check("disk", async || {});
    let error = application.build().expect_err("errors").to_string();
    assert_eq!(error, "check ``: expected a name\ncheck `database` is added twice");
}

#[tokio::test]
async fn the_names_of_background_tasks_are_told_apart() {
    let task = async |_| {};
    let application =
        application().background("sweeper", task).background("", task).background("sweeper", task);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let error = application.serve_until(listener, async {}).await.expect_err("errors").to_string();
    assert_eq!(
        error,
        "background task ``: expected a name\nbackground task `sweeper` is added twice"
    );
}

#[tokio::test(start_paused = true)]
async fn what_a_check_finds_is_logged_when_it_changes() {
    let (log, _guard) = Log::at(Level::INFO);
    let found = Arc::new(Mutex::new(Health::Pass));
    let told = Arc::clone(&found);
    let check = async move || told.lock().expect("what is found").clone();
    let client = Client::new(application().check("disk", check).check("good", async || {}));
    for health in [
        Health::Pass,
        Health::Warn("7 GB left".to_owned()),
        Health::Warn("6 GB left".to_owned()),
        Health::Fail("0 GB left".to_owned()),
        Health::Pass,
    ] {
        *found.lock().expect("what is found") = health;
        status(&client, "/_internal/health").await;
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    let log = log.text();
    let changes = log.lines().filter_map(|it| Some(it.split_once("health::checks: ")?.1));
    assert_eq!(
        changes.collect::<Vec<_>>(),
        [
            r#"a check warns check="disk" found="7 GB left""#,
            r#"a check fails check="disk" found="0 GB left""#,
            r#"a check passes again check="disk""#,
        ]
    );
}

#[tokio::test]
async fn the_details_are_for_trusted_clients() {
    let failing = || application().check("database", async || Err::<(), _>("no connection"));
    let document = |client: Client| async move {
        let response = client.get("/_internal/health").send().await;
        assert_eq!(response.status(), 503);
        serde_json::from_str::<Value>(response.text()).expect("JSON")
    };
    let document_of = document(Client::new(failing())).await;
    assert_eq!(document_of["output"], "no connection");
    assert_eq!(document_of["checks"]["database"][0]["output"], "no connection");
    let strangers = Client::new(failing().trusted([]));
    assert_eq!(document(strangers.clone()).await, serde_json::json!({"status": "fail"}));
    assert_eq!(statuses(&strangers).await, [503, 503, 200]);
    for target in ["/_internal/health.json", "/_internal/ready.xml"] {
        assert_eq!(status(&strangers, target).await, 503, "{target}");
    }
    for target in ["/_internal/healthy", "/_internal/health/x", "/_internal/problems/health"] {
        assert_eq!(status(&strangers, target).await, 404, "{target}");
    }
}

#[tokio::test]
async fn json_and_xml_are_other_representations_of_it() {
    let client = Client::new(application().check("disk", async || Health::Warn("low".to_owned())));
    for (accept, content_type, check) in [
        (
            "application/json",
            "application/json",
            r#""checks":[{"name":"disk","status":"warn","output":"low","time":""#,
        ),
        (
            "application/xml",
            "application/xml; charset=utf-8",
            r#"<checks><child order="0"><name>disk</name><status>warn</status><output>low</output><time>"#,
        ),
        (
            "*/*",
            "application/health+json",
            r#""checks":{"disk":[{"status":"warn","output":"low","time":""#,
        ),
    ] {
        let response = client.get("/_internal/health").header("accept", accept).send().await;
        assert_eq!(
            (response.status().as_u16(), response.field("content-type")),
            (200, Some(content_type))
        );
        assert!(response.text().contains(check), "{}", response.text());
    }
}

#[tokio::test]
async fn the_checks_of_a_nested_application_count() {
    let nested = application().check("database", async || Health::Fail("gone".to_owned()));
    let client = Client::new(Application::new("all").nest("/nested", nested));
    assert_eq!(statuses(&client).await, [503, 503, 200]);
}

#[tokio::test]
async fn a_check_sets_a_gauge_before_the_metrics_are_told() {
    for target in ["/_internal/metrics", "/_internal/stats"] {
        let waiting: Gauge = Gauge::new("waiting_jobs", "Jobs that wait.");
        let application = application().metric(&waiting).check("queue", async move || {
            waiting.set((), 7.0);
            Health::Warn("7 jobs wait".to_owned())
        });
        let client = Client::new(application.check("disk", async || {}));
        let told = client.get(target).send().await.text().to_owned();
        let expected: &[_] = match target {
            "/_internal/stats" => &[r#""name":"waiting_jobs","labels":[],"value":7.0"#],
            _ => &[
                "waiting_jobs 7\n",
                "wsgiservice_health{check=\"queue\"} 1\n",
                "wsgiservice_health{check=\"disk\"} 0\n",
            ],
        };
        for expected in expected {
            assert!(told.contains(expected), "{expected}\n{told}");
        }
    }
}
