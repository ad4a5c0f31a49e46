// 2 mistakes
use wsgiservice::{mount, resource};

#[mount("/{id}")]
struct Document;

#[resource]
impl Document {
    fn get(&self, id: Missing<u32>) -> Other<u32> {
        1
    }
}

fn main() {}
