//! Tells Ganglia the statistics: to a gmond by UDP, in the format of gmond 3.1 and later.
//!
//! gmond shows only metrics whose metadata it has, and forgets them when it restarts. So the metadata are sent again and again,
//! since a sender never hears that gmond asks for them. Nothing of this is on the path of a request.

mod channel;
mod gauges;
mod gmond_conf;
mod names;
mod packet;
mod setting;

use std::{path::Path, sync::Arc, time::Duration};

use futures_util::future::join_all;
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};

pub use self::setting::{Ganglia, InvalidGanglia};
use self::{channel::Channel, gauges::Counted, names::Names};
use crate::statistics::Statistics;

/// The time between two values of a metric.
const INTERVAL: Duration = Duration::from_secs(15);

/// In every so many rounds, the metadata are sent: every 60 seconds.
const METADATA_ROUNDS: u32 = 4;

/// The settings of the gmond of this machine.
const GMOND_CONF: &str = "/etc/ganglia/gmond.conf";

/// Where the statistics are sent: as the setting says, or to where the gmond of this machine sends its own. A service on a port
/// that the system has chosen is not found there again, so it has to be told.
pub(crate) fn channels(setting: Option<Ganglia>, bind: std::net::SocketAddr) -> Vec<Channel> {
    match setting {
        Some(setting) => setting.channel().into_iter().collect(),
        None if bind.port() == 0 => Vec::new(),
        None => gmond_conf::channels_of(Path::new(GMOND_CONF)),
    }
}

/// Sends the statistics of a service that listens on this port until the tasks are dropped.
pub(crate) fn start(
    channels: Vec<Channel>,
    service: &str,
    port: u16,
    statistics: &Arc<Statistics>,
) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    if !channels.is_empty() {
        for channel in &channels {
            tracing::info!("statistics are sent to Ganglia at {channel}");
        }
        tasks.spawn(Sender::new(channels, service, port, Arc::clone(statistics)).run());
    }
    tasks
}

/// Sends the statistics of a service.
struct Sender {
    channels: Vec<Channel>,
    names: Names,
    statistics: Arc<Statistics>,
    /// What was counted at the last round.
    before: Counted,
    rounds: u32,
}

impl Sender {
    fn new(channels: Vec<Channel>, service: &str, port: u16, statistics: Arc<Statistics>) -> Self {
        let before = Counted::of(&statistics.snapshot());
        Self { channels, names: Names::new(service, port), statistics, before, rounds: 0 }
    }

    async fn run(mut self) {
        let mut interval = interval(INTERVAL);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            interval.tick().await;
            self.round().await;
        }
    }

    /// Sends the values, and the metadata before them if it is time, or if they could not be sent.
    async fn round(&mut self) {
        let now = Counted::of(&self.statistics.snapshot());
        let gauges = now.gauges_since(&self.before);
        self.before = now;
        let is_time = self.rounds.is_multiple_of(METADATA_ROUNDS);
        self.rounds = self.rounds.wrapping_add(1);
        let metrics = gauges.each_ref().map(|gauge| self.names.metric(gauge));
        let metadata: Vec<_> = metrics.iter().map(packet::Metric::metadata).collect();
        let values: Vec<_> =
            metrics.iter().zip(&gauges).map(|(metric, gauge)| metric.value(&gauge.value)).collect();
        // Side by side: the name of one may not be found for a long time.
        let channels = self.channels.iter_mut();
        join_all(channels.map(|channel| channel.send(&metadata, &values, is_time))).await;
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use engines::Gmond;

    use super::*;

    fn sender(port: u16) -> Sender {
        let channel = format!("udp://127.0.0.1:{port}").parse::<Ganglia>().expect("a setting");
        let channels = channels(Some(channel), ([127, 0, 0, 1], 0).into());
        Sender::new(channels, "geoip", 8102, Arc::default())
    }

    #[tokio::test]
    async fn metadata_come_first_and_again_every_fourth_round() {
        let gmond = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let mut sender = sender(gmond.local_addr().expect("an address").port());
        let mut kinds = Vec::new();
        for _ in 0..5 {
            sender.round().await;
            // On loopback, a message is there when it was sent.
            gmond.set_nonblocking(true).expect("a socket");
            let mut message = [0; 2000];
            let mut kinds_of_round = Vec::new();
            while let Ok(length) = gmond.recv(&mut message) {
                assert!(length <= packet::LONGEST);
                kinds_of_round.push(message[3]);
            }
            kinds.push(kinds_of_round);
        }
        let (metadata, value) = (vec![128; 6], vec![133; 6]);
        let both = [metadata, value.clone()].concat();
        assert_eq!(kinds, [both.clone(), value.clone(), value.clone(), value, both]);
        assert_eq!(INTERVAL * METADATA_ROUNDS, Duration::from_secs(60));
    }

    #[tokio::test]
    async fn gmond_shows_the_metrics_also_after_a_restart() {
        let Some(mut gmond) = Gmond::start() else { return };
        let mut sender = sender(gmond.port());
        sender.round().await;
        let all = ["requests_per_sec", "errors_per_sec", "p50_ms", "p90_ms", "p99_ms", "in_flight"];
        let all = all.map(|name| format!("geoip-8102.{name}"));
        let xml = gmond.xml_with(&all);
        let document = roxmltree::Document::parse_with_options(&xml, gmond_options());
        let document = document.expect("XML");
        let metric = document
            .descendants()
            .find(|node| node.attribute("NAME") == Some("geoip-8102.requests_per_sec"))
            .expect("a metric");
        let attributes = ["VAL", "TYPE", "UNITS", "TMAX", "DMAX", "SLOPE"];
        let attributes = attributes.map(|name| metric.attribute(name).expect("an attribute"));
        assert_eq!(attributes, ["0.000", "float", "requests/s", "60", "600", "both"]);
        assert!(xml.contains(r#"NAME="GROUP" VAL="geoip""#), "{xml}");

        gmond.restart();
        // As many as there are within the minute after it.
        for _ in 0..METADATA_ROUNDS {
            sender.round().await;
        }
        gmond.xml_with(&all);
    }

    fn gmond_options<'a>() -> roxmltree::ParsingOptions<'a> {
        roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() }
    }

    #[test]
    fn a_service_sends_to_where_its_setting_says() {
        let bind = ([127, 0, 0, 1], 0).into();
        assert!(channels(Some(Ganglia::off()), bind).is_empty());
        assert!(channels(None, bind).is_empty());
        let to = |text: &str| {
            channels(text.parse().ok(), bind).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(to("udp://gmond.example:8650"), ["udp://gmond.example:8650"]);
    }
}
