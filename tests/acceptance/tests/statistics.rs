//! Step 10: the services have counted each call that was made, and nothing else.
//!
//! Each service has one process in a cluster, and nothing fails or moves here: so each call is one request. A call that follows a
//! user, waits, or is tried again is several. Requests for `/_internal` have templates of their own; those by which `services up` and
//! this test ask are not compared.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use acceptance::{Frontend, Services, key};
use http::Method;
use serde_json::{Value as Json, json};
use tokio::task::JoinSet;
use wsgiservice_client::{Cluster, Locate, RequestBuilder, Response, RestClient};

/// How long mails wait: longer than the test.
const UNDO_WINDOW: Duration = Duration::from_hours(1);

/// How often the statistics are read: a request counts when its response has ended, which its client may know before.
const TRIES: usize = 200;

/// What services call of each other, beside what the test calls: the methods, and the template.
const CALLED_BY_SERVICES: [(&str, &str, &str); 10] = [
    ("cluster", "GET PUT", "/1/user/{user}"),
    ("storage", "GET PUT DELETE", "/1/item/{user}/{id}"),
    ("storage", "PUT", "/1/attachment/{user}/{id}/{name}"),
    ("label", "GET PUT DELETE", "/1/label/{user}/{label}"),
    ("label", "GET PUT DELETE", "/1/label_item/{user}/{label}/{item}"),
    ("command", "POST", "/1/batch/{user}"),
    ("command", "POST", "/1/undo/{user}/{ticket}"),
    ("pipeline", "POST", "/1/{topic}/{user}/{*name}"),
    ("dependents", "POST", "/1/search_event"),
    ("dependents", "POST", "/1/picture_event"),
];

/// The requests that a process of a service got.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Requests {
    service: String,
    cluster: String,
    method: String,
    route: String,
    status: u64,
}

/// Numbers of requests.
type Counts<T = Requests> = BTreeMap<T, u64>;

/// A service, its cluster, and the word of a client for a class of statuses.
type Class = (String, String, String);

/// Calls services, and counts what it has called.
#[derive(Clone)]
struct Caller {
    frontend: Frontend,
    called: Arc<Mutex<Counts>>,
}

/// What was called.
struct Called {
    cluster: String,
    content: Json,
}

/// A resource that is called.
struct Target<'a> {
    service: &'a str,
    locator: Locate,
    route: &'a str,
    path: String,
}

impl<'a> Target<'a> {
    fn new(service: &'a str, locator: Locate, route: &'a str, path: impl Into<String>) -> Self {
        Self { service, locator, route, path: path.into() }
    }

    /// A resource of a user: the template has `{user}`, and in place of the other variables what the path has.
    fn of_user(service: &'a str, user: &str, route: &'a str, path: String) -> Self {
        Self::new(service, Locate::User(user.to_owned()), route, path)
    }
}

impl Caller {
    async fn call(&self, method: Method, target: &Target<'_>) -> Called {
        self.call_with(method, target, |call| call).await
    }

    async fn call_with(
        &self,
        method: Method,
        target: &Target<'_>,
        with: impl FnOnce(RequestBuilder<Response>) -> RequestBuilder<Response>,
    ) -> Called {
        let Target { service, locator, path, .. } = target;
        let call = self.frontend.client().request(method.clone(), service, locator.clone(), path);
        let response = with(call).await.expect("a response");
        assert_eq!(response.attempts().len(), 1, "{method} {path}");
        let cluster = response.cluster().to_owned();
        self.count(target, &method, &cluster, response.status().as_u16());
        let content = response.text().await.expect("a content");
        Called { cluster, content: serde_json::from_str(&content).unwrap_or(Json::Null) }
    }

    fn count(&self, target: &Target<'_>, method: &Method, cluster: &str, status: u16) {
        let requests = Requests {
            service: target.service.to_owned(),
            cluster: cluster.to_owned(),
            method: method.as_str().to_owned(),
            route: target.route.to_owned(),
            status: status.into(),
        };
        *self.called.lock().expect("counts").entry(requests).or_default() += 1;
    }

