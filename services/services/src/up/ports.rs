//! Ports that stay the same from one `services up` to the next.

use std::{
    fs, io,
    net::{Ipv4Addr, TcpListener},
    path::Path,
    thread,
    time::{Duration, Instant},
};

use toml::Table;
use wsgiservice::{Error, Result};

/// The port after the last new one: systems give those from here on to outgoing connections. One of these would otherwise take
/// the port of a service that is being started again.
const END: u16 = 32_768;

/// How long to wait for ports that are not free: the services of an `up` that was killed are just ending.
const PATIENCE: Duration = Duration::from_secs(5);

/// The ports of an earlier topology, and those that were chosen, which are taken until this is dropped.
#[derive(Debug)]
pub(super) struct Ports {
    services: Table,
    taken: Vec<TcpListener>,
    deadline: Instant,
    next: u16,
}

impl Ports {
    /// The ports of this topology, if there is one; new ones are looked for from `first` on.
    ///
    /// # Errors
    /// If the file cannot be read, or is not TOML.
    pub(super) fn of(topology: &Path, first: u16) -> Result<Self> {
        let text = match fs::read_to_string(topology) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            text => text?,
        };
        let table = text.parse::<Table>().map_err(|error| {
            let file = topology.display();
            Error::new(format!("cannot read {file}, remove it for new ports: {error}"))
        })?;
        let services = table.get("services").and_then(|it| it.as_table()).cloned();
        Ok(Self {
            services: services.unwrap_or_default(),
            taken: Vec::new(),
            deadline: Instant::now() + PATIENCE,
            next: first,
        })
    }

    /// The port that a service has had, if it is free, or else 0.
    pub(super) fn kept(&mut self, service: &str, place: &str) -> u16 {
        let urls = self.services.get(service).and_then(|it| it.get(place));
        let url = urls.and_then(|it| it.get(0)).and_then(|it| it.as_str()).unwrap_or_default();
        let port = url.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or(0);
        if port == 0 {
            return 0;
        }
        while !self.take(port) {
            if Instant::now() > self.deadline {
                return 0;
            }
            thread::sleep(Duration::from_millis(20));
        }
        port
    }

    /// A port that is free.
    ///
    /// # Errors
    /// If there is none.
    pub(super) fn free(&mut self) -> io::Result<u16> {
        let port = (self.next..END).find(|port| self.take(*port));
        let message = format!("no port from {} to {} is free", self.next, END - 1);
        let port = port.ok_or_else(|| io::Error::new(io::ErrorKind::AddrInUse, message))?;
        self.next = port + 1;
        Ok(port)
    }

    fn take(&mut self, port: u16) -> bool {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port));
        let is_free = listener.is_ok();
        self.taken.extend(listener);
        is_free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_kept_and_new_ones_are_others() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("topology.toml");
        let port =
            Ports::of(&file, 20_000).and_then(|mut ports| Ok(ports.free()?)).expect("a port");
        let text = format!("[services.a]\nc1 = ['http://127.0.0.1:{port}']");
        fs::write(&file, text).expect("a file");
        let mut ports = Ports::of(&file, port).expect("ports");
        assert_eq!(["a", "b"].map(|name| ports.kept(name, "c1")), [port, 0]);
        assert_eq!(ports.kept("a", "c2"), 0);
        assert_ne!(ports.free().expect("a port"), port);
        ports.deadline = Instant::now();
        assert_eq!(ports.kept("a", "c1"), 0, "it is taken");
    }

    #[test]
    fn a_file_that_is_not_toml_is_not_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("topology.toml");
        fs::write(&file, "version = ").expect("a file");
        let error = Ports::of(&file, 1).expect_err("a mistake").to_string();
        assert!(error.contains("topology.toml, remove it for new ports: "), "{error}");
    }
}
