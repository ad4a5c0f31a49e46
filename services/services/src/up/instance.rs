//! A service in a cluster, and where it is.

use std::{
    fmt,
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::{earlier::Earlier, ports::Ports};
use crate::{Scope, Service};

/// A service in a cluster, or one for all clusters.
#[derive(Clone, Debug)]
pub(super) struct Instance {
    pub(super) service: Service,
    pub(super) cluster: Option<String>,
    pub(super) port: u16,
    /// The folder for its data.
    pub(super) folder: PathBuf,
}

/// The names of the clusters.
pub(super) fn clusters(count: u8) -> impl Iterator<Item = String> {
    (1..=count).map(|number| format!("c{number}"))
}

/// All services in the order of their start, with their folders, which are created.
///
/// # Errors
/// If a folder cannot be created, or no port is free.
pub(super) fn all(
    services: &[Service],
    count: u8,
    data: &Path,
    earlier: &Earlier,
    ports: &mut Ports,
) -> io::Result<Vec<Instance>> {
    let mut instances = Vec::new();
    for service in services {
        let clusters: Vec<_> = match service.scope {
            Scope::Global => vec![None],
            Scope::Cluster => clusters(count).map(Some).collect(),
        };
        for cluster in clusters {
            let folder = data.join(place(cluster.as_deref()));
            std::fs::create_dir_all(&folder)?;
            instances.push(Instance { service: *service, cluster, port: 0, folder });
        }
    }
    // A new port must not be one that another service has had.
    for instance in &mut instances {
        let port = earlier.port(instance.service.name, place(instance.cluster.as_deref()));
        instance.port = port.map_or(0, |port| ports.kept(port));
    }
    for instance in instances.iter_mut().filter(|instance| instance.port == 0) {
        instance.port = ports.free()?;
    }
    Ok(instances)
}

/// The key in the topology, and the name of the folder.
fn place(cluster: Option<&str>) -> &str {
    cluster.unwrap_or("global")
}

impl Instance {
    pub(super) fn place(&self) -> &str {
        place(self.cluster.as_deref())
    }

    pub(super) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The settings that say where it keeps what it stores.
    pub(super) fn places(&self) -> impl Iterator<Item = String> {
        // They are URLs.
        let folder = self.folder.display().to_string().replace('%', "%25").replace('?', "%3F");
        self.service.places.iter().map(move |(setting, value)| {
            format!("--{}={}", setting.replace(['.', '_'], "-"), value.replace("{}", &folder))
        })
    }

    /// The file with the number of its process.
    pub(super) fn process_file(&self) -> PathBuf {
        self.folder.join(format!("{}.pid", self.service.name))
    }
}

/// `storage/c1`, or only the name of a service for all clusters.
impl fmt::Display for Instance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cluster {
            Some(cluster) => write!(formatter, "{}/{cluster}", self.service.name),
            None => formatter.write_str(self.service.name),
        }
    }
}

/// Prints a table of all services, in one write. That somebody has closed the pipe does not end them.
pub(super) fn print(mut output: impl Write, instances: &[Instance]) {
    let mut rows = vec![["SERVICE", "CLUSTER", "ADDRESS", "HELP PAGE"].map(str::to_owned)];
    rows.extend(instances.iter().map(|instance| {
        let (name, cluster) = (instance.service.name, instance.cluster.as_deref().unwrap_or("all"));
        let address = format!("http://{}", instance.address());
        let help = format!("{address}/_internal/help");
        [name.to_owned(), cluster.to_owned(), address, help]
    }));
    let mut widths = [0; 4];
    for row in &rows {
        widths.iter_mut().zip(row).for_each(|(width, cell)| *width = cell.len().max(*width));
    }
    let [name, cluster, address, _] = widths;
    let line = |[a, b, c, d]: &[String; 4]| format!("{a:name$}  {b:cluster$}  {c:address$}  {d}\n");
    let _ = output.write_all(rows.iter().map(line).collect::<String>().as_bytes());
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A service for all clusters, and one that holds data.
    pub(in crate::up) fn services() -> [Service; 2] {
        let run = |_| Ok(());
        let global = Service {
            name: "cluster",
            about: "",
            scope: Scope::Global,
            holds_data: false,
            takes_keys: false,
            places: &[("database", "sqlite:{}/cluster.db")],
            run,
        };
        let places = &[("database", "sqlite:{}/storage.db"), ("bytes_at", "file:{}/bytes")];
        let storage = Service {
            name: "storage",
            scope: Scope::Cluster,
            holds_data: true,
            takes_keys: true,
            places,
            ..global
        };
        [global, storage]
    }

    /// They, in two clusters.
    pub(in crate::up) fn some() -> Vec<Instance> {
        let [global, storage] = services();
        let of = |service, cluster: Option<&str>, port| {
            let folder = Path::new("/var").join(place(cluster));
            Instance { service, cluster: cluster.map(str::to_owned), port, folder }
        };
        vec![of(global, None, 1), of(storage, Some("c1"), 2), of(storage, Some("c2"), 3)]
    }

    #[test]
    fn each_has_places_of_its_own() {
        let places: Vec<_> = some().iter().flat_map(Instance::places).collect();
        assert_eq!(
            places,
            [
                "--database=sqlite:/var/global/cluster.db",
                "--database=sqlite:/var/c1/storage.db",
                "--bytes-at=file:/var/c1/bytes",
                "--database=sqlite:/var/c2/storage.db",
                "--bytes-at=file:/var/c2/bytes",
            ]
        );
    }

    #[test]
    fn the_name_of_a_folder_is_encoded_in_urls() {
        let mut storage = some().remove(1);
        storage.folder = "/a b/100%25?#".into();
        let places: Vec<_> = storage.places().collect();
        let expected = [
            "--database=sqlite:/a b/100%2525%3F#/storage.db",
            "--bytes-at=file:/a b/100%2525%3F#/bytes",
        ];
        assert_eq!(places, expected);
    }

    #[test]
    fn the_table_has_columns() {
        let mut printed = Vec::new();
        print(&mut printed, &some()[..2]);
        assert_eq!(
            String::from_utf8(printed).as_deref(),
            Ok("SERVICE  CLUSTER  ADDRESS             HELP PAGE\n\
                cluster  all      http://127.0.0.1:1  http://127.0.0.1:1/_internal/help\n\
                storage  c1       http://127.0.0.1:2  http://127.0.0.1:2/_internal/help\n")
        );
    }
}
