//! `/_internal/health`, `/_internal/live`, `/_internal/ready`.
//!
//! A load balancer is not on this host, so all clients may know the status. Only trusted ones are told the details.

use std::{sync::Arc, time::SystemTime};

use http::StatusCode;
use indexmap::IndexMap;
use serde::Serialize;
use wsgiservice_macros::{mount, resource};

use super::Monitor;
use crate::{
    answer::WithStatus,
    health::{CheckResult, Health},
    http::{date, incoming::Request},
    site::Mounting,
};

pub(super) fn resources(monitor: &Arc<Monitor>) -> [Mounting; 3] {
    [
        Mounting::new(HealthReport { monitor: Arc::clone(monitor) }),
        Mounting::new(Live),
        Mounting::new(Ready { monitor: Arc::clone(monitor) }),
    ]
}

/// The health of this service.
#[mount("/_internal/health", representations = [health, json, xml], xml_root = "health", crate = crate)]
struct HealthReport {
    monitor: Arc<Monitor>,
}

#[resource(crate = crate)]
impl HealthReport {
    /// Return what the checks find.
    async fn get(&self, request: &Request) -> WithStatus<Document> {
        let results = self.monitor.checks.results().await;
        let document = Document::new(&CheckResult::worst(&results), &results);
        document.respond(self.monitor.trust.has_client(request))
    }

    #[representation(".health", "application/health+json")]
    fn health(&self, document: &Document) -> String {
        document.health_json()
    }
}

/// Whether the process responds.
#[mount("/_internal/live", representations = [health, json, xml], xml_root = "health", crate = crate)]
struct Live;

#[resource(crate = crate)]
impl Live {
    fn get(&self) -> Document {
        Document::new(&Health::Pass, &[])
    }

    #[representation(".health", "application/health+json")]
    fn health(&self, document: &Document) -> String {
        document.health_json()
    }
}

/// Whether the service takes requests.
#[mount("/_internal/ready", representations = [health, json, xml], xml_root = "health", crate = crate)]
struct Ready {
    monitor: Arc<Monitor>,
}

#[resource(crate = crate)]
impl Ready {
    /// Return whether the service takes requests: not while it stops, nor if a check fails.
    async fn get(&self, request: &Request) -> WithStatus<Document> {
        let Monitor { checks, trust, stopping, .. } = &*self.monitor;
        let results = checks.results().await;
        let health = match stopping.is_cancelled() {
            true => Health::Fail("the server stops".to_owned()),
            false => CheckResult::worst(&results),
        };
        Document::new(&health, &results).respond(trust.has_client(request))
    }

    #[representation(".health", "application/health+json")]
    fn health(&self, document: &Document) -> String {
        document.health_json()
    }
}

/// What is told of the health. In JSON and XML, the checks are a list, since a member with the name of a check may not be an
/// element of XML.
#[derive(Debug, Serialize)]
struct Document {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checks: Vec<CheckDocument>,
}

#[derive(Debug, Serialize)]
struct CheckDocument {
    name: String,
    #[serde(flatten)]
    found: Found,
}

#[derive(Debug, Serialize)]
struct Found {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    time: String,
    seconds: f64,
}

/// `application/health+json`, where each check has a member, a list (draft-inadarei-api-health-check-06, section 4).
#[derive(Debug, Serialize)]
struct HealthJson<'a> {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<&'a str>,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    checks: IndexMap<&'a str, [&'a Found; 1]>,
}

impl Document {
    fn new(health: &Health, results: &[CheckResult]) -> Self {
        let checks = results.iter().map(|result| CheckDocument {
            name: result.name.clone(),
            found: Found {
                status: result.health.word(),
                output: result.health.message().map(str::to_owned),
                time: timestamp(result.at),
                seconds: result.took.as_secs_f64(),
            },
        });
        Self {
            status: health.word(),
            output: health.message().map(str::to_owned),
            checks: checks.collect(),
        }
    }

    fn health_json(&self) -> String {
        let checks = self.checks.iter().map(|it| (&*it.name, [&it.found])).collect();
        let document = HealthJson { status: self.status, output: self.output.as_deref(), checks };
        serde_json::to_string(&document).unwrap_or_default()
    }

    /// The response, with details for a client that is trusted.
    fn respond(self, is_trusted: bool) -> WithStatus<Self> {
        let status = match self.status {
            "fail" => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::OK,
        };
        let value = match is_trusted {
            true => self,
            false => Self { output: None, checks: Vec::new(), ..self },
        };
        WithStatus { status, value }
    }
}

/// A moment in ISO 8601, as the format has it: `1994-11-06T08:49:37Z`.
fn timestamp(at: SystemTime) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let date = date::value(at);
    let words: Vec<_> = date.to_str().unwrap_or_default().split(' ').collect();
    let [_, day, month, year, time, _] = &*words else { return String::new() };
    let month = MONTHS.iter().position(|it| it == month).unwrap_or_default() + 1;
    format!("{year}-{month:02}-{day}T{time}Z")
}

#[cfg(test)]
mod timestamp_tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::timestamp;

    #[test]
    fn a_moment_is_in_iso_8601() {
        let at = |seconds| timestamp(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!([at(784_111_777), at(0)], ["1994-11-06T08:49:37Z", "1970-01-01T00:00:00Z"]);
    }
}

#[cfg(all(test, feature = "server"))]
mod tests {
    use tower_service::Service as _;

    use crate::application::{Application, Service};

    #[wsgiservice_macros::mount("/ping", crate = crate)]
    struct Ping;

    #[wsgiservice_macros::resource(crate = crate)]
    impl Ping {
        fn get(&self) -> bool {
            true
        }
    }

    async fn status(service: &mut Service, target: &str) -> u16 {
        let request = http::Request::get(target).body(String::new()).expect("a request");
        let Ok(response) = service.call(request).await;
        response.status().as_u16()
    }

    #[tokio::test]
    async fn a_service_that_stops_is_not_ready() {
        let mut service = Application::new("ping").mount(Ping).build().expect("a service");
        assert_eq!(status(&mut service, "/_internal/ready").await, 200);
        service.end_streams();
        for (target, expected) in [("ready", 503), ("live", 200), ("health", 200)] {
            let target = format!("/_internal/{target}");
            assert_eq!(status(&mut service, &target).await, expected, "{target}");
        }
    }
}
