//! A topology with its endpoints: what calls are made with.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use http::HeaderValue;

use crate::{
    endpoint::Endpoint,
    error::{Error, ErrorKind, Result},
    topology::{Address, Endpoints, ServiceEntry, Topology},
};

mod choice;
mod counters;
mod counts;
mod durations;
mod etcd;
mod group;
mod names;

pub(crate) use choice::{Choice, Wish, choose};
use counters::{Counters, Variants};
pub(crate) use counts::{CacheCounters, OutcomeCounters};
pub use counts::{CacheOutcome, CallOutcome, Count, Counts, EjectionReason};
pub(crate) use group::Group;
pub(crate) use names::Resolver;

#[cfg(feature = "rustls")]
use crate::endpoint::Tls;

/// The name of the cluster of an endpoint that is for all clusters.
const GLOBAL: &str = "global";

/// The services of a topology, with their endpoints.
#[derive(Debug)]
pub(crate) struct Directory {
    pub(crate) topology: Topology,
    services: HashMap<String, Arc<Service>>,
}

/// A service, in each of its clusters.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) name: Arc<str>,
    pub(crate) entry: ServiceEntry,
    /// The value of `Host`.
    pub(crate) host: HeaderValue,
    /// The one group for all clusters.
    global: Option<Arc<Group>>,
    groups: BTreeMap<Arc<str>, Arc<Group>>,
    /// The groups by distance, which the measurements change.
    by_distance: RwLock<Arc<[Arc<Group>]>>,
    /// The calls that went to no cluster.
    pub(crate) counters: Arc<OutcomeCounters>,
    /// What the cache did with calls.
    pub(crate) cache: Arc<CacheCounters>,
}

/// What new endpoints are made with.
#[derive(Clone)]
pub(crate) struct Parts {
    #[cfg(feature = "rustls")]
    pub(crate) tls: Tls,
    pub(crate) resolver: Resolver,
    /// What is behind `unix:` in tests.
    #[cfg(test)]
    pub(crate) dials: HashMap<std::path::PathBuf, Arc<crate::endpoint::TestDial>>,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Parts")
    }
}

impl Directory {
    /// The directory of a topology, which keeps the endpoints of the directory before it.
    pub(crate) fn new(topology: Topology, parts: &Parts, old: Option<&Self>) -> Self {
        let mut services = HashMap::new();
        for (name, entry) in &topology.services {
            let old = old.and_then(|old| old.services.get(name));
            services.insert(name.clone(), Arc::new(Service::new(name, entry, parts, old)));
        }
        let directory = Self { topology, services };
        directory.sort();
        directory
    }

    /// Adds a service of this process.
    pub(crate) fn insert_local(
        &mut self,
        name: &str,
        entry: ServiceEntry,
        endpoint: Arc<Endpoint>,
    ) {
        let group = Arc::new(Group::of(GLOBAL.into(), endpoint));
        let service = Service {
            name: name.into(),
            host: host(name, &entry),
            entry,
            global: Some(Arc::clone(&group)),
            groups: BTreeMap::new(),
            by_distance: RwLock::new(Arc::new([group])),
            counters: Arc::default(),
            cache: Arc::default(),
        };
        self.services.insert(name.to_owned(), Arc::new(service));
    }

    /// Keeps a service of this process.
    pub(crate) fn keep_local(&mut self, old: &Self) {
        for (name, service) in &old.services {
            if !old.topology.services.contains_key(name) {
                self.services.insert(name.clone(), Arc::clone(service));
                self.topology.services.remove(name);
            }
        }
    }

    pub(crate) fn service(&self, name: &str) -> Result<Arc<Service>> {
        let unknown = || Error::new(ErrorKind::UnknownService, format!("unknown service `{name}`"));
        self.services.get(name).map(Arc::clone).ok_or_else(unknown)
    }

    pub(crate) fn services(&self) -> impl Iterator<Item = &Arc<Service>> {
        self.services.values()
    }

    /// What was counted, by service and cluster.
    pub(crate) fn counts(&self) -> Counts {
        let mut services: Vec<_> = self.services().collect();
        services.sort_by(|one, other| one.name.cmp(&other.name));
        let mut counts = Counts::default();
        services.into_iter().for_each(|service| service.read_counts(&mut counts));
        counts
    }

    pub(crate) fn groups(&self) -> impl Iterator<Item = (&Arc<Service>, &Arc<Group>)> {
        self.services.values().flat_map(|service| {
            let groups = service.global.iter().chain(service.groups.values());
            groups.map(move |group| (service, group))
        })
    }

    /// Sorts the clusters of each service by their distance from the local one.
    pub(crate) fn sort(&self) {
        let local = &self.topology.local_cluster;
        let written = self.topology.clusters.get(local).map(|entry| &entry.distance);
        let mut distances: BTreeMap<&str, f64> = BTreeMap::new();
        for (_, group) in self.groups() {
            let written = written.and_then(|it| it.get(&*group.cluster)).copied();
            let measured = group.connect_time().map(|it| it.as_secs_f64() * 1000.0);
            if let Some(distance) = written.or(measured) {
                let nearest = distances.entry(&group.cluster).or_insert(distance);
                *nearest = nearest.min(distance);
            }
        }
        for service in self.services.values() {
            service.sort(|cluster| match cluster == local {
                true => -1.0,
                false => distances.get(cluster).copied().unwrap_or(f64::INFINITY),
            });
        }
    }

