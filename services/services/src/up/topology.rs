//! The topology that `services up` writes.

use std::{fmt::Write, fs, path::Path};

use toml::Table;
use wsgiservice::{Error, Result};

use super::instance::{Instance, clusters};

/// How far a cluster is from the next one, in milliseconds.
const DISTANCE: u8 = 20;

/// Writes the topology, with other tables at its end, at once: a client that reads it finds the old one or the new one.
///
/// # Errors
/// If it cannot be written.
pub(super) fn write(
    file: &Path,
    clusters: u8,
    instances: &[Instance],
    others: &Table,
) -> Result<()> {
    let new = file.with_extension("toml.new");
    let text = text(clusters, instances, others);
    let written = fs::write(&new, text).and_then(|()| fs::rename(&new, file));
    written.map_err(|error| Error::new(format!("cannot write {}: {error}", file.display())))
}

fn text(count: u8, instances: &[Instance], others: &Table) -> String {
    let mut text = "# `services up` writes this file at each start. It keeps the ports, and the sections of other services.\n\
                    version = 1\nlocal_cluster = \"c1\"\n"
        .to_owned();
    for (number, cluster) in clusters(count).enumerate() {
        let others = clusters(count).enumerate().filter(|(other, _)| *other != number);
        let distance = |(other, name): (usize, String)| {
            format!("{name} = {}", other.abs_diff(number) * usize::from(DISTANCE))
        };
        let distances: Vec<_> = others.map(distance).collect();
        let _ = write!(text, "\n[clusters.{cluster}]\n");
        if !distances.is_empty() {
            let _ = writeln!(text, "distance = {{ {} }}", distances.join(", "));
        }
    }
    for alike in instances.chunk_by(|one, next| one.service.name == next.service.name) {
        for (index, instance) in alike.iter().enumerate() {
            if index == 0 {
                let _ = write!(text, "\n[services.{}]\n", instance.service.name);
            }
            if index == 0 && instance.service.holds_data {
                text.push_str("data = true\n");
            }
            if index == 0 && instance.service.takes_keys {
                text.push_str("idempotency_keys = true\n");
            }
            let _ = writeln!(text, "{} = [\"http://{}\"]", instance.place(), instance.address());
        }
    }
    if !others.is_empty() {
        let _ = write!(text, "\n{others}");
    }
    text
}

#[cfg(test)]
mod tests {
    use wsgiservice_client::Topology;

    use super::*;
    use crate::up::instance::tests::some;

    #[test]
    fn the_topology_has_each_service_in_its_place() {
        let text = text(3, &some(), &Table::new());
        let topology = Topology::parse("topology.toml", &text).expect("no mistakes");
        assert_eq!(topology.data_services().collect::<Vec<_>>(), ["storage"]);
        let expected = r#"# `services up` writes this file at each start. It keeps the ports, and the sections of other services.
version = 1
local_cluster = "c1"

[clusters.c1]
distance = { c2 = 20, c3 = 40 }

[clusters.c2]
distance = { c1 = 20, c3 = 20 }

[clusters.c3]
distance = { c1 = 40, c2 = 20 }

[services.cluster]
global = ["http://127.0.0.1:1"]

[services.storage]
data = true
idempotency_keys = true
c1 = ["http://127.0.0.1:2"]
c2 = ["http://127.0.0.1:3"]
"#;
        assert_eq!(text, expected);
    }

    #[test]
    fn one_cluster_has_no_distances() {
        let text = text(1, &some()[..2], &Table::new());
        assert!(text.contains("\n[clusters.c1]\n\n[services.cluster]\n"), "{text}");
    }

    #[test]
    fn other_tables_are_at_the_end() {
        let others = "[defaults]\ntimeout_ms = 1000\n\n[services.note]\nc1 = [\"http://127.0.0.1:8110\"]\n\
                      c2 = [\"http://127.0.0.1:8111\"]\ndata = true\nidempotency_keys = true\n";
        let text = text(2, &some(), &others.parse().expect("TOML"));
        assert!(text.ends_with(&format!("c2 = [\"http://127.0.0.1:3\"]\n\n{others}")), "{text}");
        let topology = Topology::parse("topology.toml", &text).expect("no mistakes");
        assert_eq!(topology.data_services().collect::<Vec<_>>(), ["note", "storage"]);
    }
}
