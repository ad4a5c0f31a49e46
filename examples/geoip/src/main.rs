//! Looks up the country of an IP address.

fn main() -> wsgiservice::Result<()> {
    wsgiservice::run(geoip::application)
}
