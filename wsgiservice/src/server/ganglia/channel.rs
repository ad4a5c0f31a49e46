//! Where messages are sent to.

use std::{
    fmt, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use tokio::{
    net::{UdpSocket, lookup_host},
    time::timeout,
};

/// The port of gmond.
pub(super) const PORT: u16 = 8649;

/// How long the look-up of a name may take: less than the time until the next round.
const LONGEST_LOOK_UP: Duration = Duration::from_secs(5);

/// A gmond, or a multicast group of them.
#[derive(Debug)]
pub(crate) struct Channel {
    host: String,
    port: u16,
    /// How many routers a message to a group may pass, and one more.
    ttl: u32,
    /// Where its name has led to. It is looked up again when the metadata are sent.
    open: Option<(UdpSocket, SocketAddr)>,
    /// Whether the last messages could not be sent.
    has_failed: bool,
}

impl Channel {
    pub(super) fn new(host: &str, port: u16, ttl: u32) -> Self {
        Self { host: host.to_owned(), port, ttl, open: None, has_failed: false }
    }

    /// Sends the values; the metadata before them if it is time, or if there is no socket yet. What cannot be sent is lost.
    pub(super) async fn send(&mut self, metadata: &[Vec<u8>], values: &[Vec<u8>], is_time: bool) {
        let sent = self.try_send(metadata, values, is_time).await;
        if let Err(error) = &sent {
            self.open = None;
            // Once, and not every 15 seconds.
            match self.has_failed {
                true => tracing::debug!(%error, "statistics cannot be sent to Ganglia at {self}"),
                false => tracing::warn!(%error, "statistics cannot be sent to Ganglia at {self}"),
            }
        }
        self.has_failed = sent.is_err();
    }

    async fn try_send(
        &mut self,
        metadata: &[Vec<u8>],
        values: &[Vec<u8>],
        is_time: bool,
    ) -> io::Result<()> {
        let open = self.open.take().filter(|_| !is_time);
        let metadata = if open.is_some() { &[] } else { metadata };
        let (socket, address) = match open {
            Some(open) => open,
            None => self.opened().await?,
        };
        // Not connected: that of a gmond which is gone would refuse the first message to the next one.
        for message in metadata.iter().chain(values) {
            socket.send_to(message, address).await?;
        }
        self.open = Some((socket, address));
        Ok(())
    }

    async fn opened(&self) -> io::Result<(UdpSocket, SocketAddr)> {
        let found = timeout(LONGEST_LOOK_UP, lookup_host((self.host.as_str(), self.port)));
        let found: Vec<_> = found.await.map_err(io::Error::from)??.collect();
        // gmond listens on IPv4 unless it is told otherwise.
        let address = found.iter().find(|address| address.is_ipv4()).or(found.first()).copied();
        let address = address.ok_or_else(|| io::Error::other("the name has no address"))?;
        let any: IpAddr = match address {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let socket = UdpSocket::bind((any, 0)).await?;
        if address.is_ipv4() {
            socket.set_multicast_ttl_v4(self.ttl)?;
        }
        Ok((socket, address))
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, .. } = self;
        match host.contains(':') {
            true => write!(formatter, "udp://[{host}]:{port}"),
            false => write!(formatter, "udp://{host}:{port}"),
        }
    }
}

#[cfg(test)]
impl PartialEq for Channel {
    fn eq(&self, other: &Self) -> bool {
        (&self.host, self.port, self.ttl) == (&other.host, other.port, other.ttl)
    }
}
