//! What is told of the statistics, read at one moment. All that is told is made from it.

use std::{
    sync::PoisonError,
    time::{Duration, Instant, SystemTime},
};

use super::{About, ProcessUsage, Route, SeriesTotals, Slice, Statistics, family::Family};
use crate::http::identity::RequestId;

/// The statistics at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    /// The name of the service.
    pub(crate) service: String,
    /// The version of its package.
    pub(crate) version: &'static str,
    /// When it was read.
    pub(crate) at: SystemTime,
    /// When the counting began.
    pub(crate) began_at: SystemTime,
    pub(crate) uptime: Duration,
    pub(crate) process: ProcessUsage,
    pub(crate) connections: ConnectionsSnapshot,
    /// The requests that were refused because too many were in progress.
    pub(crate) shed: u64,
    /// The methods that had requests, in the order of the resources.
    pub(crate) methods: Vec<MethodSnapshot>,
    /// The metrics of the service.
    pub(crate) own: Vec<Family>,
    /// The last fifteen minutes, the oldest slice first.
    pub(crate) slices: Vec<Slice>,
    /// What happened since the last of them.
    pub(crate) current: Slice,
    /// The last errors of the server, the newest first.
    pub(crate) problems: Vec<ProblemSnapshot>,
}

/// The connections at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConnectionsSnapshot {
    pub(crate) open: u64,
    pub(crate) accepted: u64,
    pub(crate) refused: u64,
}

/// What was counted of a method.
#[derive(Clone, Debug)]
pub(crate) struct MethodSnapshot {
    pub(crate) route: Route,
    /// The template of its resource; `None` for all requests that no resource responds to.
    pub(crate) template: Option<String>,
    pub(crate) label: super::MethodLabel,
    pub(crate) totals: SeriesTotals,
}

/// An error of the server.
#[derive(Clone, Debug)]
pub(crate) struct ProblemSnapshot {
    pub(crate) at: SystemTime,
    /// The ID of its request, under which its cause is logged.
    pub(crate) id: RequestId,
    pub(crate) status: u16,
    /// The template of the resource; `None` if none responded.
    pub(crate) template: Option<String>,
    pub(crate) method: super::MethodLabel,
    pub(crate) detail: &'static str,
}

impl Statistics {
    /// Reads everything.
    pub(crate) fn snapshot(&self) -> Snapshot {
        self.advance();
        let history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        let totals = self.totals();
        let current = history.current(Instant::now(), &totals, self.gauges());
        let slices = history.slices().cloned().collect();
        drop(history);
        let methods = totals.into_iter().map(|((route, label), totals)| MethodSnapshot {
            route,
            template: self.template(route).map(str::to_owned),
            label,
            totals,
        });
        let connections = &self.connections;
        Snapshot {
            service: self.about().map_or_else(String::new, |about| about.service.clone()),
            version: self.about().map_or("", |about| about.version),
            at: SystemTime::now(),
            began_at: self.began_at,
            uptime: self.began.elapsed(),
            process: ProcessUsage::now(),
            connections: ConnectionsSnapshot {
                open: connections.open(),
                accepted: connections.accepted(),
                refused: connections.refused(),
            },
            shed: connections.shed(),
            methods: methods.collect(),
            own: self.about().map_or_else(Vec::new, About::read_metrics),
            slices,
            current,
            problems: self.recent_problems(),
        }
    }

    fn recent_problems(&self) -> Vec<ProblemSnapshot> {
        let problems = self.problems.read().into_iter().map(|problem| ProblemSnapshot {
            at: problem.at,
            id: problem.id.clone(),
            status: problem.status,
            template: self.template(problem.route).map(str::to_owned),
            method: problem.method,
            detail: problem.detail,
        });
        problems.collect()
    }
}

impl About {
    fn read_metrics(&self) -> Vec<Family> {
        self.metrics.iter().flat_map(|metric| (metric.source)()).collect()
    }
}

impl Snapshot {
    /// The requests in flight.
    pub(crate) fn in_flight(&self) -> u64 {
        self.methods.iter().map(|method| method.totals.in_flight()).sum()
    }

    /// The requests that have ended.
    pub(crate) fn requests(&self) -> u64 {
        self.methods.iter().map(|method| method.totals.requests()).sum()
    }
}
