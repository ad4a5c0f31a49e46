//! A service in one cluster.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;
use tower::retry::budget::{Budget, TpsBudget};

use super::{
    Parts,
    counts::{EjectionCounters, EjectionReason, OutcomeCounters},
    durations::Durations,
    names::Found,
};
use crate::{
    endpoint::{Dial, Ejection, Endpoint, Place},
    error::BoxError,
    topology::Address,
};

/// A service in one cluster: its endpoints, and what its failures may cost.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) cluster: Arc<str>,
    /// As the topology has them.
    addresses: Vec<Address>,
    /// The endpoints that need no look-up.
    fixed: Vec<Arc<Endpoint>>,
    /// The names that are looked up again and again.
    names: Mutex<Vec<Name>>,
    /// Lets one task look up the names.
    turn: tokio::sync::Mutex<()>,
    /// All endpoints.
    endpoints: RwLock<Arc<[Arc<Endpoint>]>>,
    /// Whether each name was looked up once.
    is_found: AtomicBool,
    measurements: Arc<Measurements>,
    parts: Option<Parts>,
}

/// What a group keeps when its addresses change.
#[derive(Debug)]
struct Measurements {
    budget: TpsBudget,
    durations: Durations,
    counters: GroupCounters,
}

/// What is counted of a service in a cluster.
#[derive(Debug, Default)]
pub(crate) struct GroupCounters {
    pub(crate) calls: OutcomeCounters,
    pub(crate) attempts: OutcomeCounters,
    pub(crate) ejections: EjectionCounters,
}

#[derive(Clone, Debug)]
struct Name {
    address: Address,
    /// When it is looked up again.
    due: Option<Instant>,
    /// What was found.
    found: Vec<Arc<Endpoint>>,
}

impl Group {
    pub(super) fn new(
        cluster: Arc<str>,
        addresses: &[Address],
        parts: &Parts,
        old: Option<&Self>,
    ) -> Self {
        let before = old.map(Self::endpoints).unwrap_or_default();
        let (mut fixed, mut names) = (Vec::new(), Vec::new());
        for address in addresses {
            match place(address, parts) {
                Some((place, tls)) => fixed.push(endpoint(address, place, tls, parts, &before)),
                None => names.push(old.and_then(|old| old.name(address)).unwrap_or_else(|| Name {
                    address: address.clone(),
                    due: None,
                    found: Vec::new(),
                })),
            }
        }
        let all = fixed.iter().cloned().chain(found(&names)).collect();
        Self {
            cluster,
            addresses: addresses.to_vec(),
            endpoints: RwLock::new(all),
            fixed,
            is_found: AtomicBool::new(names.iter().all(|name| name.due.is_some())),
            names: Mutex::new(names),
            turn: tokio::sync::Mutex::default(),
            measurements: old.map_or_else(Arc::default, |old| Arc::clone(&old.measurements)),
            parts: Some(parts.clone()),
        }
    }

    /// A group of one endpoint.
    pub(super) fn of(cluster: Arc<str>, endpoint: Arc<Endpoint>) -> Self {
        Self {
            cluster,
            addresses: Vec::new(),
            endpoints: RwLock::new(Arc::new([Arc::clone(&endpoint)])),
            fixed: vec![endpoint],
            names: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
            is_found: AtomicBool::new(true),
            measurements: Arc::default(),
            parts: None,
        }
    }

    /// What is known of a name.
    fn name(&self, address: &Address) -> Option<Name> {
        self.names().iter().find(|name| name.address == *address).cloned()
    }

    pub(super) fn addresses(&self) -> &[Address] {
        &self.addresses
    }

