//! What happens between calls: reading the topology again, looking up names, checks of health, closing connections.

use std::{
    sync::{Arc, Weak, atomic::Ordering},
    time::Duration,
};

use http::{Method, Request, StatusCode, Uri};
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::{
    body::Body,
    directory::{Directory, Group, Service},
    endpoint::{Conditions, Endpoint, MAX_IDLE, SendTrace},
    error::Result,
    shared::Shared,
    topology::{Change, Topology},
};

/// How often the topology is compared.
const TICK: Duration = Duration::from_secs(1);

/// How often the health of an endpoint is checked, plus or minus 20 %.
const CHECK: Duration = Duration::from_secs(5);

/// The services as they are now. The first use starts the task that looks after them.
pub(crate) fn directory(shared: &Arc<Shared>) -> Arc<Directory> {
    start(shared);
    shared.directory()
}

/// Starts the task that looks after the endpoints, unless it runs.
fn start(shared: &Arc<Shared>) {
    if !shared.is_kept.load(Ordering::Relaxed)
        && let Ok(runtime) = tokio::runtime::Handle::try_current()
        && !shared.is_kept.swap(true, Ordering::Relaxed)
    {
        runtime.spawn(keep(Keeper(Arc::downgrade(shared))));
    }
}

/// The task that looks after the endpoints of a client. It ends with the client.
struct Keeper(Weak<Shared>);

impl Drop for Keeper {
    fn drop(&mut self) {
        // The runtime of the task has ended: the next call starts it again.
        if let Some(shared) = self.0.upgrade() {
            shared.is_kept.store(false, Ordering::Relaxed);
        }
    }
}

async fn keep(keeper: Keeper) {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut reported = None;
    loop {
        ticks.tick().await;
        let Some(shared) = keeper.0.upgrade() else { return };
        let mistakes = reload(&shared).await.err().map(|error| error.to_string());
        if let Some(mistakes) = mistakes.as_ref().filter(|it| reported.as_ref() != Some(*it)) {
            tracing::error!("the topology stays as it was: {mistakes}");
        }
        reported = mistakes;
        let directory = shared.directory();
        drop(shared);
        directory.sort();
        for (service, group) in directory.groups() {
            let group = Arc::clone(group);
            for endpoint in group.endpoints().iter() {
                endpoint.close_idle(false);
                check(service, &group, endpoint);
            }
            if group.has_names() {
                tokio::spawn(async move { group.look_up().await });
            }
        }
    }
}

/// Reads the topology file again, if there is one, and puts in force what has changed.
pub(crate) async fn reload(shared: &Shared) -> Result<()> {
    let Some(file) = shared.file() else { return Ok(()) };
    let _turn = file.turn.lock().await;
    let Some(Change { topology, has_other_tls }) = file.change().await? else { return Ok(()) };
    let old = shared.directory();
    let has_other_tls = has_other_tls || topology.tls != old.topology.tls;
    // Files of TLS that cannot be used keep the old ones, and no endpoint.
    #[cfg(feature = "rustls")]
    let loaded = match has_other_tls {
        true => shared.parts().tls.reload(topology.tls.as_ref()).inspect_err(|_| file.forget_tls()),
        false => Ok(()),
    };
    #[cfg(not(feature = "rustls"))]
    let loaded = Ok(());
    let is_tls_new = has_other_tls && loaded.is_ok();
    if is_tls_new || topology != old.topology {
        replace(shared, &old, topology, is_tls_new);
    }
    loaded
}

fn replace(shared: &Shared, old: &Directory, topology: Topology, has_other_tls: bool) {
    let mut directory = Directory::new(topology, shared.parts(), Some(old));
    directory.keep_local(old);
    if has_other_tls {
        for (_, group) in directory.groups() {
            group.endpoints().iter().for_each(|endpoint| endpoint.close_idle(true));
        }
    }
    shared.set_directory(directory);
    tracing::info!("the topology has changed");
}

/// Checks the health of an endpoint, if it is time.
fn check(service: &Arc<Service>, group: &Arc<Group>, endpoint: &Arc<Endpoint>) {
    let Some(target) = &service.entry.health else { return };
    if !endpoint.record.is_check_due(CHECK.mul_f64(0.8 + 0.4 * fastrand::f64())) {
        return;
    }
    let Ok(uri) = target.parse::<Uri>() else { return };
    let (service, group) = (Arc::clone(service), Arc::clone(group));
    let endpoint = Arc::clone(endpoint);
    tokio::spawn(async move {
        let is_healthy = is_healthy(&service, &endpoint, uri).await;
        if let Some(ejection) = endpoint.record.health(is_healthy) {
            group.count_ejection(ejection);
        }
    });
}

async fn is_healthy(service: &Service, endpoint: &Arc<Endpoint>, uri: Uri) -> bool {
    let limit = service.entry.timeouts.connect;
    let conditions =
        Conditions { connect_timeout: limit, max_idle: MAX_IDLE, host: service.host.clone() };
    let mut request = Request::new(Body::default());
    *request.method_mut() = Method::GET;
    *request.uri_mut() = uri;
    // An endpoint that has as many calls as it may is healthy enough.
    let Some(place) = endpoint.enter() else { return true };
    let trace = SendTrace::default();
    let response = timeout(limit, endpoint.send(request, &conditions, place, &trace)).await;
    matches!(response, Ok(Ok(response)) if response.status() < StatusCode::INTERNAL_SERVER_ERROR)
}
