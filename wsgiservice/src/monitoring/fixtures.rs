//! Statistics for tests.

use std::time::Duration;

use http::Method;

use crate::http::identity::RequestId;
use crate::statistics::{
    Distribution, MethodLabel, MethodSlice, MethodSnapshot, ProblemSnapshot, Route, SLICE, SLICES,
    SeriesTotals, Slice, Snapshot, Statistics, StatusTotals,
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
            method: MethodLabel::of(&Method::GET),
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
        label: MethodLabel::of(&Method::GET),
        totals: totals(),
    });
    let problem = ProblemSnapshot {
        at: empty.at,
        id: RequestId::Uuid(uuid::Uuid::new_v4()),
        status: 500,
        template: Some("/a-resource-of-some-kind/{id}/parts".to_owned()),
        method: MethodLabel::of(&Method::GET),
        detail: "Internal Server Error",
    };
    Snapshot {
        methods: methods.collect(),
        slices: slices.collect(),
        problems: vec![problem; 20],
        ..empty
    }
}