    pub(crate) fn endpoints(&self) -> Arc<[Arc<Endpoint>]> {
        Arc::clone(&self.endpoints.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether there are endpoints to choose from, or each name was looked up once.
    pub(crate) fn is_found(&self) -> bool {
        self.is_found.load(Ordering::Acquire) || !self.endpoints().is_empty()
    }

    /// Waits until each name was looked up once.
    pub(crate) async fn found(&self) {
        let _turn = self.turn.lock().await;
        if !self.is_found() {
            self.look_up_in_turn().await;
        }
    }

    /// Whether there are names to look up.
    pub(crate) fn has_names(&self) -> bool {
        !self.names().is_empty()
    }

    /// Looks up the names that are due.
    pub(crate) async fn look_up(&self) {
        let _turn = self.turn.lock().await;
        self.look_up_in_turn().await;
    }

    async fn look_up_in_turn(&self) {
        let Some(parts) = &self.parts else { return };
        let now = Instant::now();
        let due: Vec<_> = self
            .names()
            .iter()
            .filter(|name| name.due.is_none_or(|due| due <= now))
            .map(|name| name.address.clone())
            .collect();
        for address in due {
            let found = parts.resolver.find(&address, parts).await;
            if let Err(error) = &found {
                let cluster = &self.cluster;
                tracing::warn!(name = %address, %cluster, %error, "cannot look up endpoints");
            }
            if let Some(name) = self.names().iter_mut().find(|name| name.address == address) {
                name.update(found, parts);
            }
        }
        let all = self.fixed.iter().cloned().chain(found(&self.names())).collect();
        *self.endpoints.write().unwrap_or_else(PoisonError::into_inner) = all;
        self.is_found.store(true, Ordering::Release);
    }

    fn names(&self) -> MutexGuard<'_, Vec<Name>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The shortest time that a connection to one of the endpoints took.
    pub(super) fn connect_time(&self) -> Option<Duration> {
        self.endpoints().iter().filter_map(|it| it.connect_time()).min()
    }

    /// A call was sent here first.
    pub(crate) fn deposit(&self) {
        self.measurements.budget.deposit();
    }

    /// Whether there may be one more attempt after a failure.
    pub(crate) fn withdraw(&self) -> bool {
        self.measurements.budget.withdraw()
    }

    pub(crate) fn durations(&self) -> &Durations {
        &self.measurements.durations
    }

    pub(crate) fn counters(&self) -> &GroupCounters {
        &self.measurements.counters
    }

    /// Counts that an endpoint was taken out of service.
    pub(crate) fn count_ejection(&self, ejection: Ejection) {
        self.counters().ejections.add(ejection.into());
    }

    /// How many endpoints are out of service now, for each reason that took one out at least once.
    pub(super) fn ejected_endpoints(&self) -> impl Iterator<Item = (EjectionReason, u64)> {
        let mut counts: BTreeMap<_, u64> = BTreeMap::new();
        counts.extend(self.counters().ejections.read().map(|(reason, _)| (reason, 0)));
        for ejection in self.endpoints().iter().filter_map(|it| it.record.ejection()) {
            *counts.entry(ejection.into()).or_default() += 1;
        }
        counts.into_iter()
    }
}

impl Name {
    fn update(&mut self, found: Result<Found, BoxError>, parts: &Parts) {
        match found {
            Ok(Found { endpoints, valid }) => {
                self.due = Some(Instant::now() + valid);
                let found = endpoints.into_iter().map(|(address, place, tls)| {
                    endpoint(&address, place, tls, parts, &self.found)
                });
                self.found = found.collect();
            }
            // What was found before is better than nothing.
            Err(_) => self.due = Some(Instant::now() + Duration::from_secs(1)),
        }
    }
}

/// What was found for all names.
fn found(names: &[Name]) -> Vec<Arc<Endpoint>> {
    names.iter().flat_map(|name| name.found.iter().cloned()).collect()
}

impl Default for Measurements {
    fn default() -> Self {
        // 20 % of the calls of 10 s, and 100.
        let budget = TpsBudget::new(Duration::from_secs(10), 10, 0.2);
        Self { budget, durations: Durations::default(), counters: GroupCounters::default() }
    }
}

/// The endpoint at an address, which may have been there before.
fn endpoint(
    address: &Address,
    place: Place,
    tls: bool,
    parts: &Parts,
    before: &[Arc<Endpoint>],
) -> Arc<Endpoint> {
    let name = address.to_string();
    if let Some(known) = before.iter().find(|it| *it.name == *name) {
        return Arc::clone(known);
    }
    #[cfg(not(feature = "rustls"))]
    let _ = (tls, parts);
    let dial = Dial {
        place,
        #[cfg(feature = "rustls")]
        tls: tls.then(|| parts.tls.clone()),
    };
    Endpoint::network(name, dial)
}

/// Where an address leads without a look-up.
#[cfg_attr(not(test), expect(unused_variables, reason = "tests have other places"))]
pub(super) fn place(address: &Address, parts: &Parts) -> Option<(Place, bool)> {
    match address {
        #[cfg(test)]
        Address::Unix(path) if parts.dials.contains_key(path) => {
            Some((Place::Test(Arc::clone(&parts.dials[path])), false))
        }
        Address::Unix(path) => Some((Place::Unix(path.clone()), false)),
        Address::Host { tls, host, port } => {
            let address = host.parse().ok()?;
            Some((Place::Tcp(std::net::SocketAddr::new(address, *port)), *tls))
        }
        Address::Srv(_) | Address::Etcd { .. } => None,
    }
}
