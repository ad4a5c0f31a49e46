//! The calls of clients to other services, as a metric.

use std::{collections::BTreeMap, sync::Arc};

use wsgiservice_client::RestClient;

use super::{
    family::{Family, Kind, Sample, Value},
    metric::Registered,
};

/// The name of the metric.
const NAME: &str = "rest_client_calls";

/// What reads how the calls of all these clients ended; `None` without a client.
pub(crate) fn of_clients(clients: Vec<RestClient>) -> Option<Registered> {
    if clients.is_empty() {
        return None;
    }
    let source = Arc::new(move || vec![family(&clients)]);
    Some(Registered { name: NAME.to_owned(), source })
}

fn family(clients: &[RestClient]) -> Family {
    let mut calls = BTreeMap::<_, u64>::new();
    for count in clients.iter().flat_map(RestClient::counts) {
        let cluster = count.cluster.unwrap_or_default();
        *calls.entry([count.service, cluster, count.outcome.to_string()]).or_default() +=
            count.calls;
    }
    let samples = calls.into_iter().map(|(labels, calls)| Sample {
        labels: ["service", "cluster", "outcome"].into_iter().zip(labels).collect(),
        value: Value::Integer(calls),
    });
    let help = "Calls to other services, by service, cluster and outcome.";
    Family::new(NAME, help, Kind::Counter, samples.collect())
}
