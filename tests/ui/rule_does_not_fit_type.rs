// 9 mistakes
#![allow(unused_variables)]

use std::net::IpAddr;

use wsgiservice::{Parameter, mount, resource};

#[derive(Parameter)]
enum Order {
    Newest,
}

#[mount("/{ip}")]
#[validate(ip, range = 1..=9)]
#[validate(order, multiple_of = 2)]
struct Address;

#[resource]
impl Address {
    fn get(
        &self,
        ip: IpAddr,
        order: Option<Order>,
        #[validate(len = 1..=9)] count: u32,
        #[validate(re = "[0-9]+")] page: u32,
        #[validate(format = "uuid")] ratio: f64,
        #[validate(len = 1..)] agreed: bool,
        #[validate(range = 1..=10)] size: String,
        #[validate(multiple_of = 5)] step: Vec<String>,
        #[validate(format = "email")] other: Option<IpAddr>,
    ) -> Option<u32> {
        ip.is_ipv4().then_some(count)
    }
}

fn main() {}
