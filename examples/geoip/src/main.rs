//! Answers in which country an IP address is.

mod database;

use std::{net::IpAddr, path::PathBuf};

use clap::Parser;
use database::GeoIp;
use schemars::JsonSchema;
use serde::Serialize;
use wsgiservice::{Application, Settings, mount, resource};

/// Represents the GeoIP information of a single IP address.
#[mount("/1/{ip}", etag = auto)]
#[validate(
    ip,
    re = r"[0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*",
    doc = "The IP address to look up.",
    example = "130.59.31.80"
)]
struct IpResource {
    geoip: GeoIp,
}

#[resource]
impl IpResource {
    /// Return the country code for the given IP address.
    #[expires(days = 365)]
    async fn get(&self, ip: IpAddr) -> Option<Country> {
        self.geoip.country(ip).map(|country_code| Country { country_code })
    }
}

#[derive(Serialize, JsonSchema)]
struct Country {
    country_code: String,
}

/// Answers in which country an IP address is.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// A MaxMind database (.mmdb) to use in place of the embedded one.
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
}

fn main() -> wsgiservice::Result<()> {
    let options = Options::parse();
    let geoip = options.database.map_or_else(|| Ok(GeoIp::embedded()), GeoIp::open)?;
    application(geoip).settings(options.settings).run()
}

fn application(geoip: GeoIp) -> Application {
    Application::new("geoip").mount(IpResource { geoip })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_its_clients_were_told() {
        wsgiservice::testing::assert_openapi(application(GeoIp::embedded()), "openapi.json");
    }
}
