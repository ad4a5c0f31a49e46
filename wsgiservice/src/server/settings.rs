//! The settings of a server.

use std::net::SocketAddr;

#[cfg(feature = "otlp")]
use super::log::Collector;
use super::{
    ganglia::Ganglia,
    log::{LogFilter, LogFormat},
};
#[cfg(feature = "command-line")]
use crate::http::network::InvalidNetwork;
use crate::{http::network::Network, limits::Limits};

/// The settings of a server.
///
/// ```
/// use wsgiservice::server::Settings;
///
/// assert_eq!(Settings::default().bind.to_string(), "127.0.0.1:8001");
/// ```
///
/// With the feature `command-line`, [`run`](fn@crate::run) and [`Application::run`](crate::Application::run) read them from a
/// file, the environment and flags: see [`Settings`](trait@crate::Settings). A program that sets everything itself passes them to
/// [`run_with`](crate::run_with).
#[derive(Clone, Debug)]
#[cfg_attr(
    feature = "command-line",
    derive(wsgiservice_macros::Settings),
    setting(crate = crate)
)]
#[non_exhaustive]
pub struct Settings {
    /// Address and port to listen on, for example 0.0.0.0:80; port 0 picks a free port.
    #[cfg_attr(
        feature = "command-line",
        setting(default = "127.0.0.1:8001", value_name = "ADDRESS")
    )]
    pub bind: SocketAddr,

    /// How work is distributed among the cores.
    #[cfg_attr(feature = "command-line", setting(default = "per-core"))]
    pub runtime: Runtime,

    /// Path that a proxy removes from the targets of clients, for example /api.
    #[cfg_attr(feature = "command-line", setting(value_name = "PATH"))]
    pub base: Option<String>,

    /// Addresses or networks of clients that may read `/_internal/`, and of proxies whose `X-Forwarded-Prefix` and
    /// `X-Request-Id` are believed,
    /// for example 10.0.0.0/8, or none; by default those of this host, or those that the application trusts.
    #[cfg_attr(feature = "command-line", setting(value_name = "NETWORKS", from = Networks))]
    pub trusted: Option<Vec<Network>>,

    /// Names by which clients reach the service on a loopback address, beside localhost and its own name, for example
    /// api.example.
    #[cfg_attr(feature = "command-line", setting(value_name = "NAME", from = Hosts))]
    pub hosts: Option<Vec<String>>,

    /// Where the statistics are sent for Ganglia, for example udp://gmond.example:8649, or off; by default to where the gmond
    /// of this machine sends its own.
    #[cfg_attr(feature = "command-line", setting(value_name = "ADDRESS"))]
    pub ganglia: Option<Ganglia>,

    /// What is logged: a level, or levels by target, for example info or warn,hyper=debug.
    #[cfg_attr(feature = "command-line", setting(default = "info", value_name = "FILTER"))]
    pub log: LogFilter,

    /// How the lines of the log are written.
    #[cfg_attr(feature = "command-line", setting(default = "text"))]
    pub log_format: LogFormat,

    /// The collector that spans of requests and calls are sent to by OTLP, for example `http://127.0.0.1:4318`.
    #[cfg(feature = "otlp")]
    #[cfg_attr(feature = "command-line", setting(value_name = "ADDRESS"))]
    pub otlp: Option<Collector>,

    /// What a client may use; by default as the application says.
    ///
    /// In a file, each limit replaces that of the application on its own.
    #[cfg_attr(feature = "command-line", setting(table))]
    pub limits: Option<Limits>,
}

/// How the work of a service is distributed among the cores.
///
/// ```
/// use wsgiservice::server::Runtime;
///
/// assert_eq!(Runtime::default(), Runtime::PerCore);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "command-line", derive(serde::Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Runtime {
    /// Idle cores take work from busy ones; for methods that compute for a long time or block in place.
    Shared,
    /// Each core serves its own connections. This has less overhead, but a method that computes for a long time delays all
    /// connections of its core; run such work in `tokio::task::spawn_blocking`.
    #[default]
    PerCore,
}

/// Networks in settings: a list, or a text in which commas are between them, or `none`.
#[cfg(feature = "command-line")]
#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Networks(Option<NetworkList>);

#[cfg(feature = "command-line")]
#[derive(serde::Deserialize)]
#[serde(try_from = "NetworkTexts")]
struct NetworkList(Vec<Network>);

#[cfg(feature = "command-line")]
#[derive(serde::Deserialize)]
#[serde(
    untagged,
    expecting = "expected a list of networks, for example [\"10.0.0.0/8\"], or text with commas between them"
)]
enum NetworkTexts {
    Text(String),
    List(Vec<String>),
}

#[cfg(feature = "command-line")]
impl From<Networks> for Option<Vec<Network>> {
    fn from(networks: Networks) -> Self {
        networks.0.map(|list| list.0)
    }
}

#[cfg(feature = "command-line")]
impl TryFrom<NetworkTexts> for NetworkList {
    type Error = InvalidNetwork;

    fn try_from(texts: NetworkTexts) -> Result<Self, InvalidNetwork> {
        let networks: Result<_, _> = match &texts {
            NetworkTexts::Text(text) if text == "none" => Ok(Vec::new()),
            NetworkTexts::Text(text) => text.split(',').map(|it| it.trim().parse()).collect(),
            NetworkTexts::List(texts) => texts.iter().map(|text| text.parse()).collect(),
        };
        networks.map(Self)
    }
}

/// Names of hosts in settings.
#[cfg(feature = "command-line")]
#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Hosts(Option<Vec<HostName>>);

#[cfg(feature = "command-line")]
#[derive(serde::Deserialize)]
#[serde(try_from = "String")]
struct HostName(String);

#[cfg(feature = "command-line")]
impl From<Hosts> for Option<Vec<String>> {
    fn from(hosts: Hosts) -> Self {
        hosts.0.map(|names| names.into_iter().map(|name| name.0).collect())
    }
}

#[cfg(feature = "command-line")]
impl TryFrom<String> for HostName {
    type Error = &'static str;

    /// A scheme, a port or a wildcard would make it a name that no request has.
    fn try_from(name: String) -> Result<Self, Self::Error> {
        let is_in_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        match !name.is_empty() && name.bytes().all(is_in_name) {
            true => Ok(Self(name)),
            false => Err("expected the name of a host, without a port, for example api.example"),
        }
    }
}

impl Settings {
    /// Creates the default settings, listening on `bind`; port 0 picks a free port.
    ///
    /// ```
    /// # fn main() -> Result<(), wsgiservice::server::InvalidNetwork> {
    /// use wsgiservice::server::Settings;
    ///
    /// let mut settings = Settings::new(([0, 0, 0, 0], 80));
    /// settings.trusted = Some(vec!["10.0.0.0/8".parse()?]);
    /// assert_eq!(settings.bind.to_string(), "0.0.0.0:80");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn new(bind: impl Into<SocketAddr>) -> Self {
        Self {
            bind: bind.into(),
            runtime: Runtime::default(),
            base: None,
            trusted: None,
            hosts: None,
            ganglia: None,
            log: LogFilter::default(),
            log_format: LogFormat::default(),
            #[cfg(feature = "otlp")]
            otlp: None,
            limits: None,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::new(([127, 0, 0, 1], 8001))
    }
}

#[cfg(all(test, feature = "command-line"))]
mod tests {
    use super::*;
    use crate::settings::Values;

    #[test]
    fn the_defaults_of_the_settings_are_those_of_the_type() {
        let read = Values::defaults_of::<Settings>().expect("settings");
        assert_eq!(format!("{read:?}"), format!("{:?}", Settings::default()));
    }
}
