// 3 mistakes
use wsgiservice::{mount, resource};

#[mount("/document/{id}")]
struct Document;

#[resource]
impl Document {
    fn authorize(&self) -> bool {
        true
    }

    fn exists(&self) -> Option<bool> {
        Some(true)
    }

    async fn etag(&self) -> Option<String> {
        None
    }

    fn get(&self, id: u32) -> u32 {
        id
    }
}

fn main() {}
