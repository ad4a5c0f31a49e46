// 6 mistakes
#![allow(unused_variables)]

use wsgiservice::{Parameter, mount, resource};

#[derive(Parameter)]
enum Order {
    Newest,
}

#[mount("/")]
#[validate(count, one_of = ["1", "a", "b"])]
struct Numbers;

#[resource]
impl Numbers {
    fn get(
        &self,
        count: u32,
        #[validate(one_of = ["1", "256"])] byte: Option<u8>,
        #[validate(one_of = ["0.5", "1e3", "NaN"])] ratio: f64,
        #[validate(one_of = ["true", "yes"])] agreed: bool,
        #[validate(one_of = ["newest", "oldest"])] order: Order,
        #[validate(one_of = ["1", "a"])] text: String,
    ) -> u32 {
        count
    }
}

fn main() {}
