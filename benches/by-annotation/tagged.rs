//! The same as `main.rs`, with an entity tag.

use std::{net::IpAddr, sync::Arc};

use tor_geoip::GeoipDb;
use wsgiservice::{Application, mount, resource, server::Settings};

/// Represents the GeoIP information of a single IP address.
#[mount("/1/{ip}", etag = auto)]
#[validate(ip, re = r"[0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")]
#[validate(ip, doc = "The IP address to look up.", example = "130.59.31.80")]
struct IpResource {
    geoip: Arc<GeoipDb>,
}

#[resource]
impl IpResource {
    /// Return the country code for the given IP address.
    #[expires(days = 365)]
    async fn get(&self, ip: IpAddr) -> Option<Country> {
        let country_code = self.geoip.lookup_country_code(ip.to_canonical())?.to_string();
        Some(Country { country_code })
    }
}

#[derive(serde::Serialize, schemars::JsonSchema)]
struct Country {
    country_code: String,
}

fn main() -> wsgiservice::Result<()> {
    let resource = IpResource { geoip: GeoipDb::new_embedded() };
    let mut settings = Settings::new(([127, 0, 0, 1], 0));
    settings.log = "warn".parse().map_err(wsgiservice::Error::new)?;
    Application::new("geoip").mount(resource).run_with(settings)
}
