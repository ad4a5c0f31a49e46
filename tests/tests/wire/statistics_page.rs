//! `/_internal/stats` as a page: for people, complete without its script.

use std::collections::BTreeMap;

use serde_json::Value;
use wsgiservice::{
    Application, Problem,
    health::Health,
    http::StatusCode,
    mount, resource,
    statistics::{Counter, Gauge, Histogram, Label},
    testing::Client,
};

use super::{access_log::Failing, statistics::statistics};

/// What Firefox and Chrome send.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";

/// The heading of the table of methods.
const METHODS: &str = r#"<h2 id="methods">Methods</h2>"#;

/// An order, whose path has characters that HTML has, too.
#[mount("/a&b/{id}")]
struct Order;

#[resource]
impl Order {
    fn get(&self, id: u32) -> Result<u32, Problem> {
        match id {
            0 => Ok(0),
            1 => Err(Problem::not_found()),
            2 => Err(Problem::internal(std::io::Error::other("the password is <secret>"))),
            3 => Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE)),
            _ => panic!("the password is <secret>"),
        }
    }

    fn put(&self, id: u32) -> u32 {
        id
    }
}

fn application() -> Application {
    Application::new("<orders>")
        .mount(Order)
        .check("<disk>", async || Health::Warn("7 < 8 & \"more\"".to_owned()))
        .check("mail", async || Ok::<_, std::io::Error>(()))
}

async fn load(client: &Client) {
    for (method, target, number) in [
        ("GET", "/a&b/0", 40),
        ("GET", "/a&b/1", 30),
        ("GET", "/a&b/2", 20),
        ("GET", "/a&b/9", 1),
        ("PUT", "/a&b/7", 9),
        ("HEAD", "/a&b/0", 3),
        ("OPTIONS", "/a&b/0", 2),
        ("GET", "/none", 1234),
    ] {
        for _ in 0..number {
            client.request(method, target).send().await;
        }
    }
}

async fn page(client: &Client) -> String {
    client.get("/_internal/stats").header("accept", BROWSER).send().await.text().to_owned()
}

/// The texts of the cells of each row of a table, which is the first one after this text.
fn rows(page: &str, after: &str) -> Vec<Vec<String>> {
    let (_, rest) = page.split_once(after).expect("a heading");
    let (_, rest) = rest.split_once("<tbody>").expect("a table");
    let (rows, _) = rest.split_once("</tbody>").expect("an end");
    let document = format!("<tbody>{rows}</tbody>");
    let document = roxmltree::Document::parse(&document).expect("well-formed rows");
    let text = |cell: roxmltree::Node<'_, '_>| {
        let texts = cell.descendants().filter(|node| node.is_text());
        texts.filter_map(|node| node.text()).collect::<String>()
    };
    let rows = document.root_element().children();
    rows.map(|row| row.children().map(text).collect()).collect()
}

#[tokio::test]
async fn each_method_has_a_row_with_its_numbers() {
    let client = Client::new(application());
    load(&client).await;
    let page = page(&client).await;
    let rows: BTreeMap<_, _> = rows(&page, METHODS)
        .into_iter()
        .map(|row| (row[0].clone(), [row[6].clone(), row[7].clone()]))
        .collect();
    for (method, requests, statuses) in [
        ("GET /a&b/{id}", "91", "200: 40, 404: 30, 500: 21 (panics: 1)"),
        ("PUT /a&b/{id}", "9", "200: 9"),
        ("HEAD /a&b/{id}", "3", "200: 3"),
        ("OPTIONS /a&b/{id}", "2", "204: 2"),
        ("GET unmatched", "1,234", "404: 1,234"),
        ("GET /_internal/stats", "0", " (in flight: 1)"),
    ] {
        assert_eq!(rows.get(method), Some(&[requests.to_owned(), statuses.to_owned()]), "{rows:?}");
    }
    assert_eq!(rows.len(), 6, "{rows:?}");
    // All of it agrees with the other representations.
    let text = client.get("/_internal/stats.txt").send().await.text().to_owned();
    let line = text.lines().find(|line| line.starts_with("GET /a&b/{id} ")).expect("a line");
    let numbers: Vec<_> = line.split_whitespace().rev().take(3).collect();
    assert_eq!(numbers, ["21", "30", "91"], "{text}");
}

