use http::HeaderMap;
use wsgiservice::{mount, resource};

#[mount("/")]
struct Documents;

#[resource]
impl Documents {
    fn get(&self, headers: HeaderMap) -> usize {
        headers.len()
    }
}

fn main() {}
