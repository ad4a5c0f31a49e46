use std::error::Error;

use wsgiservice::{mount, resource};

#[mount("/documents/{id}")]
struct Document;

#[resource]
impl Document {
    async fn get(&self, id: u32) -> Result<String, Box<dyn Error>> {
        Ok(std::fs::read_to_string(id.to_string())?)
    }
}

fn main() {}