    /// How often a cluster is drawn.
    pub(crate) fn weight(&self, cluster: &str) -> f64 {
        self.topology.clusters.get(cluster).map_or(1.0, |entry| entry.weight)
    }

    /// The cluster of all users, if there is only one.
    pub(crate) fn only_cluster(&self) -> Option<&str> {
        let mut names = self.topology.clusters.keys();
        names.next().filter(|_| names.next().is_none()).map(String::as_str)
    }
}

impl Service {
    fn new(name: &str, entry: &ServiceEntry, parts: &Parts, old: Option<&Arc<Self>>) -> Self {
        let mut groups = BTreeMap::new();
        let mut global = None;
        match &entry.endpoints {
            Endpoints::Global(addresses) => {
                let old = old.and_then(|old| old.global.as_ref());
                global = Some(group(GLOBAL.into(), addresses, parts, old));
            }
            Endpoints::Clusters(clusters) => {
                for (cluster, addresses) in clusters {
                    let name: Arc<str> = cluster.as_str().into();
                    let old = old.and_then(|old| old.groups.get(&name));
                    groups.insert(Arc::clone(&name), group(name, addresses, parts, old));
                }
            }
        }
        if entry.health.is_none() {
            for group in global.iter().chain(groups.values()) {
                group.endpoints().iter().for_each(|endpoint| endpoint.record.forget_health());
            }
        }
        Self {
            name: name.into(),
            entry: entry.clone(),
            host: host(name, entry),
            by_distance: RwLock::new(global.iter().chain(groups.values()).cloned().collect()),
            global,
            groups,
            counters: old.map_or_else(Arc::default, |old| Arc::clone(&old.counters)),
            cache: old.map_or_else(Arc::default, |old| Arc::clone(&old.cache)),
        }
    }

    /// The group that all locators lead to.
    pub(crate) fn global(&self) -> Option<&Arc<Group>> {
        self.global.as_ref()
    }

    /// The service in one cluster.
    pub(crate) fn in_cluster(&self, cluster: &str) -> Option<&Arc<Group>> {
        self.global.as_ref().or_else(|| self.groups.get(cluster))
    }

    /// The service in each cluster, the nearest first.
    pub(crate) fn by_distance(&self) -> Arc<[Arc<Group>]> {
        Arc::clone(&self.by_distance.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Adds what was counted, in no cluster and in each.
    fn read_counts(&self, counts: &mut Counts) {
        counts.calls.extend(self.counted(None, &self.counters));
        counts.cache.extend(self.counted(None, &self.cache));
        for group in self.global.iter().chain(self.groups.values()) {
            let (cluster, counters) = (Some(&*group.cluster), group.counters());
            counts.calls.extend(self.counted(cluster, &counters.calls));
            counts.attempts.extend(self.counted(cluster, &counters.attempts));
            counts.ejections.extend(self.counted(cluster, &counters.ejections));
            counts.ejected_endpoints.extend(self.counts(cluster, group.ejected_endpoints()));
        }
    }

    fn counted<K: Variants, const N: usize>(
        &self,
        cluster: Option<&str>,
        counters: &Counters<K, N>,
    ) -> impl Iterator<Item = Count<K>> {
        self.counts(cluster, counters.read())
    }

    fn counts<K>(
        &self,
        cluster: Option<&str>,
        counts: impl Iterator<Item = (K, u64)>,
    ) -> impl Iterator<Item = Count<K>> {
        counts.map(move |(what, count)| Count {
            service: self.name.to_string(),
            cluster: cluster.map(str::to_owned),
            what,
            count,
        })
    }

    fn sort(&self, distance: impl Fn(&str) -> f64) {
        let mut groups: Vec<_> = self.by_distance().to_vec();
        groups.sort_by(|one, other| {
            let (near, far) = (distance(&one.cluster), distance(&other.cluster));
            near.total_cmp(&far).then_with(|| one.cluster.cmp(&other.cluster))
        });
        *self.by_distance.write().unwrap_or_else(PoisonError::into_inner) = groups.into();
    }

    /// How long an idle connection may be that any call is sent on, or one that cannot be repeated.
    pub(crate) fn max_idle(is_repeatable: bool) -> Duration {
        if is_repeatable { crate::endpoint::MAX_IDLE } else { Duration::from_secs(1) }
    }
}

/// A group, which stays the same if its addresses do.
fn group(
    cluster: Arc<str>,
    addresses: &[Address],
    parts: &Parts,
    old: Option<&Arc<Group>>,
) -> Arc<Group> {
    match old.filter(|old| old.addresses() == addresses) {
        Some(old) => Arc::clone(old),
        None => Arc::new(Group::new(cluster, addresses, parts, old.map(|old| &**old))),
    }
}

/// The value of `Host`, which the topology or the name of the service was checked to be.
fn host(name: &str, entry: &ServiceEntry) -> HeaderValue {
    let host = entry.host.as_deref().unwrap_or(name);
    HeaderValue::from_str(host).unwrap_or_else(|_| HeaderValue::from_static("localhost"))
}
