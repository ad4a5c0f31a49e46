use std::sync::Mutex;

use wsgiservice::{mount, resource};

#[mount("/counter")]
struct Counter {
    count: Mutex<u32>,
}

#[resource]
impl Counter {
    async fn post(&self) -> u32 {
        let mut count = self.count.lock().unwrap();
        std::future::ready(()).await;
        *count += 1;
        *count
    }
}

fn main() {}
