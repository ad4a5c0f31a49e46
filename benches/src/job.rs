//! The job of all programs: requests for the countries of addresses, spread over the whole table.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use tor_geoip::GeoipDb;

use crate::client::Client;

/// The number of targets.
///
/// Of 100 targets, 97 are known addresses, 2 are unknown addresses, and 1 is not an address.
const TARGETS: usize = 1_000;

/// The targets, the same in every run.
pub(crate) fn targets() -> Vec<String> {
    let mut random = Random { state: 0x1234_5678_9abc_def1, table: &GeoipDb::new_embedded() };
    (0..TARGETS).map(|position| random.target(position)).collect()
}

/// A script for wrk that sends a client's requests for the targets in turn, `depth` of them at once.
pub(crate) fn wrk_script(client: Client, targets: &[String], depth: usize) -> String {
    // Repeated, so that each target occurs equally often even if `depth` does not divide their number.
    let requests: Vec<String> = targets.iter().map(|target| client.request(target)).collect();
    let all: Vec<&str> =
        requests.iter().map(String::as_str).cycle().take(requests.len() * depth).collect();
    let batches: String =
        all.chunks(depth).map(|batch| format!("  {:?},\n", batch.concat())).collect();
    format!(
        "local batches = {{\n{batches}}}\nlocal position = 0\n\nfunction request()\n  \
         position = position % #batches + 1\n  return batches[position]\nend\n"
    )
}

/// A pseudorandom sequence that is the same in every run (Marsaglia's xorshift64).
struct Random<'a> {
    state: u64,
    table: &'a GeoipDb,
}

impl Random<'_> {
    fn target(&mut self, position: usize) -> String {
        match position % 100 {
            37 | 73 => format!("/1/{}", self.address(Self::ipv4, false)),
            99 => format!("/1/{}.{}", self.next() % 256, self.next() % 256),
            other if other % 4 == 0 => format!("/1/{}", self.address(Self::ipv6, true)),
            _ => format!("/1/{}", self.address(Self::ipv4, true)),
        }
    }

    /// A random address that is, or is not, in the table.
    fn address(&mut self, draw: fn(&mut Self) -> IpAddr, is_known: bool) -> IpAddr {
        loop {
            let address = draw(self);
            if self.table.lookup_country_code(address).is_some() == is_known {
                return address;
            }
        }
    }

    fn ipv4(&mut self) -> IpAddr {
        Ipv4Addr::from_bits(self.next() as u32).into()
    }

    /// An address in 2000::/3, which has all global unicast addresses.
    fn ipv6(&mut self) -> IpAddr {
        let bits = u128::from(self.next()) << 64 | u128::from(self.next());
        Ipv6Addr::from_bits(bits >> 3 | 1 << 125).into()
    }

    fn next(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        // The low bits of this generator are its weakest.
        self.state.rotate_left(32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_targets_have_the_documented_proportions() {
        let table = GeoipDb::new_embedded();
        let (mut known, mut unknown, mut invalid) = (0, 0, 0);
        for target in targets() {
            match target.trim_start_matches("/1/").parse::<IpAddr>() {
                Ok(address) if table.lookup_country_code(address).is_some() => known += 1,
                Ok(_) => unknown += 1,
                Err(_) => invalid += 1,
            }
        }
        assert_eq!([known, unknown, invalid], [970, 20, 10]);
    }

    #[test]
    fn a_script_has_each_target_equally_often() {
        let targets = ["/a", "/b", "/c"].map(str::to_owned);
        let script = wrk_script(Client::Curl, &targets, 2);
        let counts = targets.map(|target| script.matches(&format!("GET {target} ")).count());
        assert_eq!(counts, [2, 2, 2]);
    }
}
