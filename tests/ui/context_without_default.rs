use garde::Validate;
use serde::Deserialize;
use wsgiservice::{Content, mount, resource};

struct Bounds {
    most: u32,
}

#[derive(Deserialize, Validate)]
#[garde(context(Bounds))]
struct Order {
    #[garde(custom(is_bounded))]
    quantity: u32,
}

fn is_bounded(quantity: &u32, bounds: &Bounds) -> garde::Result {
    if *quantity <= bounds.most { Ok(()) } else { Err(garde::Error::new("too many")) }
}

#[mount("/")]
struct Orders;

#[resource]
impl Orders {
    fn post(&self, content: Content<Order>) -> u32 {
        content.into_inner().quantity
    }
}

fn main() {}