#[tokio::test]
async fn durations_are_those_of_the_last_fifteen_minutes() {
    let client = Client::new(application());
    load(&client).await;
    let page = page(&client).await;
    for row in rows(&page, METHODS).iter().filter(|row| row[6] != "0") {
        assert!(row[3..6].iter().all(|it| it.ends_with("µs") || it.ends_with(" ms")), "{row:?}");
        assert_ne!(row[1], "0", "{row:?}");
    }
    assert!(page.contains("21 of 1,339 requests got a 5xx"), "{page}");
    assert!(page.contains(r#"<p class="big">1.57 %</p>"#), "{page}");
}

#[tokio::test]
async fn the_methods_are_sorted_as_the_target_says() {
    let client = Client::new(application());
    load(&client).await;
    for (sort, first, second) in [
        ("requests", "GET unmatched", "GET /a&b/{id}"),
        ("errors", "GET /a&b/{id}", "GET unmatched"),
        ("method", "GET /_internal/stats", "GET /a&b/{id}"),
    ] {
        let request = client.get(&format!("/_internal/stats.html?sort={sort}"));
        let page = request.send().await.text().to_owned();
        let rows = rows(&page, METHODS);
        assert_eq!([&*rows[0][0], &*rows[1][0]], [first, second], "{sort}");
        assert_eq!(page.matches("aria-sort=").count(), 1, "{sort}");
        let json = client.get(&format!("/_internal/stats.json?sort={sort}")).send().await;
        let told = &json.json::<Value>()["methods"][0];
        let name = format!("{} {}", told["method"], told["route"]).replace('"', "");
        assert_eq!(name, first, "{sort}");
    }
    for sort in ["rate", "p50", "p99", "max"] {
        let text = client.get(&format!("/_internal/stats.html?sort={sort}")).send().await;
        let (_, head) = text.text().split_once(r#"aria-sort="descending""#).expect("a column");
        assert!(head.starts_with(r#"><a href="stats#methods""#), "{sort}: {head}");
        assert!(!head.contains(&format!("sort={sort}")), "{sort}");
    }
    // Without it, they are in the order of the resources, and each column has a link but the one of the trend.
    let page = page(&client).await;
    assert_eq!(rows(&page, METHODS)[0][0], "GET /a&b/{id}");
    assert_eq!((page.matches("aria-sort").count(), page.matches("stats?sort=").count()), (0, 7));
    for wrong in ["p98", "p99&sort=p50", "%22%3E"] {
        let target = format!("/_internal/stats.html?sort={wrong}");
        assert_eq!(client.get(&target).send().await.status(), 400, "{wrong}");
    }
}

#[derive(Clone, Copy, Label)]
enum Outcome {
    Paid,
    Declined,
}

#[tokio::test]
async fn the_metrics_of_the_service_are_in_a_table_and_in_the_text() {
    let orders = Counter::<Outcome>::new("orders", "Orders by <outcome>.");
    let age: Gauge = Gauge::new("oldest_job_age_seconds", "How old the oldest job is.");
    let prints: Histogram = Histogram::new("print_duration_seconds", "How long prints take.");
    orders.add(Outcome::Paid, 1234);
    orders.add(Outcome::Declined, 0);
    age.set((), 90.0);
    for millis in [10, 10, 10, 250] {
        prints.record((), std::time::Duration::from_millis(millis));
    }
    let application = application().metric(&orders).metric(&age).metric(&prints);
    let client = Client::new(application);
    let page = page(&client).await;
    let (_, table) = page.split_once("<h2>Metrics of the service</h2>").expect("a heading");
    let (table, _) = table.split_once("</table>").expect("an end");
    let rows = |number: usize| {
        let text = table.match_indices("<tbody>").nth(number).map(|(at, _)| &table[at..]);
        rows(&format!("#{}", text.expect("a body")), "#")
    };
    assert_eq!(
        rows(0),
        [&["orders Orders by <outcome>.", "paid", "1,234"][..], &["declined", "0"][..]]
    );
    assert_eq!(rows(1), [["oldest_job_age_seconds How old the oldest job is.", "", "1.5 min"]]);
    assert_eq!(
        rows(2),
        [[
            "print_duration_seconds How long prints take.",
            "",
            "4 · p50 10 ms · p99 252 ms · max 252 ms"
        ]]
    );
    let text = client.get("/_internal/stats.txt").send().await.text().to_owned();
    for line in [
        "orders                  paid: 1,234",
        "                        declined: 0",
        "print_duration_seconds  4, p50 10 ms, p99 252 ms, max 252 ms",
    ] {
        assert!(text.lines().any(|told| told == line), "{line}\n{text}");
    }
    let metrics = &statistics(&client).await["metrics"];
    assert_eq!(
        (&metrics[3]["count"], &metrics[3]["seconds"]["p50"]),
        (&4.into(), &0.010092544.into())
    );
}

#[tokio::test]
async fn the_text_tells_what_the_page_does() {
    let client = Client::new(application());
    load(&client).await;
    let text = client.get("/_internal/stats.txt").send().await.text().to_owned();
    for expected in [
        ": warn, up ",
        " in flight, 1,339 since the start",
        "1.57 %: 21 of 1,339 in 15 minutes",
        "\nCHECKS\nwarn  <disk>  ",
        "7 < 8 & \"more\"\n",
        "pass  mail ",
        "  500  GET /a&b/{id}  The method panicked.\n          ID ",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    for absent in ["METRICS", "CALLS", "secret"] {
        assert!(!text.contains(absent), "{absent}\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[tokio::test]
async fn names_and_messages_are_escaped() {
    let client = Client::new(application());
    load(&client).await;
    let page = page(&client).await;
    for expected in [
        "<title>&lt;orders&gt; statistics</title>",
        "<dt>&lt;disk&gt;</dt>",
        "7 &lt; 8 &amp; &quot;more&quot;",
        r#"<span class="path">/a&amp;b/{id}</span>"#,
        r#"<a href="help#getOrder"><span class="verb get">GET</span> "#,
    ] {
        assert!(page.contains(expected), "{expected}\n{page}");
    }
    for raw in ["<orders>", "<disk>", "7 < 8", "a&b"] {
        assert!(!page.contains(raw), "{raw}\n{page}");
    }
}

#[tokio::test]
async fn the_last_errors_of_the_server_are_told_with_their_ids() {
    let client = Client::new(application());
    assert!(page(&client).await.contains("No errors of the server since the start."));
    let mut ids = Vec::new();
    // Neither an error of the client nor an overload is one of the server.
    for target in ["/a&b/2", "/a&b/1", "/a&b/9", "/none", "/a&b/x", "/a&b/3"] {
        let problem = client.get(target).send().await.json::<Value>();
        let instance = problem["instance"].as_str().expect("an instance").to_owned();
        ids.extend(instance.strip_prefix("urn:uuid:").map(ToOwned::to_owned));
    }
    let page = page(&client).await;
    let rows = rows(&page, "<h2>Last problems</h2>");
    let [panicked, failed] = &*rows else { panic!("{rows:?}") };
    assert_eq!(panicked[1..], ["500", "GET /a&b/{id}", "The method panicked.", &*ids[1]]);
    assert_eq!(failed[1..], ["500", "GET /a&b/{id}", "Internal Server Error", &*ids[0]]);
    let statistics = statistics(&client).await;
    let told = &statistics["problems"][1];
    assert_eq!((&told["id"], &told["route"]), (&ids[0].clone().into(), &"/a&b/{id}".into()));
    assert_eq!(statistics["checks"][0]["status"], "warn");
    // What caused them is only logged.
    assert!(!page.contains("secret") && !statistics.to_string().contains("secret"));
    for _ in 0..50 {
        client.get("/a&b/2").send().await;
    }
    assert_eq!(self::statistics(&client).await["problems"].as_array().map(Vec::len), Some(20));
}

#[tokio::test]
async fn an_error_of_a_layer_belongs_to_the_resource() {
    let nested = Application::new("nested").mount(Order).layer(tower_layer::layer_fn(|_| Failing));
    let client = Client::new(Application::new("all").nest("/a", nested));
    client.put("/a/a&b/1").send().await;
    let problem = &statistics(&client).await["problems"][0];
    assert_eq!((&problem["route"], &problem["method"]), (&"/a/a&b/{id}".into(), &"PUT".into()));
}

#[tokio::test]
async fn a_browser_gets_the_page_and_a_program_gets_data() {
    let client = Client::new(application());
    let of = |target: &'static str, accept: Option<&'static str>| {
        let request = client.get(target);
        let request = accept.into_iter().fold(request, |it, value| it.header("accept", value));
        async move {
            let response = request.send().await;
            response.field("content-type").map(ToOwned::to_owned).expect("a content type")
        }
    };
    for (target, accept, expected) in [
        ("/_internal/stats", Some(BROWSER), "text/html; charset=utf-8"),
        ("/_internal/stats.html", None, "text/html; charset=utf-8"),
        ("/_internal/stats", None, "application/json"),
        ("/_internal/stats", Some("*/*"), "application/json"),
        ("/_internal/stats", Some("application/json"), "application/json"),
        ("/_internal/stats.json", Some(BROWSER), "application/json"),
    ] {
        assert_eq!(of(target, accept).await, expected, "{target} {accept:?}");
    }
}

#[tokio::test]
async fn the_page_loads_only_from_the_service_and_its_script_is_not_needed() {
    let client = Client::new(application().base("/api"));
    load(&client).await;
    let response = client.get("/_internal/stats").header("accept", BROWSER).send().await;
    let policy = response.field("content-security-policy").expect("a policy").to_owned();
    let help = client.get("/_internal/help").header("accept", BROWSER).send().await;
    assert_eq!(Some(&*policy), help.field("content-security-policy"));
    assert!(help.text().contains(r#"<a href="stats">Statistics</a>"#), "{}", help.text());
    let page = response.text();
    for wrong in ["style=\"", "onclick", "<style", "http://", "https://"] {
        assert!(!page.contains(wrong), "{wrong}");
    }
    assert_eq!(page.matches("<script").count(), 1);
    assert!(page.contains(r#"<button id="pause" type="button" hidden>"#), "{page}");
    for file in ["help/style.css?", "stats/style.css?", "stats/script.js?"] {
        let (_, rest) = page.split_once(&format!("\"{file}")).expect(file);
        let (fingerprint, _) = rest.split_once('"').expect("an end");
        let target = format!("/_internal/{file}{fingerprint}");
        let loaded = client.get(&target).send().await;
        assert_eq!((loaded.status(), loaded.field("etag").is_some()), (StatusCode::OK, true));
    }
}

#[tokio::test]
async fn only_trusted_clients_see_the_page() {
    let client = Client::new(application().trusted([]));
    for target in ["stats.html", "stats/style.css", "stats/script.js"] {
        let response = client.get(&format!("/_internal/{target}")).send().await;
        assert_eq!(response.status(), 404, "{target}");
    }
}
