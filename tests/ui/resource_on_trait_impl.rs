use wsgiservice::{mount, resource};

trait Service {
    fn get(&self) -> u32;
}

#[mount("/documents")]
struct Documents;

#[resource]
impl Service for Documents {
    fn get(&self) -> u32 {
        1
    }
}

fn main() {}
