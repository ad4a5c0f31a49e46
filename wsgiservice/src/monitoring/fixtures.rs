//! Statistics for tests.

use std::time::Duration;

use wsgiservice_grammar::path::Path;

use crate::http::identity::RequestId;
use crate::statistics::{
    CLIENT_METRICS, Distribution, MethodLabel, MethodSlice, MethodSnapshot, ProblemSnapshot, Route,
    SLICE, SLICES, SeriesTotals, Slice, Snapshot, Statistics, StatusTotals,
    family::{Family, Kind, Sample, Value},
};
use crate::{
    documentation::{Documentation, Method, Resource},
    site::Site,
};

/// A slice in which so many requests ended for each of so many methods, in all kinds of durations and statuses.
pub(super) fn slice(requests: u64, methods: usize) -> Slice {
    let method = |position: usize| {
        let durations = (0..requests).map(|it| {
            let seed = (it + requests) * (position as u64 + 7) * 7_919 % 1_009;
            Duration::from_micros(40 + seed * seed / 3)
        });
        MethodSlice {
            route: Route::at(position),
            method: MethodLabel::of(&http::Method::GET),
            requests,
            redirections: requests / 9,
            client_errors: requests / 7,
            server_errors: requests / 11,
            durations: Distribution::of(durations).pack(),
        }
    };
    Slice {
        in_flight: requests,
        methods: (0..methods).map(method).collect(),
        ..Statistics::default().snapshot().current
    }
}

fn totals() -> SeriesTotals {
    let totals = |_| StatusTotals {
        durations: Distribution::of(vec![Duration::from_millis(1); 10_000]),
        ..StatusTotals::default()
    };
    let statuses = [200, 304, 404, 500].map(|status| (status, totals(status)));
    SeriesTotals { statuses: statuses.into(), ..SeriesTotals::default() }
}

/// Many metrics, with long names, and many calls.
fn own() -> Vec<Family> {
    let sample = |labels: &[(&'static str, &str)], value| Sample {
        labels: labels.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
        value,
    };
    let durations = Distribution::of(vec![Duration::from_millis(12); 10_000]);
    let metric = |position| {
        let samples = ["paid", "declined", "waiting_for_the_bank"]
            .map(|outcome| sample(&[("outcome", outcome)], Value::Durations(durations.clone())));
        let name = format!("orders_of_some_kind_{position}_duration_seconds");
        let help = "How long it takes to do what is to be done with an order.";
        Family::new(&name, help, Kind::Histogram, samples.into())
    };
    let called = |(kind, outcomes): (&str, &[&'static str])| {
        let samples = ["cluster", "label", "storage", "pipeline"].iter().flat_map(|service| {
            ["c1", "c2"].iter().flat_map(move |cluster| {
                outcomes.iter().map(move |outcome| {
                    let labels = [("service", *service), ("cluster", *cluster), ("", *outcome)];
                    sample(&labels, Value::Integer(123_456))
                })
            })
        });
        Family::new(&format!("{CLIENT_METRICS}{kind}"), "", Kind::Counter, samples.collect())
    };
    let metrics = (0..20).map(metric);
    let outcomes = ["success", "client_error", "connect"];
    let all = [
        ("calls", &outcomes[..]),
        ("attempts", &outcomes),
        ("ejections", &["failing"]),
        ("ejected_endpoints", &["failing"]),
    ];
    metrics.chain(all.map(called)).collect()
}

/// The documentation of these methods.
pub(super) fn documentation(snapshot: &Snapshot) -> Documentation {
    let site = Site::new(Default::default(), Default::default(), None, None);
    let resource = |template: &String| Resource {
        name: "APartOfAResource",
        path: Path::parse(template).expect("a path"),
        description: "",
        representations: Vec::new(),
        allow: String::new(),
        methods: Vec::new(),
        options: Method {
            method: "OPTIONS",
            id: String::new(),
            summary: String::new(),
            description: "",
            deprecation: None,
            parameters: Vec::new(),
            denies_unknown: false,
            content: None,
            responses: Vec::new(),
            cache_control: None,
            credentials: Vec::new(),
        },
    };
    let templates = snapshot.methods.iter().filter_map(|method| method.template.as_ref());
    let resources = templates.map(resource).collect();
    Documentation { resources, ..Documentation::new("many", String::new(), &site.resources) }
}

/// What a service with so many methods has counted.
pub(super) fn snapshot(methods: usize) -> Snapshot {
    let empty = Statistics::default().snapshot();
    let slices = (0..SLICES as u32).map(|position| Slice {
        at: empty.at - SLICE * (SLICES as u32 - position),
        length: SLICE,
        ..slice(u64::from(position * position % 41), methods)
    });
    let methods = (0..methods).map(|position| MethodSnapshot {
        route: Route::at(position),
        template: Some(format!("/a-resource-of-some-kind/{{id}}/parts/{position}")),
        label: MethodLabel::of(&http::Method::GET),
        totals: totals(),
    });
    let problem = ProblemSnapshot {
        at: empty.at,
        id: RequestId::Uuid(uuid::Uuid::new_v4()),
        status: 500,
        template: Some("/a-resource-of-some-kind/{id}/parts".to_owned()),
        method: MethodLabel::of(&http::Method::GET),
        detail: "Internal Server Error",
    };
    Snapshot {
        own: own(),
        methods: methods.collect(),
        slices: slices.collect(),
        problems: vec![problem; 20],
        ..empty
    }
}
