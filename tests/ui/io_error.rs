use wsgiservice::{mount, resource};

#[mount("/documents/{id}")]
struct Document;

#[resource]
impl Document {
    async fn get(&self, id: u32) -> Result<String, std::io::Error> {
        std::fs::read_to_string(id.to_string())
    }
}

fn main() {}
