//! Looks up the country of an IP address.

mod database;

use std::{net::IpAddr, path::PathBuf};

use database::GeoIp;
use wsgiservice::{Application, BoxError, mount, resource};

/// Represents the GeoIP information of a single IP address.
#[mount("/1/{ip}", etag = auto)]
#[validate(ip, re = r"[0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")]
#[validate(ip, doc = "The IP address to look up.", example = "130.59.31.80")]
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

#[derive(serde::Serialize, schemars::JsonSchema)]
struct Country {
    country_code: String,
}

/// The settings of the service.
#[derive(Debug, wsgiservice::Settings)]
pub struct Settings {
    /// A MaxMind database (.mmdb) to use instead of the embedded one.
    #[setting(value_name = "FILE")]
    database: Option<PathBuf>,
}

/// Constructs the service.
///
/// # Errors
/// If the database cannot be read.
pub async fn application(settings: Settings) -> Result<Application, BoxError> {
    let geoip = settings.database.map_or_else(|| Ok(GeoIp::embedded()), GeoIp::open)?;
    let checked = geoip.clone();
    let application = Application::new("geoip").mount(IpResource { geoip });
    Ok(application.check("database", async move || checked.health()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_openapi_document_matches_its_snapshot() {
        let application = application(Settings { database: None }).await.expect("a service");
        wsgiservice::testing::assert_openapi(application, "openapi.json");
    }
}
