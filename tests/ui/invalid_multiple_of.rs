// 4 mistakes
use std::net::IpAddr;

use wsgiservice::{mount, resource};

#[mount("/")]
struct Prices;

#[resource]
impl Prices {
    fn get(
        &self,
        #[validate(multiple_of = 0)] zero: u32,
        #[validate(multiple_of = "five")] word: u32,
        #[validate(multiple_of = 5, default = 12)] default: u32,
    ) -> u32 {
        default
    }
}

#[mount("/other")]
struct Other;

#[resource]
impl Other {
    fn get(&self, #[validate(multiple_of = 5)] ip: IpAddr) -> bool {
        ip.is_ipv4()
    }
}

fn main() {}
