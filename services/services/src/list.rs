//! The services.

use crate::{Scope, Service};

/// The services of the architecture. Those that are called come before those that call them: `services up` starts them in
/// this order, and stops them in the reverse order. (The pipeline is told by those before it, which keep their events for it.)
pub const SERVICES: &[Service] = &[
    Service {
        name: "cluster",
        about: "Knows which cluster holds a user, and moves and removes users",
        scope: Scope::Global,
        holds_data: false,
        takes_keys: false,
        places: &[("database", "sqlite:{}/cluster.db")],
        run: |it| it.run(cluster::application),
    },
    Service {
        name: "storage",
        about: "Keeps the items of users, what is derived from them, and their attachments",
        scope: Scope::Cluster,
        holds_data: true,
        takes_keys: true,
        places: &[("database", "sqlite:{}/storage.db"), ("bytes", "file:{}/attachments")],
        run: |it| it.run(storage::application),
    },
    Service {
        name: "label",
        about: "Keeps the labels of users, and which items have them",
        scope: Scope::Cluster,
        holds_data: true,
        takes_keys: true,
        places: &[("database", "sqlite:{}/label.db")],
        run: |it| it.run(label::application),
    },
    Service {
        name: "command",
        about: "Executes changes, one or several, so that they can be undone",
        scope: Scope::Cluster,
        holds_data: true,
        takes_keys: true,
        places: &[("database", "sqlite:{}/command.db")],
        run: |it| it.run(command::application),
    },
    Service {
        name: "pipeline",
        about: "Delivers messages to listeners, until they take them",
        scope: Scope::Cluster,
        holds_data: false,
        takes_keys: true,
        places: &[("database", "sqlite:{}/pipeline.db")],
        run: |it| it.run(pipeline::application),
    },
    Service {
        name: "geoip",
        about: "Looks up the country of an IP address",
        scope: Scope::Cluster,
        holds_data: false,
        takes_keys: false,
        places: &[],
        run: |it| it.run(async |settings, _| geoip::application(settings).await),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_that_of_one_service_and_of_no_command() {
        let mut names: Vec<_> = SERVICES.iter().map(|service| service.name).collect();
        names.extend(["up", "topology", "help"]);
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count, "{names:?}");
    }
}
