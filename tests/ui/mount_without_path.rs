use wsgiservice::{mount, resource};

#[mount]
struct Documents;

#[resource]
impl Documents {
    async fn get(&self) -> u32 {
        1
    }
}

fn main() {}