    /// Lets the services that depend on others listen, by requests of the frontend.
    async fn listen(&self) {
        self.frontend.listen(UNDO_WINDOW).await;
        for cluster in self.frontend.client().topology().clusters() {
            let locator = Locate::Cluster(cluster.to_owned());
            let target = Target::new("pipeline", locator, "/1/listener/{name}", "");
            (0..3).for_each(|_| self.count(&target, &Method::PUT, cluster, 201));
        }
    }

    /// All that a user does.
    async fn use_all(&self, user: &str) {
        let item = |id: &str| {
            let path = format!("/1/item/{user}/{id}");
            Target::of_user("storage", user, "/1/item/{user}/{id}", path)
        };
        self.call(Method::GET, &item("none")).await;
        for text in ["one", "two", "three"] {
            self.call_with(Method::PUT, &item("own"), |it| it.json(&json!({ "text": text }))).await;
        }
        let stale = |it: RequestBuilder<Response>| it.header("if-match", "\"1\"").json(&json!({}));
        self.call_with(Method::PUT, &item("own"), stale).await;
        for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::DELETE] {
            self.call(method, &item("own")).await;
        }
        let unknown = Target::of_user("storage", user, "unmatched", "/9/nothing".to_owned());
        self.call(Method::GET, &unknown).await;
        self.clip(user).await;
        let country =
            |ip: &str| Target::new("geoip", Locate::Closest, "/1/{ip}", format!("/1/{ip}"));
        for ip in ["130.59.31.80", "10.0.0.1", "999.1.1.1"] {
            self.call(Method::GET, &country(ip)).await;
        }
    }

    /// A clip by the closest command service, which may pass it on, its undo, and that of the undo.
    async fn clip(&self, user: &str) {
        let closest = |route, path: String| Target::new("command", Locate::Closest, route, path);
        let batch = json!({
            "steps": [
                {"method": "PUT", "path": format!("/1/item/{user}/i"), "body": {"text": "buy milk"}},
                {"method": "PUT", "path": format!("/1/label/{user}/inbox"), "ensure": true},
                {"method": "PUT", "path": format!("/1/label_item/{user}/inbox/i")},
            ],
            "event": format!("/1/clip/{user}/i"),
        });
        let target = closest("/1/batch/{user}", format!("/1/batch/{user}"));
        let with_key = |it: RequestBuilder<Response>| it.header("idempotency-key", key());
        let clip = self.call_with(Method::POST, &target, |it| with_key(it).json(&batch)).await;
        let mut ticket = clip.content["ticket"].as_str().expect("a ticket").to_owned();
        for _ in 0..2 {
            let path = format!("/1/undo/{user}/{ticket}");
            let target = closest("/1/undo/{user}/{ticket}", path);
            let undone = self.call_with(Method::POST, &target, with_key).await;
            ticket = undone.content["ticket"].as_str().expect("a ticket").to_owned();
        }
        let direct = Target::of_user("label", user, "/1/label/{user}", format!("/1/label/{user}"));
        let Called { cluster, .. } = self.call(Method::GET, &direct).await;
        let labels = closest("/1/{resource}/{user}", format!("/1/label/{user}"));
        self.call(Method::GET, &labels).await;
        // That is passed on.
        self.count(&direct, &Method::GET, &cluster, 200);
    }

    /// How many calls ended how, of all that the client has made: its look-ups of users, too.
    fn calls(&self) -> Counts<Class> {
        let counts = self.frontend.client().counts();
        let calls = counts.calls.into_iter().map(|it| {
            let cluster = it.cluster.unwrap_or_default();
            ((it.service, cluster, it.what.to_string()), it.count)
        });
        calls.collect()
    }
}

/// What a process tells.
struct Process {
    service: String,
    cluster: String,
    statistics: Json,
}

