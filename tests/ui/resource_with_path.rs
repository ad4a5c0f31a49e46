use wsgiservice::{mount, resource};

#[mount("/documents")]
struct Documents;

#[resource("/documents")]
impl Documents {
    async fn get(&self) -> u32 {
        1
    }
}

fn main() {}
