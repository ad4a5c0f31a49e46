//! Reads a topology file, and reports all of its mistakes.

use std::{collections::BTreeMap, ops::Range, time::Duration};

use toml::de::{DeTable, DeValue};

use super::{
    Address, ClusterEntry, Endpoints, ServiceEntry, Timeouts, TlsFiles, Topology,
    reader::{Reader, Value, unknown},
};

/// The settings of a service, and those of all services.
const DEFAULTS: [&str; 5] =
    ["attempt_timeout_ms", "attempts", "connect_timeout_ms", "idempotency_keys", "timeout_ms"];
const SERVICE: [&str; 4] = ["data", "global", "health", "host"];

/// Reads the text of a file.
pub(super) fn read(file: &str, text: &str, local: Option<&str>) -> Result<Topology, Vec<String>> {
    let mut reader = Reader::new(file, text);
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        reader.error(error.span().unwrap_or_default(), error.message());
    }
    // What remains of a file with such errors can be in the wrong table.
    let topology = errors.is_empty().then(|| reader.topology(table.get_ref(), local));
    match topology {
        Some(topology) if !reader.has_errors() => Ok(topology),
        _ => Err(reader.into_errors()),
    }
}

impl Reader<'_> {
    fn topology(&mut self, root: &DeTable<'_>, local: Option<&str>) -> Topology {
        let known = ["clusters", "defaults", "local_cluster", "services", "tls", "version"];
        self.refuse_unknown(root, "", &known, "table or setting");
        self.version(root);
        let clusters = self.clusters(root);
        let defaults = self.table(root, "", "defaults");
        if let Some(defaults) = defaults {
            self.refuse_unknown(defaults, "defaults.", &DEFAULTS, "setting");
        }
        let basis = ServiceEntry::new(Endpoints::Clusters(BTreeMap::new()));
        let basis = match defaults {
            Some(table) => self.common(table, "defaults.", &basis),
            None => basis,
        };
        let services = self.services(root, &clusters, &basis);
        let local_cluster = self.local_cluster(root, &clusters, local);
        Topology { local_cluster, clusters, services, tls: self.tls(root) }
    }

    fn version(&mut self, root: &DeTable<'_>) {
        match root.get("version") {
            None => self.error(0..0, "`version` is missing: write `version = 1`"),
            Some(value) => {
                if self.value::<u64>(value, "version").is_some_and(|version| version != 1) {
                    self.error(value.span(), "`version`: expected 1");
                }
            }
        }
    }

    fn local_cluster(
        &mut self,
        root: &DeTable<'_>,
        clusters: &BTreeMap<String, ClusterEntry>,
        overriding: Option<&str>,
    ) -> String {
        let known: Vec<_> = clusters.keys().map(String::as_str).collect();
        let written = root.get("local_cluster");
        let name = written.and_then(|value| self.value::<String>(value, "local_cluster"));
        if let (Some(value), Some(name)) = (written, &name)
            && !clusters.contains_key(name)
        {
            let message = unknown("cluster", name, &known);
            self.error(value.span(), format_args!("`local_cluster`: {message}"));
        }
        if let Some(name) = overriding {
            if !clusters.contains_key(name) {
                let message = unknown("cluster", name, &known);
                self.error(
                    0..0,
                    format_args!("environment variable WSGISERVICE_CLUSTER: {message}"),
                );
            }
            return name.to_owned();
        }
        match (name, known.as_slice()) {
            (Some(name), _) => name,
            (None, [only]) => (*only).to_owned(),
            (None, _) => {
                if written.is_none() && !known.is_empty() {
                    self.error(0..0, "`local_cluster` is missing: it is one of several clusters");
                }
                String::new()
            }
        }
    }

    fn clusters(&mut self, root: &DeTable<'_>) -> BTreeMap<String, ClusterEntry> {
        let Some(tables) = self.table(root, "", "clusters") else {
            if !root.contains_key("clusters") {
                self.error(0..0, "`clusters` is missing: write a table such as `[clusters.c1]`");
            }
            return BTreeMap::new();
        };
        if tables.is_empty() {
            let place = root.get_key_value("clusters").map(|(key, _)| key.span());
            let message = "`clusters` is empty: write a table such as `[clusters.c1]`";
            self.error(place.unwrap_or_default(), message);
        }
        let names: Vec<_> = tables.keys().map(|name| name.get_ref().as_ref()).collect();
        let mut clusters = BTreeMap::new();
        for (name, _) in tables {
            let key = name.get_ref().as_ref();
            let path = format!("clusters.{key}");
            self.check_name(name.span(), &path, key);
            if DEFAULTS.contains(&key) || SERVICE.contains(&key) {
                self.error(
                    name.span(),
                    format_args!("`{path}`: the name is a setting of services"),
                );
            } else if let Some(table) = self.table(tables, "clusters.", key) {
                let entry = self.cluster(table, &format!("{path}."), &names);
                clusters.insert(key.to_owned(), entry);
            }
        }
        clusters
    }

    fn cluster(&mut self, table: &DeTable<'_>, prefix: &str, names: &[&str]) -> ClusterEntry {
        self.refuse_unknown(table, prefix, &["distance", "weight"], "setting");
        let weight =
            table.get("weight").and_then(|it| self.quantity(it, &format!("{prefix}weight")));
        let mut distance = BTreeMap::new();
        if let Some(distances) = self.table(table, prefix, "distance") {
            let prefix = format!("{prefix}distance.");
            self.refuse_unknown(distances, &prefix, names, "cluster");
            for (name, value) in distances {
                let path = format!("{prefix}{}", name.get_ref());
                if let Some(far) = self.quantity(value, &path) {
                    distance.insert(name.get_ref().to_string(), far);
                }
            }
        }
        ClusterEntry { weight: weight.unwrap_or(1.0), distance }
    }

    fn services(
        &mut self,
        root: &DeTable<'_>,
        clusters: &BTreeMap<String, ClusterEntry>,
        basis: &ServiceEntry,
    ) -> BTreeMap<String, ServiceEntry> {
        let Some(tables) = self.table(root, "", "services") else { return BTreeMap::new() };
        let mut services = BTreeMap::new();
        for (name, _) in tables {
            let key = name.get_ref().as_ref();
            self.check_name(name.span(), &format!("services.{key}"), key);
            if let Some(table) = self.table(tables, "services.", key) {
                let entry = self.service(table, &format!("services.{key}."), clusters, basis);
                services.insert(key.to_owned(), entry);
            }
        }
        services
    }

    fn service(
        &mut self,
        table: &DeTable<'_>,
        prefix: &str,
        clusters: &BTreeMap<String, ClusterEntry>,
        basis: &ServiceEntry,
    ) -> ServiceEntry {
        let names = clusters.keys().map(String::as_str);
        let known: Vec<_> = names.chain(SERVICE).chain(DEFAULTS).collect();
        self.refuse_unknown(table, prefix, &known, "cluster or setting");
        let mut entry = self.common(table, prefix, basis);
        let path = |key: &str| format!("{prefix}{key}");
        entry.data =
            table.get("data").and_then(|it| self.value(it, &path("data"))).unwrap_or(false);
        entry.host = table.get("host").and_then(|it| self.host(it, &path("host")));
        entry.health = table.get("health").and_then(|it| self.target(it, &path("health")));
        entry.endpoints = self.endpoints(table, prefix, clusters);
        entry
    }

    /// The settings that can also be defaults.
    fn common(&mut self, table: &DeTable<'_>, prefix: &str, basis: &ServiceEntry) -> ServiceEntry {
        let path = |key: &str| format!("{prefix}{key}");
        let mut milliseconds = |key: &str| {
            let written: Option<u64> = table.get(key).and_then(|it| self.positive(it, &path(key)));
            written.map(Duration::from_millis)
        };
        let timeouts = Timeouts {
            call: milliseconds("timeout_ms").unwrap_or(basis.timeouts.call),
            connect: milliseconds("connect_timeout_ms").unwrap_or(basis.timeouts.connect),
            attempt: milliseconds("attempt_timeout_ms").or(basis.timeouts.attempt),
        };
        let attempts = table.get("attempts").and_then(|it| self.positive(it, &path("attempts")));
        let keys = table.get("idempotency_keys");
        let keys = keys.and_then(|it| self.value(it, &path("idempotency_keys")));
        ServiceEntry {
            timeouts,
            attempts: attempts.map_or(basis.attempts, |it| u32::try_from(it).unwrap_or(u32::MAX)),
            idempotency_keys: keys.unwrap_or(basis.idempotency_keys),
            ..basis.clone()
        }
    }

    fn endpoints(
        &mut self,
        table: &DeTable<'_>,
        prefix: &str,
        clusters: &BTreeMap<String, ClusterEntry>,
    ) -> Endpoints {
        let mut by_cluster = BTreeMap::new();
        for (name, value) in table {
            let key = name.get_ref().as_ref();
            if clusters.contains_key(key) {
                by_cluster.insert(key.to_owned(), self.addresses(value, &format!("{prefix}{key}")));
            }
        }
        let Some(global) = table.get("global") else { return Endpoints::Clusters(by_cluster) };
        if !by_cluster.is_empty() {
            let message = "is for all clusters: a service has either `global` or clusters";
            self.error(global.span(), format_args!("`{prefix}global` {message}"));
        }
        Endpoints::Global(self.addresses(global, &format!("{prefix}global")))
    }

    fn addresses(&mut self, value: &Value<'_>, path: &str) -> Vec<Address> {
        let DeValue::Array(values) = value.get_ref() else {
            self.error(value.span(), format_args!("`{path}`: expected a list of URLs"));
            return Vec::new();
        };
        let mut addresses = Vec::new();
        for value in values {
            let Some(text) = self.value::<String>(value, path) else { continue };
            match Address::parse(&text) {
                Ok(address) if addresses.contains(&address) => {
                    self.error(value.span(), format_args!("`{path}`: {text:?} appears twice"));
                }
                Ok(address) => addresses.push(address),
                Err(problem) => {
                    self.error(value.span(), format_args!("`{path}`: {text:?}: {problem}"));
                }
            }
        }
        addresses
    }

    fn tls(&mut self, root: &DeTable<'_>) -> Option<TlsFiles> {
        let table = self.table(root, "", "tls")?;
        self.refuse_unknown(table, "tls.", &["ca", "certificate", "key"], "setting");
        // A path is relative to the topology file.
        let folder = self.folder();
        let mut file = |key: &str| {
            let value = table.get(key)?;
            Some(folder.join(self.value::<String>(value, &format!("tls.{key}"))?))
        };
        let (ca, certificate, key) = (file("ca"), file("certificate"), file("key"));
        let place = root.get_key_value("tls").map(|(key, _)| key.span()).unwrap_or_default();
        let identity = match (certificate, key) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            (Some(_), None) => {
                self.error(place, "`tls.key` is missing: `tls.certificate` requires it");
                None
            }
            (None, Some(_)) => {
                self.error(place, "`tls.certificate` is missing: `tls.key` requires it");
                None
            }
        };
        if !cfg!(feature = "rustls") {
            let span = root.get_key_value("tls").map(|(key, _)| key.span()).unwrap_or_default();
            self.error(span, "`tls` requires the feature `rustls` of `wsgiservice-client`");
        }
        Some(TlsFiles { ca, identity })
    }

    fn host(&mut self, value: &Value<'_>, path: &str) -> Option<String> {
        let host = self.value::<String>(value, path)?;
        if host.parse::<http::uri::Authority>().is_err() || host.contains('@') {
            self.error(value.span(), format_args!("`{path}`: {host:?} is not a host"));
            return None;
        }
        Some(host)
    }

    fn target(&mut self, value: &Value<'_>, path: &str) -> Option<String> {
        let target = self.value::<String>(value, path)?;
        if !target.starts_with('/') || http::uri::PathAndQuery::try_from(&*target).is_err() {
            self.error(value.span(), format_args!("`{path}`: {target:?} is not a path"));
            return None;
        }
        Some(target)
    }

    /// A name as DNS allows it, since a service is a host.
    fn check_name(&mut self, place: Range<usize>, path: &str, name: &str) {
        let is_valid =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !name.bytes().all(is_valid) || name.is_empty() || name.len() > 63 {
            let message = "a name has 1 to 63 lowercase letters, digits and hyphens";
            self.error(place, format_args!("`{path}`: {message}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
version = 1
local_cluster = "c1"
[defaults]
timeout_ms = 500
attempts = 2
[clusters.c1]
weight = 2
distance = { c2 = 20 }
[clusters.c2]
[services.cluster]
global = ["http://10.0.0.10:8100"]
[services.label]
timeout_ms = 900
idempotency_keys = true
data = true
c1 = ["http://10.0.1.5:8104", "unix:/run/label.sock"]
"#;

    fn errors(text: &str) -> String {
        read("t.toml", text, None).expect_err("mistakes").join("\n")
    }

    fn changed(from: &str, to: &str) -> String {
        assert!(GOOD.contains(from), "{from}");
        errors(&GOOD.replace(from, to))
    }

    #[test]
    fn a_service_has_the_defaults_that_it_does_not_replace() {
        let topology = read("t.toml", GOOD, None).expect("a topology");
        let [cluster, label] = ["cluster", "label"].map(|name| &topology.services[name]);
        assert_eq!(cluster.timeouts.call, Duration::from_millis(500));
        assert_eq!(label.timeouts.call, Duration::from_millis(900));
        assert_eq!((label.attempts, label.idempotency_keys, label.data), (2, true, true));
        assert_eq!(topology.clusters["c1"].distance["c2"], 20.0);
        assert_eq!(topology.data_services().collect::<Vec<_>>(), ["label"]);
    }

    #[test]
    fn the_environment_names_another_local_cluster() {
        let topology = read("t.toml", GOOD, Some("c2")).expect("a topology");
        assert_eq!(topology.local_cluster, "c2");
        assert_eq!(
            read("t.toml", GOOD, Some("c9")).expect_err("a mistake"),
            [
                "t.toml:1:1: environment variable WSGISERVICE_CLUSTER: unknown cluster `c9`; did you mean `c1`?"
            ]
        );
    }

    #[test]
    fn a_mistake_has_its_line_its_column_its_key_and_the_nearest_right_key() {
        for (from, to, expected) in [
            ("version = 1", "version = 2", "2:11: `version`: expected 1"),
            ("version = 1", "", "1:1: `version` is missing: write `version = 1`"),
            ("\"c1\"", "\"c3\"", "3:17: `local_cluster`: unknown cluster `c3`; did you mean `c1`?"),
            (
                "[defaults]",
                "[default]",
                "4:2: `default`: unknown table or setting `default`; did you mean `defaults`?",
            ),
            (
                "timeout_ms = 500",
                "timeout = 500",
                "5:1: `defaults.timeout`: unknown setting `timeout`, expected one of `attempt_timeout_ms`, `attempts`, `connect_timeout_ms`, `idempotency_keys`, `timeout_ms`",
            ),
            (
                "timeout_ms = 500",
                "timeout_ms = 0",
                "5:14: `defaults.timeout_ms`: expected at least 1",
            ),
            (
                "attempts = 2",
                "attempts = \"2\"",
                "6:12: `defaults.attempts`: invalid type: string \"2\", expected u64",
            ),
            ("weight = 2", "weight = -2", "8:10: `clusters.c1.weight`: expected a number from 0"),
            (
                "{ c2 = 20 }",
                "{ c3 = 20 }",
                "9:14: `clusters.c1.distance.c3`: unknown cluster `c3`; did you mean `c1`?",
            ),
            (
                "[services.label]",
                "[services.Label]",
                "13:11: `services.Label`: a name has 1 to 63 lowercase letters, digits and hyphens",
            ),
            (
                "data = true",
                "dato = true",
                "16:1: `services.label.dato`: unknown cluster or setting `dato`; did you mean `data`?",
            ),
            ("data = true", "host = \"a b\"", "16:8: `services.label.host`: \"a b\" is not a host"),
            (
                "data = true",
                "health = \"ready\"",
                "16:10: `services.label.health`: \"ready\" is not a path",
            ),
            (
                "unix:/run",
                "unix:run",
                "17:31: `services.label.c1`: \"unix:run/label.sock\": the path of a socket must be absolute: `unix:/…`",
            ),
            (
                "unix:/run/label.sock",
                "http://10.0.1.5:8104",
                "17:31: `services.label.c1`: \"http://10.0.1.5:8104\" appears twice",
            ),
            (
                "data = true",
                "global = []",
                "16:10: `services.label.global` is for all clusters: a service has either `global` or clusters",
            ),
            (
                "[clusters.c2]",
                "[clusters.c2]\n[clusters.data]",
                "11:11: `clusters.data`: the name is a setting of services",
            ),
        ] {
            assert_eq!(changed(from, to), format!("t.toml:{expected}"));
        }
    }

    #[test]
    fn all_mistakes_are_reported_at_once_in_their_order() {
        let text = GOOD
            .replace("data = true", "dato = true")
            .replace("timeout_ms = 900", "timeout_ms = 0");
        let errors = errors(&text);
        let lines: Vec<_> = errors.lines().map(|line| line.split(' ').next()).collect();
        assert_eq!(lines, [Some("t.toml:14:14:"), Some("t.toml:16:1:")]);
    }

    #[test]
    fn a_file_without_clusters_is_refused() {
        assert_eq!(
            errors(""),
            "t.toml:1:1: `version` is missing: write `version = 1`\n\
             t.toml:1:1: `clusters` is missing: write a table such as `[clusters.c1]`"
        );
        assert_eq!(
            errors("version = 1\n[clusters]"),
            "t.toml:2:2: `clusters` is empty: write a table such as `[clusters.c1]`"
        );
    }

    #[test]
    fn what_is_not_toml_is_refused() {
        assert!(errors("version = ").starts_with("t.toml:1:"));
    }
}
