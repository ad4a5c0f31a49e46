// 3 mistakes
use wsgiservice::{mount, resource};

#[mount("/")]
struct Greeting;

#[resource]
impl Greeting {
    fn get(&self, #[from(header = "Accept Language")] language: String) -> String {
        language
    }

    #[expires(days = 1, vary = ["Accept:"])]
    fn put(&self) -> u32 {
        1
    }
}

fn main() {}
