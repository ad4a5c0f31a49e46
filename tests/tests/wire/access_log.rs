//! The line in the log for each request.

use serde_json::Value;
use tracing::Level;
use wsgiservice::{Application, NoContent, Problem, mount, resource, testing::Client};

use super::log::Log;

#[mount("/notes/{id}")]
struct Note;

#[resource]
impl Note {
    fn get(&self, id: u32) -> Result<u32, Problem> {
        match id {
            0 => Err(Problem::internal(std::io::Error::other("no disk"))),
            id => Ok(id),
        }
    }

    fn put(&self, id: u32) -> NoContent {
        let _ = id;
        NoContent
    }
}

/// The lines that requests leave in the log at this level.
async fn lines(level: Level, requests: &[(&str, &str)]) -> Vec<String> {
    let (log, _guard) = Log::at(level);
    let client = Client::new(Application::new("notes").mount(Note));
    for (method, target) in requests {
        client.request(method, target).send().await;
    }
    log.text().lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn each_request_is_logged_with_the_template_of_its_path() {
    let lines = lines(Level::INFO, &[("GET", "/notes/7"), ("PUT", "/notes/8?a=secret")]).await;
    let expected = [
        r"method=GET template=/notes/{id} status=200",
        "method=PUT template=/notes/{id} status=204",
    ];
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.contains("INFO wsgiservice::access: "), "{line}");
        assert!(
            line.contains(expected) && line.contains(" ms=") && line.contains(" id="),
            "{line}"
        );
        assert!(!line.contains("secret") && !line.contains("/7"), "{line}");
    }
    assert_eq!(lines.len(), 2);
}

#[tokio::test]
async fn a_request_without_a_resource_is_logged_with_its_path() {
    let long = format!("/{}", "a".repeat(5_000));
    let lines = lines(Level::INFO, &[("GET", "/none"), ("BREW", &long)]).await;
    assert!(lines[0].contains("method=GET path=/none status=404"), "{}", lines[0]);
    assert!(lines[1].contains("status=404") && lines[1].len() < 500, "{}", lines[1]);
}

#[tokio::test]
async fn the_lines_of_a_failed_request_have_the_id_of_its_problem() {
    let (log, _guard) = Log::at(Level::INFO);
    let client = Client::new(Application::new("notes").mount(Note));
    let problem = client.get("/notes/0").send().await.json::<Value>();
    let id =
        problem["instance"].as_str().and_then(|it| it.strip_prefix("urn:uuid:")).expect("an ID");
    assert_eq!(log.text().matches(&format!("id={id}")).count(), 2, "{}", log.text());
}

#[tokio::test]
async fn warnings_alone_are_logged_if_that_is_the_level() {
    assert_eq!(lines(Level::WARN, &[("GET", "/notes/7"), ("GET", "/none")]).await, [""; 0]);
}
