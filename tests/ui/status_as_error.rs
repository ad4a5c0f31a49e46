use http::StatusCode;
use wsgiservice::{mount, resource};

#[mount("/documents/{id}")]
struct Document;

#[resource]
impl Document {
    async fn get(&self, id: u32) -> Result<u32, StatusCode> {
        if id == 0 { Err(StatusCode::NOT_FOUND) } else { Ok(id) }
    }

    async fn put(&self, id: u32) -> Result<u32, StatusCode> {
        Ok(id)
    }
}

fn main() {}
