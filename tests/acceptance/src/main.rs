//! The program `services` with test hooks, and with services that are only for tests.

mod caller;
mod dependents;

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

/// Listens to the pipeline.
const DEPENDENTS: Service = Service {
    name: "dependents",
    about: "Searches items, attaches pictures to them, and sends mails about clips",
    scope: Scope::Cluster,
    holds_data: false,
    takes_keys: true,
    places: &[("database", "sqlite:{}/dependents.db")],
    run: |it| it.run(dependents::application),
};

fn main() -> wsgiservice::Result<()> {
    services::main(&[SERVICES, &[CALLER, DEPENDENTS]].concat())
}
