//! Looks up the country of an address, in the data that tor-geoip embeds or in a MaxMind file.

use std::{fmt, net::IpAddr, path::PathBuf, sync::Arc, time::Duration};

use maxminddb::{MaxMindDbError, Reader, path};
use tor_geoip::GeoipDb;
use wsgiservice::health::Health;

/// How old a MaxMind database may be: there is a new one each week.
const OLD: Duration = Duration::from_hours(90 * 24);

/// A database of countries.
#[derive(Clone)]
pub(crate) struct GeoIp(Arc<Database>);

enum Database {
    Embedded(Arc<GeoipDb>),
    MaxMind(Reader<Vec<u8>>),
}

/// A database that cannot be read.
#[derive(Debug)]
struct Unreadable {
    file: PathBuf,
    cause: MaxMindDbError,
}

impl GeoIp {
    /// The embedded database.
    pub(crate) fn embedded() -> Self {
        Self(Arc::new(Database::Embedded(GeoipDb::new_embedded())))
    }

    /// A MaxMind country database.
    pub(crate) fn open(file: PathBuf) -> wsgiservice::Result<Self> {
        match Reader::open_readfile(&file) {
            Ok(reader) => Ok(Self(Arc::new(Database::MaxMind(reader)))),
            Err(cause) => Err(wsgiservice::Error::new(Unreadable { file, cause })),
        }
    }

    /// Warns if a MaxMind database is old. The embedded one does not say when it was made.
    pub(crate) fn health(&self) -> Health {
        match &*self.0 {
            Database::Embedded(_) => Health::Pass,
            Database::MaxMind(reader) => {
                let built = reader.metadata().build_time().ok();
                of_age(built.and_then(|built| built.elapsed().ok()).unwrap_or_default())
            }
        }
    }

    /// The ISO 3166 code of the country that an address is in.
    ///
    /// An IPv4-mapped IPv6 address is looked up as IPv4.
    pub(crate) fn country(&self, address: IpAddr) -> Option<String> {
        let address = address.to_canonical();
        match &*self.0 {
            Database::Embedded(database) => {
                Some(database.lookup_country_code(address)?.to_string())
            }
            Database::MaxMind(reader) => {
                let found = reader.lookup(address).ok()?;
                found.decode_path(&path!["country", "iso_code"]).ok()?
            }
        }
    }
}

fn of_age(age: Duration) -> Health {
    match age > OLD {
        true => Health::Warn(format!("the database is {} days old", age.as_secs() / 86_400)),
        false => Health::Pass,
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "cannot read {} as a MaxMind database", self.file.display())
    }
}

impl std::error::Error for Unreadable {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn country(address: &str) -> Option<String> {
        GeoIp::embedded().country(address.parse().expect("an address"))
    }

    #[test]
    fn an_ipv4_address_is_found() {
        assert_eq!(country("130.59.31.80").as_deref(), Some("CH"));
    }

    #[test]
    fn an_ipv6_address_is_found() {
        assert_eq!(country("2001:620::1").as_deref(), Some("CH"));
    }

    #[test]
    fn an_ipv4_mapped_address_is_looked_up_as_ipv4() {
        assert_eq!(country("::ffff:130.59.31.80").as_deref(), Some("CH"));
    }

    #[test]
    fn a_private_address_has_no_country() {
        assert_eq!(country("10.0.0.1"), None);
    }

    #[test]
    fn a_database_that_is_old_warns() {
        assert_eq!(GeoIp::embedded().health(), Health::Pass);
        assert_eq!(of_age(OLD), Health::Pass);
        let old = of_age(Duration::from_hours(100 * 24));
        assert_eq!(old, Health::Warn("the database is 100 days old".to_owned()));
    }

    #[test]
    fn an_invalid_database_file_is_named() {
        let error = GeoIp::open(PathBuf::from("Cargo.toml")).err().expect("unreadable");
        assert_eq!(error.to_string(), "cannot read Cargo.toml as a MaxMind database");
    }
}
