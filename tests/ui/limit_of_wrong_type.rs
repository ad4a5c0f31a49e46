// 3 mistakes
use wsgiservice::{mount, resource};

#[mount("/")]
struct Document;

const SECONDS: u32 = 5;

#[resource]
impl Document {
    #[limit(content = 5_u64)]
    fn post(&self) -> bool {
        true
    }

    #[limit(time = SECONDS)]
    fn get(&self) -> bool {
        true
    }

    #[limit(concurrency = 5_u64)]
    fn put(&self) -> bool {
        true
    }
}

fn main() {}
