use wsgiservice::{mount, resource};

#[mount("/documents/{document_id}")]
struct Document;

#[resource]
impl Document {
    async fn get(&self, id: u32) -> u32 {
        id
    }
}

fn main() {}
