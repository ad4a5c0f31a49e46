use wsgiservice::{mount, resource};

#[mount("/")]
struct Documents;

#[resource]
impl Documents {
    fn post(&self, one: wsgiservice::Content<u32>, other: wsgiservice::Content<u32>) -> u32 {
        one.into_inner() + other.into_inner()
    }
}

fn main() {}
