//! What an earlier `services up` has left in the folder.

use std::{collections::BTreeSet, fs, io, path::Path};

use toml::{Table, Value};
use wsgiservice::{Error, Result};

use super::instance;
use crate::Service;

/// The most clusters that there can be.
const MOST: u8 = 99;

/// What an earlier `services up` has left in the folder: its topology, and a folder for each cluster.
#[derive(Debug, Default)]
pub(super) struct Earlier {
    clusters: u8,
    topology: Table,
}

impl Earlier {
    /// Reads the topology of a folder, if there is one.
    ///
    /// # Errors
    /// If the file cannot be read, or is not TOML.
    pub(super) fn read(folder: &Path, topology: &Path) -> Result<Self> {
        let text = match fs::read_to_string(topology) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            text => text?,
        };
        let topology = text.parse::<Table>().map_err(|error| {
            let file = topology.display();
            Error::new(format!("cannot read {file}, remove it for new ports: {error}"))
        })?;
        let has = |cluster: &String| {
            topology.get("clusters").and_then(|it| it.get(cluster)).is_some()
                || folder.join(cluster).is_dir()
        };
        let clusters = instance::clusters(MOST).take_while(has).count();
        Ok(Self { clusters: u8::try_from(clusters).unwrap_or(MOST), topology })
    }

    /// How many clusters to run: as many as there were, or one, if no number is given.
    ///
    /// # Errors
    /// If it is less than there were: the users of the others could not be reached.
    pub(super) fn clusters(&self, given: Option<u8>, folder: &Path) -> Result<u8> {
        let given = given.unwrap_or(self.clusters.max(1));
        if given >= self.clusters {
            return Ok(given);
        }
        let (folder, there) = (folder.display(), self.clusters);
        let others = match there - given {
            1 => format!("c{there}"),
            _ => format!("c{} to c{there}", given + 1),
        };
        Err(Error::new(format!(
            "{folder} has users in {there} clusters: those in {others} could not be reached\n\
             help: omit `--clusters`, or use another folder with `--data`"
        )))
    }

    /// The port that a service has had.
    pub(super) fn port(&self, service: &str, place: &str) -> Option<u16> {
        let urls = self.services().and_then(|it| it.get(service)?.get(place));
        port(urls?.get(0)?)
    }

    /// The ports of services that the program does not have.
    pub(super) fn ports_of_others(&self, services: &[Service]) -> BTreeSet<u16> {
        let others = self.services().into_iter().flatten();
        let others = others.filter(|(name, _)| services.iter().all(|it| it.name != *name));
        let places = others.filter_map(|(_, section)| section.as_table()).flat_map(Table::values);
        places.filter_map(Value::as_array).flatten().filter_map(port).collect()
    }

    /// The tables of the topology that `services up` does not write: those of services that the program does not have, and
    /// others such as `[defaults]`.
    pub(super) fn others(&self, services: &[Service]) -> Table {
        let mut others = self.topology.clone();
        others.remove("clusters");
        // A value that is not in a table would be in the table before it.
        others.retain(|_, value| value.is_table());
        if let Some(Value::Table(sections)) = others.get_mut("services") {
            let is_other = |name: &str| services.iter().all(|service| service.name != name);
            sections.retain(|name, section| section.is_table() && is_other(name));
        }
        others.retain(|_, value| value.as_table().is_none_or(|it| !it.is_empty()));
        others
    }

    fn services(&self) -> Option<&Table> {
        self.topology.get("services")?.as_table()
    }
}

/// The port of a URL.
fn port(url: &Value) -> Option<u16> {
    url.as_str()?.rsplit(':').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::up::instance::tests::services;

    fn earlier(topology: &str) -> Result<Earlier> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("topology.toml");
        fs::write(&file, topology).expect("a file");
        Earlier::read(folder.path(), &file)
    }

    const TWO: &str = "[clusters.c1]\n[clusters.c2]\ndistance = { c1 = 20 }\n";

    #[test]
    fn there_are_as_many_clusters_as_there_were() {
        let clusters = |topology: &str, given| {
            let clusters = earlier(topology).expect("TOML").clusters(given, Path::new("var"));
            clusters.map_err(|error| error.to_string())
        };
        assert_eq!([None, Some(3)].map(|given| clusters("", given)), [Ok(1), Ok(3)]);
        assert_eq!(
            [None, Some(2), Some(3)].map(|given| clusters(TWO, given)),
            [Ok(2), Ok(2), Ok(3)]
        );
        let help = "help: omit `--clusters`, or use another folder with `--data`";
        let fewer = "var has users in 2 clusters: those in c2 could not be reached";
        assert_eq!(clusters(TWO, Some(1)), Err(format!("{fewer}\n{help}")));
        let fewer = "var has users in 3 clusters: those in c2 to c3 could not be reached";
        assert_eq!(
            clusters(&format!("{TWO}[clusters.c3]"), Some(1)),
            Err(format!("{fewer}\n{help}"))
        );
    }

    #[test]
    fn a_cluster_whose_topology_was_removed_has_its_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        for cluster in ["c1", "c2", "c4"] {
            fs::create_dir(folder.path().join(cluster)).expect("a folder");
        }
        let earlier = Earlier::read(folder.path(), &folder.path().join("topology.toml"));
        let clusters = earlier.and_then(|it| it.clusters(None, folder.path()));
        assert_eq!(clusters.expect("no mistake"), 2);
    }

    #[test]
    fn the_port_of_a_service_is_that_of_its_url() {
        let earlier =
            earlier("[services.a]\nc1 = ['http://127.0.0.1:81']\nc2 = []\nc3 = 1").expect("TOML");
        assert_eq!(earlier.port("a", "c1"), Some(81));
        for (service, place) in [("a", "c2"), ("a", "c3"), ("a", "c4"), ("b", "c1")] {
            assert_eq!(earlier.port(service, place), None, "{service} {place}");
        }
    }

    #[test]
    fn what_is_not_written_is_kept() {
        let own = "version = 1\nlocal_cluster = 'c1'\nsurplus = 1\n";
        let sections = "[services.storage]\nc1 = ['http://127.0.0.1:2']\n\
                        [services.note]\ndata = true\nc1 = ['http://127.0.0.1:8110', 'http://127.0.0.1:8111']\nc2 = [3]\n\
                        [services.post]\nglobal = ['http://127.0.0.1:8112']\n[defaults]\ntimeout_ms = 1_000\n";
        let earlier = earlier(&format!("{own}{TWO}{sections}")).expect("TOML");
        let expected = "[services.note]\ndata = true\nc1 = ['http://127.0.0.1:8110', 'http://127.0.0.1:8111']\nc2 = [3]\n\
                        [services.post]\nglobal = ['http://127.0.0.1:8112']\n[defaults]\ntimeout_ms = 1000";
        assert_eq!(earlier.others(&services()), expected.parse().expect("TOML"));
        assert_eq!(earlier.ports_of_others(&services()), BTreeSet::from([8110, 8111, 8112]));
    }

    #[test]
    fn nothing_is_kept_of_what_is_written() {
        let earlier = earlier(&format!("{TWO}[services.storage]\nc1 = ['http://127.0.0.1:2']"))
            .expect("TOML");
        assert_eq!(earlier.others(&services()), Table::new());
    }

    #[test]
    fn a_file_that_is_not_toml_is_not_replaced() {
        let error = earlier("version = ").expect_err("a mistake").to_string();
        assert!(error.contains("topology.toml, remove it for new ports: "), "{error}");
    }
}
