//! The calls of clients to other services, as metrics.

use std::{fmt::Display, sync::Arc};

use indexmap::IndexMap;
use wsgiservice_client::{Count, Counts, RestClient};

use super::{
    CLIENT_METRICS,
    family::{Family, Kind, Sample, Value},
    metric::Registered,
};

/// What reads the counts of all these clients; `None` without a client.
pub(crate) fn of_clients(clients: Vec<RestClient>) -> Option<Registered> {
    if clients.is_empty() {
        return None;
    }
    let source = Arc::new(move || families(clients.iter().map(RestClient::counts).collect()));
    Some(Registered { name: CLIENT_METRICS.to_owned(), source })
}

fn families(counts: Vec<Counts>) -> Vec<Family> {
    let mut all = Counts::default();
    for counts in counts {
        all.calls.extend(counts.calls);
        all.attempts.extend(counts.attempts);
        all.ejections.extend(counts.ejections);
        all.ejected_endpoints.extend(counts.ejected_endpoints);
        all.cache.extend(counts.cache);
    }
    vec![
        family(
            "calls",
            "Calls to other services, by service, cluster and outcome.",
            Kind::Counter,
            &["service", "cluster", "outcome"],
            all.calls,
        ),
        family(
            "attempts",
            "Attempts of these calls, which are sent again if that helps.",
            Kind::Counter,
            &["service", "cluster", "outcome"],
            all.attempts,
        ),
        family(
            "ejections",
            "How often an endpoint was taken out of service.",
            Kind::Counter,
            &["service", "cluster", "reason"],
            all.ejections,
        ),
        family(
            "ejected_endpoints",
            "Endpoints that are out of service now.",
            Kind::Gauge,
            &["service", "cluster", "reason"],
            all.ejected_endpoints,
        ),
        family(
            "cache_lookups",
            "Calls that the cache can serve, by what it did.",
            Kind::Counter,
            &["service", "outcome"],
            all.cache,
        ),
    ]
}

/// A metric with these labels, the last of which is what happened.
fn family(
    name: &str,
    help: &str,
    kind: Kind,
    labels: &[&'static str],
    counts: Vec<Count<impl Display>>,
) -> Family {
    let mut sums = IndexMap::<_, u64>::new();
    for Count { service, cluster, what, count, .. } in counts {
        let values = [("service", service), ("cluster", cluster.unwrap_or_default())];
        let values = values.into_iter().filter(|(name, _)| labels.contains(name));
        let last = labels.last().map(|name| (*name, what.to_string()));
        *sums.entry(values.chain(last).collect::<Vec<_>>()).or_default() += count;
    }
    let samples = sums
        .into_iter()
        .map(|(labels, count)| Sample { labels, value: Value::Integer(count) })
        .collect();
    Family::new(&format!("{CLIENT_METRICS}{name}"), help, kind, samples)
}
