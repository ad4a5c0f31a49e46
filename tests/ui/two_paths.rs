use wsgiservice::{mount, resource};

#[mount("/documents")]
#[mount("/files")]
struct Documents;

#[resource]
impl Documents {
    async fn get(&self) -> u32 {
        1
    }
}

fn main() {}
