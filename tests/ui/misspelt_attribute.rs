use wsgiservice::{mount, resource};

#[mont("/documents")]
struct Documents;

#[resource]
impl Documents {
    async fn get(&self) -> u32 {
        1
    }
}

fn main() {}
