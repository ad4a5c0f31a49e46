//! The calls of a client to other services, as a metric.

use wsgiservice_client::RestClient;

use super::{
    family::{Family, Kind, Sample, Value},
    metric::Registered,
};

/// The name of the metric.
const NAME: &str = "rest_client_calls";

/// What reads how the calls of a client ended.
pub(crate) fn of_client(client: &RestClient) -> Registered {
    let client = client.clone();
    let source = move || {
        let samples = client.counts().into_iter().map(|count| Sample {
            labels: vec![
                ("service", count.service),
                ("cluster", count.cluster.unwrap_or_default()),
                ("outcome", count.outcome.to_string()),
            ],
            value: Value::Integer(count.calls),
        });
        let help = "Calls to other services, by service, cluster and outcome.";
        vec![Family::new(NAME, help, Kind::Counter, samples.collect())]
    };
    Registered { name: NAME.to_owned(), source: std::sync::Arc::new(source) }
}
