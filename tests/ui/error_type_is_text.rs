// 2 mistakes
use wsgiservice::{EntityTag, mount, resource};

#[mount("/")]
struct Document;

#[resource]
impl Document {
    async fn get(&self) -> Result<u32, String> {
        Ok(1)
    }

    fn etag(&self) -> Result<Option<EntityTag>, Box<dyn std::error::Error>> {
        Ok(None)
    }
}

fn main() {}
