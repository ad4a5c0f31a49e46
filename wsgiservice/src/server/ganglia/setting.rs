//! The setting that says where the statistics are sent.

use std::str::FromStr;

use http::uri::Authority;

use super::channel::{Channel, PORT};

/// Where the statistics of a service are sent for Ganglia: the address of a gmond, or nowhere.
///
/// ```
/// use wsgiservice::server::{Ganglia, Settings};
///
/// let mut settings = Settings::new(([0, 0, 0, 0], 80));
/// settings.ganglia = Some("udp://gmond.example:8649".parse()?);
/// settings.ganglia = Some(Ganglia::off());
/// assert_eq!("off".parse(), Ok(Ganglia::off()));
/// # Ok::<_, wsgiservice::server::InvalidGanglia>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct Ganglia(Option<(String, u16)>);

impl Ganglia {
    /// Returns the setting that sends nothing, even if the machine has a gmond.
    #[must_use]
    pub fn off() -> Self {
        Self(None)
    }

    pub(super) fn channel(self) -> Option<Channel> {
        self.0.map(|(host, port)| Channel::new(&host, port, 1))
    }
}

impl FromStr for Ganglia {
    type Err = InvalidGanglia;

    fn from_str(text: &str) -> Result<Self, InvalidGanglia> {
        if text == "off" {
            return Ok(Self::off());
        }
        let address = text.strip_prefix("udp://").ok_or(InvalidGanglia)?;
        let authority: Authority = address.parse().map_err(|_| InvalidGanglia)?;
        let host = Some(authority.host()).filter(|host| !host.is_empty()).ok_or(InvalidGanglia)?;
        let port = match authority.as_str().strip_prefix(host).ok_or(InvalidGanglia)? {
            "" => Some(PORT),
            port => port.strip_prefix(':').and_then(|port| port.parse().ok()),
        };
        let port = port.filter(|port| *port > 0).ok_or(InvalidGanglia)?;
        Ok(Self(Some((host.trim_matches(['[', ']']).to_owned(), port))))
    }
}

impl TryFrom<String> for Ganglia {
    type Error = InvalidGanglia;

    fn try_from(text: String) -> Result<Self, InvalidGanglia> {
        text.parse()
    }
}

/// The error for text that is not a [`Ganglia`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an address, for example udp://127.0.0.1:8649, or off")]
#[non_exhaustive]
pub struct InvalidGanglia;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_perhaps_a_port() {
        for (text, host, port) in [
            ("udp://gmond.example", "gmond.example", 8649),
            ("udp://239.2.11.71:8650", "239.2.11.71", 8650),
            ("udp://[::1]:1", "::1", 1),
            ("udp://[::1]", "::1", 8649),
        ] {
            assert_eq!(text.parse(), Ok(Ganglia(Some((host.to_owned(), port)))), "{text}");
        }
        assert_eq!("off".parse(), Ok(Ganglia::off()));
    }

    #[test]
    fn all_else_is_refused() {
        for text in [
            "",
            "on",
            "OFF",
            "udp:",
            "udp://",
            "udp://:8649",
            "udp://a:",
            "udp://a:0",
            "udp://a:65536",
            "udp://a:b",
            "udp://a/",
            "udp://a/b",
            "udp://a b",
            "udp://user@a",
            "tcp://a:8649",
            "a:8649",
        ] {
            assert_eq!(text.parse::<Ganglia>(), Err(InvalidGanglia), "{text}");
        }
    }
}
