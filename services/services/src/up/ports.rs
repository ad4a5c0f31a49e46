//! Ports that stay the same from one `services up` to the next.

use std::{
    collections::BTreeSet,
    io,
    net::{Ipv4Addr, TcpListener},
    thread,
    time::{Duration, Instant},
};

/// The port after the last new one: systems give those from here on to outgoing connections. One of these would otherwise take
/// the port of a service that is being started again.
const END: u16 = 32_768;

/// How long to wait for ports that are not free: the services of an `up` that was killed are just ending.
const PATIENCE: Duration = Duration::from_secs(5);

/// The ports that were chosen, which are taken until this is dropped.
#[derive(Debug)]
pub(super) struct Ports {
    /// Those that are no new ones: the services that have them need not run now.
    reserved: BTreeSet<u16>,
    taken: Vec<TcpListener>,
    deadline: Instant,
    next: u16,
}

impl Ports {
    /// New ports are looked for from `first` on.
    pub(super) fn new(first: u16, reserved: BTreeSet<u16>) -> Self {
        Self { reserved, taken: Vec::new(), deadline: Instant::now() + PATIENCE, next: first }
    }

    /// The port that a service has had, if it is free, or else 0.
    pub(super) fn kept(&mut self, port: u16) -> u16 {
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
        let port = (self.next..END).find(|port| !self.reserved.contains(port) && self.take(*port));
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
        let port = Ports::new(20_000, BTreeSet::new()).free().expect("a port");
        let mut ports = Ports::new(port, BTreeSet::from([port + 1]));
        assert_eq!(ports.kept(port), port);
        assert!(ports.free().expect("a port") > port + 1);
        ports.deadline = Instant::now();
        assert_eq!(ports.kept(port), 0, "it is taken");
    }
}
