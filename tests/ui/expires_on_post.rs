// 2 mistakes
use wsgiservice::{mount, resource};

#[mount("/")]
struct Document;

#[resource]
impl Document {
    #[expires(days = 1)]
    fn post(&self) -> u32 {
        1
    }

    #[expires(days = 1)]
    fn put(&self) -> u32 {
        1
    }
}

fn main() {}
