//! What a service tells of itself.

use serde_json::Value;
use wsgiservice::testing::Client;

/// Returns what a check finds: its status, and its message.
///
/// # Panics
/// If the service has no such check.
pub async fn health_of(client: &Client, check: &str) -> (String, String) {
    let response = client.get("/_internal/health").send().await;
    let health: Value = serde_json::from_str(response.text()).expect("JSON");
    let found = health["checks"][check].get(0).expect("a check");
    let text = |member: &str| found[member].as_str().unwrap_or_default().to_owned();
    (text("status"), text("output"))
}

/// Asserts that the metrics have these lines.
///
/// # Panics
/// If one is missing.
pub async fn assert_metrics(client: &Client, expected: &[&str]) {
    let response = client.get("/_internal/metrics").send().await;
    let lines: Vec<_> = response.text().lines().collect();
    for line in expected {
        assert!(lines.contains(line), "{line}\n{}", response.text());
    }
}
