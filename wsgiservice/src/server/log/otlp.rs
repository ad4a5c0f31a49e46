//! Sends the spans of requests and calls to a collector (OTLP over HTTP).

use std::{
    str::FromStr,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

use http::Uri;
use opentelemetry::{KeyValue, trace::TracerProvider};
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{self, SdkTracerProvider, SpanData},
};
use tracing::Subscriber;
use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, Targets},
    registry::LookupSpan,
};

use crate::{error::Error, http::loggable::LoggableCause};

/// The path below the address of a collector (OTLP 1.5, "OTLP/HTTP Request").
const PATH: &str = "/v1/traces";

/// A collector that spans are sent to, for example `http://127.0.0.1:4318`.
///
/// ```
/// use wsgiservice::server::{Collector, Settings};
///
/// let mut settings = Settings::default();
/// settings.otlp = Some("http://127.0.0.1:4318".parse()?);
/// assert!("127.0.0.1:4318".parse::<Collector>().is_err());
/// # Ok::<_, wsgiservice::server::InvalidCollector>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct Collector(String);

impl FromStr for Collector {
    type Err = InvalidCollector;

    fn from_str(text: &str) -> Result<Self, InvalidCollector> {
        let address: Uri = text.parse().map_err(|_| InvalidCollector)?;
        let authority = address.authority().ok_or(InvalidCollector)?;
        // The settings of a service are printed, so that they have no secrets except those that are marked.
        let is_valid = address.scheme_str() == Some("http")
            && !text.contains(['?', '#', '@'])
            && !address.path().trim_end_matches('/').ends_with(PATH)
            && (authority.port().is_some() || authority.as_str() == authority.host());
        is_valid.then(|| Self(text.trim_end_matches('/').to_owned())).ok_or(InvalidCollector)
    }
}

impl TryFrom<String> for Collector {
    type Error = InvalidCollector;

    fn try_from(text: String) -> Result<Self, InvalidCollector> {
        text.parse()
    }
}

/// How long a service that stops waits until the collector has its last spans.
const LAST_SPANS: Duration = Duration::from_secs(2);

/// The error for text that is not a [`Collector`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected the address of a collector without {PATH}, for example http://127.0.0.1:4318")]
#[non_exhaustive]
pub struct InvalidCollector;

/// The spans of a process on their way to a collector. Those that wait are sent when it is dropped.
#[derive(Debug)]
pub(crate) struct Spans(SdkTracerProvider);

impl Spans {
    /// Begins to send spans to this collector, in a thread of its own.
    ///
    /// # Errors
    /// If the thread or its client cannot be started.
    pub(super) fn send_to(collector: &Collector, service: &str) -> Result<Self, Error> {
        let exporter = SpanExporter::builder().with_http();
        let exporter = exporter.with_endpoint(format!("{}{PATH}", collector.0)).build();
        let service = KeyValue::new("service.name", service.to_owned());
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(Reported::new(exporter.map_err(Error::new)?))
            .with_resource(Resource::builder().with_attribute(service).build());
        Ok(Self(provider.build()))
    }

    /// Records the spans of requests, of calls, and those of the service's own.
    pub(super) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        let tracer = self.0.tracer("wsgiservice");
        let recorded = Targets::new()
            .with_default(LevelFilter::INFO)
            .with_target("wsgiservice::access", LevelFilter::OFF)
            .with_target("wsgiservice_client", LevelFilter::DEBUG)
            .with_target("opentelemetry", LevelFilter::OFF)
            .with_target("reqwest", LevelFilter::OFF);
        let layer = tracing_opentelemetry::layer().with_tracer(tracer);
        // A span has what a request has, and not where it is in the code.
        let layer = layer.with_location(false).with_threads(false).with_tracked_inactivity(false);
        layer.with_filter(recorded)
    }
}

/// Says in the log when a collector begins to fail, and not again until it has taken spans.
#[derive(Debug)]
struct Reported<E> {
    exporter: E,
    fails: AtomicBool,
}

impl<E> Reported<E> {
    fn new(exporter: E) -> Self {
        Self { exporter, fails: AtomicBool::new(false) }
    }
}

impl<E: trace::SpanExporter> trace::SpanExporter for Reported<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let exported = self.exporter.export(batch).await;
        if let (Err(error), false) = (&exported, self.fails.swap(exported.is_err(), Relaxed)) {
            tracing::warn!(error = %LoggableCause(error), "spans are lost: the collector does not take them");
        }
        exported
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

impl Drop for Spans {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown_with_timeout(LAST_SPANS) {
            tracing::warn!(%error, "the last spans cannot be sent");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_has_the_address_of_a_server() {
        for text in ["http://127.0.0.1:4318", "http://collector/", "http://[::1]:4318/tenant"] {
            assert!(text.parse::<Collector>().is_ok(), "{text}");
        }
        let with_path = "http://127.0.0.1:4318/v1/traces/";
        for text in [
            "",
            "collector",
            "127.0.0.1:4318",
            "https://a",
            "http://",
            "http://a?b",
            "/",
            with_path,
        ]
        .into_iter()
        .chain([
            "http://a#b",
            "http://a:99999",
            "http://a:",
            "http://user:pass@a",
            "http://a\n",
        ]) {
            assert_eq!(text.parse::<Collector>(), Err(InvalidCollector), "{text}");
        }
    }
}
