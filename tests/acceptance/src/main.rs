//! The program `services` with test hooks, and with a service that is only for tests.

mod caller;

use services::{SERVICES, Scope, Service};

/// Calls another service.
const CALLER: Service = Service {
    name: "caller",
    about: "Tells which cluster it is in, and passes on calls to geoip",
    scope: Scope::Cluster,
    holds_data: false,
    takes_keys: false,
    places: &[],
    run: |it| it.run(caller::application),
};

fn main() -> wsgiservice::Result<()> {
    services::main(&[SERVICES, &[CALLER]].concat())
}
