// 2 mistakes
use wsgiservice::{mount, resource};

#[mount("/")]
struct Document;

#[resource]
impl Document {
    fn get(&self) -> u32 {
        1
    }

    fn get(&self, word: String) -> String {
        word
    }

    fn etag(&self) -> Option<wsgiservice::EntityTag> {
        None
    }

    async fn etag(&self) -> Option<wsgiservice::EntityTag> {
        None
    }
}

fn main() {}
