use std::net::IpAddr;

use wsgiservice::{mount, resource};

#[mount("/{ip}")]
#[validate(ip, range = 1..=9)]
struct Address;

#[resource]
impl Address {
    fn get(&self, ip: IpAddr, #[validate(len = 1..=9)] count: u32) -> Option<u32> {
        ip.is_ipv4().then_some(count)
    }
}

fn main() {}
