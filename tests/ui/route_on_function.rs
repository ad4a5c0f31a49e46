use wsgiservice::{mount, resource};

#[mount("/documents")]
struct Documents;

#[resource]
impl Documents {
    #[get("/{id}")]
    async fn list(&self, id: u32) -> u32 {
        id
    }
}

fn main() {}