impl Process {
    async fn all(services: &Services, client: &RestClient) -> Vec<Self> {
        let mut all = Vec::new();
        for row in services.table().lines().skip(1) {
            let mut columns = row.split_whitespace();
            let [service, place] = [columns.next(), columns.next()].map(|it| it.expect("a column"));
            let (cluster, locator) = match place {
                "all" => ("global", "c1"),
                cluster => (cluster, cluster),
            };
            let call = client.get(service, Cluster(locator), "/_internal/stats.json");
            let statistics = call.await.expect("a response").json().await.expect("JSON");
            let (service, cluster) = (service.to_owned(), cluster.to_owned());
            all.push(Self { service, cluster, statistics });
        }
        all
    }

    /// The requests that it got, those for `/_internal` excepted.
    fn requests(&self) -> Counts {
        let mut requests = Counts::new();
        for method in self.statistics["methods"].as_array().expect("methods") {
            let text = |member: &str| method[member].as_str().expect("a text").to_owned();
            let route = text("route");
            if route.starts_with("/_internal") {
                continue;
            }
            for status in method["statuses"].as_array().expect("statuses") {
                let number = |member: &str| status[member].as_u64().expect("a number");
                let of = Requests {
                    service: self.service.clone(),
                    cluster: self.cluster.clone(),
                    method: text("method"),
                    route: route.clone(),
                    status: number("status"),
                };
                requests.insert(of, number("requests"));
            }
        }
        requests
    }

    /// The calls that it has made, by how they ended.
    fn calls(&self) -> Counts<Class> {
        let metrics = self.statistics["metrics"].as_array().expect("metrics").iter();
        let calls = metrics.filter(|metric| metric["name"] == "rest_client_calls");
        let class = |metric: &Json| {
            let label = |position: usize| metric["labels"][position]["value"].as_str();
            let [service, cluster, outcome] = [0, 1, 2].map(|it| label(it).expect("a label"));
            (service.to_owned(), cluster.to_owned(), outcome.to_owned())
        };
        calls
            .map(|metric| (class(metric), metric["value"].as_f64().unwrap_or(0.0) as u64))
            .collect()
    }
}

impl Requests {
    /// How a client says that a call of this status has ended.
    fn class(&self) -> Class {
        let outcome = match self.status {
            100..300 => "success",
            300..400 => "redirect",
            400..500 => "client_error",
            _ => "server_error",
        };
        (self.service.clone(), self.cluster.clone(), outcome.to_owned())
    }

    /// Whether services make such requests, too.
    fn is_called_by_services(&self) -> bool {
        CALLED_BY_SERVICES.iter().any(|(service, methods, route)| {
            self.service == *service
                && self.route == *route
                && methods.split(' ').any(|method| method == self.method)
        })
    }
}

fn sum<T: Ord>(all: impl Iterator<Item = (T, u64)>) -> Counts<T> {
    let mut sums = Counts::new();
    for (key, number) in all {
        *sums.entry(key).or_default() += number;
    }
    sums
}

/// Where the statistics of all processes differ from what was called.
async fn differences(services: &Services, reader: &RestClient, caller: &Caller) -> Vec<String> {
    let processes = Process::all(services, reader).await;
    let counted: Counts = processes.iter().flat_map(Process::requests).collect();
    let called = caller.called.lock().expect("counts").clone();
    let mut differences = Vec::new();

    // By service, cluster and class of statuses: what all callers say, the test and the services, and what the called say.
    let calls = processes.iter().flat_map(Process::calls).chain(caller.calls());
    let calls = sum(calls.filter(|(_, number)| *number > 0));
    let classes = sum(counted.iter().map(|(requests, number)| (requests.class(), *number)));
    let all: BTreeSet<_> = calls.keys().chain(classes.keys()).collect();
    for class in all {
        let [called, counted] = [&calls, &classes].map(|it| it.get(class).copied().unwrap_or(0));
        if called != counted {
            differences.push(format!("{class:?}: {called} called, {counted} counted"));
        }
    }

    // By template, method and status: what the test has called, alone or beside services.
    let all: BTreeSet<_> = called.keys().chain(counted.keys()).collect();
    for requests in all {
        let [called, counted] =
            [&called, &counted].map(|it| it.get(requests).copied().unwrap_or(0));
        let is_wrong = match requests.is_called_by_services() {
            true => called > counted,
            false => called != counted,
        };
        if is_wrong {
            differences.push(format!("{requests:?}: {called} called, {counted} counted"));
        }
    }
    differences
}

#[tokio::test(flavor = "multi_thread")]
async fn statistics_equal_the_calls_made() {
    let services = Services::start(env!("CARGO_BIN_EXE_services-under-test"));
    let (client, reader) = (services.client(), services.client());
    let caller = Caller { frontend: Frontend::new(client), called: Arc::default() };
    caller.listen().await;
    // Users of both clusters, side by side.
    let mut users = JoinSet::new();
    for user in ["ann", "bob", "carol", "dave", "eve", "frank"] {
        let caller = caller.clone();
        users.spawn(async move { caller.use_all(user).await });
    }
    users.join_all().await;
    for cluster in ["c1", "c2"] {
        let locator = || Locate::Cluster(cluster.to_owned());
        let target = Target::new("caller", locator(), "/1/country/{ip}", "/1/country/130.59.31.80");
        caller.call(Method::GET, &target).await;
        let asked = Target::new("geoip", locator(), "/1/{ip}", "");
        caller.count(&asked, &Method::GET, cluster, 200);
        let target = Target::new("caller", locator(), "/1/cluster", "/1/cluster");
        caller.call(Method::GET, &target).await;
    }
    services.settle().await;

    let mut found = Vec::new();
    for _ in 0..TRIES {
        found = differences(&services, &reader, &caller).await;
        if found.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(found.is_empty(), "{found:#?}");
    all_were_called(&services, &reader).await;
}

/// The test would compare nothing if services did not call each other.
async fn all_were_called(services: &Services, reader: &RestClient) {
    let processes = Process::all(services, reader).await;
    let calls = sum(processes.iter().flat_map(Process::calls));
    let called: BTreeSet<_> =
        calls.keys().map(|(service, cluster, _)| (&**service, &**cluster)).collect();
    for service in ["storage", "label", "pipeline", "dependents", "geoip"] {
        for cluster in ["c1", "c2"] {
            assert!(called.contains(&(service, cluster)), "{service} in {cluster}: {called:?}");
        }
    }
    // The first command service passes on what is about users of the second cluster.
    for (service, cluster) in [("cluster", "global"), ("command", "c2")] {
        assert!(called.contains(&(service, cluster)), "{service} in {cluster}: {called:?}");
    }
}

/// The checks of each service, beside that of the task which `services up` needs.
const CHECKS: [(&str, &str); 6] = [
    ("cluster", "database, mover, outbox, background:mover, background:relay, background:sweep"),
    (
        "storage",
        "attachments, database, outbox, background:collector, background:relay, background:retention",
    ),
    ("label", "database, outbox, background:relay, background:retention"),
    (
        "command",
        "commands, database, outbox, background:commands, background:relay, background:retention",
    ),
    ("pipeline", "database, spool, background:dispatcher, background:retention"),
    ("geoip", "database"),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_service_says_that_it_is_well() {
    let services = Services::start(env!("CARGO_BIN_EXE_services-under-test"));
    for process in Process::all(&services, &services.client()).await {
        let Process { service, cluster, statistics } = process;
        let checks = statistics["checks"].as_array().expect("checks").iter();
        let found: BTreeSet<_> =
            checks.map(|it| format!("{}: {}", it["name"], it["status"])).collect();
        let own = CHECKS.iter().find(|(name, _)| service == *name);
        let own = own.map_or("", |(_, checks)| checks).split(", ").filter(|it| !it.is_empty());
        let expected = own.chain(["background:standard input"]);
        let expected = expected.map(|name| format!("{name:?}: \"pass\"")).collect();
        assert_eq!(found, expected, "{service} in {cluster}");
    }
}
